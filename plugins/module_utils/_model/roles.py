# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Roles, user types, and levels: the vocabulary that every portal shares, and how its words rank. Pure."""

from __future__ import annotations

from typing import Any

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import InputError
from ansible_collections.portalops.arcgis.plugins.module_utils._model.names import did_you_mean, near_names
from ansible_collections.portalops.arcgis.plugins.module_utils._model.words import (
    ROLE_WORDS,
    USER_TYPE_WORDS,
    known_words,
)

ADMINISTRATOR = "org_admin"
PUBLISHER = "org_publisher"
USER = "org_user"
VIEWER = "iAAAAAAAAAAAAAAA"
DATA_EDITOR = "iBBBBBBBBBBBBBBB"

#: Roles of every organization, by ID. ``portals/self/roles`` lists only the last two and custom roles.
BUILTIN_ROLES = {
    ADMINISTRATOR: "Administrator",
    PUBLISHER: "Publisher",
    USER: "User",
    DATA_EDITOR: "Data Editor",
    VIEWER: "Viewer",
}

#: Ranks of built-in roles, from narrow to wide.
BUILTIN_RANKS: dict[str, float] = {ADMINISTRATOR: 9, PUBLISHER: 5, USER: 4, DATA_EDITOR: 2, VIEWER: 1}

