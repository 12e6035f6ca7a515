# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every job template does what the labels of its survey promise, on three versions of ansible-core."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.awx.controller import Served
from tests.awx.launch import CORES, Awx, answer_faults, extra_vars_text
from tests.sandbox.runner import Sandbox
from tests.unit.plugins.plugin_utils.test_survey import ODD, typed

Fresh = Callable[..., Sandbox]


@pytest.fixture(params=CORES)
def awx(served: Served, portal: Sandbox, tmp_path: Path, request: pytest.FixtureRequest) -> Awx:
    """AWX with the credential that the set-up gave to the job templates."""
    awx = Awx(served.controller, tmp_path, request.param)
    (number,) = served.controller.rows["credentials"]
    awx.credentials[number] = {
        "portal_url": portal.url,
        "portal_username": portal.username,
        "portal_password": portal.password,
    }
    return awx


def disabled(portal: Sandbox, *names: str) -> list[str]:
    return [name for name in names if portal.member(name).get("disabled")]


def write_roster(awx: Awx, name: str, members: list[dict[str, Any]]) -> None:
    (awx.project / name).parent.mkdir(parents=True, exist_ok=True)
    (awx.project / name).write_text(yaml.safe_dump({"members": members}), encoding="utf-8")


# -- how answers arrive --------------------------------------------------------------------------------------------


def test_awx_marks_answers_as_unsafe_and_templates_not() -> None:
    text = extra_vars_text({"survey_limit": "0", "limit": "{{ survey_limit }}"}, {"limit": "{{ survey_limit }}"})
    assert text == "!unsafe 'survey_limit': !unsafe '0'\nlimit: '{{ survey_limit }}'\n"


@pytest.mark.parametrize("core", CORES)
def test_every_core_reads_answers_as_the_unit_tests_assume(core: str, served: Served, tmp_path: Path) -> None:
    awx = Awx(served.controller, tmp_path, core)
    names = [f"survey_{number}" for number in range(len(ODD))]
    template = {
        "result": "{{ [" + ", ".join(f"({name} | string)[:40]" for name in names) + "] | to_json }}",
        "kinds": "{{ [" + ", ".join(f"{name} | type_debug" for name in names) + "] | to_json }}",
    }
    play = [
        {
            "hosts": "localhost",
            "gather_facts": False,
            "tasks": [{"ansible.builtin.set_stats": {"data": {"kinds": "{{ kinds }}"}}}],
        }
    ]
    (awx.project / "types.yml").write_text(yaml.safe_dump(play), encoding="utf-8")
    row = {"id": 0, "playbook": "types.yml", "extra_vars": json.dumps(template)}
    job = awx._run(row, dict(zip(names, ODD)), None)
    assert job.successful, job.output
    kinds = job.artifacts["kinds"]
    found = [
        kind.replace("AnsibleUnsafeText", "str") for kind in (json.loads(kinds) if isinstance(kinds, str) else kinds)
    ]
    older, newer = ["str"] * len(ODD), [type(typed(text)).__name__ for text in ODD]
    assert found == (older if core == "oldest" else newer)


# -- offboard ------------------------------------------------------------------------------------------------------

