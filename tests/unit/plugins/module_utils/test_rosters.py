# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rosters of tests/rosters are read or rejected as their index says, with line, name, and remedy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import InputError, MultipleErrors
from ansible_collections.portalops.arcgis.plugins.module_utils._roster.desired import specs, specs_from_file

FOLDER = Path(__file__).resolve().parents[3] / "rosters"
CASES = yaml.safe_load((FOLDER / "index.yml").read_text(encoding="utf-8"))["rosters"]


def named(cases):
    return [pytest.param(case, id=case["file"]) for case in cases]


def options(case):
    return {"src": str(FOLDER / case["file"]), "columns": case.get("columns"), "delimiter": case.get("delimiter")}


def test_the_index_names_every_roster_once():
    files = sorted(path.name for path in FOLDER.iterdir() if path.name != "index.yml")
    assert sorted(case["file"] for case in CASES) == files


@pytest.mark.parametrize("case", named(case for case in CASES if "refused" not in case))
def test_good_rosters_are_read(case):
    found, roster = specs_from_file("portal_members", options(case))
    assert found and roster.ignored in ((), ("column 3", "column 4"))


@pytest.mark.parametrize("case", named(case for case in CASES if "refused" in case))
def test_bad_rosters_are_refused(case):
    with pytest.raises((InputError, MultipleErrors)) as caught:
        specs_from_file("portal_members", options(case))
    message = caught.value.full_message()
    assert caught.value.code == "invalid_input"
    for pattern in case["refused"]:
        assert re.search(pattern, message), message
    for text in case.get("hidden", ()):
        assert text not in message and text not in str(caught.value.facts())


@pytest.mark.parametrize("case", named(case for case in CASES if "as_variable" in case))
def test_what_ansible_has_read_is_refused_as_well(case):
    entries = yaml.safe_load((FOLDER / case["file"]).read_text(encoding="utf-8"))
    with pytest.raises(InputError) as caught:
        specs("portal_members", {}, entries, "members")
    for pattern in case["as_variable"]:
        assert re.search(pattern, caught.value.full_message())
