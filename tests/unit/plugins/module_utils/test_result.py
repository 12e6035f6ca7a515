# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.portalops.arcgis.plugins.module_utils._apply.outcome import Outcome
from ansible_collections.portalops.arcgis.plugins.module_utils._errors import Blocked, NoAnswer, Refused
from ansible_collections.portalops.arcgis.plugins.module_utils._model.plan import ACTIONS, CREDIT_BUDGETING, PlanEntry
from ansible_collections.portalops.arcgis.plugins.module_utils._module.result import build, diff
from tests.unit.plugins.module_utils.fakes import Account, FakePortal
from tests.unit.plugins.module_utils.test_plan import NEW, Planned


def planned(*entries, **options):
    return Planned(FakePortal("online", [Account("jane", tags=["a"]), Account("omar")]), *entries, **options)


def done(plan):
    """Outcomes of a run in which everything took effect."""
    outcomes = {entry.ref: Outcome(entry) for entry in plan.acting}
    for outcome in outcomes.values():
        outcome.applied = set(outcome.entry.changes)
    return outcomes


ROSTER = (
    {"username": "jane", "tags": [], "credits": 5}, {"username": "omar", "state": "absent"}, NEW, {"username": "admin"},
)  # fmt: skip


def test_a_run_in_which_everything_took_effect():
    plan = planned(*ROSTER).plan
    result = build(plan, done(plan))
    assert result["changed"] is True and set(result) == {
        "changed", "members", "summary", "plan_checksum", "diff", "unmanaged"
    }  # fmt: skip
    assert result["summary"] == {
        "total": 4, "created": 1, "changed": 1, "removed": 1, "disabled": 0, "unchanged": 1, "skipped": 0, "failed": 0
    }  # fmt: skip
    assert [line["username"] for line in result["members"]] == ["jane", "new_one", "omar"], "sorted by name"
    assert result["members"][0] == {
        "index": 0, "username": "jane", "action": "changed", "changed": True, "warnings": [], "error": None,
        "changes": {"tags": {"before": ["a"], "after": []}, "credits": {"before": "unlimited", "after": 5}},
    }  # fmt: skip


def test_the_diff_holds_what_changed_and_nothing_else():
    plan = planned(*ROSTER).plan
    found = build(plan, done(plan))["diff"]
    assert found["before"] == {
        "members": {"jane": {"tags": ["a"], "credits": "unlimited"}, "omar": {"state": "present"}}
    }  # fmt: skip
    new = {name: value for name, value in NEW.items() if name not in ("username", "password")}
    assert found["after"]["members"] == {
        "jane": {"tags": [], "credits": 5}, "omar": {"state": "absent"},
        "new_one": {**new, "password": "(new password)", "role": "org_user"}
    }  # fmt: skip


def test_a_plan_that_was_refused_changed_nothing():
    found = planned(*ROSTER)
    found["omar"].problems.append(Blocked("omar: no", member="omar"))
    result = build(found.plan, None)
    assert result["changed"] is False and result["diff"] == {"before": {}, "after": {}}
    assert {line["username"]: line["action"] for line in result["members"]} == {
        "jane": "skipped", "omar": "failed", "new_one": "skipped"
    }  # fmt: skip
    assert result["members"][2]["error"] == {"code": "blocked", "message": "omar: no", "member": "omar"}
    assert sum(result["summary"][action] for action in ACTIONS) == result["summary"]["total"] == 4


def test_the_one_member_of_a_task_is_always_in_the_result():
    found = planned({"username": "JANE", "credits": "unlimited"}, module="portal_credits", single=True)
    result = build(found.plan, {})
    assert [(line["username"], line["action"], line["index"]) for line in result["members"]] == [
        ("jane", "unchanged", None)
    ]
    assert result["summary"]["unchanged"] == result["summary"]["total"] == 1 and not result["changed"]


