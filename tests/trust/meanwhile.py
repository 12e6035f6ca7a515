# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What another client changes meanwhile: between a plan and its run, and between a read and a write."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from tests.sandbox.runner import Sandbox

from .cases import APPS, CREWS, JOINERS, ONLINE, PRO, MemberPool, add_ons, can_have_pro, groups, has_role
from .lanes import Job, Lane, Tally
from .matrix import arranged, connection, judge_output
from .sign_in import gateway, rosters
from .states import lies, state_of
from .wire import Answer, Request


# -- between plan and run ----------------------------------------------------------------------------------------------
def reviewed(lane: Lane, tally: Tally) -> None:
    """A plan that was reviewed is refused once anything in it is different, and carried out while nothing is."""
    for case in rosters():
        portal = lane.portal(case.product)
        options = arranged(portal, case)
        rows = options["members"]
        checked = lane.runner.run(case.module, options, check=True)
        checksum = (checked.result or {}).get("plan_checksum")
        meddlers = meddling(portal, rows)
        for what, meddle in meddlers.items():
            case.prepare(portal)
            before = state_of(portal)
            meddle()
            portal.reset_counters()
            ran = lane.runner.run(case.module, {**options, "expected_plan": checksum})
            tally.runs += 1
            where = f"{case.module} on {case.product}, meanwhile {what}"
            judge_output(ran, portal, where, tally)
            tally.expect(ran.error.get("code") == "plan_changed", "untruthful", where, f"{ran.error or 'success'}")
            tally.expect(not portal.counters()["writes"], "harmed", where, "it wrote")
            portal.reset()
            case.prepare(portal)
            tally.expect(before.same(state_of(portal)), "unclear", where, "the sandbox is not as it was")
        ran = lane.runner.run(case.module, {**options, "expected_plan": checksum})
        tally.runs += 2
        where = f"{case.module} on {case.product}, nothing meanwhile"
        tally.expect(not ran.failed and ran.changed, "lost", where, f"{ran.error}")


def meddling(portal: Sandbox, rows: list[dict[str, Any]]) -> dict[str, Callable[[], Any]]:
    """Changes that make another plan of a roster: to members that it changes, creates, or removes."""
    promoted = next(row["username"] for row in rows if row.get("role") == "org_publisher" and "email" not in row)
    renamed = next(row["username"] for row in rows if row.get("first_name") and row.get("access"))
    removed = next(row["username"] for row in rows if row.get("state") == "absent" and not row.get("transfer_to"))
    disabled = next(row["username"] for row in rows if row.get("enabled") is False and "email" not in row)
    new = rows[0]["username"]
    crews = next(group for group in portal.inspect("GET", "organization")["groups"] if group["title"] == CREWS)
    joiner = next(row["username"] for row in rows if row.get("groups") == {"add": [CREWS]})
    licensed = next(row["username"] for row in rows if row.get("add_ons") == {PRO: ["desktopAdvN"]})
    unbundled = next(row["username"] for row in rows if row.get("add_ons") == {APPS: False})
    pro = next(row for row in portal.inspect("GET", "listings") if row["title"] == PRO)["id"]
    found: dict[str, Callable[[], Any]] = {
        "another role": lambda: portal.change(promoted, role="iBBBBBBBBBBBBBBB"),
        "the role is given already": lambda: portal.change(promoted, role="org_publisher"),
        "another name": lambda: portal.change(renamed, firstName="Meanwhile"),
        "disabled already": lambda: portal.change(disabled, disabled=True),
        "removed already": lambda: portal.inspect("DELETE", f"members/{removed}"),
        "in the group already": lambda: join(portal, CREWS, joiner),
        "out of the group already": lambda: leave(portal, CREWS, crews["users"][0]),
        "another license": lambda: portal.change(licensed, entitlements={pro: ["desktopStdN"]}),
        "without the app bundle already": lambda: portal.change(unbundled, appBundles=[]),
        "created already": lambda: portal.inspect("POST", "members", created(portal, new)),
    }
    if portal.options["product"] == ONLINE:
        limited = next(row["username"] for row in rows if row.get("credits") == 333.5)
        found["other credits"] = lambda: portal.change(limited, assignedCredits=12.0)
    return found


def group(portal: Sandbox, title: str) -> dict[str, Any]:
    organization = portal.inspect("GET", "organization")
    return dict(next(group for group in organization["groups"] if group["title"] == title))


def join(portal: Sandbox, title: str, name: str) -> None:
    found = group(portal, title)
    portal.inspect("PATCH", f"groups/{found['id']}", {"users": [*found["users"], name]})


def leave(portal: Sandbox, title: str, name: str) -> None:
    found = group(portal, title)
    parts = {part: [each for each in found[part] if each != name] for part in ("admins", "users")}
    portal.inspect("PATCH", f"groups/{found['id']}", parts)


