# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results compared with the portal while responses get lost, the portal refuses, and other administrators work."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sandbox.runner import Sandbox, SandboxError

from .harness import Run, organize, run_module
from .meanwhile import Exchange, Meanwhile
from .truth import call_problems, own_changes, problems

QUICK = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
SEEDS = st.integers(0, 10**9)
TREE = ["Department/Sales", "Office/Zurich", "Office/Bern"]
SEATS = {"viewerUT": 20, "editorUT": 20, "creatorUT": 20, "GISProfessionalStdUT": 20, "GISProfessionalAdvUT": 20}


def person(username: str, **fields: Any) -> dict[str, Any]:
    names = {"first_name": username[:4], "last_name": "Test", "email": f"{username}@example.com"}
    return {"username": username, **names, "role": "org_user", "user_type": "creatorUT", **fields}


ORGANIZATION = [
    person("gil_keeper", role="org_publisher", categories=TREE),
    person("anna_berg", role="org_publisher", credits=50, categories=TREE[:1]),
    person("omar_hadd", items=1),
    person("lena_fisch", user_type="GISProfessionalStdUT", enabled=False),
    person("tomas_rey", credits=100, spentCredits=20.0),
]
NAMES = [row["username"] for row in ORGANIZATION[1:]]
CHANGES: list[dict[str, Any]] = [
    {"role": "Data Editor"}, {"role": "org_admin"}, {"user_type": "GISProfessionalAdvUT"}, {"credits": 75},
    {"credits": "unlimited"}, {"enabled": True}, {"enabled": False}, {"description": "from the roster"},
    {"tags": ["field"]}, {"categories": {"add": TREE[1:2]}}, {"categories": []}, {"first_name": "New"},
    {"state": "absent", "transfer_to": "gil_keeper"}, {"state": "transferred", "transfer_to": "gil_keeper"},
    {"role": "Viewer", "user_type": "viewerUT"}, {"description": "both", "credits": 10, "role": "org_user"},
]  # fmt: skip
OTHERS: list[dict[str, Any]] = [
    {"description": "from another administrator"}, {"disabled": True}, {"firstName": "Other"},
    {"categories": ["/Categories/Office/Bern"]}, {"assignedCredits": 33.0}, {"tags": ["other"]},
]  # fmt: skip


def roster(rng: Random) -> list[dict[str, Any]]:
    chosen = rng.sample(NAMES, rng.randint(1, 4))
    entries = [{"username": name, **rng.choice(CHANGES)} for name in chosen]
    if rng.random() < 0.4:
        entries.append(person("nora_vogel", **rng.choice([{}, {"description": "new"}, {"credits": 5}])))
    return [*entries, {"username": "gil_keeper"}]


def build(portal: Sandbox) -> None:
    with tempfile.TemporaryDirectory() as folder:
        organize(portal, Path(folder), ORGANIZATION, seats=SEATS)


def is_write(exchange: Exchange) -> bool:
    return exchange.method == "POST" and exchange.operation not in ("generateToken", "search", "checkUsernames")


def on_write(number: int, act: Callable[[Exchange], None]) -> Callable[[Exchange], None]:
    """Return a hook that acts on the nth write."""
    count = [0]

    def hook(exchange: Exchange) -> None:
        count[0] += is_write(exchange)
        if is_write(exchange) and count[0] == number:
            act(exchange)

    return hook


def lose(exchange: Exchange) -> None:
    exchange.lost = True


def other_act(portal: Sandbox, rng: Random, entries: list[dict[str, Any]]) -> Callable[[], None]:
    """Return what another administrator does to a member of the roster: change, remove, or create."""
    name = rng.choice(entries)["username"]
    fields = rng.choice([None, *OTHERS, *OTHERS])

    def act() -> None:
        try:
            if name == "nora_vogel":
                portal.inspect("POST", "members", {"username": name, "userLicenseTypeId": "creatorUT"})
            elif fields is None and name != "omar_hadd" and name != "gil_keeper":
                portal.inspect("DELETE", f"members/{name}")
            elif fields is not None:
                portal.change(name, **fields)
        except SandboxError:
            return  # The member is there already, or gone already.

    return act


