# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it may change in any release.

"""What the portal says about the organization: product, caller, roles, user types, seats, credits, category tree.

Everything is read when it is first asked for, and once.
"""

from __future__ import annotations

import re

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import (
    AnonymousError,
    InputError,
    NotFound,
    PermissionDenied,
    PortalOpsError,
    Refused,
    UnexpectedAnswer,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import UNLIMITED, member_key, number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

    from ansible_collections.portalops.arcgis.plugins.module_utils._model.categories import Tree
    from ansible_collections.portalops.arcgis.plugins.module_utils._portal.client import PortalClient

ADMINISTRATOR = "org_admin"
VIEWER = "iAAAAAAAAAAAAAAA"
DATA_EDITOR = "iBBBBBBBBBBBBBBB"

BUILTIN_ROLES = {
    ADMINISTRATOR: "Administrator",
    "org_publisher": "Publisher",
    "org_user": "User",
    DATA_EDITOR: "Data Editor",
    VIEWER: "Viewer",
}
"""Roles every organization has; the list of roles holds only the last two and custom ones."""

_ROLE_WORDS = {
    "administrator": ADMINISTRATOR,
    "publisher": "org_publisher",
    "user": "org_user",
    "viewer": VIEWER,
    "data editor": DATA_EDITOR,
}

USER_TYPE_RANK = {
    "viewerUT": 1,
    "liteUT": 1,
    "basicUT": 1,
    "editorUT": 2,
    "storytellerUT": 3,
    "fieldWorkerUT": 3,
    "standardUT": 4,
    "insightsAnalystUT": 4,
    "IndoorsUserUT": 4,
    "creatorUT": 5,
    "advancedUT": 5,
    "GISProfessionalBasicUT": 6,
    "GISProfessionalStdUT": 7,
    "GISProfessionalAdvUT": 8,
}
"""User types from narrow to wide, as far as they are known; others have no rank."""

LEVEL_RANK = {"1": 1, "11": 2, "2": 3}

LEVEL_OF_USER_TYPE = {
    "viewerUT": "1",
    "editorUT": "11",
    "fieldWorkerUT": "11",
    "creatorUT": "2",
    "GISProfessionalBasicUT": "2",
    "GISProfessionalStdUT": "2",
    "GISProfessionalAdvUT": "2",
}

LEVEL_OF_SEAT = {**LEVEL_OF_USER_TYPE, **{level: level for level in LEVEL_RANK}}
"""Levels of user types, and of levels themselves."""

_FIT = {"1": (VIEWER,), "11": (VIEWER, DATA_EDITOR)}


def fits(role: str, seat: str | None) -> bool:
    """Whether a built-in role goes with a user type or level: base roles need level 2, Data Editor a type that edits.

    Custom roles and unknown types are left to the portal, which disables surplus privileges or refuses.
    """
    allowed = _FIT.get(LEVEL_OF_SEAT.get(seat or "", "2"))
    return allowed is None or role not in BUILTIN_ROLES or role in allowed


class Caller:
    """The account (or the application) that the portal sees: username, role id and privileges (None: not told)."""

    def __init__(
        self, username: str, role: str, privileges: frozenset[str] | None, *, is_application: bool = False
    ) -> None:
        self.username = username
        self.is_application = is_application
        self.key = member_key(username)
        self.role = role
        self.privileges = privileges

    @property
    def is_administrator(self) -> bool:
        return self.role == ADMINISTRATOR

    def may(self, *privileges: str) -> bool:
        """Whether the caller has one of these privileges, as far as the portal tells."""
        return self.is_administrator or self.privileges is None or bool(self.privileges.intersection(privileges))


class Tables:
    """The names that a plan resolves: roles, user types, category tree. None: not read, as nothing asked for it."""

    def __init__(
        self,
        roles: list[dict[str, str]] | None = None,
        user_types: dict[str, str] | None = None,
        tree: Tree | None = None,
    ) -> None:
        self.roles = roles
        self.user_types = user_types
        self.tree = tree
        self._roles_by_word = None if roles is None else _by_word(roles)
        self._found: dict[str, str] = {}

    def role(self, text: str) -> str:
        """The id of a role given by id or by name; raises InputError with near names, or with both ids."""
        if text in BUILTIN_ROLES or self._roles_by_word is None:
            return text
        if text not in self._found:
            self._found[text] = self._resolve_role(text)
        return self._found[text]

    def _resolve_role(self, text: str) -> str:
        words = self._roles_by_word or {}
        if any(role["id"] == text for role in self.roles or ()):
            return text
        ids = words.get(text.casefold(), [])
        if len(ids) == 1:
            return ids[0]
        if ids:
            raise InputError(
                f"the name {text!r} is borne by {len(ids)} roles: {', '.join(ids)}; give the id of the one you mean",
                option="role",
                remedy="give the role's id",
            )
        raise InputError(
            f"there is no role {text!r}{_near(text, [*(role['name'] for role in self.roles or ()), *BUILTIN_ROLES])}",
            option="role",
            remedy="give the name or id of a role",
        )

    def role_name(self, role: str) -> str:
        """What people call a role: the name of a custom role where it is known and clear, else the id."""
        if role in ("", ADMINISTRATOR, "org_publisher", "org_user"):
            return role
        name = next((item["name"] for item in self.roles or () if item["id"] == role), BUILTIN_ROLES.get(role, role))
        ids = (self._roles_by_word or {}).get(name.casefold(), [role])
        return name if len(ids) == 1 else role

    def user_type(self, text: str) -> str:
        """The id of a user type given by id or by label; ids are case-sensitive at the portal."""
        types = self.user_types
        if types is None or text in types:
            return text
        wanted = text.casefold()
        found = [
            key for key, label in types.items() if wanted in (key.casefold(), label.casefold(), key[:-2].casefold())
        ]
        if len(found) == 1:
            return found[0]
        near = _near(text, list(types))
        raise InputError(
            f"there is no user type {text!r}{near}; the organization has {', '.join(sorted(types))}",
            option="user_type",
            remedy="give the id of one of the organization's user types",
        )


def _by_word(roles: list[dict[str, str]]) -> dict[str, list[str]]:
    words: dict[str, list[str]] = {}
    for role in roles:
        words.setdefault(role["name"].casefold(), []).append(role["id"])
    for word, role_id in _ROLE_WORDS.items():
        if role_id not in words.setdefault(word, []):
            words[word].append(role_id)
    return words


def _near(text: str, words: list[str]) -> str:
    import difflib

    lower = {word.casefold(): word for word in reversed(words)}
    near = difflib.get_close_matches(text.casefold(), list(lower), n=3, cutoff=0.5)
    return f"; near names are {', '.join(lower[word] for word in near)}" if near else ""


class Organization:
    """The organization behind a client. The first read proves the sign-in: an anonymous answer is never believed."""

    def __init__(self, client: PortalClient) -> None:
        self.client = client
        self.portal = client.read("portals/self")
        self.id = _id(self.portal.get("id"))
        self.is_online = not self.portal.get("isPortal")
        self.is_kubernetes = self.portal.get("portalDeploymentType") == "ArcGISEnterpriseOnKubernetes"
        self.version = _version(self.portal.get("currentVersion"))
        self.enterprise_version = _version(self.portal.get("enterpriseVersion"))
        self.caller = self._caller()
        self._roles: list[dict[str, str]] | None = None
        self._user_types: dict[str, str] | None = None
        self._tree: Tree | None = None
        if self.is_kubernetes:
            client.admin_path = f"admin/orgs/{self.id}"

    def _caller(self) -> Caller:
        user = self.portal.get("user")
        if isinstance(user, dict) and user.get("username"):
            if user.get("orgId") not in (None, "", self.id):
                raise AnonymousError(
                    f"the account {user['username']} belongs to another organization than {self.client.base}; "
                    "sign in with an administrator of the organization itself",
                )
            return Caller(str(user["username"]), str(user.get("roleId") or user.get("role") or ""), _privileges(user))
        app = self.portal.get("appInfo")
        privileges = _privileges(app) if isinstance(app, dict) else None
        if isinstance(app, dict) and privileges is not None:
            name = f"application {app.get('appTitle') or app.get('appId') or ''}".strip()
            return Caller(name, "", privileges, is_application=True)
        raise AnonymousError(
            f"{self.client.base} answered as to a stranger: the sign-in was not accepted for the organization's own "
            "pages; check the account, and that portal_url is the organization's own address",
        )

    # -- product -------------------------------------------------------------------------------------------------

    @property
    def product(self) -> str:
        if self.is_online:
            return "online"
        return "enterprise_kubernetes" if self.is_kubernetes else "enterprise"

    @property
    def product_name(self) -> str:
        return "ArcGIS Online" if self.is_online else "ArcGIS Enterprise"

    @property
    def has_user_types(self) -> bool:
        """User types and bulk writes came with sharing version 6.4 (Enterprise 10.7); before there were levels."""
        return self.is_online or self.version >= (6, 4)

    @property
    def has_categories(self) -> bool:
        """Member categories: ArcGIS Online, and Enterprise from 11.0 (sharing version 10.1)."""
        return self.is_online or self.version >= (10, 1)

    @property
    def takes_defaults_switch(self) -> bool:
        """Whether createUser knows C(applyDefaults) (Enterprise 11.5 and later, not on Kubernetes)."""
        if self.is_online or self.is_kubernetes:
            return False
        return self.enterprise_version >= (11, 5) if self.enterprise_version else self.version >= (2025, 1)

    @property
    def read_only(self) -> bool:
        return self.portal.get("isReadOnly") is True

    # -- credits -------------------------------------------------------------------------------------------------

    @property
    def budgeting(self) -> bool:
        """Whether credits are allotted to members; the key is missing where they are not."""
        return self.portal.get("creditAssignments") == "enabled"

    @property
    def default_credits(self) -> float | str | None:
        value = number(self.portal.get("defaultUserCreditAssignment"))
        return UNLIMITED if value is not None and value < 0 else value

    @property
    def available_credits(self) -> float | None:
        """The organization's pool, in credits (None: not told)."""
        value = number(self.portal.get("availableCredits"))
        return value if value is not None else number(self._subscription.get("availableCredits"))

    @property
    def _subscription(self) -> dict[str, Any]:
        value = self.portal.get("subscriptionInfo")
        return value if isinstance(value, dict) else {}

    # -- tables --------------------------------------------------------------------------------------------------

    def tables(self, needed: set[str]) -> Tables:
        """The tables that a plan needs (of C(roles), C(user_types), C(categories)); the others are not read."""
        readers: dict[str, Callable[[], Any]] = {"roles": self.roles}
        if self.has_user_types:
            readers["user_types"] = self.user_types
        if self.has_categories:
            readers["categories"] = self.tree
        names = [name for name in readers if name in needed]
        found = dict(zip(names, self.client.map(lambda name: readers[name](), names)))
        for table in found.values():
            if isinstance(table, Exception):
                raise table
        return Tables(found.get("roles"), found.get("user_types"), found.get("categories"))

    def roles(self) -> list[dict[str, str]]:
        """Viewer, Data Editor and custom roles as C({id, name, description}); the portal's list lacks base roles."""
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
        """The privileges of a custom role."""
        return _privileges(self.client.read(f"portals/self/roles/{role}/privileges")) or frozenset()

    def user_types(self) -> dict[str, str]:
        """Labels of the organization's user types by id."""
        if self._user_types is None:
            answer = self.client.read("portals/self/userLicenseTypes", {"start": 1, "num": 255})
            rows = answer.get("userLicenseTypes")
            if not isinstance(rows, list):
                raise UnexpectedAnswer("the list of user types has no userLicenseTypes")
            self._user_types = {
                str(row["id"]): str(row.get("name") or row["id"])
                for row in rows
                if isinstance(row, dict) and row.get("id")
            }
        return self._user_types

    def tree(self) -> Tree:
        """The category tree; an organization without one answers with an empty list, a missing key or an error."""
        if self._tree is None:
            there = self.portal.get("hasMemberCategorySchema") is True
            tree = self.fresh_tree(may_be_missing=not there)
            if there and not tree.categories and tree.rooted is None:
                # Taken for empty, a tree that is there would be replaced by whatever the task adds to it.
                raise UnexpectedAnswer("the portal has a tree of member categories, but does not show it")
            self._tree = tree
        return self._tree

    def fresh_tree(self, *, may_be_missing: bool) -> Tree:
        """The category tree as it is now. C(may_be_missing): an answer without one, or an error, tells of none."""
        from ansible_collections.portalops.arcgis.plugins.module_utils._model.categories import Tree, tree_from_portal

        try:
            answer = self.client.read("portals/self/memberCategorySchema")
        except (PermissionDenied, NotFound):
            raise
        except Refused:
            if not may_be_missing:
                raise
            return Tree([], None)
        schema = answer.get("memberCategorySchema")
        if schema is None and not may_be_missing:
            raise UnexpectedAnswer("the portal does not show its tree of member categories")
        return tree_from_portal(schema)

    # -- seats ---------------------------------------------------------------------------------------------------

    def seats(self) -> dict[str, dict[str, Any]]:
        """Seats by user type: C({seats, used, free}); numbers are None where the portal does not tell them."""
        return self._online_seats() if self.is_online else self._enterprise_seats()

    def _online_seats(self) -> dict[str, dict[str, Any]]:
        bought = _numbers(self._subscription.get("userLicenseTypes"))
        used = self.counts("userLicenseType")
        return {
            key: _seat(total, None if used is None else used.get(key, 0))
            for key, total in {**dict.fromkeys(used or (), None), **bought}.items()
        }

    def _enterprise_seats(self) -> dict[str, dict[str, Any]]:
        try:
            answer = self.client.read("license", root="admin")
        except (PermissionDenied, Refused, NotFound, UnexpectedAnswer):
            # The license page needs a privilege of its own; without it the portal itself says when seats run out.
            return {}
        rows = answer.get("userTypes")
        return {
            str(row["id"]): _seat(
                _whole(row.get("maximumRegisteredMembers")), _whole(row.get("currentRegisteredMembers"))
            )
            for row in (rows if isinstance(rows, list) else ())
            if isinstance(row, dict) and row.get("id")
        }

    def counts(self, kind: str) -> dict[str, int] | None:
        """Members by user type or role; None where the portal does not count."""
        try:
            answer = self.client.read("portals/self/users/counts", {"type": kind, "start": 1, "num": 100})
        except (PermissionDenied, Refused, NotFound):
            return None
        rows = answer.get("results")
        if not isinstance(rows, list):
            return None
        return {
            str(row["key"]): _whole(row.get("count")) or 0 for row in rows if isinstance(row, dict) and row.get("key")
        }

    def level_seats(self) -> dict[str, int]:
        """Seats by level before user types; a level that is not listed has no limit."""
        return {
            level: total
            for level, total in _numbers(self._subscription.get("maxUsersPerLevel")).items()
            if total is not None
        }

    def pending_seats(self) -> dict[str, int]:
        """Seats by user type that invitations hold which nobody accepted yet (ArcGIS Online)."""
        if not self.is_online:
            return {}
        try:
            rows, _total = self.client.pages("portals/self/invitations", "invitations")
        except (PermissionDenied, Refused, NotFound):
            return {}
        held: dict[str, int] = {}
        for row in rows:
            key = row.get("userLicenseType") or row.get("userLicenseTypeId")
            if key and not row.get("accepted"):
                held[str(key)] = held.get(str(key), 0) + 1
        return held

    def taken(self, usernames: list[str]) -> dict[str, str]:
        """Which usernames ArcGIS Online would not give, by key, with what it suggests; usernames are global there."""
        try:
            answer = self.client.read("community/checkUsernames", {"usernames": ",".join(usernames)})
        except PortalOpsError as error:
            if isinstance(error, (Refused, PermissionDenied, NotFound)):
                return {}
            raise
        rows = answer.get("usernames")
        if not isinstance(rows, list):
            return {}
        # A name that was once deleted is left out of the answer.
        told = {member_key(name): "" for name in usernames}
        for row in rows:
            if isinstance(row, dict):
                told[member_key(str(row.get("requested")))] = str(row.get("suggested") or "")
        return {key: suggested for key, suggested in told.items() if member_key(suggested) != key}


def _id(value: Any) -> str:
    """The id of the organization; empty if there is none. Under a wrong one all members would be somebody else's."""
    if value is None or value == "":
        return ""
    if not isinstance(value, str) or not re.fullmatch(r"[\w-]{1,64}", value, re.ASCII):
        raise UnexpectedAnswer("the portal's answer to portals/self holds no proper id of the organization")
    return value


def _version(value: Any) -> tuple[int, ...]:
    """A version as whole numbers, because as decimals 10.1 would be below 9.2."""
    parts = str(value or "").split(".")
    return tuple(int(part) for part in parts) if all(part.isdigit() for part in parts) else ()


def _privileges(holder: dict[str, Any]) -> frozenset[str] | None:
    value = holder.get("privileges")
    return frozenset(str(item) for item in value) if isinstance(value, list) else None


def _numbers(value: Any) -> dict[str, int | None]:
    return {str(key): _whole(item) for key, item in value.items()} if isinstance(value, dict) else {}


def _whole(value: Any) -> int | None:
    found = number(value)
    return None if found is None or found < 0 else int(found)


def _seat(total: int | None, used: int | None) -> dict[str, Any]:
    return {"seats": total, "used": used, "free": None if total is None or used is None else total - used}
