# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Organizations with add-on licenses in the sandbox portal, random rosters about them, and runs of the modules."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.sandbox.runner import Sandbox

from .add_ons import (
    BATCH,
    BUNDLE,
    NOTHING,
    PRO_EXTENSIONS,
    PRO_LEVELS,
    PROVISION,
    WHOLE,
    AddOn,
    Forecast,
    LicenseSet,
    State,
    Task,
    add_ons_by_id,
    forecast,
    free_counts,
    held,
    is_tight,
    portal_accepts,
    type_after,
)  # fmt: skip
from .group_portal import CREW, play, send
from .harness import Run, snapshot

PRO, DRONE, EXPIRED, BUSINESS = "ArcGIS Pro", "ArcGIS Drone2Map", "ArcGIS Business Analyst", "BusinessAnlyst"
APPS, INSIGHTS, TWINS, SHARED = "Field apps", "ArcGIS Insights", "Twins", "ArcGIS Community Maps"
"""Titles of listings and of the app bundle. Two listings are named Twins. Each member can use Community Maps."""
SHORT = {"pro": PRO, "drone": DRONE, "apps": APPS, "insights": INSIGHTS, "expired": EXPIRED, "shared": SHARED}
BASIC, STANDARD, ADVANCED = PRO_LEVELS
THREE_D, SPATIAL, NETWORK = PRO_EXTENSIONS[:3]
DRONE_STANDARD, DRONE_ADVANCED = "drone2mapStandard", "drone2mapAdvanced"
VIEWER, EDITOR = "iAAAAAAAAAAAAAAA", "iBBBBBBBBBBBBBBB"
SEATS = dict.fromkeys(("creatorUT", "standardUT", "viewerUT", "editorUT", "GISProfessionalStdUT"), 400)
PLENTY = 500


def worker(username: str, user_type: str = "creatorUT", role: str = "org_user") -> dict[str, Any]:
    """Return the fields of a member for the inspection side."""
    names = {"firstName": username[:4].title(), "lastName": "Test", "fullName": f"{username[:4].title()} Test"}
    rights = {"role": role, "userLicenseTypeId": user_type}
    return {"username": username, **names, "email": f"{username}@example.com", **rights}


@dataclass
class Organization:
    """An organization in the sandbox, with its listings and its app bundle."""

    portal: Sandbox

    @property
    def state(self) -> State:
        return full_state(self.portal)

    @property
    def keys(self) -> dict[str, str]:
        """IDs by title. Of several listings with one title, the last."""
        return {each.title: each.id for each in add_ons_by_id(self.portal.inspect("GET", "organization")).values()}

    def forecast(self, entries: list[dict[str, Any]], **options: Any) -> Forecast:
        return forecast(self.state, Task(entries, **options))

    def set_counts(self, title: str, default: int = PLENTY, **num: int) -> None:
        """Set the number of licenses of each entitlement of a listing."""
        key = self.keys[title]
        names = self.portal.listing(key)["entitlements"]
        self.portal.inspect("PATCH", f"listings/{key}", {"num": {name: num.get(name, default) for name in names}})

    def set_free(self, title: str, default: int = PLENTY, **free: int) -> None:
        """Let so many licenses of the named entitlements be free. The organization has ``default`` of all others."""
        add_on = add_ons_by_id(self.state)[self.keys[title]]
        left = free_counts(self.state, add_on)
        used = {name: number - left[name] for name, number in add_on.num}
        self.set_counts(title, default, **{name: used[name] + number for name, number in free.items()})

    def give(self, username: str, **sets: Iterable[str]) -> None:
        """Let a member hold exactly these license sets, by short name of the listing (see ``SHORT``)."""
        keys = self.keys
        self.portal.change(username, entitlements={keys[SHORT[name]]: list(names) for name, names in sets.items()})

    def give_bundle(self, *usernames: str) -> None:
        for username in usernames:
            self.portal.change(username, appBundles=[self.keys[APPS]])

    def put_offline(self, username: str, title: str = PRO) -> None:
        self.portal.change(username, offlineLicenses=[self.keys[title]])


def full_state(portal: Sandbox) -> State:
    """Read the state of the sandbox with its listings, app bundles, and product."""
    organization = portal.inspect("GET", "organization")
    return {**snapshot(portal), **{name: organization[name] for name in ("listings", "appBundles", "product")}}


def build(
    portal: Sandbox, names: Iterable[str] = CREW, rows: Iterable[dict[str, Any]] = (), **switches: Any
) -> Organization:
    """Make an organization of Creators, with many free licenses of every listing, and an index that does not lag."""
    portal.reset(source=None, members=4, seats=SEATS, switches={"search_lag": "0", **switches})
    for row in (*map(worker, names), *rows):
        portal.inspect("POST", "members", row)
    made = Organization(portal)
    portal.inspect("POST", "listings", {"title": INSIGHTS, "num": {"Insights": PLENTY}})
    for _number in range(2):
        portal.inspect("POST", "listings", {"title": TWINS, "num": {"twin": PLENTY}})
    made.set_counts(PRO)
    made.set_counts(DRONE)
    portal.reset_counters()
    return made


