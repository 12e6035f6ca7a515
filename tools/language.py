# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check the texts of the collection for words that tools/language.yml does not allow.

Usage (inside with.sh): language.py [FILE …]
Prints each match with the word to use instead. Also fails for an entry of "allowed" that no text needs.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
RULES = Path(__file__).with_name("language.yml")
BINARY = {".gif", ".ico", ".png", ".svg"}
# A phrase can continue on the next line, behind a comment sign or a quotation mark.
BREAK = r"(?:[ \t]|[ \t]*\n[ \t]*(?:[#>*]+[ \t]+)?)+"


def compiled(expression: str) -> re.Pattern[str]:
    """Compile a regular expression in which a space also matches a line break."""
    inside_class = re.compile(r"\[[^]]*\]|\\.| ")
    return re.compile(inside_class.sub(lambda part: BREAK if part[0] == " " else part[0], expression), re.IGNORECASE)


@dataclass(frozen=True)
class Word:
    """A rule: what texts never contain, what to use instead, and the paths it applies to."""

    never: re.Pattern[str]
    use: str
    files: re.Pattern[str]


@dataclass(frozen=True)
class Allowed:
    """An exception to the rules: a text, the paths it applies to, and the reason."""

    text: re.Pattern[str]
    files: re.Pattern[str]
    reason: str


@dataclass(frozen=True)
class Finding:
    """A match of a rule in a file."""

    path: str
    line: int
    match: str
    use: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: '{' '.join(self.match.split())}': use {self.use}"


class Language:
    """The rules of one file, and which of its exceptions were needed so far."""

    def __init__(self, rules: dict) -> None:
        self.files: list[str] = rules["files"]
        self.skipped: list[str] = rules["skipped"]
        self.words = [
            Word(compiled(row["never"]), row["use"], re.compile(row.get("files", ""))) for row in rules["words"]
        ]
        self.allowed = [
            Allowed(compiled(row["text"]), re.compile(row.get("files", "")), row["reason"]) for row in rules["allowed"]
        ]
        self.needed: set[Allowed] = set()

    def covers(self, path: str) -> bool:
        """Tell whether a path is one of the files to check."""
        chosen = any(path == entry or (entry.endswith("/") and path.startswith(entry)) for entry in self.files)
        return chosen and path not in self.skipped and Path(path).suffix not in BINARY

    def findings(self, path: str, text: str) -> Iterator[Finding]:
        """Yield the matches of all rules in the text of a file, without the allowed ones."""
        spans = [
            (allowed, found.span())
            for allowed in self.allowed
            if allowed.files.search(path)
            for found in allowed.text.finditer(text)
        ]
        for word in self.words:
            if not word.files.search(path):
                continue
            for found in word.never.finditer(text):
                covering = {entry for entry, (start, end) in spans if start <= found.start() and found.end() <= end}
                self.needed |= covering
                if not covering:
                    yield Finding(path, text.count("\n", 0, found.start()) + 1, found[0], word.use)


def published() -> list[str]:
    """Return the paths of the files that git has or would add."""
    words = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(words, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return sorted({path for path in listed.split("\0") if path and (ROOT / path).is_file()})


def check(language: Language, paths: list[str]) -> list[Finding]:
    """Read files and return their findings."""
    return [finding for path in paths for finding in language.findings(path, (ROOT / path).read_text(encoding="utf-8"))]


def main() -> None:
    language = Language(yaml.safe_load(RULES.read_text(encoding="utf-8")))
    chosen = sys.argv[1:]
    paths = [path for path in published() if language.covers(path) and (not chosen or path in chosen)]
    findings = check(language, paths)
    for finding in sorted(findings, key=lambda finding: (finding.path, finding.line)):
        print(finding)
    unused = [] if chosen else [entry for entry in language.allowed if entry not in language.needed]
    for entry in unused:
        print(f"tools/language.yml: no text needs the allowed '{entry.text.pattern}'. Remove the entry.")
    if findings or unused:
        sys.exit(1)
    print(f"gate: {len(paths)} files follow the word list")


if __name__ == "__main__":
    main()
