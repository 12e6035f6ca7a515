# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Launch the job templates of the controller in memory as AWX does: survey, extra variables, credential, artifacts."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

from tests.awx.controller import Controller
from tests.awx.rules import injected

ROOT = Path(__file__).resolve().parents[2]
PROJECT = ROOT / "playbooks" / "awx" / "project"
#: Environments with the oldest, a middle, and the newest version of ansible-core.
CORES = ("oldest", "main", "newest")
INVENTORY = {
    "all": {
        "hosts": {
            "localhost": {
                "ansible_connection": "local",
                "ansible_python_interpreter": "{{ ansible_playbook_python }}",
            }
        }
    }
}


class LaunchRefused(Exception):
    """AWX does not start the job; the text says why."""


class _UnsafeDumper(yaml.SafeDumper):
    """Marks every text as unsafe, keys included."""

    def represent_data(self, data: Any) -> Any:
        if isinstance(data, str):
            return self.represent_scalar("!unsafe", data)
        return super().represent_data(data)


def extra_vars_text(variables: dict[str, Any], trusted: dict[str, Any]) -> str:
    """Return the file of extra variables of a job. Only values of the job template itself can be templates."""
    parts = []
    for name, value in variables.items():
        dumper = yaml.SafeDumper if name in trusted and trusted[name] == value else _UnsafeDumper
        parts.append(yaml.dump_all([{name: value}], None, Dumper=dumper, default_flow_style=False))
    return "".join(parts)


def answer_faults(question: dict[str, Any], answer: Any) -> list[str]:
    """Return what AWX rejects of an answer."""
    if question["type"] in ("multiplechoice", "multiselect"):
        return [] if answer in question["choices"] else [f"{answer!r} is not a choice of {question['variable']}"]
    low, high = question.get("min") or 0, question.get("max") or 4096
    return [] if low <= len(answer) <= high else [f"{question['variable']} must have {low} to {high} characters"]


def survey_variables(survey: dict[str, Any], answers: dict[str, str]) -> dict[str, str]:
    """Return presets and answers of a survey. Raises LaunchRefused if AWX rejects an answer."""
    variables = {}
    faults = []
    for question in survey.get("spec", []):
        name = question["variable"]
        if not answer_faults(question, question["default"]):
            variables[name] = question["default"]
        if name in answers:
            faults += answer_faults(question, answers[name])
            variables[name] = answers[name]
        elif question["required"] and name not in variables:
            faults.append(f"{name} needs an answer")
    if faults:
        raise LaunchRefused("; ".join(faults))
    return variables


class Job:
    """A finished job: its status, its output, and its artifacts."""

    def __init__(self, code: int, output: str, variables: dict[str, Any]) -> None:
        self.successful = code == 0
        self.output = output
        self.variables = variables
        _head, _mark, stats = output.partition("CUSTOM STATS:")
        found = [line.partition("RUN: ")[2] for line in stats.splitlines() if "RUN: " in line]
        self.artifacts: dict[str, Any] = json.loads(found[0]) if found else {}

    @property
    def text(self) -> str:
        """The output without line breaks, as the callbacks of the versions break lines in different places."""
        return " ".join(self.output.split())


