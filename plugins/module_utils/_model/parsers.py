# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Parsers of member fields: each turns what a task or a roster says into the normal form. Pure."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from typing import Any

from ansible_collections.portalops.arcgis.plugins.module_utils._model.categories import normal_change

UNLIMITED = "unlimited"
"""The word for a member without a personal credit limit (the portal stores -1)."""

MAX_TEXT = 32768

MOST_REMEMBERED = 4096
"""Values of a field whose normal form is remembered."""

# Control characters, marks that turn the direction of text, and halves of surrogate pairs.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_DECIMAL = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_CREDITS = "must be a number, 0 or more, or 'unlimited'"
_LINE_BREAKS = re.compile("[\t\n]")
_RETURNS = re.compile("\r\n?")


MAX_USERNAME = 256
"""Characters of a username at most."""

REPLACEMENT = "\ufffd"
"""The character that programs write for what they could not read."""

_NULL = "null"  # Portals of long-lived organizations keep this word for an empty text, so it is read as one.
_SURROGATE = re.compile("[\ud800-\udfff]")
# Unicode categories of invisible characters: format, blanks, control, separators, halves of pairs.
_INVISIBLE = ("Cf", "Zs", "Cc", "Zl", "Zp", "Cs")
# Joiners are part of Persian and Indic names and of emoji, the ideographic space of Japanese names.
_ALLOWED_IN_LINES = "\u200c\u200d\u3000"
# #REF! and its kin in the languages of spreadsheets: #BEZUG!, #¿NOMBRE?, #N/D, #NV.
_SPREADSHEET_ERROR = re.compile(r"#(N/A|N/D|NV|GETTING_DATA|[¡¿]?[A-ZÀ-Þ0-9_/]+[!?])")
_EMAIL = re.compile(r"[^\s@<>()\[\]\\,;:\"]+@[^\W_]([\w.-]*[^\W_])?")
# Thousands in one language are decimals in another one.
_AMBIGUOUS = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")
_WINDOWS = {byte: bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(256)}


class FieldError(ValueError):
    """A value that is not of its field's form.

    Attributes:
        remedy: A sentence that says what to do. Empty if the statement says it.
        reading: What the value can be read as. It repeats the value, so show it only if the value is not a secret.
    """

    def __init__(self, statement: str, remedy: str = "", reading: str = "") -> None:
        super().__init__(statement)
        self.remedy = remedy
        self.reading = reading


# -- normal forms that are made once -------------------------------------------------------------------------------


class ParseCache(dict):  # type: ignore[type-arg]
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
    """Parse text on one line. Blanks around it are removed."""
    text = _line(value)
    if text == _NULL:
        raise FieldError("must not be the word null", "Leave the field out, or write an empty text in quotes.")
    return text


def parse_long_text(value: Any) -> str:
    """Parse text that can have several lines."""
    text = _text(value)
    if text == _NULL:
        raise FieldError("must not be the word null", "Leave the field out, or write an empty text in quotes.")
    return text


def _line(value: Any) -> str:
    if value.__class__ is str and _is_harmless(value):
        return str(value.strip())
    text = _text(value)
    if _LINE_BREAKS.search(text):
        raise FieldError("must be a single line", "Delete the line breaks.")
    place = invisible_character(str(value), _ALLOWED_IN_LINES)
    if place:
        raise FieldError(f"contains {place}", "Delete the character.")
    return text


def _is_harmless(text: str) -> bool:
    """Whether the quick look finds nothing to check: nearly all text is printable."""
    return text.isprintable() and len(text) <= MAX_TEXT and REPLACEMENT not in text and "#" not in text[:2]


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise FieldError(f"must be text, not {_kind(value)}", "Put it in quotes.")
    text = plain_breaks(str(value))
    # Before blanks are removed, because Python counts some control characters as blanks.
    control = _CONTROL.search(text)
    if control:
        raise FieldError(f"contains {_described(control.group(), control.start() + 1)}", "Delete the character.")
    text = text.strip()
    if len(text) > MAX_TEXT:
        raise FieldError(f"is longer than {MAX_TEXT} characters", "Shorten the text.")
    _refuse_damage(text)
    return text


