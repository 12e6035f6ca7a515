# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Add-on licenses: what an organization has, what members hold, and what a task wants. Pure.

A listing, such as ArcGIS Pro, has entitlements. An app bundle has none, so it counts as a listing whose one entitlement
is the empty text. What a member holds is a sorted tuple of pairs (label of the add-on, entitlement). What a task
changes is a sorted tuple of pairs (label, complete set of entitlements).
Source: portal-rest-api-2.md, section 2.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Union

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import InputError
from ansible_collections.portalops.arcgis.plugins.module_utils._model.names import did_you_mean, near_names
from ansible_collections.portalops.arcgis.plugins.module_utils._model.parsers import FieldError, parse_required_text
from ansible_collections.portalops.arcgis.plugins.module_utils._model.roles import LEVEL_OF_SEAT
from ansible_collections.portalops.arcgis.plugins.module_utils._model.wording import join_names

#: All entitlements of a listing.
ALL = "all"

#: What a member holds of an app bundle.
WHOLE_BUNDLE = ""

#: Members in one request (portal-rest-api-2.md, section 2.4; of app bundles, the number is open).
NAMES_PER_REQUEST = 25

MANAGE_LICENSES = "portal:admin:manageLicenses"

#: License levels of ArcGIS Pro: a member can hold one of them.
PRO_LEVELS = ("desktopBasicN", "desktopStdN", "desktopAdvN")

#: Levels of ArcGIS Pro that a user type includes. A Creator can get a higher one as an add-on (section 2.6).
_INCLUDED = {
    "creatorUT": frozenset({"desktopBasicN"}),
    **dict.fromkeys(
        ("GISProfessionalBasicUT", "GISProfessionalStdUT", "GISProfessionalAdvUT", "advancedUT"), frozenset(PRO_LEVELS)
    ),
}

_NONE = ("none", "[]")
_FLAGS = {"true": True, "yes": True, "false": False, "no": False}
_REMEDY = "Write a list of entitlements, all, or [] for none. For an app bundle, write true or false."

#: What a task wants of one add-on: entitlements, ``ALL``, or whether the member has the app bundle.
Wish = Union[tuple[str, ...], str, bool]
Holdings = tuple[tuple[str, str], ...]
HoldingChanges = tuple[tuple[str, tuple[str, ...]], ...]


# -- what a task says ----------------------------------------------------------------------------------------------


def parse_add_ons(value: Any) -> dict[str, Wish]:
    """Parse a mapping of add-ons, by title or ID, to what a member holds of them.

    Raises:
        FieldError: If the value has another form, or names an add-on twice.
    """
    if not isinstance(value, dict):
        raise FieldError(
            "must be a mapping of add-on licenses",
            "Write the title or ID of each add-on license with its entitlements. In a CSV file, name the column "
            "add_ons.TITLE.",
        )
    wishes: dict[str, Wish] = {}
    spellings: dict[str, str] = {}
    for name, item in value.items():
        title = _title(name)
        other = spellings.setdefault(title.casefold(), title)
        if title in wishes or other != title:
            raise FieldError(f"names '{title}' twice", "Name each add-on license once.")
        wishes[title] = _wish(title, item)
    return wishes


def _title(name: Any) -> str:
    try:
        return parse_required_text(name)
    except FieldError as error:
        raise FieldError(f"has an add-on license whose title {error}", "Write a title or an ID.") from None


def _wish(title: str, value: Any) -> Wish:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        word = value.strip().casefold()
        if word == ALL:
            return ALL
        if word in _FLAGS:
            return _FLAGS[word]
        if word in _NONE:
            return ()
        value = [part for part in value.split(";") if part.strip()] or None
    if not isinstance(value, (list, tuple)):
        raise FieldError(f"has no list of entitlements for '{title}'", _REMEDY)
    names: dict[str, str] = {}
    for item in value:
        try:
            name = parse_required_text(item)
        except FieldError as error:
            raise FieldError(f"has an entitlement of '{title}' that {error}", _REMEDY) from None
        names.setdefault(name.casefold(), name)
    return ALL if list(names) == [ALL] else tuple(names.values())


# -- what the organization has -------------------------------------------------------------------------------------