class Awx:
    """Job templates of a controller, the credentials that it knows, and folders for its jobs."""

    def __init__(self, controller: Controller, folder: Path, core: str) -> None:
        self.controller = controller
        self.folder = folder
        self.core = core
        self.credentials: dict[int, dict[str, str]] = {}
        shutil.copytree(PROJECT, folder / "project")
        (folder / "inventory").mkdir()
        (folder / "inventory" / "hosts.json").write_text(json.dumps(INVENTORY), encoding="utf-8")

    @property
    def project(self) -> Path:
        """Folder of the project, which is the working directory of a job."""
        return self.folder / "project"

    def add_credential(self, name: str, values: dict[str, str]) -> int:
        """Create a credential of the type that the set-up has created."""
        (kind,) = self.controller.rows["credential_types"]
        number = int(self.controller.create("credentials", {"name": name, "credential_type": kind})["id"])
        self.credentials[number] = values
        return number

    def template(self, resource: str, name: str) -> dict[str, Any]:
        """Return the row of a template."""
        (row,) = (row for row in self.controller.rows[resource].values() if row["name"] == f"ArcGIS members: {name}")
        return row

    def launch(self, name: str, answers: dict[str, str] | None = None, credential: int | None = None) -> Job:
        """Launch a job template. A credential can be chosen only if the template asks for it."""
        row = self.template("job_templates", name)
        if credential is not None and not row["ask_credential_on_launch"]:
            raise LaunchRefused("the template does not ask for a credential")
        survey = self.controller.surveys.get(("job_templates", row["id"]), {})
        return self._run(row, survey_variables(survey, answers or {}), credential)

    def launch_workflow(self, name: str, answers: dict[str, str] | None = None) -> list[Job]:
        """Launch a workflow, give every approval, and return its jobs. A workflow asks for no credential."""
        row = self.template("workflow_job_templates", name)
        variables = survey_variables(self.controller.surveys["workflow_job_templates", row["id"]], answers or {})
        nodes = {
            number: node
            for number, node in self.controller.rows["workflow_job_template_nodes"].items()
            if node["workflow_job_template"] == row["id"]
        }
        links = {number: self._linked("workflow_job_template_nodes", number, "success_nodes") for number in nodes}
        (current,) = set(nodes) - {number for after in links.values() for number in after}
        jobs: list[Job] = []
        artifacts: dict[str, Any] = {}
        while True:
            template = self.controller.rows["job_templates"].get(nodes[current]["unified_job_template"])
            if template is not None:
                jobs.append(self._run(template, variables, None, artifacts))
                if not jobs[-1].successful:
                    return jobs
                artifacts.update(jobs[-1].artifacts)
            if not links[current]:
                return jobs
            (current,) = links[current]

    def run_schedule(self, name: str) -> Job:
        """Run what a schedule starts. A schedule asks for nothing."""
        row = self.template("schedules", name)
        return self._run(self.controller.rows["job_templates"][row["unified_job_template"]], {}, None)

    def _linked(self, resource: str, number: int, name: str) -> list[int]:
        return self.controller.links.get((resource, number, name), [])

    def _run(
        self,
        row: dict[str, Any],
        given: dict[str, Any],
        credential: int | None,
        artifacts: dict[str, Any] | None = None,
    ) -> Job:
        trusted = json.loads(row.get("extra_vars") or "{}")
        survey = self.controller.surveys.get(("job_templates", row["id"]), {})
        # The variables of a workflow win over the artifacts of its jobs.
        variables = {**trusted, **survey_variables_or_presets(survey), **(artifacts or {}), **given}
        numbers = self._linked("job_templates", row["id"], "credentials") or ([credential] if credential else [])
        environment = self._environment(numbers)
        path = self.folder / "extravars.yml"
        path.write_text(extra_vars_text(variables, trusted), encoding="utf-8")
        command = [
            str(ROOT / ".build" / "env" / self.core / "bin" / "ansible-playbook"),
            "-i", str(self.folder / "inventory" / "hosts.json"), "-e", f"@{path}", row["playbook"],
        ]  # fmt: skip
        done = subprocess.run(
            command, cwd=self.project, env=environment, capture_output=True, text=True, check=False, timeout=300
        )
        return Job(done.returncode, done.stdout + done.stderr, variables)

    def _environment(self, numbers: list[int]) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("ARCGIS_")}
        environment = {**clean, "ANSIBLE_SHOW_CUSTOM_STATS": "true", "ANSIBLE_HOST_KEY_CHECKING": "False"}
        (kind,) = self.controller.rows["credential_types"].values()
        for number in numbers:
            environment.update(injected(kind["inputs"], kind["injectors"], self.credentials[number], self.folder))
        return environment


def survey_variables_or_presets(survey: dict[str, Any]) -> dict[str, str]:
    """Return the presets of a survey that keep its own rules."""
    return {
        question["variable"]: question["default"]
        for question in survey.get("spec", [])
        if not answer_faults(question, question["default"])
    }
