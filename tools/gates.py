# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs make targets as gates, some at once, and tells truthfully how each ended.

Usage: gates.py [--jobs N] [--title TEXT] GATE …
A gate is "target" or "target:environment" ("sanity:oldest" is "make sanity E=oldest"); one with "!" behind it measures
time, so it runs at the end and by itself. All gates run, whatever fails; the exit code is that of the first one that
failed. Where no Python is new enough for the environment "newest", a line says so: its gates are left out, and those
of "newest/main" run with "main".
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

ROOT = Path(__file__).resolve().parent.parent
LOGS = ROOT / ".build" / "logs"
NO_PYTHON = 3

# The line in which each tool says what it counted.
CLOSING = re.compile(r"^=* ?(\d+ (?:passed|failed).*?) ?=*$|^(Passed: .*)$|^(All checks passed.*)$|^(gate: .*)$")

PRINTING = Lock()


@dataclass
class Outcome:
    gate: str
    code: int
    seconds: float
    said: str
    log: Path


def closing_words(text: str) -> str:
    """The last line in which a tool summed up what it ran; nothing if it did not."""
    for line in reversed(text.splitlines()):
        found = CLOSING.match(line.strip())
        if found:
            return next(group for group in found.groups() if group)
    return ""


def run(gate: str) -> Outcome:
    target, dummy, environment = gate.partition(":")
    log = LOGS / f"gate-{gate.replace(':', '-')}.log"
    command = ["make", "--no-print-directory", "--keep-going", target]
    if environment:
        command.append(f"E={environment}")
    settings = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    began = time.monotonic()
    with log.open("wb") as stream:
        code = subprocess.run(
            command,
            cwd=ROOT,
            env=settings,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
        ).returncode
    text = log.read_text(encoding="utf-8", errors="replace")
    outcome = Outcome(gate, code, time.monotonic() - began, closing_words(text), log)
    report(outcome, text)
    return outcome


def report(outcome: Outcome, text: str) -> None:
    """Prints a gate as soon as it ended: its last lines, or far more of them when it failed."""
    lines = text.rstrip().splitlines()
    shown = lines[-8:] if outcome.code == 0 else lines[-200:]
    with PRINTING:
        word = "passed" if outcome.code == 0 else f"FAILED (exit code {outcome.code})"
        print(f"\n---- {outcome.gate}: {word} after {outcome.seconds:.0f} s")
        print("\n".join("  | " + line for line in shown), flush=True)


def build(environment: str) -> bool:
    """Builds an environment; tells whether there is a Python for it. Ends the program if it cannot be built."""
    began = time.monotonic()
    script = ["sh", str(ROOT / "tools" / "environment.sh"), environment]
    code = subprocess.run(script, cwd=ROOT, check=False).returncode
    if code == 0:
        print(f"setup {environment}: ready after {time.monotonic() - began:.0f} s", flush=True)
    elif code != NO_PYTHON:
        sys.exit(code)
    return code == 0


def set_up(gates: list[str]) -> list[str]:
    """Builds every environment the gates name; returns the gates that can run, each with one environment."""
    wanted = [(gate, gate.partition(":")[2].split("/") if ":" in gate else ["main"]) for gate in gates]
    ready = {name: build(name) for name in dict.fromkeys(name for dummy, names in wanted for name in names)}
    runnable = []
    for gate, names in wanted:
        name = next((name for name in names if ready[name]), "")
        if name:
            runnable.append(f"{gate.partition(':')[0]}:{name}" if ":" in gate else gate)
        elif names == ["newest"]:
            print(f"left out: {gate}, for want of a newer Python", flush=True)
        else:
            sys.exit(NO_PYTHON)
    return list(dict.fromkeys(runnable))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--title", default="gates")
    parser.add_argument("gates", nargs="+")
    arguments = parser.parse_args()
    LOGS.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    gates = set_up([gate.rstrip("!") for gate in arguments.gates])
    alone = [gate for gate in gates if f"{gate}!" in arguments.gates]
    with ThreadPoolExecutor(arguments.jobs) as pool:
        outcomes = list(pool.map(run, [gate for gate in gates if gate not in alone]))
    outcomes += [run(gate) for gate in alone]
    print(f"\n==== {arguments.title}: summary after {time.monotonic() - began:.0f} s")
    for outcome in outcomes:
        word = "passed" if outcome.code == 0 else "FAILED"
        said = outcome.said if outcome.code == 0 or "failed" in outcome.said else ""
        print(f"{word}  {outcome.gate:24} {outcome.seconds:6.1f} s  {said}".rstrip())
    failed = [outcome for outcome in outcomes if outcome.code]
    print(f"{len(outcomes) - len(failed)} passed, {len(failed)} failed", flush=True)
    sys.exit(failed[0].code if failed else 0)


if __name__ == "__main__":
    main()
