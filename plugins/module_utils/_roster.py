# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it may change in any release.

"""Reads a roster file (YAML, JSON or CSV) into plain member entries.

Text fields keep the text as it is written, so a username such as ``0123``, ``1e5`` or ``on`` stays what it is. What a
value may be is for the fields to judge; here only the shape of the file, its keys and the username are checked.
A field that is null, or an empty cell of a CSV, is left out of its entry: it is left alone at the portal.

Entries are read one by one and share equal values, so a roster of 100,000 members stays small.
"""

from __future__ import annotations

import array
import codecs
import collections
import csv
import difflib
import io
import itertools
import json
import os
import re
import stat
import traceback
import typing as t

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import InputError, MissingLibrary, Problems
from ansible_collections.portalops.arcgis.plugins.module_utils._fields import Forms, member_spec

try:
    import yaml
except ImportError:
    HAS_YAML = False
    YAML_TRACEBACK = traceback.format_exc()
else:
    HAS_YAML = True
    YAML_TRACEBACK = ""

MAX_BYTES = 256 * 1024 * 1024
MAX_PROBLEMS = 50
"""Problems that are told one by one; of more only the number is told."""

_VAULT = b"$ANSIBLE_VAULT"
_FORMS = {".yml": "yaml", ".yaml": "yaml", ".json": "json", ".csv": "csv", ".tsv": "csv"}
_YAML_LINE = re.compile(r"---|- |-$|%YAML|[\w\"'-]+\s*:(\s|$)")
# A field holds at most a mapping of lists of texts.
_MAX_DEPTH = 3
# The library takes the longer for each step the deeper the step lies.
_MAX_SKIPPED = 1000
# Aliases make small files huge: this many values may come from them.
_MAX_ALIASED = 5_000_000
# In these fields hardly any value is there twice.
_UNIQUE = ("username", "full_name", "email", "idp_username", "password")
_MAX_SHOWN = 80

