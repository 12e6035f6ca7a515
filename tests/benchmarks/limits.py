# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run can cost at most, and whether the measurements keep to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.benchmarks.cases import OWN
from tests.benchmarks.stage import PARALLEL

Row = dict[str, Any]

MEMORY_MIB = 512
NOISE = 1.1
"""Factor by which times can exceed a limit: the sandbox portal and other processes share the processors."""

FACTORS = {20: (1.5, 1.6), 50: (1.35, 1.45)}
"""Latency in ms: how many times the floor a run without changes can take with JSON or CSV, and with YAML."""
CPU_SECONDS = {10_000: 1.2, 100_000: 15.0}
"""Members: CPU seconds of the collection's own work in a run without changes."""


class Limit(NamedTuple):
    """One limit at one measurement; counted ones are exact, timed ones have noise."""

    what: str
    at: str
    found: float
    allowed: float
    counted: bool

    @property
    def kept(self) -> bool:
        return self.found <= self.allowed

    @property
    def broken(self) -> bool:
        return self.found > self.allowed * (1 if self.counted else NOISE)


def _at(row: Row, *, latency: bool = True) -> str:
    words = [f"{row['members']:,} members"]
    if latency:
        words.append(f"{row['latency_ms']} ms")
    if row.get("form"):
        words.append(row["form"])
    return ", ".join(words)


def _calls(results: Row) -> Iterator[Limit]:
    for row in results["resources"]:
        pages = -(-row["members"] // 100)
        yield Limit("reads of a roster that changes nothing", _at(row, latency=False), row["reads"], pages + 4, True)
        yield Limit("writes of a roster that changes nothing", _at(row, latency=False), row["writes"], 0, True)
        yield Limit("connections", _at(row, latency=False), row["connections"], PARALLEL, True)
    for row in results["writes"]:
        at = f"{row['change']}, {_at(row)}"
        yield Limit("writes of changes", at, row["writes"], row["necessary_writes"], True)
        yield Limit("reads that read changes back", at, row["reads_back"], min(row["touched"], row["pages"]), True)


def _times(results: Row) -> Iterator[Limit]:
    for row in results["converged"]:
        if row["members"] == 10_000 and row["latency_ms"] in FACTORS:
            table, yml = FACTORS[row["latency_ms"]]
            form, allowed = ("YAML", yml) if row["form"] == "yml" else ("JSON or CSV", table)
            what = f"seconds of a roster that changes nothing × the floor, {form}, {row['latency_ms']} ms"
            yield Limit(what, _at(row), row["ratio"], allowed, False)
    for row in results["writes"]:
        # A handful of requests is over before it can be timed.
        if row["necessary_writes"] >= 100:
            at = f"{row['change']}, {_at(row)}"
            yield Limit("seconds of writing × the bare client", at, row["ratio"], 1.25, False)
            if row["latency_ms"] >= 50:
                found = row["write_s"] / row["ideal_s"]
                yield Limit("seconds of writing × (writes × latency / connections)", at, found, 1.25, False)
    for row in results["one_by_one"]:
        if row["latency_ms"] == 0:
            yield Limit("seconds of one member × ansible.builtin.uri", "signing in", row["single_ratio"], 1.15, False)
            yield Limit(
                "seconds of one member × ansible.builtin.uri", "with a token", row["single_token_ratio"], 1.15, False
            )


def _sizes(results: Row) -> Iterator[Limit]:
    for row in results["playbooks"]:
        if row["members"] == 100_000 and row["run"] != "nothing":
            at = f"{_at(row, latency=False)}, {row['run']}"
            yield Limit("MiB of all processes", at, row["peak_mib"], MEMORY_MIB, True)
    spent: dict[tuple[int, str], dict[str, float]] = {}
    for row in results["where"]:
        spent.setdefault((row["members"], row["form"]), {})[row["phase"]] = row["cpu_s"]
    for (members, form), phases in spent.items():
        own = sum(phases.get(phase, 0.0) for phase in OWN)
        allowed = CPU_SECONDS.get(members)
        if allowed is not None:
            yield Limit("CPU seconds of our own work", f"{members:,} members, {form}", own, allowed, False)
    for row in results["slopes"]:
        if row["with"] == "members":
            yield Limit("exponent of the cost with members", row["at"], row["slope"], 1.1, False)


def limits(results: Row) -> list[Limit]:
    """Every limit at every measurement that it concerns."""
    return [*_calls(results), *_times(results), *_sizes(results)]


def nearest(found: list[Limit]) -> list[Limit]:
    """Of each limit the measurement that comes nearest to it, or is over by most."""
    worst: dict[str, Limit] = {}
    for limit in found:
        before = worst.get(limit.what)
        if before is None or limit.found * before.allowed >= before.found * limit.allowed:
            worst[limit.what] = limit
    return list(worst.values())


def rows(found: list[Limit]) -> list[Row]:
    """As a table: counts as whole numbers, the rest with two decimals."""
    return [
        {
            "what": limit.what, "at": limit.at, "found": _shown(limit.found), "allowed": _shown(limit.allowed),
            "kept": "yes" if limit.kept else "NO" if limit.broken else "within noise",
        }
        for limit in found
    ]  # fmt: skip


def _shown(number: float) -> str:
    return f"{number:,d}" if isinstance(number, int) else f"{number:,.0f}" if number >= 100 else f"{number:.2f}"