def _refuse_damage(text: str) -> None:
    if REPLACEMENT in text:
        raise FieldError(
            "contains U+FFFD, which replaces characters that a program could not read",
            "Export the file again as UTF-8 (in a spreadsheet: CSV UTF-8), or correct the text.",
        )
    if _SPREADSHEET_ERROR.fullmatch(text.strip()):
        raise FieldError("is an error value of a spreadsheet", "Correct the formula, and export the file again.")


def invisible_character(text: str, allowed: str = "") -> str:
    """Describe the first invisible character of a text as ``U+200B at character 5``.

    Args:
        text: The text to search.
        allowed: Invisible characters that do no harm in this text.

    Returns:
        The description. Empty if the text contains no invisible character. A plain space is visible.
    """
    if text.isprintable():
        return ""
    for position, character in enumerate(text, 1):
        hidden = not character.isprintable() and unicodedata.category(character) in _INVISIBLE
        if hidden and character not in allowed:
            return _described(character, position)
    return ""


def _described(character: str, position: int) -> str:
    return f"U+{ord(character):04X} ({_name(character)}) at character {position}"


def _name(character: str) -> str:
    return unicodedata.name(character, "control character").lower()


def plain_breaks(text: str) -> str:
    """Browsers send a line break as two characters; here it is one."""
    return _RETURNS.sub("\n", text) if "\r" in text else text


def parse_required_text(value: Any) -> str:
    """Parse text on one line that is not empty."""
    text = parse_text(value)
    if not text:
        raise FieldError("must not be empty", "Leave it out to keep the current value.")
    return text


def parse_name(value: Any) -> str:
    """Parse the name of an account, which can be empty. A number is rejected: ``0123`` in YAML is the number 83."""
    if not isinstance(value, str):
        raise FieldError(f"must be text, not {_kind(value)}", "Put it in quotes.")
    text = parse_text(value)
    place = invisible_character(text)
    if place:
        raise FieldError(f"contains {place}", "Delete the character.")
    return text


def parse_username(value: Any) -> str:
    """Parse a username. Blanks around it are removed."""
    if not isinstance(value, str) or not value.strip():
        kind = "empty" if isinstance(value, str) or value is None else _kind(value)
        raise FieldError(f"must be text, not {kind}", "" if kind == "empty" else "Put it in quotes.")
    if len(value) > MAX_USERNAME:
        raise FieldError(f"is longer than {MAX_USERNAME} characters", "Correct the username.")
    place = invisible_character(value)
    if place:
        raise FieldError(f"contains {place}", "Delete the character.")
    _refuse_damage(value)
    return value.strip()


def parse_recipient(value: Any) -> str:
    """Parse the username of a member who receives content."""
    text = parse_name(value)
    if not text:
        raise FieldError("must not be empty", "Leave it out if the member owns nothing.")
    return text


def parse_email(value: Any) -> str:
    """Parse an email address, or an empty text."""
    text = parse_text(value)
    if text and (not _EMAIL.fullmatch(text) or ".." in text):
        raise FieldError("must be an email address", "Write one address such as 'jane@example.com'.")
    return text


def parse_flag(value: Any) -> bool:
    """Parse a boolean, or one of the words that Ansible takes for one."""
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
    """Return a parser for one of some words."""

    def parse(value: Any) -> str:
        text = parse_text(value)
        if text not in choices:
            raise FieldError(f"must be one of {', '.join(choices)}")
        return text

    return parse


def parse_tags(value: Any) -> tuple[str, ...]:
    """Parse tags as a sorted tuple without repetition. The portal separates tags by commas."""
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, (list, tuple)):
        raise FieldError(f"must be a list, not {_kind(value)}")
    tags = {_line(item) for item in items} - {""}
    if any("," in tag for tag in tags):
        raise FieldError("must not have a comma in a tag", "Write the tags as a list.")
    return tuple(sorted(tags))


def parse_credits(value: Any) -> float | str:
    """Parse a number of credits, 0 or more, or the word ``unlimited``."""
    if isinstance(value, str):
        if value.strip().lower() == UNLIMITED:
            return UNLIMITED
        _refuse_ambiguous(value.strip())
        if not _DECIMAL.fullmatch(value.strip()):
            # Python also reads 1_000, and the digits of other scripts.
            raise FieldError(_CREDITS)
    amount = number(value)
    if amount is None or amount < 0:
        raise FieldError(_CREDITS)
    return abs(amount)


