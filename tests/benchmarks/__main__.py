# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``python -m tests.benchmarks [--small] [--json FILE] [--docs PAGE]``: measure, print tables, write them as JSON.

``--from FILE`` takes the numbers of an earlier run instead.

Ends with 1 if a limit is broken. A small run judges by what it counted alone: what it timed is too short to be sure of.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests.benchmarks import cases, report
from tests.benchmarks.limits import limits, nearest, rows
from tests.benchmarks.processes import compiled, facts
from tests.benchmarks.stage import Stage, uniform
from tests.sandbox.runner import Sandbox

LARGE = 10_000
"""Larger organizations are changed once: that takes minutes."""


class Size(NamedTuple):
    """How much is measured. rounds: by members; calls: of the loops, in one round of call_rounds."""

    latencies: tuple[int, ...]
    rounds: dict[int, int]
    changed: dict[int, tuple[int, ...]]
    some: dict[int, tuple[int, ...]]
    calls: int
    call_rounds: int
    write_rounds: int


SMALL = Size((0, 20), {100: 1, 1_000: 2}, {100: (0,)}, {1_000: (20,)}, 4, 2, 1)
FULL = Size(
    (0, 20, 50),
    {100: 5, 1_000: 5, 10_000: 7, 100_000: 1},
    {100: (0, 20, 50), 1_000: (0, 20, 50), 10_000: (0,), 100_000: (0,)},
    {1_000: (0, 20, 50), 10_000: (0, 20, 50), 100_000: (0,)},
    5,
    9,
    3,
)


def say(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)


@contextmanager
def staged(size: int, members: list[dict[str, Any]] | None = None) -> Iterator[Stage]:
    """An organization of that many members; with a roster file, exactly its members and the administrator."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        folder = Path(name)
        if members is None:
            options: dict[str, Any] = {"members": size}
        else:
            # One more has the category that others change to: the sandbox knows the categories of its members.
            other = {**uniform(1, categories=["/Department/Sales"])[0], "username": "other_bench"}
            (folder / "seed.json").write_text(json.dumps([*members, other]), encoding="utf-8")
            options = {"from": str(folder / "seed.json")}
        options.update(seed=5, switch={"search_lag": "0"})
        with Sandbox(**options) as portal:
            yield Stage(portal, size, folder)
            if portal.trouble():
                raise SystemExit(portal.trouble())


def reading(plan: Size, results: dict[str, Any]) -> None:
    for size, count in plan.rounds.items():
        with staged(size) as stage:
            say(f"{size} members: rosters")
            sources = stage.exported()
            for latency in plan.latencies:
                say(f"{size} members, {latency} ms: converged")
                forms = ("json", "yml", "csv") if size == LARGE or (latency == 0 and size > LARGE) else ("json",)
                results["converged"] += cases.converged(stage, latency, count, sources, forms)
            say(f"{size} members: calls, memory, playbooks and phases")
            results["resources"].append(cases.wire(stage, sources))
            if size >= min(10_000, max(plan.rounds)):
                forms = ("json", "yml", "csv") if size >= 10_000 else ("json",)
                count = max(1, count // 2)
                results["playbooks"] += cases.playbooks(stage, count, sources, forms)
                results["where"] += cases.where(stage, sources, count, forms)


def writing(plan: Size, results: dict[str, Any], sizes: list[int]) -> None:
    for size in sizes:
        with staged(size, uniform(size)) as stage:
            stage.portal.inspect(
                "PATCH", "organization", {"seats": {"creatorUT": 2 * size + 1000}, "maxUsers": 2 * size + 1000}
            )
            count = 1 if size > LARGE else plan.write_rounds
            for latency in plan.some.get(size, ()):
                say(f"{size} members, {latency} ms: some roles")
                results["writes"].append(cases.some_roles(stage, latency, count))
            for latency in plan.changed.get(size, ()):
                say(f"{size} members, {latency} ms: all changed")
                # The larger the organization, the fewer rounds.
                all_rounds = 1 if size >= LARGE else min(count, 2)
                results["writes"].append(cases.everything(stage, latency, all_rounds))
            if size == 1_000:
                for latency in plan.latencies:
                    say(f"{latency} ms: creations and loops")
                    results["writes"].append(cases.creations(stage, latency, count))
                    results["one_by_one"].append(cases.one_by_one(stage, latency, plan.call_rounds, plan.calls))


def conclusions(plan: Size, results: dict[str, Any]) -> None:
    """What follows from the numbers: extrapolated loops, and how cost grows."""
    runs = [row for row in results["converged"] if row["form"] == "json"]
    calls = {row["latency_ms"]: row for row in results["one_by_one"]}
    for row in runs:
        call = calls[row["latency_ms"]]
        uri = row["members"] * call["uri_s"]
        results["extrapolated"].append(
            {
                "members": row["members"], "latency_ms": row["latency_ms"], "uri_min": uri / 60,
                "single_min": row["members"] * call["single_s"] / 60, "ours_min": row["ours_s"] / 60,
                "times": uri / row["ours_s"],
            }
        )  # fmt: skip
    extra = [(row["members"], row["latency_ms"], row["ours_s"] - row["nothing_s"]) for row in runs]
    found = []
    for latency in plan.latencies:
        # Below a thousand members the start is all that can be seen.
        points = [(members, took) for members, at, took in extra if at == latency and members >= 1_000]
        found.append(("members", f"{latency} ms", cases.slope(points)))
    for size in plan.rounds:
        points = [(at, took) for members, at, took in extra if members == size]
        found.append(("latency", f"{size:,} members", cases.slope(points)))
    results["slopes"] = [{"with": a, "at": b, "slope": c} for a, b, c in found if c is not None]


def measure(plan: Size, path: str | None) -> dict[str, Any]:
    """All measurements; with a path they are kept there also where a run does not come to its end."""
    compiled()
    begun = time.monotonic()
    keys = ("converged", "playbooks", "one_by_one", "extrapolated", "writes", "resources", "where", "slopes")
    results: dict[str, Any] = {"facts": facts(), **{key: [] for key in keys}}
    sizes = sorted({*plan.some, *plan.changed})
    try:
        writing(plan, results, [size for size in sizes if size <= LARGE])
        reading(plan, results)
        conclusions(plan, results)
        writing(plan, results, [size for size in sizes if size > LARGE])
    finally:
        results["facts"]["minutes"] = round((time.monotonic() - begun) / 60)
        if path:
            Path(path).write_text(json.dumps(results, indent=1), encoding="utf-8")
    return results


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="What a run costs.")
    parser.add_argument("--small", action="store_true", help="a quick look, in a few minutes")
    parser.add_argument("--json", metavar="FILE", help="write the numbers as JSON")
    parser.add_argument("--from", metavar="FILE", dest="measured", help="show the numbers of an earlier run")
    parser.add_argument("--docs", metavar="PAGE", help="put the tables into this page of the documentation")
    words = parser.parse_args()
    if words.measured:
        results = json.loads(Path(words.measured).read_text(encoding="utf-8"))
    else:
        results = measure(SMALL if words.small else FULL, words.json)
    found = limits(results)
    results["limits"] = rows(found)
    print(report.text(results))
    if words.json:
        Path(words.json).write_text(json.dumps(results, indent=1), encoding="utf-8")
    if words.docs:
        report.into_page(Path(words.docs), {**results, "limits": rows(nearest(found))})
    broken = [limit for limit in found if limit.broken and (limit.counted or not words.small)]
    for limit in broken:
        print(f"broken: {limit.what}, {limit.at}: {limit.found:,.2f} of {limit.allowed:,.2f}", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
