# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Groups and memberships: as a task names them, and as the portal has them. Pure.

A membership is a text that rosters, plans, and results share: ``Field crews`` for a member of the group, and
``Leads [manager]`` for a manager. A group is written as its title, or as its ID where another group can be meant.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import InputError
from ansible_collections.portalops.arcgis.plugins.module_utils._model.names import did_you_mean, near_names
from ansible_collections.portalops.arcgis.plugins.module_utils._model.parsers import (
    FieldError,
    parse_flag,
    parse_required_text,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.wording import join_names

#: Parts of a member in a group.
PART_MEMBER = "member"
PART_MANAGER = "manager"
PART_OWNER = "owner"

#: Names that the portal takes in one request about the members of a group (portal-rest-api-2.md, section 1.5).
NAMES_PER_REQUEST = 25
#: Groups that a member can be in (portal-rest-api-2.md, section 1.3).
MAX_GROUPS = 512
#: Capability of groups whose members can update all items.
SHARED_UPDATE = "updateitemcontrol"

_ID = re.compile(r"[0-9a-f]{32}")
_SUFFIX = re.compile(r"(.*\S)\s*\[(manager|owner)\]", re.DOTALL)
_WORDS = ("set", "add", "remove")


class GroupName(NamedTuple):
    """A group as a roster entry names it: title or ID, and whether the member is a manager."""

    name: str
    is_manager: bool


class Group:
    """A group as the portal has it.

    id: 32 hexadecimal digits; title; owner: key of the owner; is_linked: whether an identity provider fills it;
    is_foreign: whether it belongs to another organization; is_shared_update: whether its members can update all items;
    hides_members: whether only its managers and administrators see its members; can_manage: whether the signed-in
    account owns or manages it; row: the portal's own row; is_new: whether this run still has to create it. ``id`` then
    stands for the ID that the portal gives.
    """

    __slots__ = (
        "can_manage",
        "hides_members",
        "id",
        "is_foreign",
        "is_linked",
        "is_new",
        "is_shared_update",
        "owner",
        "row",
        "title",
    )

    def __init__(self, row: Mapping[str, Any], *, owner: str, is_foreign: bool = False, is_new: bool = False) -> None:
        """Read a group object (portal-rest-api-2.md, section 1.1).

        Args:
            row: The object.
            owner: Key of the owner.
            is_foreign: Whether the group belongs to another organization.
            is_new: Whether this run still has to create the group.
        """
        self.row = row
        self.is_new = is_new
        self.id = str(row.get("id") or "")
        self.title = str(row.get("title") or self.id).strip()
        self.owner = owner
        self.is_foreign = is_foreign
        self.is_linked = bool(row.get("provider"))
        self.is_shared_update = SHARED_UPDATE in (row.get("capabilities") or ())
        self.hides_members = row.get("hiddenMembers") is True
        membership = row.get("userMembership")
        part = membership.get("memberType") if isinstance(membership, dict) else None
        self.can_manage = part in ("owner", "admin")


# -- memberships as texts ------------------------------------------------------------------------------------------


def membership(label: str, part: str) -> str:
    """Return the text of a membership."""
    return label if part == PART_MEMBER else f"{label} [{part}]"


def parts_of(texts: Iterable[str]) -> dict[str, str]:
    """Return the parts of a member by group, from the texts of memberships."""
    parts = {}
    for text in texts:
        match = _SUFFIX.fullmatch(text)
        parts[match.group(1) if match else text] = match.group(2) if match else PART_MEMBER
    return parts


def memberships(parts: Mapping[str, str]) -> tuple[str, ...]:
    """Return the sorted texts of memberships, without groups that the member owns."""
    return tuple(sorted((membership(*item) for item in parts.items() if item[1] != PART_OWNER), key=str.casefold))


#: What changes of the memberships of a member: the part in each group, or None to leave it.
PartChanges = tuple[tuple[str, "str | None"], ...]


def reaches(texts: Iterable[str] | None, changes: PartChanges) -> bool:
    """Return whether memberships are as changes make them, whatever the other groups of the member are."""
    parts = parts_of(texts or ())
    return all(parts.get(label) == part for label, part in changes)


def restricted(texts: Iterable[str] | None, changes: PartChanges) -> PartChanges:
    """Return the parts of a member in the groups that change, in the form of changes."""
    parts = parts_of(texts or ())
    return tuple((label, parts.get(label)) for label, _part in changes)


# -- what a task says ----------------------------------------------------------------------------------------------


def parse_groups(value: Any) -> dict[str, list[GroupName]]:
    """Parse groups to set, add, or remove. A plain list sets.

    Raises:
        FieldError: If the value has another form, or names a group twice.
    """
    if isinstance(value, str):
        value = [part for part in value.split(";") if part.strip()]
    if isinstance(value, (list, tuple)):
        value = {"set": value}
    if not isinstance(value, dict) or set(value) - set(_WORDS):
        raise FieldError(
            "must be a list of groups, or a mapping of set, add, and remove", "Write {add: [Field crews]}."
        )
    change = {word: _names(word, names) for word, names in value.items() if names is not None}
    if not change:
        raise FieldError("must contain set, add, or remove", "Leave the field out to keep the current groups.")
    if "set" in change and len(change) > 1:
        raise FieldError("contains set together with add or remove", "Use set alone.")
    return change


def _names(word: str, items: Any) -> list[GroupName]:
    if isinstance(items, str):
        items = [part for part in items.split(";") if part.strip()]
    if not isinstance(items, (list, tuple)):
        raise FieldError(f"has no list of groups below {word}", f"Write {{{word}: [Field crews]}}.")
    names: dict[str, GroupName] = {}
    for item in items:
        name = _name(item)
        if word == "remove" and name.is_manager:
            raise FieldError(f"has a manager in remove: '{name.name}'", "Name the group alone.")
        if names.setdefault(name.name, name) != name:
            raise FieldError(f"names '{name.name}' as a member and as a manager", "Remove one of them.")
    return list(names.values())


def _name(item: Any) -> GroupName:
    if isinstance(item, dict):
        if not {"group"} <= item.keys() <= {"group", "manager"}:
            raise FieldError(
                "has a group that is not a title, an ID, or a mapping with the keys group and manager",
                "Write the title, or a mapping such as group: Leads, manager: true.",
            )
        try:
            is_manager = parse_flag(item.get("manager") or False)
        except FieldError:
            raise FieldError("has a manager that is not true or false", "Write manager: true.") from None
        return GroupName(_title(item["group"]), is_manager)
    text = _title(item)
    match = _SUFFIX.fullmatch(text)
    if match and match.group(2) == PART_MANAGER:
        return GroupName(match.group(1), True)
    return GroupName(text, False)


def _title(value: Any) -> str:
    try:
        return parse_required_text(value)
    except FieldError as error:
        remedy = "Write a title or an ID." if value in (None, "") else "Correct the title, or use the ID of the group."
        raise FieldError(f"has a group whose title {error}", remedy) from None


# -- names of groups -----------------------------------------------------------------------------------------------


def _is_roster_text(title: str) -> bool:
    """Return whether a roster can contain a title; the portal stores characters that rosters reject."""
    try:
        return parse_required_text(title) == title
    except FieldError:
        return False


class GroupTable:
    """The groups of the organization that the signed-in account sees, and groups that were read by ID."""

    def __init__(self, groups: Iterable[Group]) -> None:
        self.by_id = {group.id: group for group in groups}
        self._by_title: dict[str, list[Group]] = {}
        for group in self.by_id.values():
            # A group of another organization has a name in that organization: here, only its ID means it.
            if group.is_foreign:
                continue
            self._by_title.setdefault(_folded(group.title), []).append(group)

    def label(self, group: Group) -> str:
        """Return the name of a group in rosters and results: its title where that is clear, else its ID."""
        same = self._by_title.get(_folded(group.title), [])
        is_clear = same == [group] and not _SUFFIX.fullmatch(group.title) and not is_id(group.title)
        return group.title if is_clear and ";" not in group.title and _is_roster_text(group.title) else group.id

    def with_groups(self, groups: Iterable[Group], without: Iterable[str] = ()) -> GroupTable:
        """Return a table with other groups, or other states of them.

        Args:
            groups: Groups that are added, or replace those with the same ID.
            without: IDs of groups that the table loses.
        """
        by_id = {**self.by_id, **{group.id: group for group in groups}}
        gone = set(without)
        return GroupTable(group for group in by_id.values() if group.id not in gone)

    def find(self, name: str) -> list[Group]:
        """Return the groups that a title or ID can mean: by ID, by title without case, then by exact title."""
        text = name.strip()
        if text in self.by_id:
            return [self.by_id[text]]
        groups = self._by_title.get(_folded(text), [])
        exact = [group for group in groups if group.title == text]
        return exact if len(groups) > 1 and exact else groups

    def resolve(self, name: str, option: str = "groups") -> Group:
        """Return the group that a title or ID means.

        Raises:
            InputError: If no group or several groups have this title.
        """
        groups = self.find(name)
        if len(groups) == 1:
            return groups[0]
        if groups:
            choices = join_names([f"{group.id} (owner {group.owner})" for group in groups])
            raise InputError(
                f"{len(groups)} groups have the title '{name}': {choices}.", option=option, remedy="Use the ID of one."
            )
        titles = [group.title for group in self.by_id.values()]
        raise InputError(
            f"{'' if option == 'groups' else f'{option}: '}Group '{name}' does not exist.",
            option=option,
            remedy=did_you_mean(near_names(name, titles))
            or "Use the title or ID of a group that the account can see. A new group is first found by its ID only.",
        )


class GroupPatterns:
    """Titles, IDs, and patterns with ``*`` and ``?`` of an option. Case-insensitive."""

    def __init__(self, names: Iterable[str], option: str) -> None:
        """Read the names.

        Raises:
            InputError: If a name is blank, or was a list or a mapping, which Ansible has turned into text.
        """
        self.names = [str(name).strip() for name in names]
        self.option = option
        if any(not name or name.startswith(("['", "{'")) for name in self.names):
            raise InputError(
                f"{option}: A name is blank, or is a list or a mapping.",
                option=option,
                remedy="Write a title, an ID, or a pattern per entry.",
            )

    def match(self, label: str, group: Group | None) -> bool:
        """Return whether a title, ID, or pattern means a group."""
        # IDs are random, so a pattern that matched them would match groups by chance.
        title = _folded(group.title if group else label)
        texts = {title, _folded(label), group.id if group else ""}
        return any(
            bool(_pattern(name).fullmatch(title)) if is_pattern(name) else _folded(name) in texts for name in self.names
        )

    def check(self, table: GroupTable) -> None:
        """Raise InputError if a title or ID is that of no group: a guard with a wrong name protects nothing."""
        for name in self.names:
            if not is_pattern(name) and not table.find(name):
                table.resolve(name, self.option)

    def groups(self, table: GroupTable) -> list[Group]:
        """Return the groups that the option names.

        Raises:
            InputError: If a title or ID is that of no group or of several groups.
        """
        chosen: dict[str, Group] = {}
        for name in self.names:
            if is_pattern(name):
                pattern = _pattern(name)
                chosen.update(
                    (group.id, group) for group in table.by_id.values() if pattern.fullmatch(_folded(group.title))
                )
            else:
                group = table.resolve(name, self.option)
                chosen[group.id] = group
        return list(chosen.values())


def _pattern(name: str) -> re.Pattern[str]:
    """Return what a title, ID, or pattern matches; only ``*`` and ``?`` are special."""
    marks = {"*": ".*", "?": "."}
    return re.compile("".join(marks.get(character) or re.escape(character) for character in _folded(name)), re.DOTALL)


def _folded(text: str) -> str:
    """Return a title or ID as it is compared: without case, and with composed characters."""
    return unicodedata.normalize("NFC", text.strip().casefold())


def is_pattern(text: str) -> bool:
    """Return whether a name is a pattern with ``*`` or ``?``."""
    return "*" in text or "?" in text


def is_id(text: str) -> bool:
    """Return whether a text has the form of the ID of a group."""
    return bool(_ID.fullmatch(text))


class ManagedGroups:
    """The groups whose memberships a run compares and changes.

    table: all groups that were read; groups: those whose members are read, by label; labels: those of managed groups;
    owners: (label, member key) of owners that the run makes, by creating a group or by changing its owner. Groups that
    are linked to an identity provider and groups of other organizations are never managed.
    """

    def __init__(
        self,
        table: GroupTable,
        managed: Collection[Group],
        owners: Collection[tuple[str, str]] = (),
        *,
        reads_all: bool = False,
    ) -> None:
        """Choose the groups.

        Args:
            table: The groups that were read.
            managed: Groups that the task manages.
            owners: Owners that the run makes.
            reads_all: Whether the members of all groups in the table matter, because members leave all their groups.
        """
        self.table = table
        self.owners = frozenset(owners)
        self.groups = _changeable(table, table.by_id.values() if reads_all else managed)
        self.labels = frozenset(_changeable(table, managed))

    def with_groups(self, groups: Iterable[Group]) -> ManagedGroups:
        """Return a copy that also has groups whose members are read, but which are not managed."""
        known = {group.id for group in self.groups.values()}
        copy = ManagedGroups(self.table.with_groups(groups), (), self.owners)
        added = {
            group.id if (label := copy.table.label(group)) in self.groups else label: group
            for group in groups
            if group.id not in known
        }
        copy.groups, copy.labels = {**self.groups, **added}, self.labels
        return copy


def _changeable(table: GroupTable, groups: Iterable[Group]) -> dict[str, Group]:
    return {table.label(group): group for group in groups if not group.is_linked and not group.is_foreign}


def group_names(changes: Iterable[Mapping[str, list[GroupName]]]) -> set[str]:
    """Return every group name in desired changes of memberships."""
    return {item.name for change in changes for names in change.values() for item in names}


def managed_names(change: Mapping[str, list[GroupName]]) -> list[str]:
    """Return the names of groups that a change makes the member a manager of."""
    return [name.name for names in change.values() for name in names if name.is_manager]


def contradictions(change: Mapping[str, list[GroupName]], labels: Mapping[str, str]) -> list[str]:
    """Return the labels of groups that a change names in two ways, for example by title and by ID.

    Args:
        change: Desired memberships.
        labels: Label of each group name in ``change``.
    """
    ways: dict[str, set[tuple[bool, bool]]] = {}
    for word, names in change.items():
        for name in names:
            ways.setdefault(labels[name.name], set()).add((word == "remove", name.is_manager))
    return sorted(label for label, found in ways.items() if len(found) > 1)


def part_changes(
    change: Mapping[str, list[GroupName]],
    named: Mapping[str, str],
    current: Mapping[str, str],
    managed: Collection[str],
) -> PartChanges:
    """Return what differs between desired and current memberships.

    Args:
        change: Desired memberships.
        named: Label of each group name in ``change``.
        current: Parts of the member in managed groups, by label.
        managed: Labels of managed groups. An exact list is exact among them only.
    """
    wanted: dict[str, str | None] = {}
    if "set" in change:
        wanted = {label: None for label in managed if label in current}
    for word in ("set", "add"):
        for name in change.get(word, ()):
            label = named[name.name]
            keeps_manager = word == "add" and current.get(label) == PART_MANAGER
            wanted[label] = PART_MANAGER if name.is_manager or keeps_manager else PART_MEMBER
    for name in change.get("remove", ()):
        wanted[named[name.name]] = None
    return tuple(
        sorted(
            (label, part)
            for label, part in wanted.items()
            if current.get(label) != part and current.get(label) != PART_OWNER
        )
    )
