# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The search index: it shows the organization as it was a moment ago."""

from __future__ import annotations

import re
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Optional, Protocol

from .groups import Group
from .store import Member
from .views import group_view, list_fields, shown_role

if TYPE_CHECKING:
    from .world import World

MOST_HITS = 10_000
FREE_TEXT = ["username", "fullName", "firstName", "lastName", "description"]
WORD_END = re.compile(r"[\s_@.]+")
TERM = re.compile(r'(-)?(?:(\w+):)?("[^"]*"|\([^)]*\)|\S+)')
FIELDS = {
    "username": "username", "fullname": "fullName", "firstname": "firstName", "lastname": "lastName",
    "email": "email", "role": "role", "roleid": "roleId", "level": "level", "provider": "provider",
    "userlicensetype": "userLicenseTypeId", "userlicensetypeid": "userLicenseTypeId", "access": "access",
    "disabled": "disabled", "categories": "categories", "orgid": "orgId", "accountid": "orgId", "tags": "tags",
    "culture": "culture", "description": "description", "appbundle": "appBundle",
}  # fmt: skip
# Fields that can be searched, and that a row does not show.
NOT_SHOWN = ("appBundle",)


GROUP_FREE_TEXT = ["title", "tags", "description", "snippet", "owner"]
GROUP_FIELDS = {
    "id": "id", "group": "id", "title": "title", "owner": "owner", "access": "access", "tags": "tags",
    "typekeywords": "typeKeywords", "description": "description", "snippet": "snippet", "orgid": "orgId",
    "accountid": "orgId", "capabilities": "capabilities", "provider": "provider", "phone": "phone",
    "isinvitationonly": "isInvitationOnly",
}  # fmt: skip


class Entry(Protocol):
    """One row as the index shows it: live, or as it was before a write."""

    key: str

    def get(self, name: str) -> Any:
        """A field by the portal's name."""

    def row(self) -> dict[str, Any]:
        """The whole row as a list shows it."""


Test = Callable[[Entry], bool]


class Live:
    """A member as it is; its row is made only when it is shown."""

    def __init__(self, world: World, member: Member) -> None:
        self.world = world
        self.member = member
        self.key = member.key

    def get(self, name: str) -> Any:
        return VALUES[name](self.world, self.member) if name in VALUES else None

    def row(self) -> dict[str, Any]:
        return list_fields(self.world, self.member)


class Stale:
    """What the index still shows of a member that has changed; ``shown`` is None where it does not know the member."""

    def __init__(self, key: str, shown: Optional[dict[str, Any]], until: float, searches: int) -> None:
        self.key = key
        self.shown = shown
        self.until = until
        self.searches = searches

    def get(self, name: str) -> Any:
        return (self.shown or {}).get(name)

    def row(self) -> dict[str, Any]:
        return {name: value for name, value in (self.shown or {}).items() if name not in NOT_SHOWN}


VALUES: dict[str, Callable[[World, Member], Any]] = {
    "username": lambda world, m: m.username,
    "fullName": lambda world, m: m.full_name,
    "firstName": lambda world, m: m.first_name,
    "lastName": lambda world, m: m.last_name,
    "email": lambda world, m: m.email,
    "role": lambda world, m: shown_role(world, m)["role"],
    "roleId": lambda world, m: shown_role(world, m).get("roleId"),
    "level": lambda world, m: world.organization.level(m),
    "provider": lambda world, m: m.provider,
    "userLicenseTypeId": lambda world, m: m.license_type,
    "access": lambda world, m: m.access,
    "disabled": lambda world, m: m.disabled,
    "categories": lambda world, m: m.categories,
    "orgId": lambda world, m: m.org_id,
    "tags": lambda world, m: m.tags,
    "culture": lambda world, m: m.culture,
    "description": lambda world, m: m.description,
    "created": lambda world, m: m.created,
    "lastLogin": lambda world, m: m.last_login,
    "appBundle": lambda world, m: list(m.bundles),
}


