# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it may change in any release.

"""Parsers of member fields: each turns what a task or a roster says into the normal form. Pure."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable
from typing import Any

from ansible_collections.portalops.arcgis.plugins.module_utils._model.categories import normal_change

UNLIMITED = "unlimited"
"""The word for a member without a personal credit limit (the portal stores -1)."""

MAX_TEXT = 32768

MOST_REMEMBERED = 4096
"""Values of a field whose normal form is remembered."""

# Control characters, marks that turn the direction of text, and halves of surrogate pairs, which cannot be sent.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_LINE_BREAKS = re.compile("[\t\n]")
_RETURNS = re.compile("\r\n?")


class FieldError(ValueError):
    """A value that is not of its field's form; the text says what the form is."""


# -- normal forms that are made once -------------------------------------------------------------------------------


class Forms(dict):  # type: ignore[type-arg]
    """What a function makes of texts, flags and lists of texts: many members have most of their values in common.

    C(forms[value]) is that of a text or a flag, C(forms.of(value)) that of anything. most: how many are remembered;
    equal ones are one object then. The function makes None of no list.
    """

    def __init__(self, make: Callable[[Any], Any], most: int = MOST_REMEMBERED) -> None:
        super().__init__()
        self._make = make
        self._most = most

    def __missing__(self, text: Any) -> Any:
        return self._remember(text, self._make(text))

    def of(self, value: Any) -> Any:
        if value.__class__ is not list or not {str}.issuperset(map(type, value)):
            return self._make(value)
        key = tuple(value)
        found = self.get(key)
        return self._remember(key, self._make(value)) if found is None else found

    def _remember(self, key: object, made: Any) -> Any:
        if len(self) < self._most:
            self[key] = made
        return made


# -- normal forms of what the task says ----------------------------------------------------------------------------


def parse_text(value: Any) -> str:
    """Text on one line, blanks around it cut."""
    if value.__class__ is str and value.isprintable() and len(value) <= MAX_TEXT:
        # Nearly all text: nothing printable is a control character or a line break.
        return value.strip()
    text = _text(value)
    if _LINE_BREAKS.search(text):
        raise FieldError("must be a single line")
    return text


def parse_long_text(value: Any) -> str:
    """Text that may have several lines."""
    return _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise FieldError(f"must be text, not {_kind(value)}; put it in quotes")
    text = plain_breaks(str(value)).strip()
    if len(text) > MAX_TEXT:
        raise FieldError(f"is longer than {MAX_TEXT} characters")
    if _CONTROL.search(text):
        raise FieldError("has control characters; remove them")
    return text


def plain_breaks(text: str) -> str:
    """Browsers send a line break as two characters; here it is one."""
    return _RETURNS.sub("\n", text) if "\r" in text else text


def parse_required_text(value: Any) -> str:
    """Text on one line that is not empty."""
    text = parse_text(value)
    if not text:
        raise FieldError("must not be empty; leave it out to leave it alone")
    return text


def parse_flag(value: Any) -> bool:
    """A boolean, or one of the words Ansible takes for one."""
    if isinstance(value, bool):
        return value
    if isinstance(value, (str, int)):
        word = str(value).strip().lower()
        if word in ("true", "yes", "on", "1", "y", "t"):
            return True
        if word in ("false", "no", "off", "0", "n", "f"):
            return False
    raise FieldError("must be true or false")


def parse_choice(*choices: str) -> Callable[[Any], str]:
    """A parser for one of some words."""

    def parse(value: Any) -> str:
        text = parse_text(value)
        if text not in choices:
            raise FieldError(f"must be one of {', '.join(choices)}")
        return sys.intern(text)

    return parse


def parse_tags(value: Any) -> tuple[str, ...]:
    """Tags as a sorted tuple without repetition; the portal separates them by commas."""
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, (list, tuple)):
        raise FieldError(f"must be a list, not {_kind(value)}")
    tags = {parse_text(item) for item in items} - {""}
    if any("," in tag for tag in tags):
        raise FieldError("must not have a comma in a tag")
    return tuple(sorted(tags))


def parse_credits(value: Any) -> float | str:
    """A number of credits, 0 or more, or the word C(unlimited)."""
    if isinstance(value, str) and value.strip().lower() == UNLIMITED:
        return UNLIMITED
    amount = number(value)
    if amount is None or amount < 0:
        raise FieldError("must be a number of credits, 0 or more, or 'unlimited'")
    return abs(amount)


def parse_categories(value: Any) -> dict[str, list[str]]:
    """Category paths to set, add or remove; a plain list sets."""
    if isinstance(value, str):
        value = [value]
    change, problems = normal_change(list(value) if isinstance(value, tuple) else value, "categories")
    if problems:
        raise FieldError("; ".join(str(problem).replace("categories ", "", 1) for problem in problems))
    if not change:
        raise FieldError("needs one of set, add and remove")
    return change


def parse_level(value: Any) -> str:
    """A level as the portal's text: C(1), C(2) or C(11)."""
    text = parse_text(value)
    if text not in ("1", "2", "11"):
        raise FieldError("must be 1, 2 or 11")
    return text


def parse_password(value: Any) -> str:
    """A password, kept to the letter."""
    if not isinstance(value, str) or not value:
        raise FieldError("must be text that is not empty; put it in quotes")
    return value


def _kind(value: Any) -> str:
    if value is None:
        return "nothing"
    return {bool: "true or false", dict: "a mapping", list: "a list", int: "a number", float: "a number"}.get(
        type(value), "that"
    )


def number(value: Any) -> float | None:
    """A finite number of the portal, which may come as a number or as text."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        result = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return result if math.isfinite(result) else None
