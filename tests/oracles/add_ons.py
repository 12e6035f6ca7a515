# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Oracle of add-on licenses: which entitlements change, what is rejected or blocked, and which requests a run sends.

Pure, no I/O. From design.md (*Member options*, *Behavior*) and part 2 of the reference, sections 2, 12, and 14.
A state is a snapshot of the sandbox (see ``harness.py``) with ``listings``, ``appBundles``, and ``product`` (see
``add_on_portal.py``). A desired entry is a roster entry. A license set is the names of the entitlements that a member
holds of one listing. The license set of an app bundle contains ``WHOLE`` or nothing.
"""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Optional

from .disruption import disruptions, share_exceeded
from .removal import is_of_the_portal

State = dict[str, Any]
Entry = dict[str, Any]
LicenseSet = frozenset[str]
Move = tuple[str, str]
"""Lower-case username and ID of a listing or app bundle."""

BATCH, PAGE = 25, 100
NOTHING: LicenseSet = frozenset()
WHOLE = ""
"""Stands for an app bundle in a license set."""
PRO_LEVELS = ("desktopBasicN", "desktopStdN", "desktopAdvN")
PRO_EXTENSIONS = (
    "3DAnalystN", "spatialAnalystN", "networkAnalystN", "geostatAnalystN", "imageAnalystN", "dataReviewerN",
    "dataInteropN", "workflowMgrN", "publisherN",
)  # fmt: skip
INCLUDE_PRO = ("creatorUT", "GISProfessionalBasicUT", "GISProfessionalStdUT", "GISProfessionalAdvUT")
"""User types that include ArcGIS Pro. A Creator can also hold a license level as an add-on (part 2, 2.6)."""
LEVEL_OF_TYPE = {"viewerUT": "1", "liteUT": "1", "basicUT": "1", "editorUT": "11", "fieldWorkerUT": "11"}
"""Levels of user types. All other user types have level 2."""
WITHOUT_USER_TYPES = "enterprise-10.6"
PROVISION, BUNDLE = "provisionUserEntitlements", "provisionUserAppBundle"
HOLDERS, HOLDER = "listingEntitlements", "userEntitlements"
READS = ("purchases", "portalAppBundles", HOLDERS, HOLDER, "appBundles", "provisionedListings")
"""Operations that a run without ``add_ons`` does not need."""
WORDS = {
    "not_found": ("does not exist", "not found", "unknown"),
    "ambiguous": ("several", "ambiguous", "more than one", "2 "),
    "entitlement": ("does not exist", "not found", "unknown", "does not have", "no entitlement"),
    "levels": ("level",),
    "kind": ("true or false", "list", "app bundle"),
    "seats": ("free", "left", "available", "not enough"),
    "offline": ("offline",),
    "offline_type": ("offline",),
    "user_type": ("user type",),
    "expired": ("expired",),
}
"""Words of which an error contains one, by reason."""


# -- listings and app bundles -----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class AddOn:
    """A listing or an app bundle of the organization."""

    id: str
    title: str
    num: tuple[tuple[str, int], ...] = ()
    levels: tuple[str, ...] = ()
    end: int = -1
    is_bundle: bool = False
    by_user: bool = True

    @property
    def entitlements(self) -> LicenseSet:
        return frozenset({WHOLE} if self.is_bundle else dict(self.num))

    @property
    def is_pro(self) -> bool:
        return bool(self.entitlements & set(PRO_LEVELS))

    @property
    def is_expired(self) -> bool:
        return self.end != -1 and self.end < time.time() * 1000


def add_ons_by_id(state: State) -> dict[str, AddOn]:
    """Return what a roster can name. A purchase without ``listing`` has no title and is left out."""
    listings = [
        AddOn(row["id"], row["title"], tuple(row["num"].items()),
              tuple(part.strip() for part in row["allowedUserLevels"].split(",")), row["endDate"],
              by_user=row["licenseBy"] == "licenseByUser")
        for row in state["listings"] if not row["isThirdParty"]
    ]  # fmt: skip
    bundles = [AddOn(row["id"], row["name"], is_bundle=True) for row in state["appBundles"]]
    return {each.id: each for each in (*listings, *bundles)}


def find(state: State, text: str) -> list[AddOn]:
    """Return the add-ons that a key of ``add_ons`` names: one ID, or a title. The spelling decides between several."""
    known = add_ons_by_id(state)
    if text in known:
        return [known[text]]
    found = [each for each in known.values() if each.title.casefold() == text.casefold()]
    exact = [each for each in found if each.title == text]
    return exact if len(found) > 1 and exact else found


def label(state: State, add_on: AddOn) -> str:
    """Return the name of an add-on in results: its title, or its ID if several have the title."""
    same = [each for each in add_ons_by_id(state).values() if each.title.casefold() == add_on.title.casefold()]
    return add_on.title if len(same) == 1 else add_on.id


def held(state: State, name: str, add_on: AddOn) -> LicenseSet:
    """Return the license set of a member. A row of a holder can contain an empty text."""
    member = state["members"].get(name)
    if member is None:
        return NOTHING
    if add_on.is_bundle:
        return frozenset({WHOLE}) if add_on.id in member["appBundles"] else NOTHING
    return frozenset(each for each in member["entitlements"].get(add_on.id, ()) if each)


def free_counts(state: State, add_on: AddOn) -> dict[str, int]:
    """Return the licenses that no member holds, by entitlement. Negative if the listing is over-assigned."""
    used = Counter(each for name in state["members"] for each in held(state, name, add_on))
    return {each: number - used[each] for each, number in add_on.num}


# -- values of a roster -----------------------------------------------------------------------------------------------
class Rejected(Exception):
    """A value that no plan can contain, with the text that an error must name, and the reason."""

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(text, reason)
        self.text, self.reason = text, reason


def license_set(add_on: AddOn, value: Any) -> LicenseSet:
    """Return the license set that a value asks for, in the spelling of the portal. Raises Rejected."""
    if add_on.is_bundle or isinstance(value, bool):
        if not (add_on.is_bundle and isinstance(value, bool)):
            raise Rejected(add_on.title, "kind")
        return frozenset({WHOLE}) if value else NOTHING
    listed = value.split(";") if isinstance(value, str) else value
    wanted = add_on.entitlements if value == "all" else _known(add_on, [text.strip() for text in listed])
    if len(wanted & set(PRO_LEVELS)) > 1:
        raise Rejected(add_on.title, "levels")
    return wanted


def _known(add_on: AddOn, names: list[str]) -> LicenseSet:
    spelling = {each.casefold(): each for each in add_on.entitlements}
    for name in names:
        if name and name.casefold() not in spelling:
            raise Rejected(name, "entitlement")
    return frozenset(spelling[name.casefold()] for name in names if name)


# -- the forecast -----------------------------------------------------------------------------------------------------
@dataclass
class Task:
    """The options of a run that are about add-on licenses."""

    entries: list[Entry]
    guards: dict[str, Any] = field(default_factory=dict)
    email: bool = False


@dataclass(frozen=True)
class Shortage:
    """An entitlement of which a plan needs more licenses than are free."""

    title: str
    entitlement: str
    needed: int
    free: int


@dataclass
class Forecast:
    """What a run does with the add-on licenses of one roster."""

    state: State = field(default_factory=dict)
    before: dict[Move, LicenseSet] = field(default_factory=dict)
    moves: dict[Move, LicenseSet] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)
    invalid: set[tuple[str, str, str]] = field(default_factory=set)
    blocked: set[tuple[str, str, str]] = field(default_factory=set)
    """Lower-case username, text that an error names, and reason. The username is empty for a shortage."""
    shortages: set[Shortage] = field(default_factory=set)
    includes_pro: set[str] = field(default_factory=set)
    """Members who get a license level of ArcGIS Pro beside the one in their user type: a warning."""
    over_assigned: set[str] = field(default_factory=set)
    """Titles of the over-assigned listings from which the plan takes nothing: a warning."""
    guards: set[str] = field(default_factory=set)
    unclear: set[str] = field(default_factory=set)
    """Questions that the contract leaves open. A test does not use such a case."""

    @property
    def applies(self) -> bool:
        return not (self.invalid or self.blocked or self.guards)

    @property
    def problems(self) -> set[tuple[str, str, str]]:
        return self.invalid | self.blocked

    @property
    def reasons(self) -> set[str]:
        return {reason for _name, _text, reason in self.problems}

    @property
    def members(self) -> set[str]:
        return {name for name, _key in self.moves}

    def lost(self, move: Move) -> LicenseSet:
        return self.before[move] - self.moves[move]

    def gained(self, move: Move) -> LicenseSet:
        return self.moves[move] - self.before[move]

    def phase(self, move: Move) -> str:
        """Return whether a move only frees licenses, only takes some, or swaps."""
        return "frees" if not self.gained(move) else "takes" if not self.lost(move) else "swaps"

    def of_add_on(self, key: str) -> list[Move]:
        return [move for move in self.moves if move[1] == key]


@dataclass
class Wish:
    """One listing or app bundle that an entry names, with the license set that it asks for."""

    entry: Entry
    add_on: AddOn
    current: LicenseSet
    wanted: LicenseSet

    @property
    def name(self) -> str:
        return str(self.entry["username"]).lower()

    @property
    def changes(self) -> bool:
        return self.wanted != self.current


def forecast(state: State, task: Task) -> Forecast:
    """Return what a run with these options does, what it rejects, or what blocks it."""
    result = Forecast(state)
    wishes = [wish for entry in task.entries for wish in _wishes(state, entry, result)]
    result.named = {wish.add_on.id for wish in wishes}
    for wish in wishes:
        move = (wish.name, wish.add_on.id)
        if wish.changes:
            result.before[move], result.moves[move] = wish.current, wish.wanted
        for reason in _reasons(state, wish, result):
            result.blocked.add((wish.name, wish.add_on.title, reason))
        _warn(wish, state, result)
    for entry in task.entries:
        _check_type_change(state, entry, result)
    for key in result.named:
        _count(state, add_ons_by_id(state)[key], sum(wish.add_on.id == key for wish in wishes), result)
    result.guards = _guards(state, task, result)
    return result


def _wishes(state: State, entry: Entry, result: Forecast) -> list[Wish]:
    name, wishes = str(entry["username"]).lower(), []
    for text, value in (entry.get("add_ons") or {}).items():
        found = find(state, text)
        if len(found) != 1:
            result.invalid.add((name, text, "ambiguous" if found else "not_found"))
            continue
        if not found[0].by_user:
            result.unclear.add("a listing that is licensed to the whole organization")
        try:
            wanted = license_set(found[0], value)
        except Rejected as error:
            result.invalid.add((name, error.text, error.reason))
            continue
        wishes.append(Wish(entry, found[0], held(state, name, found[0]), wanted))
    if len({wish.add_on.id for wish in wishes}) < len(wishes):
        result.unclear.add("an entry names a listing twice")
    return wishes


def type_after(state: State, entry: Entry) -> Optional[str]:
    """Return the user type of a member once the entry is applied; None on a portal without user types."""
    if state["product"] == WITHOUT_USER_TYPES:
        return None
    return str(entry.get("user_type") or state["members"][str(entry["username"]).lower()]["userLicenseTypeId"])


def changes_type(state: State, entry: Entry) -> bool:
    member = state["members"].get(str(entry["username"]).lower())
    return bool(member and entry.get("user_type") not in (None, member["userLicenseTypeId"]))


def _reasons(state: State, wish: Wish, result: Forecast) -> Iterator[str]:
    """Yield the reasons that block one wish."""
    add_on, member = wish.add_on, state["members"].get(wish.name)
    if wish.changes and member and add_on.id in member["offlineLicenses"]:
        yield "offline"
    if add_on.is_expired and wish.wanted - wish.current:
        yield "expired"
    elif add_on.is_expired and wish.changes and wish.wanted:
        result.unclear.add("a part of an expired listing is kept")
    user_type = type_after(state, wish.entry)
    if user_type is None or add_on.is_bundle or not wish.wanted:
        return
    if LEVEL_OF_TYPE.get(user_type, "2") not in add_on.levels:
        yield "user_type"
        if not wish.changes and not changes_type(state, wish.entry):
            result.unclear.add("a license set that matches does not fit the user type")
    elif add_on.is_pro and wish.changes and not portal_accepts(user_type, wish.wanted):
        result.unclear.add("only the portal knows whether the user type fits this license set of ArcGIS Pro")


def portal_accepts(user_type: str, wanted: LicenseSet) -> bool:
    """Tell whether a portal surely accepts a license set of ArcGIS Pro beside a user type (part 2, 2.6)."""
    if wanted & set(PRO_LEVELS):
        return user_type == "creatorUT" or user_type not in INCLUDE_PRO
    return user_type in INCLUDE_PRO or not wanted & set(PRO_EXTENSIONS)


def _warn(wish: Wish, state: State, result: Forecast) -> None:
    gained = wish.wanted - wish.current
    user_type = type_after(state, wish.entry)
    # A Creator can get a higher level than the included one as an add-on.
    included = {"desktopBasicN"} if user_type == "creatorUT" else set(PRO_LEVELS)
    if wish.add_on.is_pro and gained & included and user_type in INCLUDE_PRO:
        result.includes_pro.add(wish.name)


def _check_type_change(state: State, entry: Entry, result: Forecast) -> None:
    """Block a new user type for a member with an offline license of a listing that the roster names."""
    name = str(entry["username"]).lower()
    if not changes_type(state, entry):
        return
    for key in set(state["members"][name]["offlineLicenses"]) & result.named:
        result.blocked.add((name, add_ons_by_id(state)[key].title, "offline_type"))
    for key in set(state["members"][name]["entitlements"]) - result.named:
        if LEVEL_OF_TYPE.get(entry["user_type"], "2") not in add_ons_by_id(state)[key].levels:
            result.unclear.add("a new user type does not fit a listing that the roster does not name")


def _count(state: State, add_on: AddOn, wishes: int, result: Forecast) -> None:
    """Compare the licenses that a plan needs of one listing with those that are free."""
    free = free_counts(state, add_on)
    moves = result.of_add_on(add_on.id)
    taken = Counter(each for move in moves for each in result.gained(move))
    freed = Counter(each for move in moves for each in result.lost(move))
    stuck = {name for name, text, _reason in result.blocked if text == add_on.title}
    for each, number in free.items():
        if add_on.is_expired or not taken[each] or number + freed[each] >= taken[each]:
            continue
        if any(each in result.gained(move) | result.lost(move) for move in moves if move[0] in stuck):
            result.unclear.add("a shortage depends on a member whose entry is blocked")
        result.blocked.add(("", add_on.title, "seats"))
        result.shortages.add(Shortage(add_on.title, each, taken[each], number))
    if not taken and counts_holders(add_on, wishes) and any(number + freed[each] < 0 for each, number in free.items()):
        result.over_assigned.add(add_on.title)


def counts_holders(add_on: AddOn, wishes: int) -> bool:
    """Tell whether one page of holders surely takes fewer requests than the members one by one.

    A run that reads the members one by one does not know how many licenses are free.
    """
    return wishes > 1 and sum(number for _name, number in add_on.num) <= PAGE


# -- guards -----------------------------------------------------------------------------------------------------------
def disrupted_members(result: Forecast) -> set[str]:
    """Return the members who lose an entitlement or an app bundle."""
    return {move[0] for move in result.moves if result.lost(move)}


def _guards(state: State, task: Task, result: Forecast) -> set[str]:
    countable = {name: row for name, row in state["members"].items() if not is_of_the_portal(name)}
    disrupted = disrupted_members(result)
    disrupted |= {e["username"].lower() for e in task.entries if disruptions(countable.get(e["username"].lower()), e)}
    found = set()
    if share_exceeded(len(disrupted), task.guards.get("max_disruptive", "100%"), len(countable)):
        found.add("max_disruptive")
    patterns = [pattern.lower() for pattern in task.guards.get("protected", [])]
    if any(fnmatchcase(name, pattern) for name in disrupted for pattern in patterns):
        found.add("protected")
    return found


# -- requests ---------------------------------------------------------------------------------------------------------
def is_tight(result: Forecast, key: str) -> bool:
    """Tell whether the swaps of a listing cannot all be sent in any order once the first moves have freed licenses."""
    add_on = add_ons_by_id(result.state)[key]
    moves = result.of_add_on(key)
    freed = Counter(each for move in moves if result.phase(move) == "frees" for each in result.lost(move))
    taken = Counter(each for move in moves if result.phase(move) == "swaps" for each in result.gained(move))
    free = free_counts(result.state, add_on)
    return any(number > free.get(each, 0) + freed[each] for each, number in taken.items())


def most_requests(result: Forecast) -> Counter[tuple[str, LicenseSet]]:
    """Return how many requests suffice, by add-on and license set: members in full batches, each phase apart."""
    sizes = Counter((move[1], wanted, result.phase(move)) for move, wanted in result.moves.items())
    most: Counter[tuple[str, LicenseSet]] = Counter()
    for (key, wanted, _phase), number in sizes.items():
        most[(key, wanted)] += -(-number // BATCH)
    return most


def add_on_in(entry: dict[str, Any]) -> str:
    """Return the ID in the path of a request."""
    parts = [part for part in str(entry["path"]).split("/") if part]
    for word in ("listings", "appBundles"):
        if word in parts[:-1]:
            return parts[parts.index(word) + 1]
    return ""


def sent_set(entry: dict[str, Any]) -> tuple[list[str], LicenseSet]:
    """Return the lower-case usernames and the license set in a write."""
    params = entry["params"]
    if entry["operation"] == PROVISION:
        sent = json.loads(params["userEntitlements"])
        return [str(name).lower() for name in sent["users"]], frozenset(sent.get("entitlements") or [])
    text = str(params.get("users") or "").strip()
    listed = json.loads(text) if text.startswith("[") else text.split(",")
    revoked = str(params.get("revoke", "false")).lower() == "true"
    return [str(name).strip().lower() for name in listed], NOTHING if revoked else frozenset({WHOLE})


def add_on_writes(log: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [entry for entry in log if entry["write"] and entry["operation"] in (PROVISION, BUNDLE)]


def write_problems(
    log: list[dict[str, Any]], result: Forecast, allowed: Iterable[str] = (), repeats: bool = False, email: bool = False
) -> list[str]:
    """Return where the requests of a run are not those that the moves need.

    Args:
        log: Requests of the run, as the sandbox recorded them.
        result: Forecast of the run.
        allowed: Further write operations. With them, the number of requests is not checked.
        repeats: Whether the run can send a name again, after a response that was lost.
        email: Whether the portal sends its email.
    """
    others = {entry["operation"] for entry in log if entry["write"]} - {PROVISION, BUNDLE, "generateToken", *allowed}
    found = [f"{operation} was sent" for operation in sorted(others)]
    sent: defaultdict[Move, list[LicenseSet]] = defaultdict(list)
    for entry in add_on_writes(log):
        names, wanted = sent_set(entry)
        if len(names) > BATCH:
            found.append(f"{entry['operation']}: {len(names)} names in one request")
        if entry["operation"] == PROVISION:
            silent = str(entry["params"].get("suppressCustomerEmail", "false")).lower() == "true"
            found += [] if silent is not email else [f"suppressCustomerEmail is {silent}"]
        for name in names:
            sent[(name, add_on_in(entry))].append(wanted)
    for move, sets in sent.items():
        found += _sent_problems(move, sets, result, repeats)
    found += [f"{move}: not sent" for move in result.moves if move not in sent]
    if not repeats and not allowed:
        found += _count_problems(log, result)
    return found


def _sent_problems(move: Move, sets: list[LicenseSet], result: Forecast, repeats: bool) -> list[str]:
    if move not in result.moves:
        return [f"{move}: {sets} was sent, expected no such request"]
    wanted, before = result.moves[move], result.before[move]
    if sets[-1] != wanted:
        return [f"{move}: the last set sent is {set(sets[-1])}, expected {set(wanted)}"]
    if repeats and set(sets) == {wanted}:
        return []
    if is_tight(result, move[1]) and len(sets) <= 2:
        # A swap with nothing free first frees what the member loses, and never what the member keeps.
        wrong = [set(each) for each in sets[:-1] if not before & wanted <= each < before]
        return [f"{move}: {each} was sent in between" for each in wrong]
    return [f"{move}: sent {len(sets)} times"] if len(sets) > 1 else []


def _count_problems(log: list[dict[str, Any]], result: Forecast) -> list[str]:
    most, sent = most_requests(result), Counter((add_on_in(e), sent_set(e)[1]) for e in add_on_writes(log))
    return [
        f"{each}: {number} requests, {most[each]} suffice"
        for each, number in sent.items() if number > most[each] and not is_tight(result, each[0])
    ]  # fmt: skip


def moment_problems(state: State, log: list[dict[str, Any]]) -> list[str]:
    """Return each write after which more licenses of an entitlement were assigned than the organization has.

    An entitlement that is over-assigned before the run can stay so, but its count cannot grow.
    """
    known, found = add_ons_by_id(state), []
    sets = {(name, key): held(state, name, add_on) for key, add_on in known.items() for name in state["members"]}
    free = {key: free_counts(state, add_on) for key, add_on in known.items()}
    for entry in add_on_writes(log):
        key = add_on_in(entry)
        names, wanted = sent_set(entry)
        if not entry["effect"] or entry["operation"] != PROVISION:
            continue
        earlier = dict(free[key])
        for name in dict.fromkeys(names):
            before = sets.get((name, key), NOTHING)
            sets[(name, key)] = wanted
            free[key] = {each: n + (each in before) - (each in wanted) for each, n in free[key].items()}
        found += [f"request {entry['n']}: {each} has {number} free" for each, number in free[key].items()
                  if number < min(0, earlier[each])]  # fmt: skip
    return found


# -- comparison with a run --------------------------------------------------------------------------------------------
UNSEEN = ("modified", "updates")


def state_problems(before: State, after: State, result: Forecast) -> list[str]:
    """Return where the add-ons and members of the portal are not those that the moves lead to."""
    known, found = add_ons_by_id(result.state), []
    for name in {*before["members"], *after["members"]}:
        old, new = before["members"].get(name), after["members"].get(name)
        if old is None or new is None:
            found.append(f"{name}: was created or removed")
            continue
        for key, add_on in known.items():
            expected = result.moves.get((name, key), held(before, name, add_on))
            if held(after, name, add_on) != expected:
                found.append(f"{name}: {add_on.title} is {set(held(after, name, add_on))}, expected {set(expected)}")
        foreign = [{k: v for k, v in row["entitlements"].items() if k not in known} for row in (old, new)]
        if foreign[0] != foreign[1]:
            found.append(f"{name}: a listing without a title changed")
        fields = (set(old) | set(new)) - {"entitlements", "appBundles", *UNSEEN}
        found += [f"{name}: {key} changed" for key in fields if old.get(key) != new.get(key)]
    return found


def shown(result: Forecast, name: str) -> tuple[list[str], list[str]]:
    """Return ``before`` and ``after`` of the changes of a member."""
    sides: tuple[list[str], list[str]] = ([], [])
    for move in result.moves:
        if move[0] != name:
            continue
        add_on = add_ons_by_id(result.state)[move[1]]
        for side, names in zip(sides, (result.before[move], result.moves[move])):
            name_shown = label(result.state, add_on)
            side += [name_shown if each == WHOLE else f"{name_shown}: {each}" for each in names]
    return sorted(sides[0]), sorted(sides[1])


def result_problems(result: dict[str, Any], expected: Forecast) -> list[str]:
    """Return where the result of a run without other changes is not what the forecast lets expect."""
    found: list[str] = []
    rows = {row["username"].lower(): row for row in result.get("members", [])}
    if result.get("changed") is not bool(expected.moves):
        found.append(f"changed is {result.get('changed')}, the forecast has {len(expected.moves)} changes")
    for name in expected.members:
        row = rows.get(name)
        if row is None or row["action"] != "changed" or row["changed"] is not True:
            found.append(f"{name}: the result has no change: {row}")
        else:
            found += row_problems(row, expected)
    for name in set(rows) - expected.members:
        if rows[name]["changed"] or rows[name]["changes"] or rows[name]["action"] != "unchanged":
            found.append(f"{name}: the result has a change, expected none: {rows[name]}")
    if "summary" in result and result["summary"].get("changed") != len(expected.members):
        found.append(f"summary.changed is {result['summary'].get('changed')}, expected {len(expected.members)}")
    return found


def row_problems(row: dict[str, Any], expected: Forecast) -> list[str]:
    """Return what is wrong about the changes of one member, of which only ``add_ons`` differs."""
    name, found = row["username"].lower(), []
    if set(row["changes"]) != {"add_ons"}:
        return [f"{name}: changes are {sorted(row['changes'])}, expected add_ons"]
    change = row["changes"]["add_ons"]
    for side, texts in zip(("before", "after"), shown(expected, name)):
        if sorted(change[side]) != texts:
            found.append(f"{name}: {side} is {change[side]}, expected {texts}")
        if change[side] not in (sorted(change[side]), sorted(change[side], key=str.casefold)):
            found.append(f"{name}: {side} is not sorted")
    return found


def reason_problems(text: str, expected: Forecast) -> list[str]:
    """Return the problems of a rejected or blocked plan that its errors do not name."""
    folded, found = text.casefold(), []
    wanted = expected.invalid or expected.blocked
    for name, subject, reason in wanted:
        if name not in folded:
            found.append(f"no error names {name}")
        if subject.casefold() not in folded:
            found.append(f"no error names '{subject}'")
        if not any(word in folded for word in WORDS[reason]):
            found.append(f"no error gives the reason {reason}")
    if not expected.invalid:
        found += [f"no error names {each.entitlement}" for each in expected.shortages
                  if each.entitlement.casefold() not in folded]  # fmt: skip
    return found


def warnings_of(result: Any) -> list[str]:
    """Return each warning of a result, wherever it is."""
    if isinstance(result, list):
        return [text for each in result for text in warnings_of(each)]
    if not isinstance(result, dict):
        return []
    own = [str(text) for text in result.get("warnings") or []]
    inner = [each for key, each in result.items() if key not in ("warnings", "invocation")]
    return own + [text for each in inner for text in warnings_of(each)]


def warning_problems(result: dict[str, Any], expected: Forecast) -> list[str]:
    """Return the warnings that a result lacks."""
    texts = [text.casefold() for text in warnings_of(result)]
    members = {row["username"].lower(): json.dumps(row.get("warnings", [])).casefold() for row in result["members"]}
    found = []
    for title in expected.over_assigned:
        if not any(title.casefold() in text for text in texts):
            found.append(f"no warning names the over-assigned listing {title}")
    for name in expected.includes_pro:
        if "pro" not in members.get(name, "") and not any(name in text and "pro" in text for text in texts):
            found.append(f"no warning says that the user type of {name} includes ArcGIS Pro")
    return found
