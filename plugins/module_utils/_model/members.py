# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Members: as a task wants them, and as the portal has them. Pure."""

from __future__ import annotations

from typing import Any

from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import member_key
from ansible_collections.portalops.arcgis.plugins.module_utils._model.roles import ADMINISTRATOR

#: Accounts that every portal has for itself (portal-rest-api.md, 3.2: excludeSystemUsers).
PORTAL_ACCOUNTS = frozenset(
    {"esri_nav", "esri_boundaries", "esri_demographics", "esri_livingatlas", "system_publisher"}
)

#: Usernames that begin so can be accounts of the portal itself: the listing of members decides.
PORTAL_ACCOUNT_PREFIX = "esri_"


def may_be_portal_account(key: str) -> bool:
    """Return whether an account of this name can belong to the portal itself."""
    return key in PORTAL_ACCOUNTS or key.startswith(PORTAL_ACCOUNT_PREFIX)


class DesiredMember:
    """One roster entry: the fields that the task names, in normal form, and nothing else."""

    __slots__ = ("fields", "index", "key", "place", "state", "transfer_to", "update_password", "username")

    def __init__(self, index: int | None, username: str, key: str, fields: dict[str, Any]) -> None:
        """Take the fields of an entry.

        Args:
            index: Position in the list or file, or None for the single form.
            username: Username as written.
            key: ``member_key`` of the username.
            fields: Values by option; ``state``, ``update_password``, and ``transfer_to`` are taken out of it.
        """
        self.index = index
        self.username = username
        self.key = key
        self.state: str = fields.pop("state", "present")
        self.update_password: str = fields.pop("update_password", "on_create")
        self.transfer_to: str | None = fields.pop("transfer_to", None)
        self.fields = fields
        #: Where the entry is in a file with secrets: errors name the place instead of values. None: they show values.
        self.place: str | None = None


class Member:
    """A member as the portal has it: its spelling of the username, and the fields that were read, in normal form.

    ``is_listed`` is True if the listing of members without the portal's own accounts contains the member, False if
    that listing was read as a whole and lacks it, and None if the run did not read it.
    """

    __slots__ = ("is_listed", "key", "username", "values")

    def __init__(self, username: str, values: dict[str, Any], is_listed: bool | None = None) -> None:
        self.username = username
        self.key = member_key(username)
        self.values = values
        self.is_listed = is_listed

    @property
    def is_portal_account(self) -> bool:
        """Whether the account belongs, or can belong, to the portal itself: such accounts are never changed."""
        if self.key in PORTAL_ACCOUNTS:
            return True
        return self.key.startswith(PORTAL_ACCOUNT_PREFIX) and self.is_listed is not True

    @property
    def is_administrator(self) -> bool:
        """Whether the member is an enabled administrator. A custom role never is one, whatever it is based on."""
        return self.values.get("role") == ADMINISTRATOR and self.values.get("enabled") is not False


class CurrentMembers:
    """What a run read of the members.

    ``members`` by key; ``foreign``: accounts of other organizations by key; ``free``: keys that surely are no account
    (the portal calls the username available); ``total``: members of the organization (None: not read);
    ``is_complete``: whether the whole listing was read.
    """

    def __init__(self) -> None:
        self.members: dict[str, Member] = {}
        self.foreign: dict[str, str] = {}
        self.free: set[str] = set()
        self.total: int | None = None
        self.is_complete = False

    def administrators(self) -> set[str]:
        """Return the keys of the enabled administrators among those that were read."""
        return {key for key, member in self.members.items() if member.is_administrator and not member.is_portal_account}