class AddOn:
    """A listing or an app bundle.

    id: item ID; title: title, or an empty text if the portal does not tell it; counts: licenses by entitlement (None:
    unlimited or not known), in the portal's spelling; levels: user levels that can hold it (empty: not known); end:
    when its term ends, in ms since 1970 (None: no end, or not known); is_bundle: whether it is an app bundle;
    is_expired: whether its term has ended; is_for_all: whether it is licensed to all members, so that no
    request assigns it.
    """

    __slots__ = ("counts", "end", "id", "is_bundle", "is_expired", "is_for_all", "levels", "title")

    def __init__(
        self,
        id_: str,
        title: str,
        counts: dict[str, int | None],
        *,
        levels: frozenset[str] = frozenset(),
        end: float | None = None,
        is_bundle: bool = False,
        is_expired: bool = False,
        is_for_all: bool = False,
    ) -> None:
        self.id = id_
        self.title = title
        self.counts = counts
        self.levels = levels
        self.end = end
        self.is_bundle = is_bundle
        self.is_expired = is_expired
        self.is_for_all = is_for_all

    def can_be_held(self, seat: str | None) -> bool:
        """Return whether a user type or level can hold it; False only if it surely cannot."""
        level = LEVEL_OF_SEAT.get(seat or "")
        return level is None or not self.levels or level in self.levels

    def is_included(self, seat: str | None, entitlements: Iterable[str]) -> bool:
        """Return whether a user type includes one of these entitlements already: a level of ArcGIS Pro."""
        return not _INCLUDED.get(seat or "", frozenset()).isdisjoint(entitlements)


def includes_pro(seat: str | None) -> bool:
    """Return whether a user type surely includes a license of ArcGIS Pro."""
    return seat in _INCLUDED


class AddOnTable:
    """The listings and app bundles of an organization."""

    def __init__(self, add_ons: Iterable[AddOn]) -> None:
        self.by_id = {add_on.id: add_on for add_on in add_ons}
        self._by_title: dict[str, list[AddOn]] = {}
        for add_on in self.by_id.values():
            if add_on.title:
                self._by_title.setdefault(add_on.title.casefold(), []).append(add_on)
        self.by_label = {self.label(add_on): add_on for add_on in self.by_id.values()}

    def label(self, add_on: AddOn) -> str:
        """Return the name of an add-on in rosters and results: its title where that is clear, else its ID."""
        is_clear = self._by_title.get(add_on.title.casefold(), []) == [add_on] and add_on.title not in self.by_id
        return add_on.title if is_clear and _is_roster_text(add_on.title) else add_on.id

    def find(self, name: str) -> list[AddOn]:
        """Return the add-ons that a title or ID can mean: by ID, by title without case, then by exact title."""
        if name in self.by_id:
            return [self.by_id[name]]
        found = self._by_title.get(name.casefold(), [])
        exact = [add_on for add_on in found if add_on.title == name]
        return exact if len(found) > 1 and exact else found

    def resolve(self, name: str) -> AddOn:
        """Return the add-on that a title or ID means.

        Raises:
            InputError: If none or several have this title, or if it is licensed to all members.
        """
        found = self.find(name)
        if len(found) > 1:
            ids = join_names([add_on.id for add_on in found])
            raise InputError(
                f"{len(found)} add-on licenses have the title '{name}': {ids}.",
                option="add_ons",
                remedy="Use the ID of one.",
            )
        if not found:
            titles = [add_on.title for add_on in self.by_id.values() if add_on.title]
            raise InputError(
                f"Add-on license '{name}' does not exist in the organization.",
                option="add_ons",
                remedy=did_you_mean(near_names(name, titles)) or _use_one_of(titles),
            )
        if found[0].is_for_all:
            raise InputError(
                f"Add-on license '{name}' is licensed to all members.",
                option="add_ons",
                remedy="Remove it from the entry.",
            )
        return found[0]


def _is_roster_text(title: str) -> bool:
    """Return whether a roster can contain a title; the portal stores characters that rosters reject."""
    try:
        return parse_required_text(title) == title
    except FieldError:
        return False


def _use_one_of(names: list[str]) -> str:
    if not names:
        return "The organization has no add-on licenses. Remove it from the entry."
    return f"Use one of {', '.join(sorted(names)[:20])}."


