# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it may change in any release.

"""One row per member field: its option, its normal form, its names at the wire, how it is compared and who carries it.

A new field is one row in FIELDS; argument specs, validation, plan, diff, export and the writes follow from it.
"""

from __future__ import annotations

import math
import re
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

UNLIMITED = "unlimited"
"""The word for a member without a personal credit limit (the portal stores -1)."""

CREDIT_TOLERANCE = 0.01
"""Credits are floats with several decimals at the portal; nearer than this is equal."""

MAX_TEXT = 32768

MOST_REMEMBERED = 4096
"""Values of a field whose normal form is remembered."""

MIN_SECRET = 8
"""Ansible masks a secret wherever its letters occur: those of a shorter one occur everywhere."""

# Control characters, marks that turn the direction of text, and halves of surrogate pairs, which cannot be sent.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_LINE_BREAKS = re.compile("[\t\n]")
_RETURNS = re.compile("\r\n?")


class FieldError(ValueError):
    """A value that is not of its field's form; the text says what the form is."""


def stored_name(username: str) -> str:
    """The username as the portal stores and addresses it: C(DOMAIN\\user) becomes C(user@DOMAIN)."""
    domain, separator, name = username.partition("\\")
    return f"{name}@{domain}" if separator else username


def member_key(username: str) -> str:
    """The key under which a username is found, whatever its case and form."""
    key = stored_name(username).strip().casefold()
    # One object for both, because most names are their own keys.
    return username if key == username else key


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
    text = _plain_breaks(str(value)).strip()
    if len(text) > MAX_TEXT:
        raise FieldError(f"is longer than {MAX_TEXT} characters")
    if _CONTROL.search(text):
        raise FieldError("has control characters; remove them")
    return text


def _plain_breaks(text: str) -> str:
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
    # Most tasks name no categories, and to load what is known of them takes longer than to compare a member.
    from ansible_collections.portalops.arcgis.plugins.module_utils._model.categories import normal_change

    if isinstance(value, str):
        value = [value]
    change, problems = normal_change(list(value) if isinstance(value, tuple) else value, "categories")
    if problems:
        raise FieldError("; ".join(str(problem).replace("categories ", "", 1) for problem in problems))
    if not change:
        raise FieldError("needs one of set, add and remove")
    return change


def _same_categories(one: Any, other: Any) -> bool:
    from ansible_collections.portalops.arcgis.plugins.module_utils._model.categories import same_paths

    return same_paths(one, other)


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


# -- normal forms of what the portal says --------------------------------------------------------------------------


def said(value: Any) -> str:
    """Text of the portal: null, a missing key and the literal 'null' of old organizations are the empty text."""
    if value is None or value == "null":
        return ""
    return _plain_breaks(value).strip() if isinstance(value, str) else str(value)


class Reads:
    """Reads what the portal keeps under one key: its normal form."""

    __slots__ = ("form", "key")

    def __init__(self, key: str, form: Callable[[Any], Any] = said) -> None:
        self.key = key
        self.form = form

    def __call__(self, user: dict[str, Any]) -> Any:
        return self.form(user.get(self.key))


