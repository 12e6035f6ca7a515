# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check the links of all Markdown and reStructuredText files, without network access.

A link to a file of the repository must name an existing file and, after "#", an existing heading. Of other links only
the syntax is checked. 'make docs' checks the references between the guides.
Usage (inside with.sh): links.py
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tools.language import published

ROOT = Path(__file__).resolve().parent.parent
RST_LINK = re.compile(r"`[^`]*<(?P<named>[^`>\s]+)>`__?|(?P<bare>https?://[^\s`>)\]\"']+)")
# Placeholders and addresses of the sandbox portal in examples.
EXAMPLE_HOSTS = re.compile(r"(^|\.)(example\.(com|net)|localhost)$|^127\.|example\.maps\.arcgis\.com$")


def tokens(path: Path) -> Iterator[Token]:
    """Yield the tokens of a Markdown file, with those inside of paragraphs."""
    for token in MarkdownIt().enable("table").parse(path.read_text(encoding="utf-8")):
        yield token
        yield from token.children or ()


@cache
def anchors(path: Path) -> frozenset[str]:
    """Return the anchors of a Markdown file: those that GitHub gives to its headings, and those in its HTML."""
    found = {anchor for token in tokens(path) for anchor in re.findall(r'<a id="([^"]+)">', token.content)}
    parsed = MarkdownIt().parse(path.read_text(encoding="utf-8"))
    for token, inline in zip(parsed, parsed[1:]):
        if token.type == "heading_open":
            text = "".join(child.content for child in inline.children or () if child.type in ("text", "code_inline"))
            found.add(re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-"))
    return frozenset(found)


def markdown_links(path: Path) -> Iterator[str]:
    """Yield the targets of the links and pictures of a Markdown file, with those in HTML."""
    for token in tokens(path):
        for name in ("href", "src"):
            if token.attrGet(name):
                yield str(token.attrGet(name))
        if token.type in ("html_block", "html_inline"):
            yield from re.findall(r'(?:href|src)="([^"]+)"', token.content)


def rst_links(path: Path) -> Iterator[str]:
    """Yield the targets of the links of a reStructuredText file."""
    for found in RST_LINK.finditer(path.read_text(encoding="utf-8")):
        yield (found["named"] or found["bare"]).rstrip(".,;")


def problem(path: Path, link: str) -> str:
    """Return what is wrong with a link, or ""."""
    parts = urlsplit(link)
    if parts.scheme == "mailto":
        return "" if re.fullmatch(r"[^@\s]+@[^@\s]+\.\w+", parts.path) else "is not an email address"
    if parts.scheme or parts.netloc:
        host = parts.hostname or ""
        if EXAMPLE_HOSTS.search(host):
            return ""
        return "" if parts.scheme == "https" and re.fullmatch(r"[\w-]+(\.[\w-]+)+", host) else "is not an HTTPS URL"
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if not target.is_relative_to(ROOT) or not target.exists():
        return "names a file that does not exist"
    if parts.fragment and target.suffix == ".md" and parts.fragment not in anchors(target):
        return "names a heading that does not exist"
    return ""


def main() -> None:
    readers = {".md": markdown_links, ".rst": rst_links}
    count = 0
    failed = False
    for name in published():
        path = ROOT / name
        if path.suffix not in readers:
            continue
        for link in readers[path.suffix](path):
            count += 1
            reason = problem(path, link)
            if reason:
                failed = True
                print(f"{name}: '{link}' {reason}")
    if failed or not count:
        sys.exit(1)
    print(f"gate: {count} links are valid")


if __name__ == "__main__":
    main()
