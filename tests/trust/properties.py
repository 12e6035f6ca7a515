# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The properties of tests/properties, with their examples counted."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from tests.sandbox.runner import ROOT

from .lanes import Job, Lane, Tally

FOLDER = "tests/properties"
LIMIT = 900.0
#: As Hypothesis counts the examples of one phase of one property.
COUNTED = re.compile(r"- (\d+) passing[^,]*, (\d+) failing")
PROPERTY = re.compile(rf"^{FOLDER}/\S+::\S+:$", re.MULTILINE)


def failure(output: str) -> str:
    """The part of the output that tells what is wrong: its end, without the statistics."""
    report, _statistics, rest = output.partition("Hypothesis Statistics")
    return report[-3000:] + rest[rest.rfind("short test summary") :][-1000:]


def job(path: str, examples: int, seed: int) -> Job:
    """One file of properties, each tried with so many examples unless it says otherwise itself."""

    def run(lane: Lane, tally: Tally) -> None:
        words = ["-q", "-p", "no:cacheprovider", "--hypothesis-show-statistics", f"--hypothesis-seed={seed}"]
        paths = os.pathsep.join([lane.folder, str(ROOT)])
        try:
            ran = subprocess.run(
                [sys.executable, "-m", "pytest", path, *words],
                cwd=ROOT, env={**os.environ, "PYTHONPATH": paths, "EXAMPLES": str(examples)}, timeout=LIMIT,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            tally.blame("hung", path, f"no end within {LIMIT:.0f} s")
            return
        passed = sum(int(number) for number, _failed in COUNTED.findall(ran.stdout))
        found = len(PROPERTY.findall(ran.stdout))
        tally.runs += passed
        tally.counts["properties"] += found
        tally.counts["examples"] += passed
        tally.expect(ran.returncode == 0, "broken", path, failure(ran.stdout))
        tally.expect(found and passed >= found * examples / 10, "unclear", path, f"{passed} examples of {found}")

    return run


def jobs(examples: int, seed: int) -> list[tuple[str, Job]]:
    """The largest files first, so that no lane is left with one of them at the end."""
    files = sorted((ROOT / FOLDER).glob("test_*.py"), key=lambda file: -file.stat().st_size)
    return [(f"properties {file.stem}", job(f"{FOLDER}/{file.name}", examples, seed)) for file in files]
