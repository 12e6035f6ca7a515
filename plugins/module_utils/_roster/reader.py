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
import json
import os
import re
import stat
import typing as t

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import InputError
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import member_spec
from ansible_collections.portalops.arcgis.plugins.module_utils._roster.shape import (
    Entry,
    Faults,
    Roster,
    Shape,
    shown_briefly,
    unknown_top,
)

MAX_BYTES = 256 * 1024 * 1024

_VAULT = b"$ANSIBLE_VAULT"
_FORMS = {".yml": "yaml", ".yaml": "yaml", ".json": "json", ".csv": "csv", ".tsv": "csv"}
_YAML_LINE = re.compile(r"---|- |-$|%YAML|[\w\"'-]+\s*:(\s|$)")
_NUMBERS = frozenset((int, float))


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
    shape = Shape(spec or {"username": {"type": "str"}, **member_spec("portal_members")})
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
    return roster._replace(blank=frozenset(shape.blank))


def _read(
    file: t.BinaryIO, form: str, head: bytes, shape: Shape, columns: t.Mapping[str, t.Any], delimiter: str | None
) -> Roster:
    # Each run reads one form, and to load the others takes as long as to read a thousand members.
    if form == "csv":
        from ansible_collections.portalops.arcgis.plugins.module_utils._roster.csv import CsvReader

        return CsvReader(shape, columns, delimiter).read(file, _encoding(head))
    if form == "yaml":
        from ansible_collections.portalops.arcgis.plugins.module_utils._roster.yaml import YamlReader

        return YamlReader(shape).read(file)
    return _read_json(file.read().decode(_encoding(head)), shape)


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


# -- JSON


def _read_json(text: str, shape: Shape) -> Roster:
    def pairs(found: list[tuple[str, t.Any]]) -> dict[str, t.Any]:
        result = {name: shape.share(name, value) for name, value in found}
        if len(result) != len(found):
            twice = collections.Counter(name for name, _value in found).most_common(1)[0][0]
            what = f"the key {shown_briefly(twice)} stands twice"
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


def _members(content: t.Any, faults: Faults) -> list[t.Any]:
    if isinstance(content, dict):
        for name in content:
            if name != "members":
                unknown_top(name, faults)
        content = content.get("members", [] if content else None)
    if not isinstance(content, list):
        faults.add("file", "it holds no list of members", "Write a list, or a mapping with the key members.")
        return []
    return content


def _json_entry(item: t.Any, where: str, shape: Shape) -> Entry:
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
