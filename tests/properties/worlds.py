# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random organizations and rosters for them."""

from __future__ import annotations

import random

from hypothesis import strategies as st

from tests.unit.plugins.module_utils.fakes import EDITOR, TYPES, VIEWER, Account, FakePortal

PRODUCTS = ("online", "enterprise", "old")
NAMES = ("anna_adler", "ben.berg", "Carla_C", "dora@city", "emil-e1", "Frieda9", "gustav_g", "hanna.h")
NEW = ("ines_new", "Jonas.New", "karl_new")
PATHS = ("/Department", "/Department/Sales", "/Department/Survey", "/Region/North", "/Region/South")
CUSTOM = "RcustomRole00001"
ROLES = ("org_admin", "org_publisher", "org_user", VIEWER, EDITOR, CUSTOM)
LEVELS = ("1", "2", "11")
CREDITS = (0.0, 10.0, 99.995, 250.0)
TEXTS = ("", "Anna", "Zoë 測量", "two words", "null-ish")


def allowed(seat):
    """Roles that stand on a user type or level."""
    if seat in ("viewerUT", "1"):
        return (VIEWER, CUSTOM)
    if seat in ("editorUT", "11"):
        return (VIEWER, EDITOR, CUSTOM)
    return ROLES


@st.composite
def accounts(draw, name, product):
    seat = draw(st.sampled_from(tuple(TYPES) if product != "old" else LEVELS))
    fields = {"role": draw(st.sampled_from(allowed(seat))), "disabled": draw(st.integers(0, 4)) == 0}
    fields["level" if product == "old" else "userLicenseTypeId"] = seat
    if product != "old":
        chosen = draw(st.lists(st.sampled_from(PATHS), max_size=3, unique=True))
        fields["categories"] = [f"/Categories{path}" for path in chosen]
    if product == "online":
        fields["assigned"] = draw(st.sampled_from((-1.0, *CREDITS)))
        fields["spent"] = fields["assigned"] / 2 if fields["assigned"] > 0 else 0.0
    for key in ("firstName", "lastName", "fullName", "email", "description"):
        fields[key] = draw(st.sampled_from((None, "null", *TEXTS)))
    fields["items"] = draw(st.sampled_from((0, 0, 0, 2)))
    fields["groups"] = [f"group-of-{name}"] if draw(st.integers(0, 5)) == 0 else []
    if draw(st.integers(0, 5)) == 0:
        fields.update(listings=["pro"], bundles=["apps"], userType="both" if product == "online" else "arcgisonly")
    fields["tags"] = draw(st.lists(st.sampled_from(("a", "b", "Ç")), max_size=2, unique=True))
    return Account(name, **fields)


@st.composite
def portals(draw, products=PRODUCTS, spare=2):
    """An organization whose seats are taken or nearly so."""
    product = draw(st.sampled_from(products))
    names = draw(st.lists(st.sampled_from(NAMES), max_size=6, unique=True))
    portal = FakePortal(product, [draw(accounts(name, product)) for name in names])
    portal.roles[CUSTOM] = ("Field Lead", "org_user")
    portal.privileges[CUSTOM] = draw(st.sampled_from((["portal:admin:viewUsers"], ["portal:user:createItem"], [])))
    used = portal.used()
    for seat in TYPES if product != "old" else LEVELS:
        free = draw(st.sampled_from((None, None, *range(spare + 1))))
        portal.seats[seat] = None if free is None else used[seat] + free
    if product == "online":
        portal.pending = draw(st.lists(st.sampled_from(tuple(TYPES)), max_size=1))
        portal.pending_hold = draw(st.booleans())
        for seat in portal.pending:
            if portal.seats[seat] is not None:
                portal.seats[seat] += 1
    portal.row_lacks = draw(st.sampled_from(((), (), ("userLicenseTypeId",), ("categories", "userLicenseTypeId"))))
    return portal


def spelled(draw, name):
    return draw(st.sampled_from((name, name.upper(), name.lower(), name.swapcase())))


@st.composite
def entries(draw, name, portal, absent=True):
    """One roster entry for an existing or a new member."""
    entry = {"username": spelled(draw, name)}
    existing = portal.accounts.get(name.casefold())
    if absent and draw(st.integers(0, 5)) == 0:
        entry["state"] = draw(st.sampled_from(("absent", "transferred")))
        if draw(st.booleans()):
            entry["transfer_to"] = spelled(draw, draw(st.sampled_from(("admin", *NAMES, *NEW))))
        return entry
    seat_field = "level" if portal.product == "old" else "user_type"
    seats = LEVELS if portal.product == "old" else tuple(TYPES)
    names = {VIEWER: "viewer", EDITOR: "Data Editor", CUSTOM: "field lead"}
    if existing is None:
        seat = draw(st.sampled_from(seats))
        role = draw(st.sampled_from(allowed(seat)))
        entry.update(first_name="New", last_name="Member", email="new@example.com", role=names.get(role, role))
        entry[seat_field] = seat
        if portal.product != "online" or draw(st.booleans()):
            entry["password"] = "long-enough-1"
    elif draw(st.booleans()):
        seat = draw(st.sampled_from(seats)) if draw(st.booleans()) else portal.seat(existing)
        if draw(st.booleans()):
            role = draw(st.sampled_from(allowed(seat)))
            entry["role"] = draw(st.sampled_from((role, names.get(role, role))))
        entry[seat_field] = TYPES.get(seat, seat) if draw(st.booleans()) else seat
    optional = optional_fields(portal, existing)
    for field in draw(st.lists(st.sampled_from(sorted(optional)), max_size=4, unique=True)):
        entry[field] = draw(optional[field])
    return entry


def optional_fields(portal, existing):
    """Values of the fields that an entry can name beside those of the account."""
    optional = {
        "full_name": st.sampled_from(TEXTS[1:]),
        "description": st.sampled_from(TEXTS),
        "tags": st.lists(st.sampled_from(("a", "b", "Ç", "d")), max_size=3),
        "access": st.sampled_from(("private", "org", "public")),
        "culture": st.sampled_from(("de", "EN-us")),
        "enabled": st.booleans(),
    }
    if existing is None:
        # No account is created to be disabled.
        optional["enabled"] = st.just(True)
    if portal.product != "old":
        optional["categories"] = changes()
    if portal.product == "online":
        optional["credits"] = st.sampled_from(("unlimited", 0, 10, "99.99", 250.0))
    return optional


@st.composite
def changes(draw):
    """A change of categories, in all its forms."""
    paths = draw(st.lists(st.sampled_from(PATHS), max_size=3, unique=True))
    form = draw(st.sampled_from(("list", "set", "add", "remove", "both")))
    if form == "list":
        return [path[1:] if draw(st.booleans()) else f"/Categories{path}" for path in paths]
    if form == "both":
        return {"add": paths[:1], "remove": paths[1:]}
    return {form: paths}


@st.composite
def rosters(draw, portal, absent=True):
    # The signed-in account is rarely in it, because a guard then ends most of what is interesting.
    caller = draw(st.integers(0, 7)) == 0
    known = [account.username for key, account in portal.accounts.items() if caller or key != portal.caller]
    names = draw(st.lists(st.sampled_from([*known, *NEW]), min_size=1, max_size=7, unique=True))
    return [draw(entries(name, portal, absent)) for name in names]


def shuffles():
    """What real threads do to the order within a phase, as a repeatable shuffle."""
    return st.integers(0, 2**16).map(lambda seed: random.Random(seed).shuffle)
