# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""The shape of a roster in every format: its entries, the kinds of their values, and the errors found in it. Pure."""

from __future__ import annotations

import array
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import InputError, MultipleErrors, PortalOpsError
from ansible_collections.portalops.arcgis.plugins.module_utils._model.names import did_you_mean, near_names

MAX_ERRORS = 50
"""Errors that are reported one by one. Of more, only the number is reported."""

MAX_SHOWN = 80
"""Characters of a value that a message shows."""

# The key of a secret in every kind of roster file, also where the file must not contain it.
_SECRET = "password"
# These fields are lists, or mappings of lists. A CSV cell has a list.
_LISTS = ("categories", "groups")
MAPPINGS = ("add_ons",)
"""These fields are mappings. A CSV file has a column for each of their keys, such as ``add_ons.ArcGIS Pro``."""
# Names of accounts. Programs disagree about 0123, so a name that can be read as a number needs quotes.
_NAMES = ("username", "idp_username", "transfer_to", "owner", "group_id")
# Parts of names that are fields for secrets in the exports of other programs.
_SECRET_WORDS = ("pass", "pwd", "kennwort", "secret", "contrase", "senha")
# A field holds at most a mapping of lists of mappings.
_MAX_DEPTH = 3
_FLAGS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?[0-9]{1,15}")
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_OCTAL = re.compile(r"[-+]?0[0-9_]+")

Entry = dict[str, Any]


class Plain(str):
    """A text that a YAML or JSON file has without quotes and that is a number, a flag, or a date in some program."""

    __slots__ = ()


class Place(NamedTuple):
    """Where something stands in a roster file.

    Attributes:
        text: The place in words, such as ``line 4``.
        line: The line, from 1. None for JSON, which does not tell lines.
    """

    text: str
    line: int | None = None


def at_line(line: int) -> Place:
    """Return the place of a line."""
    return Place(f"line {line}", line)


class RosterErrors:
    """The errors of one roster file. All are reported together, but no more than a person can read.

    A message shows texts of the file only if they are surely not passwords: the reader tells by ``hides_names`` and
    ``hides_values`` what it has seen, and the choice is made when everything has been read.

    Attributes:
        hides_names: Whether the file's own names of columns and keys can be secrets.
        hides_values: Whether its values, usernames included, can be secrets.
    """

    def __init__(self) -> None:
        self.hides_names = False
        self.hides_values = False
        self._errors: list[tuple[bool, PortalOpsError, PortalOpsError]] = []
        self._more = 0

    @property
    def has_any(self) -> bool:
        """Whether there is an error."""
        return bool(self._errors)

    def hide_all(self) -> None:
        """Show no text of the file from now on."""
        self.hides_names = self.hides_values = True

    def add(
        self,
        place: Place,
        statement: str,
        remedy: str = "",
        *,
        value: Any = None,
        name: Any = None,
        known: Collection[str] = (),
        member: Any = None,
    ) -> None:
        """Add an error.

        Args:
            place: Where the error is.
            statement: A sentence without its period. ``{}`` stands for the value or name in quotes.
            remedy: A sentence, or an empty text.
            value: A value of the file to show if values are no secrets.
            name: Instead of a value, a name of a column or key to show if names are no secrets.
            known: Words among which the user meant one. The nearest ones are the remedy where the name is shown.
            member: The username of the entry, shown if values are no secrets.
        """
        text = value if name is None else name
        if len(self._errors) >= MAX_ERRORS:
            self._more += 1
            return
        near = did_you_mean(near_names(str(text), known)) if known else ""
        member = member[:MAX_SHOWN] if isinstance(member, str) and member.strip() else None
        self._errors.append(
            (
                name is not None,
                _input_error(place, statement.replace("{}", _quoted(text)), near or remedy, member),
                _input_error(place, statement.replace("{}", ""), remedy, None),
            )
        )

    def add_pair(self, shown: PortalOpsError, hidden: PortalOpsError, *, is_name: bool = False) -> None:
        """Add an error in two forms: with values of the file (or with names of columns and keys), and without."""
        if len(self._errors) >= MAX_ERRORS:
            self._more += 1
        else:
            self._errors.append((is_name, shown, hidden))

    def check(self) -> None:
        """Raise the errors, if there are any.

        Raises:
            InputError: There is one error.
            MultipleErrors: There are several errors.
        """
        found = [
            hidden if (self.hides_names if is_name else self.hides_values) else shown
            for is_name, shown, hidden in self._errors
        ]
        if self._more:
            found.append(
                InputError(
                    f"The roster has {self._more} more errors.",
                    option="src",
                    remedy="Correct the reported errors, and run the task again.",
                )
            )
        if len(found) > 1:
            raise MultipleErrors(found)
        if found:
            raise found[0]


