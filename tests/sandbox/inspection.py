# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inspection side: what tests see and do behind the portal's back. No sign-in, JSON in and out."""

from __future__ import annotations

import secrets
import time
from difflib import get_close_matches
from typing import Any, Callable, Optional

from .groups import DEFAULTS, Group
from .licenses import Listing
from .products import ADMINISTRATOR
from .routing import NAMES
from .store import PROFILE, Invitation, Item, Member, now_ms
from .views import state, username_of
from .world import Counters, World

FIELDS = {
    **{key: name for name, key in PROFILE.items()},
    "tags": "tags", "userType": "user_type", "idpUsername": "idp_username", "provider": "provider", "role": "role",
    "roleId": "role", "userLicenseTypeId": "license_type", "level": "own_level", "disabled": "disabled",
    "lastLogin": "last_login", "created": "created", "assignedCredits": "assigned_credits", "spentCredits": "spent",
    "categories": "categories", "thumbnail": "thumbnail", "mfaEnabled": "mfa", "password": "password",
    "entitlements": "entitlements", "appBundles": "bundles", "offlineLicenses": "offline", "appLogins": "app_logins",
}  # fmt: skip
ORGANIZATION_FIELDS = {
    "name": "name", "availableCredits": "pool", "budgeting": "budgeting",
    "defaultUserCreditAssignment": "default_credits", "seats": "seats", "levelSeats": "level_seats",
    "maxUsers": "max_members", "memberCategorySchema": "schema", "settings": "settings", "defaults": "defaults",
}  # fmt: skip


# Time that an invitation stays open, in ms.
FORTNIGHT = 14 * 24 * 3600 * 1000


class Missing(Exception):
    """A path, a member, or a rule that does not exist."""


def fields_of(sent: dict[str, Any]) -> dict[str, Any]:
    unknown = [name for name in sent if name not in FIELDS and name != "username"]
    if unknown:
        raise ValueError(f"unknown member fields: {', '.join(unknown)}")
    return {FIELDS[name]: value for name, value in sent.items() if name in FIELDS}


def member(world: World, name: str) -> Member:
    found = world.organization.any_account(name)
    if found is None:
        raise Missing(f"unknown member {name}")
    return found


def put_member(world: World, sent: dict[str, Any]) -> dict[str, Any]:
    """Make a member, a plain user by default. A system account of that name becomes a member who takes a seat."""
    name = str(sent["username"])
    world.organization.system.pop(name.casefold(), None)
    if world.organization.name_taken(name):
        raise ValueError(f"{name} is taken")
    fields = fields_of(sent)
    fields.setdefault("created", now_ms())
    created = Member(name, f"{abs(hash(name)) % 16**12:032x}", **fields)
    world.organization.add(created)
    return state(world, created)


ITEM_FIELDS = {
    "title": "title", "type": "type", "access": "access", "groups": "groups", "isBlocked": "is_blocked",
    "typeKeywords": "keywords", "folder": "folder",
}  # fmt: skip


def put_item(world: World, sent: dict[str, Any]) -> dict[str, Any]:
    """A new item of a member; ``recycled`` puts it into the recycle bin, ``groups`` shares it."""
    fields = item_fields(world, sent)
    owner = member(world, str(sent["owner"]))
    item = Item(secrets.token_hex(16), owner.key, **{"title": "Item", "type": "CSV", **fields}, created=now_ms())
    item.recycled = bool(sent.get("recycled", False))
    world.organization.put_item(item)
    return vars(item)


def item_fields(world: World, sent: dict[str, Any]) -> dict[str, Any]:
    unknown = [name for name in sent if name not in ITEM_FIELDS and name not in ("owner", "recycled")]
    unknown += [key for key in sent.get("groups", []) if key not in world.organization.groups]
    if unknown:
        raise ValueError(f"unknown item fields or groups: {', '.join(unknown)}")
    return {ITEM_FIELDS[name]: value for name, value in sent.items() if name in ITEM_FIELDS}


