# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Desired members in normal form: from member options, single or list, or from a roster file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import InputError
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import (
    DEFAULTS,
    MIN_SECRET,
    MODULE_FIELDS,
    member_key,
    parser,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.members import DesiredMember
from ansible_collections.portalops.arcgis.plugins.module_utils._model.names import did_you_mean, near_names
from ansible_collections.portalops.arcgis.plugins.module_utils._model.parsers import FieldError, parse_username
from ansible_collections.portalops.arcgis.plugins.module_utils._roster.reader import load_roster
from ansible_collections.portalops.arcgis.plugins.module_utils._roster.shape import Roster, RosterErrors

Parsers = Mapping[str, Callable[[Any], Any]]


def specs_from_file(module: str, params: Mapping[str, Any]) -> tuple[list[DesiredMember], Roster]:
    """Read the roster file of a task. Everything that is wrong with the file and its values is reported together.

    Args:
        module: The module, whose slice of member options the entries can have.
        params: The options of the task: ``src``, ``columns``, ``delimiter``, and defaults for the entries.

    Raises:
        InputError: One thing is wrong.
        MultipleErrors: Several things are wrong.
        MissingLibrary: The file is YAML, and PyYAML is missing.
    """
    roster = load_roster(params["src"], columns=params.get("columns"), delimiter=params.get("delimiter"))
    found = specs(module, params, roster.pop_entries(), "src", roster.position, roster.errors)
    return found, roster


def specs(
    module: str,
    params: Mapping[str, Any],
    entries: Iterable[Mapping[str, Any]],
    option: str,
    place: Callable[[int], str] | None = None,
    errors: RosterErrors | None = None,
) -> list[DesiredMember]:
    """Return the desired members of entries, in their order.

    Args:
        module: The module, whose slice of member options the entries can have.
        params: The options of the task. Those of the slice are defaults for the entries.
        entries: The entries. Empty ones are left out: their reader has reported them.
        option: The name by which errors refer to the entries (``members``, ``src``). Empty for the single form.
        place: Returns where in a file an entry stands. None without a file.
        errors: The errors of the file so far. None without a file.

    Raises:
        InputError: One thing is wrong. Its details are option, member, index, line, and remedy.
        MultipleErrors: Several things are wrong.
    """
    return _Desired(module, params, option, place, errors or RosterErrors()).members(entries)


class _Desired:
    """The desired members of one task, and the errors of their entries."""

    def __init__(
        self,
        module: str,
        params: Mapping[str, Any],
        option: str,
        place: Callable[[int], str] | None,
        errors: RosterErrors,
    ) -> None:
        self._parsers: Parsers = {name: parser(name) for name in MODULE_FIELDS[module]}
        self._defaults = {name: value for name, value in DEFAULTS.items() if name in self._parsers}
        self._defaults.update((name, params[name]) for name in self._parsers if params.get(name) is not None)
        self._option = option
        self._place = place
        self._errors = errors
        self._found: list[DesiredMember] = []

    def members(self, entries: Iterable[Mapping[str, Any]]) -> list[DesiredMember]:
        """Parse all entries, then raise all errors together."""
        seen: dict[str, int] = {}
        for index, entry in enumerate(entries):
            if not entry and self._place is not None:
                continue
            spec = self._member(index, entry)
            if spec is None:
                continue
            first = seen.setdefault(spec.key, index)
            if first != index:
                self._add_duplicate(spec, first, index)
            self._found.append(spec)
        self._check_passwords()
        self._errors.check()
        if self._place is not None and self._errors.hides_values:
            for spec in self._found:
                # A secret can be in the cell of any field.
                spec.place = self._place(spec.index or 0)
        return self._found

    def _member(self, index: int, entry: Mapping[str, Any]) -> DesiredMember | None:
        values = {**self._defaults, **{name: value for name, value in entry.items() if value is not None}}
        try:
            username = parse_username(values.pop("username", None))
        except FieldError as error:
            self._add(index, "username", None, error)
            return None
        fields: dict[str, Any] = {}
        for name, value in values.items():
            parse = self._parsers.get(name)
            try:
                if parse is None:
                    raise _unknown_option(name, self._parsers)
                fields[name] = parse(value)
            except FieldError as error:
                self._add(index, name, username, error)
        return DesiredMember(index if self._option else None, username, member_key(username), fields)

    def _add(self, index: int, name: str, member: str | None, error: FieldError) -> None:
        """Add the error of a field: who, which option, what is wrong, and where."""
        option = f"{self._option}[{index}].{name}" if self._option else name
        reading = f": {error.reading}" if error.reading else ""
        where = f" ({self._place(index)})" if self._place else ""
        details = {
            "option": option,
            "index": index if self._option else None,
            "place": self._place(index) if self._place else None,
            "remedy": error.remedy or None,
        }
        who = f"{member}: " if member else ""
        hidden = f"Roster {self._place(index)}: " if self._place else ""
        self._errors.add_pair(
            InputError(f"{who}{option} {error}{reading}{where}.", member=member, **details),
            InputError(f"{hidden}{option} {error}.", **details),
        )

    def _add_duplicate(self, spec: DesiredMember, first: int, index: int) -> None:
        options = [f"{self._option}[{position}]" for position in (first, index)]
        places = [self._place(position) for position in (first, index)] if self._place else []
        entries = " and ".join(
            f"{option} ({place})" for option, place in zip(options, places)
        ) or " and ".join(options)  # fmt: skip
        details = {
            "option": f"{options[1]}.username",
            "index": index,
            "place": " and ".join(places) or None,
            "remedy": "Remove one entry.",
        }
        statement = f"Duplicate roster entries {entries}. Usernames are case-insensitive."
        self._errors.add_pair(
            InputError(f"{spec.username}: {statement}", member=spec.username, **details),
            InputError(statement, **details),
        )

    def _check_passwords(self) -> None:
        """Reject short passwords and parts of usernames: Ansible masks a secret wherever its letters occur."""
        secrets = {spec.fields["password"].casefold(): spec for spec in self._found if "password" in spec.fields}
        if not secrets:
            return
        # One search through all names, so that 10,000 passwords do not need 100 million comparisons.
        names = "\n".join(spec.username.casefold() for spec in self._found)
        for password, spec in secrets.items():
            if len(password) < MIN_SECRET:
                statement = f"is shorter than {MIN_SECRET} characters, so Ansible would mask its letters everywhere"
            elif password in names:
                statement = "is part of a username of the same task, so Ansible would mask the username"
            else:
                continue
            error = FieldError(statement, "Choose a longer password that is not part of a username.")
            self._add(spec.index or 0, "password", spec.username, error)


def _unknown_option(name: str, known: Parsers) -> FieldError:
    return FieldError(
        "is not an option of a member",
        did_you_mean(near_names(name, known)) or f"Use one of {', '.join(sorted(known))}.",
    )


def passwords(found: Iterable[DesiredMember]) -> set[str]:
    """Return the passwords of desired members, to be masked."""
    return {spec.fields["password"] for spec in found if "password" in spec.fields}
