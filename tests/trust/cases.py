# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each writing module is asked to do: single and list form, and rosters with every kind of change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.sandbox.runner import Sandbox

PASSWORD = "Wombat-Ledger-77"
ONLINE, ENTERPRISE, OLD = "online", "enterprise", "enterprise-10.6"


class MemberPool:
    """Members of an organization, each returned once, in an order that the seed decides."""

    def __init__(self, portal: Sandbox) -> None:
        self.members = sorted(portal.inspect("GET", "members"), key=lambda member: str(member["username"]))
        self.groups = portal.inspect("GET", "organization")["groups"]
        self.caller = portal.username
        self.product = str(portal.options["product"])
        self.members = [member for member in self.members if member["username"] != self.caller]

    def take(self, fits: Callable[[dict[str, Any]], bool] = lambda member: True) -> dict[str, Any]:
        """Return a plain member: no administrator, enabled, a built-in account, nothing owned, nothing licensed."""
        return self.any(lambda member: plain(member) and fits(member))

    def any(self, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        for member in self.members:
            if fits(member):
                self.members.remove(member)
                return member
        raise LookupError("the organization has no such member")


def plain(member: dict[str, Any]) -> bool:
    owns = member["items"] or member["ownedGroups"] or member["entitlements"] or member["appBundles"]
    return (
        member["effectiveRole"] != "org_admin"
        and not member["disabled"]
        and member["provider"] == "arcgis"
        and not owns
        and not member["recycledItems"]
    )


def owner(member: dict[str, Any]) -> bool:
    return bool(member["items"]) and member["effectiveRole"] != "org_admin" and not member["recycledItems"]


def has_role(*roles: str) -> Callable[[dict[str, Any]], bool]:
    return lambda member: member["effectiveRole"] in roles


def seated(*types: str) -> Callable[[dict[str, Any]], bool]:
    user_or_publisher = has_role("org_user", "org_publisher")
    return lambda member: member["userLicenseTypeId"] in types and user_or_publisher(member)


@dataclass(frozen=True)
class Case:
    """One task: a module, a product, and its options for the organization that the sandbox has just made.

    ``prepare`` arranges the portal first. ``removes`` tells that members leave.
    """

    name: str
    module: str
    product: str
    options: Callable[[MemberPool], dict[str, Any]]
    prepare: Callable[[Sandbox], None] = field(default=lambda portal: None)
    removes: bool = False

    def arguments(self, portal: Sandbox) -> dict[str, Any]:
        return self.options(MemberPool(portal))


# -- portal_user -----------------------------------------------------------------------------------------------------
def newcomer(pool: MemberPool, name: str = "trust_newcomer") -> dict[str, Any]:
    seat = {"level": "2"} if pool.product == OLD else {"user_type": "creatorUT"}
    return {
        "username": name,
        "first_name": "Nadia",
        "last_name": "Newcomer",
        "email": f"{name}@example.com",
        "password": PASSWORD,
        "role": "org_publisher",
        "description": "Came with the roster",
        "tags": ["new", "roster"],
        **seat,
    }


def created_alone(pool: MemberPool) -> dict[str, Any]:
    return newcomer(pool)


def changed_alone(pool: MemberPool) -> dict[str, Any]:
    member = pool.take(has_role("org_user", "org_publisher"))
    return {
        "username": member["username"],
        "first_name": "Änne",
        "description": "Changed by the roster",
        "tags": ["a", "b"],
        "enabled": False,
    }


def removed_alone(pool: MemberPool) -> dict[str, Any]:
    recipient = pool.take(has_role("org_publisher"))
    return {"username": pool.any(owner)["username"], "state": "absent", "transfer_to": recipient["username"]}


def licensed_owner(portal: Sandbox) -> None:
    """Assign add-on licenses of both kinds to the member whose content is transferred."""
    organization = portal.inspect("GET", "organization")
    listing, bundle = organization["listings"][0], organization["appBundles"][0]
    name = MemberPool(portal).any(owner)["username"]
    portal.change(name, entitlements={listing["id"]: listing["entitlements"][:1]}, appBundles=[bundle["id"]])


def transferred(pool: MemberPool) -> dict[str, Any]:
    """A member gives up content and licenses, and stays."""
    giver, recipient = pool.any(owner), pool.take(has_role("org_publisher"))
    return {"username": giver["username"], "state": "transferred", "transfer_to": recipient["username"]}


def several_accounts(pool: MemberPool) -> dict[str, Any]:
    external = {
        **newcomer(pool, "trust_external"),
        "provider": "enterprise",
        "idp_username": "external@example.com",
        "enabled": True,
    }
    del external["password"], external["description"], external["tags"]
    recipient = pool.take(has_role("org_publisher"))
    return {
        "members": [
            newcomer(pool),
            external,
            {"username": pool.take()["username"], "enabled": False},
            {"username": pool.any(lambda member: member["disabled"])["username"], "enabled": True},
            {"username": pool.take()["username"], "first_name": "Zoë", "last_name": "Changed", "access": "private"},
            {"username": pool.take()["username"], "state": "absent"},
            {"username": pool.any(owner)["username"], "state": "absent", "transfer_to": recipient["username"]},
        ]
    }


# -- role, level, user type ------------------------------------------------------------------------------------------
def role_alone(pool: MemberPool) -> dict[str, Any]:
    return {"username": pool.take(has_role("org_user"))["username"], "role": "org_publisher"}


def several_roles(pool: MemberPool) -> dict[str, Any]:
    up = [pool.take(has_role("org_user"))["username"] for _each in range(2)]
    down = [pool.take(has_role("org_publisher"))["username"] for _each in range(2)]
    return {
        "members": [
            *({"username": name, "role": "org_publisher"} for name in up),
            *({"username": name, "role": "org_user"} for name in down),
        ]
    }


def type_alone(pool: MemberPool) -> dict[str, Any]:
    return {"username": pool.take(seated("creatorUT"))["username"], "user_type": "GISProfessionalStdUT"}


def swapped_types(pool: MemberPool) -> dict[str, Any]:
    """Two members swap their seats, and a third joins: with full seats only one order works."""
    first, second = pool.take(seated("creatorUT")), pool.take(seated("GISProfessionalStdUT"))
    return {
        "members": [
            {"username": first["username"], "user_type": "GISProfessionalStdUT"},
            {"username": second["username"], "user_type": "creatorUT"},
        ]
    }


def full_seats(portal: Sandbox, room: int = 0) -> None:
    organization = portal.inspect("GET", "organization")
    # The license page of Enterprise does not tell what invitations hold.
    online = portal.options["product"] == ONLINE
    portal.switch(invitations_hold_seats="yes" if online else "no")
    held = len(organization["invitations"]) if online else 0
    used = organization["userTypes"]
    seats = {"creatorUT": used["creatorUT"] + held + room, "GISProfessionalStdUT": used["GISProfessionalStdUT"] + 1}
    portal.inspect("PATCH", "organization", {"seats": seats})


def room_for_two(portal: Sandbox) -> None:
    if portal.options["product"] != OLD:
        full_seats(portal, 2)


def room_for_everything(portal: Sandbox) -> None:
    room_for_two(portal)
    groups(portal)
    add_ons(portal)


def level_alone(pool: MemberPool) -> dict[str, Any]:
    viewer = pool.take(lambda member: member["level"] == "1")
    return {"username": viewer["username"], "level": "2"}


def several_levels(pool: MemberPool) -> dict[str, Any]:
    viewers = [pool.take(lambda member: member["level"] == "1") for _each in range(3)]
    return {"members": [{"username": member["username"], "level": "2"} for member in viewers]}


# -- credits -----------------------------------------------------------------------------------------------------------
def credits_alone(pool: MemberPool) -> dict[str, Any]:
    return {"username": pool.take(lambda member: member["assignedCredits"] == -1)["username"], "credits": 120}


def several_credits(pool: MemberPool) -> dict[str, Any]:
    limited = pool.take(lambda member: member["assignedCredits"] >= 50)
    return {
        "members": [
            {"username": pool.take(lambda member: member["assignedCredits"] == -1)["username"], "credits": 75},
            {"username": pool.take(lambda member: member["assignedCredits"] == -1)["username"], "credits": 0},
            {"username": limited["username"], "credits": "unlimited"},
            {"username": pool.take(lambda member: member["assignedCredits"] >= 0)["username"], "credits": 333.5},
        ]
    }


def budget(pool: MemberPool) -> dict[str, Any]:
    return {"default_credits": 250}


# -- categories --------------------------------------------------------------------------------------------------------
TREE = [
    {"title": "Department", "categories": [{"title": "Sales"}, {"title": "Surveying"}]},
    {"title": "Shift", "categories": [{"title": "Early"}, {"title": "Late"}]},
]


def tree(pool: MemberPool) -> dict[str, Any]:
    return {"categories": TREE}


def grown_tree(pool: MemberPool) -> dict[str, Any]:
    return {"categories": TREE[1:], "mode": "merged"}


def no_tree(pool: MemberPool) -> dict[str, Any]:
    return {"state": "absent"}


def categories_alone(pool: MemberPool) -> dict[str, Any]:
    member = pool.take(lambda member: member["categories"])
    return {"username": member["username"], "categories": {"set": ["/Contract/Employee", "/Department/Sales"]}}


def several_categories(pool: MemberPool) -> dict[str, Any]:
    bare = pool.take(lambda member: not member["categories"])
    carrying = pool.take(lambda member: member["categories"])
    more = pool.take(lambda member: "/Categories/Contract/Student" not in member["categories"])
    return {
        "members": [
            {"username": bare["username"], "categories": {"set": ["/Department/Consulting"]}},
            {"username": carrying["username"], "categories": {"set": []}},
            {"username": more["username"], "categories": {"add": ["/Contract/Student"]}},
        ]
    }


# -- groups ------------------------------------------------------------------------------------------------------------
CREWS, LEADS = "Trust crews", "Trust leads"
#: Plans name groups by ID, so a group that is made again has the same one.
GROUP_IDS = {CREWS: "c" * 32, LEADS: "1" * 32}
#: Roles that can join every group.
JOINERS = ("org_user", "org_publisher")


def groups(portal: Sandbox) -> None:
    """Two groups of the signed-in account with members from the end of the list, which other tasks take last."""
    joiner = has_role(*JOINERS)
    joiners = [member["username"] for member in MemberPool(portal).members if plain(member) and joiner(member)]
    first, second, third = joiners[-1:-4:-1]
    wanted = {CREWS: {"admins": [third], "users": [first]}, LEADS: {"admins": [second], "users": [first]}}
    present = {group["title"]: group["id"] for group in portal.inspect("GET", "organization")["groups"]}
    lag = portal.switch()["search_lag"]
    portal.switch(search_lag="0")
    for title, parts in wanted.items():
        if title in present:
            portal.inspect("PATCH", f"groups/{present[title]}", parts)
        else:
            portal.put_group(portal.username, id=GROUP_IDS[title], title=title, **parts)
    portal.switch(search_lag=lag)


def in_group(pool: MemberPool, title: str, part: str) -> Callable[[dict[str, Any]], bool]:
    group = next(group for group in pool.groups if group["title"] == title)
    return lambda member: member["username"] in group[part]


def groups_alone(pool: MemberPool) -> dict[str, Any]:
    joiner = pool.take(has_role(*JOINERS))
    return {"username": joiner["username"], "groups": {"add": [CREWS, {"group": LEADS, "manager": True}]}}


def several_groups(pool: MemberPool) -> dict[str, Any]:
    """Members who join, who leave one group and manage another, and managers who leave or become members."""
    mover = pool.take(in_group(pool, CREWS, "users"))
    return {
        "members": [
            groups_alone(pool),
            {"username": pool.take(has_role(*JOINERS))["username"], "groups": {"add": [CREWS]}},
            {"username": mover["username"], "groups": {"set": [f"{LEADS} [manager]"]}},
            {"username": pool.take(in_group(pool, LEADS, "admins"))["username"], "groups": {"remove": [LEADS]}},
            {"username": pool.take(in_group(pool, CREWS, "admins"))["username"], "groups": {"set": [CREWS]}},
        ]
    }


# -- invitations -------------------------------------------------------------------------------------------------------
def invitations_named(pool: MemberPool) -> dict[str, Any]:
    return {"emails": ["Newcomer1@example.com", "unknown@example.com"]}


def invitations_by_pattern(pool: MemberPool) -> dict[str, Any]:
    return {"emails": ["newcomer?@*"], "older_than_days": 1, "guards": {"max_removals": "100%"}}


# -- add-on licenses ---------------------------------------------------------------------------------------------------
PRO, SCAN, APPS = "ArcGIS Pro", "Trust scan", "Field apps"
#: Plans name add-ons by ID, so a listing that is made again has the same one.
SCAN_ID = "5" * 32


def add_ons(portal: Sandbox) -> None:
    """A listing without a free license, members who hold all of it, and one who has an app bundle.

    The members are from the end of the list, before those of the groups.
    """
    organization = portal.inspect("GET", "organization")
    bundle = next(bundle["id"] for bundle in organization["appBundles"] if bundle["name"] == APPS)
    if SCAN_ID not in [listing["id"] for listing in organization["listings"]]:
        portal.inspect("POST", "listings", {"id": SCAN_ID, "title": SCAN, "num": {"scanBasic": 1, "scanAdvanced": 1}})
    unlicensed = [{**member, "entitlements": {}, "appBundles": []} for member in MemberPool(portal).members]
    holders = [member["username"] for member in unlicensed if plain(member) and can_have_pro(member)]
    basic, advanced, apps = holders[-4:-7:-1]
    portal.change(basic, entitlements={SCAN_ID: ["scanBasic"]}, appBundles=[])
    portal.change(advanced, entitlements={SCAN_ID: ["scanAdvanced"]}, appBundles=[])
    portal.change(apps, entitlements={}, appBundles=[bundle])


def can_have_pro(member: dict[str, Any]) -> bool:
    return member["userLicenseTypeId"] == "creatorUT" and has_role(*JOINERS)(member)


def holds(entitlement: str) -> Callable[[dict[str, Any]], bool]:
    return lambda member: member["entitlements"].get(SCAN_ID) == [entitlement]


def has_apps(member: dict[str, Any]) -> bool:
    return bool(member["appBundles"]) and not member["items"] and can_have_pro(member)


def add_ons_alone(pool: MemberPool) -> dict[str, Any]:
    name = pool.take(can_have_pro)["username"]
    return {"username": name, "add_ons": {PRO: ["desktopStdN", "spatialAnalystN"], APPS: True}}


def several_add_ons(pool: MemberPool) -> dict[str, Any]:
    """Members who swap the licenses of a listing, who get add-ons, and who lose them."""
    return {
        "members": [
            add_ons_alone(pool),
            {"username": pool.take(can_have_pro)["username"], "add_ons": {PRO: ["desktopAdvN"]}},
            {"username": pool.any(holds("scanBasic"))["username"], "add_ons": {SCAN: ["scanAdvanced"]}},
            {
                "username": pool.any(holds("scanAdvanced"))["username"],
                "add_ons": {SCAN: ["scanBasic"], PRO: ["desktopStdN"]},
            },
            {"username": pool.any(has_apps)["username"], "add_ons": {APPS: False}},
        ]
    }


# -- rosters -----------------------------------------------------------------------------------------------------------
def everything(pool: MemberPool) -> dict[str, Any]:
    """A roster with every kind of change that the product has."""
    rows = several_accounts(pool)["members"]
    rows += several_roles(pool)["members"]
    if pool.product == OLD:
        rows += several_levels(pool)["members"]
    else:
        rows += swapped_types(pool)["members"]
        rows += several_categories(pool)["members"]
        rows[0]["categories"] = ["/Department/Sales"]
    rows += several_groups(pool)["members"]
    rows[0]["groups"] = [CREWS]
    rows += several_add_ons(pool)["members"]
    rows[0]["add_ons"] = {PRO: ["desktopStdN"]}
    if pool.product == ONLINE:
        rows += several_credits(pool)["members"]
        rows[0]["credits"] = 40
    return {"members": rows}


def purged(pool: MemberPool) -> dict[str, Any]:
    """A short roster. The unmanaged members are disabled."""
    stay = [{"username": member["username"]} for member in pool.members[: len(pool.members) - 4]]
    return {"members": stay, "purge": "disable", "guards": {"max_disruptive": "100%"}}


def cases() -> list[Case]:
    found: list[Case] = []
    for product in (ONLINE, ENTERPRISE, OLD):
        found += [
            Case("roster", "portal_members", product, everything, room_for_everything, removes=True),
            Case("list", "portal_user", product, several_accounts, removes=True),
            Case("list", "portal_user_role", product, several_roles),
            Case("list", "portal_user_groups", product, several_groups, groups),
            Case("list", "portal_user_add_ons", product, several_add_ons, add_ons),
        ]
    for product in (ONLINE, ENTERPRISE):
        found += [
            Case("new", "portal_user", product, created_alone),
            Case("absent", "portal_user", product, removed_alone, removes=True),
            Case("transferred", "portal_user", product, transferred, licensed_owner, removes=True),
            Case("swap", "portal_user_level", product, swapped_types, full_seats),
            Case("list", "portal_user_categories", product, several_categories),
        ]
    found += [
        Case("purge", "portal_members", ONLINE, purged),
        Case("one", "portal_user", ENTERPRISE, changed_alone),
        Case("one", "portal_user_role", ONLINE, role_alone),
        Case("one", "portal_user_level", ONLINE, type_alone),
        Case("one", "portal_user_level", OLD, level_alone),
        Case("list", "portal_user_level", OLD, several_levels),
        Case("one", "portal_credits", ONLINE, credits_alone),
        Case("list", "portal_credits", ONLINE, several_credits),
        Case("budget", "portal_credits", ONLINE, budget),
        Case("replaced", "portal_member_categories", ONLINE, tree),
        Case("merged", "portal_member_categories", ENTERPRISE, grown_tree),
        Case("absent", "portal_member_categories", ONLINE, no_tree),
        Case("one", "portal_user_categories", ONLINE, categories_alone),
        Case("one", "portal_user_groups", ONLINE, groups_alone, groups),
        Case("one", "portal_user_groups", OLD, groups_alone, groups),
        Case("named", "portal_invitations", ONLINE, invitations_named),
        Case("pattern", "portal_invitations", ONLINE, invitations_by_pattern),
        Case("one", "portal_user_add_ons", ONLINE, add_ons_alone),
    ]
    return found