def _said_tags(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        return ()
    return tuple(sorted({tag.strip() for tag in value if isinstance(tag, str)} - {""}))


def _is_enabled(disabled: Any) -> bool:
    return disabled is not True


def _reads_role(user: dict[str, Any]) -> str:
    """The id of the current role: a custom role is in C(roleId), C(role) holds only its base tier then."""
    return sys.intern(said(user.get("roleId")) or said(user.get("role")))


def _said_user_type(value: Any) -> str | None:
    return sys.intern(value) if isinstance(value, str) and value else None


def _said_level(value: Any) -> str | None:
    return sys.intern(str(value)) if value not in (None, "") else None


def _said_credits(value: Any) -> float | str | None:
    """The allotment: -1 is no personal limit; a missing key says that budgeting is off."""
    allotted = number(value)
    return UNLIMITED if allotted is not None and allotted < 0 else allotted


def _reads_spent(user: dict[str, Any]) -> float | None:
    """Credits spent of a limited allotment; of an unlimited one the portal does not tell."""
    assigned, left = number(user.get("assignedCredits")), number(user.get("availableCredits"))
    return None if assigned is None or left is None or assigned < 0 else max(assigned - left, 0.0)


def _reads_last_seen(user: dict[str, Any]) -> float | None:
    """The last sign-in in milliseconds since 1970; -1 is never, and then the day of creation counts."""
    login = number(user.get("lastLogin"))
    return login if login is not None and login > 0 else number(user.get("created"))


def _said_categories(value: Any) -> tuple[str, ...] | None:
    """The paths as the portal stores them; what they mean depends on the root of the category tree."""
    return tuple(sorted({item for item in value if isinstance(item, str)})) if isinstance(value, list) else None


def number(value: Any) -> float | None:
    """A finite number of the portal, which may come as a number or as text."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        result = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return result if math.isfinite(result) else None


# -- comparison ----------------------------------------------------------------------------------------------------


def _same(before: Any, wanted: Any) -> bool:
    return bool(before == wanted)


def _same_ignoring_case(before: Any, wanted: Any) -> bool:
    return str(before or "").casefold() == str(wanted).casefold()


def same_credits(before: Any, wanted: Any) -> bool:
    """Equal allotments: both unlimited, or nearer than the tolerance."""
    if isinstance(before, str) or isinstance(wanted, str) or before is None:
        return bool(before == wanted)
    return bool(abs(before - wanted) < CREDIT_TOLERANCE)


# -- the rows ------------------------------------------------------------------------------------------------------


class Field:
    """A member field.

    name: the option; carrier: the write that carries it; spec: its argument spec; parse: normal form of what the task
    says (raises FieldError); read: normal form of what the portal says (None: the answer does not tell); same: the
    comparison; update, create, invite: parameter names of the three account writes (None: not carried there); row: the
    key whose presence in a list row tells that the row can be believed for this field (None: always).
    """

    __slots__ = ("carrier", "create", "invite", "name", "parse", "read", "row", "same", "secret", "spec", "update")

    def __init__(
        self,
        name: str,
        carrier: str,
        spec: dict[str, Any],
        parse: Callable[[Any], Any],
        read: Callable[[dict[str, Any]], Any] | None,
        *,
        same: Callable[[Any, Any], bool] = _same,
        update: str | None = None,
        create: str | None = None,
        invite: str | None = None,
        row: str | None = None,
        secret: bool = False,
    ) -> None:
        self.name = name
        self.carrier = carrier
        self.spec = spec
        self.parse = parse
        self.read = read
        self.same = same
        self.update = update
        self.create = create
        self.invite = invite
        self.row = row
        self.secret = secret


_TEXT = {"type": "str"}
_LEVELS = ["1", "2", "11"]

FIELDS: tuple[Field, ...] = (
    Field(
        "first_name",
        "profile",
        _TEXT,
        parse_text,
        Reads("firstName"),
        update="firstName",
        create="firstname",
        invite="firstname",
    ),
    Field(
        "last_name",
        "profile",
        _TEXT,
        parse_text,
        Reads("lastName"),
        update="lastName",
        create="lastname",
        invite="lastname",
    ),
    Field("full_name", "profile", _TEXT, parse_text, Reads("fullName"), update="fullname", invite="fullname"),
    Field("email", "profile", _TEXT, parse_text, Reads("email"), update="email", create="email", invite="email"),
    Field(
        "description",
        "profile",
        _TEXT,
        parse_long_text,
        Reads("description"),
        update="description",
        create="description",
    ),
    Field(
        "tags",
        "profile",
        {"type": "list", "elements": "str"},
        parse_tags,
        Reads("tags", _said_tags),
        update="tags",
        row="tags",
    ),
    Field(
        "access",
        "profile",
        {"type": "str", "choices": ["private", "org", "public"]},
        parse_choice("private", "org", "public"),
        Reads("access"),
        update="access",
    ),
    Field("culture", "profile", _TEXT, parse_text, Reads("culture"), same=_same_ignoring_case, update="culture"),
    Field("region", "profile", _TEXT, parse_text, Reads("region"), same=_same_ignoring_case, update="region"),
    Field(
        "units",
        "profile",
        {"type": "str", "choices": ["english", "metric"]},
        parse_choice("english", "metric"),
        Reads("units"),
        update="units",
    ),
    Field(
        "categories",
        "profile",
        {"type": "raw"},
        parse_categories,
        Reads("categories", _said_categories),
        same=_same_categories,
        update="categories",
        row="categories",
    ),
    Field(
        "password",
        "profile",
        {"type": "str", "no_log": True},
        parse_password,
        None,
        update="password",
        create="password",
        invite="password",
        secret=True,
    ),
    Field(
        "provider",
        "account",
        {"type": "str", "choices": ["arcgis", "enterprise"]},
        parse_choice("arcgis", "enterprise"),
        Reads("provider"),
        create="provider",
        invite="targetUserProvider",
    ),
    Field(
        "idp_username",
        "idp_username",
        _TEXT,
        parse_text,
        Reads("idpUsername"),
        update="idpUsername",
        create="idpUsername",
        invite="idpUsername",
    ),
    Field("enabled", "enabled", {"type": "bool"}, parse_flag, Reads("disabled", _is_enabled)),
    Field("role", "role", _TEXT, parse_required_text, _reads_role, create="role", invite="role"),
    Field(
        "user_type",
        "user_type",
        _TEXT,
        parse_required_text,
        Reads("userLicenseTypeId", _said_user_type),
        create="userLicenseTypeId",
        invite="userLicenseType",
        row="userLicenseTypeId",
    ),
    Field(
        "level", "level", {"type": "str", "choices": _LEVELS}, parse_level, Reads("level", _said_level), create="level"
    ),
    Field(
        "credits",
        "credits",
        {"type": "raw"},
        parse_credits,
        Reads("assignedCredits", _said_credits),
        same=same_credits,
        invite="userCreditAssignment",
    ),
)

OBSERVED: tuple[Field, ...] = (
    Field("credits_spent", "", {}, parse_text, _reads_spent),
    Field("last_seen", "", {}, parse_text, _reads_last_seen),
)
"""What is read beside the fields, because a guard looks at it."""

BY_NAME: dict[str, Field] = {field.name: field for field in (*FIELDS, *OBSERVED)}

CONTROLS: dict[str, tuple[dict[str, Any], Callable[[Any], Any]]] = {
    "state": (
        {"type": "str", "choices": ["present", "transferred", "absent"]},
        parse_choice("present", "transferred", "absent"),
    ),
    "update_password": (
        {"type": "str", "choices": ["on_create", "always"], "no_log": False},
        parse_choice("on_create", "always"),
    ),
    "transfer_to": (_TEXT, parse_required_text),
}
"""Options of a member that steer what is done and are not fields of the portal."""

DEFAULTS = {"state": "present", "update_password": "on_create"}

_ACCOUNT = (
    "first_name",
    "last_name",
    "full_name",
    "email",
    "description",
    "tags",
    "access",
    "culture",
    "region",
    "units",
    "password",
    "provider",
    "idp_username",
    "enabled",
    "role",
    "user_type",
    "level",
)

SLICES: dict[str, tuple[str, ...]] = {
    "portal_user": ("state", *_ACCOUNT, "update_password", "transfer_to"),
    "portal_user_role": ("role",),
    "portal_user_level": ("level", "user_type"),
    "portal_credits": ("credits",),
    "portal_user_categories": ("categories",),
    "portal_members": ("state", *_ACCOUNT, "credits", "categories", "update_password", "transfer_to"),
}
"""The member options each module takes."""


def member_spec(module: str) -> dict[str, dict[str, Any]]:
    """Argument spec of the member options of a module's slice, without defaults (an omitted option leaves alone)."""
    return {name: dict(BY_NAME[name].spec if name in BY_NAME else CONTROLS[name][0]) for name in SLICES[module]}


def parser(name: str) -> Callable[[Any], Any]:
    """The parser of a member option."""
    return BY_NAME[name].parse if name in BY_NAME else CONTROLS[name][1]


def shown(value: Any) -> Any:
    """A normal form as it is shown in results and written in rosters: JSON types only."""
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
