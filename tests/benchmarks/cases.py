# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The measurements. Runs that are compared follow each other, and the ratio is that of one round; medians of rounds."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from statistics import median
from typing import Any

from tests.benchmarks.meter import Meter
from tests.benchmarks.stage import PARALLEL, Stage, uniform

Row = dict[str, Any]


def rounds(count: int, runs: dict[str, Callable[[], Any]]) -> dict[str, list[Any]]:
    """Each run once a round, in turn."""
    found: dict[str, list[Any]] = {name: [] for name in runs}
    for _round in range(count):
        for name, run in runs.items():
            found[name].append(run())
    return found


def _both(costs: list[Any]) -> tuple[float, float]:
    return median(cost.wall for cost in costs), median(cost.cpu for cost in costs)


def converged(stage: Stage, latency: int, count: int, sources: dict[str, str], forms: tuple[str, ...]) -> list[Row]:
    """A roster that changes nothing, beside the same playbook with a module that does nothing plus the bare client."""
    stage.latency(latency)
    runs: dict[str, Callable[[], Any]] = {
        "nothing": lambda: stage.playbook("nothing", f"src={sources['json']}"),
        "bare": lambda: stage.bare(stage.pages),
    }
    for form in forms:
        runs[form] = lambda form=form: stage.playbook("members", f"src={sources[form]}")  # type: ignore[misc]
    found = rounds(count, runs)
    floor = [a.wall + b.wall for a, b in zip(found["nothing"], found["bare"])]
    rows = []
    for form in forms:
        wall, cpu = _both(found[form])
        rows.append(
            {
                "members": stage.size, "latency_ms": latency, "form": form, "nothing_s": _both(found["nothing"])[0],
                "bare_s": _both(found["bare"])[0], "ours_s": wall, "ours_cpu_s": cpu, "rounds": count,
                "ratio": median(cost.wall / least for cost, least in zip(found[form], floor)),
            }
        )  # fmt: skip
    return rows


def playbooks(stage: Stage, count: int, sources: dict[str, str]) -> list[Row]:
    """The module, and the playbooks plan and apply with the role members, all by path."""
    stage.latency(0)
    runs: dict[str, Callable[[], Any]] = {
        "module": lambda: stage.playbook("members", f"src={sources['json']}"),
        "playbook plan": lambda: stage.playbook("portalops.arcgis.plan", f"members_src={sources['json']}"),
        "playbook apply": lambda: stage.playbook("portalops.arcgis.apply", f"members_src={sources['json']}"),
    }
    found = rounds(count, runs)
    return [
        {"members": stage.size, "run": name, "wall_s": _both(costs)[0], "cpu_s": _both(costs)[1]}
        for name, costs in found.items()
    ]


def one_by_one(stage: Stage, latency: int, count: int, calls: int) -> Row:
    """One call a member: a loop of ansible.builtin.uri, and of our single-member module; calls is the sample."""
    stage.latency(latency)
    names = [f"member{number:06}_bench" for number in range(calls)]
    given = json.dumps({"names": names, "token": _token(stage)})
    runs: dict[str, Callable[[], Any]] = {
        name: lambda name=name: stage.playbook(name, given)  # type: ignore[misc]
        for name in ("empty", "uri", "single", "single_token")
    }
    found = rounds(count, runs)
    row: Row = {"latency_ms": latency, "calls": calls, "rounds": count}
    for name in ("uri", "single", "single_token"):
        row[f"{name}_s"] = median((run.wall - base.wall) / calls for run, base in zip(found[name], found["empty"]))
        row[f"{name}_cpu_s"] = median((run.cpu - base.cpu) / calls for run, base in zip(found[name], found["empty"]))
    for name in ("single", "single_token"):
        row[f"{name}_ratio"] = row[f"{name}_s"] / row["uri_s"]
        row[f"{name}_cpu_ratio"] = row[f"{name}_cpu_s"] / row["uri_cpu_s"]
    return row


def _token(stage: Stage) -> str:
    import requests

    referer = f"{stage.portal.url}/"
    data = {"username": stage.portal.username, "password": stage.portal.password, "client": "referer"}
    answer = requests.post(
        f"{referer}sharing/rest/generateToken", data={**data, "referer": referer, "expiration": 600, "f": "json"}
    )
    return str(answer.json()["token"])


# -- writes


def _role_writes(names: list[str], role: str) -> list[Any]:
    return [["portals/self/updateUserRole", {"user": name, "role": role}] for name in names]


def _credit_writes(names: list[str], amount: float) -> list[Any]:
    return [
        [
            "portals/self/assignUserCredits",
            {"userAssignments": json.dumps([{"username": n, "credits": amount} for n in names[at : at + 100]])},
        ]
        for at in range(0, len(names), 100)
    ]


def _category_writes(names: list[str], path: str) -> list[Any]:
    return [[f"community/users/{name}/update", {"categories": json.dumps([f"/Categories{path}"])}] for name in names]


