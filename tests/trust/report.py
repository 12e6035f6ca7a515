# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tables, which read well on a terminal and are tables of the documentation too."""

from __future__ import annotations

import datetime
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from .lanes import FAILURES, Tally
from .matrix import KINDS

BEGIN, END = ".. begin of what was found", ".. end of what was found"
MODULES = (
    "portal_user", "portal_user_role", "portal_user_level", "portal_credits", "portal_member_categories",
    "portal_user_categories", "portal_user_groups", "portal_user_add_ons", "portal_invitations", "portal_members",
)  # fmt: skip
SHOWN = 60

Counted = Callable[[Tally], str]


def count(key: str) -> Counted:
    return lambda tally: f"{tally.counts[key]:,}"


def runs(tally: Tally) -> str:
    return f"{tally.runs:,}"


#: What was tried, by part: in words, and how many.
TRIED: dict[str, tuple[tuple[str, Counted], ...]] = {
    "matrix": (
        ("Runs of modules around a fault", runs),
        ("of these with the fault", lambda tally: f"{sum(tally.counts[key] for key in tally.counts if met(key)):,}"),
        ("Longest run, seconds", lambda tally: f"{tally.longest:.1f}"),
    ),
    "kills": (
        ("Runs killed", count("killed")),
        ("of these after the first write", count("killed with writes")),
        ("Organizations left half done, finished by the next run", count("found half done")),
    ),
    "meanwhile": (("Runs while another account changes the same members", runs),),
    "sign-in": (
        ("Runs with wrong, lost, expired or foreign credentials", runs),
        ("things looked at in them", count("checks")),
    ),
    "transport": (
        ("Runs over certificates, redirects and proxies", runs),
        ("things looked at in them", count("checks")),
    ),
    "secrets": (
        ("Whole playbooks at -vvvv", runs),
        ("requests that passed, many answered with all they held", count("requests repeated by the portal")),
        ("secrets searched for", count("secrets")),
        ("forms of them, such as quoted, escaped or base64", count("disguises")),
        ("megabytes searched", lambda tally: f"{tally.counts['bytes searched'] / 1e6:.1f}"),
    ),
    "fuzz": (
        ("Runs against portals that answer anything", count("mad portals")),
        ("Broken rosters", count("odd rosters")),
    ),
    "properties": (
        ("Properties", count("properties")),
        ("examples of them that hold", count("examples")),
    ),
}


def met(key: object) -> bool:
    return isinstance(key, tuple) and key[0] == "cell"


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """A simple table of reStructuredText."""
    cells = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    rule = "  ".join("=" * width for width in widths)
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in cells]
    return [rule, lines[0], rule, *lines[1:], rule]


def matrix_table(tally: Tally) -> list[str]:
    """Runs that met a fault, and how many of them reached their goal nevertheless."""
    rows = []
    for kind in KINDS:
        row: list[object] = [kind]
        for module in MODULES:
            tried = tally.counts["cell", kind, module]
            row.append(f"{tried} ({tally.counts['success', kind, module]})" if tried else "none")
        rows.append(row)
    return table(["fault", *(name.replace("portal_", "") for name in MODULES)], rows)


def summary_table(tallies: dict[str, Tally]) -> list[str]:
    rows: list[list[object]] = [
        [name, *(tally.wrong[kind] for kind in FAILURES), f"{tally.seconds:.0f} s"] for name, tally in tallies.items()
    ]
    total = [sum(tally.wrong[kind] for tally in tallies.values()) for kind in FAILURES]
    return table(["part", *FAILURES, "took"], [*rows, ["all", *total, ""]])


def tried_table(tallies: dict[str, Tally]) -> list[str]:
    rows = [
        [name if number == 0 else "..", what, counted(tally)]
        for name, tally in tallies.items()
        for number, (what, counted) in enumerate(TRIED[name])
    ]
    return table(["part", "what", "how many"], rows)


@dataclass
class Report:
    tallies: dict[str, Tally]
    seed: int
    seconds: float

    @property
    def problems(self) -> list[str]:
        return [problem for tally in self.tallies.values() for problem in tally.problems]

    def sections(self) -> list[tuple[str, list[str]]]:
        """Titles, each with its table."""
        found = []
        if "matrix" in self.tallies:
            title = "Runs that met a fault, by module, and those that reached their goal nevertheless"
            found.append((title, matrix_table(self.tallies["matrix"])))
        found.append(("What was tried", tried_table(self.tallies)))
        found.append(("What was wrong", summary_table(self.tallies)))
        return found

    def text(self) -> str:
        lines: list[str] = []
        for title, rows in self.sections():
            lines += ["", title, *rows]
        lines += ["", *self.problems[:SHOWN]] if self.problems else []
        lines += [f"… and {len(self.problems) - SHOWN} more"] if len(self.problems) > SHOWN else []
        lines += ["", f"{len(self.problems)} findings in {self.seconds:.0f} s, seed {self.seed}"]
        return "\n".join(lines)

    def restructured(self) -> str:
        lines = [
            f"A run of {datetime.date.today()} with ansible-core {metadata.version('ansible-core')} and Python "
            f"{platform.python_version()}, seed {self.seed}, took {self.seconds / 60:.0f} minutes.",
            "",
        ]
        for title, rows in self.sections():
            lines += [title, "-" * len(title), "", *rows, ""]
        return "\n".join(lines)

    def into_page(self, path: Path) -> None:
        """Put the tables between the two marks of a page."""
        page = path.read_text(encoding="utf-8")
        if BEGIN not in page or END not in page:
            raise ValueError(f"{path} has no marks for the tables")
        before, _begin, rest = page.partition(BEGIN)
        _old, _end, after = rest.partition(END)
        path.write_text(f"{before}{BEGIN}\n\n{self.restructured()}\n{END}{after}", encoding="utf-8")
