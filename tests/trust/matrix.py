# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults x modules x check and real: whatever the portal does, a run is bounded, truthful and can be repeated.

Each cell makes the same organization anew, lets one operation meet one trouble, runs the module, compares what it says
with what the portal holds, and runs it again without trouble until nothing is left to do.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Optional

from tests.sandbox.runner import Sandbox

from .cases import PASSWORD, Case, cases
from .forks import Ran, Runner
from .lanes import Job, Lane, Tally
from .states import State, lies, needless, state_of, twice_created

#: Name in the table, and the fault that the sandbox receives.
KINDS: dict[str, dict[str, Any]] = {
    "429": {"kind": "throttle"},
    "429 in HTTP 200": {"kind": "throttle_200"},
    "503": {"kind": "unavailable", "retry_after": 1},
    "403 of the edge": {"kind": "edge_403"},
    "HTML page": {"kind": "html"},
    "truncated answer": {"kind": "truncated"},
    "reset before": {"kind": "reset_before"},
    "reset after": {"kind": "reset_after"},
    "too slow": {"kind": "slow", "delay": 0.6},
    "token expired": {"kind": "token_expired"},
    "token revoked": {"kind": "token_revoked"},
    "redirect": {"kind": "redirect"},
    "empty answer": {"kind": "empty"},
    "error 500": {"kind": "error", "code": 500},
    "error 400": {"kind": "error", "code": 400},
    "error 403": {"kind": "error", "code": 403},
    "wrong types": {"kind": "bad_json", "variant": "wrong_types"},
    "nulls": {"kind": "bad_json", "variant": "nulls"},
    "missing keys": {"kind": "bad_json", "variant": "missing_keys"},
    "huge texts": {"kind": "bad_json", "variant": "huge"},
    "control characters": {"kind": "bad_json", "variant": "control_characters"},
    "endless paging": {"kind": "bad_json", "variant": "endless_paging"},
    "list for object": {"kind": "bad_json", "variant": "list"},
    "NaN": {"kind": "bad_json", "variant": "nan"},
    "partial failure": {"kind": "partial"},
    "not applied": {"kind": "not_applied"},
}
WRITES_ONLY = ("partial failure", "not applied")
#: Seconds: what a client waits for an answer while the trouble is slowness, and most that a whole run can take.
IMPATIENT = 0.25
LONGEST_REAL = 30.0
LONGEST_PAUSES = 900.0
CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
CODES = frozenset(
    [
        "invalid_input", "several_problems", "unsupported", "missing_library", "unreachable", "tls", "no_answer",
        "sign_in_failed", "not_signed_in", "token_expired", "permission", "not_found", "refused", "throttled",
        "unexpected_answer", "not_applied", "unverified", "guard", "blocked", "plan_changed",
    ]
)  # fmt: skip
TOKEN = re.compile(r"(?<![\w-])(?=[\w-]*[g-zG-Z_-])[\w-]{64}(?![\w-])")


@dataclass
class Baseline:
    """What the task does without trouble."""

    before: State
    goal: State
    reads: dict[str, tuple[int, int]]  # operation: calls before and after the first write
    writes: dict[str, int]
    checked: list[str]  # operations that a run in check mode requests


@dataclass(frozen=True)
class Cell:
    kind: str
    operation: str
    nth: int
    count: int
    check: bool

    def __str__(self) -> str:
        when = f"call {self.nth}" + ("" if self.count else " and on")
        return f"{self.kind} at {self.operation}, {when}{', check' if self.check else ''}"


def connection(portal: Sandbox) -> dict[str, Any]:
    return {
        "portal_url": portal.url,
        "portal_username": portal.username,
        "portal_password": portal.password,
        "timeout": 2,
        "retries": 2,
    }


def arranged(portal: Sandbox, case: Case) -> dict[str, Any]:
    """The organization made anew for a case, and the module's arguments."""
    portal.reset()
    case.prepare(portal)
    return {**connection(portal), **case.arguments(portal)}


def baseline(portal: Sandbox, runner: Runner, case: Case, tally: Tally) -> Optional[Baseline]:
    where = f"{case.module} {case.name} on {case.product}"
    arguments = arranged(portal, case)
    before = state_of(portal)
    portal.reset_counters()
    ran = runner.run(case.module, arguments, check=True)
    checked = list(portal.counters()["by_operation"])
    portal.reset_counters()
    ran = runner.run(case.module, arguments)
    tally.runs += 2
    log, goal = portal.log(), state_of(portal)
    judge_output(ran, portal, where, tally)
    if ran.failed or ran.result is None or not ran.changed:
        tally.blame("lost", where, f"fails without any trouble: {ran.error or ran.stderr[-300:]}")
        return None
    for lie in lies(ran.result, before, goal, case.removes):
        tally.blame("untruthful", where, lie)
    first = next((index for index, entry in enumerate(log) if entry["write"]), len(log))
    early = Counter(entry["operation"] for entry in log[:first] if not entry["write"])
    late = Counter(entry["operation"] for entry in log[first:] if not entry["write"])
    reads = {name: (early[name], late[name]) for name in {*early, *late}}
    return Baseline(before, goal, reads, Counter(entry["operation"] for entry in log if entry["write"]), checked)