# -- random organizations and rosters ---------------------------------------------------------------------------------
ODD_ROWS = (
    worker("ivo_viewer", "viewerUT", VIEWER), worker("dara_editor", "editorUT", EDITOR),
    worker("sten_plain", "standardUT"), worker("pia_expert", "GISProfessionalStdUT"), worker("olga_offline"),
)  # fmt: skip
"""Members of other user types, and one with an offline license."""


def random_set(rng: Random, add_on: AddOn, user_type: str) -> LicenseSet:
    """Return a license set that a member of a user type can hold."""
    if add_on.is_bundle:
        return rng.choice([NOTHING, frozenset({WHOLE})])
    if not add_on.is_pro:
        names = sorted(add_on.entitlements)
        return frozenset(rng.sample(names, rng.randint(0, len(names))))
    extensions = set(rng.sample(PRO_EXTENSIONS[:5], rng.randint(0, 2)))
    picks = [frozenset(extensions), frozenset({rng.choice(PRO_LEVELS), *extensions}), NOTHING]
    return next(each for each in rng.sample(picks, 3) if not each or portal_accepts(user_type, each))


def build_random(portal: Sandbox, rng: Random, switches: dict[str, str]) -> Organization:
    """Make an organization with all kinds of members and add-ons, most of which have few free licenses."""
    made = build(portal, CREW, ODD_ROWS, **switches)
    state = made.state
    known = [each for each in add_ons_by_id(state).values() if each.by_user]
    for row in (*map(worker, CREW), *ODD_ROWS):
        name, user_type = row["username"], row["userLicenseTypeId"]
        fitting = [each for each in known if not (each.is_pro and user_type in ("viewerUT", "editorUT"))]
        sets = {each.id: random_set(rng, each, user_type) for each in fitting if rng.random() < 0.7}
        portal.change(
            name,
            entitlements={key: sorted(names) for key, names in sets.items() if names and WHOLE not in names},
            appBundles=[key for key, names in sets.items() if WHOLE in names],
        )
    pro = made.keys[PRO]
    portal.change("olga_offline", entitlements={pro: [STANDARD, NETWORK]}, offlineLicenses=[pro])
    for title in (PRO, DRONE, INSIGHTS):
        names = sorted(add_ons_by_id(made.state)[made.keys[title]].entitlements)
        made.set_free(title, **{name: rng.choice([0, 0, 1, 3]) for name in names})
    made.set_counts(PRO, **{**dict(add_ons_by_id(made.state)[pro].num), THREE_D: 0})
    portal.reset_counters()
    return made


def spelled(rng: Random, text: str) -> str:
    return rng.choice([text, text, text.upper(), text.lower()])


def random_value(rng: Random, add_on: AddOn, wanted: LicenseSet) -> Any:
    """Return a value of ``add_ons`` that asks for a license set."""
    if add_on.is_bundle:
        return bool(wanted)
    if wanted == add_on.entitlements and rng.random() < 0.7:
        return "all"
    names = [spelled(rng, each) for each in rng.sample(sorted(wanted), len(wanted))]
    return "; ".join(names) if names and rng.random() < 0.3 else names


def reference(rng: Random, add_on: AddOn) -> str:
    return add_on.id if add_on.title == TWINS else rng.choice([add_on.id, add_on.title, spelled(rng, add_on.title)])


def random_entry(rng: Random, state: State, name: str) -> dict[str, Any]:
    """Return an entry about one to three add-ons. Some of its license sets are those that the member holds."""
    known = [each for each in add_ons_by_id(state).values() if each.by_user and each.title != EXPIRED]
    values = {}
    for add_on in rng.sample(known, rng.randint(1, 3)):
        current = held(state, name, add_on)
        user_type = state["members"][name]["userLicenseTypeId"]
        wanted = current if rng.random() < 0.25 else random_set(rng, add_on, user_type)
        values[reference(rng, add_on)] = random_value(rng, add_on, wanted)
    return {"username": rng.choice([name, name.upper()]), "add_ons": values}


