# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The surveys for AWX offer what the roles take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]


class Loader(yaml.SafeLoader):
    """Takes text that Ansible does not template for what it is."""


Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))


def read(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader)


def questions(found: Any) -> list[dict[str, Any]]:
    """All questions with choices, wherever they stand."""
    if isinstance(found, dict):
        own = [found] if "question_name" in found and "choices" in found else []
        return own + [question for value in found.values() for question in questions(value)]
    return [question for value in found for question in questions(value)] if isinstance(found, list) else []


OPTIONS = {
    name: option
    for path in ROOT.glob("roles/*/meta/argument_specs.yml")
    for entry in read(path)["argument_specs"].values()
    for name, option in entry["options"].items()
}
QUESTIONS = questions(read(ROOT / "playbooks/awx/vars/templates.yml"))


def test_there_are_questions() -> None:
    assert {question["variable"] for question in QUESTIONS} == {"members_purge", "offboard_until"}


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question["variable"])
def test_every_choice_is_one_of_the_role(question: dict[str, Any]) -> None:
    assert question["choices"] == OPTIONS[question["variable"]]["choices"]
    assert question["default"] == OPTIONS[question["variable"]]["default"]
