# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation that is data equals its sources, and the sources fit the code."""

from __future__ import annotations

import pytest
import yaml

from ansible_collections.portalops.arcgis.plugins.module_utils._model import fields
from tools import generate_docs

GENERATED = generate_docs.generated()


@pytest.mark.parametrize("path", GENERATED, ids=lambda path: path.name)
def test_a_generated_file_equals_its_source(path):
    assert path.read_text(encoding="utf-8") == GENERATED[path]


def test_every_documented_option_is_a_field():
    documented = set(generate_docs.source("member_options"))
    assert documented == {"username", *fields.member_spec("portal_members")}


def test_a_role_takes_the_options_of_the_module():
    options = yaml.safe_load(generate_docs.role_specs())
    assert list(options) == list(fields.member_spec("portal_members"))
    assert options["password"]["no_log"] is True
    assert all("O(" not in option["description"] for option in options.values())


def test_a_change_replaces_one_part_of_a_value():
    plain, changed = (
        yaml.safe_load(generate_docs.result_block(module)) for module in ("portal_user_role", "portal_credits")
    )
    assert plain["diff"]["contains"]["after"] == changed["diff"]["contains"]["after"]
    assert plain["diff"]["contains"]["before"] != changed["diff"]["contains"]["before"]


def test_a_row_that_points_to_another_row_has_no_privileges_of_its_own():
    rows = [line for line in generate_docs.privilege_table().splitlines() if "change `role`, `user_type`" in line]
    assert rows == [
        "| `portal_user` | change `role`, `user_type`, `level` | as for `portal_user_role` and `portal_user_level` |"
    ]


def test_the_privileges_name_every_field():
    text = generate_docs.privilege_table()
    assert [field.name for field in fields.FIELDS if f"`{field.name}`" not in text] == []


def test_a_file_without_marks_is_an_error():
    with pytest.raises(SystemExit, match="lacks the marks"):
        generate_docs.between_marks("text\n", "lines\n")


@pytest.mark.parametrize(
    ("names", "text"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b, and c")], ids=str
)
def test_names_become_an_english_list(names, text):
    assert generate_docs.join(names) == text


@pytest.mark.parametrize("module", sorted({row["module"] for row in generate_docs.source("privileges")}))
def test_a_fragment_has_options_as_ansible_requires(module):
    text = generate_docs.fragment(module)
    assert text == "" or "options" in yaml.safe_load(text)