def _compared(stage: Stage, name: str, latency: int, source: str, back: list[Any], count: int) -> Row:
    """A run that writes beside its rehearsal, and the bare client that sends the same writes, the other way round."""
    stage.latency(latency)
    found: dict[str, list[float]] = {"write": [], "bare": [], "ratio": [], "run": []}
    calls: Row = {}
    for _round in range(count):
        rehearsed, _told = stage.module("portal_members", check=True, src=source)
        real, told = stage.module("portal_members", src=source)
        base, bare = stage.bare(), stage.bare(writes=back)
        ours, least = real.wall - rehearsed.wall, bare.wall - base.wall
        calls = told["api_calls"]
        for key, value in (("write", ours), ("bare", least), ("ratio", ours / least), ("run", real.wall)):
            found[key].append(value)
    return {
        "change": name, "members": stage.size, "latency_ms": latency, "necessary_writes": len(back),
        "writes": calls["write"], "reads": calls["read"], "run_s": median(found["run"]),
        "write_s": median(found["write"]), "bare_s": median(found["bare"]), "ratio": median(found["ratio"]),
        "ideal_s": len(back) * latency / 1000 / PARALLEL, "rounds": count,
    }  # fmt: skip


def some_roles(stage: Stage, latency: int, count: int) -> Row:
    """One member in a hundred gets another role."""
    members = uniform(stage.size)
    chosen = members[:: min(100, stage.size)]
    for member in chosen:
        member["role"] = "org_publisher"
    source = stage.roster("some_roles", members)
    names = [member["username"] for member in chosen]
    return _compared(stage, "1 % of the roles", latency, source, _role_writes(names, "org_user"), count)


def everything(stage: Stage, latency: int, count: int) -> Row:
    """All members get another role, other credits and another category."""
    source = stage.roster(
        "everything", uniform(stage.size, role="org_publisher", credits=20, categories=["/Department/Sales"])
    )
    names = [member["username"] for member in uniform(stage.size)]
    back = [
        *_credit_writes(names, 10), *_role_writes(names, "org_user"), *_category_writes(names, "/Department"),
    ]  # fmt: skip
    return _compared(stage, "all: role, credits, categories", latency, source, back, count)


def creations(stage: Stage, latency: int, count: int) -> Row:
    """A hundred new accounts; the bare client invites a hundred others. A portal gives a name only once."""
    rows = []
    for round_number in range(count):
        series = f"{latency:02}{round_number}"
        source = stage.roster("creations", [_newcomer(f"new{series}_{number:03}_bench") for number in range(100)])
        writes = [_invitation(f"bare{series}_{number:03}_bench") for number in range(100)]
        rows.append(_compared(stage, "100 new accounts", latency, source, writes, 1))
    middle = sorted(rows, key=lambda row: row["ratio"])[len(rows) // 2]
    return {**middle, "rounds": count}


def _newcomer(username: str) -> Row:
    return {
        "username": username, "first_name": "New", "last_name": "Comer", "email": f"{username}@example.com",
        "role": "org_user", "user_type": "creatorUT",
    }  # fmt: skip


def _invitation(username: str) -> list[Any]:
    invitation = {
        "username": username, "firstname": "New", "lastname": "Comer", "fullname": "New Comer", "role": "org_user",
        "email": f"{username}@example.com", "userLicenseType": "creatorUT", "groups": "",
    }  # fmt: skip
    invitations = {"invitations": [invitation], "apps": [], "appBundles": []}
    return ["portals/self/invite", {"invitationList": json.dumps(invitations)}]


# -- what else a run takes


def resources(stage: Stage, sources: dict[str, str], forms: tuple[str, ...]) -> list[Row]:
    """Calls, bytes and connections of a converged run, and the peak memory of all processes of its playbook."""
    stage.latency(0)
    with Meter(stage.portal.url) as meter:
        _cost, told = stage.module("portal_members", url=meter.url, src=sources["json"])
        counted = {
            "reads": told["api_calls"]["read"], "writes": told["api_calls"]["write"],
            "connections": meter.connections, "received_mb": meter.received / 1e6, "sent_mb": meter.sent / 1e6,
        }  # fmt: skip
    rows = []
    for form in forms:
        peak = stage.playbook("members", f"src={sources[form]}", watch=True).peak
        rows.append({"members": stage.size, "form": form, **counted, "peak_mib": peak})
    nothing = stage.playbook("nothing", f"src={sources['json']}", watch=True).peak
    return [{**row, "nothing_mib": nothing} for row in rows]


def where(stage: Stage, sources: dict[str, str], count: int, forms: tuple[str, ...]) -> list[Row]:
    """Where the time of a converged run goes: medians by phase, after the start of Ansible itself."""
    stage.latency(0)
    rows = []
    for form in forms:
        found = rounds(
            count,
            {
                "ansible": lambda: stage.playbook("nothing", f"src={sources['json']}"),
                "ours": lambda form=form: stage.phases(src=sources[form]),  # type: ignore[misc]
            },
        )
        wall, cpu = _both(found["ansible"])
        rows.append({"members": stage.size, "form": form, "phase": "Ansible itself", "wall_s": wall, "cpu_s": cpu})
        for phase in found["ours"][0]:
            rows.append(
                {
                    "members": stage.size, "form": form, "phase": phase,
                    "wall_s": median(run[phase]["wall"] for run in found["ours"]),
                    "cpu_s": median(run[phase]["cpu"] for run in found["ours"]),
                }
            )  # fmt: skip
    return rows


def slope(points: list[tuple[float, float]]) -> float | None:
    """The exponent b of y = a·x^b, by least squares of the logarithms."""
    usable = [(math.log(x), math.log(y)) for x, y in points if x > 0 and y > 0]
    if len({x for x, _y in usable}) < 2:
        return None
    mean_x = sum(x for x, _y in usable) / len(usable)
    mean_y = sum(y for _x, y in usable) / len(usable)
    return sum((x - mean_x) * (y - mean_y) for x, y in usable) / sum((x - mean_x) ** 2 for x, _y in usable)
