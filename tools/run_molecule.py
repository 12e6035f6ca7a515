# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs molecule scenarios, two at once, each with its own sandbox portal.

A scenario fails when molecule does, or when Ansible prints a warning that its warnings.txt does not allow.
Usage (inside with.sh): run_molecule.py [SCENARIO …]
"""

from __future__ import annotations

import sys
from pathlib import Path

from ansible_runs import ROOT, command, run_all, unexpected_warnings

EXTENSIONS = ROOT / "extensions"


def test(scenario: str, log: Path) -> list[str]:
    problems = command(["molecule", "test", "--scenario-name", scenario], EXTENSIONS, log, {})
    output = log.read_text(encoding="utf-8", errors="replace")
    return problems + unexpected_warnings(output, EXTENSIONS / "molecule" / scenario / "warnings.txt")


def main() -> None:
    scenarios = sorted(path.parent.name for path in EXTENSIONS.glob("molecule/*/molecule.yml"))
    run_all(sys.argv[1:] or scenarios, test, ROOT / ".build" / "molecule", jobs=2)


if __name__ == "__main__":
    main()
