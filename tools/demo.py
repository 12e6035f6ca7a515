# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tour: a roster that needs every kind of change is planned, applied, and applied again, on two sandbox portals.

Usage (inside with.sh, in the checkout): python -m tools.demo [online|enterprise …]
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tests.sandbox.runner import Sandbox

ROOT = Path(__file__).resolve().parent.parent
MEMBERS = 250
TITLES = {"online": "ArcGIS Online", "enterprise": "ArcGIS Enterprise"}
COMMAND_SECONDS = 120
WIDTH = 100

Member = dict[str, Any]


class TourError(Exception):
    """Something on the tour is not as it was promised."""


def say(*lines: str) -> None:
    print(*lines, sep="\n", flush=True)


def heading(text: str) -> None:
    say("", f"── {text} ".ljust(WIDTH, "─"), "")


def quoted(lines: Iterable[str]) -> None:
    say(*(f"    {line}".rstrip() for line in lines))


# -- the roster ----------------------------------------------------------------------------------------------------


class Cast:
    """Picks members of the sandbox for the parts of the roster; nobody plays two parts."""

    def __init__(self, portal: Sandbox) -> None:
        self._free = [
            member
            for member in portal.inspect("GET", "members")
            if not member["disabled"] and member["effectiveRole"] != "org_admin" and member["firstName"]
        ]

    def pick(self, **wanted: Any) -> Member:
        """The first free member of whom all of that is true; True and False ask whether there is any."""
        for member in self._free:
            if all(_fits(member.get(name), value) for name, value in wanted.items()):
                self._free.remove(member)
                return member
        raise TourError(f"the sandbox has no free member with {wanted}")


def _fits(found: Any, wanted: Any) -> bool:
    return bool(found) is wanted if isinstance(wanted, bool) else bool(found == wanted)


def newcomers(product: str) -> Iterator[str]:
    """New accounts: Online sends an invitation, Enterprise takes them from the identity provider."""
    for first, last, user_type, role in (
        ("Nora", "Vogel", "fieldWorkerUT", "Data Editor"),
        ("Tomás", "Rey", "GISProfessionalStdUT", "org_publisher"),
    ):
        name = f"{first[0]}{last}_new".lower()
        email = f"{name}@example.com"
        yield f"- username: {name}"
        yield f"  first_name: {first}"
        yield f"  last_name: {last}"
        yield f"  email: {email}"
        yield f"  user_type: {user_type}"
        yield f"  role: {role}"
        if product == "enterprise":
            yield "  provider: enterprise"
            yield f"  idp_username: {email}"


def roster(portal: Sandbox, product: str) -> list[str]:
    """A roster, with comments, that needs every kind of change."""
    cast = Cast(portal)
    plain = {"items": False, "ownedGroups": False}
    leaver = cast.pick(items=True, ownedGroups=False)
    heir = cast.pick(effectiveRole="org_publisher", userLicenseTypeId="creatorUT")
    up = cast.pick(effectiveRole="iAAAAAAAAAAAAAAA", userLicenseTypeId="viewerUT", **plain)
    down = cast.pick(effectiveRole="org_user", userLicenseTypeId="creatorUT", **plain)
    promoted = cast.pick(effectiveRole="org_user", userLicenseTypeId="creatorUT", **plain)
    profiled, on_leave = cast.pick(**plain), cast.pick(**plain)
    sorted_in, sorted_out = cast.pick(categories=False, **plain), cast.pick(categories=True, **plain)
    parts: list[tuple[str, list[str]]] = [
        ("Two newcomers.", list(newcomers(product))),
        ("A promotion, and a profile that tells more.", [
            *entry(promoted, "role: org_publisher"),
            *entry(profiled, "description: On call in the north district", "tags: [field, on-call]"),
        ]),
        ("No Creator seat and no Viewer seat is free: these two swap theirs.", [
            *entry(up, "user_type: creatorUT", "role: org_user"),
            *entry(down, "user_type: viewerUT", "role: Viewer"),
        ]),
        ("Where people belong.", [
            *entry(sorted_in, "categories: [Department/Engineering/Survey]"),
            *entry(sorted_out, "categories: {add: [Contract/Student]}"),
        ]),
        ("On leave; and one who left, whose content a colleague takes over.", [
            *entry(on_leave, "enabled: false"),
            *entry(leaver, "state: absent", f"transfer_to: {heir['username']}"),
        ]),
        ("As they are: nothing to do.", [
            *entry(heir, "role: org_publisher"),
            *entry({"username": portal.username}, "role: org_admin", "enabled: true"),
        ]),
    ]  # fmt: skip
    if product == "online":
        parts.insert(4, ("Credits: so many, none, and without a limit.", list(credit_entries(cast))))
    lines = ["# What a line does not name is left alone.", "members:"]
    for comment, entries in parts:
        lines += [f"  # {comment}", *(f"  {line}" for line in entries)]
    return lines


def entry(member: Member, *fields: str) -> list[str]:
    return [f"- username: {member['username']}", *(f"  {field}" for field in fields)]


