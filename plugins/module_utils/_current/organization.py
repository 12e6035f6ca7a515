# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Reads the organization: description, roles, user types, seats, counts, category tree."""

from __future__ import annotations

from typing import Any, Callable

from ansible_collections.portalops.arcgis.plugins.module_utils._current.invitations import InvitationReader
from ansible_collections.portalops.arcgis.plugins.module_utils._errors import (
    NotFound,
    PermissionDenied,
    PortalOpsError,
    Refused,
    TokenExpired,
    UnexpectedAnswer,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.categories import Tree, tree_from_portal
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import member_key
from ansible_collections.portalops.arcgis.plugins.module_utils._model.invitations import pending_seats
from ansible_collections.portalops.arcgis.plugins.module_utils._model.organization import (
    Organization,
    privileges_of,
    whole_number,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.roles import NameTables
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.client import PortalClient
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.limiter import succeeded

#: Usernames in one request to checkUsernames.
NAMES_PER_CHECK = 100

#: The portal does not have the resource, or does not show it to this account.
_UNAVAILABLE = (PermissionDenied, Refused, NotFound)


class OrganizationReader:
    """Reads one organization. Each table is read when it is first asked for, and once."""

    def __init__(self, client: PortalClient) -> None:
        """Read ``portals/self``, which proves the sign-in.

        Raises:
            AnonymousError: If the portal handled the request as anonymous.
        """
        self.client = client
        self.organization = self.read_again()
        self.invitation_reader = InvitationReader(client, self.organization)
        self._roles: list[dict[str, str]] | None = None
        self._user_type_rows: list[dict[str, Any]] | None = None
        self._tree: Tree | None = None
        if self.organization.is_kubernetes:
            client.admin_path = f"admin/orgs/{self.organization.id}"

    def read_again(self) -> Organization:
        """Read ``portals/self`` and return it as a new value."""
        return Organization(self.client.read("portals/self"), self.client.base)

    # -- names -----------------------------------------------------------------------------------------------------

    def tables(self, needed: set[str]) -> NameTables:
        """Read the name tables that a plan needs (of ``roles``, ``user_types``, ``categories``), at the same time."""
        readers: dict[str, Callable[[], Any]] = {"roles": self.roles}
        if self.organization.has_user_types:
            readers["user_types"] = self.user_types
        if self.organization.has_categories:
            readers["categories"] = self.tree
        names = [name for name in readers if name in needed]
        tables = dict(zip(names, succeeded(self.client.map(lambda name: readers[name](), names))))
        return NameTables(tables.get("roles"), tables.get("user_types"), tables.get("categories"))

    def roles(self) -> list[dict[str, str]]:
        """Return Viewer, Data Editor, and custom roles as ``{id, name, description}``."""
        if self._roles is None:
            rows, _total = self.client.pages("portals/self/roles", "roles")
            self._roles = [
                {
                    "id": str(row["id"]),
                    "name": str(row.get("name") or row["id"]),
                    "description": str(row.get("description") or ""),
                }
                for row in rows
                if row.get("id")
            ]
        return self._roles

    def role_privileges(self, role: str) -> frozenset[str]:
        """Read the privileges of a custom role."""
        return privileges_of(self.client.read(f"portals/self/roles/{role}/privileges")) or frozenset()

    def _read_user_types(self) -> list[dict[str, Any]]:
        if self._user_type_rows is None:
            answer = self.client.read("portals/self/userLicenseTypes", {"start": 1, "num": 255})
            rows = answer.get("userLicenseTypes")
            if not isinstance(rows, list):
                raise UnexpectedAnswer("The list of user types contains no userLicenseTypes.")
            self._user_type_rows = [row for row in rows if isinstance(row, dict) and row.get("id")]
        return self._user_type_rows

    def user_types(self) -> dict[str, str]:
        """Return the labels of the organization's user types by ID."""
        return {str(row["id"]): str(row.get("name") or row["id"]) for row in self._read_user_types()}

    # -- category tree ---------------------------------------------------------------------------------------------

    def tree(self) -> Tree:
        """Return the category tree. Without one, portals answer with an empty list, a missing key, or an error."""
        if self._tree is None:
            has_tree = self.organization.has_category_tree
            tree = self.read_tree(may_be_missing=not has_tree)
            if has_tree and not tree.categories and tree.rooted is None:
                # Taken for empty, an existing tree would be replaced by what the task adds.
                raise UnexpectedAnswer("The portal has a category tree but does not show it.")
            self._tree = tree
        return self._tree

    def read_tree(self, *, may_be_missing: bool) -> Tree:
        """Read the category tree as it is now.

        Args:
            may_be_missing: Whether a response without a tree, or an error, means that there is none.
        """
        try:
            answer = self.client.read("portals/self/memberCategorySchema")
        except (PermissionDenied, NotFound):
            raise
        except Refused:
            if not may_be_missing:
                raise
            return Tree([], None)
        tree = answer.get("memberCategorySchema")
        if tree is None and not may_be_missing:
            raise UnexpectedAnswer("The portal does not show its category tree.")
        return tree_from_portal(tree)

    # -- seats -----------------------------------------------------------------------------------------------------

    def seats(self) -> dict[str, dict[str, Any]]:
        """Return seats by user type as ``{seats, used, free}``; counts that the portal does not tell are None."""
        return self._online_seats() if self.organization.is_online else self._enterprise_seats()

    def _online_seats(self) -> dict[str, dict[str, Any]]:
        bought = self.organization.bought_seats
        used = self.counts("userLicenseType")
        return {
            key: _seat(total, None if used is None else used.get(key, 0))
            for key, total in {**dict.fromkeys(used or (), None), **bought}.items()
        }

    def _enterprise_seats(self) -> dict[str, dict[str, Any]]:
        try:
            answer = self.client.read("license", root="admin")
        except (*_UNAVAILABLE, TokenExpired, UnexpectedAnswer):
            # The license page needs a privilege of its own: portals refuse it with 403, 404, or 499.
            return self._seats_of_user_types()
        rows = answer.get("userTypes")
        return {
            str(row["id"]): _seat(
                whole_number(row.get("maximumRegisteredMembers")), whole_number(row.get("currentRegisteredMembers"))
            )
            for row in (rows if isinstance(rows, list) else ())
            if isinstance(row, dict) and row.get("id")
        }

    def _seats_of_user_types(self) -> dict[str, dict[str, Any]]:
        """Seats bought are also in ``userLicenseTypes[].maxUsers`` (portal-rest-api-2.md, section 11, 12)."""
        try:
            bought = {str(row["id"]): whole_number(row.get("maxUsers")) for row in self._read_user_types()}
        except (*_UNAVAILABLE, UnexpectedAnswer):
            return {}
        if all(total is None for total in bought.values()):
            return {}
        used = self.counts("userLicenseType")
        return {key: _seat(total, None if used is None else used.get(key, 0)) for key, total in bought.items()}

    def counts(self, kind: str) -> dict[str, int] | None:
        """Return members by user type or role, or None if the portal does not count them."""
        try:
            answer = self.client.read("portals/self/users/counts", {"type": kind, "start": 1, "num": 100})
        except _UNAVAILABLE:
            return None
        rows = answer.get("results")
        if not isinstance(rows, list):
            return None
        return {
            str(row["key"]): whole_number(row.get("count")) or 0
            for row in rows
            if isinstance(row, dict) and row.get("key")
        }

    def pending_seats(self) -> dict[str, int]:
        """Read pending invitations by user type. Whether they hold seats is not known (part 2, section 8)."""
        return pending_seats(self.invitation_reader.readable())

    def unavailable_usernames(self, usernames: list[str]) -> dict[str, str]:
        """Return which usernames ArcGIS Online would not give, by key, with the portal's suggestion.

        Usernames are global there. A portal that does not answer calls none unavailable.
        """
        found: dict[str, str] = {}
        for start in range(0, len(usernames), NAMES_PER_CHECK):
            found.update(self._check_usernames(usernames[start : start + NAMES_PER_CHECK]) or {})
        return {key: suggested for key, suggested in found.items() if member_key(suggested) != key}

    def free_usernames(self, usernames: list[str]) -> set[str]:
        """Return the keys of usernames that surely belong to no account (ArcGIS Online)."""
        found: dict[str, str] = {}
        for start in range(0, len(usernames), NAMES_PER_CHECK):
            found.update(self._check_usernames(usernames[start : start + NAMES_PER_CHECK]) or {})
        return {key for key, suggested in found.items() if member_key(suggested) == key}

    def _check_usernames(self, usernames: list[str]) -> dict[str, str] | None:
        try:
            answer = self.client.read("community/checkUsernames", {"usernames": ",".join(usernames)})
        except PortalOpsError as error:
            if isinstance(error, _UNAVAILABLE):
                return None
            raise
        rows = answer.get("usernames")
        if not isinstance(rows, list):
            return None
        # A name that a removed account had is left out of the response.
        suggestions = {member_key(name): "" for name in usernames}
        for row in rows:
            if isinstance(row, dict):
                suggestions[member_key(str(row.get("requested")))] = str(row.get("suggested") or "")
        return suggestions


def _seat(total: int | None, used: int | None) -> dict[str, Any]:
    return {"seats": total, "used": used, "free": None if total is None or used is None else total - used}
