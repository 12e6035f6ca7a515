# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Read a roster in CSV: the first row names the fields, and every other row is a member."""

from __future__ import annotations

import array
import csv
import io
import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, NamedTuple

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import InputError
from ansible_collections.portalops.arcgis.plugins.module_utils._model.names import did_you_mean, near_names
from ansible_collections.portalops.arcgis.plugins.module_utils._roster.shape import (
    MAPPINGS,
    Entry,
    Place,
    Roster,
    Shape,
    at_line,
    shown_briefly,
)

_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_DELIMITERS = ",;\t|"
_BLANKS = " \t\r\n"
# Cells that a spreadsheet takes for formulas; where a name is expected they are never meant.
_FORMULA = ("=", "+", "-", "@")
_NAMES = ("username", "email", "idp_username", "role", "user_type", "transfer_to")
# The only field that a person writes on several lines.
_SEVERAL_LINES = "description"
# The user file of ArcGIS Enterprise's command line tool has no header. The last column exists since 10.7.
_ESRI_COLUMNS = ("username", "password", "email", "full_name", "role", "description", "user_type")
# Fields by the names in exports of portals and of other tools, in lower case and without "_", "-", and blanks.
_FIELDS_OF_EXPORTS = {
    "assignedcredits": "credits",
    "emailaddress": "email",
    "idpusername": "idp_username",
    "licensetype": "user_type",
    "login": "username",
    "loginname": "username",
    "mail": "email",
    "roleid": "role",
    "rolename": "role",
    "user": "username",
    "usercreditassignment": "credits",
    "userid": "username",
    "userlicensetype": "user_type",
    "userlicensetypeid": "user_type",
}
_MAIL = re.compile(r"[^\s@]+@[^\s@]+")


class _Column(NamedTuple):
    """One column of the file: its name in the first row, its field, and the key within a field that is a mapping.

    The field is None if the column is left out.
    """

    name: str
    field: str | None
    key: str = ""


def _column(name: str, target: str | None) -> _Column:
    head, _dot, key = (target or "").partition(".")
    return _Column(name, head or None, key)