def play(portal: Sandbox, rng: Random, proxy: Meanwhile, entries: list[dict[str, Any]]) -> Run:
    stop = {"on_error": rng.choice(["continue", "stop"])}
    return run_module(portal, "portal_members", url=proxy.url, members=entries, **stop)


@QUICK
@given(seed=SEEDS)
def test_results_are_true_when_one_response_is_lost(online_portal: Sandbox, seed: int) -> None:
    rng, portal = Random(seed), online_portal
    build(portal)
    entries, number = roster(rng), rng.randint(1, 4)
    with Meanwhile(portal) as proxy:
        (proxy.after if rng.random() < 0.6 else proxy.before).append(on_write(number, lose))
        run = play(portal, rng, proxy, entries)
    assert problems(run, []) == []
    assert len([seen for seen in proxy.seen if seen.operation == "invite"]) <= 2


@QUICK
@given(seed=SEEDS)
def test_results_are_true_when_the_portal_refuses(online_portal: Sandbox, seed: int) -> None:
    rng, portal = Random(seed), online_portal
    build(portal)
    entries = roster(rng)
    kind = rng.choice(["partial", "not_applied", "error", "unavailable", "throttle"])
    settings_of = {"error": {"code": rng.choice([400, 403, 500])}, "throttle": {"retry_after": 0}}.get(kind, {})
    portal.fault(operation="write", kind=kind, nth=rng.randint(1, 3), count=rng.choice([1, 2, 0]), **settings_of)
    run = run_module(
        portal, "portal_members", members=entries, on_error=rng.choice(["continue", "stop"]),
        sign_in={"portal_url": portal.url, "portal_username": portal.username, "portal_password": portal.password,
                 "retries": 1},
    )  # fmt: skip
    portal.inspect("DELETE", "faults")
    assert problems(run, []) == []
    assert call_problems(run) == []


@QUICK
@given(seed=SEEDS)
def test_results_are_true_while_another_administrator_works(online_portal: Sandbox, seed: int) -> None:
    rng, portal = Random(seed), online_portal
    build(portal)
    entries = roster(rng)
    with Meanwhile(portal) as proxy:
        act = other_act(portal, rng, entries)
        hook = on_write(rng.randint(1, 3), lambda _exchange: proxy.other(act))
        (proxy.before if rng.random() < 0.7 else proxy.after).append(hook)
        run = play(portal, rng, proxy, entries)
    assert problems(run, proxy.others) == []


@QUICK
@given(seed=SEEDS)
def test_an_outcome_that_cannot_be_known_is_uncertain(online_portal: Sandbox, seed: int) -> None:
    rng, portal = Random(seed), online_portal
    build(portal)
    entries, number, is_offline = roster(rng), rng.randint(1, 3), [False]

    def cut_off(exchange: Exchange) -> None:
        is_offline[0] = True
        exchange.lost = True

    def dead(exchange: Exchange) -> None:
        exchange.lost = exchange.lost or is_offline[0]

    with Meanwhile(portal) as proxy:
        proxy.before.append(dead)
        (proxy.after if rng.random() < 0.7 else proxy.before).append(on_write(number, cut_off))
        run = run_module(
            portal, "portal_members", members=entries,
            sign_in={"portal_url": proxy.url, "portal_username": portal.username, "portal_password": portal.password,
                     "retries": 0},
        )  # fmt: skip
    if is_offline[0]:
        assert run.failed
        assert run.result.get("uncertain") is True
    else:
        assert run.result.get("uncertain") is not True
        assert problems(run, []) == []
    claimed = {row["username"].lower() for row in run.result["members"] if row["action"] in ("created", "removed")}
    real = {name for name, fields in own_changes(run, []).items() if "exists" in fields}
    assert claimed <= real
