# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tables: as text for the terminal and as RST for the documentation."""

from __future__ import annotations

from collections.abc import Sequence

from .lanes import FAILURES, Tally
from .matrix import KINDS

MODULES = (
    "portal_user", "portal_user_role", "portal_user_level", "portal_credits", "portal_member_categories",
    "portal_user_categories", "portal_members",
)  # fmt: skip
SHOWN = 60


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """A table that reads well on a terminal and is a table in RST."""
    cells = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    rule = "  ".join("=" * width for width in widths)
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in cells]
    return [rule, lines[0], rule, *lines[1:], rule]


def matrix_table(tally: Tally) -> list[str]:
    """Runs that met a fault, and how many of them reached their goal all the same."""
    rows = []
    for kind in KINDS:
        row: list[object] = [kind]
        for module in MODULES:
            count = tally.counts["cell", kind, module]
            row.append(f"{count} ({tally.counts['success', kind, module]})" if count else "-")
        rows.append(row)
    return table(["fault", *(name.replace("portal_", "") for name in MODULES)], rows)


def summary_table(tallies: dict[str, Tally]) -> list[str]:
    rows = [[name, tally.runs, *(tally.wrong[kind] for kind in FAILURES)] for name, tally in tallies.items()]
    total = [sum(tally.runs for tally in tallies.values())]
    total += [sum(tally.wrong[kind] for tally in tallies.values()) for kind in FAILURES]
    return table(["part", "runs", *FAILURES], [*rows, ["all", *total]])


def text(tallies: dict[str, Tally]) -> str:
    lines: list[str] = []
    if "matrix" in tallies:
        lines += ["", "Faults x modules: runs that met the fault (those that reached their goal all the same)"]
        lines += matrix_table(tallies["matrix"])
    lines += ["", "What was wrong", *summary_table(tallies)]
    problems = [problem for tally in tallies.values() for problem in tally.problems]
    lines += ["", *problems[:SHOWN]] if problems else []
    lines += [f"… and {len(problems) - SHOWN} more"] if len(problems) > SHOWN else []
    return "\n".join(lines)


def page(tallies: dict[str, Tally]) -> str:
    return text(tallies) + "\n"