class CsvReader:
    """Reads the rows of one CSV file.

    Args:
        shape: The fields of an entry.
        columns: Field by column name. An empty field leaves the column out.
        delimiter: The character between cells. None to find it in the first line.
    """

    def __init__(self, shape: Shape, columns: Mapping[str, Any], delimiter: str | None) -> None:
        self._shape = shape
        self._errors = shape.errors
        self._given = {str(name).strip(): field for name, field in columns.items()}
        self._delimiter = {"tab": "\t", "\\t": "\t"}.get(delimiter or "", delimiter)
        if self._delimiter and not _is_delimiter(self._delimiter):
            raise InputError(
                "delimiter is not a single character that can separate cells.",
                option="delimiter",
                remedy="Use ',', ';', '|', or 'tab'.",
            )
        self._columns: list[_Column] = []
        self._entries: list[Entry] = []
        self._lines = array.array("L")

    def read(self, file: BinaryIO, encoding: str) -> Roster:
        """Read the file. Raises InputError if no row of it can be understood."""
        with io.TextIOWrapper(file, encoding, newline="") as text:
            self._read(text)
        ignored = [
            column.name if not self._errors.hides_names and column.name else f"column {number}"
            for number, column in enumerate(self._columns, 1)
            if column.field is None and column.name not in self._given
        ]
        self._shape.blank.update(column.field for column in self._columns if column.field)
        return Roster(self._entries, self._lines, "csv", self._errors, tuple(ignored))

    def _read(self, lines: Iterator[str]) -> None:
        first = next(lines, "")
        line = 1
        if first.lower().startswith("sep="):
            named = first[4:5]
            self._delimiter = self._delimiter or (named if _is_delimiter(named) else None)
            first, line = next(lines, ""), 2
        self._delimiter = self._delimiter or _sniff(first)
        reader = csv.reader(itertools.chain([first], lines), delimiter=self._delimiter, strict=True)
        skipped = line - 1
        try:
            if not self._read_header(next(reader, []), at_line(line)):
                return
            line = reader.line_num + skipped + 1
            for row in reader:
                if any(cell.strip(_BLANKS) for cell in row):
                    self._read_row(row, line, several_lines=reader.line_num + skipped > line)
                line = reader.line_num + skipped + 1
        except csv.Error as error:
            # The library quotes the file.
            self._errors.hide_all()
            is_long = "field larger than" in str(error)
            self._errors.add(
                at_line(line),
                f"A cell of the row that begins here is longer than {csv.field_size_limit()} characters"
                if is_long
                else "The row that begins here is not valid CSV",
                "Shorten the cell, or close its quotes."
                if is_long
                else "Close the quotes of each cell, and write a quote within quotes twice.",
            )

    # -- the first row

    def _read_header(self, header: list[str], place: Place) -> bool:
        """Read the names of the columns. Returns False if the first row is not a header."""
        names = [name.strip() for name in header]
        if any("\n" in name or "\r" in name for name in names):
            self._errors.hide_all()
            statement = "A name in the first row has line breaks: a quote opens here and closes on a later line"
            self._errors.add(place, statement, "Delete the stray quote or the line breaks.")
            return False
        found = [self._field(name) for name in names]
        known = [field for field in found if field]
        self._shape.look_for_secrets(known)
        for name, field in zip(names, found):
            if field is None:
                self._shape.note_unknown(name)
        # Two names that a header can have: one alone can be a value of a file without a header.
        is_header = len(known) > 1 or "username" in known or sum(map(self._is_like_field, names)) > 1
        if not is_header:
            self._errors.hide_all()
        self._check_given(names)
        if not known and not is_header and not self._given:
            self._refuse_first_row(names, place)
            return False
        self._columns = [_column(name, field) for name, field in zip(names, found)]
        self._check_unknown(place)
        twice = sorted({field for field in known if known.count(field) > 1})
        if twice:
            self._errors.add(place, f"Several columns are named {', '.join(twice)}", "Keep one, or use columns.")
        if "username" not in known:
            # The error about unknown columns shows how to name it.
            if not self._errors.has_any or self._errors.hides_names:
                self._errors.add(place, "No column is the username", "Name a column username, or use columns.")
            return False
        return not twice

    def _refuse_first_row(self, names: list[str], place: Place) -> None:
        if self._delimiter == "|" and 6 <= len(names) <= 7 and _MAIL.fullmatch(names[2]):
            self._errors.add(
                place,
                "The file has no header. It looks like a user file of the ArcGIS Enterprise command line tools",
                f"Insert this line above the first: {'|'.join(_ESRI_COLUMNS[: len(names)])}",
            )
            return
        self._errors.add(
            place,
            "The first row is not a header: it contains no name of a field",
            "Insert a row that names the columns, such as username,email,role, or use columns.",
        )

    def _field(self, name: str) -> str | None:
        """Return the field of a column. None if it is left out or unknown."""
        if name in self._given:
            field = self._given[name]
            if field and not self._is_target(str(field)):
                raise InputError(
                    f"columns.{name}: Field {shown_briefly(field)} does not exist.",
                    option="columns",
                    remedy=did_you_mean(near_names(str(field), self._shape.kinds)) or self._shape.remedy(),
                )
            return field or None
        head, dot, key = name.partition(".")
        plain = re.sub(r"[\s-]+", "_", head.strip().lower())
        target = f"{plain}{dot}{key.strip()}"
        return target if self._is_target(target) else None

    def _is_target(self, target: str) -> bool:
        """Whether a text is a field, or a field that is a mapping with one of its keys, such as ``add_ons.KEY``."""
        head, dot, key = target.partition(".")
        return head in self._shape.kinds and bool(dot and key) == (head in MAPPINGS)

    def _is_like_field(self, name: str) -> bool:
        """Whether a name is that of a field, a column of another program, or nearly so."""
        plain = re.sub(r"[\s_-]+", "", name.lower())
        return plain in _FIELDS_OF_EXPORTS or bool(near_names(plain, self._shape.kinds, 0.85))

    def _check_given(self, names: list[str]) -> None:
        for name in self._given:
            if name not in names:
                near = [] if self._errors.hides_names else near_names(name, names)
                raise InputError(
                    f"columns: The file has no column {shown_briefly(name)}.",
                    option="columns",
                    remedy=did_you_mean(near)
                    or ("Check delimiter: the first row has one column." if len(names) == 1 else "")
                    or "Use the names in the first row of the file.",
                )

    def _check_unknown(self, place: Place) -> None:
        """Report all unknown columns in one error that shows what to paste. With columns, they are left out."""
        unknown = [
            (number, column.name)
            for number, column in enumerate(self._columns, 1)
            if column.name and column.field is None and column.name not in self._given
        ]
        if unknown:
            self._errors.hides_values = True
        if self._given:
            unknown = [(number, name) for number, name in unknown if near_names(name, self._shape.kinds, 0.8)]
        if unknown:
            self._add_unknown(unknown, place)

    def _add_unknown(self, unknown: list[tuple[int, str]], place: Place) -> None:
        numbers = ", ".join(str(number) for number, _name in unknown)
        names = ", ".join(shown_briefly(name) for _number, name in unknown)
        columns = f"Columns {numbers} are" if len(unknown) > 1 else f"Column {numbers} is"
        self._errors.add_pair(
            _header_error(f"{columns} unknown: {names}", self._paste([name for _number, name in unknown]), place),
            _header_error(f"{columns} unknown", "Name every column of the file in columns.", place),
            is_name=True,
        )

    def _paste(self, unknown: list[str]) -> str:
        """Return the lines to paste that map each unknown column to its nearest field, or leave it out."""
        used = {column.field for column in self._columns}
        lines = [f"  {_yaml_text(name)}: {field or _yaml_text('')}" for name, field in self._given.items()]
        for name in unknown:
            exported = _FIELDS_OF_EXPORTS.get(re.sub(r"[\s_-]+", "", name.lower()))
            near = [exported] if exported in self._shape.kinds else near_names(name, self._shape.kinds, 0.75)
            near = [field for field in near if field not in used]
            used.update(near[:1])
            lines.append(f"  {_yaml_text(name)}: {near[0] if near else _yaml_text('')}")
        text = "\n".join(lines)
        return (
            "Map each column to a field, or leave it out with an empty text. In roles and playbooks, write "
            f"members_columns instead of columns:\ncolumns:\n{text}"
        )

    # -- the other rows

    def _read_row(self, row: list[str], line: int, *, several_lines: bool) -> None:
        place = at_line(line)
        columns = self._columns
        if len(row) != len(columns):
            # Cells can be under the wrong name.
            self._errors.hides_values = True
            if any(row[len(columns) :]):
                self._add(
                    row, place, "The row has more cells than the header", "Put cells with the delimiter in quotes."
                )
        if several_lines:
            self._check_lines(row, line)
        entry: Entry = {}
        for column, cell in zip(columns, row):
            if cell and column.field:
                value = self._value(column.field, cell, row, place)
                if value is not None and column.key:
                    entry.setdefault(column.field, {})[column.key] = value
                elif value is not None:
                    entry[column.field] = value
            elif cell and not column.name and column.name not in self._given:
                self._check_nameless(row, cell, place)
        self._entries.append(entry if self._shape.is_named(entry, place) else {})
        self._lines.append(line)

    def _add(self, row: list[str], place: Place, statement: str, remedy: str, value: str | None = None) -> None:
        member = next((cell.strip() for column, cell in zip(self._columns, row) if column.field == "username"), None)
        self._errors.add(place, statement, remedy, value=value, member=member)

    def _check_nameless(self, row: list[str], cell: str, place: Place) -> None:
        """Reject a cell below no name. Spreadsheets often write empty columns without a name."""
        if cell.strip(_BLANKS):
            self._errors.hides_values = True
            self._add(row, place, "The row has a cell in a column without a name", self._paste([""]))

    def _check_lines(self, row: list[str], line: int) -> None:
        """Reject a cell in quotes that begins at a stray quote: it has swallowed rows."""
        for index, (column, cell) in enumerate(zip(self._columns, row)):
            if "\n" not in cell and "\r" not in cell:
                continue
            field = column.field or f"Column {index + 1}"
            if field != _SEVERAL_LINES:
                self._errors.hide_all()
                statement = f"{field} has line breaks: a quote opens here and closes on a later line"
                self._add(row, at_line(line), statement, "Delete the stray quote or the line breaks.")
            elif _contains_rows(cell, index, len(self._columns), str(self._delimiter)):
                self._errors.hide_all()
                statement = f"{field} contains rows: a quote opens here and closes on a later line"
                remedy = "Delete the stray quote. If it is a text with such lines, use a YAML roster."
                self._add(row, at_line(line), statement, remedy)
            line += len(cell.splitlines()) - 1

    def _value(self, field: str, cell: str, row: list[str], place: Place) -> Any:
        """Return what a cell says. None if the cell is blank, or if it has no meaning, which is an error."""
        kind = self._shape.kinds[field]
        text = cell.strip(_BLANKS)
        if _has_late_quote(cell):
            self._errors.hide_all()
            self._add(row, place, f"{field} has blanks before its quotes", "Delete the blanks.")
            return None
        if kind == "secret":
            return cell
        if not text:
            return None
        if text[0] in _FORMULA and (text[0] == "=" or field in _NAMES):
            self._add(row, place, f"{field} begins like a formula", "Export values, or use a YAML roster.")
            return None
        if kind == "list":
            return [part for part in (part.strip(_BLANKS) for part in text.split(";")) if part]
        if kind == "flag":
            flag = _FLAGS.get(text.lower())
            if flag is None:
                self._add(row, place, f"{field}{{}} is not a flag", "Write true, false, yes, no, 1, or 0.", text)
            return flag
        return text


