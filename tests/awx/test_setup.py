# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The AWX set-up: its data by the rules of AWX, and its run with awx.awx against a controller in memory."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.awx.conftest import CREDENTIAL, run_setup
from tests.awx.controller import Served
from tests.awx.rules import credential_type_faults, injected, survey_faults

ROOT = Path(__file__).resolve().parents[2]
AWX = ROOT / "playbooks" / "awx"


class _Loader(yaml.SafeLoader):
    """Reads ``!unsafe`` text as text."""


_Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))


def read(name: str) -> dict[str, Any]:
    with (AWX / "vars" / name).open(encoding="utf-8") as stream:
        return yaml.load(stream, Loader=_Loader)  # noqa: S506


@pytest.fixture
def credential_type() -> dict[str, Any]:
    return read("credential_type.yml")["awx_credential_type"]


def test_the_credential_type_keeps_the_rules(credential_type: dict[str, Any]) -> None:
    assert credential_type_faults("cloud", credential_type["inputs"], credential_type["injectors"]) == []


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        (("inputs", "fields", 0, "type"), "integer", "portal_url is of type integer"),
        (("inputs", "fields", 0, "id"), "portal-url", "portal-url is not an ID"),
        (("inputs", "required"), ["nothing"], "required names nothing"),
        (("injectors", "env", "ANSIBLE_HOST"), "x", "the environment variable ANSIBLE_HOST is not allowed"),
        (("injectors", "env", "A"), "{{ elsewhere }}", "env A: uses elsewhere, which is not a field"),
    ],
)
def test_the_rules_can_refuse(credential_type: dict[str, Any], path: tuple[Any, ...], value: Any, fault: str) -> None:
    broken = copy.deepcopy(credential_type)
    place = broken
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    assert fault in credential_type_faults("cloud", broken["inputs"], broken["injectors"])


def test_every_secret_is_marked(credential_type: dict[str, Any]) -> None:
    secrets = {field["id"] for field in credential_type["inputs"]["fields"] if field.get("secret")}
    assert secrets == {"portal_password", "portal_token", "portal_client_secret"}


def test_its_variables_are_those_the_modules_read(credential_type: dict[str, Any]) -> None:
    from ansible_collections.portalops.arcgis.plugins.module_utils._module.options import ENVIRONMENT

    assert set(credential_type["injectors"]["env"]) == set(ENVIRONMENT.values())


def test_blank_fields_are_unset_options(credential_type: dict[str, Any], tmp_path: Path) -> None:
    from ansible_collections.portalops.arcgis.plugins.module_utils._module import options

    values = {
        "portal_url": "https://gis.example.com/portal",
        "portal_username": "admin",
        "portal_password": "long-enough",
    }
    environment = injected(credential_type["inputs"], credential_type["injectors"], values, tmp_path)
    assert environment["ARCGIS_PORTAL_TOKEN"] == ""
    params = {name: spec.get("default") for name, spec in options.connection_spec().items()}
    found = options.connection(params, environment)
    assert (found.url, found.username, found.password) == tuple(values.values())
    assert found.token is None
    assert found.ca_path is None
    assert found.validate_certs is True


def test_own_certificates_travel_as_a_file(credential_type: dict[str, Any], tmp_path: Path) -> None:
    values = {"portal_url": "x", "portal_ca": "-----BEGIN CERTIFICATE-----\n", "portal_validate_certs": "false"}
    environment = injected(credential_type["inputs"], credential_type["injectors"], values, tmp_path)
    assert Path(environment["ARCGIS_PORTAL_CA_PATH"]).read_text(encoding="utf-8") == values["portal_ca"]
    assert environment["ARCGIS_PORTAL_VALIDATE_CERTS"] == "false"


def test_the_controller_refuses_nothing(served: Served) -> None:
    assert served.controller.refused == []


def test_templates_surveys_and_workflow_are_there(served: Served) -> None:
    controller = served.controller
    names = {row["name"]: number for number, row in controller.rows["job_templates"].items()}
    assert {name.partition(": ")[2] for name in names} == {"plan", "apply", "drift", "export", "report", "offboard"}
    for survey in controller.surveys.values():
        assert survey_faults(survey) == []
    asked = {
        question["variable"] for question in controller.surveys["job_templates", names["ArcGIS members: apply"]]["spec"]
    }
    assert {"survey_roster", "survey_purge", "survey_max_disruptive", "survey_expected_plan"} == asked
    assert len(controller.rows["workflow_job_template_nodes"]) == 3
    assert [row["name"] for row in controller.rows["workflow_approval_templates"].values()] == ["Approve the plan"]
    assert [row["enabled"] for row in controller.rows["schedules"].values()] == [False]


def test_every_template_runs_a_playbook_of_the_sample_project(served: Served) -> None:
    for row in served.controller.rows["job_templates"].values():
        sample = AWX / "project" / row["playbook"]
        imported = yaml.safe_load(sample.read_text(encoding="utf-8"))[0]["ansible.builtin.import_playbook"]
        assert imported == f"portalops.arcgis.{sample.stem}"
        assert (ROOT / "playbooks" / sample.name).is_file()


def test_the_workflow_runs_plan_then_approval_then_apply(served: Served) -> None:
    controller = served.controller
    nodes = {row["identifier"]: number for number, row in controller.rows["workflow_job_template_nodes"].items()}
    after = {
        key: controller.links.get(("workflow_job_template_nodes", number, "success_nodes"), [])
        for key, number in nodes.items()
    }
    assert after == {"plan": [nodes["approve"]], "approve": [nodes["apply"]], "apply": []}


def test_without_a_credential_only_job_templates_are_created(first_run: Served) -> None:
    controller = first_run.controller
    assert len(controller.rows["job_templates"]) == 6
    # They ask for a credential, which a workflow and a schedule cannot do.
    assert {row["ask_credential_on_launch"] for row in controller.rows["job_templates"].values()} == {True}
    assert controller.rows["workflow_job_templates"] == controller.rows["schedules"] == {}
    assert "run this playbook again with its name in awx_credentials" in " ".join(first_run.output.split())


def test_with_a_credential_the_set_up_is_completed(served: Served) -> None:
    controller = served.controller
    (credential,) = controller.rows["credentials"]
    for number, row in controller.rows["job_templates"].items():
        assert controller.links["job_templates", number, "credentials"] == [credential], row["name"]
        assert row["ask_credential_on_launch"] is False
    assert len(controller.rows["workflow_job_templates"]) == len(controller.rows["schedules"]) == 1
    assert "1 workflow, 1 schedule" in served.output


def test_the_same_run_again_changes_no_template(served: Served) -> None:
    before = len(served.controller.writes)
    again = run_setup(served.url, "-e", f"awx_credentials='{CREDENTIAL}'")
    assert again.returncode == 0, again.stdout + again.stderr
    written = {resource for _method, resource in served.controller.writes[before:]}
    assert not written & {"credential_types", "projects", "inventories", "hosts", "job_templates", "schedules"}


@pytest.mark.parametrize("value", ["", "  "])
def test_the_set_up_requires_a_project(first_run: Served, value: str) -> None:
    refused = run_setup(first_run.url, "-e", f"awx_project_url='{value}'")
    assert refused.returncode != 0
    assert "Set awx_project_url" in refused.stdout
