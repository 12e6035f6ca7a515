# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The group object: its properties under the names of the REST API, and its members."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Optional

SHARED_UPDATE = "updateitemcontrol"
# Number of groups a member can belong to.
GROUPS_EACH = 512
DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {
        "access": "private", "isInvitationOnly": False, "autoJoin": False, "isViewOnly": False, "capabilities": (),
        "provider": None, "providerGroupName": None, "membershipAccess": "org", "leavingDisallowed": False,
        "hiddenMembers": False, "protected": False, "isReadOnly": False, "isOpenData": False, "isFav": False,
        "displaySettings": {"itemTypes": ""}, "typeKeywords": (), "tags": (), "snippet": None, "description": None,
        "phone": None, "sortField": "title", "sortOrder": "asc", "thumbnail": None, "notificationsEnabled": False,
    }
)  # fmt: skip
FLAGS = (
    "isInvitationOnly", "autoJoin", "isViewOnly", "leavingDisallowed", "hiddenMembers", "isReadOnly", "isOpenData",
    "notificationsEnabled",
)  # fmt: skip
TEXTS = ("snippet", "description", "phone", "sortField", "sortOrder", "providerGroupName", "provider")
LISTS = ("tags", "typeKeywords", "capabilities")
CHOICES = {
    "access": ("private", "org", "public"),
    "membershipAccess": ("org", "collaboration", "none"),
}
# Only createGroup sets these.
CREATE_ONLY = ("capabilities", "provider", "providerGroupName")


@dataclass
class Group:
    """One group. ``owner``, ``admins``, and ``users`` are case-folded usernames; values are join times in ms."""

    id: str
    title: str
    owner: str
    created: int
    admins: dict[str, int] = field(default_factory=dict)
    users: dict[str, int] = field(default_factory=dict)
    properties: dict[str, Any] = field(default_factory=dict)
    org_id: Optional[str] = None
    modified: int = 0
    # Linked groups: members that the identity provider adds at sign-in, and members added by hand.
    joins_at_sign_in: set[str] = field(default_factory=set)
    added_by_hand: set[str] = field(default_factory=set)
    invited: list[dict[str, Any]] = field(default_factory=list)
    requests: set[str] = field(default_factory=set)

    def get(self, name: str) -> Any:
        return self.properties.get(name, DEFAULTS[name])

    @property
    def has_shared_update(self) -> bool:
        return SHARED_UPDATE in self.get("capabilities")

    @property
    def is_linked(self) -> bool:
        return self.get("provider") == "enterprise"

    def kind(self, key: Optional[str]) -> str:
        """Return the ``memberType`` of a member: owner, admin, member, or none."""
        if key == self.owner:
            return "owner"
        if key in self.admins:
            return "admin"
        return "member" if key in self.users else "none"

    def joined(self, key: str) -> int:
        return self.admins.get(key) or self.users.get(key) or self.created

    def member_keys(self) -> list[str]:
        return [self.owner, *self.admins, *self.users]


def parse_properties(params: Mapping[str, str], clears: bool) -> dict[str, Any]:
    """Read the group properties of a request.

    Args:
        params: Form fields. Names are matched without regard to case.
        clears: Whether an empty text clears a property (``clearEmptyFields``).

    Returns:
        Only the properties that the request names, in the form that ``Group.properties`` stores.

    Raises:
        ValueError: If a value is not allowed.
    """
    lowered = {name.lower(): value for name, value in params.items()}
    properties: dict[str, Any] = {}
    for name in DEFAULTS:
        text = lowered.get(name.lower())
        if text is not None:
            properties.update(_parse_one(name, text, clears))
    return properties


def _parse_one(name: str, text: str, clears: bool) -> dict[str, Any]:
    if name in FLAGS:
        return {name: text.strip().lower() == "true"} if text else {}
    if name in LISTS:
        listed = tuple(part.strip() for part in text.split(",") if part.strip())
        keeps = name != "capabilities" and not listed and "," not in text and not clears
        return {} if keeps else {name: listed}
    if name in CHOICES:
        if text and text not in CHOICES[name]:
            raise ValueError(f"'{name}' must be one of {', '.join(CHOICES[name])}.")
        return {name: text} if text else {}
    if name == "displaySettings":
        return {name: json.loads(text)} if text else {}
    if name not in TEXTS or (text == "" and not clears):
        return {}
    return {name: text or None}
