# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it can change in any release.

"""Members as the texts of roster files, which C(portal_members) reads back to the same members. Pure."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import unicodedata
from collections.abc import Iterable
from typing import Any

import yaml

from ansible_collections.portalops.arcgis.plugins.module_utils._model.parsers import is_ambiguous
from ansible_collections.portalops.arcgis.plugins.module_utils._roster.csv import is_rejected

FORMATS = {"yaml": "yml", "json": "json", "csv": "csv"}
"""Extension of a roster file by format."""

STEM = "members"
LIST_SEPARATOR = ";"
# What readers take for the character between cells, besides the comma.
_DELIMITERS = ";\t|"
# Without it, spreadsheets read the file in the character set of the computer, and save damaged names.
_BYTE_ORDER_MARK = "\ufeff"
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.@ /-]*[A-Za-z0-9_]|[A-Za-z]")
# Words that one or the other version of YAML takes for something else than text.
_RESERVED = frozenset(("true", "false", "yes", "no", "on", "off", "null", "y", "n"))


class RosterError(ValueError):
    """The members cannot be written in the form that was asked for; the text says why and what to do."""


class RosterFile:
    """One file: its name, how many members it lists, its text, and cells that were left out as (username, field)."""

    __slots__ = ("count", "left_out", "name", "text")

    def __init__(self, name: str, count: int, text: str, left_out: list[tuple[str, str]]) -> None:
        self.name = name
        self.count = count
        self.text = text
        self.left_out = left_out


def roster_files(
    members: list[dict[str, Any]], form: str = "yaml", split_by: str | None = None, max_members: int | None = None
) -> list[RosterFile]:
    """The files of a roster, sorted by name; within a file the members keep their order.

    form: a key of FORMATS. split_by: a field, with one file for each value, or the path of a category, with one file
    for each category below it. max_members: how many members a file lists at most; None for no limit.
    Raises RosterError.
    """
    if form not in FORMATS:
        raise RosterError(f"Format '{form}' does not exist. Use one of {', '.join(FORMATS)}.")
    if max_members is not None and max_members < 1:
        raise RosterError(f"a file lists 1 member or more, not {max_members}")
    found = []
    for part, listed in _parts(members, split_by):
        stem = f"{STEM}-{part}" if part else STEM
        for number, chunk in _chunks(listed, max_members):
            text, left_out = _WRITERS[form](chunk)
            found.append(RosterFile(f"{stem}{number}.{FORMATS[form]}", len(chunk), text, left_out))
    return sorted(found, key=lambda file: file.name)


# -- which member goes where ---------------------------------------------------------------------------------------


def _parts(members: list[dict[str, Any]], split_by: str | None) -> Iterable[tuple[str, list[dict[str, Any]]]]:
    if not split_by:
        return [("", members)]
    groups: dict[str, list[dict[str, Any]]] = {}
    for member in members:
        groups.setdefault(_value(member, split_by), []).append(member)
    return zip(_words(list(groups)), groups.values())


def _value(member: dict[str, Any], split_by: str) -> str:
    """What decides the file: a field as text, or the first category below a path; empty if there is none."""
    if not split_by.startswith("/"):
        value = member.get(split_by)
        if isinstance(value, (list, dict)):
            raise RosterError(f"{split_by} is not one value; name a field with one value, or the path of a category")
        return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)
    above = split_by.rstrip("/") + "/"
    paths = member.get("categories") or ()
    below = sorted(path for path in paths if path.startswith(above) and path != above)
    return below[0][len(above) :].split("/")[0] if below else ""


def _words(values: list[str]) -> list[str]:
    """Parts of file names, all different: an unusual value, or one that resembles another, has a checksum."""
    plain = [_plain(value) for value in values]
    return [
        word if word and plain.count(word) == 1 else "-".join(filter(None, (word, _short(value)))) if value else "none"
        for value, word in zip(values, plain)
    ]


def _plain(value: str) -> str:
    letters = unicodedata.normalize("NFKD", value).encode("ascii", "ignore").decode().lower()
    word = re.sub(r"[^a-z0-9_]+", "-", letters).strip("-")[:60]
    # 'none' stands for no value.
    return "" if word == "none" else word


def _short(value: str) -> str:
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _chunks(members: list[dict[str, Any]], most: int | None) -> Iterable[tuple[str, list[dict[str, Any]]]]:
    if most is None:
        return [("", members)]
    width = max(3, len(str(-(-len(members) // most))))
    starts = range(0, max(len(members), 1), most)
    return [(f"-{number:0{width}}", members[start : start + most]) for number, start in enumerate(starts, 1)]


# -- the forms -----------------------------------------------------------------------------------------------------


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """Quotes every text that some reader of YAML might take for a number, a date or a truth value."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represent_text(dumper: Any, text: str) -> Any:
    if "\n" in text and all(line == line.rstrip() for line in text.split("\n")):
        style = "|"
    elif _PLAIN.fullmatch(text) and text.lower() not in _RESERVED:
        style = None
    else:
        style = '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def _yaml(members: list[dict[str, Any]]) -> tuple[str, list[tuple[str, str]]]:
    text = yaml.dump(
        {"members": members},
        Dumper=_Dumper,
        allow_unicode=True,
        default_flow_style=False,
        explicit_start=True,
        sort_keys=False,
        width=100,
    )
    return text, []


def _json(members: list[dict[str, Any]]) -> tuple[str, list[tuple[str, str]]]:
    return json.dumps({"members": members}, indent=2, ensure_ascii=False) + "\n", []


def _csv(members: list[dict[str, Any]]) -> tuple[str, list[tuple[str, str]]]:
    rows = [_columns(member) for member in members]
    columns = list(dict.fromkeys(name for row in rows for name in row)) or ["username"]
    # Columns of mappings, such as add_ons.ArcGIS Pro, are last and sorted: one member does not change their order.
    columns.sort(key=lambda name: ("." in name, name.casefold() if "." in name else ""))
    left_out: list[tuple[str, str]] = []
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    # A reader looks for the delimiter outside quotes.
    has_delimiter = any(mark in name for name in columns for mark in _DELIMITERS)
    header = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL) if has_delimiter else writer
    header.writerow(columns)
    for member in rows:
        row = []
        for index, name in enumerate(columns):
            cell = _cell(member, name)
            if is_rejected(name, cell, index, len(columns)):
                if name == "username":
                    raise RosterError(f"The username '{cell}' would be a formula or rows in a CSV. Use YAML or JSON.")
                # The portal's value is not changed where a cell is empty.
                left_out.append((member["username"], name))
                cell = ""
            row.append(cell)
        writer.writerow(row)
    return _BYTE_ORDER_MARK + stream.getvalue(), left_out


def _columns(member: dict[str, Any]) -> dict[str, Any]:
    """A member with a column for each key of a field that is a mapping."""
    found: dict[str, Any] = {}
    for name, value in member.items():
        if isinstance(value, dict):
            found.update((f"{name}.{key}", item) for key, item in value.items())
        else:
            found[name] = value
    return found


def _cell(member: dict[str, Any], name: str) -> str:
    value = member.get(name)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, list):
        text = str(value)
        return f"{text}0" if isinstance(value, float) and is_ambiguous(text) else text
    if any(LIST_SEPARATOR in item for item in value):
        raise RosterError(
            f"{member['username']}: {name} has a '{LIST_SEPARATOR}', which separates lists in a CSV; use YAML or JSON"
        )
    return LIST_SEPARATOR.join(value)


_WRITERS = {"yaml": _yaml, "json": _json, "csv": _csv}