def is_rejected(field: str, cell: str, index: int, width: int, delimiter: str = ",") -> bool:
    """Whether the reader takes a cell for a mistake of another program, so that an export must not write it.

    Args:
        field: The field of the cell.
        cell: Its text.
        index: The position of its column, from 0.
        width: The number of columns.
        delimiter: The character between cells.
    """
    if "\n" not in cell and "\r" not in cell:
        return cell.startswith(_FORMULA) or _has_late_quote(cell)
    return field != _SEVERAL_LINES or cell.startswith(_FORMULA) or _contains_rows(cell, index, width, delimiter)


def _has_late_quote(cell: str) -> bool:
    return cell[:1] in _BLANKS and cell.lstrip(_BLANKS).startswith('"')


def _contains_rows(cell: str, index: int, width: int, delimiter: str) -> bool:
    """Whether the lines of a cell have as many delimiters as rows would have that a stray quote joined."""
    counts = [text.count(delimiter) for text in cell.splitlines() if text.strip()]
    full = width - 1
    if full < 1 or len(counts) < 2:
        return False
    return full in counts[1:-1] or (counts[0] == full - index and counts[-1] == index)


def _header_error(statement: str, remedy: str, place: Place) -> InputError:
    return InputError(f"Roster {place.text}: {statement}.", option="src", line=place.line, remedy=remedy)


def _is_delimiter(text: str) -> bool:
    return len(text) == 1 and text not in '"\r\n '


def _sniff(header: str) -> str:
    bare = re.sub(r'"[^"]*"', "", header)
    return max(_DELIMITERS, key=bare.count)


def _yaml_text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