class LaggingIndex(ABC):
    """What a search sees: the rows as they were before the last writes, for as long as the switch says."""

    fields = FIELDS
    free_text = FREE_TEXT

    def __init__(self, world: World) -> None:
        self.world = world
        self.stale: dict[str, Stale] = {}

    @abstractmethod
    def live(self) -> list[Entry]:
        """Return every row that has not just changed."""

    def keep(self, key: str, show: Callable[[], Optional[dict[str, Any]]]) -> None:
        """Keep what was shown before a change until the lag is over."""
        lag = self.world.switches["search_lag"]
        if lag == "0" or key in self.stale:
            return
        if lag.endswith("reads"):
            self.stale[key] = Stale(key, show(), float("inf"), int(lag.split()[0]))
        else:
            self.stale[key] = Stale(key, show(), time.monotonic() + float(lag.rstrip("s")), 1)

    def entries(self) -> list[Entry]:
        """Every row as the index shows it now."""
        moment = time.monotonic()
        self.stale = {key: old for key, old in self.stale.items() if old.until > moment and old.searches > 0}
        entries = self.live()
        if self.stale:
            entries += [old for old in self.stale.values() if old.shown is not None]
            entries.sort(key=lambda entry: entry.key)
        for old in self.stale.values():
            old.searches -= old.until == float("inf")
        return entries

    def search(self, query: str, exact: str) -> list[Entry]:
        """What a query finds; ``exact`` is a filter of the form field:"keyword". At most 10,000."""
        test = compiled(query, self.fields, self.free_text)
        filtered = compiled(exact, self.fields, self.free_text, whole=True)
        return [entry for entry in self.entries() if test(entry) and filtered(entry)][:MOST_HITS]


class Index(LaggingIndex):
    """The members."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        world.organization.observers.append(self.changed)

    def changed(self, member: Member) -> None:
        """Called before a member changes."""
        known = self.world.organization.members.get(member.key)
        self.keep(member.key, lambda: indexed_member(self.world, known) if known is not None else None)

    def matches(self, query: str, member: Member) -> bool:
        """Whether a query finds a user of another organization."""
        return compiled(query, self.fields, self.free_text)(Live(self.world, member))

    def live(self) -> list[Entry]:
        return [Live(self.world, m) for m in self.world.organization.ordered if m.key not in self.stale]


class LiveGroup:
    """A group as it is."""

    def __init__(self, world: World, group: Group) -> None:
        self.world = world
        self.group = group
        self.key = group.id

    def get(self, name: str) -> Any:
        return self.row().get(name)

    def row(self) -> dict[str, Any]:
        return indexed_group(self.world, self.group)


class GroupIndex(LaggingIndex):
    """The groups."""

    fields = GROUP_FIELDS
    free_text = GROUP_FREE_TEXT

    def __init__(self, world: World) -> None:
        super().__init__(world)
        world.organization.group_observers.append(self.changed)

    def changed(self, group: Group) -> None:
        """Called before a group changes."""
        known = group.id in self.world.organization.groups
        self.keep(group.id, lambda: indexed_group(self.world, group) if known else None)

    def live(self) -> list[Entry]:
        return [LiveGroup(self.world, g) for g in self.world.organization.groups.values() if g.id not in self.stale]


def indexed_member(world: World, member: Member) -> dict[str, Any]:
    return {**list_fields(world, member), **{name: VALUES[name](world, member) for name in NOT_SHOWN}}


def indexed_group(world: World, group: Group) -> dict[str, Any]:
    return {**group_view(world, group, None), "orgId": group.org_id or world.organization.id}


def compiled(query: str, fields: dict[str, str], free_text: list[str], whole: bool = False) -> Test:
    """Terms are joined by AND unless OR stands between them; ``-`` negates; a field's value can be quoted."""
    groups = [
        [terms(part, fields, free_text, whole) for part in re.split(r"\s+OR\s+", group.strip("() "))]
        for group in re.split(r"\s+AND\s+", query.strip())
    ]
    return lambda entry: all(any(all(term(entry) for term in part) for part in group) for group in groups)


def terms(text: str, fields: dict[str, str], free_text: list[str], whole: bool) -> list[Test]:
    tests = []
    for match in TERM.finditer(text):
        names = [fields.get(match[2].lower(), match[2])] if match[2] else free_text
        tests.append(term(match[1], names, match[3], whole))
    return tests


def term(minus: Optional[str], names: list[str], value: str, whole: bool) -> Test:
    wanted = value.strip('"()').casefold()
    if wanted in ("*", ""):
        return lambda entry: not minus
    return lambda entry: any(holds(entry.get(key), wanted, whole) for key in names) != bool(minus)


def holds(value: Any, wanted: str, whole: bool) -> bool:
    """Whether a value matches: as a whole, by a prefix with ``*``, or by words that follow each other."""
    if isinstance(value, (list, tuple)):
        return any(holds(entry, wanted, whole) for entry in value)
    text = "" if value is None else str(value).casefold()
    if whole or text == wanted:
        return text == wanted
    if wanted.endswith("*"):
        return any(word.startswith(wanted[:-1]) for word in [text, *text.split()])
    return wanted in text and f" {words(wanted)} " in f" {words(text)} "


def words(text: str) -> str:
    return " ".join(WORD_END.split(text))
