# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs integration targets with ansible-playbook, two at once, each with its own sandbox portals.

A target fails when its playbook fails, prints a warning that tests/integration/targets/NAME/warnings.txt does not
allow (one regular expression a line), or leaves a sandbox running.
Usage (inside with.sh): run_targets.py [--product PRODUCT] [--portals all|first|others] [--without TARGET]
  [--jobs N] [--logs FOLDER] [TARGET …] [-- ARGUMENT …]
"--portals first" plays only the first portal of each target, "--portals others" all but the first, "--without" leaves
one of all targets out; what stands after "--" goes to ansible-playbook.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from ansible_runs import ROOT, command, run_all, unexpected_warnings

TARGETS = ROOT / "tests" / "integration" / "targets"
SANDBOX = TARGETS / "setup_sandbox" / "files" / "sandbox.py"
INVENTORY = 'testhost ansible_connection=local ansible_python_interpreter="{{ ansible_playbook_python }}"\n'


def all_targets() -> list[str]:
    names = (path.parent.parent.name for path in TARGETS.glob("*/tasks/main.yml"))
    return sorted(name for name in names if not name.startswith("setup_"))


def left_sandboxes(pids: Path) -> list[str]:
    """Stops the sandboxes that still run and tells which they were."""
    left = []
    for pid in pids.read_text(encoding="utf-8").split():
        called = Path(f"/proc/{pid}/cmdline")
        if called.exists() and b"tests.sandbox" in called.read_bytes():
            subprocess.run([sys.executable, str(SANDBOX), "stop", pid], check=False)
            left.append(f"sandbox {pid} was left running")
    return left


def play(target: str, log: Path, arguments: list[str]) -> list[str]:
    """Runs one target's playbook; returns what was wrong."""
    folder = log.parent
    playbook = [{"name": f"Target {target}", "hosts": "testhost", "gather_facts": False, "roles": [target]}]
    (folder / "play.yml").write_text(json.dumps(playbook), encoding="utf-8")
    (folder / "inventory").write_text(INVENTORY, encoding="utf-8")
    (folder / "pids").write_text("", encoding="utf-8")
    settings = {
        "ANSIBLE_ROLES_PATH": str(TARGETS),
        "OUTPUT_DIR": str(folder),
        "SANDBOX_PIDS": str(folder / "pids"),
    }
    words = ["ansible-playbook", "-i", str(folder / "inventory"), str(folder / "play.yml"), *arguments]
    problems = command(words, folder, log, settings)
    output = log.read_text(encoding="utf-8", errors="replace")
    problems += unexpected_warnings(output, TARGETS / target / "warnings.txt")
    return problems + left_sandboxes(folder / "pids")


def main() -> None:
    words = sys.argv[1:]
    end = words.index("--") if "--" in words else len(words)
    parser = argparse.ArgumentParser()
    parser.add_argument("--product", default=os.environ.get("PRODUCT", ""))
    parser.add_argument("--portals", choices=("all", "first", "others"), default="all")
    parser.add_argument("--without", default="")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--logs", type=Path, default=ROOT / ".build" / "integration" / Path(sys.prefix).name)
    parser.add_argument("targets", nargs="*")
    options = parser.parse_args(words[:end])
    arguments = words[end + 1 :]
    chosen = {"sandbox_only": options.product, "sandbox_portals": options.portals}
    arguments += ["-e", json.dumps(chosen)]
    targets = options.targets or [name for name in all_targets() if name != options.without]
    run_all(targets, lambda target, log: play(target, log, arguments), options.logs.resolve(), options.jobs)


if __name__ == "__main__":
    main()
