# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which operation a path names: case-blind, '//' collapsed, a trailing slash tolerated, names percent-decoded."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable, Optional
from urllib.parse import unquote

from .call import Call

Handler = Callable[[Call], Any]


@dataclass(frozen=True)
class Operation:
    """One operation of the portal. ``privilege``: any one of these lets a caller in; empty: the handler decides."""

    name: str
    handler: Handler
    write: bool
    privilege: tuple[str, ...] = ()
    anonymous: bool = False
    methods: tuple[str, ...] = ("GET", "POST")
    names: str = ""  # the parameter that lists members, for partial failures
    root: str = "sharing"


@dataclass
class Node:
    literal: dict[str, Node] = field(default_factory=dict)
    capture: Optional[tuple[str, Node]] = None
    operation: Optional[Operation] = None


NAMES: set[str] = set()
ROOTS: dict[str, Node] = {"sharing": Node(), "admin": Node(), "server": Node()}


def operation(
    path: str,
    name: str,
    *,
    write: bool = False,
    privilege: str = "",
    anonymous: bool = False,
    names: str = "",
    root: str = "sharing",
    methods: Optional[tuple[str, ...]] = None,
) -> Callable[[Handler], Handler]:
    """Register a function as the operation at ``path`` ("portals/{portal}/users"). A write is POST only."""

    def register(handler: Handler) -> Handler:
        allowed = methods or (("POST",) if write else ("GET", "POST"))
        found = Operation(name, handler, write, tuple(privilege.split()), anonymous, allowed, names, root)
        NAMES.add(name)
        node = ROOTS[root]
        for part in path.split("/") if path else ():
            if part.startswith("{"):
                node.capture = node.capture or (part[1:-1], Node())
                node = node.capture[1]
            else:
                node = node.literal.setdefault(part.lower(), Node())
        node.operation = found
        return handler

    return register


def segments(path: str) -> list[str]:
    return [unquote(part) for part in path.split("/") if part]


def find(root: str, parts: list[str]) -> tuple[Optional[Operation], dict[str, str]]:
    """The operation at these decoded parts and the names captured on the way."""
    node, captured = ROOTS[root], {}
    for part in parts:
        following = node.literal.get(part.lower())
        if following is None:
            if node.capture is None:
                return None, {}
            captured[node.capture[0]] = part
            following = node.capture[1]
        node = following
    return node.operation, captured