def on_items(world: World, method: str, parts: list[str], sent: Any) -> Any:
    """All items, or one. POST makes one; PATCH changes fields."""
    organization = world.organization
    if not parts:
        return put_item(world, sent) if method == "POST" else [vars(item) for item in organization.items.values()]
    item = organization.items.get(parts[0])
    if item is None:
        raise Missing(f"unknown item {parts[0]}")
    if method == "DELETE":
        organization.drop_item(item)
    elif method == "PATCH":
        vars(item).update(item_fields(world, sent))
        if "recycled" in sent:
            organization.recycle_item(item, bool(sent["recycled"]))
    return vars(item)


def recycle_bins(world: World) -> dict[str, list[str]]:
    """The IDs of the items in each recycle bin that is not empty."""
    bins = world.organization.bins_of
    return {username_of(world, key): list(items) for key, items in bins.items() if items}


def group_fields(world: World, sent: dict[str, Any]) -> dict[str, Any]:
    """Group properties by their names in the REST API."""
    known = ("title", "owner", "admins", "users", "orgId", "joinsAtSignIn")
    unknown = [name for name in sent if name not in DEFAULTS and name not in known]
    if unknown:
        raise ValueError(f"unknown group fields: {', '.join(unknown)}")
    return {name: value for name, value in sent.items() if name in DEFAULTS}


def put_group(world: World, sent: dict[str, Any]) -> dict[str, Any]:
    """A new group with an owner, managers and members."""
    joined = now_ms()
    parts_by_name = {
        name: {member(world, str(each)).key: joined for each in sent.get(name, [])} for name in ("admins", "users")
    }
    owner = member(world, str(sent["owner"]))
    properties = {"access": "org", **group_fields(world, {name: sent[name] for name in sent if name != "id"})}
    org_id = str(sent.get("orgId") or world.organization.id)
    group_id = str(sent.get("id") or secrets.token_hex(16))
    group = Group(
        group_id, str(sent.get("title", "Group")), owner.key, joined, **parts_by_name,
        properties=properties, org_id=org_id, modified=joined,
    )  # fmt: skip
    group.joins_at_sign_in = {str(name).casefold() for name in sent.get("joinsAtSignIn", [])}
    world.organization.put_group(group)
    return group_state(world, group)


def group_state(world: World, group: Group) -> dict[str, Any]:
    """Everything the sandbox knows of a group, whatever the switches say."""
    return {
        **DEFAULTS,
        **group.properties,
        "id": group.id,
        "title": group.title,
        "owner": username_of(world, group.owner),
        "admins": [username_of(world, key) for key in group.admins],
        "users": [username_of(world, key) for key in group.users],
        "created": group.created,
        "modified": group.modified,
        "orgId": group.org_id,
        "invited": list(group.invited),
        "requests": sorted(group.requests),
        "joinsAtSignIn": sorted(group.joins_at_sign_in),
        "addedByHand": sorted(group.added_by_hand),
        "items": [item.id for item in world.organization.items.values() if group.id in item.groups],
    }


def on_groups(world: World, method: str, parts: list[str], sent: Any) -> Any:
    """All groups, or one. PATCH replaces ``admins`` and ``users`` and changes properties."""
    organization = world.organization
    if not parts:
        if method == "POST":
            return put_group(world, sent)
        return [group_state(world, group) for group in organization.groups.values()]
    group = organization.groups.get(parts[0])
    if group is None:
        raise Missing(f"unknown group {parts[0]}")
    if method == "DELETE":
        organization.drop_group(group)
        return {"deleted": group.id}
    if method == "PATCH":
        change_group(world, group, sent)
    return group_state(world, group)


def change_group(world: World, group: Group, sent: dict[str, Any]) -> None:
    organization = world.organization
    organization.change_group(group, sent.get("title"), **group_fields(world, sent))
    if "owner" in sent:
        organization.give_group(group, member(world, str(sent["owner"])), "none")
    for name, manager in (("admins", True), ("users", False)):
        if name not in sent:
            continue
        for key in list(group.admins if manager else group.users):
            organization.leave(group, member(world, key))
        for each in sent[name]:
            organization.join(group, member(world, str(each)), manager)


