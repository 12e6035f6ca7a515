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

import requests

from tests.benchmarks import libraries
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
    """A roster that changes nothing, beside the same playbook with a module that does nothing plus the bare client.

    What the library alone takes to read the roster is shown too; that floor does not include it.
    """
    stage.latency(latency)
    runs: dict[str, Callable[[], Any]] = {
        "nothing": lambda: stage.playbook("nothing", f"src={sources['json']}"),
        "bare": lambda: stage.bare(stage.pages)[0],
    }
    for form in forms:
        runs[form] = lambda form=form: stage.playbook("members", f"src={sources[form]}")  # type: ignore[misc]
        runs[f"library {form}"] = lambda form=form: libraries.seconds(sources[form], form)  # type: ignore[misc]
    found = rounds(count, runs)
    floor = [a.wall + b.wall for a, b in zip(found["nothing"], found["bare"])]
    rows = []
    for form in forms:
        wall, cpu = _both(found[form])
        read = found[f"library {form}"]
        rows.append(
            {
                "members": stage.size, "latency_ms": latency, "form": form, "nothing_s": _both(found["nothing"])[0],
                "library_s": median(read), "bare_s": _both(found["bare"])[0], "ours_s": wall, "ours_cpu_s": cpu,
                "rounds": count,
                "ratio": median(cost.wall / least for cost, least in zip(found[form], floor)),
                "read_ratio": median(cost.wall / (least + more) for cost, least, more in zip(found[form], floor, read)),
            }
        )  # fmt: skip
    return rows


def _runs(stage: Stage, sources: dict[str, str], forms: tuple[str, ...], watch: bool) -> dict[str, Callable[[], Any]]:
    """The module with each form of the roster, and the playbooks plan and apply with the role members, all by path."""
    found: dict[str, Callable[[], Any]] = {
        f"portal_members, {form}": lambda form=form: stage.playbook(  # type: ignore[misc]
            "members", f"src={sources[form]}", watch=watch
        )
        for form in forms
    }
    for name in ("plan", "apply"):
        found[f"playbook {name}, json"] = lambda name=name: stage.playbook(  # type: ignore[misc]
            f"portalops.arcgis.{name}", f"members_src={sources['json']}", watch=watch
        )
    return found


def playbooks(stage: Stage, count: int, sources: dict[str, str], forms: tuple[str, ...]) -> list[Row]:
    """Time of converged runs through module, role and playbooks, and in a run of its own their memory."""
    stage.latency(0)
    found = rounds(count, _runs(stage, sources, forms, watch=False))
    found["nothing"] = [stage.playbook("nothing", f"src={sources['json']}")]
    peaks = {name: run().peak for name, run in _runs(stage, sources, forms, watch=True).items()}
    peaks["nothing"] = stage.playbook("nothing", f"src={sources['json']}", watch=True).peak
    return [
        {
            "members": stage.size, "run": name, "wall_s": _both(costs)[0], "cpu_s": _both(costs)[1],
            "peak_mib": peaks[name],
        }
        for name, costs in found.items()
    ]  # fmt: skip


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
    each = {
        name: [
            ((run.wall - base.wall) / calls, (run.cpu - base.cpu) / calls) for run, base in zip(runs, found["empty"])
        ]
        for name, runs in found.items()
    }
    for name in ("uri", "single", "single_token"):
        for at, part in enumerate(("", "_cpu")):
            row[f"{name}{part}_s"] = median(took[at] for took in each[name])
            row[f"{name}{part}_ratio"] = median(took[at] / uri[at] for took, uri in zip(each[name], each["uri"]))
    return row


def _total(stage: Stage) -> int:
    headers = {"X-Esri-Authorization": f"Bearer {_token(stage)}", "Referer": f"{stage.portal.url}/"}
    answer = requests.get(f"{stage.portal.url}/sharing/rest/portals/self/users?f=json&num=1", headers=headers)
    return int(answer.json()["total"])


def _token(stage: Stage) -> str:
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


