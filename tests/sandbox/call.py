# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One request in normal form: query, body and multipart joined, lists in each spelling, and who is calling."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING, Any, Optional
from urllib.parse import parse_qsl

from .errors import invalid_request

if TYPE_CHECKING:
    from .access import Caller
    from .routing import Operation
    from .world import World

TRUE_WORDS = ("true", "1", "yes", "on")


def form_pairs(text: str) -> list[tuple[str, str]]:
    return parse_qsl(text, keep_blank_values=True) if text else []


@dataclass
class Call:
    """What an operation gets. ``args`` are the decoded names of the path, ``params`` the values sent, last one wins."""

    method: str
    path: str
    root: str
    headers: Any
    remote: str
    base: str
    pairs: list[tuple[str, str]]
    body_names: frozenset[str] = frozenset()
    files: dict[str, bytes] = field(default_factory=dict)
    args: dict[str, str] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    operation: Optional[Operation] = None
    caller: Optional[Caller] = None
    world: Any = None
    refused_names: Optional[frozenset[str]] = None

    def __post_init__(self) -> None:
        self.params = dict(self.pairs)

    @property
    def portal(self) -> World:
        return self.world  # type: ignore[no-any-return]

    def text(self, name: str, default: str = "") -> str:
        return self.params.get(name, default)

    def need(self, name: str) -> str:
        value = self.params.get(name, "").strip()
        if not value:
            raise invalid_request(f"'{name}' parameter is missing.")
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.params.get(name)
        return default if value is None or value == "" else value.strip().lower() in TRUE_WORDS

    def number(self, name: str, default: int) -> int:
        value = self.params.get(name, "")
        try:
            return int(value) if value else default
        except ValueError:
            raise invalid_request(f"'{name}' parameter is not a number.") from None

    def document(self, name: str) -> Any:
        """The JSON value in one form field."""
        return parsed(self.need(name), name)

    def names(self, name: str) -> list[str]:
        """A list sent as a JSON array, a comma list, a bare name or a repeated field."""
        found: list[str] = []
        for key, value in self.pairs:
            if key == name:
                found += split_names(value)
        if not found:
            raise invalid_request(f"'{name}' parameter is missing.")
        return found

    def refuses(self, name: str) -> bool:
        """True where a fault puts this name into the failure list."""
        return self.refused_names is not None and name.casefold() in self.refused_names

    def page(self, most: int = 100, default: int = 10) -> tuple[int, int]:
        """start (1-based) and num, the latter never above the page limit."""
        start = max(1, self.number("start", 1))
        return start, min(most, max(0, self.number("num", default)))


def parsed(text: str, name: str) -> Any:
    """JSON text of the parameter ``name`` as data."""
    try:
        return json.loads(text)
    except ValueError:
        raise invalid_request(f"'{name}' parameter is not valid JSON.") from None


def finite(value: Any) -> Optional[float]:
    """A number, also one sent as text; None for what is not a finite number."""
    try:
        found = float("nan") if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return None
    return found if isfinite(found) else None


def split_names(value: str) -> list[str]:
    value = value.strip()
    if value.startswith("["):
        try:
            listed = json.loads(value)
        except ValueError:
            raise invalid_request("The list of names is not valid JSON.") from None
        return [str(name) for name in listed]
    return [part.strip() for part in value.split(",") if part.strip()]


def paged(rows: list[Any], start: int, num: int, key: str) -> dict[str, Any]:
    """One page in the portal's form; ``num`` is the number of rows returned, ``nextStart`` -1 at the end."""
    chosen = rows[start - 1 : start - 1 + num]
    following = start + num
    return {
        "total": len(rows),
        "start": start,
        "num": len(chosen),
        "nextStart": following if chosen and following <= len(rows) else -1,
        key: chosen,
    }
