# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Demo: plan a roster with every kind of change, apply it, and apply it again, on two sandbox portals.

Then a member joins, moves, and leaves on one more sandbox portal.

Usage (inside with.sh, in the checkout): python -m tools.demo [online|enterprise …]
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.sandbox.runner import Sandbox
from tools import demo_life

ROOT = Path(__file__).resolve().parent.parent
#: Members of each sandbox portal.
MEMBERS = 250
TITLES = {"online": "ArcGIS Online", "enterprise": "ArcGIS Enterprise"}
COMMAND_SECONDS = 120
#: Terminal columns of the output, and of the output of the commands.
WIDTH = 100
INDENT = "    "
QUIET = {"ANSIBLE_LOCALHOST_WARNING": "false", "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false"}

COLORS = re.compile(r"\x1b\[[0-9;]*m")
#: What the task that shows the plan prints before the line of its host.
SHOWN = re.compile(r"TASK \[[^\n]*: Show the plan or result\][^\n]*\n(.*?)\n(?:\x1b\[[0-9;]*m)*ok: ", re.S)

Member = dict[str, Any]


class DemoFailed(Exception):
    """A step did not do what the demo promises."""


def say(*lines: str) -> None:
    print(*lines, sep="\n", flush=True)


def heading(text: str) -> None:
    say("", f"── {text} ".ljust(WIDTH, "─"), "")


def quote(lines: Iterable[str]) -> None:
    say(*(f"{INDENT}{line}".rstrip() for line in lines))


def require(condition: bool, promise: str) -> None:
    if not condition:
        raise DemoFailed(f"Not as promised: {promise}")


# -- one portal, and the commands ----------------------------------------------------------------------------------


