# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies what the collection consists of into a folder whose path names it, as ansible-test and the importer want it.

Usage: tree.py TARGET
"""

from __future__ import annotations

import filecmp
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# What git, ansible-test and ansible-lint keep in the copy for themselves.
KEPT = (".git/", ".ansible/", "tests/output/")


def wanted_files() -> set[str]:
    """The tracked and the new files that git does not ignore, as paths below the checkout."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
    ).stdout.decode()
    return {name for name in listed.split("\0") if name and os.path.lexists(ROOT / name)}


def present_files(target: Path) -> set[str]:
    """The files that an earlier copy left."""
    found = set()
    for folder, _subfolders, names in os.walk(target):
        for name in names:
            path = os.path.relpath(os.path.join(folder, name), target)
            if not path.startswith(KEPT):
                found.add(path)
    return found


def copy(name: str, target: Path) -> bool:
    """Copies one file unless it is there already; tells whether it did."""
    source, copied = ROOT / name, target / name
    plain = copied.is_file() and not copied.is_symlink() and not source.is_symlink()
    if plain and filecmp.cmp(source, copied, shallow=True):
        return False
    copied.parent.mkdir(parents=True, exist_ok=True)
    if os.path.lexists(copied):
        copied.unlink()
    shutil.copy2(source, copied, follow_symlinks=False)
    return True


def main() -> None:
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    wanted = wanted_files()
    for stale in present_files(target) - wanted:
        (target / stale).unlink()
    copied = sum(copy(name, target) for name in sorted(wanted))
    # ansible-test asks git which files there are, so the copy is a repository of its own.
    subprocess.run(["git", "init", "--quiet"], cwd=target, check=True)
    print(f"{target}: {len(wanted)} files, {copied} copied")


if __name__ == "__main__":
    main()