#: Ranks of user types, from narrow to wide, as far as they are known.
USER_TYPE_RANKS = {
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

LEVEL_RANKS = {"1": 1, "11": 2, "2": 3}

_LEVEL_OF_USER_TYPE = {
    "viewerUT": "1",
    "editorUT": "11",
    "fieldWorkerUT": "11",
    "creatorUT": "2",
    "GISProfessionalBasicUT": "2",
    "GISProfessionalStdUT": "2",
    "GISProfessionalAdvUT": "2",
}

#: Levels of user types, and of the levels themselves.
LEVEL_OF_SEAT = {**_LEVEL_OF_USER_TYPE, **{level: level for level in LEVEL_RANKS}}

#: Built-in roles that go with a level; at level 2 all of them do.
_ROLES_OF_LEVEL = {"1": (VIEWER,), "11": (VIEWER, DATA_EDITOR)}

#: Built-in roles whose members can own content (portal-rest-api-2.md, 1.7).
_CONTENT_ROLES = (ADMINISTRATOR, PUBLISHER, USER)

CREATE_ITEMS = "portal:user:createItem"
RECEIVE_ITEMS = "portal:user:receiveItems"
JOIN_GROUPS = "portal:user:joinGroup"
ASSIGN_TO_GROUPS = "portal:admin:assignToGroups"
CREATE_SHARED_UPDATE_GROUPS = "portal:admin:createUpdateCapableGroup"
VIEW_USERS = "portal:admin:viewUsers"
CREATE_GROUPS = "portal:user:createGroup"
UPDATE_GROUPS = "portal:admin:updateGroups"
REASSIGN_GROUPS = "portal:admin:reassignGroups"
REASSIGN_ITEMS = "portal:admin:reassignItems"
DELETE_GROUPS = "portal:admin:deleteGroups"
#: Privileges to make a group visible, by access.
SHARE_GROUPS = {"org": "portal:user:shareGroupToOrg", "public": "portal:user:shareGroupToPublic"}


def fits(role: str, seat: str | None) -> bool:
    """Return whether a built-in role goes with a user type or level.

    Custom roles and unknown types fit: the portal disables surplus privileges, or refuses the change.
    """
    allowed = _ROLES_OF_LEVEL.get(LEVEL_OF_SEAT.get(seat or "", "2"))
    return allowed is None or role not in BUILTIN_ROLES or role in allowed


def can_own_content(role: str, privileges: frozenset[str] | None, seat: str | None) -> bool:
    """Return whether a member with this role and seat can own and receive items.

    Args:
        role: ID of the role.
        privileges: Privileges of a custom role, or None if they are not known (then the portal decides).
        seat: User type or level, or None if it is not known.
    """
    if LEVEL_OF_SEAT.get(seat or "", "2") != "2":
        return False
    if role in BUILTIN_ROLES:
        return role in _CONTENT_ROLES
    return privileges is None or CREATE_ITEMS in privileges


def can_own_groups(role: str, privileges: frozenset[str] | None, seat: str | None) -> bool:
    """Return whether a member with this role and seat can own groups. Arguments as for ``can_own_content``."""
    if LEVEL_OF_SEAT.get(seat or "", "2") != "2":
        return False
    if role in BUILTIN_ROLES:
        return role in _CONTENT_ROLES
    return privileges is None or CREATE_GROUPS in privileges


def has_privilege(role: str, privileges: frozenset[str] | None, privilege: str) -> bool:
    """Return whether a role surely or possibly has a content privilege; False only if it surely lacks it."""
    if role in BUILTIN_ROLES:
        return role in _CONTENT_ROLES or privilege == JOIN_GROUPS
    return privileges is None or privilege in privileges


def rank_of_privileges(privileges: frozenset[str]) -> float:
    """Return where a custom role stands among the built-in ones, by the widest privilege that it has."""
    for prefix, rank in (
        ("portal:admin:", 6),
        ("portal:publisher:", 5),
        (CREATE_ITEMS, 4),
        ("features:user:edit", 2),
    ):
        if any(privilege.startswith(prefix) for privilege in privileges):
            return rank
    return 1


def is_administrative(privileges: frozenset[str]) -> bool:
    """Return whether a role counts as administrative: one ``portal:admin`` privilege is enough (part 2, section 5)."""
    return any(privilege.startswith("portal:admin:") for privilege in privileges)


class NameTables:
    """Names that a plan resolves: roles, user types, category tree. None: the plan does not need the table."""

    def __init__(
        self,
        roles: list[dict[str, str]] | None = None,
        user_types: dict[str, str] | None = None,
        tree: Any = None,
    ) -> None:
        """Store the tables.

        Args:
            roles: Rows ``{id, name, description}`` of Viewer, Data Editor, and custom roles.
            user_types: Labels by ID.
            tree: ``categories.Tree``.
        """
        self.roles = roles
        self.user_types = user_types
        self.tree = tree
        self._ids_by_word = None if roles is None else _ids_by_word(roles)
        self._role_ids: dict[str, str] = {}

    def role(self, text: str) -> str:
        """Return the ID of a role given by ID or name.

        Raises:
            InputError: If no role or several roles have the name.
        """
        if text in BUILTIN_ROLES or self._ids_by_word is None:
            return text
        if text not in self._role_ids:
            self._role_ids[text] = self._resolve_role(text)
        return self._role_ids[text]

    def _resolve_role(self, text: str) -> str:
        if any(role["id"] == text for role in self.roles or ()):
            return text
        ids = (self._ids_by_word or {}).get(text.casefold(), [])
        if len(ids) == 1:
            return ids[0]
        if ids:
            raise InputError(
                f"{len(ids)} roles are named '{text}'.", option="role", remedy=f"Use the ID of one: {', '.join(ids)}."
            )
        words = known_words(text, ROLE_WORDS, BUILTIN_ROLES)
        if len(words) == 1:
            return words[0]
        names = [*(role["name"] for role in self.roles or ()), *BUILTIN_ROLES.values(), *BUILTIN_ROLES]
        raise InputError(
            f"Role '{text}' does not exist.",
            option="role",
            remedy=did_you_mean(near_names(text, names, 0.5)) or "Use the name or ID of a role of this organization.",
        )

    def role_name(self, role: str) -> str:
        """Return the name of a role where it is known and unambiguous, else its ID."""
        if role in ("", ADMINISTRATOR, PUBLISHER, USER):
            return role
        name = next((row["name"] for row in self.roles or () if row["id"] == role), BUILTIN_ROLES.get(role, role))
        ids = (self._ids_by_word or {}).get(name.casefold(), [role])
        return name if len(ids) == 1 else role

    def user_type(self, text: str) -> str:
        """Return the ID of a user type given by ID or label; IDs are case-sensitive at the portal.

        Raises:
            InputError: If the organization does not have the user type.
        """
        types = self.user_types
        if types is None or text in types:
            return text
        wanted = text.casefold()
        ids = [key for key, label in types.items() if wanted in (key.casefold(), label.casefold(), key[:-2].casefold())]
        ids = ids or known_words(text, USER_TYPE_WORDS, types)
        if len(ids) == 1:
            return ids[0]
        raise InputError(
            f"User type '{text}' does not exist in this organization.",
            option="user_type",
            remedy=f"Use one of: {', '.join(sorted(types))}.",
        )


_ROLE_WORDS = {name.casefold(): role for role, name in BUILTIN_ROLES.items()}


def _ids_by_word(roles: list[dict[str, str]]) -> dict[str, list[str]]:
    words: dict[str, list[str]] = {}
    for role in roles:
        words.setdefault(role["name"].casefold(), []).append(role["id"])
    for word, role_id in _ROLE_WORDS.items():
        if role_id not in words.setdefault(word, []):
            words[word].append(role_id)
    return words
