# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs integration targets with ansible-playbook, two at once, each with its own sandbox portals.

A target fails when its playbook fails, prints a warning that tests/integration/targets/NAME/warnings.txt does not
allow (one regular expression a line), or leaves a sandbox running.
Usage (inside with.sh): run_targets.py [--product PRODUCT] [--jobs N] [TARGET …] [-- ARGUMENT of ansible-playbook …]
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGETS = ROOT / "tests" / "integration" / "targets"
SANDBOX = TARGETS / "setup_sandbox" / "files" / "sandbox.py"
LIMIT_SECONDS = 900

INVENTORY = 'testhost ansible_connection=local ansible_python_interpreter="{{ ansible_playbook_python }}"\n'
WARNING = re.compile(r"^\[(?:DEPRECATION )?WARNING\]:?.*(?:\n(?! |$|\[|[A-Z]+ ).*)*", re.MULTILINE)


@dataclass
class Outcome:
    target: str
    problems: list[str]
    seconds: float
    log: Path


def all_targets() -> list[str]:
    names = (path.parent.parent.name for path in TARGETS.glob("*/tasks/main.yml"))
    return sorted(name for name in names if not name.startswith("setup_"))


def unexpected_warnings(target: str, output: str) -> list[str]:
    allowed_file = TARGETS / target / "warnings.txt"
    allowed = allowed_file.read_text(encoding="utf-8").splitlines() if allowed_file.exists() else []
    found = [" ".join(match.group().split()) for match in WARNING.finditer(output)]
    return [text for text in found if not any(re.search(pattern, text) for pattern in allowed)]


def left_sandboxes(pids: Path) -> list[str]:
    """Stops the sandboxes that still run and tells which they were."""
    left = []
    for pid in pids.read_text(encoding="utf-8").split():
        command = Path(f"/proc/{pid}/cmdline")
        if command.exists() and b"tests.sandbox" in command.read_bytes():
            subprocess.run([sys.executable, str(SANDBOX), "stop", pid], check=False)
            left.append(f"sandbox {pid} was left running")
    return left


def play(target: str, folder: Path, arguments: list[str]) -> int:
    """Runs one target's playbook; its output goes to the folder's log."""
    roles = str(TARGETS)
    playbook = [{"name": f"Target {target}", "hosts": "testhost", "gather_facts": False, "roles": [target]}]
    (folder / "play.yml").write_text(json.dumps(playbook), encoding="utf-8")
    (folder / "inventory").write_text(INVENTORY, encoding="utf-8")
    (folder / "pids").write_text("", encoding="utf-8")
    settings = {
        **os.environ,
        "ANSIBLE_ROLES_PATH": roles,
        "ANSIBLE_RETRY_FILES_ENABLED": "false",
        "OUTPUT_DIR": str(folder),
        "SANDBOX_PIDS": str(folder / "pids"),
    }
    command = ["ansible-playbook", "-i", str(folder / "inventory"), str(folder / "play.yml"), *arguments]
    with (folder / "log").open("wb") as stream:
        process = subprocess.Popen(
            command, cwd=folder, env=settings, stdin=subprocess.DEVNULL, stdout=stream, stderr=subprocess.STDOUT
        )
        try:
            return process.wait(LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()


def run(target: str, arguments: list[str]) -> Outcome:
    began = time.monotonic()
    folder = ROOT / ".build" / "integration" / Path(sys.prefix).name / target
    folder.mkdir(parents=True, exist_ok=True)
    code = play(target, folder, arguments)
    output = (folder / "log").read_text(encoding="utf-8", errors="replace")
    problems = [f"the playbook ended with exit code {code}"] if code else []
    problems += [f"unexpected warning: {text}" for text in unexpected_warnings(target, output)]
    problems += left_sandboxes(folder / "pids")
    outcome = Outcome(target, problems, time.monotonic() - began, folder / "log")
    report(outcome, output)
    return outcome


def report(outcome: Outcome, output: str) -> None:
    lines = [f"{'FAILED' if outcome.problems else 'passed'}  {outcome.target}  {outcome.seconds:.1f} s"]
    if outcome.problems:
        lines += ["  | " + line for line in output.splitlines()[-60:]]
        lines += ["  " + problem for problem in outcome.problems]
    print("\n".join(lines), flush=True)


def main() -> None:
    words = sys.argv[1:]
    cut = words.index("--") if "--" in words else len(words)
    parser = argparse.ArgumentParser()
    parser.add_argument("--product", default=os.environ.get("PRODUCT", ""))
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("targets", nargs="*")
    options = parser.parse_args(words[:cut])
    arguments = words[cut + 1 :]
    if options.product:
        arguments += ["-e", json.dumps({"sandbox_only": options.product})]
    with ThreadPoolExecutor(options.jobs) as pool:
        outcomes = list(pool.map(lambda target: run(target, arguments), options.targets or all_targets()))
    failed = sum(bool(outcome.problems) for outcome in outcomes)
    print(f"{len(outcomes) - failed} passed, {failed} failed")
    sys.exit(1 if failed or not outcomes else 0)


if __name__ == "__main__":
    main()
