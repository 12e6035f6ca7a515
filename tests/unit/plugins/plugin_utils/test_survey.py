# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers to AWX surveys, as older and as newer versions of ansible-core read them."""

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.portalops.arcgis.plugins.filter.survey_list import survey_list
from ansible_collections.portalops.arcgis.plugins.filter.survey_text import survey_text
from ansible_collections.portalops.arcgis.plugins.module_utils._errors import InputError
from ansible_collections.portalops.arcgis.plugins.module_utils._plan import guards

#: Texts that YAML reads as another type, and texts near them.
ODD = (
    "", " ", "0", "00", "5", "010", "00123456", "12345678", "0x1F", "0b11", "1_000", "1:30", "-5", "+5", "5.5", "1e3",
    ".inf", "10%", "5.5%", "true", "True", "yes", "no", "on", "off", "y", "null", "~", "Null", "none", "2026-01-01",
    "2026-1-1", "2026-01-01 10:00:00", "2026-01-01T10:00:00Z", "a, b", "a\r\nb", "[a]", "{a: b}", "a: b", "# c",
)  # fmt: skip
TEXTS = st.sampled_from(ODD) | st.from_regex(r"[0-9_:.x%+-]{1,8}", fullmatch=True) | st.text(max_size=12)


def typed(text: str) -> Any:
    """Return what ansible-core 2.19 and later make of an answer; tests/awx proves that this is so."""
    tag = yaml.SafeLoader("").resolve(yaml.ScalarNode, text, (True, False))
    if tag in ("tag:yaml.org,2002:value", "tag:yaml.org,2002:merge", "tag:yaml.org,2002:yaml"):
        return text
    try:
        return yaml.SafeLoader("").construct_object(yaml.ScalarNode(tag, text), deep=True)
    except ValueError:
        # No date of the calendar: Ansible does not start.
        return text


def read(answer: Any, **options: Any) -> str | None:
    """Return the text of an answer, or None if it is rejected."""
    try:
        return survey_text(answer, "Question", **options)
    except AnsibleFilterError:
        return None


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (None, ""), ("", ""), (" \r\n", ""), (0, "0"), ("0", "0"), (2026, "2026"), (" a b\r\n", "a b"),
        (datetime.date(2026, 1, 1), "2026-01-01"), ('"00123456"', "00123456"), ("'a'", "a"), ('"', '"'),
        ("it's", "it's"),
    ],
)  # fmt: skip
def test_the_text_that_was_typed(answer: Any, text: str) -> None:
    assert read(answer) == text
    assert read(answer, default="10%") == (text or "10%")


@pytest.mark.parametrize("answer", [True, False, 5.5, datetime.datetime(2026, 1, 1, 10)])
def test_an_unknown_text_is_rejected(answer: Any) -> None:
    with pytest.raises(AnsibleFilterError, match=r"^Question: .* unknown\. Put it in double quotes\.$"):
        survey_text(answer, "Question")


def test_a_number_has_unknown_leading_zeros() -> None:
    assert typed("00123456") == 42798
    assert read(42798, exact=True) is None
    assert read("00123456", exact=True) == "00123456"


@pytest.mark.parametrize(
    ("answer", "names"),
    [
        (None, []), ("", []), ("Usernames:", []), ("usernames: \r\n", []),
        ("jane_two, jane_three", ["jane_two", "jane_three"]), ("a\r\nb\r\n\r\nc", ["a", "b", "c"]),
        ("Usernames:\na; b,c\td", ["a", "b", "c", "d"]), ("Usernames:\n00123456", ["00123456"]),
        ('"00123456"', ["00123456"]), ("a,a", ["a"]), (["a", "b,c"], ["a", "b", "c"]),
        (datetime.date(2026, 1, 1), ["2026-01-01"]),
    ],
)  # fmt: skip
def test_names_that_were_typed(answer: Any, names: list[str]) -> None:
    assert survey_list(answer, "Usernames") == names


@pytest.mark.parametrize("answer", [0, 42798, True, 5.5, ["a", 7]])
def test_an_unknown_name_is_rejected(answer: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="'Usernames:'"):
        survey_list(answer, "Usernames")


@given(TEXTS)
def test_every_core_reads_the_same_exact_text_or_rejects_it(text: str) -> None:
    newer = read(typed(text), exact=True)
    # A text that YAML reads as null is blank.
    assert newer in (None, read(text, exact=True), "" if typed(text) is None else None)


@given(TEXTS)
def test_quotes_and_the_heading_keep_every_name(text: str) -> None:
    assert read(typed(f'"{text}"')) == read(f'"{text}"')
    assert survey_list(typed(f"Usernames:\n{text}"), "Usernames") == survey_list(f"Usernames:\n{text}", "Usernames")


def strictness(text: str | None) -> tuple[float, bool] | None:
    """Return the limit of a guard as a number, and whether it is a percentage. None if the guard is rejected."""
    try:
        limit = guards._limit("max_disruptive", text)
        return None if limit is None else (limit.number, limit.is_percentage)
    except InputError:
        return None


@given(TEXTS)
@example("010")
@example("0")
def test_a_guard_is_at_least_as_strict_as_the_answer(text: str) -> None:
    for answer in (text, typed(text)):
        in_force = read(answer, default="10%")
        assert in_force != ""
        if in_force is None or strictness(in_force) is None:
            continue
        if answer is None or (isinstance(answer, str) and not answer.strip(" \"'\t\r\n")):
            assert in_force == "10%"
            continue
        limit, percent = strictness(in_force) or (0.0, False)
        digits = re.sub(r"[^0-9.]", "", text)
        # YAML has more ways to write a number, such as 0x1F or 1:30. They count as this number.
        other = float(answer) if isinstance(answer, int) else 0.0
        assert limit <= max(float(digits) if re.fullmatch(r"[0-9]+(\.[0-9]+)?", digits) else 0.0, other)
        assert percent == ("%" in text)
