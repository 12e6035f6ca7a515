# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading members: one, a page of them, a search, a check of names."""

from __future__ import annotations

import json
import random
from typing import Any, Callable, Optional

from ..call import Call, paged
from ..errors import invalid_request, no_user
from ..products import SYSTEM_ACCOUNTS
from ..routing import operation
from ..store import Member
from ..views import full_view, list_fields, list_row, public_view
from ..world import JsonText, World

KEPT_LISTINGS = 16
FILTERS: dict[str, Callable[[World, Member], Any]] = {
    "username": lambda world, m: m.username,
    "fullname": lambda world, m: m.full_name,
    "firstname": lambda world, m: m.first_name,
    "lastname": lambda world, m: m.last_name,
}
SORTS: dict[str, Callable[[World, Member], Any]] = {
    "username": lambda world, m: m.key,
    "fullname": lambda world, m: (m.full_name or "").casefold(),
    "created": lambda world, m: m.created,
    "lastlogin": lambda world, m: m.last_login,
    "mfaenabled": lambda world, m: m.mfa,
    "level": lambda world, m: world.organization.level(m),
    "role": lambda world, m: m.role,
}


def may_see(call: Call, member: Member) -> bool:
    """True for the member, and for callers who can view members of the organization."""
    caller = call.caller
    if caller is None or caller.anonymous:
        return False
    mine = member.org_id == call.portal.organization.id
    return caller.is_member(member) or (mine and caller.can("portal:admin:viewUsers"))


def seen(call: Call, name: str) -> Member:
    """The member of that name or id as far as the caller can see it."""
    world = call.portal
    found = world.organization.any_account(name)
    if found is None or not (may_see(call, found) or open_to(call, found)):
        raise missing(world)
    return found


def open_to(call: Call, member: Member) -> bool:
    if member.access == "public":
        return True
    caller = call.caller
    inside = caller is not None and caller.member is not None and member.org_id == call.portal.organization.id
    return inside and member.access == "org"


def missing(world: World) -> Exception:
    return no_user(world.switches["not_found_code"] == "with")


@operation("community/users/{user}", "user", anonymous=True)
def user(call: Call) -> Any:
    found = seen(call, call.args["user"])
    return full_view(call.portal, found) if may_see(call, found) else public_view(call.portal, found)


# -- the organization's list ---------------------------------------------------------------------------------------
@operation("portals/{portal}/users", "users")
def users(call: Call) -> Any:
    """A page of the members, by default in order of username; the rows are JSON text already."""
    world = call.portal
    start, num = call.page()
    found = listing(call)
    chosen = found[start - 1 : start - 1 + num]
    following = start + num
    following = following if chosen and following <= len(found) else -1
    head = f'{{"total": {len(found)}, "start": {start}, "num": {len(chosen)}, "nextStart": {following}, "users": ['
    caller = call.caller
    if caller is not None and caller.can("portal:admin:viewUsers"):
        return JsonText(head + ", ".join(list_row(world, member) for member in chosen) + "]}")
    return JsonText(head + ", ".join(json.dumps(limited_row(call, member)) for member in chosen) + "]}")


def limited_row(call: Call, member: Member) -> dict[str, Any]:
    return list_fields(call.portal, member) if may_see(call, member) else public_view(call.portal, member)


def listing(call: Call) -> list[Member]:
    """Every member that the filters leave, in the order asked for; kept while no member changes."""
    world = call.portal
    names = ("sortField", "sortOrder", "role", "userLicenseType", "provider", "excludeSystemUsers", *FILTERS,
             "applyFilterIntersection", "applyFiltersIntersection")  # fmt: skip
    caller = call.caller
    everything = caller is not None and caller.can("portal:admin:viewUsers")
    who = None if everything or caller is None or caller.member is None else caller.member.key
    key = (world.organization.revision, everything, who, *(call.text(name) for name in names))
    found: Optional[list[Member]] = world.pages.get(key)
    if found is None:
        found = ordered(call, filtered(call))
        if len(world.pages) >= KEPT_LISTINGS:
            world.pages.clear()
        world.pages[key] = found
    return found


