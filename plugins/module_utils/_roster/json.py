# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Read a roster in JSON."""

from __future__ import annotations

import array
import json
from collections import Counter
from typing import Any, BinaryIO, NoReturn

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import InputError
from ansible_collections.portalops.arcgis.plugins.module_utils._roster.shape import (
    GroupShape,
    Place,
    Plain,
    Roster,
    Shape,
    without_quotes,
)

_FILE = Place("file")


class JsonReader:
    """Reads one JSON file."""

    def __init__(self, shape: Shape, group_shape: GroupShape) -> None:
        self._shape = shape
        self._group_shape = group_shape

    def read(self, file: BinaryIO, encoding: str) -> Roster:
        """Read the file. Raises InputError if it is not JSON."""
        content = self._parse(file.read().decode(encoding))
        groups = [
            self._group_shape.entry(item, Place(f"group {index + 1}"))
            for index, item in enumerate(self._groups(content))
        ]
        items = self._members(content)
        for index, item in enumerate(items):
            # In its place, so that not both forms of all entries are in memory.
            items[index] = self._shape.entry(item, Place(f"entry {index + 1}"))
        return Roster(items, array.array("L"), "json", self._shape.errors, groups=groups)

    def _parse(self, text: str) -> Any:
        try:
            # Numbers stay the text that they are, as in YAML.
            return json.loads(
                text,
                object_pairs_hook=self._mapping,
                parse_constant=_refuse_constant,
                parse_int=Plain,
                parse_float=Plain,
            )
        except json.JSONDecodeError as error:
            raise InputError(
                f"Roster line {error.lineno}: The file is not valid JSON: {without_quotes(error.msg)} "
                f"(column {error.colno}).",
                option="src",
                line=error.lineno,
                remedy="Correct the syntax before that place.",
            ) from None
        except ValueError as error:
            raise InputError(
                f"The roster is not valid JSON: {error}.", option="src", remedy="Write a number."
            ) from None
        except RecursionError:
            raise InputError(
                "The roster is nested too deeply.", option="src", remedy="Write a list of members."
            ) from None

    def _mapping(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        self._shape.look_for_secrets(result)
        if len(result) != len(pairs):
            twice = Counter(name for name, _value in pairs).most_common(1)[0][0]
            member = result.get("username")
            self._shape.errors.add(_FILE, "Key{} occurs twice", "Keep one of them.", name=twice, member=member)
        return result

    def _groups(self, content: Any) -> list[Any]:
        groups = content.get("groups") if isinstance(content, dict) else None
        if groups is not None and not isinstance(groups, list):
            self._shape.errors.add(_FILE, "The key groups contains no list", "Write a list of groups.")
            return []
        return groups or []

    def _members(self, content: Any) -> list[Any]:
        if isinstance(content, dict):
            for name in content:
                if name not in ("members", "groups"):
                    self._shape.add_unknown_top(name, _FILE)
            content = content.get("members", [] if content else None)
        if not isinstance(content, list):
            self._shape.errors.add(
                _FILE, "The file contains no list of members", "Write a list, or a mapping with the key members."
            )
            return []
        return content


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a JSON number")
