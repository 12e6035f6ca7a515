# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Pending invitations to an organization, and which of them a task selects. Pure values."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import InputError
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import member_key, portal_text
from ansible_collections.portalops.arcgis.plugins.module_utils._model.organization import whole_number
from ansible_collections.portalops.arcgis.plugins.module_utils._model.patterns import NamePatterns

#: Milliseconds. The portal gives times in milliseconds since 1970.
DAY = 86_400_000

#: Options that select invitations.
SELECTION = ("usernames", "emails", "older_than_days")


class Invitation:
    """One pending invitation (portal-rest-api-2.md, section 8).

    id: unique; username: the one that the administrator chose, or an empty text; email, role, user_type, invited_by:
    as the portal shows them, or empty texts; created, expires: milliseconds since 1970, or None if unknown.
    """

    __slots__ = ("created", "email", "expires", "id", "invited_by", "role", "user_type", "username")

    def __init__(self, row: Mapping[str, Any]) -> None:
        self.id = portal_text(row.get("id"))
        self.username = portal_text(row.get("username"))
        self.email = portal_text(row.get("email"))
        self.role = portal_text(row.get("role"))
        self.user_type = portal_text(row.get("userLicenseType") or row.get("userLicenseTypeId"))
        self.invited_by = portal_text(row.get("fromUsername"))
        self.created = whole_number(row.get("created")) or None
        expires = whole_number(row.get("expiration")) or 0
        # Requests give a number of minutes under this name, so a time before the creation is not a time.
        self.expires = expires if expires > (self.created or DAY) else None

    @property
    def has_id(self) -> bool:
        """Whether the ID has the form of an ID, so that it can be part of an address."""
        return re.fullmatch(r"[\w-]{1,64}", self.id, re.ASCII) is not None

    @property
    def name(self) -> str:
        """How messages name the invitation."""
        return self.username or self.email or self.id

    def age_days(self, now: int) -> int | None:
        """Return the full days since the creation, or None if it is unknown. now: milliseconds since 1970."""
        return None if self.created is None else max(0, now - self.created) // DAY


class InvitationFilter:
    """Which invitations a task selects: those that match all its options. now: milliseconds since 1970."""

    def __init__(self, params: Mapping[str, Any], now: int) -> None:
        """Read the options.

        Raises:
            InputError: If a name is blank, or the age is not positive.
        """
        usernames, emails = params.get("usernames"), params.get("emails")
        self.usernames = None if usernames is None else NamePatterns(usernames, "usernames")
        self.emails = None if emails is None else NamePatterns(emails, "emails")
        self.days: int | None = params.get("older_than_days")
        self._now = now
        if self.days is not None and self.days < 1:
            raise InputError(f"older_than_days must be 1 or more, not '{self.days}'.", option="older_than_days")

    @property
    def is_exact(self) -> bool:
        """Whether the task names each invitation, so that no pattern or age alone selects some."""
        return any(names is not None and names.is_exact for names in (self.usernames, self.emails))

    def fits(self, invitation: Invitation) -> bool:
        """Return whether the task selects an invitation. One without a creation time has no age."""
        if self.days is not None:
            age = invitation.age_days(self._now)
            if age is None or age < self.days:
                return False
        pairs = ((self.usernames, invitation.username), (self.emails, invitation.email))
        return all(names is None or (bool(text) and names.match(member_key(text))) for names, text in pairs)

    def unmatched(self, selected: Iterable[Invitation]) -> list[str]:
        """Return the names of the task, without patterns, that no selected invitation has."""
        selected = list(selected)
        pairs = (
            (self.usernames, {member_key(invitation.username) for invitation in selected}),
            (self.emails, {member_key(invitation.email) for invitation in selected}),
        )
        return [
            name
            for names, keys in pairs
            if names is not None
            for name in dict.fromkeys(names.exact_names)
            if member_key(name) not in keys
        ]


def pending_seats(invitations: Iterable[Invitation]) -> dict[str, int]:
    """Return pending invitations by user type. Whether they hold seats is not known (part 2, section 8)."""
    return dict(Counter(invitation.user_type for invitation in invitations if invitation.user_type))


class Invitations:
    """Pending invitations by the person who is invited."""

    def __init__(self, invitations: Iterable[Invitation]) -> None:
        self._by_username: dict[str, list[Invitation]] = {}
        self._by_email: dict[str, list[Invitation]] = {}
        for invitation in invitations:
            for index, text in ((self._by_username, invitation.username), (self._by_email, invitation.email)):
                if text:
                    index.setdefault(member_key(text), []).append(invitation)

    def with_username(self, username: str) -> list[Invitation]:
        return self._by_username.get(member_key(username), [])

    def of_person(self, username: str, email: str) -> list[tuple[Invitation, str]]:
        """Return the invitations with a username or email, each with what is the same: ``username`` or ``email``."""
        same_name = self.with_username(username)
        same_email = self._by_email.get(member_key(email), []) if email else []
        return [
            *((invitation, "username") for invitation in same_name),
            *((invitation, "email") for invitation in same_email if invitation not in same_name),
        ]
