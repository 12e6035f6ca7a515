# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The language linter finds the words that the word list forbids, and nothing else."""

from __future__ import annotations

import pytest
import yaml

from tools.language import RULES, Language


@pytest.fixture
def language():
    return Language(yaml.safe_load(RULES.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "text",
    [
        "Make the members as the roster says.",
        "Everything that stands against a plan is told at once, before the first write",
        "What a line does not name is left alone, and so is everybody who is not in the roster:",
        "jane_doe: there is no role 'Editr'; near names are Data Editor.",
        "credits left without an owner are allotted to whoever asks",
        "2 failed, 3 changed all the same:",
        "Hand it over to somebody else.",
        "The member may own items.",
    ],
)
def test_a_text_of_the_old_style_is_found(language, text):
    assert list(language.findings("README.md", text))


@pytest.mark.parametrize(
    "text",
    [
        "Fields that you omit keep their values, and members who are not in the roster are not changed:",
        "jane_doe: Role 'Editr' does not exist. Did you mean 'Data Editor'?",
        "access: org",
        "See https://www.gnu.org/licenses and the role org_user.",
    ],
)
def test_a_text_of_the_style_guide_passes(language, text):
    assert list(language.findings("README.md", text)) == []


@pytest.mark.parametrize("text", ["def test_it_harms_nobody():", "told = run()", "def test_it_is_told_at_once():"])
def test_names_in_tests_are_checked(language, text):
    assert list(language.findings("tests/unit/test_it.py", text))


def test_a_phrase_is_found_across_lines(language):
    (finding,) = language.findings("README.md", "Members:\n# as the\n# roster says\n")
    assert str(finding) == """README.md:2: 'as the # roster says': use "unchanged", or "matches the roster\""""


def test_every_exception_has_a_reason(language):
    assert all(len(entry.reason) > 10 for entry in language.allowed)
