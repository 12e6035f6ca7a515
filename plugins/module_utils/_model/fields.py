# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""One row per member field: its option, its normal form, its names in requests, how it is compared and who carries it.

A new field is one row in FIELDS; argument specs, validation, plan, diff, export and the writes follow from it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.portalops.arcgis.plugins.module_utils._model.add_ons import (
    current_sets,
    holding_texts,
    holds_exactly,
    parse_add_ons,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.categories import same_paths
from ansible_collections.portalops.arcgis.plugins.module_utils._model.groups import (
    memberships,
    parse_groups,
    parts_of,
    reaches,
    restricted,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.parsers import (
    MAX_TEXT,
    UNLIMITED,
    FieldError,
    ParseCache,
    number,
    parse_categories,
    parse_choice,
    parse_credits,
    parse_email,
    parse_flag,
    parse_level,
    parse_long_text,
    parse_name,
    parse_password,
    parse_recipient,
    parse_required_text,
    parse_tags,
    parse_text,
    plain_breaks,
)

__all__ = ("MAX_TEXT", "UNLIMITED", "FieldError", "ParseCache", "number", "parse_credits", "parse_long_text")
"""What other files take from here and stands in ``parsers``."""

CREDIT_TOLERANCE = 0.01
"""Credits are floats with several decimals at the portal; nearer than this is equal."""

MIN_SECRET = 8
"""Ansible masks a secret wherever its letters occur: those of a shorter one occur everywhere."""


def stored_name(username: str) -> str:
    """The username as the portal stores and addresses it: C(DOMAIN\\user) becomes C(user@DOMAIN)."""
    domain, separator, name = username.partition("\\")
    return f"{name}@{domain}" if separator else username


def member_key(username: str) -> str:
    """The key under which a username is found, whatever its case and form."""
    key = stored_name(username).strip().casefold()
    # One object for both, because most names are their own keys.
    return username if key == username else key


# -- normal forms of what the portal says --------------------------------------------------------------------------


def portal_text(value: Any) -> str:
    """Text of the portal: null, a missing key and the literal 'null' of old organizations are the empty text."""
    if value is None or value == "null":
        return ""
    return plain_breaks(value).strip() if isinstance(value, str) else str(value)


class ResponseField:
    """One key of a response, and the normal form of its value."""

    __slots__ = ("form", "key")

    def __init__(self, key: str, form: Callable[[Any], Any] = portal_text) -> None:
        self.key = key
        self.form = form

    def __call__(self, user: dict[str, Any]) -> Any:
        return self.form(user.get(self.key))


def _portal_tags(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        return ()
    return tuple(sorted({tag.strip() for tag in value if isinstance(tag, str)} - {""}))


def _is_enabled(disabled: Any) -> bool:
    return disabled is not True


def _reads_role(user: dict[str, Any]) -> str:
    """The id of the current role: a custom role is in C(roleId), C(role) holds only its base tier then."""
    return portal_text(user.get("roleId")) or portal_text(user.get("role"))


def _portal_user_type(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _portal_level(value: Any) -> str | None:
    return str(value) if value not in (None, "") else None


def _portal_credits(value: Any) -> float | str | None:
    """Read the allocation: -1 means unlimited. A missing key means that credit budgeting is off."""
    allocated = number(value)
    return UNLIMITED if allocated is not None and allocated < 0 else allocated


def _reads_spent(user: dict[str, Any]) -> float | None:
    """Read the credits spent of a limited allocation. For an unlimited one, the portal does not return them."""
    assigned, left = number(user.get("assignedCredits")), number(user.get("availableCredits"))
    return None if assigned is None or left is None or assigned < 0 else max(assigned - left, 0.0)


def _reads_last_seen(user: dict[str, Any]) -> float | None:
    """Return the last sign-in in ms since 1970. -1 is never: then the creation counts. A missing key is unknown."""
    login = number(user.get("lastLogin"))
    return number(user.get("created")) if login is not None and login <= 0 else login


def _portal_categories(value: Any) -> tuple[str, ...] | None:
    """The paths as the portal stores them; what they mean depends on the root of the category tree."""
    return tuple(sorted({item for item in value if isinstance(item, str)})) if isinstance(value, list) else None


# -- comparison ----------------------------------------------------------------------------------------------------


def _same(before: Any, wanted: Any) -> bool:
    return bool(before == wanted)


def _same_ignoring_case(before: Any, wanted: Any) -> bool:
    return str(before or "").casefold() == str(wanted).casefold()


def same_credits(before: Any, wanted: Any) -> bool:
    """Return whether allocations are equal: both unlimited, or closer than the tolerance."""
    if isinstance(before, str) or isinstance(wanted, str) or before is None:
        return bool(before == wanted)
    return bool(abs(before - wanted) < CREDIT_TOLERANCE)


def _same_categories(one: Any, other: Any) -> bool:
    return same_paths(one, other)


def _whole(value: Any, wanted: Any) -> Any:
    return value


def _as_it_is(value: Any) -> Any:
    return value


def _visible_memberships(value: Any) -> tuple[str, ...]:
    return memberships(parts_of(value or ()))


# -- the rows ------------------------------------------------------------------------------------------------------


class Field:
    """A member field.

    name: the option; request: the write that carries it; spec: its argument spec; parse: normal form of what the task
    says (raises FieldError); read: normal form of what the portal says (None: the answer does not tell); same: the
    comparison; part: what of a current value a change concerns, where that is less than the whole; visible: a current
    value as results show it; update, create, invite: parameter names of the three account writes (None: not carried
    there); row: the key whose presence in a list row shows that the row is reliable for this field (None: always).
    """

    __slots__ = (
        "request",
        "create",
        "invite",
        "name",
        "parse",
        "part",
        "read",
        "row",
        "same",
        "secret",
        "spec",
        "update",
        "visible",
    )

    def __init__(
        self,
        name: str,
        request: str,
        spec: dict[str, Any],
        parse: Callable[[Any], Any],
        read: Callable[[dict[str, Any]], Any] | None,
        *,
        same: Callable[[Any, Any], bool] = _same,
        part: Callable[[Any, Any], Any] = _whole,
        visible: Callable[[Any], Any] = _as_it_is,
        update: str | None = None,
        create: str | None = None,
        invite: str | None = None,
        row: str | None = None,
        secret: bool = False,
    ) -> None:
        self.name = name
        self.request = request
        self.spec = spec
        self.parse = parse
        self.read = read
        self.same = same
        self.part = part
        self.visible = visible
        self.update = update
        self.create = create
        self.invite = invite
        self.row = row
        self.secret = secret


_TEXT = {"type": "str"}
NAME = {"type": "raw"}
"""Argument spec of the name of an account. Ansible turns a number into a text where the spec has the type C(str)."""

_LEVELS = ["1", "2", "11"]

FIELDS: tuple[Field, ...] = (
    Field(
        "first_name",
        "profile",
        _TEXT,
        parse_text,
        ResponseField("firstName"),
        update="firstName",
        create="firstname",
        invite="firstname",
    ),
    Field(
        "last_name",
        "profile",
        _TEXT,
        parse_text,
        ResponseField("lastName"),
        update="lastName",
        create="lastname",
        invite="lastname",
    ),
    Field("full_name", "profile", _TEXT, parse_text, ResponseField("fullName"), update="fullname", invite="fullname"),
    Field(
        "email", "profile", _TEXT, parse_email, ResponseField("email"), update="email", create="email", invite="email"
    ),
    Field(
        "description",
        "profile",
        _TEXT,
        parse_long_text,
        ResponseField("description"),
        update="description",
        create="description",
    ),
    Field(
        "tags",
        "profile",
        {"type": "list", "elements": "str"},
        parse_tags,
        ResponseField("tags", _portal_tags),
        update="tags",
        row="tags",
    ),
    Field(
        "access",
        "profile",
        {"type": "str", "choices": ["private", "org", "public"]},
        parse_choice("private", "org", "public"),
        ResponseField("access"),
        update="access",
    ),
    Field(
        "culture", "profile", _TEXT, parse_text, ResponseField("culture"), same=_same_ignoring_case, update="culture"
    ),
    Field("region", "profile", _TEXT, parse_text, ResponseField("region"), same=_same_ignoring_case, update="region"),
    Field(
        "units",
        "profile",
        {"type": "str", "choices": ["english", "metric"]},
        parse_choice("english", "metric"),
        ResponseField("units"),
        update="units",
    ),
    Field(
        "categories",
        "profile",
        {"type": "raw"},
        parse_categories,
        ResponseField("categories", _portal_categories),
        same=_same_categories,
        update="categories",
        row="categories",
    ),
    Field(
        "password",
        "profile",
        {"type": "raw", "no_log": True},
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
        ResponseField("provider"),
        create="provider",
        invite="targetUserProvider",
    ),
    Field(
        "idp_username",
        "idp_username",
        NAME,
        parse_name,
        ResponseField("idpUsername"),
        update="idpUsername",
        create="idpUsername",
        invite="idpUsername",
    ),
    Field("enabled", "enabled", {"type": "bool"}, parse_flag, ResponseField("disabled", _is_enabled)),
    Field("role", "role", _TEXT, parse_required_text, _reads_role, create="role", invite="role"),
    Field(
        "user_type",
        "user_type",
        _TEXT,
        parse_required_text,
        ResponseField("userLicenseTypeId", _portal_user_type),
        create="userLicenseTypeId",
        invite="userLicenseType",
        row="userLicenseTypeId",
    ),
    Field(
        "level",
        "level",
        {"type": "str", "choices": _LEVELS},
        parse_level,
        ResponseField("level", _portal_level),
        create="level",
    ),
    Field(
        "credits",
        "credits",
        {"type": "raw"},
        parse_credits,
        ResponseField("assignedCredits", _portal_credits),
        same=same_credits,
        invite="userCreditAssignment",
    ),
    # Read with the groups, and not with the members (see _current/groups.py).
    Field(
        "groups",
        "groups",
        {"type": "raw"},
        parse_groups,
        None,
        same=reaches,
        part=restricted,
        visible=_visible_memberships,
    ),
    # Read by add-on, and not with the members (see _current/add_ons.py).
    Field(
        "add_ons",
        "add_ons",
        {"type": "raw"},
        parse_add_ons,
        None,
        same=holds_exactly,
        part=current_sets,
        visible=holding_texts,
    ),
)

OBSERVED: tuple[Field, ...] = (
    Field("credits_spent", "", {}, parse_text, _reads_spent),
    Field("last_seen", "", {}, parse_text, _reads_last_seen),
)
"""What is read beside the fields, because a guard looks at it."""

FIELDS_BY_NAME: dict[str, Field] = {field.name: field for field in (*FIELDS, *OBSERVED)}

CONTROLS: dict[str, tuple[dict[str, Any], Callable[[Any], Any]]] = {
    "state": (
        {"type": "str", "choices": ["present", "transferred", "absent"]},
        parse_choice("present", "transferred", "absent"),
    ),
    "update_password": (
        {"type": "str", "choices": ["on_create", "always"], "no_log": False},
        parse_choice("on_create", "always"),
    ),
    "transfer_to": (NAME, parse_recipient),
}
"""Options of a member that steer what is done and are not fields of the portal."""

DEFAULTS = {"state": "present", "update_password": "on_create"}

_ACCOUNT = tuple(field.name for field in FIELDS if field.name not in ("credits", "categories", "groups", "add_ons"))

MODULE_FIELDS: dict[str, tuple[str, ...]] = {
    "portal_user": ("state", *_ACCOUNT, "update_password", "transfer_to"),
    "portal_user_role": ("role",),
    "portal_user_level": ("level", "user_type"),
    "portal_credits": ("credits",),
    "portal_user_categories": ("categories",),
    "portal_user_groups": ("groups",),
    "portal_user_add_ons": ("add_ons",),
    "portal_members": (
        "state",
        *_ACCOUNT,
        "credits",
        "categories",
        "groups",
        "add_ons",
        "update_password",
        "transfer_to",
    ),
}
"""The member options each module takes."""


def member_spec(module: str) -> dict[str, dict[str, Any]]:
    """Argument spec of the member options of a module's slice, without defaults (an omitted option leaves alone)."""
    return {
        name: dict(FIELDS_BY_NAME[name].spec if name in FIELDS_BY_NAME else CONTROLS[name][0])
        for name in MODULE_FIELDS[module]
    }


def unconverted(spec: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return argument specs with C(raw) for C(str): Ansible would turn a list or a mapping into text and keep it."""
    specs = {name: dict(option) for name, option in spec.items()}
    for option in specs.values():
        if option.get("type") == "str" and "choices" not in option:
            option["type"] = "raw"
        if option.get("elements") == "str":
            option["elements"] = "raw"
        if "options" in option:
            option["options"] = unconverted(option["options"])
    return specs


def parser(name: str) -> Callable[[Any], Any]:
    """The parser of a member option."""
    return FIELDS_BY_NAME[name].parse if name in FIELDS_BY_NAME else CONTROLS[name][1]


def shown(value: Any) -> Any:
    """A normal form as it is shown in results and written in rosters: JSON types only."""
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