def organization_state(world: World) -> dict[str, Any]:
    organization = world.organization
    return {
        **{name: getattr(organization, attribute) for name, attribute in ORGANIZATION_FIELDS.items()},
        "id": organization.id,
        "product": world.product.name,
        "version": world.product.version,
        "members": len(organization.members),
        "userTypes": {key: count for key, count in organization.type_counts.items() if count},
        "roles": [
            {"id": role.id, "name": role.name, "base": role.base, "members": organization.role_counts[role.id]}
            for role in organization.roles.values()
        ],
        "groups": [group_state(world, group) for group in organization.groups.values()],
        "administrators": [m.username for m in organization.ordered if m.role == ADMINISTRATOR],
        "invitations": [vars(invitation) for invitation in organization.invitations.values()],
        "listings": [listing_state(world, listing) for listing in organization.listings.values()],
        "appBundles": [vars(bundle) for bundle in organization.bundles.values()],
    }


LISTING_FIELDS = {
    "title": "title", "num": "num", "allowedUserLevels": "allowed_levels", "startDate": "start", "endDate": "end",
    "canDisconnect": "can_disconnect", "licenseBy": "license_by", "isThirdParty": "is_third_party",
}  # fmt: skip


def listing_state(world: World, listing: Listing) -> dict[str, Any]:
    """A listing with its holders and the number of licenses left of each entitlement."""
    organization = world.organization
    holders = {key: organization.members[key] for key in sorted(organization.holders[listing.id])}
    return {
        "id": listing.id,
        "entitlements": listing.entitlements,
        **{name: getattr(listing, own) for name, own in LISTING_FIELDS.items()},
        "left": {name: organization.licenses_left(listing.id, name) for name in listing.num},
        "holders": {m.username: list(m.entitlements[listing.id]) for m in holders.values()},
    }


def on_listings(world: World, method: str, parts: list[str], sent: Any) -> Any:
    """All listings, or one. POST makes one from ``title`` and ``num``; PATCH changes fields."""
    organization = world.organization
    unknown = [name for name in sent if name not in (*LISTING_FIELDS, "id")]
    if unknown:
        raise ValueError(f"unknown listing fields: {', '.join(unknown)}")
    fields = {LISTING_FIELDS[name]: value for name, value in sent.items() if name != "id"}
    if not parts and method == "POST":
        created = Listing(str(sent.get("id") or secrets.token_hex(16)), **{"title": "Listing", **fields})
        organization.listings[created.id] = created
        return listing_state(world, created)
    if not parts:
        return [listing_state(world, listing) for listing in organization.listings.values()]
    listing = organization.listings.get(parts[0])
    if listing is None:
        raise Missing(f"unknown listing {parts[0]}")
    for name, value in fields.items():
        setattr(listing, name, value)
    return listing_state(world, listing)


def on_invitations(world: World, method: str, sent: Any) -> Any:
    """All invitations. POST makes one; ``expiration`` in the past makes a lapsed one."""
    organization = world.organization
    if method == "POST":
        created = int(sent.get("created", now_ms()))
        made = Invitation(
            secrets.token_hex(16), str(sent["email"]), str(sent.get("role", "org_user")),
            str(sent.get("userLicenseType", "creatorUT")), created, int(sent.get("expiration", created + FORTNIGHT)),
            sent.get("username"), sent.get("fromUsername"),
        )  # fmt: skip
        organization.put_invitation(made)
    return [{**vars(each), "lapsed": each.has_lapsed()} for each in organization.invitations.values()]


def sign_ins(world: World) -> dict[str, Any]:
    """Attempts to sign in with a password, by case-folded username."""
    access = world.access
    return {
        name: {"attempts": count, "failed": access.failed_sign_ins[name], "locked": access.locked(name)}
        for name, count in access.sign_ins.items()
    }


def on_mails(world: World, method: str) -> Any:
    """The mails that the portal has sent; DELETE forgets them."""
    if method == "DELETE":
        world.organization.mails.clear()
    return world.organization.mails


def on_members(world: World, method: str, parts: list[str], sent: Any) -> Any:
    if not parts:
        if method == "POST":
            return put_member(world, sent)
        return [state(world, found) for found in world.organization.ordered]
    found = member(world, parts[0])
    if method == "PATCH":
        world.organization.change(found, **fields_of(sent))
    elif method == "DELETE":
        world.organization.remove(found)
        return {"deleted": found.username}
    return state(world, found)


