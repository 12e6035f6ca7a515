# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Guards: limits for one run. Pure functions from a plan to errors."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import GuardError, InputError, PortalOpsError
from ansible_collections.portalops.arcgis.plugins.module_utils._model.add_ons import held
from ansible_collections.portalops.arcgis.plugins.module_utils._model.facts import Facts
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import UNLIMITED, member_key
from ansible_collections.portalops.arcgis.plugins.module_utils._model.groups import (
    PART_MANAGER,
    GroupPatterns,
    parts_of,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.organization import Organization
from ansible_collections.portalops.arcgis.plugins.module_utils._model.patterns import NamePatterns
from ansible_collections.portalops.arcgis.plugins.module_utils._model.plan import (
    CHANGED,
    CREATED,
    DISABLED,
    MEMBER,
    REMOVED,
    Plan,
    PlanEntry,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.roles import (
    ADMINISTRATOR,
    LEVEL_RANKS,
    USER_TYPE_RANKS,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.wording import join_names, join_words, plural

#: Without these guards, one purging run removes or disables so many members, or so large a share of them.
PURGE_COUNT = 5
PURGE_PERCENT = 10.0

Reasons = dict[str, list[str]]


class Limit:
    """A count, or a percentage of the organization's members."""

    __slots__ = ("is_percentage", "number")

    def __init__(self, number: float, is_percentage: bool) -> None:
        self.number = number
        self.is_percentage = is_percentage

    def __str__(self) -> str:
        return f"{self.number:g}%" if self.is_percentage else f"{self.number:g}"

    def allows(self, count: int, total: int | None) -> bool:
        """Return whether a count is within the limit; of an unknown total no member is a percentage."""
        if not count or not self.is_percentage:
            return count <= self.number
        return bool(total) and 100 * count / total <= self.number  # type: ignore[operator]


class Guards:
    """The limits of one task.

    max_disruptive, max_removals, max_created: ``Limit`` or None; min_admins: administrators that must remain;
    protected: usernames or patterns; required_admins: usernames; max_leaving: ``Limit`` for each group, or None;
    protected_groups: titles, IDs, or patterns; keep_managers: whether each group keeps a manager; purges: whether the
    task removes or disables members outside the roster.
    """

    def __init__(self, options: dict[str, Any] | None = None, *, purges: bool = False, removes: bool = True) -> None:
        """Read the option ``guards``.

        Args:
            options: The option.
            purges: Whether the task removes or disables members outside the roster.
            removes: Whether such a purge removes them.

        Raises:
            InputError: If a limit is not a count or a percentage, or a protected name is not one name.
        """
        values = options or {}
        self.max_disruptive = _limit("max_disruptive", values.get("max_disruptive"))
        self.max_removals = _limit("max_removals", values.get("max_removals"))
        self.max_created = _limit("max_created", values.get("max_created"))
        self.min_admins: int | None = values.get("min_admins")
        self.protected = NamePatterns(values.get("protected") or (), "guards.protected")
        self.required_admins = [str(name) for name in values.get("required_admins") or ()]
        self.max_leaving = _limit("max_leaving", values.get("max_leaving"))
        self.protected_groups = GroupPatterns(values.get("protected_groups") or (), "guards.protected_groups")
        self.keep_managers: bool = bool(values.get("keep_managers"))
        #: Suboptions that limit the purge instead of the default; max_removals does not limit a purge that disables.
        self.purge_limits = ("max_removals", "max_disruptive") if removes else ("max_disruptive",)
        self.has_purge_default = purges and all(getattr(self, name) is None for name in self.purge_limits)
        if self.min_admins is not None and self.min_admins < 1:
            raise InputError("guards.min_admins must be 1 or more.", option="guards.min_admins")

    def protects(self, key: str) -> bool:
        """Return whether ``protected`` names or matches a member."""
        return self.protected.match(key)

    @property
    def has_percentage(self) -> bool:
        limits = (self.max_disruptive, self.max_removals, self.max_created)
        return any(limit is not None and limit.is_percentage for limit in limits)

    @property
    def counts_disruptive(self) -> bool:
        return self.max_disruptive is not None or bool(self.protected) or self.has_purge_default

    @property
    def counts_groups(self) -> bool:
        """Whether a guard looks at all members of a group that loses some."""
        return self.keep_managers or (self.max_leaving is not None and self.max_leaving.is_percentage)

    @property
    def is_empty(self) -> bool:
        """Whether no guard depends on anything but the changes of the plan."""
        return not (self.min_admins or self.required_admins)


def _limit(name: str, value: Any) -> Limit | None:
    if value is None or str(value).strip() == "":
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(%?)", str(value).strip())
    is_percentage = bool(match and match.group(2))
    if not match or (float(match.group(1)) > 100 if is_percentage else "." in match.group(1)):
        raise InputError(
            f"guards.{name} must be a count such as 5, or a percentage such as 10%, not '{str(value)}'.",
            option=f"guards.{name}",
        )
    return Limit(float(match.group(1)), is_percentage)


# -- what is disruptive --------------------------------------------------------------------------------------------


def disruptions(entry: PlanEntry, role_ranks: dict[str, float]) -> list[str]:
    """Return why an entry is disruptive, in words that follow "would be" or stand alone; empty if it is not."""
    if entry.kind != MEMBER:
        return []
    if entry.action == REMOVED:
        return ["removed"]
    if entry.member is None:
        return []
    rules = (
        ("content transferred", entry.transfers_content),
        ("disabled", entry.before("enabled") is not False and entry.wanted.get("enabled") is False),
        ("loses administrator role", entry.loses_administrator),
        *((f"lower {name.replace('_', ' ')}", True) for name in _lowered_beside_administrator(entry, role_ranks)),
        ("credits below the amount spent", _cuts_below_spent(entry)),
        ("credits limited", entry.before("credits") == UNLIMITED and isinstance(entry.wanted.get("credits"), float)),
        ("new password", "password" in entry.changes),
        ("another idp_username", "idp_username" in entry.changes),
        ("without categories", _loses_categories(entry)),
        ("leaves a group", any(part is None for part in lost_parts(entry).values())),
        ("loses an add-on license", loses_add_ons(entry)),
        ("no manager of a group any more", any(part is not None for part in lost_parts(entry).values())),
    )
    return [word for word, applies in rules if applies]


def _lowered_beside_administrator(entry: PlanEntry, role_ranks: dict[str, float]) -> list[str]:
    return [name for name in lowered_fields(entry, role_ranks) if not (name == "role" and entry.loses_administrator)]


def lowered_fields(entry: PlanEntry, role_ranks: dict[str, float]) -> list[str]:
    """Return the fields of an entry that become lower. A change between values without a known rank counts."""
    ranks: dict[str, dict[str, Any]] = {"role": role_ranks, "user_type": USER_TYPE_RANKS, "level": LEVEL_RANKS}
    lowered = []
    for name, rank in ranks.items():
        if name in entry.changes and entry.member is not None:
            before, after = rank.get(entry.before(name)), rank.get(entry.wanted[name])
            if before is None or after is None or after < before:
                lowered.append(name)
    return lowered


def lowers_seat(entry: PlanEntry) -> bool:
    """Return whether the user type or level becomes lower, so that a lower role must be set first."""
    return bool({"user_type", "level"}.intersection(lowered_fields(entry, {})))


def _cuts_below_spent(entry: PlanEntry) -> bool:
    wanted, spent = entry.wanted.get("credits"), entry.before("credits_spent")
    return isinstance(wanted, float) and isinstance(spent, float) and wanted < spent


def _loses_categories(entry: PlanEntry) -> bool:
    return "categories" in entry.changes and bool(entry.changes["categories"][0]) and not entry.wanted["categories"]


def lost_parts(entry: PlanEntry) -> dict[str, str | None]:
    """Return the groups that a member leaves (None) or manages no longer, by label."""
    if entry.kind != MEMBER or entry.member is None:
        return {}
    before = parts_of(entry.before("groups") or ())
    return {
        label: part
        for label, part in entry.wanted.get("groups", ())
        if label in before and (part is None or before[label] == PART_MANAGER)
    }


def loses_add_ons(entry: PlanEntry) -> bool:
    """Return whether a member loses an entitlement of a listing, or an app bundle."""
    before = entry.before("add_ons") or ()
    return any(not held(before, label) <= set(targets) for label, targets in entry.wanted.get("add_ons", ()))


# -- the checks ----------------------------------------------------------------------------------------------------


def guard_errors(plan: Plan, facts: Facts, guards: Guards, organization: Organization) -> list[PortalOpsError]:
    """Return what the guards object to in a plan, of all members together."""
    acting = [entry for entry in plan.acting if entry.kind == MEMBER]
    reasons = {entry: words for entry in acting if (words := disruptions(entry, facts.role_ranks))}
    return [
        *_signed_in_account_errors(reasons, organization),
        *_protected_errors(reasons, guards),
        *_administrator_errors(acting, facts, guards),
        *_limit_errors(acting, reasons, facts, guards),
        *_group_errors(acting, facts, guards),
        *_group_setting_errors(plan, guards),
    ]


def _group_errors(acting: list[PlanEntry], facts: Facts, guards: Guards) -> Iterable[PortalOpsError]:
    """Return errors of groups that lose too many members or their last manager, or that are protected."""
    leaving: dict[str, list[PlanEntry]] = {}
    for entry in acting:
        for label, part in lost_parts(entry).items():
            if part is None:
                leaving.setdefault(label, []).append(entry)
    for label, entries in sorted(leaving.items()):
        parts = facts.group_parts.get(label)
        total = None if parts is None else len(parts)
        if guards.max_leaving is not None and not guards.max_leaving.allows(len(entries), total):
            share = f"{len(entries)} of {total} members" if total else plural(len(entries), "member")
            yield GuardError(
                f"guards.max_leaving: {share} would leave group '{label}', and the limit is "
                f"{guards.max_leaving}: {join_names([entry.name for entry in entries])}.",
                guard="max_leaving",
                group=label,
                count=len(entries),
                total=total,
                limit=str(guards.max_leaving),
                members=[entry.name for entry in entries],
                remedy="Check the roster, or raise the limit for this run.",
            )
    yield from _protected_group_errors(acting, facts, guards)
    if guards.keep_managers:
        for label in sorted(facts.group_parts):
            yield from _last_manager_error(label, acting, facts)


def _group_setting_errors(plan: Plan, guards: Guards) -> Iterable[PortalOpsError]:
    """Return errors of changes and deletions of groups themselves. A new group is nothing to protect yet."""
    acting = [entry for entry in plan.groups if entry.action in (CHANGED, REMOVED)]
    for entry in acting:
        if guards.protected_groups.match(entry.name, entry.group):
            yield entry.error(
                GuardError,
                f"guards.protected_groups: The plan {'deletes' if entry.action == REMOVED else 'changes'} this group.",
                guard="protected_groups",
                remedy="Remove the change, or remove the group from guards.protected_groups.",
            )
    for entry in acting:
        if entry.group is not None and "owner" in entry.wanted and guards.protects(entry.group.owner):
            yield entry.error(
                GuardError,
                f"guards.protected: The plan takes this group from its owner {entry.group.owner}.",
                guard="protected",
                remedy="Remove owner from the group, or remove the member from guards.protected.",
            )
    limit = guards.max_removals
    removed = sorted((entry.name for entry in acting if entry.action == REMOVED), key=str.casefold)
    if limit is not None and not limit.is_percentage and len(removed) > limit.number:
        yield GuardError(
            f"guards.max_removals: {plural(len(removed), 'group')} would be removed, and the limit is {limit}: "
            f"{join_names(removed)}.",
            guard="max_removals",
            count=len(removed),
            limit=str(limit),
            groups=removed,
            remedy="Check the task, or raise the limit for this run.",
        )


def _protected_group_errors(acting: list[PlanEntry], facts: Facts, guards: Guards) -> Iterable[PortalOpsError]:
    for entry in acting:
        labels = [
            label
            for label, _part in entry.wanted.get("groups", ())
            if guards.protected_groups.match(label, facts.changed_groups.get(label))
        ]
        if labels:
            yield entry.error(
                GuardError,
                f"guards.protected_groups: The plan changes the membership of {join_names(labels)}.",
                guard="protected_groups",
                groups=labels,
                remedy="Remove the group from the entry or from managed_groups, or from guards.protected_groups.",
            )


def _last_manager_error(label: str, acting: list[PlanEntry], facts: Facts) -> Iterable[PortalOpsError]:
    managers = {key for key, part in facts.group_parts[label].items() if part == PART_MANAGER}
    losing = [entry for entry in acting if entry.action == REMOVED or label in lost_parts(entry)]
    entries = [entry for entry in losing if entry.key in managers]
    gained = {entry.key for entry in acting if (label, PART_MANAGER) in entry.wanted.get("groups", ())}
    disabled = {entry.key for entry in acting if entry.wanted.get("enabled") is False}
    if entries and not managers.difference(entry.key for entry in entries) - disabled | gained:
        yield GuardError(
            f"guards.keep_managers: Group '{label}' would have no manager besides its owner: "
            f"{join_names([entry.name for entry in entries])}.",
            guard="keep_managers",
            group=label,
            members=[entry.name for entry in entries],
            remedy="Name another manager of the group in the roster.",
        )


def _limit_errors(
    acting: list[PlanEntry], reasons: dict[PlanEntry, list[str]], facts: Facts, guards: Guards
) -> Iterable[PortalOpsError]:
    removed: Reasons = {entry.name: ["removed"] for entry in acting if entry.action == REMOVED}
    created: Reasons = {entry.name: ["created"] for entry in acting if entry.action == CREATED}
    disruptive: Reasons = {entry.name: words for entry, words in reasons.items()}
    checks = (
        ("max_disruptive", guards.max_disruptive, "be disrupted", disruptive),
        ("max_removals", guards.max_removals, "be removed", removed),
        ("max_created", guards.max_created, "be created", created),
    )
    for name, limit, verb, entries in checks:
        error = limit_error(name, limit, verb, entries, facts.total)
        if error is not None:
            yield error
    if guards.has_purge_default:
        purged = [entry for entry in acting if entry.is_purged or entry.action in (REMOVED, DISABLED)]
        yield from _purge_error(purged, facts.total, guards.purge_limits)


def limit_error(name: str, limit: Limit | None, verb: str, entries: Reasons, total: int | None) -> GuardError | None:
    """Return the error if so many entries exceed a limit.

    Args:
        name: Suboption of ``guards``.
        limit: The limit, or None for none.
        verb: What would happen, such as ``be removed``.
        entries: Reasons by username.
        total: Members of the organization, or None if they were not counted.
    """
    count = len(entries)
    if limit is None or limit.allows(count, total):
        return None
    share = f"{count} of {total} members ({100 * count / total:.1f}%)" if total else plural(count, "member")
    names = join_names([f"{who} ({join_words(words)})" for who, words in entries.items()])
    return GuardError(
        f"guards.{name}: {share} would {verb}, and the limit is {limit}: {names}.",
        guard=name,
        count=count,
        total=total,
        limit=str(limit),
        members=list(entries),
        remedy="Check the roster, or raise the limit for this run.",
    )


def _purge_error(entries: list[PlanEntry], total: int | None, limits: tuple[str, ...]) -> Iterable[PortalOpsError]:
    allowed = max(PURGE_COUNT, int((total or 0) * PURGE_PERCENT / 100))
    if not any(entry.is_purged for entry in entries) or len(entries) <= allowed:
        return
    yield GuardError(
        f"The purge would remove or disable {len(entries)} of {total} members, and without a guard the limit is "
        f"{allowed}: {join_names([entry.name for entry in entries])}.",
        guard="purge",
        count=len(entries),
        total=total,
        limit=str(allowed),
        members=[entry.name for entry in entries],
        remedy=f"Check the roster. To allow more, set {' or '.join(f'guards.{name}' for name in limits)}.",
    )


def _protected_errors(reasons: dict[PlanEntry, list[str]], guards: Guards) -> Iterable[PortalOpsError]:
    for entry, words in reasons.items():
        if guards.protects(entry.key):
            yield entry.error(
                GuardError,
                f"Matches guards.protected, but the plan has a disruptive change: {join_words(words)}.",
                guard="protected",
                remedy="Remove the change, or remove the member from guards.protected.",
            )


def _signed_in_account_errors(
    reasons: dict[PlanEntry, list[str]], organization: Organization
) -> Iterable[PortalOpsError]:
    """Return errors if the run would cost the signed-in account its access."""
    harmless = {
        "credits below the amount spent",
        "credits limited",
        "without categories",
        "leaves a group",
        "no manager of a group any more",
    }
    for entry, words in reasons.items():
        harmful = [word for word in words if word not in harmless]
        if entry.key == organization.account.key and harmful:
            yield entry.error(
                GuardError,
                f"The plan changes the account that is signed in: {join_words(harmful)}.",
                guard="signed_in_account",
                remedy="Remove the change, or run with the account of another administrator.",
            )


def _administrator_errors(acting: list[PlanEntry], facts: Facts, guards: Guards) -> Iterable[PortalOpsError]:
    """Return errors about administrators that would remain; one promoted in this run has not proved to sign in."""
    if facts.admins is None:
        return
    losing = [entry for entry in acting if entry.loses_administrator]
    remaining = facts.admins - {entry.key for entry in losing}
    joining = {
        entry.key
        for entry in acting
        if entry.after("role") == ADMINISTRATOR and entry.after("enabled") is not False and entry.action != REMOVED
    }
    after = remaining | joining
    if losing and not remaining:
        names = [entry.name for entry in losing]
        yield GuardError(
            f"No current administrator would remain: {join_names(names)} would lose administrator access.",
            guard="last_administrator",
            members=names,
            remedy="Keep at least one current administrator enabled.",
        )
    if guards.min_admins is not None and len(after) < guards.min_admins:
        yield GuardError(
            f"guards.min_admins: {len(after)} administrators would remain, and the limit is {guards.min_admins}.",
            guard="min_admins",
            count=len(after),
            limit=guards.min_admins,
            remedy="Add administrators to the roster, or lower guards.min_admins.",
        )
    for name in guards.required_admins:
        if member_key(name) not in after:
            yield GuardError(
                f"{name}: guards.required_admins names this member, who would not be an enabled administrator.",
                guard="required_admins",
                member=name,
                remedy="Set role to org_admin and enabled to true for the member.",
            )
