# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs Ansible commands, some at once, and tells truthfully how each ended."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIMIT_SECONDS = 1800

# A wrapped warning continues until a line that is empty, indented, or the start of another message.
WARNING = re.compile(r"^\[(?:DEPRECATION )?WARNING\]:?.*(?:\n(?! |$|\[|[A-Z]+ |\w+: \[).*)*", re.MULTILINE)


@dataclass
class Outcome:
    name: str
    problems: list[str]
    seconds: float


def command(words: list[str], folder: Path, log: Path, settings: Mapping[str, str]) -> list[str]:
    """Runs one command with its output in the log; returns what was wrong with its end."""
    with log.open("wb") as stream:
        process = subprocess.Popen(
            words,
            cwd=folder,
            env={**os.environ, **settings},
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code = process.wait(LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return [f"it did not end within {LIMIT_SECONDS} seconds"]
    return [f"it ended with exit code {code}"] if code else []


def unexpected_warnings(output: str, allowed_file: Path) -> list[str]:
    """The warnings that no regular expression of the file allows, one a line; there need not be such a file."""
    allowed = allowed_file.read_text(encoding="utf-8").splitlines() if allowed_file.exists() else []
    found = [" ".join(match.group().split()) for match in WARNING.finditer(output)]
    return [f"unexpected warning: {text}" for text in found if not any(re.search(pattern, text) for pattern in allowed)]


def judge(name: str, problems: Callable[[str, Path], list[str]], log: Path) -> Outcome:
    began = time.monotonic()
    log.parent.mkdir(parents=True, exist_ok=True)
    outcome = Outcome(name, problems(name, log), time.monotonic() - began)
    lines = [f"{'FAILED' if outcome.problems else 'passed'}  {name}  {outcome.seconds:.1f} s"]
    if outcome.problems:
        lines += ["  | " + line for line in log.read_text(encoding="utf-8", errors="replace").splitlines()[-60:]]
        lines += ["  " + problem for problem in outcome.problems]
    print("\n".join(lines), flush=True)
    return outcome


def run_all(names: Iterable[str], problems: Callable[[str, Path], list[str]], logs: Path, jobs: int) -> None:
    """Runs everything, prints how each ended and how many did how, and ends the program with that."""
    with ThreadPoolExecutor(jobs) as pool:
        outcomes = list(pool.map(lambda name: judge(name, problems, logs / name / "log"), names))
    failed = sum(bool(outcome.problems) for outcome in outcomes)
    print(f"{len(outcomes) - failed} passed, {failed} failed", flush=True)
    sys.exit(1 if failed or not outcomes else 0)