MEMBERS = ("jane_two", "jane_three", "12345678", "00123456")
ALL = {"jane_two", "jane_three"}
#: Answers, members who are then disabled, and words of the last line or of the failure. "newer" replaces the outcome on
#: a core that reads the answer as a number.
OFFBOARD: list[tuple[str, dict[str, str], set[str], str, tuple[set[str], str] | None]] = [
    ("presets", {}, set(), "No members to offboard", None),
    ("below the heading", {"survey_usernames": "Usernames:\njane_two"}, {"jane_two"}, "Offboarded: 1 disabled", None),
    ("line breaks", {"survey_usernames": "jane_two\r\njane_three\r\n"}, ALL, "Offboarded: 2 disabled", None),
    ("commas", {"survey_usernames": "jane_two, jane_three"}, ALL, "Offboarded: 2 disabled", None),
    ("misspelt", {"survey_usernames": "jane_two, jane_tree"}, set(), "Not found: jane_tree.", None),
    (
        "missing is fine",
        {"survey_usernames": "jane_two, jane_tree", "survey_missing": "ignore"},
        {"jane_two"},
        "Offboarded: 1 disabled, 0 transferred, 0 removed, 0 not due, 0 skipped, 1 not found: jane_tree.",
        None,
    ),
    (
        "digits below the heading",
        {"survey_usernames": "Usernames:\n00123456"},
        {"00123456"},
        "Offboarded: 1 disabled",
        None,
    ),
    ("digits in quotes", {"survey_usernames": '"12345678"'}, {"12345678"}, "Offboarded: 1 disabled", None),
    (
        "digits alone",
        {"survey_usernames": "00123456"},
        {"00123456"},
        "Offboarded: 1 disabled",
        (set(), "Put it in double quotes, or keep the line 'Usernames:' above it."),
    ),
    (
        "the maximum is 0",
        {"survey_usernames": "jane_two", "survey_offboard_max": "0"},
        set(),
        "offboard_max: 1 member would change, and the limit is 0: jane_two.",
        None,
    ),
    (
        "blank where it can be",
        {"survey_usernames": "jane_two", "survey_recipient": "", "survey_offboard_max": " "},
        {"jane_two"},
        "Offboarded: 1 disabled",
        None,
    ),
    (
        "a recipient who does not exist",
        {"survey_usernames": "jane_two", "survey_recipient": "jane_tree", "survey_until": "transferred"},
        set(),
        "Recipient 'jane_tree' does not exist.",
        None,
    ),
]


@pytest.mark.parametrize("case", OFFBOARD, ids=[case[0] for case in OFFBOARD])
def test_offboard(awx: Awx, fresh: Fresh, case: tuple[Any, ...]) -> None:
    _name, answers, members, words, newer = case
    if newer and awx.core != "oldest":
        members, words = newer
    portal = fresh(*MEMBERS)
    job = awx.launch("offboard", answers)
    assert words in job.text
    assert set(disabled(portal, *MEMBERS)) == members
    assert job.successful is bool(members)
    assert portal.counters()["writes"] == (1 if members else 0)
    if members:
        assert job.artifacts["offboard_counts"]["localhost"]["disabled"] == len(members)
        assert job.text.rindex("Offboarded:") > job.text.rindex("TASK [")


# -- plan and apply ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("answer", "written"), [("0", False), ("", True), ("10%", True), ("1", True), ("0%", False)])
def test_the_maximum_of_disruptive_changes(awx: Awx, fresh: Fresh, answer: str, written: bool) -> None:
    portal = fresh("jane_two")
    write_roster(awx, "rosters/members.yml", [{"username": "jane_two", "enabled": False}])
    job = awx.launch("apply", {"survey_max_disruptive": answer})
    assert job.successful is written, job.output
    assert disabled(portal, "jane_two") == (["jane_two"] if written else [])
    assert ("guards.max_disruptive" in job.text or "disruptive" in job.text) is not written
    if written:
        assert "Applied: 1 disabled" in job.text[job.text.rindex("TASK [") :]
        assert job.artifacts["members_counts"]["localhost"]["disabled"] == 1


def test_a_blank_maximum_is_ten_percent(awx: Awx, fresh: Fresh) -> None:
    names = [f"jane_{number}" for number in range(10)]
    portal = fresh(*names)
    write_roster(awx, "rosters/members.yml", [{"username": name, "enabled": False} for name in names])
    job = awx.launch("apply", {"survey_max_disruptive": ""})
    assert not job.successful
    assert "10%" in job.text
    assert disabled(portal, *names) == []


