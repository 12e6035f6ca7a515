# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The surveys for AWX offer the choices of the roles, and only the survey filters read the answers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]


class Loader(yaml.SafeLoader):
    """Reads ``!unsafe`` text as text."""


Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))


def read(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader)


def questions(value: Any) -> list[dict[str, Any]]:
    """Return all questions in a value."""
    if isinstance(value, dict):
        own = [value] if "question_name" in value else []
        return own + [question for inner in value.values() for question in questions(inner)]
    return [question for inner in value for question in questions(inner)] if isinstance(value, list) else []


def texts(value: Any) -> list[str]:
    """Return all texts in a value."""
    if isinstance(value, (dict, list)):
        return [text for inner in (value.values() if isinstance(value, dict) else value) for text in texts(inner)]
    return [value] if isinstance(value, str) else []


OPTIONS = {
    name: option
    for path in ROOT.glob("roles/*/meta/argument_specs.yml")
    for entry in read(path)["argument_specs"].values()
    for name, option in entry["options"].items()
}
TEMPLATES = read(ROOT / "playbooks/awx/vars/templates.yml")
QUESTIONS = questions(TEMPLATES)
CHOICES = [question for question in QUESTIONS if "choices" in question]
#: A variable of the survey, and the way it is read.
READ = re.compile(
    r"{{ (survey_\w+) \| default\(''\) \| portalops\.arcgis\.survey_(?:text|list)\('([^']+)'(?:, default='([^']*)')?"
    r"(?:, exact=true)?\) }}"
)
#: Role variable and documented default of each survey variable.
READS = {
    match[1]: (name, match[2], match[3])
    for template in TEMPLATES["awx_job_templates"]
    for name, value in {
        **template.get("extra_vars", {}),
        **template.get("extra_vars", {}).get("members_guards", {}),
    }.items()
    if isinstance(value, str)
    for match in [READ.fullmatch(value)]
    if match
}

#: Questions for which a blank answer means none, or is rejected by the role.
WITHOUT_DEFAULT = {
    "survey_roster", "survey_plan_markdown", "survey_expected_plan", "survey_export_path", "survey_report_roster",
    "survey_report_html", "survey_usernames", "survey_recipient",
}  # fmt: skip


def test_every_answer_is_read_by_a_survey_filter() -> None:
    assert set(READS) == {question["variable"] for question in QUESTIONS}
    for template in TEMPLATES["awx_job_templates"]:
        for text in texts(template.get("extra_vars", {})):
            assert "survey_" not in text or READ.fullmatch(text), text


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question["variable"])
def test_a_blank_answer_is_the_preset_or_optional(question: dict[str, Any]) -> None:
    _variable, label, default = READS[question["variable"]]
    assert label == question["question_name"]
    if question["variable"] in WITHOUT_DEFAULT:
        assert default is None
    else:
        assert default == question["default"]


@pytest.mark.parametrize("question", CHOICES, ids=lambda question: question["variable"])
def test_every_choice_is_one_of_the_role(question: dict[str, Any]) -> None:
    variable = READS[question["variable"]][0]
    assert sorted(question["choices"]) == sorted(OPTIONS[variable]["choices"])
    # A name that does not exist fails a job, and is ignored by a file that is read every night.
    assert question["default"] == ("fail" if variable == "offboard_missing" else OPTIONS[variable]["default"])


def test_limits_of_the_survey_are_those_of_the_role() -> None:
    assert READS["survey_offboard_max"][2] == OPTIONS["offboard_max"]["default"]


def test_the_guide_names_every_field_as_awx_shows_it() -> None:
    guide = " ".join((ROOT / "docs/docsite/rst/guide_awx.rst").read_text(encoding="utf-8").split())
    credential = read(ROOT / "playbooks/awx/vars/credential_type.yml")["awx_credential_type"]
    workflow = read(ROOT / "playbooks/awx/vars/workflow.yml")["awx_workflow"]
    schedules = read(ROOT / "playbooks/awx/vars/schedules.yml")["awx_schedules"]
    names = [question["question_name"] for question in QUESTIONS]
    names += [field["label"] for field in credential["inputs"]["fields"]] + [credential["name"], workflow["name"]]
    names += [schedule["name"] for schedule in schedules] + [
        node["unified_job_template"]["name"] for node in workflow["nodes"]
    ]
    assert [name for name in names if f"*{name}*" not in guide] == []
    short = [template["name"].partition(": ")[2] for template in TEMPLATES["awx_job_templates"]]
    assert [name for name in short if f"*{name}*" not in guide and f": {name}*" not in guide] == []
