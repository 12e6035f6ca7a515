# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Oracle of removals: which members no run disables or removes. Pure, no I/O.

From design.md (*Roster options*), the option ``purge`` of portal_members, guide_offboarding, and the role offboard.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any, Optional

DAY = 24 * 3600 * 1000
NAMES_OF_THE_PORTAL = ("esri_nav", "esri_boundaries", "esri_livingatlas", "system_publisher")
NEVER = -1


def is_of_the_portal(username: str) -> bool:
    """Tell whether an account belongs to the portal itself, by the names that the documentation gives."""
    return username.lower() in NAMES_OF_THE_PORTAL


def is_inactive(last_sign_in: Optional[int], created: int, days: int, now: int) -> bool:
    """Tell whether a member has not signed in for so many days.

    Args:
        last_sign_in: Milliseconds since 1970, -1 for a member who never signed in, None where it is unknown.
        created: Milliseconds since 1970.
        days: Length of the period; 0 selects no member.
        now: Milliseconds since 1970.
    """
    if days <= 0 or last_sign_in is None:
        return False
    return now - (created if last_sign_in == NEVER else last_sign_in) >= days * DAY


def is_due(expires: Optional[str], today: str, *, has_column: bool) -> Optional[bool]:
    """Tell whether a member in the list of departures leaves today: True, False, or None for "waits for a later day".

    The day is the last one. In a file with the column, an empty cell means no end date. Without the column, the
    member leaves now.
    """
    if not expires:
        return not has_column
    return True if expires < today else None


def may_leave(
    row: dict[str, Any], entry: Optional[dict[str, Any]], *, signed_in: str, protected: list[str], days: int,
    today: str, now: int, has_column: bool,
) -> bool:  # fmt: skip
    """Return whether the role offboard can disable a member.

    Args:
        row: State of the member before the run, as the inspection side shows it.
        entry: Row of the list of departures about the member, or None.
        signed_in: Lower-case username of the signed-in account.
        protected: Names and patterns.
        days: Value of ``offboard_inactive_days``.
        today: Day as YYYY-MM-DD.
        now: Milliseconds since 1970.
        has_column: Whether the list of departures has a column ``expires``.
    """
    name = row["username"].lower()
    if is_of_the_portal(name) or name == signed_in or row["effectiveRole"] == "org_admin":
        return False
    if any(fnmatchcase(name, pattern.lower()) for pattern in protected):
        return False
    due = is_due(entry.get("expires"), today, has_column=has_column) if entry is not None else False
    if due is None:
        return False
    return due or is_inactive(row["lastLogin"], row["created"], days, now)
