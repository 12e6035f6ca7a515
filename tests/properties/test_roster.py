# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import csv
import json
import os
import tempfile

import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import InputError, Problems
from ansible_collections.portalops.arcgis.plugins.module_utils._roster.reader import read_roster

TEXT = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=12)
AMBIGUOUS = st.sampled_from(
    ["0123", "1e5", "on", "No", "null", "~", "true", "1_0", "12:30", "=x", "*a", "&a", "- b", "<<", ""]
)
WORDS = TEXT | AMBIGUOUS
LISTS = st.lists(WORDS, max_size=3)
ENTRIES = st.lists(
    st.fixed_dictionaries(
        {"username": WORDS.filter(str.strip)},
        optional={
            "last_name": WORDS,
            "role": WORDS,
            "enabled": st.booleans(),
            "credits": st.integers(0, 10**6) | st.floats(0, 10**6) | st.just("unlimited"),
            "tags": LISTS,
            "categories": LISTS | st.fixed_dictionaries({}, optional={"add": LISTS, "remove": LISTS}),
        },
    ),
    min_size=1,
    max_size=4,
)
PIECES = st.lists(
    st.sampled_from(
        [
            "- ",
            "username",
            ": ",
            "ann",
            "\n",
            "  ",
            "members:",
            "&a ",
            "*a",
            "<<: ",
            "[",
            "]",
            "{",
            "}",
            ",",
            ";",
            '"',
            "'",
        ]
        + ["!!str ", "!vault ", "---", "#", "|", ">", "?", "role", "tags", "categories", "null", "\t", "\ufeff", "sep="]
    ),
    max_size=25,
).map("".join)


def read(name, content, **options):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, name)
        with open(path, "wb") as file:
            file.write(content)
        return read_roster(path, **options)


@given(ENTRIES, st.booleans(), st.booleans())
def test_yaml_comes_back(entries, flow, wrapped):
    content = yaml.safe_dump({"members": entries} if wrapped else entries, allow_unicode=True, default_flow_style=flow)
    assert read("r.yml", content.encode()).entries == entries


@given(ENTRIES, st.booleans())
def test_json_comes_back(entries, ascii_only):
    assert read("r.json", json.dumps(entries, ensure_ascii=ascii_only).encode()).entries == entries


CELLS = TEXT.map(str.strip).filter(lambda text: text and text[0] not in "=+-@")


@given(st.lists(st.tuples(CELLS, CELLS | st.just("")), min_size=1, max_size=4), st.sampled_from(",;\t|"), st.booleans())
def test_csv_comes_back(rows, delimiter, bom):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "r.csv")
        with open(path, "w", newline="", encoding="utf-8-sig" if bom else "utf-8") as file:
            csv.writer(file, delimiter=delimiter).writerows([("username", "role"), *rows])
        found = read_roster(path).entries
    assert found == [{"username": name, **({"role": role} if role else {})} for name, role in rows]


@given(st.sampled_from(["r.yml", "r.json", "r.csv", "r"]), st.binary(max_size=60) | PIECES.map(str.encode))
def test_any_file_is_read_or_refused(name, content):
    try:
        roster = read(name, content)
    except (InputError, Problems):
        return
    assert all(entry["username"].strip() for entry in roster.entries)
