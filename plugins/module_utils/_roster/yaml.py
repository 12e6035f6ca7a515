# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Read a roster in YAML, event by event: a graph of nodes would take many times the memory."""

from __future__ import annotations

import array
import functools
import traceback
from collections.abc import Iterator
from typing import Any, BinaryIO, NoReturn

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import InputError, MissingLibrary
from ansible_collections.portalops.arcgis.plugins.module_utils._roster.shape import (
    Entry,
    GroupShape,
    Plain,
    Roster,
    RosterErrors,
    Shape,
    at_line,
    without_quotes,
)

try:
    import yaml
except ImportError:
    HAS_YAML = False
    YAML_TRACEBACK = traceback.format_exc()
else:
    HAS_YAML = True
    YAML_TRACEBACK = ""

# Levels of lists and mappings within an entry. Deeper values are no fields, and to read on takes ever longer.
_MAX_DEPTH = 10
# Values that aliases can stand for: they make small files huge.
_MAX_ALIASED = 5_000_000

_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_TEXT = "tag:yaml.org,2002:str"
_TAGS = frozenset(("!", "!unsafe", _TEXT, "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map"))
_MERGE = "<<"


class _Stop(Exception):
    """The rest of the file has no meaning."""


class _Builder:
    """Builds values from the parser's events: texts, lists, and mappings.

    A text without quotes that YAML 1.1 reads as a number, a date, or a flag is ``Plain``; null is None.
    """

    def __init__(self, file: BinaryIO, shape: Shape) -> None:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(file)
        self.next = loader.get_event
        # Many members have most of their values in common.
        self._is_text = functools.lru_cache(maxsize=4096)(
            lambda text: loader.resolve(yaml.ScalarNode, text, (True, False)) == _TEXT
        )
        self._starts = loader.yaml_implicit_resolvers
        self._shape = shape
        self._errors: RosterErrors = shape.errors
        # The value of each anchor, and how many values it contains.
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._count = 0
        self._aliased = 0

    def add(self, event: Any, statement: str, remedy: str, **texts: Any) -> None:
        """Add an error at an event."""
        self._errors.add(at_line(line_of(event)), statement, remedy, **texts)

    def value(self, event: Any, depth: int = 0) -> Any:
        """Return the value that begins with an event, and leave the parser behind it."""
        before = self._count
        self._count += 1
        if isinstance(event, yaml.ScalarEvent):
            value = self._scalar(event)
        elif isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        elif depth > _MAX_DEPTH:
            self.add(event, "The value is nested too deeply", "Write members as mappings of fields.")
            raise _Stop
        elif isinstance(event, yaml.SequenceStartEvent):
            self.check_tag(event)
            value = [self.value(item, depth + 1) for item in self.items()]
        else:
            value, _lines = self.mapping(event, depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, self._count - before)
        return value

    def items(self) -> Iterator[Any]:
        """Yield the first event of each item of a list. The consumer takes the rest of the item."""
        event = self.next()
        while not isinstance(event, yaml.SequenceEndEvent):
            yield event
            event = self.next()

    def keys(self, start: Any, depth: int = 0) -> Iterator[Any]:
        """Yield the key events of a mapping. The consumer takes the value."""
        self.check_tag(start)
        event = self.next()
        while not isinstance(event, yaml.MappingEndEvent):
            if isinstance(event, yaml.ScalarEvent):
                yield event
            else:
                self.add(event, "A key is not text", "Write keys as plain words.")
                self.value(event, depth + 1)
                self.value(self.next(), depth + 1)
            event = self.next()

    def mapping(self, start: Any, depth: int = 0) -> tuple[dict[str, Any], dict[str, int]]:
        """Return a mapping and the lines of its keys."""
        found: dict[str, Any] = {}
        lines: dict[str, int] = {}
        merged: dict[str, Any] = {}
        for key in self.keys(start, depth):
            name = key.value
            event = self.next()
            is_simple = isinstance(event, yaml.ScalarEvent) and event.anchor is None
            value = self._scalar(event) if is_simple else self.value(event, depth + 1)
            if name == _MERGE and key.implicit[0]:
                self._merge(key, value, merged)
            elif name in found:
                self.add(key, "Key{} occurs twice", "Keep one of them.", name=name, member=found.get("username"))
            else:
                found[name] = value
                lines[name] = line_of(key)
        self._count += len(found)
        self._shape.look_for_secrets(found)
        return ({**merged, **found} if merged else found), lines

    def _merge(self, key: Any, value: Any, merged: dict[str, Any]) -> None:
        """Merge the fields of other mappings. The first one that has a field wins."""
        for mapping in value if isinstance(value, list) else [value]:
            if isinstance(mapping, dict):
                merged.update((name, item) for name, item in mapping.items() if name not in merged)
            else:
                self.add(key, "<< does not merge a mapping", "Merge a mapping of fields.")

    def _alias(self, event: Any) -> Any:
        if event.anchor not in self._anchors:
            self.add(event, "The alias{} has no anchor", "Put the anchor before a value above.", name=event.anchor)
            raise _Stop
        value, size = self._anchors[event.anchor]
        self._count += size
        self._aliased += size
        if self._aliased > _MAX_ALIASED:
            self.add(event, "Aliases make the roster too large", "Use fewer aliases, or write the values.")
            raise _Stop
        return value

    def _scalar(self, event: Any) -> Any:
        text = event.value
        if event.tag is not None:
            return text if self.check_tag(event) else None
        if not event.implicit[0]:
            return text
        if text in _NULLS:
            return None
        return text if text[0] not in self._starts or self._is_text(text) else Plain(text)

    def check_tag(self, event: Any) -> bool:
        """Whether a value has no tag, or one that changes nothing. If not, add an error."""
        if event.tag is None or event.tag in _TAGS:
            return True
        if event.tag == "!vault":
            statement, remedy = "A value is encrypted with Ansible Vault", "Encrypt the whole file, or use a list."
        else:
            statement, remedy = "The tag{} is not allowed", "Write plain values."
        self.add(event, statement, remedy, name=event.tag)
        return False


