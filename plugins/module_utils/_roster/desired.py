# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it may change in any release.

"""What the task wants: member options, single or list or from a roster file, in normal form. Pure."""

from __future__ import annotations

import re

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import InputError, PortalOpsError, Problems
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import (
    DEFAULTS,
    MIN_SECRET,
    SLICES,
    FieldError,
    Forms,
    member_key,
    parser,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.planner import Spec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Callable

MOST_PROBLEMS = 50

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def specs(
    module: str,
    params: dict[str, Any],
    entries: Iterable[dict[str, Any]],
    option: str,
    place: Callable[[int], str] | None = None,
) -> list[Spec]:
    """Specs from the entries; top-level values of C(params) are defaults for them.

    option: the name under which errors speak of an entry (C(members), C(src); empty for the single form).
    place: where in a file an entry stands, for messages.
    Raises InputError or Problems, naming option, member and remedy.
    """
    forms = {name: Forms(parser(name)) if name != "password" else Forms(parser(name), 0) for name in SLICES[module]}
    defaults = {name: value for name, value in DEFAULTS.items() if name in forms}
    defaults.update((name, params[name]) for name in forms if params.get(name) is not None)
    found: list[Spec] = []
    problems: list[PortalOpsError] = []
    seen: dict[str, int] = {}
    for index, entry in enumerate(entries):
        where = f"{option}[{index}]" if option else ""
        try:
            spec = _spec(index if option else None, where, {**defaults, **_given(entry)}, forms)
        except PortalOpsError as error:
            problems.append(_placed(error, place, index))
            continue
        first = seen.setdefault(spec.key, index)
        if first != index:
            problems.append(_placed(_twice(spec, option, first, index), place, first, index))
        found.append(spec)
    problems.extend(_weak_passwords(found))
    if problems:
        raise problems[0] if len(problems) == 1 else Problems(_bounded(problems))
    return found


def _bounded(problems: list[PortalOpsError]) -> list[PortalOpsError]:
    more = len(problems) - MOST_PROBLEMS
    return problems if more <= 0 else [*problems[:MOST_PROBLEMS], InputError(f"and {more} more problems")]


def _given(entry: dict[str, Any]) -> dict[str, Any]:
    if None in entry.values():
        return {name: value for name, value in entry.items() if value is not None}
    return entry


def _placed(error: PortalOpsError, place: Callable[[int], str] | None, *indexes: int) -> PortalOpsError:
    """The error with where in the file its entries stand."""
    if place is None:
        return error
    where = " and ".join(place(index) for index in indexes)
    return InputError(f"{error} ({where})", **{**error.details, "place": where})


def _twice(spec: Spec, option: str, first: int, index: int) -> InputError:
    return InputError(
        f"{spec.username}: listed twice, as {option}[{first}] and {option}[{index}] (case does not count)",
        option=f"{option}[{index}].username",
        member=spec.username,
        index=index,
        remedy=f"keep one of {option}[{first}] and {option}[{index}]",
    )


def _spec(index: int | None, where: str, values: dict[str, Any], forms: dict[str, Forms]) -> Spec:
    username = _username(values.pop("username", None), index, where)
    fields: dict[str, Any] = {}
    for name, value in values.items():
        known = forms.get(name)
        if known is None:
            raise _wrong(
                where, name, username, index, f"is not an option of a member; known are {', '.join(sorted(forms))}"
            )
        kind = value.__class__
        try:
            fields[name] = known[value] if kind is str or kind is bool else known.of(value)
        except FieldError as error:
            raise _wrong(where, name, username, index, str(error)) from None
    return Spec(index, username, member_key(username), fields)


def _username(value: Any, index: int | None, where: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _wrong(where, "username", None, index, "must be text that is not empty; put it in quotes")
    if _CONTROL.search(value) or len(value) > 256:
        raise _wrong(where, "username", None, index, "has control characters, or is longer than 256 characters")
    return value.strip()


def _wrong(where: str, name: str, member: str | None, index: int | None, why: str) -> InputError:
    option = f"{where}.{name}" if where else name
    who = f"{member}: " if member else ""
    return InputError(
        f"{who}{option} {why}", option=option, member=member, index=index, remedy=f"correct {option}: it {why}"
    )


def _weak_passwords(found: list[Spec]) -> Iterable[InputError]:
    """Ansible masks a secret wherever its letters occur: a short one, or part of a username, would eat the result."""
    secrets = {spec.fields["password"].casefold(): spec for spec in found if "password" in spec.fields}
    if not secrets:
        return
    # One search through all names at once, so that ten thousand passwords do not cost a hundred million comparisons.
    names = "\n".join(spec.username.casefold() for spec in found)
    for password, spec in secrets.items():
        if len(password) < MIN_SECRET:
            why = f"is shorter than {MIN_SECRET} characters"
        elif password in names:
            why = "is part of a username of the same task"
        else:
            continue
        yield InputError(
            f"{spec.username}: the password {why}; Ansible would mask those letters all over the result",
            option="password",
            member=spec.username,
            index=spec.index,
            remedy="choose a longer password that is not in a username",
        )


def passwords(found: Iterable[Spec]) -> set[str]:
    """Passwords that specs carry, to be masked."""
    return {spec.fields["password"] for spec in found if "password" in spec.fields}
