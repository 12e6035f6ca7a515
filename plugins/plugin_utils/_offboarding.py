# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it can change in any release.

"""Select the members to offboard: named members, members whose end date has passed, and inactive members.

Pure, except for ``read_entries``, which reads a file.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from typing import Any

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import PortalOpsError
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import member_key
from ansible_collections.portalops.arcgis.plugins.module_utils._model.members import (
    PORTAL_ACCOUNTS,
    may_be_portal_account,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.parsers import (
    FieldError,
    parse_recipient,
    parse_username,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.patterns import NamePatterns
from ansible_collections.portalops.arcgis.plugins.module_utils._model.roles import ADMINISTRATOR
from ansible_collections.portalops.arcgis.plugins.module_utils._roster.reader import read_roster

#: Value of ``expires`` for a member without an end date.
NO_END_DATE = ""
_TEXT = {"type": "str"}
_SPEC = {"username": _TEXT, "expires": _TEXT, "transfer_to": _TEXT}
# Sorts before every date and before NO_END_DATE: the member is due now.
_NOW = datetime.date.min
_NEVER = datetime.date.max

# No username has these characters: they come from JSON, from quotes, from patterns, or from a remark beside a name.
_NO_NAME = re.compile(r"[\[\]{}()<>\"*?]")


class OffboardingError(ValueError):
    """An invalid entry, date, or file. The text names each wrong entry and the accepted form."""


def read_entries(path: str) -> list[dict[str, Any]]:
    """Read the entries of a YAML, JSON, or CSV file.

    If any entry of the file has ``expires``, or a CSV has the column, an entry without a value has no end date.

    Args:
        path: File on the controller.

    Returns:
        Entries in the form of ``normalize_entries``.

    Raises:
        OffboardingError: If the file is not valid. The text lists every wrong entry with its line.
    """
    try:
        roster = read_roster(path, spec=_SPEC)
    except PortalOpsError as error:
        raise OffboardingError(str(error)) from None
    entries = list(roster.entries)
    places = [roster.position(index) for index in range(len(entries))]
    if not roster.errors.hides_values:
        places = [f"{place}, {entry['username']}" for place, entry in zip(places, entries)]
    if "expires" in roster.blank or any("expires" in entry for entry in entries):
        entries = [{"expires": NO_END_DATE, **entry} for entry in entries]
    return normalize_entries(entries, places, hides_values=roster.errors.hides_values)


def normalize_entries(
    entries: list[Any] | str, places: list[str] | None = None, *, hides_values: bool = False
) -> list[dict[str, Any]]:
    """Bring usernames and mappings into one form.

    Args:
        entries: Usernames, or mappings with username, expires, and transfer_to. A text is one or several usernames.
        places: Where each entry is, for errors. By default the username.
        hides_values: Whether the values can be secrets, so that errors must not show them.

    Returns:
        Mappings with username and transfer_to (None for no recipient). ``expires`` is missing for a member who is due
        now, NO_END_DATE for a member without an end date, and otherwise the last day as YYYY-MM-DD.

    Raises:
        OffboardingError: If entries are invalid. The text lists all of them.
    """
    rows, errors = [], []
    if isinstance(entries, str):
        # A text is one name, or several that commas or line breaks separate.
        entries = [name for name in re.split(r"[,\r\n]+", entries) if name.strip()]
    for index, entry in enumerate(entries):
        try:
            rows.append(_normalize(entry, places[index] if places else None, hides_values))
        except OffboardingError as error:
            errors.append(str(error))
    if errors:
        raise OffboardingError("\n".join(errors))
    return rows


def _normalize(entry: Any, place: str | None, hides_values: bool) -> dict[str, Any]:
    if isinstance(entry, str):
        entry = {"username": entry}
    if isinstance(entry, (int, float)):
        raise OffboardingError(f"Username '{entry}' is a number. Put it in quotes.")
    if not isinstance(entry, dict) or not isinstance(entry.get("username"), str) or not entry["username"].strip():
        raise OffboardingError(f"Entry '{entry}' has no username. Use a username or a mapping with username.")
    name = _parse(parse_username, entry["username"], f"{place or entry['username'].strip()}: username")
    if _NO_NAME.search(name):
        shown = "The username" if hides_values else f"'{name}'"
        raise OffboardingError(
            f"{f'{place}: ' if place else ''}{shown} is not a username. Write usernames only, one per line or entry."
        )
    unknown = sorted(set(entry) - set(_SPEC))
    if unknown:
        raise OffboardingError(f"{place or name}: Unknown key '{unknown[0]}'. Use {', '.join(_SPEC)}.")
    recipient = entry.get("transfer_to")
    if isinstance(recipient, str):
        recipient = recipient.strip()
    if recipient:
        recipient = _parse(parse_recipient, recipient, f"{place or name}: transfer_to")
    row = {"username": name, "transfer_to": recipient or None}
    if "expires" in entry:
        text = "" if entry["expires"] is None else str(entry["expires"]).strip()
        row["expires"] = str(_parse_day(text, f"{place or name}: expires", hides_values)) if text else NO_END_DATE
    return row


def _parse(parse: Callable[[Any], str], value: Any, option: str) -> str:
    try:
        return parse(value)
    except FieldError as error:
        raise OffboardingError(f"{option} {error}. {error.remedy}".strip()) from None


def _parse_day(text: str, option: str, hides_values: bool = False) -> datetime.date:
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        try:
            return datetime.date.fromisoformat(text)
        except ValueError:
            pass
    value = "" if hides_values else f", not '{text}'"
    raise OffboardingError(f"{option} must be a date in the form YYYY-MM-DD, for example 2027-01-31{value}.")


def select(
    entries: list[Any],
    members: list[dict[str, Any]],
    inactive: list[dict[str, Any]],
    caller: str,
    today: str,
    transfer_to: str = "",
    protected: list[str] | None = None,
) -> dict[str, Any]:
    """Select the members to offboard.

    Args:
        entries: Usernames, or mappings with username, expires, and transfer_to.
        members: Current members among the entries and recipients, from portal_members_info, with role and enabled.
        inactive: Inactive members, from portal_members_info, with role and enabled.
        caller: Username of the signed-in account. It is never selected.
        today: Date in UTC, YYYY-MM-DD. A member is selected from the day after expires.
        transfer_to: Default recipient, or "" for none.
        protected: Usernames or patterns that are never selected.

    Returns:
        A dict with selected, disable, remove, not_due, not_found, skipped, and rejected (see the filter documentation).

    Raises:
        OffboardingError: If an entry, a date, or a protected name is invalid.
    """
    day = _parse_day(today, "today")
    try:
        protected_names = NamePatterns(protected or (), "offboard_protected")
    except PortalOpsError as error:
        raise OffboardingError(error.full_message()) from None
    selection = _Selection(members + inactive, caller, protected_names, transfer_to)
    for entry in _dedupe(normalize_entries(entries)):
        if _due_date(entry) >= day:
            selection.postpone(entry)
        else:
            reason = f"End date {entry['expires']} has passed" if "expires" in entry else "Named"
            selection.add_named(entry["username"], reason, entry["transfer_to"])
    for member in inactive:
        selection.add_inactive(member)
    return selection.result()


def _due_date(entry: dict[str, Any]) -> datetime.date:
    if "expires" not in entry:
        return _NOW
    return datetime.date.fromisoformat(entry["expires"]) if entry["expires"] else _NEVER


def _dedupe(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return one entry for each member: the one that is due first, with the recipient that one of them names.

    Raises:
        OffboardingError: If entries of one member have different end dates or recipients.
    """
    entries_by_key: dict[str, dict[str, Any]] = {}
    for entry in entries:
        key = member_key(entry["username"])
        known = entries_by_key.setdefault(key, entry)
        dates = [row["expires"] for row in (known, entry) if "expires" in row]
        if len(set(dates)) > 1:
            shown = [date or "none" for date in dates]
            raise OffboardingError(
                f"{entry['username']}: 2 entries have the end dates {shown[0]} and {shown[1]}. Keep one of them."
            )
        recipients = [row["transfer_to"] for row in (known, entry) if row["transfer_to"]]
        if len({member_key(name) for name in recipients}) > 1:
            raise OffboardingError(
                f"{entry['username']}: 2 entries have the recipients {recipients[0]} and {recipients[1]}. "
                "Keep one of them."
            )
        first = min(known, entry, key=_due_date)
        entries_by_key[key] = {
            **first,
            "transfer_to": first["transfer_to"] or (known["transfer_to"] or entry["transfer_to"]),
        }
    return list(entries_by_key.values())


