# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The troubleshooting guide explains every error code and every guard there is, and no other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ansible_collections.portalops.arcgis.plugins.module_utils import _errors

ROOT = Path(__file__).resolve().parents[3]
GUIDE = (ROOT / "docs/docsite/rst/guide_troubleshooting.rst").read_text(encoding="utf-8")
TERM = re.compile(r"^``(\w+)``\n  \S", re.M)


def section(title: str) -> str:
    """The text below a heading, up to the next one of its rank."""
    return re.split(r"^.+\n-+$", GUIDE.split(f"\n{title}\n{'-' * len(title)}\n")[1], maxsplit=1, flags=re.M)[0]


def subclasses(kind: type[_errors.PortalOpsError]) -> Iterator[type[_errors.PortalOpsError]]:
    for each in kind.__subclasses__():
        yield each
        yield from subclasses(each)


def test_every_error_code_is_explained() -> None:
    explained = TERM.findall(section("Error codes"))
    assert sorted(explained) == sorted({kind.code for kind in subclasses(_errors.PortalOpsError)})


def test_every_guard_is_explained() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "plugins/module_utils").rglob("*.py")]
    named = {name for text in sources for name in re.findall(r'\bguard="(\w+)"', text)}
    limits = {name for text in sources for name in re.findall(r'\("(\w+)", guards\.\1,', text)}
    assert len(limits) == 3
    assert sorted(TERM.findall(section("Guards"))) == sorted(named | limits)
