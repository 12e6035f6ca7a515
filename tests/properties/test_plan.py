# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every organization and every roster, through the real pipeline on a portal in memory."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.properties.worlds import portals, rosters, shuffles
from tests.unit.plugins.module_utils.fakes import play

SAME = ("changed", "members", "diff", "plan_checksum", "summary", "unmanaged")


@given(st.data())
def test_check_predicts_the_run_and_the_next_plan_is_empty(data):
    portal = data.draw(portals())
    roster = data.draw(rosters(portal))
    before = portal.state()
    check = play(portal, "portal_members", check=True, members=roster)
    assert portal.calls() == [] and portal.state() == before and check["api_calls"]["write"] == 0
    run = play(portal, "portal_members", members=roster, shuffle=data.draw(shuffles()))
    assert portal.overdrawn == []
    if check.failed:
        assert run.failed and run["error"] == check["error"]
        assert portal.calls() == [] and portal.state() == before
        return
    assert not run.failed, run["msg"]
    for name in SAME:
        assert run.get(name) == check.get(name)
    assert run["api_calls"]["write"] == len(portal.calls())
    assert run["changed"] is (portal.state() != before) is bool(portal.calls())
    again = play(portal, "portal_members", members=roster)
    assert not again.failed and not again["changed"] and again["members"] == []
    assert again["api_calls"]["write"] == 0 and again["diff"] == {"before": {}, "after": {}}
