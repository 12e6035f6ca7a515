# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The blocks of example code in a page: Markdown's fences, and the code-block directive of reStructuredText."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("README.md", "CONTRIBUTING.md", "roles/*/README.md", "docs/docsite/rst/*.rst")

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
DIRECTIVE = re.compile(r"^( *)\.\. code-block:: *([\w+-]+)\n((?:\1 +\S.*\n|\1? *\n)*)", re.M)
OPTION = re.compile(r"^ *:(\w+): *(.*)$")
# In Markdown and in YAML the first line can say which file a block is: "# roster.yml".
FILE_NAME = re.compile(r"^# ([\w./-]+\.(?:yml|yaml|csv|json|ini|cfg))$")


@dataclass(frozen=True)
class Block:
    """language: as the page says it; file: the name of the file that the block shows, or nothing."""

    page: str
    line: int
    language: str
    text: str
    file: str = ""

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def first_line(self) -> str:
        return next((line.strip() for line in self.text.splitlines() if line.strip()), "")


def pages() -> list[str]:
    """All pages with examples, as paths below the root."""
    return sorted(str(path.relative_to(ROOT)) for pattern in PAGES for path in ROOT.glob(pattern))


def blocks(page: str) -> list[Block]:
    """The blocks of one page, from top to bottom."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return list(directives(page, text) if page.endswith(".rst") else fences(page, text))


def fences(page: str, text: str) -> Iterator[Block]:
    for found in FENCE.finditer(text):
        yield block(page, text, found.start(2), found.group(1), found.group(2))


def directives(page: str, text: str) -> Iterator[Block]:
    for found in DIRECTIVE.finditer(text):
        lines = textwrap.dedent(found.group(3)).strip("\n").split("\n")
        options = {}
        while lines and (option := OPTION.match(lines[0])):
            options[option.group(1)] = option.group(2)
            lines.pop(0)
        code = "\n".join(lines).strip("\n") + "\n"
        yield block(page, text, found.start(), found.group(2), code, options.get("caption", ""))


def block(page: str, text: str, start: int, language: str, code: str, caption: str = "") -> Block:
    named = FILE_NAME.match(code.lstrip().split("\n", 1)[0])
    file = caption or (named.group(1) if named else "")
    return Block(page, text.count("\n", 0, start) + 1, language, code, file)