@dataclass
class Demo:
    """A run of the demo on one sandbox portal. Steps keep what later steps need in it."""

    product: str
    portal: Sandbox
    folder: Path
    #: Checksum of the plan that the apply step passes.
    checksum: str = ""
    #: Lines of the last plan or result, with their colors.
    shown: list[str] = field(default_factory=list)

    def step(self, title: str, *lines: str) -> None:
        """Print the heading of a step and what it does."""
        heading(f"{TITLES[self.product]}: {title}")
        say(*lines, "")

    def playbook(self, *words: str) -> list[str]:
        """Run one playbook of the collection as a user would. Prints its plan and returns it without colors."""
        output = self.run("ansible-playbook", *words)
        shown = SHOWN.search(output)
        if not shown:
            raise DemoFailed(f"ansible-playbook shows no plan:\n{output}")
        lines = shown.group(1).rstrip().splitlines()
        quote(lines)
        self.shown = lines
        return [COLORS.sub("", line) for line in lines]

    def run(self, *command: str) -> str:
        """Print and run a command in the folder of the demo, connected to the portal. Returns its output."""
        say(f"{INDENT}$ {' '.join(command)}", "")
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        if done.returncode:
            raise DemoFailed(f"{command[0]} ended with exit code {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def connection(self) -> dict[str, str]:
        return {
            "ARCGIS_PORTAL_URL": self.portal.url,
            "ARCGIS_PORTAL_USERNAME": self.portal.username,
            "ARCGIS_PORTAL_PASSWORD": self.portal.password,
        }

    def environment(self) -> dict[str, str]:
        """Return the environment of a command. It prints in color if this terminal shows color."""
        merged = {**os.environ, **self.connection(), **QUIET, "COLUMNS": str(WIDTH - len(INDENT))}
        if os.environ.get("DEMO_COLOR") == "1" or (os.environ.get("DEMO_COLOR") != "0" and sys.stdout.isatty()):
            merged = {name: text for name, text in merged.items() if name not in ("NO_COLOR", "ANSIBLE_NOCOLOR")}
            merged["ANSIBLE_FORCE_COLOR"] = "1"
        return merged

    def writes(self) -> int:
        """Return the number of writes that reached the sandbox portal, counted by the sandbox portal itself."""
        return int(self.portal.counters()["writes"])


# -- the roster ----------------------------------------------------------------------------------------------------


class Cast:
    """Members of the sandbox portal for the parts of the roster. Each member plays one part."""

    def __init__(self, portal: Sandbox) -> None:
        self._free = [
            member
            for member in portal.inspect("GET", "members")
            if not member["disabled"] and member["effectiveRole"] != "org_admin" and member["firstName"]
        ]

    def pick(self, **wanted: Any) -> Member:
        """Return the first free member with these values. True and False ask whether there is a value."""
        for member in self._free:
            if all(_fits(member.get(name), value) for name, value in wanted.items()):
                self._free.remove(member)
                return member
        raise DemoFailed(f"The sandbox portal has no free member with {wanted}.")


def _fits(found: Any, wanted: Any) -> bool:
    return bool(found) is wanted if isinstance(wanted, bool) else bool(found == wanted)


def new_members(product: str) -> Iterator[str]:
    """Yield entries of new accounts: Online sends an invitation, Enterprise uses the identity provider."""
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
        if first == "Nora":
            yield '  groups: [Field crews, "Leads [manager]"]'


def roster(demo: Demo) -> list[str]:
    """Return a roster, with comments, that needs every kind of change."""
    cast = Cast(demo.portal)
    plain = {"items": False, "ownedGroups": False}
    departing = cast.pick(items=True, ownedGroups=False)
    recipient = cast.pick(effectiveRole="org_publisher", userLicenseTypeId="creatorUT")
    up = cast.pick(effectiveRole="iAAAAAAAAAAAAAAA", userLicenseTypeId="viewerUT", **plain)
    down = cast.pick(effectiveRole="org_user", userLicenseTypeId="creatorUT", **plain)
    promoted = cast.pick(effectiveRole="org_user", userLicenseTypeId="creatorUT", **plain)
    create_groups(demo.portal, promoted["username"])
    profiled, on_leave = cast.pick(**plain), cast.pick(**plain)
    sorted_in, sorted_out = cast.pick(categories=False, **plain), cast.pick(categories=True, **plain)
    parts: list[tuple[str, list[str]]] = [
        ("Two new members.", list(new_members(demo.product))),
        ("A promotion with another group, and a new profile text.", [
            *entry(promoted, "role: org_publisher", "groups: {add: [Leads], remove: [Field crews]}"),
            *entry(profiled, "description: On call in the north district", "tags: [field, on-call]"),
        ]),
        ("No Creator seat and no Viewer seat is free. These two members swap their seats.", [
            *entry(up, "user_type: creatorUT", "role: org_user"),
            *entry(down, "user_type: viewerUT", "role: Viewer"),
        ]),
        ("Member categories.", [
            *entry(sorted_in, "categories: [Department/Engineering/Survey]"),
            *entry(sorted_out, "categories: {add: [Contract/Student]}"),
        ]),
        ("A member on leave, and a departing member. A colleague receives the content.", [
            *entry(on_leave, "enabled: false"),
            *entry(departing, "state: absent", f"transfer_to: {recipient['username']}"),
        ]),
        ("Two members who match already.", [
            *entry(recipient, "role: org_publisher"),
            *entry({"username": demo.portal.username}, "role: org_admin", "enabled: true"),
        ]),
    ]  # fmt: skip
    if demo.product == "online":
        parts.insert(4, ("Credits: a number, none, and unlimited.", list(credit_entries(cast))))
    lines = ["# Fields that an entry omits keep their values.", "members:"]
    for comment, entries in parts:
        lines += [f"  # {comment}", *(f"  {line}" for line in entries)]
    return lines


def entry(member: Member, *fields: str) -> list[str]:
    return [f"- username: {member['username']}", *(f"  {line}" for line in fields)]


def credit_entries(cast: Cast) -> Iterator[str]:
    for before, wanted in ((50.0, "200"), (100.0, "0"), (250.0, "unlimited")):
        yield from entry(cast.pick(assignedCredits=before), f"credits: {wanted}")


def create_groups(portal: Sandbox, member: str) -> None:
    """Create two groups. The member is in one of them."""
    # Without it, a new group is found by its title after two seconds only.
    portal.switch(search_lag="0")
    portal.put_group(portal.username, title="Field crews", users=[member])
    portal.put_group(portal.username, title="Leads")


def take_last_seats(portal: Sandbox) -> None:
    """Set the seats to the used and reserved ones, so that no seat is free."""
    organization = portal.inspect("GET", "organization")
    reserved = [invitation["user_type"] for invitation in organization["invitations"]]
    seats = {name: organization["userTypes"].get(name, 0) + reserved.count(name) for name in ("creatorUT", "viewerUT")}
    portal.inspect("PATCH", "organization", {"seats": seats})


# -- the steps -----------------------------------------------------------------------------------------------------


def write_roster(demo: Demo) -> None:
    take_last_seats(demo.portal)
    lines = roster(demo)
    (demo.folder / "roster.yml").write_text("\n".join(["---", *lines]) + "\n", encoding="utf-8")
    demo.step("a roster", f"A sandbox portal with {MEMBERS} invented members runs on this machine.")
    shown = {**demo.connection(), "ARCGIS_PORTAL_PASSWORD": "…"}
    quote(f"export {name}={text}" for name, text in shown.items())
    say("", f"{demo.folder.relative_to(ROOT)}/roster.yml lists members and the settings they should have:", "")
    quote(lines)


def plan(demo: Demo) -> None:
    demo.step("the plan", "The plan lists every change before it happens. Nothing is written.")
    lines = demo.playbook(
        "portalops.arcgis.plan", "-e", "members_src=roster.yml", "-e", "members_plan_markdown=plan.md"
    )
    require(demo.writes() == 0, "a plan writes nothing")
    demo.checksum = lines[-1].partition("expected_plan=")[2]
    require(bool(demo.checksum), "a plan ends with its checksum")


def apply(demo: Demo) -> None:
    demo.step("apply the plan", "With the checksum, exactly this plan is applied. A different plan is blocked.")
    words = ("-e", "members_src=roster.yml", "-e", f"expected_plan={demo.checksum}")
    lines = demo.playbook("portalops.arcgis.apply", *words)
    require(lines[0].startswith("Applied: "), "the plan is applied")
    require(demo.writes() > 0, "apply writes")


def apply_again(demo: Demo) -> None:
    demo.step("the second run changes nothing", "The members match the roster now.")
    before = demo.writes()
    lines = demo.playbook("portalops.arcgis.apply", "-e", "members_src=roster.yml")
    require(lines[0].startswith("No changes. "), "the second run changes nothing")
    require(demo.writes() == before, "the second run writes nothing")
    say("", "The sandbox portal counted the same: 0 writes.")


#: Steps in their order. Each prints what it does, and raises DemoFailed if the result is not as promised.
STEPS: tuple[Callable[[Demo], None], ...] = (write_roster, plan, apply, apply_again)


def demo_folder(name: str) -> Path:
    """Create and return a folder for the files of the demo."""
    folder = ROOT / ".build/demo" / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def play_life(demo: Demo) -> None:
    """Apply the roster of each event in the life of one member."""
    demo_life.prepare(demo.portal)
    for event in demo_life.events(demo.product):
        demo.step(event.title, event.text)
        lines = ["members:", *(f"  {line}" for line in event.entries)]
        (demo.folder / event.file).write_text("\n".join(["---", *lines]) + "\n", encoding="utf-8")
        quote([*lines, ""])
        shown = demo.playbook("portalops.arcgis.apply", "-e", f"members_src={event.file}")
        require(shown[0].startswith(f"Applied: {event.result}, "), f"{event.file} results in {event.result}")


def main() -> int:
    began = time.monotonic()
    products = sys.argv[1:] or list(TITLES)
    say("portalops.arcgis: the members of an ArcGIS organization as code.")
    try:
        for product in products:
            with Sandbox(product=product, members=MEMBERS) as portal:
                demo = Demo(product, portal, demo_folder(product))
                for step in STEPS:
                    step(demo)
        with Sandbox(product=products[0], members=demo_life.MEMBERS) as portal:
            play_life(Demo(products[0], portal, demo_folder("life")))
    except KeyboardInterrupt:
        say("", "Stopped, with the sandbox portal.")
        return 130
    except (DemoFailed, subprocess.TimeoutExpired) as error:
        say("", f"The demo failed: {error}")
        return 1
    heading("End of the demo")
    say(
        f"{' and '.join(TITLES[name] for name in products)}: planned, applied, and unchanged by the second run.",
        "One member joined, moved, and left.",
        f"It took {time.monotonic() - began:.0f} seconds. The sandbox portals are stopped.",
        "Next: create a roster of your own. README.md shows how.",
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
