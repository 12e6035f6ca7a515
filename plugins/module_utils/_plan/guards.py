# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it may change in any release.

"""What stops a plan before the first write: limits of the task, and blockers of the portal. Pure functions."""

from __future__ import annotations

import fnmatch
import re

from ansible_collections.portalops.arcgis.plugins.module_utils._current.organization import (
    ADMINISTRATOR,
    BUILTIN_ROLES,
    LEVEL_OF_SEAT,
    fits,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._errors import (
    Blocked,
    GuardError,
    InputError,
    PermissionDenied,
    PortalOpsError,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import member_key
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.planner import (
    BELONGINGS,
    CREATED,
    FAILED,
    REMOVED,
    lowers,
    owns,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.schedule import carried, seat_plan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Callable

    from ansible_collections.portalops.arcgis.plugins.module_utils._current.organization import Organization
    from ansible_collections.portalops.arcgis.plugins.module_utils._plan.planner import Entry, Plan

NAMES_SHOWN = 20


class Policy:
    """The limits of a task.

    max_disruptive, max_removals: a count such as C(5), or a share such as C(10%) of the organization's members;
    min_admins: administrators that have to remain; protected: usernames or patterns that nothing disruptive may touch;
    required_admins: usernames that have to be administrators afterwards. None or empty: no such limit.
    """

    def __init__(self, options: dict[str, Any] | None = None) -> None:
        given = options or {}
        self.max_disruptive = _limit("max_disruptive", given.get("max_disruptive"))
        self.max_removals = _limit("max_removals", given.get("max_removals"))
        self.min_admins: int | None = given.get("min_admins")
        self.protected = [str(name) for name in given.get("protected") or ()]
        self.required_admins = [str(name) for name in given.get("required_admins") or ()]
        self._patterns = [re.compile(fnmatch.translate(member_key(name))) for name in self.protected]
        if self.min_admins is not None and self.min_admins < 1:
            raise InputError(
                "guards.min_admins must be 1 or more", option="guards.min_admins", remedy="set it to 1 or more"
            )

    def protects(self, key: str) -> bool:
        return any(pattern.match(key) for pattern in self._patterns)

    def over(self, name: str, what: str, entries: dict[str, list[str]], total: int | None) -> GuardError | None:
        """The error if so many entries (with the reasons for each) are over the limit called C(name)."""
        limit: tuple[float, bool] | None = getattr(self, name)
        if limit is None:
            return None
        number, percent = limit
        count = len(entries)
        share = 100 * count / total if total else 100.0
        if not count or (share <= number if percent else count <= number):
            return None
        of_all = f"{share:.1f}% ({count}/{total})" if total else str(count)
        allowed = f"{number:g}%" if percent else f"{number:g}"
        names = some([f"{who} ({_and(words)})" for who, words in entries.items()])
        return GuardError(
            f"too many {what}: {of_all} is over the limit of {allowed}: {names}",
            guard=name,
            count=count,
            total=total,
            limit=allowed,
            members=list(entries),
            remedy=f"correct what is wanted, or raise guards.{name} after a review",
        )

    @property
    def counts_disruptive(self) -> bool:
        return self.max_disruptive is not None or bool(self.protected)


def _limit(name: str, text: Any) -> tuple[float, bool] | None:
    """(number, whether it is a percentage) from C(5) or C(10%)."""
    if text is None or text == "":
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(%?)", str(text).strip())
    if not match or (match.group(2) and float(match.group(1)) > 100) or (not match.group(2) and "." in match.group(1)):
        raise InputError(
            f"guards.{name} must be a count such as 5 or a share such as 10%, not {text!r}",
            option=f"guards.{name}",
            remedy="write a count or a percentage",
        )
    return float(match.group(1)), bool(match.group(2))


class Facts:
    """What was read only because the plan needs it (see C(needs)); None or missing: not known.

    budgeting: whether members have allotments of credits, now or after this run; free: free seats by user type or
    level; pending: seats that invitations hold; owned: (items, groups) by key; licenses: add-on licenses by key; heirs:
    whether those named in transfer_to are members who can sign in, by key; leaving: keys of those who are removed,
    disabled or hand over what they own; admins: keys of enabled administrators; total: members of the organization;
    role_ranks: roles from narrow to wide; taken: usernames that ArcGIS Online would not give, with its suggestion.
    """

    def __init__(self) -> None:
        self.budgeting = False
        self.free: dict[str, int | None] = {}
        self.pending: dict[str, int] = {}
        self.owned: dict[str, tuple[int, int]] = {}
        self.licenses: dict[str, dict[str, list[str]]] = {}
        self.heirs: dict[str, bool] = {}
        self.leaving: set[str] = set()
        self.admins: set[str] | None = None
        self.total: int | None = None
        self.role_ranks: dict[str, float] = dict(BUILTIN_RANKS)
        self.taken: dict[str, str] = {}


BUILTIN_RANKS: dict[str, float] = {
    "org_admin": 9,
    "org_publisher": 5,
    "org_user": 4,
    "iBBBBBBBBBBBBBBB": 2,
    "iAAAAAAAAAAAAAAA": 1,
}


def rank_of_privileges(privileges: frozenset[str]) -> float:
    """Where a custom role stands among the built-in ones, by the widest privilege it has."""
    for prefix, rank in (
        ("portal:admin:", 6),
        ("portal:publisher:", 5),
        ("portal:user:createItem", 4),
        ("features:user:edit", 2),
    ):
        if any(privilege.startswith(prefix) for privilege in privileges):
            return rank
    return 1


class Needs:
    """Which facts a plan needs, so that nothing is read for a plan that does not."""

    def __init__(self, plan: Plan, policy: Policy) -> None:
        acting = plan.acting
        self.seats = any(
            entry.action == CREATED or {"user_type", "level"}.intersection(entry.changes) for entry in acting
        )
        self.leaving = [entry for entry in acting if entry.leaves]
        falling = [entry for entry in acting if _falls_to_first_level(entry)]
        self.owners = [*self.leaving, *falling]
        # User types say nothing of what members of theirs may not hold.
        self.holders = [*self.leaving, *(entry for entry in falling if "level" in entry.wanted)]
        self.admins = bool(policy.min_admins or policy.required_admins) or any(
            entry.loses_administrator for entry in acting
        )
        self.total = any(limit is not None and limit[1] for limit in (policy.max_disruptive, policy.max_removals))
        self.roles = sorted(
            {
                role
                for entry in acting
                if "role" in entry.changes and entry.member is not None
                for role in (entry.before("role"), entry.wanted["role"])
                if policy.counts_disruptive and role and role not in BUILTIN_ROLES
            }
        )
        self.heirs = sorted({entry.transfer_to for entry in self.leaving if entry.transfer_to})
        self.names = [entry.username for entry in acting if entry.action == CREATED]


def _falls_to_first_level(entry: Entry) -> bool:
    """Whether the member comes to a level (or a user type of it) at which nobody may own anything."""
    return entry.member is not None and any(
        LEVEL_OF_SEAT.get(entry.wanted.get(name, "")) == "1" != LEVEL_OF_SEAT.get(entry.before(name) or "")
        for name in ("user_type", "level")
    )


# -- the whole check -----------------------------------------------------------------------------------------------


def refusals(plan: Plan, facts: Facts, policy: Policy, organization: Organization) -> list[PortalOpsError]:
    """Everything that stands against a plan, of all members together; an empty list lets it pass."""
    acting = [entry for entry in plan.acting if entry.action != FAILED]
    found: list[PortalOpsError] = list(plan.all_problems())
    if organization.read_only and not plan.is_empty:
        found.append(
            Blocked("the portal is in read-only mode: every write would fail", remedy="wait until it is writable again")
        )
    for check in (_caller, _administrators_only, _creations, _fit, _credits_on, _owners, _licenses):
        for entry in acting:
            found.extend(check(entry, facts, organization))
    found.extend(_privileges(acting, organization))
    found.extend(_seats(acting, facts, organization))
    found.extend(_admins(acting, facts, policy))
    found.extend(_limits(acting, facts, policy))
    return found


# -- guards of the task --------------------------------------------------------------------------------------------


def disruptions(entry: Entry, role_ranks: dict[str, float]) -> list[str]:
    """Why an entry is disruptive, in words; an empty list if it is not."""
    if entry.action == REMOVED:
        return ["removed"]
    if entry.member is None:
        return []
    words = ["emptied"] if entry.hands_over else []
    if entry.before("enabled") and entry.wanted.get("enabled") is False:
        words.append("disabled")
    if entry.loses_administrator:
        words.append("demoted from administrator")
    words.extend(
        f"lower {name.replace('_', ' ')}"
        for name in lowers(entry, role_ranks)
        if not (name == "role" and entry.loses_administrator)
    )
    if _cuts_below_spent(entry):
        words.append("credits below what is spent")
    if "categories" in entry.changes and entry.changes["categories"][0] and not entry.wanted["categories"]:
        words.append("without categories")
    return words


def _cuts_below_spent(entry: Entry) -> bool:
    wanted, spent = entry.wanted.get("credits"), entry.before("credits_spent")
    return isinstance(wanted, float) and isinstance(spent, float) and wanted < spent


def _limits(entries: list[Entry], facts: Facts, policy: Policy) -> list[PortalOpsError]:
    disruptive = {entry: words for entry in entries if (words := disruptions(entry, facts.role_ranks))}
    by_name = {entry.username: words for entry, words in disruptive.items()}
    removed = {entry.username: ["removed"] for entry in entries if entry.action == REMOVED}
    over = (
        policy.over("max_disruptive", "disruptive changes", by_name, facts.total),
        policy.over("max_removals", "removals", removed, facts.total),
    )
    found: list[PortalOpsError] = [error for error in over if error is not None]
    found.extend(
        GuardError(
            f"{entry.username}: protected by guards.protected, but would be {_and(words)}",
            guard="protected",
            member=entry.username,
            index=entry.index,
            remedy="leave the member as it is, or take it out of guards.protected",
        )
        for entry, words in disruptive.items()
        if policy.protects(entry.key)
    )
    return found


def _admins(entries: list[Entry], facts: Facts, policy: Policy) -> list[PortalOpsError]:
    """The last administrator stays whoever joins: somebody promoted in the same run has not proved able to sign in."""
    if facts.admins is None:
        return []
    leaving = {entry.key for entry in entries if entry.loses_administrator}
    joining = {
        entry.key
        for entry in entries
        if entry.after("role") == ADMINISTRATOR and entry.after("enabled") is not False and entry.action != REMOVED
    }
    after = (facts.admins - leaving) | joining
    found: list[PortalOpsError] = []
    if leaving and not facts.admins - leaving:
        names = [entry.username for entry in entries if entry.loses_administrator]
        found.append(
            GuardError(
                f"no administrator of today would remain: {some(names)} would lose the role",
                guard="last_administrator",
                members=names,
                remedy="keep at least one of them an enabled administrator",
            )
        )
    if policy.min_admins is not None and len(after) < policy.min_admins:
        found.append(
            GuardError(
                f"{len(after)} administrators would remain, guards.min_admins asks for {policy.min_admins}",
                guard="min_admins",
                count=len(after),
                limit=policy.min_admins,
                remedy="name more administrators in the roster, or lower guards.min_admins",
            )
        )
    missing = [name for name in policy.required_admins if member_key(name) not in after]
    found.extend(
        GuardError(
            f"{name}: guards.required_admins asks for this administrator, who would not be one",
            guard="required_admins",
            member=name,
            remedy="give the member the role org_admin and keep it enabled",
        )
        for name in missing
    )
    return found


# -- what the portal would refuse ----------------------------------------------------------------------------------


def _caller(entry: Entry, facts: Facts, organization: Organization) -> Iterable[PortalOpsError]:
    """The calling account is never removed, disabled, demoted or lowered: the run would saw off its own branch."""
    if entry.key != organization.caller.key:
        return
    words = [
        word for word in disruptions(entry, facts.role_ranks) if not word.startswith(("credits", "without categories"))
    ]
    if words:
        yield GuardError(
            f"{entry.username}: the account this run signs in with would be {_and(words)}",
            guard="calling_account",
            member=entry.username,
            index=entry.index,
            remedy="leave the account as it is, or run with another administrator's account",
        )


def _administrators_only(entry: Entry, facts: Facts, organization: Organization) -> Iterable[PortalOpsError]:
    """Only administrators move anyone to or from Administrator, whatever other privileges the caller has."""
    if organization.caller.is_administrator or "role" not in entry.changes:
        return
    if ADMINISTRATOR in (entry.before("role"), entry.wanted["role"]):
        yield PermissionDenied(
            f"{entry.username}: only an administrator may give or take the role org_admin; "
            f"{organization.caller.username} is none",
            member=entry.username,
            index=entry.index,
            remedy="run with an administrator's account",
        )


_ONLINE_NAME = re.compile(r"[A-Za-z0-9._@-]{6,128}")
_ENTERPRISE_NAME = re.compile(r"[A-Za-z0-9._@-]{6,24}")
_DIRECTORY_NAME = re.compile(r"[^/<>\"'&?%#\x00-\x20]{1,128}")
_NEEDED = ("first_name", "last_name", "email")


def _creations(entry: Entry, facts: Facts, organization: Organization) -> Iterable[PortalOpsError]:
    """Username rule, required fields and free name of a new account."""
    if entry.action != CREATED:
        return
    external = entry.wanted.get("provider") == "enterprise"
    rule, words = _username_rule(organization.is_online, external)
    if not rule.fullmatch(entry.username):
        yield _blocked(
            entry,
            f"the username is not one {organization.product_name} takes: {words}",
            "username",
            "choose another username",
        )
    unclear = _unclear(entry)
    missing = [name for name in _required(organization, external) if not entry.wanted.get(name) and name not in unclear]
    if missing:
        yield _blocked(
            entry, f"a new account needs {_and(missing)}", missing[0], f"add {_and(missing)} for this member"
        )
    if external and entry.wanted.get("password"):
        yield _blocked(entry, "an enterprise account has no password at the portal", "password", "leave password out")
    suggestion = facts.taken.get(entry.key)
    if suggestion is not None:
        hint = f"; the portal suggests {suggestion}" if suggestion else ""
        yield _blocked(
            entry,
            f"this username is taken, by another organization or by an account that was once deleted{hint}",
            "username",
            "choose another username",
        )


def _unclear(entry: Entry) -> set[str]:
    """Fields whose value means nothing at the portal, which is said already."""
    return {str(problem.details.get("option")) for problem in entry.problems}


def _username_rule(online: bool, external: bool) -> tuple[Any, str]:
    if external:
        return _DIRECTORY_NAME, "no spaces and none of / < > \" ' & ? % #"
    if online:
        return _ONLINE_NAME, "6 to 128 letters, digits, or . _ @ -"
    return _ENTERPRISE_NAME, "6 to 24 letters, digits, or . _ @ -"


def _required(organization: Organization, external: bool) -> list[str]:
    needed = [*_NEEDED, "user_type" if organization.has_user_types else "level"]
    if external:
        needed.append("idp_username")
    elif not organization.is_online:
        needed.append("password")
    return needed


_SEAT_WORDS = {True: ("user_type", "user type", "creatorUT"), False: ("level", "level", "2")}


def _fit(entry: Entry, facts: Facts, organization: Organization) -> Iterable[PortalOpsError]:
    field, what, example = _SEAT_WORDS[organization.has_user_types]
    if entry.action == REMOVED or not {"role", field}.intersection(entry.changes) or _unclear(entry) & {"role", field}:
        return
    role = entry.after("role") or ("org_user" if entry.action == CREATED else "")
    seat = entry.after(field)
    if not fits(role, seat):
        word = BUILTIN_ROLES[role]
        yield _blocked(
            entry,
            f"the role {role} ({word}) does not go with the {what} {seat}",
            "role" if "role" in entry.changes else field,
            f"give a {what} such as {example}, or a role that goes with it",
        )


def _credits_on(entry: Entry, facts: Facts, organization: Organization) -> Iterable[PortalOpsError]:
    wanted = entry.wanted.get("credits")
    if wanted is None:
        return
    if not facts.budgeting:
        yield _blocked(
            entry,
            "the credit budget of the organization is off, so members have no allotments",
            "credits",
            "switch it on with portal_credits budgeting=true, or leave credits out",
        )
    pool = organization.available_credits
    if isinstance(wanted, float) and pool is not None and wanted - _spent(entry) > pool:
        yield _blocked(
            entry,
            f"credits {wanted:g} are more than the organization has: {pool:g}",
            "credits",
            "allot less, or buy credits",
        )


def _spent(entry: Entry) -> float:
    spent = entry.before("credits_spent")
    return spent if isinstance(spent, float) else 0.0


def _owners(entry: Entry, facts: Facts, organization: Organization) -> Iterable[PortalOpsError]:
    items, groups = facts.owned.get(entry.key, (0, 0))
    if not (items or groups):
        return
    said = f"owns {owns(items, groups)}"
    if entry.leaves and entry.transfer_to:
        yield from _heir(entry, facts)
    elif entry.leaves:
        why = f"cannot be removed: {said}" if entry.action == REMOVED else f"{said}, and nobody takes them over"
        yield _blocked(entry, why, "transfer_to", "name a member in transfer_to who takes them over")
    else:
        field = "level" if "level" in entry.wanted else "user_type"
        why = f"cannot fall to {field.replace('_', ' ')} {entry.wanted[field]}: {said} (the portal's ORG_1084)"
        yield _blocked(entry, why, field, "reassign them first")


def _heir(entry: Entry, facts: Facts) -> Iterable[PortalOpsError]:
    heir = str(entry.transfer_to)
    key = member_key(heir)
    if key == entry.key:
        why = "is the member itself"
    elif key in facts.leaving:
        why = "is removed, disabled or emptied in the same run"
    elif not facts.heirs.get(key, True):
        why = "is no member who can sign in"
    else:
        return
    yield _blocked(entry, f"transfer_to {heir} {why}", "transfer_to", "name another member in transfer_to")


def _licenses(entry: Entry, facts: Facts, organization: Organization) -> Iterable[PortalOpsError]:
    held = facts.licenses.get(entry.key, {})
    count = sum(len(items) for items in held.values())
    if entry.leaves and count and not organization.caller.may("portal:admin:manageLicenses"):
        yield _blocked(
            entry,
            f"holds {count} add-on licenses that must be revoked first, and {organization.caller.username} may not "
            "(portal:admin:manageLicenses)",
            "state",
            "revoke them, or run with an account that may",
        )
    elif count and not entry.leaves:
        yield _blocked(
            entry,
            f"cannot fall to level {entry.wanted['level']}: holds {count} add-on licenses",
            "level",
            "revoke them first",
        )


def _blocked(entry: Entry, why: str, field: str, remedy: str) -> Blocked:
    return Blocked(
        f"{entry.username}: {why}; {remedy}", member=entry.username, index=entry.index, field=field, remedy=remedy
    )


_NO_PROFILE = {"role", "enabled", "credits", "user_type", "level", "state", *BELONGINGS}
_PRIVILEGES: tuple[tuple[str, str, Callable[[Entry, set[str]], bool]], ...] = (
    ("change roles", "portal:admin:changeUserRoles", lambda entry, asked: "role" in asked),
    ("change profiles", "portal:admin:updateUsers", lambda entry, asked: bool(asked - _NO_PROFILE)),
    ("enable or disable members", "portal:admin:disableUsers", lambda entry, asked: "enabled" in asked),
    ("hand over content", "portal:admin:reassignUsers", lambda entry, asked: "content" in asked),
    ("remove members", "portal:admin:deleteUsers", lambda entry, asked: entry.action == REMOVED),
)


def _privileges(entries: list[Entry], organization: Organization) -> Iterable[PortalOpsError]:
    """Privileges the caller lacks for what the plan does, each with who needs it."""
    checks = list(_PRIVILEGES)
    if organization.is_online:
        checks.append(("create members", "portal:admin:inviteUsers", lambda entry, asked: entry.action == CREATED))
    caller = organization.caller
    # What a creation does not carry is asked for in requests of its own.
    asked = {
        entry: set(entry.changes).difference(carried(entry, organization) if entry.action == CREATED else ())
        for entry in entries
    }
    for what, privilege, concerns in checks:
        names = [entry.username for entry in entries if concerns(entry, asked[entry])]
        if names and not caller.may(privilege):
            yield PermissionDenied(
                f"{caller.username} may not {what} ({privilege}), which {len(names)} members need: {some(names)}",
                privilege=privilege,
                members=names,
                remedy=f"give the account a role with {privilege}, or run with an administrator's account",
            )
    if any(entry.action == CREATED for entry in entries) and not caller.may("portal:admin:viewUsers"):
        yield PermissionDenied(
            f"{caller.username} may not view all members (portal:admin:viewUsers), "
            "so an account that seems absent may exist",
            privilege="portal:admin:viewUsers",
            remedy="run with an administrator's account",
        )


def _seats(entries: list[Entry], facts: Facts, organization: Organization) -> Iterable[PortalOpsError]:
    what = "user type" if organization.has_user_types else "level"
    for seat, needed, free, cycle in seat_plan(entries, organization, facts.free).blocked:
        held = facts.pending.get(seat, 0)
        waiting = f", {held} held by invitations" if held else ""
        if cycle:
            seats = _and(list(cycle))
            why = f"members trade seats of {seats}, all full{waiting}, and no other {what} suits them meanwhile"
        elif free < 0:
            why = f"the {what} {seat} has {-free} seats less than are taken{waiting}"
        else:
            why = f"needs {needed} {seat}, {free} free{waiting}: the {what} {seat} has not enough seats"
        yield Blocked(
            why,
            user_type=seat if organization.has_user_types else None,
            level=None if organization.has_user_types else seat,
            needed=needed,
            free=free,
            held=held,
            remedy=f"free seats of {seat} in the same roster, or buy more",
        )


# -- words ---------------------------------------------------------------------------------------------------------


def _and(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def some(names: list[str]) -> str:
    more = len(names) - NAMES_SHOWN
    return ", ".join(names[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")
