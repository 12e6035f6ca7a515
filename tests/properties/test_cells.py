# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Any text in any cell is written as it is, or rejected before the first write with line, column, and remedy."""

from __future__ import annotations

import csv
import os
import tempfile

from hypothesis import event, given
from hypothesis import strategies as st

from tests.unit.plugins.module_utils.fakes import Account, FakePortal, play

#: Key of the portal by column, where the portal keeps the text of the cell.
TEXTS = {
    "first_name": "firstName", "last_name": "lastName", "full_name": "fullName", "email": "email",
    "description": "description", "culture": "culture", "region": "region",
}  # fmt: skip
COLUMNS = st.sampled_from(
    [*TEXTS, "tags", "access", "units", "enabled", "credits", "role", "user_type", "categories", "username", "state"]
)
ODD = st.sampled_from(
    [
        "#N/A",
        "#REF!",
        "null",
        "=A1",
        "-x",
        "+49 1",
        "@x",
        "1.000",
        "1,5",
        "a\u200bb",
        "a\u00a0b",
        "\ufeffx",
        "Fern\ufffdndez",
        "a;b",
    ]
    + [
        "a\nb",
        "a\r\nb",
        '"',
        'a "b" c',
        ' "x"',
        "'x'",
        "0123",
        "true",
        "x@y.org",
        "a b@x",
        "%",
        "{{ 7 * 7 }}",
        "\u202ex",
        "\t",
        "  ",
        ",",
    ]
    + [
        "x,y,z\nx,y,z",
        "ann,x",
        "<b>",
        "\\",
        "Zoë 測量",
        "👩\u200d🚒",
        "org",
        "metric",
        "Viewer",
        "editorUT",
        "Department/Sales",
        "12.5",
    ]
)
CELLS = ODD | st.text(max_size=8)
BLANKS = " \t\r\n"


def organization():
    return FakePortal(
        "online", [Account("jane", description="before"), Account("omar"), Account("kim", role="org_admin")]
    )


@given(COLUMNS, CELLS, st.sampled_from(",;\t|"), st.booleans())
def test_a_cell_round_trips_or_is_rejected_before_the_first_write(column, cell, mark, with_secrets):
    columns = ["username", *({column} - {"username"}), *(["password"] if with_secrets else []), "idp_username"]
    username = cell if column == "username" else "jane"
    row = [username, *([cell] if column != "username" else []), *(["Str0ng-Pass-9x"] if with_secrets else []), ""]
    portal = organization()
    before = portal.state()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "r.csv")
        with open(path, "w", newline="", encoding="utf-8", errors="surrogatepass") as file:
            csv.writer(file, delimiter=mark).writerows([columns, row])
        run = play(portal, "portal_members", src=path)
        again = None if run.failed else play(portal, "portal_members", src=path)
    if run.failed:
        event("rejected")
        assert run.code != "internal_error" and run["api_calls"]["write"] == 0 and portal.state() == before
        assert "Str0ng" not in run["msg"]
        check_message(run, column, username, cell)
        return
    event("taken")
    assert again is not None and not again.failed and not again["changed"] and again["api_calls"]["write"] == 0
    text = cell.strip(BLANKS)
    if column in TEXTS and text:
        kept = getattr(portal.accounts["jane"], "profile", {}).get(TEXTS[column])
        assert kept is None or kept.casefold() == text.replace("\r\n", "\n").replace("\r", "\n").casefold()


def check_message(run, column, username, cell):
    """The message names the line or the member, the column, and what to do or what is possible."""
    text = run["msg"]
    assert "line 2" in text.casefold() or "Roster line 1" in text or username.strip() in text or "UTF-8" in text, text
    words = text.replace("_", " ").casefold()
    assert column.replace("_", " ") in words or "row" in words or "member" in words, text
    assert run["error"].get("remedy") or " must " in text or run["error"].get("problems") or "Use " in text, run[
        "error"
    ]
