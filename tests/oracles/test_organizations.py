# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random small organizations and rosters: guards, plans, and results compared with the oracles."""

from __future__ import annotations

import tempfile
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from tests.sandbox.runner import Sandbox

from .disruption import disruptions, expected_guards
from .harness import Run, organize, run_module
from .truth import blocked_problems, call_problems, prediction_problems, problems

SEATS = {"viewerUT": 40, "editorUT": 40, "fieldWorkerUT": 40, "creatorUT": 40, "GISProfessionalStdUT": 40,
         "GISProfessionalAdvUT": 40}  # fmt: skip
FITTING = [("Viewer", "viewerUT"), ("Viewer", "creatorUT"), ("Data Editor", "editorUT"), ("org_user", "creatorUT"),
           ("org_publisher", "creatorUT"), ("org_publisher", "GISProfessionalStdUT"),
           ("org_admin", "GISProfessionalStdUT"), ("org_admin", "GISProfessionalAdvUT")]  # fmt: skip
NAMES = ["anna_berg", "omar_hadd", "lena_fisch", "tomas_rey", "mia_keller", "svc_backup", "svc_import"]
CATEGORIES = ["Department/Sales", "Office/Zurich"]
KEEPER = {"username": "gil_keeper", "first_name": "Gil", "last_name": "Keeper", "email": "gil@example.com",
          "role": "org_publisher", "user_type": "creatorUT", "categories": CATEGORIES}  # fmt: skip