def test_a_path_with_blanks_and_digits(awx: Awx, fresh: Fresh) -> None:
    fresh("jane_two")
    write_roster(awx, "2026", [{"username": "jane_two", "description": "new"}])
    # ansible-core 2.19 and later keep a number as text only in double quotes.
    for answer in (" rosters/two.yml ", '"2026"'):
        write_roster(awx, "rosters/two.yml", [{"username": "jane_two", "description": "new"}])
        job = awx.launch("plan", {"survey_roster": answer, "survey_plan_markdown": " plans/today/plan.md "})
        assert job.successful, job.output
        path = awx.project / "plans/today/plan.md"
        assert "jane" in path.read_text(encoding="utf-8")
        assert f"Plan: 1 to change, 0 unchanged. The plan is in the output above and in {path}." in job.text
        assert job.artifacts["members_plan_files"] == {"localhost": [str(path)]}
        assert len(job.artifacts["expected_plan"]["localhost"]) == 64


def test_a_roster_of_digits_is_never_another_file(awx: Awx, fresh: Fresh) -> None:
    fresh("jane_two")
    write_roster(awx, "7", [{"username": "jane_two", "enabled": False}])
    job = awx.launch("plan", {"survey_roster": "007"})
    assert not job.successful
    assert "Plan: 1" not in job.text


def test_a_blank_roster_is_rejected(awx: Awx, fresh: Fresh) -> None:
    portal = fresh()
    job = awx.launch("plan", {"survey_roster": " "})
    assert not job.successful
    assert "Set members_src to the path of a roster file" in job.text
    assert portal.counters()["writes"] == 0


def test_another_checksum_writes_nothing(awx: Awx, fresh: Fresh) -> None:
    portal = fresh("jane_two")
    write_roster(awx, "rosters/members.yml", [{"username": "jane_two", "description": "new"}])
    job = awx.launch("apply", {"survey_expected_plan": "0" * 64})
    assert not job.successful
    assert "expected_plan" in job.text
    assert portal.counters()["writes"] == 0


# -- export and report ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "folder"), [("2026", "2026"), ("2026-01-01", "2026-01-01"), (" out/now ", "out/now"), (" ", None)]
)
def test_the_folder_of_an_export(awx: Awx, fresh: Fresh, answer: str, folder: str | None) -> None:
    fresh()
    job = awx.launch("export", {"survey_export_path": answer})
    if folder is None:
        assert not job.successful
        assert "No folder for the export. Set members_export_path." in job.text
        return
    assert job.successful, job.output
    path = awx.project / folder
    assert (path / "members.yml").is_file()
    assert f"to 1 file in {path}." in job.text[job.text.rindex("TASK [") :]
    counts = job.artifacts["members_export"]["localhost"]
    assert (counts["path"], counts["files"]) == (str(path), 1)
    assert counts["total"] == (path / "members.yml").read_text(encoding="utf-8").count("- username:")


@pytest.mark.parametrize(
    ("roster", "status"), [("rosters/members.yml", "differs"), ("", "inventory"), (" ", "inventory")]
)
def test_a_report_makes_its_folder(awx: Awx, fresh: Fresh, roster: str, status: str) -> None:
    fresh("jane_two")
    write_roster(awx, "rosters/members.yml", [{"username": "jane_two", "description": "new"}])
    job = awx.launch("report", {"survey_report_roster": roster, "survey_report_html": " pages/new/members.html "})
    assert job.successful, job.output
    # The organization of the sandbox has unused add-on licenses, so the report has a roster that gives them up.
    paths = [awx.project / "pages/new" / name for name in ("members.html", "members-unused.yml")]
    assert all(path.is_file() for path in paths)
    assert f"Report: {', '.join(map(str, paths))}." in " ".join(job.text[job.text.rindex("TASK [") :].split())
    assert job.artifacts["members_report"]["localhost"]["status"] == status
    assert job.artifacts["members_report"]["localhost"]["files"] == [str(path) for path in paths]


def test_presets_and_choices_keep_the_rules_of_their_questions(served: Served) -> None:
    questions = [question for survey in served.controller.surveys.values() for question in survey["spec"]]
    assert len(questions) > 15
    for question in questions:
        presets = [question["default"], *question.get("choices", [])]
        assert [fault for preset in presets for fault in answer_faults(question, preset)] == []
        assert bool(answer_faults(question, "")) is question["required"]