def test_the_one_member_of_a_refused_task_has_failed():
    portal = FakePortal("enterprise", [Account("jane")])
    found = Planned(portal, {"username": "jane", "credits": 5}, module="portal_credits", single=True)
    result = build(found.plan, None)
    assert result["members"][0]["action"] == "failed" and result["members"][0]["error"]["code"] == "unsupported"
    assert result["summary"]["failed"] == 1 and result["summary"]["unchanged"] == 0


def test_a_failure_beside_a_success():
    plan = planned(*ROSTER).plan
    outcomes = done(plan)
    outcomes["member", "jane"].applied = {"tags"}
    outcomes["member", "jane"].error = Refused("jane: no credits", portal_code=400)
    outcomes["member", "omar"].applied = set()
    outcomes["member", "omar"].is_skipped = True
    result = build(plan, outcomes)
    lines = {line["username"]: line for line in result["members"]}
    assert (
        lines["jane"]["action"] == "failed" and lines["jane"]["changed"] and list(lines["jane"]["changes"]) == ["tags"]
    )
    assert lines["omar"]["action"] == "skipped" and not lines["omar"]["changed"]
    assert result["changed"] and set(result["diff"]["after"]["members"]) == {"jane", "new_one"}


def test_a_write_that_no_field_shows_is_a_change():
    plan = planned({"username": "omar", "state": "absent"}).plan
    outcomes = done(plan)
    outcomes["member", "omar"].applied, outcomes["member", "omar"].side_effects = set(), {"licenses"}
    outcomes["member", "omar"].error = Refused("omar: no")
    result = build(plan, outcomes)
    assert result["changed"] and result["members"][0]["changes"] == {} and result["diff"] == {"before": {}, "after": {}}


def test_changes_of_the_organization_itself():
    plan = planned({"username": "jane"}).plan
    entry = PlanEntry(CREDIT_BUDGETING, "", "", "changed")
    entry.changes["budgeting"] = (False, True)
    plan = plan.with_(entries=[*plan.entries, entry])
    result = build(plan, done(plan))
    assert result["diff"] == {
        "before": {"organization": {"budgeting": False}}, "after": {"organization": {"budgeting": True}}
    }  # fmt: skip
    assert result["changed"] and result["members"] == [] and result["summary"]["total"] == 1
    assert not build(plan, None)["changed"] and build(plan, None)["diff"]["after"] == {}


def test_an_unknown_outcome_is_reported():
    plan = planned(*ROSTER).plan
    outcomes = done(plan)
    assert "uncertain" not in build(plan, outcomes)
    lost = outcomes["member", "jane"]
    lost.applied, lost.unknown, lost.error = set(), {"tags"}, NoAnswer("jane: broke off")
    result = build(plan, outcomes)
    assert result["uncertain"] is True and result["members"][0]["changed"]


def test_a_blocked_plan_counts_all_members_without_a_problem_as_skipped():
    found = planned(*ROSTER)
    found["omar"].problems.append(Blocked("omar: no", member="omar"))
    summary = build(found.plan, None)["summary"]
    assert (summary["failed"], summary["skipped"], summary["unchanged"], summary["total"]) == (1, 3, 0, 4)


def test_unmanaged_is_in_the_result_if_all_members_were_read():
    assert build(planned(*ROSTER[:2]).plan, None)["unmanaged"] == ["admin"]
    assert "unmanaged" not in build(planned(ROSTER[0]).plan, None)


@pytest.mark.parametrize(
    ("action", "before", "after"),
    [
        ("removed", {"x": {"state": "present"}}, {"x": {"state": "absent"}}),
        ("created", None, {"x": {}}),
        ("failed", {"x": {}}, {"x": {}}),
    ],
)
def test_the_state_is_shown_of_removals_only(action, before, after):
    old, new = ("present", "absent") if action == "removed" else ("absent", "present")
    line = {"username": "x", "action": action, "changes": {"state": {"before": old, "after": new}}}
    shown = diff({"member": [line]}, {})
    assert shown == {"before": {"members": before} if before else {}, "after": {"members": after}}
