# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it may change in any release.

"""What a roster is whatever its form: its entries, the keys they have, and what is wrong with them."""

from __future__ import annotations

import array
import typing as t

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import InputError, Problems
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import Forms

MAX_PROBLEMS = 50
"""Problems that are told one by one; of more only the number is told."""

MAX_SHOWN = 80

# In these fields hardly any value is there twice.
_UNIQUE = ("username", "full_name", "email", "idp_username", "password")
_PATHS = ("categories",)

Entry = dict[str, t.Any]


class Roster(t.NamedTuple):
    """Members as the file has them.

    entries: ``{field: text | bool | number | list | dict}``; equal lists may be one object: do not change them.
    lines: the line of each entry; empty for JSON, which does not tell. form: ``yaml``, ``json`` or ``csv``.
    ignored: columns of a CSV that no field takes.
    blank: fields that have a null somewhere, or a column in a CSV. The entries leave out nulls and empty cells.
    """

    entries: list[Entry]
    lines: array.array[int]
    form: str
    ignored: tuple[str, ...] = ()
    blank: frozenset[str] = frozenset()

    def drained(self) -> t.Iterator[Entry]:
        """The entries in order, each one forgotten as it is given: a long roster need not be there twice."""
        self.entries.reverse()
        while self.entries:
            yield self.entries.pop()

    def position(self, index: int) -> str:
        """Where an entry stands, for messages."""
        return f"line {self.lines[index]}" if self.lines else f"entry {index + 1}"


def shown_briefly(value: t.Any) -> str:
    """A value as it is shown in messages."""
    text = repr(value)
    return text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "…"


def near(word: str, words: t.Iterable[str], cutoff: float = 0.6) -> list[str]:
    """The words that come nearest to one."""
    import difflib

    return difflib.get_close_matches(word[:MAX_SHOWN], list(words), n=3, cutoff=cutoff)


def one_of(word: str, words: t.Collection[str]) -> str:
    """The remedy for a word that is none of some words."""
    found = near(word, words)
    return f"Did you mean {' or '.join(found)}?" if found else f"Use one of {', '.join(sorted(words))}."


class Faults:
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
        name = member[:MAX_SHOWN] if isinstance(member, str) and member else None
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


def unknown_top(name: str, faults: Faults, line: int | None = None) -> None:
    where = f"line {line}" if line else "file"
    faults.add(where, f"unknown key {shown_briefly(name)} beside members", "Options stand in the task.", None, line)


def _itself(value: t.Any) -> t.Any:
    return value


class Shape:
    """The keys of an entry, what their values are, and the values that entries share."""

    def __init__(self, spec: t.Mapping[str, t.Mapping[str, t.Any]]) -> None:
        self.faults = Faults()
        self.blank: set[str] = set()
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
            self.faults.add(where, f"unknown key {shown_briefly(name)}", one_of(name, self.kinds), member, line)

    def entry(self, entry: t.Any, where: str, line: int | None = None) -> Entry:
        """An entry without its nulls; faults are noted."""
        username = entry.get("username")
        if not isinstance(username, str) or not username.strip():
            self.faults.add(where, "the entry has no username", "Give each entry a username, as text.", None, line)
        if None in entry.values():
            self.blank.update(name for name, value in entry.items() if value is None)
            return {name: value for name, value in entry.items() if value is not None}
        return t.cast(Entry, entry)