def _input_error(place: Place, statement: str, remedy: str, member: str | None) -> InputError:
    who = f", {member}" if member else ""
    return InputError(
        f"Roster {place.text}{who}: {statement}.", option="src", line=place.line, member=member, remedy=remedy or None
    )


def _quoted(value: Any) -> str:
    return "" if value is None else f" {shown_briefly(value)}"


def shown_briefly(value: Any) -> str:
    """Return a value as messages show it."""
    text = repr(str(value) if isinstance(value, str) else value)
    return text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "…"


def without_quotes(problem: str) -> str:
    """Return the text of a parser without what it quotes from the file, which can be a secret."""
    return re.sub(r"['\"].*['\"]", "…", problem, flags=re.DOTALL)


class Roster(NamedTuple):
    """The entries of a roster file.

    Attributes:
        entries: ``{field: text | bool | number | list | dict}``. An entry without a username is empty.
        lines: The line of each entry. Empty for JSON.
        form: ``yaml``, ``json``, or ``csv``.
        errors: The errors found so far.
        ignored: The columns of a CSV file that no field takes.
        blank: Fields that are null in some entry, or have a column in a CSV file. Entries leave out nulls and blanks.
        groups: The groups of a YAML or JSON file, in the form of entries.
        group_lines: The line of each group. Empty for JSON.
    """

    entries: list[Entry]
    lines: array.array[int]
    form: str
    errors: RosterErrors
    ignored: tuple[str, ...] = ()
    blank: frozenset[str] = frozenset()
    groups: list[Entry] = []
    group_lines: array.array[int] = array.array("L")

    def pop_entries(self) -> Iterator[Entry]:
        """Yield the entries in order and forget each, so that a long roster is in memory once."""
        self.entries.reverse()
        while self.entries:
            yield self.entries.pop()

    def position(self, index: int) -> str:
        """Return where an entry stands, for messages."""
        return f"line {self.lines[index]}" if self.lines else f"entry {index + 1}"

    def group_position(self, index: int) -> str:
        """Return where a group stands, for messages."""
        return f"line {self.group_lines[index]}" if self.group_lines else f"group {index + 1}"