class YamlReader:
    """Reads one YAML file."""

    def __init__(self, shape: Shape, group_shape: GroupShape) -> None:
        self._shape = shape
        self._group_shape = group_shape
        self._entries: list[Entry] = []
        self._lines = array.array("L")
        self._groups: list[Entry] = []
        self._group_lines = array.array("L")

    def read(self, file: BinaryIO) -> Roster:
        """Read the file.

        Raises:
            InputError: The file is not YAML.
            MissingLibrary: PyYAML is missing.
        """
        if not HAS_YAML:
            raise MissingLibrary("PyYAML", YAML_TRACEBACK)
        try:
            self._builder = _Builder(file, self._shape)
            self._read_document()
        except _Stop:
            # What was not read can be a password.
            self._shape.errors.hide_all()
        except yaml.YAMLError as error:
            raise _syntax_error(error) from None
        return Roster(
            self._entries,
            self._lines,
            "yaml",
            self._shape.errors,
            groups=self._groups,
            group_lines=self._group_lines,
        )

    def _read_document(self) -> None:
        following, add = self._builder.next, self._builder.add
        following()
        event = following()
        if isinstance(event, yaml.StreamEndEvent):
            return
        event = following()
        if isinstance(event, yaml.MappingStartEvent):
            self._read_top(event)
        else:
            self._read_members(event)
        following()
        event = following()
        if not isinstance(event, yaml.StreamEndEvent):
            add(event, "A second document begins", "Write one list of members.")
            raise _Stop

    def _read_top(self, start: Any) -> None:
        builder = self._builder
        read: set[str] = set()
        readers = {"members": self._read_members, "groups": self._read_groups}
        for key in builder.keys(start):
            event = builder.next()
            if key.value not in readers:
                self._shape.add_unknown_top(key.value, at_line(line_of(key)))
                builder.value(event)
            elif key.value in read:
                builder.add(key, f"The key {key.value} occurs twice", f"Write one list of {key.value}.")
                builder.value(event)
            else:
                read.add(key.value)
                readers[key.value](event)

    def _read_members(self, start: Any) -> None:
        builder = self._builder
        if not isinstance(start, yaml.SequenceStartEvent):
            if not isinstance(start, yaml.ScalarEvent) or builder.value(start) is not None:
                self._refuse(start)
            return
        builder.check_tag(start)
        for event in builder.items():
            line = line_of(event)
            lines = None
            if isinstance(event, yaml.MappingStartEvent) and event.anchor is None:
                item, lines = builder.mapping(event)
            else:
                item = builder.value(event)
            self._entries.append(self._shape.entry(item, at_line(line), lines))
            self._lines.append(line)

    def _read_groups(self, start: Any) -> None:
        builder = self._builder
        if not isinstance(start, yaml.SequenceStartEvent):
            if builder.value(start) is not None:
                builder.add(start, "The key groups contains no list", "Write a list of groups.")
            return
        builder.check_tag(start)
        for event in builder.items():
            line = line_of(event)
            self._groups.append(self._group_shape.entry(builder.value(event), at_line(line)))
            self._group_lines.append(line)

    def _refuse(self, event: Any) -> NoReturn:
        self._builder.add(
            event, "The file contains no list of members", "Write a list, or a mapping with the key members."
        )
        raise _Stop


def line_of(event: Any) -> int:
    """Return the line of an event, from 1."""
    return int(event.start_mark.line) + 1


def _syntax_error(error: Exception) -> InputError:
    if "octet" in str(getattr(error, "reason", "")):
        # libyaml's words for bytes that are not UTF-8.
        raise UnicodeError
    # The text of the error itself quotes the file, which can contain passwords.
    cause = getattr(error, "problem", None) or getattr(error, "reason", None) or "the syntax is wrong"
    mark: Any = getattr(error, "problem_mark", None)
    place = f"Roster line {mark.line + 1}: " if mark else ""
    column = f" (column {mark.column + 1})" if mark else ""
    return InputError(
        f"{place}The roster is not valid YAML: {without_quotes(str(cause))}{column}.",
        option="src",
        line=mark.line + 1 if mark else None,
        remedy="Correct the syntax before that place. Put text with special characters in quotes.",
    )
