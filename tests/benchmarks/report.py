# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The measurements as tables of text, and as list tables of the documentation."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

WIDTH = 120
BEGIN, END = ".. begin of what was measured", ".. end of what was measured"

# Title, what it says, key, columns as (heading, key, form).
TABLES: tuple[tuple[str, str, str, tuple[tuple[str, str, str], ...]], ...] = (
    (
        "A roster that changes nothing",
        "Seconds of ``ansible-playbook`` with ``portal_members``. The floor is the same playbook with a module that "
        "does nothing, plus a bare client that signs in and fetches the same pages over as many connections. *Library* "
        "is what json, csv or PyYAML's parser alone takes to read the roster; the floor does not include it.",
        "converged",
        (
            ("Members", "members", ",d"), ("Latency, ms", "latency_ms", "d"), ("Roster", "form", "s"),
            ("Nothing", "nothing_s", ".2f"), ("Library", "library_s", ".2f"), ("Bare client", "bare_s", ".2f"),
            ("portal_members", "ours_s", ".2f"), ("of this CPU", "ours_cpu_s", ".2f"),
            ("× the floor", "ratio", ".2f"), ("× floor and library", "read_ratio", ".2f"),
        ),
    ),
    (
        "Module, role and playbooks",
        "A run that changes nothing, without latency. Playbooks and role pass the roster on by its path. Memory is the "
        "peak of all processes together, shared pages counted once; *nothing* is a module that does nothing.",
        "playbooks",
        (
            ("Members", "members", ",d"), ("Run", "run", "s"), ("Wall clock, s", "wall_s", ".2f"),
            ("CPU, s", "cpu_s", ".2f"), ("Memory, MiB", "peak_mib", ".0f"),
        ),
    ),
    (
        "One call a member",
        "Seconds a member in a loop: ``ansible.builtin.uri`` that only fetches the member with a token it was given, "
        "and ``portal_user_role`` on an unchanged member, signing in each time or with a token.",
        "one_by_one",
        (
            ("Latency, ms", "latency_ms", "d"), ("uri", "uri_s", ".2f"), ("module", "single_s", ".2f"),
            ("× uri", "single_ratio", ".2f"), ("CPU × uri", "single_cpu_ratio", ".2f"),
            ("module, token", "single_token_s", ".2f"), ("× uri", "single_token_ratio", ".2f"),
            ("CPU × uri", "single_token_cpu_ratio", ".2f"),
        ),
    ),
    (
        "The same work, one call a member",
        "Minutes for all members, extrapolated from the calls above, beside one converged run of ``portal_members``.",
        "extrapolated",
        (
            ("Members", "members", ",d"), ("Latency, ms", "latency_ms", "d"), ("Loop of uri", "uri_min", ".1f"),
            ("Loop of the module", "single_min", ".1f"), ("portal_members", "ours_min", ".2f"),
            ("Loop of uri ×", "times", ".0f"),
        ),
    ),
    (
        "Changes",
        "Seconds to write, and to read back, beside a bare client that sends only the necessary writes over as many "
        "connections. Ideal is writes × latency / connections.",
        "writes",
        (
            ("Change", "change", "s"), ("Members", "members", ",d"), ("Latency, ms", "latency_ms", "d"),
            ("Necessary writes", "necessary_writes", ",d"), ("Writes", "writes", ",d"),
            ("Reads back", "reads_back", ",d"), ("Ideal", "ideal_s", ".2f"), ("Bare client", "bare_s", ".2f"),
            ("portal_members", "write_s", ".2f"), ("× the bare client", "ratio", ".2f"),
            ("Reading back", "back_s", ".2f"),
        ),
    ),
    (
        "Calls, bytes and connections",
        "A run that changes nothing, beside the bare client that signs in and fetches the same pages.",
        "resources",
        (
            ("Members", "members", ",d"), ("Reads", "reads", ",d"), ("of the bare client", "bare_calls", ",d"),
            ("Writes", "writes", "d"), ("Connections", "connections", "d"), ("MB received", "received_mb", ".1f"),
            ("by the bare client", "bare_mb", ".1f"), ("MB sent", "sent_mb", ".2f"),
        ),
    ),
    (
        "Where the time goes",
        "Seconds by phase of a run that changes nothing, without latency. *Ansible itself* is a playbook whose "
        "module does nothing, *start* Python, the module and the HTTP library.",
        "where",
        (
            ("Members", "members", ",d"), ("Roster", "form", "s"), ("Phase", "phase", "s"),
            ("Wall clock", "wall_s", ".2f"), ("CPU", "cpu_s", ".2f"),
        ),
    ),
    (
        "How cost grows",
        "The exponent b of seconds = a × n^b, of what a converged run takes beyond the playbook that does nothing: 1 "
        "is proportional, 0 is constant.",
        "slopes",
        (("With", "with", "s"), ("at", "at", "s"), ("Exponent", "slope", ".2f")),
    ),
    (
        "Limits",
        "The limits of a run, and for each limit the measurement that is closest to it or exceeds it most. "
        "Of what was timed, a tenth more counts as noise.",
        "limits",
        (
            ("Limit", "what", "s"), ("at", "at", "s"), ("Found", "found", "s"), ("Allowed", "allowed", "s"),
            ("Kept", "kept", "s"),
        ),
    ),
)  # fmt: skip