_NULLS = frozenset(("", "~", "null"))
_FLAGS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_CELL_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_NUMBERS = frozenset((int, float))
_INTEGER = re.compile(r"[-+]?[0-9]{1,15}")
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_TEXT_TAGS = ("!", "!unsafe", "tag:yaml.org,2002:str")
_COLLECTION_TAGS = ("!", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map")

_DELIMITERS = ",;\t|"
# Cells that a spreadsheet takes for formulas; where a name is expected they are never meant.
_FORMULA = ("=", "+", "-", "@")
_NAMES = ("username", "email", "idp_username", "role", "user_type", "transfer_to")
_PATHS = ("categories",)

Entry = dict[str, t.Any]


class Roster(t.NamedTuple):
    """Members as the file has them.

    entries: ``{field: text | bool | number | list | dict}``; equal lists may be one object: do not change them.
    lines: the line of each entry; empty for JSON, which does not tell. form: ``yaml``, ``json`` or ``csv``.
    ignored: columns of a CSV that no field takes.
    """

    entries: list[Entry]
    lines: array.array[int]
    form: str
    ignored: tuple[str, ...] = ()

    def drained(self) -> t.Iterator[Entry]:
        """The entries in order, each one forgotten as it is given: a long roster need not be there twice."""
        self.entries.reverse()
        while self.entries:
            yield self.entries.pop()

    def position(self, index: int) -> str:
        """Where an entry stands, for messages."""
        return f"line {self.lines[index]}" if self.lines else f"entry {index + 1}"


def read_roster(
    path: str,
    spec: t.Mapping[str, t.Mapping[str, t.Any]] | None = None,
    columns: t.Mapping[str, t.Any] | None = None,
    delimiter: str | None = None,
) -> Roster:
    """The members in a roster file.

    spec: argument spec of an entry (by default that of ``portal_members``); columns: CSV header to field, an empty
    field leaves the column out; delimiter: of a CSV, by default the one that its first line uses.

    Raises InputError, or Problems of InputErrors, with the details option, line, member and remedy.
    Raises MissingLibrary if the file is YAML and PyYAML is missing.
    """
    shape = _Shape(spec or {"username": {"type": "str"}, **member_spec("portal_members")})
    try:
        with _opened(path) as file:
            head = file.read(4096)
            file.seek(0)
            form = _form(path, head)
            roster = _read(file, form, head, shape, columns or {}, delimiter)
    except OSError as error:
        raise _unusable(path, f"cannot be read: {error.strerror}", "Check the path and its permissions.") from None
    except UnicodeError:
        raise _unusable(path, "is not UTF-8 text", "Save it as UTF-8 (in a spreadsheet: CSV UTF-8).") from None
    shape.faults.check()
    if not roster.entries:
        raise _unusable(path, "lists no member", "A roster names one member at least.")
    return roster


def _read(
    file: t.BinaryIO, form: str, head: bytes, shape: _Shape, columns: t.Mapping[str, t.Any], delimiter: str | None
) -> Roster:
    if form == "csv":
        with io.TextIOWrapper(file, _encoding(head), newline="") as text:
            return _CsvReader(shape, columns, delimiter).read(text)
    if form == "json":
        return _read_json(file.read().decode(_encoding(head)), shape)
    if not HAS_YAML:
        raise MissingLibrary("PyYAML", YAML_TRACEBACK)
    return _YamlReader(shape).read(file)


def _opened(path: str) -> t.BinaryIO:
    mode = os.stat(path)
    if not stat.S_ISREG(mode.st_mode):
        raise _unusable(path, "is not a regular file", "Give the path of a file.")
    if mode.st_size > MAX_BYTES:
        raise _unusable(path, f"has {mode.st_size} bytes, more than {MAX_BYTES}", "Split it.")
    return open(path, "rb")


def _unusable(path: str, what: str, remedy: str) -> InputError:
    return InputError(f"The roster file {os.path.basename(path)} {what}.", option="src", remedy=remedy)


def _encoding(head: bytes) -> str:
    return "utf-16" if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"


def _form(path: str, head: bytes) -> str:
    if head.startswith(_VAULT):
        raise _unusable(
            path,
            "is encrypted with Ansible Vault and was not decrypted",
            "Keep it on the controller and give Ansible the vault password, or decrypt it.",
        )
    return _FORMS.get(os.path.splitext(path)[1].lower()) or _form_of_text(head.decode(_encoding(head), "ignore"))


def _form_of_text(text: str) -> str:
    lines = (line.strip() for line in text.splitlines())
    first = next((line for line in lines if line and not line.startswith("#")), "")
    if first.startswith(("{", "[")):
        return "json"
    return "yaml" if _YAML_LINE.match(first) else "csv"


def _shown(value: t.Any) -> str:
    text = repr(value)
    return text if len(text) <= _MAX_SHOWN else text[:_MAX_SHOWN] + "…"


def _near(word: str, words: t.Iterable[str], cutoff: float = 0.6) -> list[str]:
    return difflib.get_close_matches(word[:_MAX_SHOWN], list(words), n=3, cutoff=cutoff)


def _one_of(word: str, words: t.Collection[str]) -> str:
    near = _near(word, words)
    return f"Did you mean {' or '.join(near)}?" if near else f"Use one of {', '.join(sorted(words))}."


class _Faults:
    """What is wrong with a roster: everything is told together, but no more than one can read."""

    def __init__(self) -> None:
        self._found: list[InputError] = []
        self._more = 0

    def full(self) -> bool:
        """Whether the next fault would only be counted."""
        return len(self._found) >= MAX_PROBLEMS

    def add(self, where: str, what: str, remedy: str, member: t.Any = None, line: int | None = None) -> None:
        if self.full():
            self._more += 1
            return
        name = member[:_MAX_SHOWN] if isinstance(member, str) and member else None
        message = f"Roster {where}{f', {name}' if name else ''}: {what}."
        self._found.append(InputError(message, option="src", member=name, line=line, remedy=remedy))

    def check(self) -> None:
        """Raise what was found, if anything."""
        if self._more:
            self._found.append(InputError(f"There are {self._more} more problems in the roster.", option="src"))
        if len(self._found) > 1:
            raise Problems(self._found)
        if self._found:
            raise self._found[0]


def _itself(value: t.Any) -> t.Any:
    return value


class _Shape:
    """The keys of an entry, what their values are, and the values that entries share."""

    def __init__(self, spec: t.Mapping[str, t.Mapping[str, t.Any]]) -> None:
        self.faults = _Faults()
        self.kinds: dict[str, str] = {name: self._kind(name, row) for name, row in spec.items()}
        self.names: dict[str, str] = {name: name for name in spec}
        self._shared = {name: Forms(_itself) for name in spec if name not in _UNIQUE}

    @staticmethod
    def _kind(name: str, row: t.Mapping[str, t.Any]) -> str:
        if name in _PATHS:
            return "list"
        if row.get("no_log"):
            return "secret"
        return {"list": "list", "bool": "flag", "raw": "any"}.get(row.get("type", "str"), "text")

    def share(self, name: str, value: t.Any) -> t.Any:
        """The equal value that an entry before has in this field, so that both are one object."""
        forms = self._shared.get(name)
        if forms is None:
            return value
        return forms[value] if value.__class__ is str else forms.of(value)

    def unknown(self, name: str, where: str, member: t.Any, line: int | None = None) -> None:
        if self.faults.full():
            self.faults.add(where, "", "")
        else:
            self.faults.add(where, f"unknown key {_shown(name)}", _one_of(name, self.kinds), member, line)

    def entry(self, entry: t.Any, where: str, line: int | None = None) -> Entry:
        """An entry without its nulls; faults are noted."""
        username = entry.get("username")
        if not isinstance(username, str) or not username.strip():
            self.faults.add(where, "the entry has no username", "Give each entry a username, as text.", None, line)
        if None in entry.values():
            return {name: value for name, value in entry.items() if value is not None}
        return t.cast(Entry, entry)


# -- JSON


def _read_json(text: str, shape: _Shape) -> Roster:
    def pairs(found: list[tuple[str, t.Any]]) -> dict[str, t.Any]:
        result = {name: shape.share(name, value) for name, value in found}
        if len(result) != len(found):
            twice = collections.Counter(name for name, _value in found).most_common(1)[0][0]
            what = f"the key {_shown(twice)} stands twice"
            shape.faults.add("file", what, "Keep one of them.", result.get("username"))
        return result

    def constant(word: str) -> t.NoReturn:
        raise ValueError(f"{word} is no JSON number")

    try:
        content = json.loads(text, object_pairs_hook=pairs, parse_constant=constant)
    except json.JSONDecodeError as error:
        raise InputError(
            f"The roster is not valid JSON: {error.msg} (line {error.lineno}, column {error.colno}).",
            option="src",
            line=error.lineno,
            remedy="Correct the file.",
        ) from None
    except ValueError as error:
        raise InputError(f"The roster is not valid JSON: {error}.", option="src", remedy="Correct the file.") from None
    except RecursionError:
        raise InputError("The roster is nested too deeply.", option="src", remedy="Write a list of members.") from None
    entries = _members(content, shape.faults)
    for index, item in enumerate(entries):
        entries[index] = _json_entry(item, f"entry {index + 1}", shape)
    return Roster(entries, array.array("L"), "json")


def _members(content: t.Any, faults: _Faults) -> list[t.Any]:
    if isinstance(content, dict):
        for name in content:
            if name != "members":
                _unknown_top(name, faults)
        content = content.get("members", [] if content else None)
    if not isinstance(content, list):
        faults.add("file", "it holds no list of members", "Write a list, or a mapping with the key members.")
        return []
    return content


def _unknown_top(name: str, faults: _Faults, line: int | None = None) -> None:
    where = f"line {line}" if line else "file"
    faults.add(where, f"unknown key {_shown(name)} beside members", "Options stand in the task.", None, line)


def _json_entry(item: t.Any, where: str, shape: _Shape) -> Entry:
    if not isinstance(item, dict):
        shape.faults.add(where, "it is not a mapping", "Write {username: name, field: value}.")
        return {}
    kinds = shape.kinds
    if not item.keys() <= kinds.keys():
        for name in item:
            if name not in kinds:
                shape.unknown(name, where, item.get("username"))
    for name in [name for name, value in item.items() if value.__class__ in _NUMBERS and kinds.get(name) == "text"]:
        if isinstance(item[name], int):
            item[name] = shape.share(name, str(item[name]))
        else:
            shape.faults.add(where, f"{name} is a number", "Put it in quotes.", item.get("username"))
    return shape.entry(item, where)


# -- CSV


class _CsvReader:
    """Rows of a CSV file: the first one names the fields."""

    def __init__(self, shape: _Shape, columns: t.Mapping[str, t.Any], delimiter: str | None) -> None:
        self._shape = shape
        self._columns = {str(name).strip(): field for name, field in columns.items()}
        self._delimiter = {"tab": "\t", "\\t": "\t"}.get(delimiter or "", delimiter)
        if self._delimiter and len(self._delimiter) != 1:
            raise InputError(
                "delimiter is not a single character.", option="delimiter", remedy="Use ',', ';', '|' or 'tab'."
            )
        self._ignored: list[str] = []

    def read(self, lines: t.Iterator[str]) -> Roster:
        first = next(lines, "")
        skipped = 0
        if first.lower().startswith("sep="):
            self._delimiter = self._delimiter or first[4:5]
            first, skipped = next(lines, ""), 1
        reader = csv.reader(
            itertools.chain([first], lines),
            delimiter=self._delimiter or _sniffed(first),
            strict=True,
            skipinitialspace=True,
        )
        try:
            return self._rows(reader, skipped)
        except csv.Error as error:
            line = reader.line_num + skipped
            raise InputError(
                f"Roster line {line}: the CSV cannot be read: {error}.",
                option="src",
                line=line,
                remedy="Check the quotes and the delimiter.",
            ) from None

    def _rows(self, reader: t.Any, skipped: int) -> Roster:
        fields = self._fields(next(reader, []))
        self._shape.faults.check()
        entries: list[Entry] = []
        numbers = array.array("L")
        line = reader.line_num + skipped + 1
        for row in reader:
            if any(row):
                entries.append(self._entry(row, fields, line))
                numbers.append(line)
            line = reader.line_num + skipped + 1
        return Roster(entries, numbers, "csv", tuple(self._ignored))

    def _fields(self, header: list[str]) -> list[str | None]:
        """The field of each column; None for one that is left out."""
        names = [name.strip() for name in header]
        for wanted in self._columns:
            if wanted not in names:
                raise InputError(
                    f"columns names {_shown(wanted)}, which is no column of the file.",
                    option="columns",
                    remedy=_one_of(wanted, names),
                )
        fields = [self._field(name) for name in names]
        used = [field for field in fields if field]
        twice = sorted({field for field in used if used.count(field) > 1})
        if twice:
            self._shape.faults.add("header", f"several columns hold {', '.join(twice)}", "Keep one, or use columns.")
        if "username" not in used:
            self._shape.faults.add("header", "no column holds the username", "Name it username, or use columns.")
        return fields

    def _field(self, name: str) -> str | None:
        kinds = self._shape.kinds
        if name in self._columns:
            field = self._columns[name]
            if field and field not in kinds:
                raise InputError(
                    f"columns gives {_shown(name)} to {_shown(field)}, which is no field.",
                    option="columns",
                    remedy=_one_of(str(field), kinds),
                )
            return field or None
        plain = name if self._columns else re.sub(r"[\s-]+", "_", name.lower())
        if plain in kinds:
            return plain
        if name and (not self._columns or _near(plain, kinds, 0.8)):
            remedy = f"{_one_of(plain, kinds)} Or say in columns what it holds."
            self._shape.faults.add("header", f"unknown column {_shown(name)}", remedy)
        self._ignored.append(name)
        return None

    def _entry(self, row: list[str], fields: list[str | None], line: int) -> Entry:
        where = f"line {line}"
        entry: Entry = {}
        if any(row[len(fields) :]):
            self._fault(
                row, fields, line, "it has more cells than the header", "Put cells with the delimiter in quotes."
            )
        for field, cell in zip(fields, row):
            if field and cell.strip():
                value = self._value(field, cell)
                if value is None:
                    self._fault(row, fields, line, *self._refusal(field, cell.strip()))
                else:
                    entry[field] = self._shape.share(field, value)
        return self._shape.entry(entry, where, line)

    def _fault(self, row: list[str], fields: list[str | None], line: int, what: str, remedy: str) -> None:
        member = dict(zip(fields, row)).get("username")
        self._shape.faults.add(f"line {line}", what, remedy, member, line)

    def _value(self, field: str, cell: str) -> t.Any:
        """What a cell says; None if that cannot be."""
        kind = self._shape.kinds[field]
        if kind == "secret":
            return cell
        text = cell.strip()
        if text[0] in _FORMULA and (text[0] == "=" or field in _NAMES):
            return None
        if kind == "list":
            return [part for part in (part.strip() for part in text.split(";")) if part]
        if kind == "flag":
            return _CELL_FLAGS.get(text.lower())
        return text

    def _refusal(self, field: str, text: str) -> tuple[str, str]:
        if self._shape.kinds[field] == "flag":
            return f"{field} is {_shown(text)}", "Write true, false, yes, no, 1 or 0."
        return f"{field} begins with {text[0]!r} like a formula", "Export values, not formulas, or use a YAML roster."


def _sniffed(header: str) -> str:
    bare = re.sub(r'"[^"]*"', "", header)
    return max(_DELIMITERS, key=bare.count)


# -- YAML


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


class _YamlReader:
    """Members straight from the parser's events: a graph of nodes would take many times the memory."""

    def __init__(self, shape: _Shape) -> None:
        self._shape = shape
        self._next: t.Callable[[], t.Any]
        self._anchors: dict[str, _Aliased] = {}
        self._aliased = 0
        self._merging = 0
        self._entries: list[Entry] = []
        self._lines = array.array("L")

    def read(self, file: t.BinaryIO) -> Roster:
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
                _unknown_top(name, self._shape.faults, _line(key))
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
        names = self._shape.names
        while True:
            event = self._next()
            if isinstance(event, yaml.MappingEndEvent):
                return
            if isinstance(event, yaml.ScalarEvent):
                # One object per name, and not a new one per entry.
                yield event, names.get(event.value, event.value)
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
                    self._fault(key, f"the key {_shown(name)} stands twice", "Keep one of them.")
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
        self._fault(event, f"the tag {_shown(event.tag)} is not allowed", "Write plain values.")
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