def on_organization(world: World, method: str, sent: dict[str, Any]) -> Any:
    if method == "PATCH":
        unknown = [name for name in sent if name not in ORGANIZATION_FIELDS]
        if unknown:
            raise ValueError(f"unknown organization fields: {', '.join(unknown)}")
        merged = dict(sent)
        for name, value in sent.items():
            now = getattr(world.organization, ORGANIZATION_FIELDS[name])
            if isinstance(value, dict) != isinstance(now, dict):
                raise ValueError(f"{name} is {'a mapping' if isinstance(now, dict) else 'no mapping'}")
            if isinstance(value, dict):
                merged[name] = {**now, **value}
        world.organization.set(**{ORGANIZATION_FIELDS[name]: value for name, value in merged.items()})
    return organization_state(world)


def on_switches(world: World, method: str, sent: dict[str, str]) -> Any:
    if method == "PATCH":
        world.switches.set(sent)
        world.organization.refresh()
    return world.switches.values


def on_faults(world: World, method: str, sent: Any) -> Any:
    if method == "DELETE":
        world.faults.rules.clear()
    elif method == "POST":
        for rule in sent if isinstance(sent, list) else [sent]:
            name = rule.get("operation", "*")
            if name not in NAMES and name not in ("*", "read", "write"):
                near = get_close_matches(str(name), sorted(NAMES), 3)
                raise ValueError(f"unknown operation {name}{'; near are ' + ', '.join(near) if near else ''}")
            world.faults.add(rule)
    return [rule.shown() for rule in world.faults.rules]


def on_counters(world: World, parts: list[str]) -> Any:
    if parts == ["reset"]:
        world.counters = Counters()
        world.log.clear()
    return world.counters.shown()


def on_tokens(world: World, parts: list[str], sent: dict[str, Any]) -> Any:
    """Expire or revoke every token, or mint one for a member without a password."""
    if parts == ["expire"]:
        return {"expired": world.access.expire_all()}
    if parts == ["revoke"]:
        return {"revoked": world.access.revoke_all()}
    found = member(world, str(sent["username"]))
    token = world.access.issue(float(sent.get("minutes", 60)), -1, username=found.username)
    return {"token": token.value, "expires": int(token.expires * 1000)}


def on_frozen(world: World, method: str, sent: dict[str, Any]) -> Any:
    if method == "POST":
        world.frozen = bool(sent.get("on", True))
    return {"on": world.frozen}


def on_reset(world: World, sent: dict[str, Any]) -> Any:
    world.reset(sent)
    return {"members": len(world.organization.members)}


def on_options(world: World, method: str, sent: dict[str, Any]) -> Any:
    """Latency, token life and rate limit can change while the sandbox runs."""
    if method == "PATCH":
        world.tune(sent)
    return {name: value for name, value in vars(world.options).items() if name != "password"}


def answer(world: World, method: str, parts: list[str], sent: Any, query: dict[str, str]) -> Any:
    """The inspection side's answer as plain data. Raises Missing for an unknown path, ValueError for a bad one."""
    head, rest = (parts[0] if parts else ""), parts[1:]
    since: Optional[str] = query.get("since")
    paths: dict[str, Callable[[], Any]] = {
        "counters": lambda: on_counters(world, rest),
        "log": lambda: [entry for entry in world.log if entry["n"] > int(since or 0)],
        "members": lambda: on_members(world, method, rest, sent),
        "items": lambda: on_items(world, method, rest, sent),
        "bins": lambda: recycle_bins(world),
        "groups": lambda: on_groups(world, method, rest, sent),
        "listings": lambda: on_listings(world, method, rest, sent),
        "invitations": lambda: on_invitations(world, method, sent),
        "sign-ins": lambda: sign_ins(world),
        "mails": lambda: on_mails(world, method),
        "organization": lambda: on_organization(world, method, sent),
        "switches": lambda: on_switches(world, method, sent),
        "faults": lambda: on_faults(world, method, sent),
        "frozen": lambda: on_frozen(world, method, sent),
        "reset": lambda: on_reset(world, sent),
        "tokens": lambda: on_tokens(world, rest, sent),
        "process": lambda: {"cpu_seconds": time.process_time()},
        "options": lambda: on_options(world, method, sent),
    }
    if head not in paths:
        raise Missing(f"unknown path {'/'.join(parts) or '(nothing)'}; there are {', '.join(sorted(paths))}")
    return paths[head]()
