# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The search index: it shows the organization as it was a moment ago."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Optional

from .store import Member
from .views import list_fields

if TYPE_CHECKING:
    from .world import World

MOST_HITS = 10_000
TERM = re.compile(r'(-)?(?:(\w+):)?("[^"]*"|\([^)]*\)|\S+)')
FIELDS = {
    "username": "username", "fullname": "fullName", "firstname": "firstName", "lastname": "lastName",
    "email": "email", "role": "role", "roleid": "roleId", "level": "level", "provider": "provider",
    "userlicensetype": "userLicenseTypeId", "userlicensetypeid": "userLicenseTypeId", "access": "access",
    "disabled": "disabled", "categories": "categories", "orgid": "orgId", "accountid": "orgId", "tags": "tags",
    "culture": "culture", "description": "description",
}  # fmt: skip


@dataclass
class Stale:
    """What the index still shows of one member: None where it does not know the member yet."""

    row: Optional[dict[str, Any]]
    until: float
    searches: int


class Index:
    def __init__(self, world: World) -> None:
        self.world = world
        self.stale: dict[str, Stale] = {}
        world.organization.observers.append(self.changed)

    def changed(self, member: Member, _reason: Optional[str]) -> None:
        """Called before a member changes: keep what was shown until the lag is over."""
        lag = self.world.switches["search_lag"]
        if lag == "0" or member.key in self.stale:
            return
        known = self.world.organization.members.get(member.key)
        row = list_fields(self.world, known) if known is not None else None
        if lag.endswith("reads"):
            self.stale[member.key] = Stale(row, float("inf"), int(lag.split()[0]))
        else:
            self.stale[member.key] = Stale(row, time.monotonic() + float(lag.rstrip("s")), 0)

    def rows(self) -> list[dict[str, Any]]:
        """Every member as the index shows it now."""
        moment = time.monotonic()
        self.stale = {key: old for key, old in self.stale.items() if old.until > moment and old.searches >= 0}
        members = self.world.organization.members
        rows = [list_fields(self.world, m) for m in self.world.organization.ordered if m.key not in self.stale]
        rows += [old.row for old in self.stale.values() if old.row is not None]
        for old in self.stale.values():
            old.searches -= old.until == float("inf")
        self.stale = {key: old for key, old in self.stale.items() if old.searches > 0 or old.until != float("inf")}
        rows.sort(key=lambda row: str(row["username"]).casefold())
        return rows if members or rows else []

    def search(self, query: str, exact: str) -> list[dict[str, Any]]:
        """The rows that a query finds; ``exact`` is a filter of the form field:"keyword". At most 10,000."""
        found = [row for row in self.rows() if matches(row, query)]
        if exact:
            found = [row for row in found if matches(row, exact, whole=True)]
        return found[:MOST_HITS]


def matches(row: dict[str, Any], query: str, whole: bool = False) -> bool:
    """Terms are joined by AND unless OR stands between them; ``-`` negates; a field's value may be quoted."""
    for group in re.split(r"\s+AND\s+", query.strip()):
        alternatives = re.split(r"\s+OR\s+", group.strip("() "))
        if not any(all_terms(row, part, whole) for part in alternatives):
            return False
    return True


def all_terms(row: dict[str, Any], text: str, whole: bool) -> bool:
    return all(one_term(row, found[1], found[2], found[3], whole) for found in TERM.finditer(text))


def one_term(row: dict[str, Any], minus: Optional[str], name: Optional[str], value: str, whole: bool) -> bool:
    wanted = value.strip('"()').casefold()
    if wanted in ("*", ""):
        return not minus
    names = (
        [FIELDS.get(name.lower(), name)] if name else ["username", "fullName", "firstName", "lastName", "description"]
    )
    hit = any(holds(row.get(key), wanted, whole) for key in names)
    return hit != bool(minus)


def holds(value: Any, wanted: str, whole: bool) -> bool:
    if isinstance(value, list):
        return any(holds(entry, wanted, whole) for entry in value)
    text = "" if value is None else str(value).casefold()
    if whole:
        return text == wanted
    if wanted.endswith("*"):
        return any(word.startswith(wanted[:-1]) for word in [text, *text.split()])
    return text == wanted or wanted in re.split(r"[\s_@.]+", text)
