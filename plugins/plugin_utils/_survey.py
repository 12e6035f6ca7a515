# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it can change in any release.

"""Read the answer to an AWX survey question as the text that was typed. Pure.

AWX passes each answer as ``!unsafe 'text'`` in YAML. ansible-core 2.19 and later read that text as a YAML value:
``''`` becomes null, ``'0'`` the integer 0, ``'00123456'`` the octal number 42798, and ``'2026-01-01'`` a date.
Earlier versions keep the text.
"""

from __future__ import annotations

import datetime
import re
from typing import Any

from ansible_collections.portalops.arcgis.plugins.plugin_utils._plain import plain

#: First line of a list of usernames. A text with this line is never read as a number.
HEADING = "Usernames:"
_HEADING = re.compile(rf"\s*{HEADING}", re.IGNORECASE)
_SEPARATORS = re.compile(r"[\s,;]+")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")


class SurveyError(ValueError):
    """An answer that cannot be restored. The text names the question and says how to answer it."""


def plain_answer(answer: Any) -> Any:
    """Return the answer without the tags that Ansible adds. A date stays a date."""
    if isinstance(answer, datetime.datetime):
        return datetime.datetime(*answer.timetuple()[:6])
    if isinstance(answer, datetime.date):
        return datetime.date(answer.year, answer.month, answer.day)
    return plain(answer)


def text_of(answer: Any, question: str, default: str = "", exact: bool = False) -> str:
    """Return the answer to a question for one text.

    Args:
        answer: The variable, or None if AWX did not set it.
        question: Name of the question, for errors.
        default: Result for a blank answer. ``0`` is not blank.
        exact: Whether leading zeros count, as in a username or in the name of a file to read. A number is then an
            error, because the digits that were typed are unknown.

    Returns:
        The text without surrounding blanks and without one pair of quotes around it.

    Raises:
        SurveyError: If the text that was typed is unknown.
    """
    text = _restore(answer, question, exact).strip()
    if len(text) > 1 and _QUOTED.fullmatch(text):
        text = text[1:-1].strip()
    return text or default


def list_of(answer: Any, question: str) -> list[str]:
    """Return the answer to a question for usernames.

    Args:
        answer: The variable: a text with line breaks, commas, semicolons, or blanks between the names, or a list.
        question: Name of the question, for errors.

    Returns:
        The names without duplicates and without quotes.

    Raises:
        SurveyError: If the text that was typed is unknown.
    """
    answers = answer if isinstance(answer, list) else [answer]
    names = []
    for item in answers:
        text = _HEADING.sub("", _restore(item, question, exact=True, has_heading=True), count=1)
        names += [text_of(part, question) for part in _SEPARATORS.split(text)]
    return list(dict.fromkeys(name for name in names if name))


def _restore(answer: Any, question: str, exact: bool, has_heading: bool = False) -> str:
    if answer is None:
        return ""
    if isinstance(answer, str):
        return answer
    if isinstance(answer, datetime.date) and not isinstance(answer, datetime.datetime):
        # YAML reads a date only in this form.
        return answer.isoformat()
    if isinstance(answer, int) and not isinstance(answer, bool) and not exact:
        return str(answer)
    raise SurveyError(
        f"{question}: Ansible read the answer as {_kind(answer)} '{answer}', so the text that was typed is unknown. "
        + f"Put it in double quotes{', or keep the line ' + repr(HEADING) + ' above it' if has_heading else ''}."
    )


def _kind(answer: Any) -> str:
    if isinstance(answer, bool):
        return "the boolean"
    if isinstance(answer, (int, float)):
        return "the number"
    return "a value of the type " + type(answer).__name__