def filtered(call: Call) -> list[Member]:
    world = call.portal
    members = world.organization.ordered
    if call.flag("excludeSystemUsers"):
        if any(name in world.organization.members for name in SYSTEM_ACCOUNTS):
            members = [member for member in members if member.key not in SYSTEM_ACCOUNTS]
    elif world.switches["system_accounts"] == "listed":
        members = sorted([*members, *world.organization.system.values()], key=lambda member: member.key)
    caller = call.caller
    if caller is None or not caller.can("portal:admin:viewUsers"):
        members = [member for member in members if may_see(call, member) or open_to(call, member)]
    tests = list(filter_tests(call))
    if not tests:
        return members
    join = all if intersects(call) else any
    return [member for member in members if join(test(member) for test in tests)]


def intersects(call: Call) -> bool:
    spelling = call.portal.switches["filter_spelling"]
    names = ("applyFilterIntersection", "applyFiltersIntersection") if spelling == "both" else (spelling,)
    return any(call.flag(name) for name in names)


def filter_tests(call: Call) -> Any:
    world = call.portal
    role, user_type, provider = call.text("role"), call.text("userLicenseType"), call.text("provider")
    if role:
        yield lambda member: member.role == role
    if user_type:
        yield lambda member: member.license_type == user_type
    if provider:
        yield lambda member: member.provider == provider
    for name, value_of in FILTERS.items():
        wanted = call.text(name).casefold()
        if wanted:
            yield lambda member, w=wanted, v=value_of: w in str(v(world, member) or "").casefold()


def ordered(call: Call, members: list[Member]) -> list[Member]:
    world = call.portal
    field = call.text("sortField").lower()
    backwards = call.text("sortOrder").lower() == "desc"
    if not field:
        return by_switch(world.switches["row_order"], members)
    if field not in SORTS:
        raise invalid_request(f"'sortField' must be one of {', '.join(SORTS)}.")
    return sorted(members, key=lambda member: SORTS[field](world, member), reverse=backwards)


def by_switch(order: str, members: list[Member]) -> list[Member]:
    if order == "reversed":
        return members[::-1]
    if order == "shuffled":
        return random.Random(len(members)).sample(members, len(members))
    return members


# -- search --------------------------------------------------------------------------------------------------------
@operation("portals/{portal}/users/search", "searchUsers")
def search(call: Call) -> Any:
    """Index-backed: lags behind writes and never finds more than 10,000."""
    query = call.need("q")
    found = call.portal.index.search(query, call.text("filter"))
    field = call.text("sortField")
    if field:
        found.sort(key=lambda entry: str(entry.get(field) or "").casefold(), reverse=call.text("sortOrder") == "desc")
    start, num = call.page()
    page = paged(found, start, num, "results")
    return {"query": query, **page, "results": [entry.row() for entry in page["results"]]}


@operation("community/users", "communityUsers", anonymous=True)
def community_users(call: Call) -> Any:
    """Public facts only, from the index; reaches into other organizations on Online."""
    world = call.portal
    query = call.need("q")
    known = {entry.key for entry in world.index.search(query, "")}
    outsiders = [member for member in world.organization.outsiders.values() if world.index.matches(query, member)]
    members = [*(member for member in world.organization.ordered if member.key in known), *outsiders]
    rows = [public_view(world, member) for member in members if open_to(call, member)]
    start, num = call.page()
    return {"query": query, **paged(rows, start, num, "results")}


@operation("community/checkUsernames", "checkUsernames", anonymous=True)
def check_usernames(call: Call) -> Any:
    """A free name comes back as suggested, a taken one with another suggestion, a once deleted one not at all."""
    organization = call.portal.organization
    rows = []
    for name in call.names("usernames"):
        if name.casefold() in organization.taken and organization.any_account(name) is None:
            continue
        suggested, number = name, 0
        while organization.name_taken(suggested):
            number += 1
            suggested = f"{name}{number}"
        rows.append({"requested": name, "suggested": suggested})
    return {"usernames": rows}