def created(portal: Sandbox, name: str) -> dict[str, Any]:
    seat = {"role": "org_user", "userLicenseTypeId": "creatorUT"}
    return {"username": name, "firstName": "Some", "lastName": "One", **seat}


# -- between read and write --------------------------------------------------------------------------------------------
def meanwhile(
    lane: Lane, tally: Tally, module: str, options: dict[str, Any], where: str, happens: Callable[[], Any],
    word: str = "",
) -> tuple[Any, Any, Any]:  # fmt: skip
    """Run a module; something happens once: after the answer to the path ``word``, or before the first write."""
    portal = lane.portal(ONLINE)
    pending, lock = [happens], threading.Lock()

    def moment(now: bool) -> None:
        with lock:
            if pending and now:
                pending.pop()()

    def before(request: Request) -> None:
        moment(not word and request.method == "POST" and not request.path.endswith("/generateToken"))

    def after(request: Request, answer: Answer) -> Answer:
        moment(bool(word) and request.path.endswith(word))
        return answer

    portal.reset_counters()
    with gateway(portal, {**connection(portal), **options}) as (station, through):
        station.before, station.after = before, after
        ran = lane.runner.run(module, through)
    tally.runs += 1
    judge_output(ran, portal, where, tally)
    tally.expect(not pending, "unclear", where, "the moment did not come")
    return ran, portal, state_of(portal)


def categories(lane: Lane, tally: Tally) -> None:
    """Categories that another client adds stay when ours are added or removed."""
    both = {"/Contract/Employee", "/Contract/Contractor"}
    categorise(lane, tally, {"add": ["/Contract/Student"]}, {*both, "/Contract/Student"})
    categorise(lane, tally, {"remove": ["/Contract/Employee"]}, {"/Contract/Contractor"})


def categorise(lane: Lane, tally: Tally, change: dict[str, list[str]], expected: set[str]) -> None:
    portal = lane.portal(ONLINE)
    portal.reset()
    pool = MemberPool(portal)
    names = [pool.take()["username"] for _each in range(2)]
    for name in names:
        portal.change(name, categories=["/Categories/Contract/Employee"])
    theirs = ["/Categories/Contract/Employee", "/Categories/Contract/Contractor"]
    where = f"categories {change}, another client adds one after the listing"
    ran, portal, after = meanwhile(
        lane, tally, "portal_user_categories",
        {"members": [{"username": name, "categories": change} for name in names]}, where,
        lambda: portal.change(names[0], categories=theirs), "/portals/self/users",
    )  # fmt: skip
    found = set(after.members[names[0].casefold()]["categories"])
    tally.expect(found == expected, "lost", where, f"{found} instead of {expected}")
    line = next((line for line in ran.lines if line["username"] == names[0]), {"warnings": []})
    tally.expect(line["warnings"], "untruthful", where, "no warning")
    tally.expect(not ran.failed and ran.changed, "lost", where, f"{ran.error}")


def memberships(lane: Lane, tally: Tally) -> None:
    """Another account adds or removes the same member: the goal is reached, and only own changes are reported."""
    for word, meddle in (("add", join), ("remove", leave)):
        change_one_of_two(lane, tally, word, meddle)


def change_one_of_two(lane: Lane, tally: Tally, word: str, meddle: Callable[[Sandbox, str, str], None]) -> None:
    portal = lane.portal(ONLINE)
    portal.reset()
    groups(portal)
    pool = MemberPool(portal)
    theirs, ours = (pool.take(has_role(*JOINERS))["username"] for _each in range(2))
    if word == "remove":
        join(portal, CREWS, theirs)
        join(portal, CREWS, ours)
    before = state_of(portal)
    where = f"groups, another account does {word} one of two members"
    ran, portal, after = meanwhile(
        lane, tally, "portal_user_groups",
        {"members": [{"username": name, "groups": {word: [CREWS]}} for name in (theirs, ours)]}, where,
        lambda: meddle(portal, CREWS, theirs),
    )  # fmt: skip
    tally.expect(not ran.failed and ran.changed, "lost", where, f"{ran.error}")
    for name in (theirs, ours):
        texts = after.members[name.casefold()]["groups"]
        tally.expect((CREWS in texts) == (word == "add"), "lost", where, f"{name}: {texts}")
    lines = {line["username"]: line for line in ran.lines}
    tally.expect(not lines.get(theirs, {"changed": False})["changed"], "untruthful", where, f"{lines.get(theirs)}")
    del before.members[theirs.casefold()], after.members[theirs.casefold()]
    rest = [line for line in ran.lines if line["username"] != theirs]
    for lie in lies({**(ran.result or {}), "members": rest}, before, after):
        tally.blame("untruthful", where, lie)


