# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Read a roster file (YAML, JSON, or CSV) into plain member entries.

Text fields keep the text as it is written. What a value can be is for the fields to judge: here only the shape of the
file, its keys, and the username are checked. A field that is null, or an empty cell of a CSV file, is left out of its
entry, so the portal's value is not changed.
"""

from __future__ import annotations

import codecs
import os
import re
import stat
from collections.abc import Mapping
from typing import Any, BinaryIO

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import InputError
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import member_spec
from ansible_collections.portalops.arcgis.plugins.module_utils._model.group_settings import group_spec
from ansible_collections.portalops.arcgis.plugins.module_utils._roster.csv import CsvReader
from ansible_collections.portalops.arcgis.plugins.module_utils._roster.json import JsonReader
from ansible_collections.portalops.arcgis.plugins.module_utils._roster.shape import (
    GroupShape,
    Roster,
    RosterErrors,
    Shape,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._roster.yaml import YamlReader

MAX_BYTES = 256 * 1024 * 1024
"""Size of a roster file at most."""

_VAULT = b"$ANSIBLE_VAULT"
_FORMS = {".yml": "yaml", ".yaml": "yaml", ".json": "json", ".csv": "csv", ".tsv": "csv"}
_YAML_LINE = re.compile(r"---|- |-$|%YAML|[\w\"'-]+\s*:(\s|$)")
# Bytes that tell the form of a file without an extension.
_HEAD = 4096
_CHUNK = 1024 * 1024  # bytes
_SECRET = b"password"


def read_roster(
    path: str,
    spec: Mapping[str, Mapping[str, Any]] | None = None,
    columns: Mapping[str, Any] | None = None,
    delimiter: str | None = None,
) -> Roster:
    """Read a roster file, and raise everything that is wrong with its shape.

    Args:
        path: The file.
        spec: Argument spec of an entry. None for the spec of ``portal_members``.
        columns: Field by column name of a CSV file. An empty field leaves the column out.
        delimiter: The character between the cells of a CSV file. None for the one that its first line uses.

    Returns:
        The roster. It has one entry at least.

    Raises:
        InputError: One thing is wrong. Its details are option, line, member, and remedy.
        MultipleErrors: Several things are wrong.
        MissingLibrary: The file is YAML, and PyYAML is missing.
    """
    roster = load_roster(path, spec, columns, delimiter)
    roster.errors.check()
    return roster


def load_roster(
    path: str,
    spec: Mapping[str, Mapping[str, Any]] | None = None,
    columns: Mapping[str, Any] | None = None,
    delimiter: str | None = None,
) -> Roster:
    """Read a roster file as ``read_roster`` does, but leave the errors of single entries in the roster.

    Raises:
        InputError: The whole file is not usable.
    """
    errors = RosterErrors()
    shape = Shape(spec or {"username": {"type": "str"}, **member_spec("portal_members")}, errors)
    try:
        with _open(path) as file:
            if _mentions_passwords(file):
                errors.hide_all()
            head = file.read(_HEAD)
            file.seek(0)
            roster = _read(file, _form(path, head), head, shape, columns or {}, delimiter)
    except OSError as error:
        raise _unusable(path, f"is not readable: {error.strerror}", "Check the path and its permissions.") from None
    except UnicodeError:
        raise _unusable(path, "is not UTF-8 text", "Save it as UTF-8 (in a spreadsheet: CSV UTF-8).") from None
    if not roster.entries:
        errors.check()
        raise _unusable(path, "contains no member", "Write at least one entry.")
    return roster._replace(blank=frozenset(shape.blank))


def _read(
    file: BinaryIO, form: str, head: bytes, shape: Shape, columns: Mapping[str, Any], delimiter: str | None
) -> Roster:
    if form == "csv":
        return CsvReader(shape, columns, delimiter).read(file, _encoding(head))
    for option, value in (("columns", columns), ("delimiter", delimiter)):
        if value:
            raise InputError(
                f"{option} is only for CSV files, and the roster file is {form.upper()}.",
                option=option,
                remedy=f"Delete {option}, or give a CSV file.",
            )
    groups = GroupShape(group_spec(), shape.errors)
    if form == "yaml":
        return YamlReader(shape, groups).read(file)
    return JsonReader(shape, groups).read(file, _encoding(head))


def _mentions_passwords(file: BinaryIO) -> bool:
    """Whether the word password is anywhere in a file. A stray quote can hide a field from its parser."""
    found, before = False, b""
    while not found:
        chunk = file.read(_CHUNK)
        if not chunk:
            break
        # In UTF-16, every other byte of the word is zero.
        text = before + chunk.replace(b"\0", b"").lower()
        found = _SECRET in text
        before = text[-len(_SECRET) :]
    file.seek(0)
    return found


def _open(path: str) -> BinaryIO:
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
