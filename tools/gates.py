# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run make targets as gates, some at once, and report how each ended.

Usage: gates.py [--jobs N] [--title TEXT] GATE …
A gate is "target" or "target:environment": "sanity:oldest" is "make sanity E=oldest". A gate that ends with "!"
measures time, so it runs at the end and alone. A failed gate does not stop the other gates. The exit code is that of
the first gate that failed. If the machine has no Python for the environment "newest", its gates are left out, and
gates of "newest/main" run with "main". While gates run, a line every 30 seconds shows how far they are.
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
from threading import Event, Lock, Thread

ROOT = Path(__file__).resolve().parent.parent
LOGS = ROOT / ".build" / "logs"
NO_PYTHON = 3

TICK_SECONDS = 30
"""Seconds between two lines of progress."""

# The line in which each tool reports its counts.
CLOSING = re.compile(r"^=* ?(\d+ (?:passed|failed).*?) ?=*$|^(Passed: .*)$|^(All checks passed.*)$|^(gate: .*)$")

# The line in which a tool reports one finished part.
PART = re.compile(r"^(?:passed|FAILED)  (\S+)|^\[(\d+)/(\d+)\]|\[ *(\d+)%\]$")

PRINTING = Lock()
RUNNING: dict[str, Path] = {}
"""Gates that run now, with their logs."""


@dataclass
class Outcome:
    """The end of a gate: its exit code, its duration in seconds, and its closing line."""

    gate: str
    code: int
    seconds: float
    counts: str


def closing_words(text: str) -> str:
    """Return the last line in which a tool summed up what it ran, or "" if there was none."""
    for line in reversed(text.splitlines()):
        found = CLOSING.match(line.strip())
        if found:
            return next(group for group in found.groups() if group)
    return ""


def say(line: str) -> None:
    with PRINTING:
        print(line, flush=True)


def how_far(log: Path) -> str:
    """Describe how far a gate is, from the last lines of its log."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []
    parts = [found for found in map(PART.search, lines) if found]
    if not parts:
        return ""
    if parts[-1][4]:
        return f" ({parts[-1][4]} %)"
    return f" ({len(parts)} parts done)"


def show_progress(count: int, ended: list[Outcome], began: float, stop: Event) -> None:
    """Print a line of progress every TICK_SECONDS until stop is set."""
    while not stop.wait(TICK_SECONDS):
        running = ", ".join(gate + how_far(log) for gate, log in list(RUNNING.items()))
        say(f"---- {time.monotonic() - began:.0f} s: {len(ended)} of {count} gates ended, running {running}")


def run(gate: str) -> Outcome:
    """Run one gate with its output in a log, and report it."""
    target, dummy, environment = gate.partition(":")
    log = LOGS / f"gate-{gate.replace(':', '-')}.log"
    command = ["make", "--no-print-directory", "--keep-going", target]
    if environment:
        command.append(f"E={environment}")
    settings = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    began = time.monotonic()
    say(f"---- {gate}: started")
    RUNNING[gate] = log
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
    del RUNNING[gate]
    text = log.read_text(encoding="utf-8", errors="replace")
    outcome = Outcome(gate, code, time.monotonic() - began, closing_words(text))
    report(outcome, text)
    return outcome


def report(outcome: Outcome, text: str) -> None:
    """Print a gate that ended: its last 8 lines, or its last 200 if it failed."""
    lines = text.rstrip().splitlines()
    shown = lines[-8:] if outcome.code == 0 else lines[-200:]
    word = "passed" if outcome.code == 0 else f"FAILED (exit code {outcome.code})"
    say("\n".join([f"\n---- {outcome.gate}: {word} after {outcome.seconds:.0f} s", *("  | " + line for line in shown)]))


def build(environment: str) -> bool:
    """Build an environment. Return whether the machine has a Python for it. A failed build ends the program."""
    began = time.monotonic()
    script = ["sh", str(ROOT / "tools" / "environment.sh"), environment]
    code = subprocess.run(script, cwd=ROOT, check=False).returncode
    if code == 0:
        print(f"setup {environment}: ready after {time.monotonic() - began:.0f} s", flush=True)
    elif code != NO_PYTHON:
        sys.exit(code)
    return code == 0


def set_up(gates: list[str]) -> list[str]:
    """Build every environment that the gates name. Return the gates that can run, each with one environment."""
    wanted = [(gate, gate.partition(":")[2].split("/") if ":" in gate else ["main"]) for gate in gates]
    ready = {name: build(name) for name in dict.fromkeys(name for dummy, names in wanted for name in names)}
    runnable = []
    for gate, names in wanted:
        name = next((name for name in names if ready[name]), "")
        if name:
            runnable.append(f"{gate.partition(':')[0]}:{name}" if ":" in gate else gate)
        elif names == ["newest"]:
            print(f"left out: {gate}, which needs a newer Python", flush=True)
        else:
            sys.exit(NO_PYTHON)
    return list(dict.fromkeys(runnable))


def run_all(gates: list[str], alone: list[str], jobs: int, began: float) -> list[Outcome]:
    """Run the gates, those in alone one after the other at the end, and show progress. began is a monotonic time."""
    ended: list[Outcome] = []
    stop = Event()
    ticker = Thread(target=show_progress, args=(len(gates), ended, began, stop), daemon=True)
    ticker.start()

    def run_and_note(gate: str) -> Outcome:
        outcome = run(gate)
        ended.append(outcome)
        return outcome

    try:
        with ThreadPoolExecutor(jobs) as pool:
            outcomes = list(pool.map(run_and_note, [gate for gate in gates if gate not in alone]))
        return outcomes + [run_and_note(gate) for gate in alone]
    finally:
        stop.set()


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
    outcomes = run_all(gates, alone, arguments.jobs, began)
    print(f"\n==== {arguments.title}: summary after {time.monotonic() - began:.0f} s")
    for outcome in outcomes:
        word = "passed" if outcome.code == 0 else "FAILED"
        counts = outcome.counts if outcome.code == 0 or "failed" in outcome.counts else ""
        print(f"{word}  {outcome.gate:24} {outcome.seconds:6.1f} s  {counts}".rstrip())
    failed = [outcome for outcome in outcomes if outcome.code]
    print(f"{len(outcomes) - len(failed)} passed, {len(failed)} failed", flush=True)
    sys.exit(failed[0].code if failed else 0)


if __name__ == "__main__":
    main()
