# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it may change in any release.

"""Reads a roster in YAML, event by event."""

from __future__ import annotations

import array
import re
import traceback
import typing as t

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import InputError, MissingLibrary
from ansible_collections.portalops.arcgis.plugins.module_utils._roster.shape import (
    Entry,
    Roster,
    Shape,
    shown_briefly,
    unknown_top,
)

try:
    import yaml
except ImportError:
    HAS_YAML = False
    YAML_TRACEBACK = traceback.format_exc()
else:
    HAS_YAML = True
    YAML_TRACEBACK = ""

# A field holds at most a mapping of lists of texts.
_MAX_DEPTH = 3
# The library takes the longer for each step the deeper the step lies.
_MAX_SKIPPED = 1000
# Aliases make small files huge: this many values may come from them.
_MAX_ALIASED = 5_000_000

_NULLS = frozenset(("", "~", "null"))
_FLAGS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?[0-9]{1,15}")
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_TEXT_TAGS = ("!", "!unsafe", "tag:yaml.org,2002:str")
_COLLECTION_TAGS = ("!", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map")


class _Aliased(t.NamedTuple):
    """What an anchor stands for: an event if it is a scalar, whose type depends on the field that it is used in."""

    scalar: t.Any
    value: t.Any
    size: int
    depth: int


def _line(event: t.Any) -> int:
    return int(event.start_mark.line) + 1


class _Stop(Exception):
    """The rest of the file cannot be understood."""


class YamlReader:
    """Members straight from the parser's events: a graph of nodes would take many times the memory."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._next: t.Callable[[], t.Any]
        self._anchors: dict[str, _Aliased] = {}
        self._aliased = 0
        self._merging = 0
        self._entries: list[Entry] = []
        self._lines = array.array("L")

    def read(self, file: t.BinaryIO) -> Roster:
        if not HAS_YAML:
            raise MissingLibrary("PyYAML", YAML_TRACEBACK)
        try:
            loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(file)
            self._next = loader.get_event
            self._document()
        except _Stop:
            pass
        except yaml.YAMLError as error:
            raise self._invalid(error) from None
        return Roster(self._entries, self._lines, "yaml")

    @staticmethod
    def _invalid(error: yaml.YAMLError) -> InputError:
        # Only the cause: the error's own text quotes the file, which may hold passwords.
        cause = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be read"
        mark: t.Any = getattr(error, "problem_mark", None)
        place = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        return InputError(
            f"The roster is not valid YAML: {cause}{place}.",
            option="src",
            line=mark.line + 1 if mark else None,
            remedy="Correct the file.",
        )

    def _fault(self, event: t.Any, what: str, remedy: str, member: t.Any = None) -> None:
        line = _line(event)
        self._shape.faults.add(f"line {line}", what, remedy, member, line)

    # -- the outer levels

    def _document(self) -> None:
        self._next()
        event = self._next()
        if isinstance(event, yaml.StreamEndEvent):
            return
        event = self._next()
        if isinstance(event, yaml.SequenceStartEvent):
            self._members(event)
        elif isinstance(event, yaml.MappingStartEvent):
            self._top(event)
        elif not self._is_null(event):
            self._no_list(event)
        self._next()
        event = self._next()
        if not isinstance(event, yaml.StreamEndEvent):
            self._fault(event, "a second document begins", "Write one list of members.")

    def _no_list(self, event: t.Any) -> t.NoReturn:
        self._fault(event, "there is no list of members", "Write a list, or a mapping with the key members.")
        raise _Stop

    @staticmethod
    def _is_null(event: t.Any) -> bool:
        return isinstance(event, yaml.ScalarEvent) and event.implicit[0] and event.value in _NULLS

    def _top(self, start: t.Any) -> None:
        self._check_tag(start)
        seen = False
        for key, name in self._keys(start):
            event = self._next()
            if name != "members":
                unknown_top(name, self._shape.faults, _line(key))
                self._skip(event)
            elif seen:
                self._fault(key, "the key members stands twice", "Write one list of members.")
                self._skip(event)
            else:
                seen = True
                if isinstance(event, yaml.SequenceStartEvent):
                    self._members(event)
                elif not self._is_null(event):
                    self._no_list(event)

    def _members(self, start: t.Any) -> None:
        self._check_tag(start)
        ended = yaml.SequenceEndEvent
        event = self._next()
        while not isinstance(event, ended):
            if isinstance(event, yaml.MappingStartEvent):
                line = _line(event)
                entry = self._member(event)
                self._entries.append(self._shape.entry(entry, f"line {line}", line))
                self._lines.append(line)
            else:
                self._fault(event, "the entry is not a mapping", "Write - username: name.")
                self._skip(event)
            event = self._next()

    def _keys(self, start: t.Any) -> t.Iterator[tuple[t.Any, str]]:
        """The keys of a mapping; whoever asks for the next one has taken the value."""
        names, following, scalar = self._shape.names, self._next, yaml.ScalarEvent
        while True:
            event = following()
            if isinstance(event, scalar):
                # One object per name, and not a new one per entry.
                yield event, names.get(event.value, event.value)
            elif isinstance(event, yaml.MappingEndEvent):
                return
            else:
                self._fault(event, "a key is not text", "Write keys as plain words.")
                self._skip(event)
                self._skip(self._next())

    def _skip(self, event: t.Any) -> None:
        """Pass over a value without building it."""
        depth = 0
        while True:
            kind = type(event)
            if kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                depth += 1
                if depth > _MAX_SKIPPED:
                    self._fault(event, "the nesting is too deep", "Write members as mappings of fields.")
                    raise _Stop
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                depth -= 1
            if not depth:
                return
            event = self._next()

    # -- one member

    def _member(self, start: t.Any) -> Entry:
        self._check_tag(start)
        entry: Entry = {}
        merged: Entry = {}
        kinds = self._shape.kinds
        for key, name in self._keys(start):
            event = self._next()
            kind = kinds.get(name)
            if kind is not None:
                if name in entry:
                    self._fault(key, f"the key {name} stands twice", "Keep one of them.", entry.get("username"))
                entry[name] = self._field(event, name, kind)
            elif name == "<<" and key.implicit[0]:
                self._merge(event, merged)
            else:
                line = _line(key)
                self._shape.unknown(name, f"line {line}", entry.get("username"), line)
                self._skip(event)
        if merged:
            entry = {**merged, **entry}
        if start.anchor is not None:
            self._anchors[start.anchor] = _Aliased(None, dict(entry), len(entry), _MAX_DEPTH + 1)
        return entry

    def _merge(self, event: t.Any, merged: Entry) -> None:
        """Take over the fields of other members; the first one that has a field wins."""
        self._merging += 1
        if self._merging > _MAX_DEPTH:
            self._fault(event, "<< is nested too deeply", "Merge a mapping of member fields.")
            self._skip(event)
        else:
            self._merge_one(event, merged)
        self._merging -= 1

    def _merge_one(self, event: t.Any, merged: Entry) -> None:
        if isinstance(event, yaml.AliasEvent):
            value = self._resolved(event).value
            if isinstance(value, dict) and value.keys() <= self._shape.kinds.keys():
                for name, item in value.items():
                    merged.setdefault(name, item)
            else:
                self._fault(event, f"*{event.anchor} is no member to merge", "Merge a mapping of member fields.")
        elif isinstance(event, yaml.SequenceStartEvent):
            event = self._next()
            while not isinstance(event, yaml.SequenceEndEvent):
                self._merge(event, merged)
                event = self._next()
        elif isinstance(event, yaml.MappingStartEvent):
            for name, item in self._member(event).items():
                merged.setdefault(name, item)
        else:
            self._fault(event, "<< merges no mapping", "Merge a mapping of member fields.")

    def _field(self, event: t.Any, name: str, kind: str) -> t.Any:
        if isinstance(event, yaml.ScalarEvent):
            if event.anchor is not None:
                self._anchors[event.anchor] = _Aliased(event, None, 1, 0)
            return self._shape.share(name, self._scalar(event, kind))
        if isinstance(event, yaml.AliasEvent):
            aliased = self._resolved(event)
            if aliased.scalar is not None:
                return self._shape.share(name, self._scalar(aliased.scalar, kind))
            if aliased.depth <= _MAX_DEPTH:
                return aliased.value
            self._fault(event, f"*{event.anchor} does not fit {name}", "Write the value itself.")
            return None
        value, _size, depth = self._collection(event, 1)
        if depth > _MAX_DEPTH:
            self._fault(event, f"{name} is nested too deeply", "Write a value or a list.")
            return None
        return self._shape.share(name, value)

    def _scalar(self, event: t.Any, kind: str) -> t.Any:
        value = event.value
        if event.tag is not None:
            return value if self._check_scalar_tag(event) else None
        if not event.implicit[0]:
            return value
        if value in _NULLS:
            return None
        return value if kind in ("text", "secret") else _typed(value, kind)

    def _collection(self, start: t.Any, depth: int) -> tuple[t.Any, int, int]:
        """A list or mapping of texts with its number of values and its depth; what is too deep is left out."""
        self._check_tag(start)
        if depth > _MAX_DEPTH:
            self._skip(start)
            return None, 1, depth
        parts: list[t.Any] = []
        size, deepest = 1, depth
        if isinstance(start, yaml.MappingStartEvent):
            names = []
            for key, name in self._keys(start):
                if name in names:
                    self._fault(key, f"the key {shown_briefly(name)} stands twice", "Keep one of them.")
                names.append(name)
                size, deepest = self._part(self._next(), depth, parts, size, deepest)
            value: t.Any = dict(zip(names, parts))
        else:
            event = self._next()
            while not isinstance(event, yaml.SequenceEndEvent):
                size, deepest = self._part(event, depth, parts, size, deepest)
                event = self._next()
            value = parts
        if start.anchor is not None:
            self._anchors[start.anchor] = _Aliased(None, value, size, deepest - depth + 1)
        return value, size, deepest

    def _part(self, event: t.Any, depth: int, parts: list[t.Any], size: int, deepest: int) -> tuple[int, int]:
        """Append one value of a collection; returns the collection's size and depth with it."""
        kind = type(event)
        if kind is yaml.ScalarEvent:
            if event.anchor is not None:
                self._anchors[event.anchor] = _Aliased(event, None, 1, 0)
            value, added, below = self._scalar(event, "text"), 1, depth
        elif kind is yaml.AliasEvent:
            aliased = self._resolved(event)
            value = aliased.value if aliased.scalar is None else self._scalar(aliased.scalar, "text")
            added, below = aliased.size, depth + aliased.depth
        else:
            value, added, below = self._collection(event, depth + 1)
        parts.append(value)
        return size + added, max(deepest, below)

    def _resolved(self, event: t.Any) -> _Aliased:
        aliased = self._anchors.get(event.anchor)
        if aliased is None:
            self._fault(event, f"*{event.anchor} stands for nothing", f"Put &{event.anchor} before a value above.")
            raise _Stop
        self._aliased += aliased.size
        if self._aliased > _MAX_ALIASED:
            self._fault(event, "aliases make the roster too large", "Write the values out, or use fewer aliases.")
            raise _Stop
        return aliased

    # -- tags

    def _check_scalar_tag(self, event: t.Any) -> bool:
        if event.tag == "!vault":
            self._fault(
                event,
                "single values encrypted with Ansible Vault cannot be read here",
                "Encrypt the whole file, or give the members as a list.",
            )
            return False
        return self._check_tag(event, _TEXT_TAGS)

    def _check_tag(self, event: t.Any, allowed: tuple[str, ...] = _COLLECTION_TAGS) -> bool:
        if event.tag is None or event.tag in allowed:
            return True
        self._fault(event, f"the tag {shown_briefly(event.tag)} is not allowed", "Write plain values.")
        return False


def _typed(text: str, kind: str) -> t.Any:
    """A plain scalar of a field that is no text: as in the core schema of YAML 1.2, other words stay text."""
    if text in _FLAGS:
        return _FLAGS[text]
    if kind == "flag":
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else text