def licenses(lane: Lane, tally: Tally) -> None:
    """Another account assigns a license of a listing that we set: it stays, and only this member fails."""
    portal = lane.portal(ONLINE)
    portal.reset()
    add_ons(portal)
    pro = next(row for row in portal.inspect("GET", "listings") if row["title"] == PRO)["id"]
    pool = MemberPool(portal)
    theirs, ours = (pool.take(can_have_pro)["username"] for _each in range(2))
    where = "add-ons, another account assigns an extension to one of two members"
    ran, portal, after = meanwhile(
        lane, tally, "portal_user_add_ons",
        {"members": [{"username": name, "add_ons": {PRO: ["desktopStdN"]}} for name in (theirs, ours)]}, where,
        lambda: portal.change(theirs, entitlements={pro: ["networkAnalystN"]}), f"/listings/{pro}/userEntitlements",
    )  # fmt: skip
    tally.expect(ran.failed and ran.changed, "untruthful", where, f"{ran.error or 'success'}")
    expected = {theirs: [f"{PRO}: networkAnalystN"], ours: [f"{PRO}: desktopStdN"]}
    for name, texts in expected.items():
        shown = after.members[name.casefold()]["add_ons"]
        tally.expect(shown == texts, "lost", where, f"{name}: {shown} instead of {texts}")
    lines = {line["username"]: line for line in ran.lines}
    tally.expect(not lines[theirs]["changed"] and lines[ours]["changed"], "untruthful", where, f"{lines}")


def removed_meanwhile(lane: Lane, tally: Tally) -> None:
    """Another client removes a member before our change: only this member fails, the other one is changed."""
    changes = {
        "portal_user_role": {"role": "org_publisher"},
        "portal_user": {"first_name": "Meanwhile"},
        "portal_credits": {"credits": 77},
        "portal_user_categories": {"categories": ["/Contract/Student"]},
        "portal_user_groups": {"groups": {"add": [CREWS]}},
        "portal_user_add_ons": {"add_ons": {APPS: True}},
    }
    for module, change in changes.items():
        remove_one_of_two(lane, tally, module, change)


def remove_one_of_two(lane: Lane, tally: Tally, module: str, change: dict[str, Any]) -> None:
    portal = lane.portal(ONLINE)
    portal.reset()
    groups(portal)
    pool = MemberPool(portal)
    users = [pool.take(has_role("org_user")) for _each in range(2)]
    gone, stays = (member["username"] for member in users)
    before = state_of(portal)
    where = f"{module}, one member is removed meanwhile"
    ran, portal, after = meanwhile(
        lane, tally, module, {"members": [{"username": name, **change} for name in (gone, stays)]}, where,
        lambda: portal.inspect("DELETE", f"members/{gone}"),
    )  # fmt: skip
    tally.expect(ran.failed, "untruthful", where, "success")
    del before.members[gone.casefold()]
    lines = [line for line in ran.lines if line["username"] != gone]
    for lie in lies({**(ran.result or {}), "members": lines}, before, after):
        tally.blame("untruthful", where, lie)
    failed = [line for line in ran.lines if line["username"] == gone]
    tally.expect(
        failed and failed[0]["action"] == "failed" and not failed[0]["changed"], "untruthful", where, f"{failed}"
    )
    tally.expect(before.changed_fields(after, stays.casefold()), "lost", where, f"{stays}: {ran.stdout[:900]}")


def created_meanwhile(lane: Lane, tally: Tally) -> None:
    """Another client takes the name of our new account: no second account, and no success."""
    portal = lane.portal(ONLINE)
    portal.reset()
    row = {
        "username": "trust_newcomer", "first_name": "Ours", "last_name": "Newcomer", "email": "ours@example.com",
        "role": "org_publisher", "user_type": "creatorUT",
    }  # fmt: skip
    before = state_of(portal)
    where = "portal_user, the name is taken meanwhile"
    ran, portal, after = meanwhile(
        lane, tally, "portal_user", row, where,
        lambda: portal.inspect("POST", "members", created(portal, row["username"])), "/checkUsernames",
    )  # fmt: skip
    tally.expect(ran.failed, "untruthful", where, f"{ran.lines}")
    theirs = after.members[row["username"]]
    tally.expect(theirs["first_name"] == "Some", "harmed", where, "it changed the account of another client")
    tally.expect(len(after.members) == len(before.members) + 1, "duplicated", where, "")


def jobs() -> list[tuple[str, Job]]:
    parts = (reviewed, categories, memberships, licenses, removed_meanwhile, created_meanwhile)
    return [(f"meanwhile {part.__name__}", part) for part in parts]