def is_ambiguous(text: str) -> bool:
    """Whether a text is a number with decimals in one language and with thousands in another one."""
    return bool(_AMBIGUOUS.fullmatch(text))


def _refuse_ambiguous(text: str) -> None:
    """Reject text that is one number in English and another one in German: programs save 1000 as 1.000 or 1,000."""
    if not is_ambiguous(text):
        return
    whole, _mark, decimals = text.replace(",", ".").partition(".")
    fraction = decimals.rstrip("0")
    small = f"{whole}.{fraction}" if fraction else whole
    raise FieldError(
        "is an ambiguous number",
        "Write a number of thousands without a separator, and no decimal zeros.",
        f"it can be {small} or {whole}{decimals}",
    )


def parse_categories(value: Any) -> dict[str, list[str]]:
    """Parse category paths to set, add, or remove. A plain list sets."""
    if isinstance(value, str):
        value = [value]
    change, problems = normal_change(list(value) if isinstance(value, tuple) else value, "categories")
    if problems:
        raise FieldError(
            " ".join(str(problem).replace("categories ", "", 1) for problem in problems).rstrip("."),
            str(problems[0].details.get("remedy") or ""),
        )
    if not change:
        raise FieldError("must contain set, add, or remove", "Leave the field out to keep the current value.")
    return change


def parse_level(value: Any) -> str:
    """Parse a level as the portal's text: ``1``, ``2``, or ``11``."""
    text = parse_text(value)
    if text not in ("1", "2", "11"):
        raise FieldError("must be 1, 2 or 11")
    return text


def parse_password(value: Any) -> str:
    """Parse a password. It is kept to the letter."""
    if not isinstance(value, str) or not value:
        raise FieldError("must be text that is not empty", "Put it in quotes.")
    if not value.strip():
        raise FieldError("must not consist of spaces", "Choose another password.")
    if REPLACEMENT in value or _SURROGATE.search(value):
        raise FieldError("contains characters that a program could not read", "Save the file as UTF-8.")
    return value


def is_mojibake_of(text: str, portal_text: str) -> bool:
    """Whether a text is what a program shows that reads the portal's UTF-8 text as Windows-1252: ``FernÃ¡ndez``.

    Args:
        text: The desired value.
        portal_text: The current value of the portal.
    """
    if portal_text.isascii() or text == portal_text:
        return False
    data = portal_text.encode("utf-8", "surrogatepass")
    # Five bytes are no character of Windows-1252. Programs keep them as control characters, drop or replace them.
    kept = "".join(_WINDOWS.get(byte, chr(byte)) for byte in data)
    forms = {kept, data.decode("cp1252", "ignore"), data.decode("cp1252", "replace"), data.decode("latin-1")}
    return any(_squeezed(form) == _squeezed(text) for form in forms)


def has_mojibake(value: Any, portal_value: Any) -> bool:
    """Whether a text is mojibake of the portal's text, or an item of a list is mojibake of one of the portal's items.

    Args:
        value: The desired value in normal form, of any field.
        portal_value: The current value in normal form. None if the portal does not tell it.
    """
    if isinstance(value, str) and isinstance(portal_value, str):
        return is_mojibake_of(value, portal_value)
    if not isinstance(value, (list, tuple)) or not isinstance(portal_value, (list, tuple)):
        return False
    texts = [item for item in value if isinstance(item, str) and not item.isascii()]
    return any(is_mojibake_of(text, str(item)) for text in texts for item in portal_value)


def _squeezed(text: str) -> str:
    """The text without blanks and control characters, which programs and parsers remove."""
    return "".join(character for character in text if character.isprintable() and character != " ")


def _kind(value: Any) -> str:
    if value is None:
        return "nothing"
    return {bool: "true or false", dict: "a mapping", list: "a list", int: "a number", float: "a number"}.get(
        type(value), "this kind of value"
    )


def number(value: Any) -> float | None:
    """A finite number of the portal, which comes as a number or as text."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        result = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return result if math.isfinite(result) else None
