# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The limits of what a run can cost: each one is broken by a little more than it allows."""

from __future__ import annotations

from typing import Any

import pytest

from tests.benchmarks.limits import limits, nearest, rows

KEYS = ("resources", "writes", "converged", "one_by_one", "playbooks", "where", "slopes")


def judged(**measured: dict[str, Any]) -> dict[str, str]:
    """Whether each limit is kept, where only this was measured."""
    results: dict[str, Any] = {key: [measured[key]] if key in measured else [] for key in KEYS}
    return {row["what"]: row["kept"] for row in rows(limits(results))}


CALLS = {"members": 10_000, "reads": 104, "writes": 0, "connections": 4}
WRITES = {
    "change": "roles", "members": 1_000, "latency_ms": 50, "writes": 100, "necessary_writes": 100, "touched": 100,
    "pages": 11, "reads_back": 11, "ratio": 1.0, "write_s": 1.25, "ideal_s": 1.25,
}  # fmt: skip


@pytest.mark.parametrize(
    ("latency", "form", "allowed", "name"),
    [
        (20, "json", 1.5, "JSON or CSV"), (20, "csv", 1.5, "JSON or CSV"), (20, "yml", 1.6, "YAML"),
        (50, "json", 1.35, "JSON or CSV"), (50, "csv", 1.35, "JSON or CSV"), (50, "yml", 1.45, "YAML"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(("times", "kept"), [(1.0, "yes"), (1.09, "within noise"), (1.11, "NO")])
def test_a_run_without_changes_is_compared_with_a_floor_that_reads_no_file(latency, form, allowed, name, times, kept):
    row = {"members": 10_000, "latency_ms": latency, "form": form, "ratio": allowed * times, "read_ratio": 1.0}
    what = f"seconds of a roster that changes nothing × the floor, {name}, {latency} ms"
    assert judged(converged=row) == {what: kept}


def test_a_run_without_latency_is_not_compared_with_the_floor():
    assert judged(converged={"members": 10_000, "latency_ms": 0, "form": "json", "ratio": 9.0}) == {}


@pytest.mark.parametrize(
    ("more", "broken"),
    [
        ({}, set()),
        ({"reads": 105}, {"reads of a roster that changes nothing"}),
        ({"writes": 1}, {"writes of a roster that changes nothing"}),
        ({"connections": 5}, {"connections"}),
    ],
)
def test_calls_have_no_noise(more, broken):
    found = judged(resources={**CALLS, **more})
    assert {what for what, kept in found.items() if kept != "yes"} == broken and len(found) == 3


@pytest.mark.parametrize(
    ("more", "broken"),
    [
        ({}, set()),
        ({"writes": 101}, {"writes of changes"}),
        ({"reads_back": 12}, {"reads that read changes back"}),
        ({"ratio": 1.38}, {"seconds of writing × the bare client"}),
        ({"write_s": 1.73}, {"seconds of writing × (writes × latency / connections)"}),
    ],
)
def test_writes_are_the_necessary_ones_and_keep_the_connections_busy(more, broken):
    found = judged(writes={**WRITES, **more})
    assert {what for what, kept in found.items() if kept == "NO"} == broken and len(found) == 4


def test_one_member_is_held_against_uri_without_latency():
    row = {"latency_ms": 0, "single_ratio": 1.15, "single_token_ratio": 1.27}
    assert [limit.broken for limit in limits({**{key: [] for key in KEYS}, "one_by_one": [row]})] == [False, True]
    assert judged(one_by_one={**row, "latency_ms": 20}) == {}


@pytest.mark.parametrize(("peak", "kept"), [(512, "yes"), (513, "NO")])
def test_a_large_roster_stays_within_its_memory(peak, kept):
    row = {"members": 100_000, "run": "playbook apply, json", "peak_mib": peak}
    assert judged(playbooks=row) == {"MiB of all processes": kept}


@pytest.mark.parametrize(("members", "most"), [(10_000, 1.2), (100_000, 15.0)])
def test_own_cpu_time_is_limited(members, most):
    def found(spent: float) -> list[bool]:
        phases = {"Ansible itself": 1.0, "read the roster": spent / 2, "plan": spent / 2}
        where = [{"members": members, "form": "yml", "phase": name, "cpu_s": cpu} for name, cpu in phases.items()]
        return [limit.broken for limit in limits({**{key: [] for key in KEYS}, "where": where})]

    assert found(most) == [False] and found(most * 1.11) == [True]


def test_of_each_limit_the_worst_measurement_is_shown():
    results: dict[str, Any] = {key: [] for key in KEYS}
    results["resources"] = [CALLS, {**CALLS, "members": 1_000, "reads": 15}]
    assert [row["kept"] for row in rows(nearest(limits(results)))] == ["NO", "yes", "yes"]


@pytest.mark.parametrize(("slope", "kept"), [(1.1, "yes"), (1.22, "NO")])
def test_cost_grows_no_faster_than_the_members(slope, kept):
    assert judged(slopes={"with": "members", "at": "0 ms", "slope": slope}) == {
        "exponent of the cost with members": kept
    }