def _compared(stage: Stage, name: str, latency: int, source: str, back: list[Any], count: int, touched: int) -> Row:
    """What a run sends beside the bare client that sends the same writes, the other way round."""
    stage.latency(latency)
    planned = stage.phases(check=True, src=source)["api_calls"]
    found = rounds(
        count, {"ours": lambda: stage.phases(src=source), "bare": lambda: stage.bare(writes=back)[1]["seconds"]}
    )
    calls = found["ours"][-1]["api_calls"]
    took = [run["phases"]["write"]["wall"] for run in found["ours"]]
    return {
        "change": name, "members": stage.size, "latency_ms": latency, "necessary_writes": len(back),
        "touched": touched, "pages": -(-_total(stage) // 100),
        "writes": calls["write"], "reads": calls["read"], "reads_back": calls["read"] - planned["read"],
        "write_s": median(took), "back_s": median(run["phases"]["read back"]["wall"] for run in found["ours"]),
        "bare_s": median(found["bare"]), "ratio": median(ours / least for ours, least in zip(took, found["bare"])),
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
    return _compared(stage, "1 % of the roles", latency, source, _role_writes(names, "org_user"), count, len(names))


def everything(stage: Stage, latency: int, count: int) -> Row:
    """All members get another role, other credits and another category."""
    source = stage.roster(
        "everything", uniform(stage.size, role="org_publisher", credits=20, categories=["/Department/Sales"])
    )
    names = [member["username"] for member in uniform(stage.size)]
    back = [
        *_credit_writes(names, 10), *_role_writes(names, "org_user"), *_category_writes(names, "/Department"),
    ]  # fmt: skip
    return _compared(stage, "all: role, credits, categories", latency, source, back, count, len(names))


def creations(stage: Stage, latency: int, count: int) -> Row:
    """A hundred new accounts; the bare client invites a hundred others. A portal gives a name only once."""
    rows = []
    for round_number in range(count):
        series = f"{latency:02}{round_number}"
        source = stage.roster("creations", [_newcomer(f"new{series}_{number:03}_bench") for number in range(100)])
        names = [f"bare{series}_{number:03}_bench" for number in range(100)]
        writes = [_invitations(names[at : at + 25]) for at in range(0, len(names), 25)]
        rows.append(_compared(stage, "100 new accounts", latency, source, writes, 1, len(names)))
    middle = sorted(rows, key=lambda row: row["ratio"])[len(rows) // 2]
    return {**middle, "rounds": count}


def _newcomer(username: str) -> Row:
    return {
        "username": username, "first_name": "New", "last_name": "Comer", "email": f"{username}@example.com",
        "role": "org_user", "user_type": "creatorUT",
    }  # fmt: skip


def _invitations(usernames: list[str]) -> list[Any]:
    """One request that invites up to 25 new accounts, which is what the portal takes at once."""
    invitations = [
        {
            "username": username, "firstname": "New", "lastname": "Comer", "fullname": "New Comer", "role": "org_user",
            "email": f"{username}@example.com", "userLicenseType": "creatorUT", "groups": "",
        }
        for username in usernames
    ]  # fmt: skip
    return [
        "portals/self/invite",
        {"invitationList": json.dumps({"invitations": invitations, "apps": [], "appBundles": []})},
    ]


# -- what else a run takes


def wire(stage: Stage, sources: dict[str, str]) -> Row:
    """Calls, bytes and connections of a converged run, beside the bare client."""
    stage.latency(0)
    with Meter(stage.portal.url) as meter:
        _cost, result = stage.module("portal_members", url=meter.url, src=sources["json"])
    _cost, bare = stage.bare(stage.pages)
    return {
        "members": stage.size, "reads": result["api_calls"]["read"], "writes": result["api_calls"]["write"],
        "connections": meter.connections, "received_mb": meter.received / 1e6, "sent_mb": meter.sent / 1e6,
        "bare_calls": bare["calls"], "bare_mb": bare["bytes"] / 1e6,
    }  # fmt: skip


OWN = ("read the roster", "roster in normal form", "members in normal form", "plan", "result")
"""Phases that are our own work, apart from asking the portal."""


def where(stage: Stage, sources: dict[str, str], count: int, forms: tuple[str, ...]) -> list[Row]:
    """Where the time of a converged run goes, medians by phase, beside the start of Ansible itself."""
    stage.latency(0)
    rows = []
    for form in forms:
        found = rounds(
            count,
            {
                "ansible": lambda: stage.playbook("nothing", f"src={sources['json']}"),
                "ours": lambda form=form: stage.phases(src=sources[form])["phases"],  # type: ignore[misc]
            },
        )
        wall, cpu = _both(found["ansible"])
        costs = {"Ansible itself": (wall, cpu)}
        for phase in found["ours"][0]:
            runs = [run[phase] for run in found["ours"]]
            costs[phase] = (median(run["wall"] for run in runs), median(run["cpu"] for run in runs))
        rows += [
            {"members": stage.size, "form": form, "phase": phase, "wall_s": wall, "cpu_s": cpu}
            for phase, (wall, cpu) in costs.items()
        ]
    return rows


def slope(points: list[tuple[float, float]]) -> float | None:
    """The exponent b of y = a·x^b, by least squares of the logarithms."""
    usable = [(math.log(x), math.log(y)) for x, y in points if x > 0 and y > 0]
    if len({x for x, _y in usable}) < 2:
        return None
    mean_x = sum(x for x, _y in usable) / len(usable)
    mean_y = sum(y for _x, y in usable) / len(usable)
    return sum((x - mean_x) * (y - mean_y) for x, y in usable) / sum((x - mean_x) ** 2 for x, _y in usable)
