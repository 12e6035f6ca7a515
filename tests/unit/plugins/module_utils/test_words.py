# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Words for roles and user types, and near names."""

from __future__ import annotations

import time

import pytest

from ansible_collections.portalops.arcgis.plugins.module_utils._model.names import NearNames, did_you_mean, near_names
from ansible_collections.portalops.arcgis.plugins.module_utils._model.words import (
    ROLE_WORDS,
    USER_TYPE_WORDS,
    known_words,
)

ROLES = dict.fromkeys(("org_admin", "org_publisher", "org_user", "iAAAAAAAAAAAAAAA", "iBBBBBBBBBBBBBBB"))
TYPES = dict.fromkeys(
    ("viewerUT", "editorUT", "fieldWorkerUT", "creatorUT", "GISProfessionalStdUT", "GISProfessionalAdvUT")
)


@pytest.mark.parametrize(
    ("word", "role"),
    [
        ("Administrator", "org_admin"), ("account_admin", "org_admin"), ("Publisher", "org_publisher"),
        (" User ", "org_user"), ("VIEWER", "iAAAAAAAAAAAAAAA"), ("Data  Editor", "iBBBBBBBBBBBBBBB"),
        ("data-editor", "iBBBBBBBBBBBBBBB"),
    ],
)  # fmt: skip
def test_words_for_roles(word, role):
    assert known_words(word, ROLE_WORDS, ROLES) == [role]


@pytest.mark.parametrize(
    ("word", "user_type"),
    [
        ("GIS Professional Standard", "GISProfessionalStdUT"), ("GIS Professional Std", "GISProfessionalStdUT"),
        ("Professional", "GISProfessionalStdUT"), ("professional plus", "GISProfessionalAdvUT"),
        ("Field Worker", "fieldWorkerUT"), ("Mobile Worker", "fieldWorkerUT"), ("field-worker", "fieldWorkerUT"),
        ("Editor", "editorUT"), ("Contributor", "editorUT"), ("Creator", "creatorUT"),
    ],
)  # fmt: skip
def test_words_for_user_types(word, user_type):
    assert known_words(word, USER_TYPE_WORDS, TYPES) == [user_type]


def test_a_word_for_several_user_types_returns_all_that_the_organization_has():
    assert known_words("GIS Professional", USER_TYPE_WORDS, TYPES) == ["GISProfessionalStdUT", "GISProfessionalAdvUT"]
    assert known_words("GIS Professional", USER_TYPE_WORDS, {"GISProfessionalAdvUT": 1}) == ["GISProfessionalAdvUT"]


@pytest.mark.parametrize("word", ["Storyteller", "", "creatorUT x", "Level 2"])
def test_a_word_for_nothing_that_the_organization_has_returns_nothing(word):
    assert known_words(word, USER_TYPE_WORDS, TYPES) == []


def test_near_names_are_in_their_own_spelling_and_nearest_first():
    assert near_names("JDIAZ_sandbx", ["kim", "JDiaz_Sandbox", "jdiaz_sand"]) == ["JDiaz_Sandbox", "jdiaz_sand"]
    assert near_names("xyz", ["abc", ""]) == []
    assert near_names("a" * 100000, ["a" * 100000]) == ["a" * 100000]


def test_near_names_among_many_are_found_fast():
    names = [f"{first}_{last}{number}" for first in ("jane", "omar", "aiko") for last in ("doe", "smith", "tanaka")
             for number in range(2000)]  # fmt: skip
    index = NearNames([*names, "JDiaz_Sandbox"])
    start = time.process_time()
    for _time in range(20):
        assert index.find("jdiaz_sandbx") == ["JDiaz_Sandbox"]
    assert time.process_time() - start < 4
    assert index.find("qqqq") == []


def test_the_remedy_names_near_names():
    assert did_you_mean(["ann", "bob"]) == "Did you mean 'ann' or 'bob'?"
    assert did_you_mean([]) == ""
