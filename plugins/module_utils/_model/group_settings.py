# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""The settings of groups: one row each, as a task names them and as the portal has them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Callable

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import InputError, MultipleErrors
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import (
    NAME,
    member_key,
    portal_text,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.groups import SHARED_UPDATE, is_id
from ansible_collections.portalops.arcgis.plugins.module_utils._model.names import did_you_mean, near_names
from ansible_collections.portalops.arcgis.plugins.module_utils._model.parsers import (
    FieldError,
    parse_choice,
    parse_flag,
    parse_long_text,
    parse_recipient,
    parse_required_text,
    parse_tags,
    parse_text,
)

#: Parameters of the portal by the option ``join``.
_JOIN = {
    "by_invitation": {"isInvitationOnly": True, "autoJoin": False},
    "by_request": {"isInvitationOnly": False, "autoJoin": False},
    "open": {"isInvitationOnly": False, "autoJoin": True},
}
_CONTRIBUTORS = {"all_members": False, "managers": True}

Row = Mapping[str, Any]


class GroupSetting:
    """A setting of a group.

    name: the option; spec: its argument spec; parse: normal form of what the task says (raises FieldError); read:
    normal form of what the portal says; write: parameters of createGroup and update for a value, or None if another
    request writes it.
    """

    __slots__ = ("name", "parse", "read", "spec", "write")

    def __init__(
        self,
        name: str,
        spec: dict[str, Any],
        parse: Callable[[Any], Any],
        read: Callable[[Row], Any],
        write: Callable[[Any], dict[str, Any]] | None = None,
    ) -> None:
        self.name = name
        self.spec = spec
        self.parse = parse
        self.read = read
        self.write = write

    def same(self, current: Any, wanted: Any) -> bool:
        """Return whether a current value is the desired one."""
        if self.name == "owner":
            return member_key(str(current)) == member_key(str(wanted))
        return bool(current == wanted)


def _read_join(row: Row) -> str:
    if row.get("isInvitationOnly") is True:
        return "by_invitation"
    return "open" if row.get("autoJoin") is True else "by_request"


def _read_tags(row: Row) -> tuple[str, ...]:
    tags = row.get("tags")
    return parse_tags([tag for tag in tags if isinstance(tag, str)]) if isinstance(tags, list) else ()


def _choice(*choices: str) -> tuple[dict[str, Any], Callable[[Any], str]]:
    return {"type": "str", "choices": list(choices)}, parse_choice(*choices)


_TEXT = {"type": "str"}
_FLAG = {"type": "bool"}

SETTINGS: tuple[GroupSetting, ...] = (
    GroupSetting(
        "title", _TEXT, parse_required_text, lambda row: portal_text(row.get("title")), lambda value: {"title": value}
    ),
    GroupSetting(
        "summary", _TEXT, parse_text, lambda row: portal_text(row.get("snippet")), lambda value: {"snippet": value}
    ),
    GroupSetting(
        "description",
        _TEXT,
        parse_long_text,
        lambda row: portal_text(row.get("description")),
        lambda value: {"description": value},
    ),
    GroupSetting(
        "tags",
        {"type": "list", "elements": "str"},
        parse_tags,
        _read_tags,
        # A comma clears the tags (portal-rest-api-2.md, section 1.6).
        lambda value: {"tags": ",".join(value) or ","},
    ),
    GroupSetting(
        "access",
        *_choice("private", "org", "public"),
        lambda row: portal_text(row.get("access")),
        lambda value: {"access": value},
    ),
    GroupSetting("join", *_choice(*_JOIN), _read_join, lambda value: dict(_JOIN[value])),
    GroupSetting(
        "contributors",
        *_choice(*_CONTRIBUTORS),
        lambda row: "managers" if row.get("isViewOnly") is True else "all_members",
        lambda value: {"isViewOnly": _CONTRIBUTORS[value]},
    ),
    GroupSetting(
        "shared_update",
        _FLAG,
        parse_flag,
        lambda row: SHARED_UPDATE in (row.get("capabilities") or ()),
        lambda value: {"capabilities": SHARED_UPDATE if value else ""},
    ),
    GroupSetting("owner", NAME, parse_recipient, lambda row: portal_text(row.get("owner"))),
    GroupSetting("protected", _FLAG, parse_flag, lambda row: row.get("protected") is True),
)
SETTINGS_BY_NAME = {setting.name: setting for setting in SETTINGS}

#: Options that steer what is done, and are not settings of the portal.
CONTROLS: dict[str, tuple[dict[str, Any], Callable[[Any], Any]]] = {
    "keep_former_owner": (_FLAG, parse_flag),
    "state": _choice("present", "absent"),
    "delete_with_content": (_FLAG, parse_flag),
}

#: Settings that a group gets with its creation. Others follow with requests of their own.
CREATION_SETTINGS = tuple(setting.name for setting in SETTINGS if setting.write is not None)


def _parse_group_id(value: Any) -> str:
    text = parse_required_text(value).lower()
    if not is_id(text):
        raise FieldError("must have 32 hexadecimal digits", "Copy it from the address of the group's page.")
    return text


_PARSERS: dict[str, Callable[[Any], Any]] = {
    "group_id": _parse_group_id,
    **{setting.name: setting.parse for setting in SETTINGS},
    **{name: parse for name, (_spec, parse) in CONTROLS.items()},
}


def group_spec() -> dict[str, dict[str, Any]]:
    """Return the argument spec of one group, without defaults: an omitted option changes nothing."""
    return {
        "group_id": dict(_TEXT),
        **{setting.name: dict(setting.spec) for setting in SETTINGS},
        **{name: dict(spec) for name, (spec, _parse) in CONTROLS.items()},
    }


class DesiredGroup:
    """One group of a task: the settings that the task names, in normal form, and nothing else.

    index: position in the list, or None for the single form; option: the entry in messages, such as ``groups[0]``;
    title: title that finds the group, or its new title if ``group_id`` is given.
    """

    __slots__ = (
        "delete_with_content",
        "group_id",
        "index",
        "keep_former_owner",
        "option",
        "settings",
        "state",
        "title",
    )

    def __init__(self, index: int | None, option: str, values: dict[str, Any]) -> None:
        self.index = index
        self.option = option
        self.group_id: str | None = values.pop("group_id", None)
        self.title: str | None = values.get("title")
        self.state: str = values.pop("state", "present")
        self.keep_former_owner: bool | None = values.pop("keep_former_owner", None)
        self.delete_with_content: bool = values.pop("delete_with_content", False)
        self.settings = values

    @property
    def name(self) -> str:
        """Title or ID, as messages show it."""
        return str(self.title if self.group_id is None else self.group_id)

    def path(self, name: str) -> str:
        """Return an option of this entry as errors name it."""
        return f"{self.option}.{name}" if self.option else name


def desired_groups(
    entries: Iterable[Mapping[str, Any]],
    option: str,
    defaults: Mapping[str, Any] | None = None,
    place: Callable[[int], str] | None = None,
) -> list[DesiredGroup]:
    """Return the desired groups of entries, in their order.

    Args:
        entries: Options of each group. None stands for an omitted option.
        option: Option that contains the entries, or an empty text for the single form.
        defaults: Options that entries take if they omit them.
        place: Returns where in a file an entry stands. None without a file.

    Raises:
        InputError: If one thing is wrong.
        MultipleErrors: If several things are wrong.
    """
    errors: list[InputError] = []
    groups = []
    for index, entry in enumerate(entries):
        values = {**(defaults or {}), **{name: value for name, value in entry.items() if value is not None}}
        where = f" ({place(index)})" if place else ""
        path = f"{option}[{index}]" if option else ""
        group = _desired_group(index if option else None, path, values, where, errors)
        if group is not None:
            groups.append(group)
    errors.extend(_duplicates(groups))
    if errors:
        raise errors[0] if len(errors) == 1 else MultipleErrors(errors)
    return groups


def _desired_group(
    index: int | None, option: str, values: dict[str, Any], where: str, errors: list[InputError]
) -> DesiredGroup | None:
    count = len(errors)

    def add(name: str, statement: str, remedy: str = "") -> None:
        path = f"{option}.{name}" if option else name
        errors.append(InputError(f"{path} {statement}{where}.", option=path, index=index, remedy=remedy or None))

    parsed: dict[str, Any] = {}
    for name, value in values.items():
        if name not in _PARSERS:
            add(name, "is not an option of a group", did_you_mean(near_names(name, _PARSERS)))
            continue
        try:
            parsed[name] = _PARSERS[name](value)
        except FieldError as error:
            remedy = "Write the title of the group." if name == "title" and not str(value).strip() else error.remedy
            add(name, str(error), remedy)
    if len(errors) == count and "title" not in parsed and "group_id" not in parsed:
        add("title", "is missing", "Name each group by title or group_id.")
    if len(errors) == count and parsed.get("keep_former_owner") is not None and "owner" not in parsed:
        add("keep_former_owner", "has no effect without owner", "Add owner, or remove keep_former_owner.")
    return DesiredGroup(index, option, parsed) if len(errors) == count else None


def _duplicates(groups: list[DesiredGroup]) -> Iterable[InputError]:
    seen: dict[tuple[str, str], DesiredGroup] = {}
    for group in groups:
        key = ("id", group.group_id) if group.group_id else ("title", str(group.title).casefold())
        first = seen.setdefault(key, group)
        if first is not group:
            yield duplicate_error(first, group)


def duplicate_error(first: DesiredGroup, second: DesiredGroup) -> InputError:
    """Return the error for two entries that mean one group."""
    return InputError(
        f"{second.name}: {first.option} and {second.option} name the same group.",
        option=second.option,
        index=second.index,
        group=second.name,
        remedy="Remove one entry. To name two groups with one title, use group_id.",
    )