def cells(found: Baseline) -> list[Cell]:
    result = []
    for kind in KINDS:
        if kind not in WRITES_ONLY:
            for operation in found.checked:
                result += [Cell(kind, operation, 1, count, True) for count in (1, 0)]
            for operation, (early, late) in sorted(found.reads.items()):
                starts = ([1] if early else []) + ([early + 1] if late else [])
                result += [Cell(kind, operation, nth, count, False) for nth in starts for count in (1, 0)]
        for operation, calls in sorted(found.writes.items()):
            result += [Cell(kind, operation, 1, count, False) for count in (1, 0)]
            result += [Cell(kind, operation, calls, 1, False)] if calls > 1 else []
    return result


# -- one cell ------------------------------------------------------------------------------------------------------
def judge_output(ran: Ran, portal: Sandbox, where: str, tally: Tally) -> bool:
    """Whether what the run printed can be used at all: bounded, one JSON object, clear, without secrets."""
    tally.longest = max(tally.longest, ran.seconds)
    if ran.hung or ran.seconds > LONGEST_REAL or ran.skipped > LONGEST_PAUSES:
        tally.blame("hung", where, f"{ran.seconds:.1f} s and {ran.skipped:.0f} s of pauses")
        return False
    printed = ran.stdout + ran.stderr
    for secret in (portal.password, PASSWORD):
        if secret in printed:
            tally.blame("leaked", where, f"a password: {printed[max(0, printed.index(secret) - 80) :][:80]}")
    if TOKEN.search(printed):
        tally.blame("leaked", where, "a token")
    if ran.result is None or ran.stderr or "Traceback" in ran.stdout:
        tally.blame("unclear", where, f"no result: {ran.stdout[-300:]} {ran.stderr[-1500:]}")
        return False
    if ran.failed:
        for fault in unclear(ran):
            tally.blame("unclear", where, fault)
    return True


def unclear(ran: Ran) -> list[str]:
    """Why a failure does not tell a person what to do."""
    result = ran.result or {}
    message, found = str(result.get("msg") or ""), []
    if ran.error.get("code") not in CODES:
        found.append(f"the code is {ran.error.get('code')}: {message}")
    if not message or CONTROL.search(message):
        found.append(f"the message is {message!r}")
    for error in [ran.error, *(line["error"] for line in ran.lines if line.get("error"))]:
        for each in error.get("problems", [error]):
            # A statement that names what the value must be is its own remedy.
            if not each.get("remedy") and " must " not in str(each.get("message")):
                found.append(f"no remedy: {each.get('code')}: {each.get('message')}")
    failed = [line["error"] for line in ran.lines if line.get("error")]
    found += [f"no member: {error}" for error in failed if not error.get("member")]
    return found


def try_cell(portal: Sandbox, runner: Runner, case: Case, found: Baseline, cell: Cell, tally: Tally) -> None:
    where = f"{case.module} {case.name} on {case.product}: {cell}"
    arguments = arranged(portal, case)
    portal.reset_counters()
    settings = dict(KINDS[cell.kind])
    portal.fault(operation=cell.operation, nth=cell.nth, count=cell.count, **settings)
    timeout = IMPATIENT if cell.kind == "too slow" else None
    ran = runner.run(case.module, arguments, check=cell.check, timeout=timeout)
    tally.runs += 1
    usable = judge_output(ran, portal, where, tally)
    tally.counts["cell", cell.kind, case.module] += 1
    tally.counts["success", cell.kind, case.module] += usable and not ran.failed
    if cell.kind == "too slow":
        await_rest(portal)
    after = state_of(portal)
    if cell.check:
        judge_check(ran, portal, found, after, where, tally)
        return
    judge_real(ran, portal, case, found, after, where, tally, cell)
    converge(portal, runner, case, found, after, arguments, where, tally)


def await_rest(portal: Sandbox) -> None:
    """Wait for what the sandbox still has in hand after a client that did not wait."""
    import time

    time.sleep(KINDS["too slow"]["delay"])


