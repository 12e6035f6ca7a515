# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it can change in any release.

"""Compute the credit allocation of members from rules. Pure."""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.portalops.arcgis.plugins.module_utils._model.categories import path_key
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import (
    UNLIMITED,
    FieldError,
    member_key,
    parse_credits,
    same_credits,
    shown,
)

MODES = ("top_up", "set")
"""``top_up`` only raises allocations. ``set`` raises and lowers them."""

BASES = ("total", "remaining")
"""Meaning of the number of a rule: the whole allocation, or the part that the member has not spent."""

_CONDITIONS = ("role", "user_type", "category", "usernames")
_ROOT = "/Categories"


class RuleError(ValueError):
    """An invalid rule. The text names the rule and the problem."""


class Rule:
    """One rule: the credits, and the conditions that a member must meet."""

    def __init__(self, number: int, row: dict[str, Any], organization: dict[str, Any]) -> None:
        self.place = f"rule {number}"
        unknown = sorted(set(row) - {"credits", *_CONDITIONS})
        if unknown:
            raise RuleError(f"{self.place}: Unknown key '{unknown[0]}'. Use credits, {', '.join(_CONDITIONS)}.")
        try:
            self.credits = parse_credits(row.get("credits"))
        except FieldError as error:
            raise RuleError(f"{self.place}: credits {error}.") from None
        blank = [name for name in _CONDITIONS if name in row and row[name] in (None, "", [])]
        if blank:
            raise RuleError(f"{self.place}: {blank[0]} is blank. Name a value, or remove the condition.")
        self.roles = self._ids("role", row.get("role"), organization.get("roles"))
        self.user_types = self._ids("user_type", row.get("user_type"), organization.get("user_types"))
        self.category = self._path(row.get("category"), organization.get("member_category_paths"))
        names = row.get("usernames")
        if isinstance(names, str):
            # A text is one name, or several that commas, semicolons, or line breaks separate.
            names = [name.strip() for name in re.split(r"[,;\r\n]+", names) if name.strip()]
        names = [names] if isinstance(names, str) else names
        self.usernames = {member_key(str(name)) for name in names} if names else None

    def _ids(self, field: str, wanted: Any, known_rows: Any) -> set[str] | None:
        """Return the ID and the name of a role or user type, or None for no condition."""
        if not wanted:
            return None
        label = field.replace("_", " ")
        word = str(wanted).casefold()
        rows = [row for row in known_rows or () if word in (str(row["id"]).casefold(), str(row["name"]).casefold())]
        if not rows:
            raise RuleError(f"{self.place}: {label.capitalize()} '{wanted}' does not exist in this organization.")
        if len(rows) > 1:
            ids = ", ".join(str(row["id"]) for row in rows)
            raise RuleError(f"{self.place}: {len(rows)} {label}s are named '{wanted}'. Use the ID of one: {ids}.")
        return {str(rows[0]["id"]), str(rows[0]["name"])}

    def _path(self, wanted: Any, known_paths: Any) -> str | None:
        if not wanted:
            return None
        key = path_key("/" + str(wanted).strip("/"))
        known = {path_key(path) for path in known_paths or ()}
        if key not in known and key.startswith(path_key(_ROOT) + "/"):
            key = key[len(_ROOT) :]
        if key not in known:
            raise RuleError(f"{self.place}: Category '{wanted}' does not exist in this organization.")
        return key

    def matches(self, member: dict[str, Any]) -> bool:
        """Return whether a member meets all conditions. A category includes the categories below it."""
        if self.usernames is not None and member_key(str(member["username"])) not in self.usernames:
            return False
        if self.roles is not None and member.get("role") not in self.roles:
            return False
        if self.user_types is not None and member.get("user_type") not in self.user_types:
            return False
        if self.category is None:
            return True
        return any(f"{path_key(path)}/".startswith(f"{self.category}/") for path in member.get("categories") or ())


def allocate(
    members: list[dict[str, Any]],
    rules: list[dict[str, Any]],
    organization: dict[str, Any],
    mode: str = "top_up",
    basis: str = "total",
) -> dict[str, Any]:
    """Compute the allocations that differ from the rules. The first rule that matches a member applies.

    Args:
        members: From portal_members_info, with role, user_type, categories, credits, and credits_spent.
        rules: Mappings with credits and conditions.
        organization: From portal_info.
        mode: One of MODES.
        basis: One of BASES.

    Returns:
        ``members`` [{username, credits}], the input of portal_credits. ``changes`` [{username, before, after, rule}].
        ``added``, credits added in total where both allocations are numbers. ``unlimited``, ``lowered``, and
        ``below_spent``, usernames; those of ``unlimited`` lose their limit. ``matching``, number of members that match
        a rule.

    Raises:
        RuleError: If a rule, the mode, or the basis is invalid.
    """
    if mode not in MODES or basis not in BASES:
        raise RuleError(f"mode must be one of {', '.join(MODES)}, and basis one of {', '.join(BASES)}.")
    if not rules:
        raise RuleError("No rules. Add at least one, for example {role: org_publisher, credits: 500}.")
    parsed = [Rule(number, rule, organization) for number, rule in enumerate(rules, 1)]
    result: dict[str, Any] = {
        "members": [], "changes": [], "added": 0.0, "unlimited": [], "lowered": [],
        "below_spent": [], "matching": 0,
    }  # fmt: skip
    for member in members:
        number, rule = next(((n, rule) for n, rule in enumerate(parsed, 1) if rule.matches(member)), (0, None))
        if rule is None:
            continue
        result["matching"] += 1
        wanted = _wanted(rule.credits, member, basis)
        before = member.get("credits")
        if before is not None and (_same(before, wanted) or (mode == "top_up" and not _raises(before, wanted))):
            continue
        _record(result, member, before, wanted, number)
    result["added"] = round(result["added"], 2)
    return result


def _wanted(credits_wanted: float | str, member: dict[str, Any], basis: str) -> float | str:
    if isinstance(credits_wanted, str) or basis == "total":
        return credits_wanted
    return round(credits_wanted + float(member.get("credits_spent") or 0.0), 2)


def _same(before: Any, wanted: float | str) -> bool:
    return same_credits(before if isinstance(before, str) else float(before), wanted)


def _raises(before: Any, wanted: float | str) -> bool:
    if before == UNLIMITED:
        return False
    return wanted == UNLIMITED or float(wanted) > float(before)


def _record(result: dict[str, Any], member: dict[str, Any], before: Any, wanted: float | str, rule: int) -> None:
    name = member["username"]
    result["members"].append({"username": name, "credits": shown(wanted)})
    result["changes"].append({"username": name, "before": before, "after": shown(wanted), "rule": rule})
    if isinstance(wanted, str):
        result["unlimited"].append(name)
        return
    if not isinstance(before, str):
        result["added"] += max(wanted - float(before or 0.0), 0.0)
    if before is not None and not _raises(before, wanted):
        result["lowered"].append(name)
    if wanted < float(member.get("credits_spent") or 0.0):
        result["below_spent"].append(name)