def credit_entries(cast: Cast) -> Iterator[str]:
    for before, wanted in ((50.0, "200"), (100.0, "0"), (250.0, "unlimited")):
        yield from entry(cast.pick(assignedCredits=before), f"credits: {wanted}")


# -- the commands --------------------------------------------------------------------------------------------------


def playbook(portal: Sandbox, folder: Path, *words: str, brief: bool = False) -> list[str]:
    """Runs one playbook of the collection as a user would; returns the lines with which it told what changes.

    brief: the members themselves are not shown again.
    """
    say("    $ ansible-playbook " + " ".join(words), "")
    done = subprocess.run(
        ["ansible-playbook", *words],
        cwd=folder,
        env={**os.environ, **connection(portal), **QUIET},
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )
    told = re.search(r"^TASK \[[^\n]*: Show what changes\][^\n]*\n[^\n]*=> (\{.*?^\})", done.stdout, re.M | re.S)
    if done.returncode or not told:
        raise TourError(f"ansible-playbook ended with exit code {done.returncode}\n{done.stdout}{done.stderr}")
    lines: list[str] = json.loads(told.group(1))["msg"]
    quoted([lines[0], "  …", lines[-1]] if brief else lines)
    return lines


QUIET = {"ANSIBLE_LOCALHOST_WARNING": "false", "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false"}


def connection(portal: Sandbox) -> dict[str, str]:
    return {
        "ARCGIS_PORTAL_URL": portal.url,
        "ARCGIS_PORTAL_USERNAME": portal.username,
        "ARCGIS_PORTAL_PASSWORD": portal.password,
    }


def writes(portal: Sandbox) -> int:
    """Writes that reached the sandbox, counted by the sandbox itself."""
    return int(portal.counters()["writes"])


def expect(true: bool, promise: str) -> None:
    if not true:
        raise TourError(f"this was promised, and is not so: {promise}")


# -- the tour ------------------------------------------------------------------------------------------------------


def take_last_seats(portal: Sandbox) -> None:
    """As many seats as are taken or promised to invited people, so that none is free."""
    organization = portal.inspect("GET", "organization")
    promised = [invitation["user_type"] for invitation in organization["invitations"]]
    seats = {name: organization["userTypes"].get(name, 0) + promised.count(name) for name in ("creatorUT", "viewerUT")}
    portal.inspect("PATCH", "organization", {"seats": seats})


def visit(product: str, portal: Sandbox) -> None:
    folder = ROOT / ".build/demo" / product
    folder.mkdir(parents=True, exist_ok=True)
    take_last_seats(portal)
    lines = roster(portal, product)
    (folder / "roster.yml").write_text("\n".join(["---", *lines]) + "\n", encoding="utf-8")

    heading(f"{TITLES[product]}: an organization to rehearse on")
    say(f"A sandbox portal with {MEMBERS} made-up members has been started on this machine.", "")
    quoted(f"export {name}={'…' if name.endswith('PASSWORD') else value}" for name, value in connection(portal).items())
    say(
        "",
        f"In {folder.relative_to(ROOT)}, roster.yml says who should be in the organization, and as what.",
        "It needs every kind of change:",
        "",
    )
    quoted(lines)

    heading(f"{TITLES[product]}: the plan")
    say("What would change, and for whom, and a checksum of it all. Nothing is written.", "")
    plan = playbook(portal, folder, "portalops.arcgis.plan", "-e", "@roster.yml", "-e", "members_plan_markdown=plan.md")
    expect(writes(portal) == 0, "a plan writes nothing")
    checksum = plan[-1].partition("expected_plan=")[2]
    say("", f"The same as a page for a review: {(folder / 'plan.md').relative_to(ROOT)}")

    heading(f"{TITLES[product]}: apply what was reviewed")
    say("The checksum makes sure that it is this plan and no other.", "")
    playbook(
        portal, folder, "portalops.arcgis.apply", "-e", "@roster.yml", "-e", f"expected_plan={checksum}", brief=True
    )
    before = writes(portal)
    expect(before > 0, "apply writes")

    heading(f"{TITLES[product]}: the second run changes nothing")
    again = playbook(portal, folder, "portalops.arcgis.apply", "-e", "@roster.yml")
    expect("nothing to do" in again[0], "the second run changes nothing")
    expect(writes(portal) == before, "the second run writes nothing")
    say("", "The sandbox counted the same: 0 writes.")


def main() -> int:
    began = time.monotonic()
    products = sys.argv[1:] or list(TITLES)
    say("portalops.arcgis: an ArcGIS organization's people as code.")
    try:
        for product in products:
            with Sandbox(product=product, members=MEMBERS) as portal:
                visit(product, portal)
    except KeyboardInterrupt:
        say("", "Stopped. The sandbox is stopped too.")
        return 130
    except (TourError, subprocess.TimeoutExpired) as error:
        say("", f"The tour failed: {error}")
        return 1
    heading("That was it")
    say(
        f"{' and '.join(TITLES[name] for name in products)}: planned, applied, and nothing to do the second time.",
        f"It took {time.monotonic() - began:.0f} seconds, and everything that was started is stopped.",
        "README.md goes on with a first roster of your own.",
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
