# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it may change in any release.

"""Reads a roster in CSV: the first row names the fields, every other one is a member."""

from __future__ import annotations

import array
import csv
import io
import itertools
import re
import typing as t

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import InputError
from ansible_collections.portalops.arcgis.plugins.module_utils._roster.shape import (
    Entry,
    Roster,
    Shape,
    near,
    one_of,
    shown_briefly,
)

_CELL_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_DELIMITERS = ",;\t|"
# Cells that a spreadsheet takes for formulas; where a name is expected they are never meant.
_FORMULA = ("=", "+", "-", "@")
_NAMES = ("username", "email", "idp_username", "role", "user_type", "transfer_to")


class CsvReader:
    """Rows of a CSV file: the first one names the fields."""

    def __init__(self, shape: Shape, columns: t.Mapping[str, t.Any], delimiter: str | None) -> None:
        self._shape = shape
        self._columns = {str(name).strip(): field for name, field in columns.items()}
        self._delimiter = {"tab": "\t", "\\t": "\t"}.get(delimiter or "", delimiter)
        if self._delimiter and len(self._delimiter) != 1:
            raise InputError(
                "delimiter is not a single character.", option="delimiter", remedy="Use ',', ';', '|' or 'tab'."
            )
        self._ignored: list[str] = []

    def read(self, file: t.BinaryIO, encoding: str) -> Roster:
        with io.TextIOWrapper(file, encoding, newline="") as text:
            return self._read(text)

    def _read(self, lines: t.Iterator[str]) -> Roster:
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
        self._shape.blank.update(field for field in fields if field)
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
                    f"columns names {shown_briefly(wanted)}, which is no column of the file.",
                    option="columns",
                    remedy=one_of(wanted, names),
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
                    f"columns gives {shown_briefly(name)} to {shown_briefly(field)}, which is no field.",
                    option="columns",
                    remedy=one_of(str(field), kinds),
                )
            return field or None
        plain = name if self._columns else re.sub(r"[\s-]+", "_", name.lower())
        if plain in kinds:
            return plain
        if name and (not self._columns or near(plain, kinds, 0.8)):
            remedy = f"{one_of(plain, kinds)} Or say in columns what it holds."
            self._shape.faults.add("header", f"unknown column {shown_briefly(name)}", remedy)
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
            return f"{field} is {shown_briefly(text)}", "Write true, false, yes, no, 1 or 0."
        return f"{field} begins with {text[0]!r} like a formula", "Export values, not formulas, or use a YAML roster."


def _sniffed(header: str) -> str:
    bare = re.sub(r'"[^"]*"', "", header)
    return max(_DELIMITERS, key=bare.count)