def resolve_wish(add_on: AddOn, name: str, wish: Wish) -> tuple[str, ...]:
    """Return the complete set of entitlements that a member must hold, sorted, in the portal's spelling.

    Args:
        add_on: The listing or app bundle.
        name: Its name in the task.
        wish: What the task wants of it.

    Raises:
        InputError: If the wish has the form of another kind of add-on, if an entitlement does not exist, or if a member
            cannot hold all of them.
    """
    if add_on.is_bundle != isinstance(wish, bool):
        if add_on.is_bundle:
            names = [wish] if isinstance(wish, str) else [] if isinstance(wish, bool) else list(wish)
            text = f"'{join_names(names)}'" if names else "an empty list"
            statement, remedy = f"'{name}' is an app bundle, and {text} is not true or false.", "Write true or false."
        else:
            statement = f"'{name}' is a listing with entitlements, and not an app bundle."
            remedy = "Write a list of entitlements, all, or [] for none."
        raise InputError(statement, option="add_ons", remedy=remedy)
    if isinstance(wish, bool):
        return (WHOLE_BUNDLE,) if wish else ()
    spellings = {entitlement.casefold(): entitlement for entitlement in add_on.counts}
    wanted = list(spellings.values()) if wish == ALL else [_entitlement(name, text, spellings) for text in wish]
    levels = [level for level in PRO_LEVELS if level in wanted]
    if len(levels) > 1:
        raise InputError(
            f"'{name}' has the license levels {join_names(levels)}, and a member can hold one.",
            option="add_ons",
            remedy="List one license level, and the extensions by name.",
        )
    return tuple(sorted(wanted))


def _entitlement(name: str, text: str, spellings: dict[str, str]) -> str:
    found = spellings.get(text.casefold())
    if found is None:
        raise InputError(
            f"'{name}' has no entitlement '{text}'.",
            option="add_ons",
            remedy=did_you_mean(near_names(text, spellings.values()))
            or (
                f"Use one of {', '.join(sorted(spellings.values()))}."
                if spellings
                else "The portal does not tell its entitlements. Remove it from the entry."
            ),
        )
    return found


# -- what a member holds -------------------------------------------------------------------------------------------


class Holding:
    """What a member holds of one add-on.

    entitlements: in the portal's spelling; is_offline: whether the license is on a computer without a connection, so
    that the portal refuses to change it; last_used: ms since 1970 (-1: never, None: not known); username: as the
    portal spells it, empty if it does not tell.
    """

    __slots__ = ("entitlements", "is_offline", "last_used", "username")

    def __init__(
        self,
        entitlements: tuple[str, ...] = (),
        *,
        is_offline: bool = False,
        last_used: float | None = None,
        username: str = "",
    ) -> None:
        self.username = username
        self.entitlements = entitlements
        self.is_offline = is_offline
        self.last_used = last_used


def held(holdings: Holdings, label: str) -> frozenset[str]:
    """Return the entitlements of one add-on among holdings."""
    return frozenset(entitlement for name, entitlement in holdings if name == label)


def holds_exactly(holdings: Any, changes: HoldingChanges) -> bool:
    """Return whether holdings have all these complete sets."""
    return all(held(holdings or (), label) == set(targets) for label, targets in changes)


def named_holdings(holdings: Any, changes: HoldingChanges) -> Holdings:
    """Return the part of holdings that changes concern."""
    labels = {label for label, _targets in changes}
    return tuple(pair for pair in holdings or () if pair[0] in labels)


def current_sets(holdings: Any, changes: HoldingChanges) -> HoldingChanges:
    """Return what holdings contain of the add-ons that changes concern, as complete sets."""
    return tuple((label, tuple(sorted(held(holdings or (), label)))) for label, _targets in changes)


def after_changes(changes: HoldingChanges) -> Holdings:
    """Return the holdings that changes make of the add-ons they concern."""
    return tuple((label, entitlement) for label, targets in changes for entitlement in targets)


def holding_texts(holdings: Any) -> tuple[str, ...]:
    """Return holdings as results show them, such as ``ArcGIS Pro: desktopAdvN``."""
    return tuple(sorted(f"{label}: {entitlement}" if entitlement else label for label, entitlement in holdings or ()))


def roster_form(holdings: Any, table: AddOnTable) -> dict[str, Any]:
    """Return holdings in the form of rosters: entitlements by listing, and true by app bundle.

    Leaves out listings whose holdings no roster can name, such as entitlements that the purchase does not contain.
    """
    held_names: dict[str, list[str]] = {}
    for label, name in holdings or ():
        held_names.setdefault(label, []).append(name)
    found: dict[str, Any] = {}
    for label in sorted(held_names, key=lambda label: (label.casefold(), label)):
        add_on = table.by_label[label]
        value = True if add_on.is_bundle else sorted(held_names[label])
        if _means(table, label, value, tuple(sorted(held_names[label]))):
            found[label] = value
    return found


def _means(table: AddOnTable, label: str, value: Any, holding: tuple[str, ...]) -> bool:
    """Return whether an entry of a roster means exactly these entitlements."""
    try:
        wishes = parse_add_ons({label: value})
        return all(resolve_wish(table.resolve(name), name, wish) == holding for name, wish in wishes.items())
    except (FieldError, InputError):
        return False
