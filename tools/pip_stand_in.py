# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts a pip installer where ansible-test looks for one, made from the pip wheel of the registry.

ansible-test fetches get-pip.py from a host of its own that not every network lets through,
but looks into its cache first.
Run by the Python of the environment whose ansible-test is meant. Usage: pip_stand_in.py BOOTSTRAP_PYTHON
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

from ansible_test._internal.python_requirements import get_venv_packages

INSTALLER = '''\
"""Installs pip from the wheel that lies beside this file."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), {wheel!r}))
from pip._internal.cli.main import main

sys.exit(main(["install"] + [word for word in sys.argv[1:] if word not in ("--no-setuptools", "--no-wheel")]))
'''


def main() -> None:
    python = SimpleNamespace(version="{}.{}".format(*sys.version_info))
    version = get_venv_packages(python)["pip"]
    cache = Path.home() / ".ansible" / "test" / "cache"
    installer = cache / f"get_pip_{version.replace('.', '_')}.py"
    if installer.exists():
        return
    cache.mkdir(parents=True, exist_ok=True)
    pip = [sys.argv[1], "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, "--dest", str(cache), f"pip=={version}"], check=True)
    (wheel,) = cache.glob(f"pip-{version}-*.whl")
    installer.write_text(INSTALLER.format(wheel=wheel.name), encoding="utf-8")


if __name__ == "__main__":
    main()
