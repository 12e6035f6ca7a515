# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change in any release.

"""Who is to leave today: people who are named, whose day has come, or who are dormant. Pure but for reading a file."""

from __future__ import annotations

import datetime
import fnmatch
import re

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import PortalOpsError
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import member_key
from ansible_collections.portalops.arcgis.plugins.module_utils._roster.reader import read_roster

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

ADMINISTRATOR = "org_admin"
_TEXT = {"type": "str"}
_SPEC = {"username": _TEXT, "expires": _TEXT, "transfer_to": _TEXT}


class LeaverError(ValueError):
    """What is said about leavers cannot be; the text names who and why."""


def read_entries(path: str) -> list[dict[str, Any]]:
    """Entries {username, expires, transfer_to} of a YAML, JSON or CSV file. Raises LeaverError."""
    try:
        return read_roster(path, spec=_SPEC).entries
    except PortalOpsError as error:
        raise LeaverError(str(error)) from None


def normal_entries(entries: list[Any]) -> list[dict[str, Any]]:
    """Names and mappings as mappings {username, expires, transfer_to}, their dates as dates. Raises LeaverError."""
    return [_entry(entry) for entry in entries]


def _entry(entry: Any) -> dict[str, Any]:
    if isinstance(entry, str):
        entry = {"username": entry}
    if not isinstance(entry, dict) or not str(entry.get("username") or "").strip():
        raise LeaverError(f"{entry!r} names nobody; write a username, or a mapping with username")
    unknown = sorted(set(entry) - set(_SPEC))
    if unknown:
        raise LeaverError(f"{entry['username']}: {unknown[0]} is unknown here; known are {', '.join(_SPEC)}")
    name = str(entry["username"]).strip()
    expires = str(entry["expires"]) if entry.get("expires") else None
    return {"username": name, "expires": _day(expires, name), "transfer_to": entry.get("transfer_to") or None}


def _day(text: str | None, name: str) -> datetime.date | None:
    if text is None:
        return None
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text.strip()):
        try:
            return datetime.date.fromisoformat(text.strip())
        except ValueError:
            pass
    raise LeaverError(f"{name}: expires is a day such as 2027-01-31, not {text!r}")


def select(
    entries: list[Any],
    members: list[dict[str, Any]],
    dormant: list[dict[str, Any]],
    caller: str,
    today: str,
    transfer_to: str = "",
    protected: list[str] | None = None,
) -> dict[str, Any]:
    """Who leaves, and who does not and why.

    entries: names and mappings; members: those of them, and those who take over, that the organization has, with role
    and enabled; dormant: members who did not sign in for long, with role and enabled; caller: the signed-in account;
    today: a day as text (UTC). The day C(expires) is the last one of a member.
    Returns C(leavers) [{username, transfer_to, why}], the same as C(disable) and C(remove), which are input of
    C(portal_members), C(waiting) [{username, expires}], C(gone) [username],
    C(spared) [{username, why}] of the dormant, C(refused) [{username, why}] of all others. Raises LeaverError.
    """
    day = _day(today, "today")
    if day is None:
        raise LeaverError("today is a day such as 2027-01-31")
    selection = _Selection(members + dormant, caller, protected or [], transfer_to)
    for entry in _once(normal_entries(entries)):
        if entry["expires"] is not None and entry["expires"] >= day:
            selection.waiting.append({"username": entry["username"], "expires": str(entry["expires"])})
            continue
        why = "named" if entry["expires"] is None else f"expired on {entry['expires']}"
        selection.add(entry["username"], why, entry["transfer_to"])
    for member in dormant:
        selection.add(str(member["username"]), "dormant", None)
    return selection.result()


def _once(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One entry for each person: the one that is due first, and no day at all is due at once."""
    found: dict[str, dict[str, Any]] = {}
    for entry in entries:
        key = member_key(entry["username"])
        known = found.get(key)
        if known is None or (known["expires"] and (entry["expires"] is None or entry["expires"] < known["expires"])):
            found[key] = {**entry, "transfer_to": entry["transfer_to"] or (known or entry)["transfer_to"]}
    return list(found.values())


class _Selection:
    def __init__(self, members: list[dict[str, Any]], caller: str, protected: list[str], transfer_to: str) -> None:
        self.members = {member_key(str(member["username"])): member for member in members}
        self.caller = member_key(caller)
        self.patterns = [re.compile(fnmatch.translate(member_key(name))) for name in protected]
        self.transfer_to = transfer_to or None
        self.leavers: dict[str, dict[str, Any]] = {}
        self.waiting: list[dict[str, Any]] = []
        self.gone: list[str] = []
        self.spared: list[dict[str, Any]] = []
        self.refused: list[dict[str, Any]] = []

    def add(self, name: str, why: str, transfer_to: str | None) -> None:
        key = member_key(name)
        member = self.members.get(key)
        if member is None:
            self.gone.append(name)
        elif key not in self.leavers:
            against = self._against(key, member)
            if against:
                (self.spared if why == "dormant" else self.refused).append(
                    {"username": member["username"], "why": against}
                )
            else:
                self.leavers[key] = {
                    "username": member["username"],
                    "transfer_to": transfer_to or self.transfer_to,
                    "why": why,
                }

    def _against(self, key: str, member: dict[str, Any]) -> str:
        if key == self.caller:
            return "is the account that this run signs in with"
        if member.get("role") == ADMINISTRATOR:
            return "is an administrator; take that role away first"
        if any(pattern.match(key) for pattern in self.patterns):
            return "is protected"
        return ""

    def _check_receivers(self) -> None:
        for leaver in self.leavers.values():
            name = leaver["transfer_to"]
            if name is None:
                continue
            key = member_key(str(name))
            receiver = self.members.get(key)
            if key in self.leavers:
                self.refused.append(
                    {"username": leaver["username"], "why": f"would hand over to {name}, who leaves too"}
                )
            elif receiver is None:
                self.refused.append(
                    {"username": leaver["username"], "why": f"would hand over to {name}, who is no member"}
                )
            elif receiver.get("enabled") is False:
                self.refused.append(
                    {"username": leaver["username"], "why": f"would hand over to {name}, who is disabled"}
                )

    def result(self) -> dict[str, Any]:
        self._check_receivers()
        leavers = [self.leavers[key] for key in sorted(self.leavers)]
        return {
            "leavers": leavers,
            "disable": [{"username": leaver["username"]} for leaver in leavers],
            "remove": [
                {name: leaver[name] for name in ("username", "transfer_to") if leaver[name]} for leaver in leavers
            ],
            "waiting": sorted(self.waiting, key=lambda entry: (entry["expires"], member_key(entry["username"]))),
            "gone": sorted(self.gone, key=member_key),
            "spared": self.spared,
            "refused": self.refused,
        }