class Shape:
    """The keys that an entry can have, and the kinds of their values.

    Attributes:
        key: The field that names an entry.
        kinds: ``text``, ``secret``, ``list``, ``flag``, or ``any`` by field.
        errors: Collects what is wrong.
        blank: Collects the fields that an entry names without a value.
    """

    key = "username"

    def __init__(self, spec: Mapping[str, Mapping[str, Any]], errors: RosterErrors) -> None:
        self.errors = errors
        self.blank: set[str] = set()
        self.kinds: dict[str, str] = {name: _kind(name, row) for name, row in spec.items()}
        self._names = {name: name for name in spec}
        self._secrets = {_SECRET, *(name for name, kind in self.kinds.items() if kind == "secret")}

    def look_for_secrets(self, names: Iterable[str]) -> None:
        """Hide the texts of a file that has a field for secrets among these names."""
        if not self._secrets.isdisjoint(names):
            self.errors.hide_all()

    def note_unknown(self, name: str) -> None:
        """Hide the texts of a file with a field that no roster has and that can be a secret by its name."""
        if any(word in name.casefold() for word in _SECRET_WORDS):
            self.errors.hide_all()

    def remedy(self) -> str:
        """Return the remedy for a name that no field has."""
        return f"Use one of {', '.join(sorted(self.kinds))}."

    def entry(self, item: Any, place: Place, lines: Mapping[str, int] | None = None) -> Entry:
        """Convert one entry of a YAML or JSON file, and add an error for everything in it that has no meaning.

        Args:
            item: The entry as it was parsed.
            place: Where it is.
            lines: The lines of its keys. None if they are not known.

        Returns:
            The entry without its nulls. Empty if it has no username.
        """
        if not isinstance(item, dict):
            self.errors.add(place, "The entry is not a mapping", f"Write '{self.key}: name' and other fields.")
            return {}
        entry: Entry = {}
        for name, value in item.items():
            known = self._names.get(name)
            if known is None:
                self._unknown(name, _at(name, place, lines), item)
            elif value.__class__ is str:
                entry[known] = value
            elif value is None:
                self.blank.add(known)
            else:
                entry[known] = self._convert(known, value, item, place, lines)
        return entry if self.is_named(entry, place) else {}

    def add_unknown_top(self, name: str, place: Place) -> None:
        """Add an error for a key beside ``members``."""
        self.look_for_secrets((name,))
        self.note_unknown(name)
        self.errors.add(place, "Key{} beside members is unknown", "Write options in the task.", name=name)

    def is_named(self, entry: Entry, place: Place) -> bool:
        """Whether an entry has a username. If not, add an error."""
        username = entry.get("username")
        if isinstance(username, str) and username.strip():
            return True
        self.errors.add(place, "The entry has no username", "Give each entry a username, as text.")
        return False

    def _unknown(self, name: str, place: Place, item: Mapping[str, Any]) -> None:
        self.note_unknown(name)
        self.errors.add(
            place, "Key{} is unknown", self.remedy(), name=name, known=self.kinds, member=item.get("username")
        )

    def _convert(
        self, name: str, value: Any, item: Mapping[str, Any], place: Place, lines: Mapping[str, int] | None
    ) -> Any:
        if isinstance(value, (list, dict)):
            if _depth(value) <= _MAX_DEPTH:
                return _as_text(value)
            self.errors.add(_at(name, place, lines), f"{name} is nested too deeply", "Write a value or a list.")
            return None
        if not isinstance(value, Plain):
            return value
        kind = self.kinds[name]
        remedy = _remedy_of_ambiguous(name, kind, value)
        if remedy:
            self.errors.add(
                _at(name, place, lines),
                f"{name}{{}} is text for some programs and a number, date, or flag for others",
                remedy,
                value=str(value),
                member=None if name == "username" else item.get("username"),
            )
        return _typed(value, kind)


class GroupShape(Shape):
    """The keys and kinds of a group in a roster."""

    key = "title"

    def is_named(self, entry: Entry, place: Place) -> bool:
        """Return True: title and group_id are checked together with the settings."""
        return True


def _at(name: str, place: Place, lines: Mapping[str, int] | None) -> Place:
    return at_line(lines[name]) if lines and name in lines else place


def _kind(name: str, row: Mapping[str, Any]) -> str:
    if name in _LISTS:
        return "list"
    if row.get("no_log"):
        return "secret"
    if name in _NAMES:
        return "text"
    return {"list": "list", "bool": "flag", "raw": "any"}.get(row.get("type", "str"), "text")


def _remedy_of_ambiguous(name: str, kind: str, value: Plain) -> str:
    if name in _NAMES:
        return "Put it in quotes."
    return "Write it without leading zeros." if kind == "any" and _OCTAL.fullmatch(value) else ""


def _typed(value: Plain, kind: str) -> Any:
    """Return the value of a text without quotes. Text fields keep the text: ``0123`` stays what it is."""
    text = str(value)
    if kind not in ("flag", "any"):
        return text
    if text in _FLAGS:
        return _FLAGS[text]
    if kind == "any" and _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if kind == "any" and _NUMBER.fullmatch(text) else text


def _depth(value: Any) -> int:
    """Return how deeply lists and mappings are nested, as far as it is allowed."""
    below = [value]
    for depth in range(_MAX_DEPTH + 1):
        below = [part for item in below for part in _parts(item) if isinstance(part, (list, dict))]
        if not below:
            return depth + 1
    return _MAX_DEPTH + 1


def _parts(value: list[Any] | dict[str, Any]) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value


def _as_text(value: Any) -> Any:
    if isinstance(value, list):
        return [_as_text(item) for item in value]
    if isinstance(value, dict):
        return {name: _as_text(item) for name, item in value.items()}
    return str(value) if isinstance(value, Plain) else value
