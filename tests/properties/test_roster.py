# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import csv
import io
import json
import os
import tempfile

import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import InputError, MultipleErrors
from ansible_collections.portalops.arcgis.plugins.module_utils._roster.desired import specs_from_file
from ansible_collections.portalops.arcgis.plugins.module_utils._roster.reader import read_roster

TEXT = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=12)
AMBIGUOUS = st.sampled_from(
    ["0123", "1e5", "on", "No", "null", "~", "true", "1_0", "12:30", "=x", "*a", "&a", "- b", "<<", ""]
)
WORDS = TEXT | AMBIGUOUS
# A name that YAML reads as something else than text needs quotes; PyYAML writes them, and JSON has no such names.
NAMES = WORDS.filter(str.strip)
LISTS = st.lists(WORDS, max_size=3)
ENTRIES = st.lists(
    st.fixed_dictionaries(
        {"username": NAMES},
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


CELLS = TEXT.map(lambda text: text.strip(" \t\r\n")).filter(lambda text: text.strip() and text[0] not in "=+-@")


@given(st.lists(st.tuples(CELLS, CELLS | st.just("")), min_size=1, max_size=4), st.sampled_from(",;\t|"), st.booleans())
def test_csv_comes_back(rows, delimiter, bom):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "r.csv")
        with open(path, "w", newline="", encoding="utf-8-sig" if bom else "utf-8") as file:
            csv.writer(file, delimiter=delimiter).writerows([("username", "role"), *rows])
        found = read_roster(path).entries
    assert found == [{"username": name, **({"role": role} if role else {})} for name, role in rows]


# -- secrets

SECRET = "S3cr3t-Phrase"
OFFBOARD = {"username": {"type": "str"}, "expires": {"type": "str"}, "transfer_to": {"type": "str"}}
HEADERS = st.lists(
    st.sampled_from(["username", "role", "enabled", "credits", "Kennwort", "tags", "", "emial", "description", SECRET]),
    max_size=5,
)
ODD = st.sampled_from(
    ["x", "", "maybe", "1.000", '"', "'", "a\nb", " ", "=x", "#N/A", "0123", "gwen", "true"]
    + [SECRET, f'"{SECRET}', f"{SECRET}\n", f"{SECRET} ", f"{SECRET},x", f"*{SECRET}", f"!{SECRET}", f"&{SECRET} x"]
)
ROWS = st.lists(st.lists(ODD, max_size=6), min_size=1, max_size=4)


def outputs(name, content, spec):
    """Everything that a person can see of how a file was read."""
    try:
        if spec:
            return str(read(name, content, spec=spec).ignored)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, name)
            with open(path, "wb") as file:
                file.write(content)
            _found, roster = specs_from_file("portal_members", {"src": path})
            return str(roster.ignored)
    except (InputError, MultipleErrors) as error:
        return f"{error.full_message()} {error.fail_args()}"


@given(HEADERS, ROWS, st.sampled_from(",;|"), st.integers(0, 5), st.booleans(), st.sampled_from([None, OFFBOARD]))
def test_no_output_shows_a_cell_of_a_table_with_passwords_or_without_a_header(header, rows, mark, at, quoted, spec):
    if header and header[0] == "username":
        header.insert(at % (len(header) + 1), "password")
    else:
        # No header: none of the names of fields.
        header = [name for name in header if name in ("Kennwort", "", "emial", SECRET)]
    text = "\n".join(mark.join(row) for row in [header, *rows])
    if quoted:
        text = csv_text([header, *rows], mark)
    assert SECRET not in outputs("r.csv", text.encode(), spec)


def csv_text(rows, mark):
    stream = io.StringIO()
    csv.writer(stream, delimiter=mark).writerows(rows)
    return stream.getvalue()


VALUES = st.recursive(
    ODD | st.integers(0, 3) | st.booleans() | st.none(), lambda part: st.lists(part, max_size=2), max_leaves=4
)
KEYS = st.sampled_from(["username", "role", "enabled", "credits", "tags", "emial", SECRET])
ITEMS = st.lists(st.dictionaries(KEYS, VALUES, max_size=5), min_size=1, max_size=4)


@given(ITEMS, st.integers(0, 3), ODD, st.booleans(), st.sampled_from([None, OFFBOARD]))
def test_no_output_shows_a_value_of_a_file_with_passwords(items, at, password, as_json, spec):
    items[at % len(items)]["password"] = password
    if as_json:
        assert SECRET not in outputs("r.json", json.dumps(items).encode(), spec)
    else:
        assert SECRET not in outputs("r.yml", yaml.safe_dump(items).encode(), spec)
        # Without quotes, the odd values are tags, anchors, and broken syntax.
        plain = "".join(
            "- " + "\n  ".join(f"{key}: {value}" for key, value in item.items()) + "\n" for item in items if item
        )
        assert SECRET not in outputs("r.yml", plain.encode(), spec)


OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "columns": st.sampled_from(
            [{"Name": "username"}, {"username": ""}, {"a": "nothing"}, {"role": "role"}, {"": "role"}]
        ),
        "delimiter": st.sampled_from([",", ";", "", "ab", "\n", '"', "é", " ", "tab"]),
    },
)


@given(st.sampled_from(["r.yml", "r.json", "r.csv", "r"]), st.binary(max_size=60) | PIECES.map(str.encode), OPTIONS)
def test_any_file_is_read_or_refused(name, content, options):
    try:
        roster = read(name, content, **options)
    except (InputError, MultipleErrors):
        return
    assert all(entry["username"].strip() for entry in roster.entries)
