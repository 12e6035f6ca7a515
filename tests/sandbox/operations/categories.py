# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The organization's tree of member categories."""

from __future__ import annotations

from typing import Any

from ..call import Call
from ..errors import PortalError, forbidden, invalid_request
from ..routing import operation

ROOT = "Categories"
LEVELS = 3
MOST = 200
RESERVED = "/,"
PRIVILEGES = {
    "either": ("portal:admin:updateUsers", "portal:admin:updateMemberCategorySchema"),
    "updateUsers": ("portal:admin:updateUsers",),
    "updateMemberCategorySchema": ("portal:admin:updateMemberCategorySchema",),
}


def need_categories(call: Call) -> None:
    if not call.portal.product.has_categories:
        raise invalid_request("There is no such operation.")


def need_privilege(call: Call) -> None:
    if call.caller is None or not call.caller.can(*PRIVILEGES[call.portal.switches["schema_privilege"]]):
        raise forbidden()


def without_root(tree: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The nodes below a lone root named Categories; any other tree as it is."""
    return list(tree[0].get("categories") or []) if rooted(tree) else tree


def rooted(tree: list[Any]) -> bool:
    return len(tree) == 1 and isinstance(tree[0], dict) and tree[0].get("title") == ROOT


@operation("portals/{portal}/memberCategorySchema", "memberCategorySchema")
def schema(call: Call) -> Any:
    need_categories(call)
    world = call.portal
    tree = world.organization.schema
    if not tree:
        how = world.switches["schema_missing"]
        if how == "error":
            raise PortalError("Member category schema does not exist.")
        return {} if how == "missing_key" else {"memberCategorySchema": []}
    bare = world.switches["category_root"] != "root"
    return {"memberCategorySchema": without_root(tree) if bare else tree}


def refuse(reason: str) -> PortalError:
    return PortalError("Unable to assign member category schema.", 400, "ORG_1132", [reason])


def checked(nodes: Any, level: int) -> tuple[list[dict[str, Any]], int]:
    """The nodes in the stored form and how many there are. Raises the portal's refusal."""
    if not isinstance(nodes, list):
        raise invalid_request("'memberCategorySchema' parameter is not a tree of categories.")
    if nodes and level > LEVELS:
        raise refuse("Member category schema exceeds max tree size or empty.")
    stored, count = [], 0
    for node in nodes:
        title = node.get("title") if isinstance(node, dict) else None
        if not isinstance(title, str) or not title.strip():
            raise refuse("Each category must have a title.")
        if any(sign in title for sign in RESERVED):
            raise refuse("Category title must not contain / or , characters.")
        kept: dict[str, Any] = {"title": title}
        if node.get("description") is not None:
            kept["description"] = node["description"]
        below, more = checked(node.get("categories") or [], level + 1)
        if below:
            kept["categories"] = below
        stored.append(kept)
        count += 1 + more
    return stored, count


@operation("portals/{portal}/assignMemberCategorySchema", "assignMemberCategorySchema", write=True)
def assign_schema(call: Call) -> Any:
    """The whole tree is replaced. Three levels and 200 categories, a root named Categories not counted."""
    need_categories(call)
    need_privilege(call)
    sent = call.document("memberCategorySchema")
    tree = sent.get("memberCategorySchema") if isinstance(sent, dict) else sent
    if not isinstance(tree, list):
        raise invalid_request("'memberCategorySchema' parameter is not a tree of categories.")
    below, count = checked(without_root(tree), 1)
    if not count or count > MOST:
        raise refuse("Member category schema exceeds max tree size or empty.")
    shows_root = call.portal.switches["category_root"] == "root"
    stored = [{**tree[0], "categories": below}] if rooted(tree) and shows_root else below
    call.portal.organization.set(schema=stored if shows_root else [{"title": ROOT, "categories": below}])
    return {"success": True}


@operation("portals/{portal}/deleteMemberCategorySchema", "deleteMemberCategorySchema", write=True)
def delete_schema(call: Call) -> Any:
    need_categories(call)
    need_privilege(call)
    organization = call.portal.organization
    organization.set(schema=[])
    if call.portal.switches["schema_delete"] == "strips":
        for member in organization.ordered:
            if member.categories:
                organization.change(member, categories=[])
    return {"success": True}
