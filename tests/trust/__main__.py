# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``python -m tests.trust``: run the proofs, print the tables, and fail when anything was wrong."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import Any

from . import fuzz, kills, leaks, matrix, meanwhile, report, sign_in, transport
from .forks import collections_folder
from .lanes import Tally, work_off

ROOT = Path(__file__).resolve().parents[2]


def whole(name: str, default: int) -> int:
    return int(os.environ.get(name) or default)


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(prog="python -m tests.trust", description=__doc__)
    add = found.add_argument
    add("parts", nargs="*", metavar="PART", help=f"some of {', '.join(PARTS)} (default: all)")
    add("--lanes", type=int, default=whole("LANES", 2), help="how many work side by side")
    add("--cells", type=int, default=whole("CELLS", 60), help="faults tried with each task; 0: all there are")
    add("--only", default="", help="tasks of the matrix whose name contains this")
    add("--kills", type=int, default=whole("KILLS", 200), help="how many runs are killed")
    add("--fuzz", type=int, default=whole("FUZZ", 600), help="how many hostile answers and rosters")
    add("--seed", type=int, default=whole("SEED", 1), help="another seed draws other cases")
    add("--page", type=Path, help="write the tables for the documentation to this file")
    return found


PARTS: dict[str, Any] = {
    "matrix": lambda words, folder: work_off(matrix.jobs(words.cells, words.only), folder, words.lanes),
    "sign-in": lambda words, folder: work_off(sign_in.jobs(), folder, words.lanes),
    "kills": lambda words, folder: work_off(kills.jobs(words.kills, words.seed), folder, words.lanes),
    "meanwhile": lambda words, folder: work_off(meanwhile.jobs(), folder, words.lanes),
    "transport": lambda words, folder: work_off(transport.jobs(), folder, words.lanes),
    "secrets": lambda words, folder: work_off(leaks.jobs(words.seed), folder, words.lanes),
    "fuzz": lambda words, folder: work_off(fuzz.jobs(words.fuzz, words.seed), folder, words.lanes),
}


def main() -> int:
    words = parser().parse_args()
    chosen = words.parts or list(PARTS)
    tallies: dict[str, Tally] = {}
    with collections_folder() as folder:
        for name in chosen:
            began = time.monotonic()
            tallies[name] = PARTS[name](words, folder)
            wrong = sum(tallies[name].wrong.values())
            print(f"{name}: {tallies[name].runs} runs, {wrong} wrong, {time.monotonic() - began:.0f} s", flush=True)
    print(report.text(tallies))
    if words.page:
        words.page.write_text(report.page(tallies), encoding="utf-8")
    return 1 if any(tally.problems for tally in tallies.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