SEEDS = st.integers(0, 10**9)
"""Each seed is another case: drawn by hypothesis field by field, most cases would be alike."""
QUICK = settings(
    max_examples=35, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def member(rng: Random, name: str) -> dict[str, Any]:
    """One member of the organization."""
    role, user_type = rng.choice(FITTING)
    row: dict[str, Any] = {"username": name, "first_name": name[:4], "last_name": "Test",
                           "email": f"{name}@example.com", "role": role, "user_type": user_type,
                           "enabled": rng.choice([True, True, True, False]),
                           "categories": rng.choice([[], CATEGORIES[:1], CATEGORIES])}  # fmt: skip
    credits = rng.choice([None, 50, 200])
    if credits is not None:
        row.update(credits=credits, spentCredits=rng.choice([0.0, 40.0]))
    if user_type != "viewerUT" and user_type != "editorUT":
        row["items"] = rng.choice([0, 0, 1])
    if rng.randint(0, 4) == 0:
        row.update(provider="enterprise", idp_username=f"{name}@idp")
    return row


def roster_entry(rng: Random, name: str, member: Any) -> dict[str, Any]:
    """What a roster says about one name, with the account there or not."""
    new = {"username": name, "first_name": name[:4], "last_name": "Test", "email": f"{name}@example.com",
           "role": "org_user", "user_type": "creatorUT"}  # fmt: skip
    if member is None:
        return new if rng.random() < 0.5 else {"username": name, "state": "absent"}
    kind = rng.choice(["absent", "transferred", "fit", "fields", "fields", "disable", "enable", "nothing"])
    if kind in ("absent", "transferred"):
        return {"username": name, "state": kind, "transfer_to": "gil_keeper"}
    entry: dict[str, Any] = {"username": name}
    if kind == "fit":
        entry["role"], entry["user_type"] = rng.choice(FITTING)
    if kind in ("disable", "enable"):
        entry["enabled"] = kind == "enable"
    if kind == "fields":
        add_fields(rng, entry, member)
    return entry


def add_fields(rng: Random, entry: dict[str, Any], member: dict[str, Any]) -> None:
    choices: dict[str, list[Any]] = {
        "credits": [0, 30, 60, 1000, "unlimited"],
        "categories": [[], CATEGORIES[:1], {"add": CATEGORIES[1:]}, {"remove": CATEGORIES}, {"set": CATEGORIES}],
        "description": ["new text", ""],
        "tags": [["field"], []],
    }
    if member.get("provider") != "enterprise":
        choices["password"] = ["a-new-Passw0rd"]
    for name in rng.sample(sorted(choices), rng.randint(1, 2)):
        entry[name] = rng.choice(choices[name])
    if "password" in entry:
        entry["update_password"] = rng.choice(["always", "on_create"])


GUARDS: dict[str, list[Any]] = {
    "max_disruptive": ["0", "1", "2", "20%", "50%", "100%"],
    "max_removals": ["0", "1", "10%", "40%"],
    "min_admins": [1, 2, 3],
    "protected": [["svc_*"], ["anna_berg", "?mar*"], ["PORTAL_*"], ["nomatch_*"]],
    "required_admins": [["portal_admin"], ["anna_berg"]],
}


def organization_case(rng: Random) -> dict[str, Any]:
    """An organization, a roster, and the options of a run."""
    chosen = rng.sample(NAMES, rng.randint(2, 6))
    organization = {name: member(rng, name) for name in chosen}
    names = [*chosen, "nora_vogel", "ida_new"]
    listed = rng.sample(names, rng.randint(0, min(5, len(names))))
    roster = [roster_entry(rng, name, organization.get(name)) for name in listed]
    purge = rng.choice(["none", "none", "none", "disable", "delete"])
    if rng.randint(0, 7) == 0:
        fields = [{"role": "org_publisher"}, {"enabled": False}, {"description": "me"}, {"user_type": "creatorUT"},
                  {"password": "a-new-Passw0rd", "update_password": "always"}]  # fmt: skip
        roster.append({"username": "portal_admin", **rng.choice(fields)})
    roster.append({"username": "gil_keeper"})
    guards = {name: rng.choice(values) for name, values in GUARDS.items() if rng.random() < 0.25}
    options: dict[str, Any] = {"members": roster, "purge": purge, "guards": guards}
    if purge != "none":
        options["transfer_to"] = "gil_keeper"
    return {"organization": [KEEPER, *organization.values()], "options": options}


def play(portal: Sandbox, case: dict[str, Any], check: bool) -> Run:
    options = {**case["options"], "guards": case["options"]["guards"] or None}
    return run_module(portal, "portal_members", check=check, **{key: value for key, value in options.items() if value})


def build(portal: Sandbox, case: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        organize(portal, Path(folder), case["organization"], seats=SEATS)


ALIASES = {"calling_account": "signed_in", "signed_in_account": "signed_in", "last_administrator": "signed_in"}


def guard_differences(expected: set[str], run: Run) -> list[str]:
    """Return where the guards that a run reports are not those that the documentation lets expect."""
    reported = {ALIASES.get(name, name) for name in run.guards()}
    if "guard" in run.codes() and not expected:
        return [f"guards {reported} block, none should: {run.message}"]
    found = [f"guard {name} does not block: {run.message}" for name in sorted(expected - {"purge"} - reported)]
    if "purge" in expected and "guard" not in run.codes():
        found.append(f"the safe default of purge does not block: {run.message}")
    extra = reported - expected - {"max_removals", "max_disruptive"} if "purge" in expected else reported - expected
    return found + [f"guard {name} should not block: {run.message}" for name in sorted(extra)]


@QUICK
@given(seed=SEEDS)
def test_guards_block_what_the_documentation_says(online_portal: Sandbox, seed: int) -> None:
    case = organization_case(Random(seed))
    build(online_portal, case)
    run = play(online_portal, case, check=True)
    options, before = case["options"], run.before["members"]
    expected = expected_guards(before, options["members"], options["guards"], options["purge"], "portal_admin")
    event(f"guards {sorted(expected)}")
    assert guard_differences(expected, run) == []
    assert run.writes == []
    assert run.before == run.after
    if expected:
        assert blocked_problems(run) == []


@QUICK
@given(seed=SEEDS)
def test_runs_do_what_plans_say_and_results_are_true(online_portal: Sandbox, seed: int) -> None:
    case = organization_case(Random(seed))
    build(online_portal, case)
    plan = play(online_portal, case, check=True)
    run = play(online_portal, case, check=False)
    if plan.failed:
        event("blocked")
        assert blocked_problems(run) == []
        return
    event(f"applied, {'with' if run.result['changed'] else 'without'} changes")
    assert not run.failed, run.message
    assert prediction_problems(plan, run) == []
    assert problems(run, []) == []
    assert call_problems(run) == []
    for entry in case["options"]["members"]:
        entry.pop("update_password", None)
    again = play(online_portal, case, check=False)
    assert again.writes == [], again.result
    assert again.result["changed"] is False


def test_the_oracle_of_disruption_knows_every_change_of_the_documentation() -> None:
    before = {"items": ["x"], "ownedGroups": [], "disabled": False, "effectiveRole": "org_admin", "spentCredits": 40.0,
              "userLicenseTypeId": "creatorUT", "assignedCredits": 50.0, "categories": ["/Categories/A"],
              "idpUsername": "x"}  # fmt: skip
    entry = {"enabled": False, "role": "org_user", "user_type": "viewerUT", "credits": 30, "password": "p",
             "update_password": "always", "idp_username": "y", "categories": {"remove": ["A"]}}  # fmt: skip
    assert disruptions(before, entry) == {
        "disable", "administrator", "role", "user_type", "credits", "password", "idp_username", "categories"
    }  # fmt: skip
    assert disruptions(before, {"state": "absent", "transfer_to": "z"}) == {"remove", "transfer"}
    assert disruptions(before, {"credits": 45, "categories": {"add": ["B"], "remove": ["A"]}}) == set()