INVALID: tuple[dict[str, Any], ...] = (
    {"ArcGIS Por": [STANDARD]}, {TWINS: ["twin"]}, {PRO: ["spatialAnalyst"]}, {PRO: [STANDARD, ADVANCED.lower()]},
    {PRO: "all"}, {APPS: ["fieldMaps"]}, {APPS: "all"}, {DRONE: True}, {"twins": []},
)  # fmt: skip
"""Values of ``add_ons`` that every run rejects."""
BLOCKED: tuple[dict[str, Any], ...] = (
    {"username": "ivo_viewer", "add_ons": {PRO: [SPATIAL]}}, {"username": "dara_editor", "add_ons": {PRO: [NETWORK]}},
    {"username": "olga_offline", "add_ons": {PRO: []}}, {"username": "olga_offline", "add_ons": {PRO: [ADVANCED]}},
    {"username": "anna_berg", "add_ons": {EXPIRED: [BUSINESS]}}, {"username": "omar_hadd", "add_ons": {PRO: [THREE_D]}},
    {"username": "lena_fisch", "add_ons": {DRONE: "all"}}, {"username": "mia_keller", "add_ons": {INSIGHTS: "all"}},
)  # fmt: skip
"""Entries that are blocked in most organizations, each with another reason."""
GUARDS: dict[str, list[Any]] = {
    "max_disruptive": ["0", "1", "3", "15%", "100%"],
    "protected": [["lena_*"], ["ANNA_BERG", "o*"], ["nomatch"]],
}


def needs_a_gap(state: State, found: Forecast) -> bool:
    """Tell whether a swap with nothing free would leave a member with extensions that need a license level."""
    for move in found.moves:
        add_on = add_ons_by_id(state)[move[1]]
        user_type = type_after(state, {"username": move[0]})
        kept = found.before[move] & found.moves[move]
        if user_type and add_on.is_pro and is_tight(found, add_on.id) and not portal_accepts(user_type, kept):
            return True
    return False


def random_task(rng: Random, state: State, kind: str) -> tuple[Task, Forecast]:
    """Return a task that ``applies``, or is ``invalid``, ``blocked``, or ``guarded``, and leaves nothing open."""
    names = [row["username"] for row in (*map(worker, CREW), *ODD_ROWS)]
    for _attempt in range(3000):
        entries = [random_entry(rng, state, name) for name in rng.sample(names, rng.randint(1, 7))]
        if rng.random() < 0.3:
            entries.append({"username": next(n for n in names if n not in [e["username"].lower() for e in entries])})
        odd = {
            "invalid": {"username": rng.choice(names), "add_ons": rng.choice(INVALID)}, "blocked": rng.choice(BLOCKED)
        }.get(kind)  # fmt: skip
        if odd:
            entries = [entry for entry in entries if entry["username"].lower() != odd["username"]] + [odd]
        guards = {name: rng.choice(values) for name, values in GUARDS.items() if kind == "guarded"}
        task = Task(entries, guards)
        found = forecast(state, task)
        kinds = {"applies": found.applies and found.moves, "invalid": found.invalid, "guarded": found.guards,
                 "blocked": found.blocked}  # fmt: skip
        others = {"blocked": found.invalid, "guarded": found.problems}.get(kind)
        if kinds[kind] and not others and not found.unclear and not needs_a_gap(state, found):
            return task, found
    raise AssertionError(f"no random task {kind}")


# -- runs -------------------------------------------------------------------------------------------------------------
SLICE = "portal_user_add_ons"


def play_task(portal: Sandbox, task: Task, module: str = SLICE, check: bool = False, **options: Any) -> Run:
    """Run a module with a task."""
    more = {"guards": task.guards, "add_ons_email": task.email, **options}
    return play(portal, module, check, members=task.entries, **{name: value for name, value in more.items() if value})


def steps(expected: Forecast) -> list[tuple[str, list[str], LicenseSet]]:
    """Return the writes of a forecast in an order that never assigns too many licenses.

    A swap with nothing free first frees what the member loses.
    """
    order, batches = ("frees", "gaps", "swaps", "takes"), defaultdict(list)
    for move, wanted in expected.moves.items():
        phase = expected.phase(move)
        batches[(order.index(phase), move[1], wanted)].append(move[0])
        if phase == "swaps" and is_tight(expected, move[1]):
            batches[(order.index("gaps"), move[1], expected.before[move] & wanted)].append(move[0])
    ordered = sorted(batches.items(), key=lambda item: item[0][0])
    return [(key, names, wanted) for (_phase, key, wanted), names in ordered]


def apply_directly(portal: Sandbox, expected: Forecast) -> list[dict[str, Any]]:
    """Send the moves of a forecast in full batches, without the collection, and return the responses."""
    return [
        assign(portal, key, names[start : start + BATCH], wanted)
        for key, names, wanted in steps(expected)
        for start in range(0, len(names), BATCH)
    ]


def assign(portal: Sandbox, key: str, names: list[str], wanted: LicenseSet) -> dict[str, Any]:
    """Send one request to the portal itself: the license set of some members, or their app bundle."""
    if WHOLE in wanted or key in {row["id"] for row in portal.inspect("GET", "organization")["appBundles"]}:
        revoke = "false" if wanted else "true"
        return dict(send(portal, f"content/listings/{key}/{BUNDLE}", users=",".join(names), revoke=revoke))
    sent = json.dumps({"users": names, "entitlements": sorted(wanted)})
    params = {"userEntitlements": sent, "suppressCustomerEmail": "true"}
    return dict(send(portal, f"content/listings/{key}/{PROVISION}", **params))