def judge_check(ran: Ran, portal: Sandbox, found: Baseline, after: State, where: str, tally: Tally) -> None:
    writes = portal.counters()["writes"]
    if writes or not after.same(found.before):
        tally.blame("harmed", where, f"{writes} writes")
    if ran.result and not ran.failed and not ran.changed:
        tally.blame("untruthful", where, "check mode says that nothing would change")


def judge_real(
    ran: Ran, portal: Sandbox, case: Case, found: Baseline, after: State, where: str, tally: Tally, cell: Cell
) -> None:  # fmt: skip
    if ran.result is not None and not deceived(ran, found, cell):
        for lie in lies(ran.result, found.before, after, case.removes):
            tally.blame("untruthful", where, f"{lie} (error {ran.error.get('code')})")
        if not ran.failed and not after.same(found.goal):
            tally.blame("untruthful", where, f"success, but {found.goal.differences(after)}")
    judge_harm(portal, found, after, where, tally)


def deceived(ran: Ran, found: Baseline, cell: Cell) -> bool:
    """Whether the portal showed other values than it has, which no client can notice.

    So it is where they are read back, and where it refuses to tell of licenses, as one does that has none.
    """
    if (cell.kind, cell.nth) == ("error 400", 1) and cell.operation in ("appBundles", "provisionedListings"):
        return True
    shows_others = cell.kind in ("huge texts", "control characters", "wrong types", "nulls", "missing keys", "NaN")
    return shows_others and cell.nth > found.reads.get(cell.operation, (cell.nth, 0))[0] and ran.failed


def judge_harm(portal: Sandbox, found: Baseline, after: State, where: str, tally: Tally) -> None:
    unexpected = set(after.members) - set(found.before.members) - set(found.goal.members)
    gone = set(found.before.members) & set(found.goal.members) - set(after.members)
    twice = twice_created(portal.log())
    if unexpected or twice or after.invitations > found.before.invitations:
        tally.blame("duplicated", where, f"{sorted(unexpected)} {twice}")
    if gone or found.before.holdings() - after.holdings():
        tally.blame("lost", where, f"{sorted(gone)} {found.before.holdings() - after.holdings()}")


def converge(
    portal: Sandbox, runner: Runner, case: Case, found: Baseline, after: State, arguments: dict[str, Any], where: str,
    tally: Tally,
) -> None:  # fmt: skip
    """Without trouble: the next run applies what was missing and nothing else, and the run after it changes nothing."""
    portal.inspect("DELETE", "faults")
    portal.reset_counters()
    ran = runner.run(case.module, arguments)
    tally.runs += 1
    now, log = state_of(portal), portal.log()
    where = f"{where}: the next run"
    if not judge_output(ran, portal, where, tally):
        return
    if ran.failed or not now.same(found.goal):
        tally.blame("lost", where, f"{ran.error.get('message')} {found.goal.differences(now)}")
        return
    for lie in lies(ran.result or {}, after, now, case.removes):
        tally.blame("untruthful", where, lie)
    for write in needless([entry for entry in log if entry["write"]], after, found.goal):
        tally.blame("needless", where, write)
    if ran.changed:
        portal.reset_counters()
        again = runner.run(case.module, arguments)
        tally.runs += 1
        if again.failed or again.changed or portal.counters()["writes"]:
            tally.blame("needless", f"{where} but one", f"changed {again.changed}, {again.error.get('message')}")


# -- all of them -----------------------------------------------------------------------------------------------------
def chosen(found: list[Cell], most: int, seed: str) -> list[Cell]:
    """At most so many cells, every kind as often as any other; 0 takes them all."""
    if not most or len(found) <= most:
        return found
    order = random.Random(seed)
    by_kind: dict[str, list[Cell]] = {}
    for cell in order.sample(found, len(found)):
        by_kind.setdefault(cell.kind, []).append(cell)
    rounds = zip_longest(*by_kind.values())
    return [cell for each in rounds for cell in each if cell is not None][:most]


def job(case: Case, most: int, part: int, parts: int) -> Job:
    """Every so-manieth cell of a case."""

    def run(lane: Lane, tally: Tally) -> None:
        portal = lane.portal(case.product)
        found = baseline(portal, lane.runner, case, tally)
        if found is not None:
            for cell in chosen(cells(found), most, f"{case.module} {case.name} {case.product}")[part::parts]:
                try_cell(portal, lane.runner, case, found, cell, tally)

    return run


def jobs(most: int, only: str = "") -> list[tuple[str, Job]]:
    parts = 1 if 0 < most <= 100 else 4
    return [
        (f"matrix {case.module} {case.name} on {case.product}", job(case, most, part, parts))
        for case in cases()
        if only in f"{case.module} {case.name} {case.product}"
        for part in range(parts)
    ]
