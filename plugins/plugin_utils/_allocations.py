# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change in any release.

"""Which member gets how many credits, by rules. Pure."""

from __future__ import annotations

from ansible_collections.portalops.arcgis.plugins.module_utils._model.categories import path_key
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import (
    UNLIMITED,
    FieldError,
    member_key,
    parse_credits,
    same_credits,
    shown,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MODES = ("top_up", "set")
"""C(top_up) only raises; C(set) raises and lowers."""

COUNTS = ("total", "remaining")
"""What the number of a rule is: the whole allotment, or what is left of it to spend."""

_CONDITIONS = ("role", "user_type", "category", "usernames")
_ROOT = "/Categories"


class RuleError(ValueError):
    """A rule that means nothing; the text names it and says what is wrong."""


class Rule:
    """One rule: the credits, and conditions that all have to fit."""

    def __init__(self, number: int, given: dict[str, Any], organization: dict[str, Any]) -> None:
        self.where = f"rule {number}"
        unknown = sorted(set(given) - {"credits", *_CONDITIONS})
        if unknown:
            raise RuleError(f"{self.where} has {unknown[0]}; known are credits, {', '.join(_CONDITIONS)}")
        try:
            self.credits = parse_credits(given.get("credits"))
        except FieldError as error:
            raise RuleError(f"{self.where}: credits {error}") from None
        self.roles = self._ids("role", given.get("role"), organization.get("roles"))
        self.user_types = self._ids("user_type", given.get("user_type"), organization.get("user_types"))
        self.category = self._path(given.get("category"), organization.get("member_category_paths"))
        names = given.get("usernames")
        self.usernames = {member_key(str(name)) for name in names} if names else None

    def _ids(self, what: str, wanted: Any, told: Any) -> set[str] | None:
        """Ids and names under which members of a role or user type are listed; None for no condition."""
        if not wanted:
            return None
        word = str(wanted).casefold()
        rows = [row for row in told or () if word in (str(row["id"]).casefold(), str(row["name"]).casefold())]
        if not rows:
            raise RuleError(f"{self.where}: there is no {what.replace('_', ' ')} {wanted!r} in the organization")
        if len(rows) > 1:
            ids = ", ".join(str(row["id"]) for row in rows)
            raise RuleError(
                f"{self.where}: several have the {what.replace('_', ' ')} name {wanted!r}; use an id: {ids}"
            )
        return {str(rows[0]["id"]), str(rows[0]["name"])}

    def _path(self, wanted: Any, told: Any) -> str | None:
        if not wanted:
            return None
        key = path_key("/" + str(wanted).strip("/"))
        known = {path_key(path) for path in told or ()}
        if key not in known and key.startswith(path_key(_ROOT) + "/"):
            key = key[len(_ROOT) :]
        if key not in known:
            raise RuleError(f"{self.where}: there is no category {wanted!r} in the organization")
        return key

    def fits(self, member: dict[str, Any]) -> bool:
        """Whether all conditions fit; a category fits for the categories below it as well."""
        if self.usernames is not None and member_key(str(member["username"])) not in self.usernames:
            return False
        if self.roles is not None and member.get("role") not in self.roles:
            return False
        if self.user_types is not None and member.get("user_type") not in self.user_types:
            return False
        if self.category is None:
            return True
        return any(f"{path_key(path)}/".startswith(f"{self.category}/") for path in member.get("categories") or ())


def allot(
    members: list[dict[str, Any]],
    rules: list[dict[str, Any]],
    organization: dict[str, Any],
    mode: str = "top_up",
    count: str = "total",
) -> dict[str, Any]:
    """Who is to be given how much: the first rule that fits counts, and who fits none is left alone.

    members: as C(portal_members_info) returns them, with the fields role, user_type, categories, credits and
    credits_spent; organization: as C(portal_info) returns it. Returns C(members) [{username, credits}], the input of
    C(portal_credits); C(changes) [{username, before, after, rule}]; C(raised), credits given in all, where limits are
    numbers; C(cut) and C(below_spent), usernames; C(fitting), how many members fit a rule. Raises RuleError.
    """
    if mode not in MODES or count not in COUNTS:
        raise RuleError(f"mode is one of {', '.join(MODES)}, count one of {', '.join(COUNTS)}")
    if not rules:
        raise RuleError("there is no rule; name at least one, such as {role: org_publisher, credits: 500}")
    parsed = [Rule(number, rule, organization) for number, rule in enumerate(rules, 1)]
    found: dict[str, Any] = {
        "members": [], "changes": [], "raised": 0.0, "cut": [], "below_spent": [], "fitting": 0,
    }  # fmt: skip
    for member in members:
        number, rule = next(((n, rule) for n, rule in enumerate(parsed, 1) if rule.fits(member)), (0, None))
        if rule is None:
            continue
        found["fitting"] += 1
        wanted = _wanted(rule.credits, member, count)
        before = member.get("credits")
        if before is not None and (_same(before, wanted) or (mode == "top_up" and not _raises(before, wanted))):
            continue
        _note(found, member, before, wanted, number)
    found["raised"] = round(found["raised"], 2)
    return found


def _wanted(credits_wanted: float | str, member: dict[str, Any], count: str) -> float | str:
    if isinstance(credits_wanted, str) or count == "total":
        return credits_wanted
    return round(credits_wanted + float(member.get("credits_spent") or 0.0), 2)


def _same(before: Any, wanted: float | str) -> bool:
    return same_credits(before if isinstance(before, str) else float(before), wanted)


def _raises(before: Any, wanted: float | str) -> bool:
    if before == UNLIMITED:
        return False
    return wanted == UNLIMITED or float(wanted) > float(before)


def _note(found: dict[str, Any], member: dict[str, Any], before: Any, wanted: float | str, rule: int) -> None:
    name = member["username"]
    found["members"].append({"username": name, "credits": shown(wanted)})
    found["changes"].append({"username": name, "before": before, "after": shown(wanted), "rule": rule})
    if isinstance(wanted, str):
        return
    if not isinstance(before, str):
        found["raised"] += max(wanted - float(before or 0.0), 0.0)
    if before is not None and not _raises(before, wanted):
        found["cut"].append(name)
    if wanted < float(member.get("credits_spent") or 0.0):
        found["below_spent"].append(name)
