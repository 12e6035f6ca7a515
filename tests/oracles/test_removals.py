# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role offboard over random lists of departures: which members are disabled, and which never are."""

from __future__ import annotations

import time
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.sandbox.runner import Sandbox

from .harness import organize, run_playbook
from .removal import DAY, is_due, is_inactive, may_leave
from .test_meanwhile import person

TODAY = "2026-11-26"
DATES = ["", "2026-11-25", "2026-11-26", "2026-11-27", "2020-02-29", "2099-12-31"]
NAMES = ["anna_berg", "omar_hadd", "lena_fisch", "svc_backup", "tomas_rey", "mia_admin"]


def build(portal: Sandbox, folder: Path, rng: Random) -> None:
    rows = [person("gil_keeper")]
    now = int(time.time() * 1000)
    for name in NAMES:
        fields: dict[str, Any] = {"lastLogin": rng.choice([-1, now - 2 * DAY, now - 100 * DAY])}
        if name == "mia_admin":
            fields.update(role="org_admin", user_type="GISProfessionalStdUT")
        rows.append(person(name, **fields, items=rng.choice([0, 0, 1])))
    organize(portal, folder, rows)
    for name in NAMES:
        portal.change(name, created=now - rng.choice([10, 200]) * DAY)
    portal.change("gil_keeper", lastLogin=now, created=now)


@pytest.mark.parametrize("seed", range(8))
def test_only_members_who_are_due_leave(online: Sandbox, tmp_path: Path, seed: int) -> None:
    rng = Random(seed)
    build(online, tmp_path, rng)
    before = {row["username"]: row for row in online.inspect("GET", "members")}
    listed = rng.sample(NAMES[:5], rng.randint(1, 4))
    has_column = rng.random() < 0.8
    entries = {name: ({"expires": rng.choice(DATES)} if has_column else {}) for name in listed}
    # In a file whose cells are all blank, no member has an end date.
    lines = ["username,expires" if has_column else "username"]
    lines += [f"{name},{entry['expires']}" if has_column else name for name, entry in entries.items()]
    (tmp_path / "leave.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    days, protected = rng.choice([0, 30]), rng.choice([[], ["svc_*", "ANNA_*"]])
    until = rng.choice(["disabled", "removed"])
    outcome = run_playbook(
        online, tmp_path, "portalops.arcgis.offboard", "-e", "offboard_src=leave.csv", "-e",
        f"offboard_inactive_days={days}", "-e", f'{{"offboard_protected": {protected}}}'.replace("'", '"'), "-e",
        f"offboard_today={TODAY}", "-e", f"offboard_until={until}", "-e", "offboard_transfer_to=gil_keeper",
    )  # fmt: skip
    after = {row["username"]: row for row in online.inspect("GET", "members")}
    gone = {name for name in before if name not in after or (after[name]["disabled"] and not before[name]["disabled"])}
    now = int(time.time() * 1000)
    options: dict[str, Any] = {"signed_in": "portal_admin", "protected": protected, "today": TODAY, "now": now,
                               "has_column": has_column}  # fmt: skip
    can = {name for name, row in before.items() if may_leave(row, entries.get(name), days=days, **options)}
    # The documentation does not say whether an inactive member without an end date is disabled.
    must = {name for name in can if name not in entries or entries[name].get("expires") != ""}
    assert gone <= can, outcome.stdout
    if outcome.returncode == 0:
        assert must <= gone, outcome.stdout
    for name in listed:
        if entries[name].get("expires", "") > TODAY:
            assert name in outcome.stdout


def test_the_oracle_of_removals() -> None:
    now = 1_000 * DAY
    assert is_due("2026-11-25", TODAY, has_column=True) is True
    assert is_due("2026-11-26", TODAY, has_column=True) is None
    assert is_due("", TODAY, has_column=True) is False
    assert is_due(None, TODAY, has_column=False) is True
    assert not is_inactive(None, 0, 30, now)
    assert is_inactive(-1, now - 40 * DAY, 30, now)
    assert not is_inactive(-1, now - 20 * DAY, 30, now)
    assert not is_inactive(now - 40 * DAY, 0, 0, now)
