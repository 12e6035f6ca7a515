# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The life of one member, which the demo plays: the events, and what the portal has before the first one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.sandbox.runner import Sandbox

#: Invented members of the sandbox portal, besides the two colleagues.
MEMBERS = 20
NAME = "nina_park"
EMAIL = f"{NAME}@example.com"
COLLEAGUES = {"jane_doe": ("Jane", "Doe"), "omar_haddad": ("Omar", "Haddad")}


@dataclass(frozen=True)
class Event:
    """One event in the life: its roster file, its title, what happens, and the entries of the roster."""

    file: str
    title: str
    text: str
    entries: tuple[str, ...]
    #: Start of the result, without "Applied: ".
    result: str


def prepare(portal: Sandbox) -> None:
    """Create two departments, and two colleagues. One colleague owns a map."""
    # Without it, a new group is found by its title after two seconds only.
    portal.switch(search_lag="0")
    for username, (first, last) in COLLEAGUES.items():
        person = {"username": username, "firstName": first, "lastName": last, "fullName": f"{first} {last}"}
        seat = {"role": "org_publisher", "userLicenseTypeId": "creatorUT"}
        portal.inspect("POST", "members", {**person, **seat, "email": f"{username}@example.com"})
    portal.put_group(portal.username, title="Field crews")
    portal.put_group(portal.username, title="Sales")
    portal.put_item("jane_doe", title="Sales map", type="Web Map")


def events(product: str) -> Iterator[Event]:
    """Yield the events. ArcGIS Online has credits, and ArcGIS Enterprise uses the identity provider."""
    is_online = product == "online"
    yield Event(
        "join.yml",
        "a member joins",
        "Nina joins the survey department. One entry contains the account and all that it needs.",
        (
            f"- username: {NAME}",
            "  first_name: Nina",
            "  last_name: Park",
            f"  email: {EMAIL}",
            *(() if is_online else ("  provider: enterprise", f"  idp_username: {EMAIL}")),
            "  user_type: creatorUT",
            "  role: org_user",
            *(("  credits: 50",) if is_online else ()),
            "  categories: [Department/Engineering/Survey]",
            "  groups: [Field crews]",
            "  add_ons: {ArcGIS Pro: [desktopStdN, spatialAnalystN, networkAnalystN]}",
        ),
        "1 created",
    )
    yield Event(
        "move.yml",
        "the member moves",
        "Nina moves to the sales department and receives the map of Jane.",
        (
            f"- username: {NAME}",
            "  role: org_publisher",
            "  categories: [Department/Sales]",
            "  groups: {add: [Sales], remove: [Field crews]}",
            "  add_ons: {ArcGIS Pro: [desktopStdN, spatialAnalystN, publisherN]}",
            "- username: jane_doe",
            "  state: transferred",
            f"  transfer_to: {NAME}",
        ),
        "2 changed",
    )
    yield Event(
        "leave.yml",
        "the member leaves",
        "On the last day, the account of Nina is disabled. Other members can use the licenses.",
        (f"- username: {NAME}", "  enabled: false", "  add_ons: {ArcGIS Pro: []}"),
        "1 disabled",
    )
    yield Event(
        "remove.yml",
        "the account is removed",
        "A month later, Omar receives the content, and the account is removed.",
        (f"- username: {NAME}", "  state: absent", "  transfer_to: omar_haddad"),
        "1 removed",
    )
