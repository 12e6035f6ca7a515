# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Members from a roster file (YAML, JSON or CSV), in the collection's field names, and what they own."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any, Callable

from .groups import Group
from .licenses import Listing
from .products import BASE_ROLES, DATA_EDITOR, USER, VIEWER
from .store import PROFILE, UNLIMITED, Item, Member, Organization, Role, now_ms

# Ends the text of a membership as a manager.
MANAGER = " [manager]"
TEXT_FIELDS = {
    **{name: name for name in PROFILE},
    "provider": "provider", "idp_username": "idp_username", "password": "password", "user_type": "license_type",
    "level": "own_level",
}  # fmt: skip
ROLE_WORDS = {
    "administrator": "org_admin", "publisher": "org_publisher", "user": "org_user", "viewer": VIEWER,
    "data editor": DATA_EDITOR, "data_editor": DATA_EDITOR,
}  # fmt: skip


def rows(path: Path) -> list[dict[str, Any]]:
    if path.suffix.lower() == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            return [
                {key: value for key, value in row.items() if value not in ("", None)} for row in csv.DictReader(file)
            ]
    import yaml  # only here: most organizations are generated, and start faster without it

    text = path.read_text(encoding="utf-8")
    loaded = json.loads(text) if path.suffix.lower() == ".json" else yaml.safe_load(text)
    if isinstance(loaded, dict):
        loaded = loaded.get("members", loaded.get("portalops_members"))
    if not isinstance(loaded, list):
        raise ValueError(f"{path}: expected a list of members, or a mapping with members")
    return loaded


def listed(value: Any) -> list[str]:
    if isinstance(value, dict):
        value = value.get("set", value.get("add", []))
    if isinstance(value, str):
        value = [part.strip() for part in value.split(";")]
    return [str(entry) for entry in value or [] if str(entry)]


def role_id(organization: Organization, word: Any, new_id: Callable[[], str]) -> str:
    """The id of a role named by id, by name or by its usual word; an unknown name becomes a custom role."""
    text = str(word or USER)
    if text in BASE_ROLES or text in organization.roles:
        return text
    if text.lower() in ROLE_WORDS:
        return ROLE_WORDS[text.lower()]
    for role in organization.roles.values():
        if role.name == text:
            return role.id
    created = Role(new_id()[:16], text, "", USER, list(organization.roles[USER].privileges), now_ms())
    organization.roles[created.id] = created
    return created.id


def grow(organization: Organization, path: str) -> None:
    """Make sure that the category tree has this path."""
    parts = [part for part in path.split("/") if part]
    if not organization.schema:
        organization.schema = [{"title": "Categories", "categories": []}]
    level = organization.schema
    for title in parts:
        found = next((node for node in level if node["title"] == title), None)
        if found is None:
            found = {"title": title}
            level.append(found)
        level = found.setdefault("categories", [])


def member(organization: Organization, row: dict[str, Any], new_id: Callable[[], str]) -> Member:
    fields: dict[str, Any] = {own: row[name] for name, own in TEXT_FIELDS.items() if row.get(name) is not None}
    fields["role"] = role_id(organization, row.get("role"), new_id)
    fields["tags"] = tuple(listed(row.get("tags")))
    fields["disabled"] = str(row.get("enabled", True)).lower() in ("false", "no", "0")
    credits = row.get("credits")
    fields["assigned_credits"] = UNLIMITED if credits in (None, "unlimited") else float(str(credits))
    paths = [
        path if path.startswith("/Categories") else "/Categories/" + path.strip("/")
        for path in listed(row.get("categories"))
    ]
    for path in paths:
        grow(organization, path)
    fields["categories"] = paths
    names = (str(row.get("first_name") or ""), str(row.get("last_name") or ""))
    fields.setdefault("full_name", " ".join(part for part in names if part))
    fields.update(created=now_ms(), modified=now_ms())
    return Member(str(row["username"]), new_id(), **fields)


def present(source: str) -> list[dict[str, Any]]:
    """The rows of a roster file whose members exist."""
    return [row for row in rows(Path(source)) if row.get("state", "present") == "present"]


def members(found: list[dict[str, Any]], organization: Organization, new_id: Callable[[], str]) -> list[Member]:
    """The members of these rows. Roles, categories and user types that they name come into being with them."""
    organization.schema = []
    return [member(organization, row, new_id) for row in found]


def groups(
    found: list[dict[str, Any]], organization: Organization, owner: Member, new_id: Callable[[], str]
) -> list[Group]:
    """The groups that these rows name. The administrator owns them; ``Title [manager]`` marks a manager."""
    made: dict[str, Group] = {}
    for row in found:
        person = organization.members[str(row["username"]).casefold()]
        for text in listed(row.get("groups")):
            title = text.removesuffix(MANAGER)
            group = made.setdefault(
                title, Group(new_id(), title, owner.key, owner.created, org_id=organization.id, modified=owner.created)
            )
            (group.users if title == text else group.admins)[person.key] = owner.created
    return list(made.values())


def items(found: list[dict[str, Any]], organization: Organization, new_id: Callable[[], str]) -> list[Item]:
    """The items of these rows: ``items`` lists titles. A roster of the collection does not have this key."""
    owners = ((organization.members[str(row["username"]).casefold()], row.get("items")) for row in found)
    return [
        Item(new_id(), owner.key, title, "CSV", owner.created) for owner, titles in owners for title in listed(titles)
    ]


def assign_add_ons(found: list[dict[str, Any]], organization: Organization, new_id: Callable[[], str]) -> None:
    """Assign the add-ons that these rows name, each with a license more. An unknown title becomes a listing."""
    for row in found:
        member = organization.members[str(row["username"]).casefold()]
        columns = {name.partition(".")[2]: value for name, value in row.items() if name.startswith("add_ons.")}
        for title, value in {**(row.get("add_ons") or {}), **columns}.items():
            bundles = [bundle.id for bundle in organization.bundles.values() if bundle.name == title]
            if bundles:
                is_held = str(value).strip().lower() in ("true", "yes")
                organization.seed_licenses(member, bundles=(*member.bundles, *bundles) if is_held else member.bundles)
                continue
            listing = next((known for known in organization.listings.values() if known.title == title), None)
            if listing is None:
                listing = Listing(new_id(), title)
                organization.listings[listing.id] = listing
            names = [name for name in listed(value) if name.lower() not in ("none", "[]")]
            if names == ["all"]:
                names = listing.entitlements
            for name in names:
                listing.num[name] = listing.num.get(name, 0) + 1
            if names:
                organization.seed_licenses(member, entitlements={**member.entitlements, listing.id: names})
