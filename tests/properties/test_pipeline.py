# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same promises over HTTP: the real client against sandbox portals, whatever their unknown habits are."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from tests.sandbox.runner import Sandbox
from tests.unit.plugins.module_utils.fakes import fold, play_at

PRODUCTS = ("online", "enterprise", "enterprise-10.6")
EXAMPLES = max(settings.default.max_examples // 8, 8)
OVER_HTTP = settings(
    max_examples=EXAMPLES,
    deadline=None,
    # Shrinking runs hundreds of examples more, each with all its requests.
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
SAME = ("changed", "members", "diff", "plan_checksum", "summary", "unmanaged")
VOLATILE = ("modified", "updates", "lastLogin", "created", "emailStatusDate", "id", "emailStatus")
#: Unknown habits of portals. The promises hold for each value.
HABITS = {
    "list_rows": ("full", "without_user_type", "without_categories", "without_both"),
    "number_types": ("float", "string"), "role_of_viewer": ("org_user", "own_id"),
    "not_found_code": ("with", "without"),
    "category_root": ("root", "bare", "bare_paths"),
    "viewer_ownership": ("refused", "allowed"), "fullname": ("kept", "recomputed"),
    "credits_reassign": ("keeps", "refills"), "invitations_hold_seats": ("yes", "no"),
    "level_parameter": ("both", "user", "userName"), "row_order": ("sorted", "reversed", "shuffled"),
    "enable_answer": ("success", "status", "itemId"),
    "admin_error": ("status", "error"),
    "invite_refusal": ("list", "error"), "create_name": ("absent", "present"), "encoding": ("plain", "gzip", "chunked"),
    "admin_token": ("body_or_header", "body_only"), "category_clear": ("flag_needed", "empty_list", "empty_text"),
    "defaults_win": ("fill", "override"), "schema_missing": ("empty_list", "missing_key", "error"),
}  # fmt: skip
FAULTS = ("reset_before", "reset_after", "truncated", "unavailable", "html", "empty", "error", "not_applied", "partial")


@pytest.fixture(scope="module", params=PRODUCTS)
def sandbox(request):
    with Sandbox(product=request.param, members=24, seed=1) as running:
        running.product = request.param
        yield running


def prepared(data, sandbox):
    """A fresh organization with habits of its own, and its members by name."""
    sandbox.reset(seed=data.draw(st.integers(1, 40)))
    habits = {name: data.draw(st.sampled_from(values)) for name, values in HABITS.items()}
    sandbox.inspect("PATCH", "switches", habits)
    sandbox.inspect("DELETE", "faults")
    sandbox.reset_counters()
    return {fold(row["username"]): row for row in sandbox.inspect("GET", "members")}


def state(sandbox):
    """What writes can change, by member; what only time changes is left out."""
    rows = {fold(row["username"]): row for row in sandbox.inspect("GET", "members")}
    return {key: {name: row[name] for name in row if name not in VOLATILE} for key, row in rows.items()}


def wanted(data, sandbox, members):
    """A roster that is mostly possible."""
    caller = fold(sandbox.username)
    known = sorted(key for key in members if key != caller)
    chosen = data.draw(
        st.lists(st.sampled_from([*known, "new_person1", "New.Person2"]), min_size=1, max_size=6, unique=True)
    )
    return [_entry(data, sandbox, members.get(name), name) for name in chosen]


def _entry(data, sandbox, row, name):
    online, old = sandbox.product == "online", sandbox.product == "enterprise-10.6"
    if row is None:
        entry = {"username": name, "first_name": "New", "last_name": "Person", "email": "new@example.com"}
        entry.update({"level": "2"} if old else {"user_type": data.draw(st.sampled_from(("creatorUT", "Viewer")))})
        entry.update(role="Viewer", password="long-enough-1")
    else:
        entry = {"username": data.draw(st.sampled_from((row["username"], row["username"].upper())))}
        if data.draw(st.integers(0, 4)) == 0 and not row["recycledItems"] and row["effectiveRole"] != "org_admin":
            left = data.draw(st.sampled_from(("absent", "transferred")))
            return {**entry, "state": left, "transfer_to": sandbox.username}
    fields = {
        "full_name": st.sampled_from(("Ada B", "Zoë 測量")), "description": st.sampled_from(("", "two\nlines")),
        "tags": st.lists(st.sampled_from(("a", "b")), max_size=2), "access": st.sampled_from(("private", "org")),
        "enabled": st.booleans(), "role": st.sampled_from(("Viewer", "Field Lead", "org_publisher")),
    }  # fmt: skip
    if row is None:
        # No account is created to be disabled.
        fields["enabled"] = st.just(True)
    elif row["provider"] != "arcgis":
        # The identity provider owns the name.
        del fields["full_name"]
    if old:
        fields["level"] = st.sampled_from(("1", "2"))
    if not old:
        paths = st.lists(
            st.sampled_from(("Department/Sales", "/Contract/Student", "Categories/Office Location")), unique=True
        )
        fields["categories"] = st.one_of(paths, st.fixed_dictionaries({"add": paths}))
        fields["user_type"] = st.sampled_from(("creatorUT", "GISProfessionalStdUT", "Viewer"))
    if online:
        fields["credits"] = st.sampled_from((0, 25, "unlimited"))
    for field in data.draw(st.lists(st.sampled_from(sorted(fields)), max_size=3, unique=True)):
        entry.setdefault(field, data.draw(fields[field]))
    return entry


@OVER_HTTP
@given(data=st.data())
def test_check_predicts_the_run_and_the_next_plan_is_empty(sandbox, data):
    roster = wanted(data, sandbox, prepared(data, sandbox))
    before = state(sandbox)
    check = play_at(sandbox, "portal_members", check=True, members=roster)
    assert state(sandbox) == before and sandbox.counters()["writes"] == 0
    assert check["api_calls"]["write"] == 0
    run = play_at(sandbox, "portal_members", members=roster)
    if check.failed:
        event("refused")
        assert run.failed and run["error"] == check["error"] and state(sandbox) == before
        return
    assert not run.failed, run["msg"]
    for name in SAME:
        assert run.get(name) == check.get(name), name
    assert sandbox.counters()["writes"] == run["api_calls"]["write"]
    assert run["changed"] is (state(sandbox) != before) is bool(run["api_calls"]["write"])
    sandbox.reset_counters()
    again = play_at(sandbox, "portal_members", members=roster)
    assert not again["changed"] and again["members"] == [] and sandbox.counters()["writes"] == 0


@OVER_HTTP
@given(data=st.data())
def test_an_export_is_a_roster_that_changes_nothing(sandbox, data):
    prepared(data, sandbox)
    export = play_at(sandbox, "portal_members_info")
    run = play_at(sandbox, "portal_members", members=export["members"], purge="delete")
    assert not run.failed, run["msg"]
    assert not run["changed"] and run["unmanaged"] == [] and sandbox.counters()["writes"] == 0
    assert export["total"] == len(export["members"])


@OVER_HTTP
@given(data=st.data())
def test_whatever_goes_wrong_the_next_clean_run_converges(sandbox, data):
    seed_of = prepared(data, sandbox)
    roster = wanted(data, sandbox, seed_of)
    if play_at(sandbox, "portal_members", check=True, members=roster).failed:
        return
    for _fault in range(data.draw(st.integers(1, 2))):
        operation = data.draw(st.sampled_from(("write", "write", "*", "read")))
        kind = data.draw(st.sampled_from(FAULTS if operation == "write" else FAULTS[:6]))
        nth, count = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 4))
        sandbox.fault(operation=operation, kind=kind, nth=nth, count=count)
    run = play_at(sandbox, "portal_members", members=roster, retries=2)
    event("failed" if run.failed else "survived")
    assert run.code != "internal_error", run["msg"]
    sandbox.inspect("DELETE", "faults")
    final = play_at(sandbox, "portal_members", members=roster)
    assert not final.failed, final["msg"]
    sandbox.reset_counters()
    last = play_at(sandbox, "portal_members", members=roster)
    assert not last["changed"] and sandbox.counters()["writes"] == 0
    names = [fold(row["username"]) for row in sandbox.inspect("GET", "members")]
    assert len(names) == len(set(names))
    assert {fold(entry["username"]) for entry in roster if entry.get("state") != "absent"} <= set(names)