def _cells(rows: list[dict[str, Any]], columns: tuple[tuple[str, str, str], ...]) -> list[list[str]]:
    return [["–" if row[key] is None else format(row[key], form) for dummy, key, form in columns] for row in rows]


def text(results: dict[str, Any]) -> str:
    """Plain tables for the terminal."""
    parts = ["  ".join(f"{name} {value}" for name, value in results["facts"].items())]
    for title, _says, key, columns in TABLES:
        rows = results.get(key)
        if rows:
            lines = [[heading for heading, _key, _form in columns], *_cells(rows, columns)]
            widths = [max(len(line[at]) for line in lines) for at in range(len(columns))]
            sides = ["<" if form == "s" else ">" for _heading, _key, form in columns]
            parts.append(f"{title}\n{'=' * len(title)}")
            forms = [f"{side}{width}" for side, width in zip(sides, widths)]
            parts.append("\n".join("  ".join(map(format, line, forms)).rstrip() for line in lines))
    return "\n\n".join(parts)


def restructured(results: dict[str, Any]) -> str:
    """Tables for the documentation, the limits first."""
    facts = results["facts"]
    summary = (
        f"Measured on {facts['date']} with ansible-core {facts['ansible-core']}, Python {facts['python']} and requests "
        f"{facts['requests']} on {facts['processors']} processors, which the sandbox portal and other work shared: the "
        f"load average was {facts['load']} at the start. All took {facts['minutes']} minutes. Seconds are medians of "
        "runs that alternate; ratios are medians of those of each round."
    )
    lines = [textwrap.fill(summary, WIDTH), ""]
    for title, says, key, columns in (TABLES[-1], *TABLES[:-1]):
        rows = results.get(key)
        if rows:
            lines += [title, "^" * len(title), "", textwrap.fill(says, WIDTH), "", ".. csv-table::"]
            lines += [f"   :header: {_quoted([heading for heading, _key, _form in columns])}", ""]
            lines += [f"   {_quoted(cells)}" for cells in _cells(rows, columns)]
            lines.append("")
    return "\n".join(lines)


def _quoted(cells: list[str]) -> str:
    return ", ".join(f'"{cell}"' for cell in cells)


def into_page(path: Path, results: dict[str, Any]) -> None:
    """Put the tables between the two marks of a page."""
    before, _begin, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _old, _end, after = rest.partition(END)
    path.write_text(f"{before}{BEGIN}\n\n{restructured(results)}\n{END}{after}", encoding="utf-8")