class _Selection:
    """Members that were examined so far, by the outcome."""

    def __init__(self, members: list[dict[str, Any]], caller: str, protected: NamePatterns, transfer_to: str) -> None:
        self.members = {member_key(str(member["username"])): member for member in members}
        self.caller = member_key(caller)
        self.protected = protected
        self.transfer_to = transfer_to or None
        self.selected: dict[str, dict[str, Any]] = {}
        self.not_due: dict[str, dict[str, Any]] = {}
        self.not_found: list[str] = []
        self.skipped: list[dict[str, Any]] = []
        self.rejected: list[dict[str, Any]] = []

    def postpone(self, entry: dict[str, Any]) -> None:
        """Note a member whose end date has not passed, or who has none."""
        self.not_due[member_key(entry["username"])] = {"username": entry["username"], "expires": entry["expires"]}

    def add_named(self, name: str, reason: str, transfer_to: str | None) -> None:
        """Select a member of the entries, or note why not."""
        key = member_key(name)
        member = self.members.get(key)
        if member is None and may_be_portal_account(key):
            # The portal does not list its own accounts as members.
            self.rejected.append(_outcome(name, "Accounts of the portal itself are never offboarded."))
        elif member is None:
            self.not_found.append(name)
        else:
            exclusion = self._exclusion_reason(key, member)
            if exclusion:
                self.rejected.append(_outcome(member["username"], exclusion))
            else:
                self._select(key, member, reason, transfer_to)

    def add_inactive(self, member: dict[str, Any]) -> None:
        """Select an inactive member, or note why not."""
        key = member_key(str(member["username"]))
        if key in self.selected:
            return
        exclusion = self._exclusion_reason(key, member)
        if key in PORTAL_ACCOUNTS:
            exclusion = "Accounts of the portal itself are never offboarded."
        if key in self.not_due:
            expires = self.not_due[key]["expires"]
            ends = f"the end date {expires} has not passed" if expires else "the entry of the member has no end date"
            exclusion = f"Inactive, but {ends}."
        if exclusion:
            self.skipped.append(_outcome(member["username"], exclusion))
        else:
            self._select(key, member, "Inactive", None)

    def _select(self, key: str, member: dict[str, Any], reason: str, transfer_to: str | None) -> None:
        self.selected[key] = {
            "username": member["username"],
            "transfer_to": transfer_to or self.transfer_to,
            "reason": reason,
        }

    def _exclusion_reason(self, key: str, member: dict[str, Any]) -> str:
        if key == self.caller:
            return "The signed-in account is never offboarded."
        if member.get("role") == ADMINISTRATOR:
            return "Administrators are not offboarded. Change the role of the member first."
        if self.protected.match(key):
            return "Matches offboard_protected."
        return ""

    def _check_recipients(self) -> None:
        for row in self.selected.values():
            error = self._recipient_error(row["transfer_to"])
            if error:
                self.rejected.append(_outcome(row["username"], f"{error} Choose another recipient in transfer_to."))

    def _recipient_error(self, name: str | None) -> str:
        if name is None:
            return ""
        key = member_key(str(name))
        recipient = self.members.get(key)
        if key in self.selected:
            return f"Recipient '{name}' is also offboarded."
        if recipient is None:
            return f"Recipient '{name}' does not exist."
        if recipient.get("enabled") is False:
            return f"Recipient '{name}' is disabled."
        return ""

    def result(self) -> dict[str, Any]:
        """Return the lists, sorted."""
        self._check_recipients()
        rows = [self.selected[key] for key in sorted(self.selected)]
        return {
            "selected": rows,
            "disable": [{"username": row["username"]} for row in rows],
            "remove": [{name: row[name] for name in ("username", "transfer_to") if row[name]} for row in rows],
            # A member without an end date comes last.
            "not_due": sorted(
                self.not_due.values(), key=lambda row: (row["expires"] or str(_NEVER), member_key(row["username"]))
            ),
            "not_found": sorted(self.not_found, key=member_key),
            "skipped": self.skipped,
            "rejected": self.rejected,
        }


def _outcome(username: str, reason: str) -> dict[str, Any]:
    return {"username": username, "reason": reason}
