# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The scripts beside which the guide for their users puts tasks, run with Esri's own client against a sandbox over TLS.

Run from the root of the repository, in an environment with ``tests/sandbox/clients/requirements.txt``:
``python -m tests.examples.esri_scripts``. Prints one line a script, and fails on the first that does not do its work.
"""

from __future__ import annotations

import os
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.sandbox.runner import Sandbox

from .blocks import blocks
from .stage import seeded

PAGE = "docs/docsite/rst/guide_from_python_scripts.rst"
SIGN_IN = 'GIS("https://example.maps.arcgis.com", "portal_admin", password)'

# What each script brings about, by a word in it.
EFFECTS: dict[str, Callable[[Sandbox], bool]] = {
    "GIS(": lambda portal: True,
    "update_role": lambda portal: portal.member("omar_haddad")["effectiveRole"] == "org_publisher",
    "users.create": lambda portal: portal.member("paul_martin")["userLicenseTypeId"] == "viewerUT",
    "credits.allocate": lambda portal: portal.member("omar_haddad")["assignedCredits"] == 500,
    "update_license_type": lambda portal: portal.member("jane_doe")["userLicenseTypeId"] == "GISProfessionalStdUT",
    "description=": lambda portal: portal.member("nora_vogel")["description"] == "Surveyor",
    "lastLogin": lambda portal: True,
    ".delete(": lambda portal: "lena_fischer" not in {row["username"] for row in portal.inspect("GET", "members")},
}


def play(portal: Sandbox) -> int:
    """Runs all scripts in one namespace, as one session; returns how many there were."""
    scripts = [block for block in blocks(PAGE) if block.language == "python"]
    names: dict[str, Any] = {"password": portal.password}
    # The client trusts no private certificate, whatever the environment says.
    sign_in = f"GIS({portal.url!r}, {portal.username!r}, password, verify_cert=False)"
    for block in scripts:
        exec(compile(block.text.replace(SIGN_IN, sign_in), block.place, "exec"), names)
        (word,) = [word for word in EFFECTS if word in block.text]
        if not EFFECTS[word](portal):
            sys.exit(f"{block.place}: the script did not bring about what it is for")
        print(f"  ok  {block.place}  {word.strip('.(=')}")
    return len(scripts)


def main() -> None:
    warnings.simplefilter("ignore")
    (table,) = [block for block in blocks(PAGE) if block.file == "newcomers.csv"]
    with tempfile.TemporaryDirectory() as folder, seeded("online", tls=True) as portal:
        os.chdir(folder)
        Path("newcomers.csv").write_text(table.text, encoding="utf-8")
        print(f"{play(portal)} scripts do their work")
        os.chdir("/")


if __name__ == "__main__":
    main()
