# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules by which AWX judges credential types and surveys, as its documentation states them.

Each function returns what is wrong, as sentences; an empty list passes.
"""

from __future__ import annotations

import re
from typing import Any

import jinja2
from jinja2 import meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

FIELD_TYPES = ("string", "boolean")
STRING_ONLY = ("secret", "multiline", "choices", "format")
FIELD_KEYS = {
    "id",
    "type",
    "label",
    "help_text",
    "secret",
    "multiline",
    "choices",
    "format",
    "default",
    "ask_at_runtime",
}
FIELD_ID = re.compile(r"[a-zA-Z_]+[a-zA-Z0-9_]*")
ENVIRONMENT_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
QUESTION_TYPES = ("text", "textarea", "password", "multiplechoice", "multiselect", "integer", "float")


def credential_type_faults(kind: str, inputs: dict[str, Any], injectors: dict[str, Any]) -> list[str]:
    """What AWX would refuse of a credential type."""
    faults = [] if kind in ("cloud", "net") else [f"kind {kind} is neither cloud nor net"]
    faults += [f"inputs has the key {key}" for key in sorted(set(inputs) - {"fields", "required"})]
    fields = inputs.get("fields", [])
    ids = [field.get("id") for field in fields]
    faults += [f"the id {name} is used twice" for name in sorted({name for name in ids if ids.count(name) > 1})]
    for field in fields:
        faults += _field_faults(field)
    faults += [f"required names {name}" for name in inputs.get("required", []) if name not in ids]
    return faults + _injector_faults(injectors, set(ids))


def _field_faults(field: dict[str, Any]) -> list[str]:
    name = str(field.get("id"))
    faults = [f"{name} has the key {key}" for key in sorted(set(field) - FIELD_KEYS)]
    if not FIELD_ID.fullmatch(name) or name == "tower":
        faults.append(f"{name} is not an ID")
    if not field.get("label"):
        faults.append(f"{name} has no label")
    kind = field.get("type", "string")
    if kind not in FIELD_TYPES:
        faults.append(f"{name} is of type {kind}")
    if kind != "string":
        faults += [f"{name} is not a string but has {key}" for key in STRING_ONLY if key in field]
    choices = field.get("choices")
    if choices is not None and not (isinstance(choices, list) and all(isinstance(item, str) for item in choices)):
        faults.append(f"the choices of {name} are no texts")
    return faults


def _injector_faults(injectors: dict[str, Any], ids: set[str]) -> list[str]:
    faults = [f"injectors has the key {key}" for key in sorted(set(injectors) - {"env", "extra_vars", "file"})]
    files = injectors.get("file", {})
    for name in files:
        if not re.fullmatch(r"template(\.[a-zA-Z_][a-zA-Z0-9_]*)?", name):
            faults.append(f"the file {name} is not a template")
    for name in injectors.get("env", {}):
        if not ENVIRONMENT_NAME.fullmatch(name) or name.startswith("ANSIBLE_"):
            faults.append(f"the environment variable {name} is not allowed")
    for kind in ("env", "extra_vars", "file"):
        for name, template in injectors.get(kind, {}).items():
            faults += [f"{kind} {name}: {fault}" for fault in _template_faults(template, ids | {"tower"})]
    return faults


def _template_faults(template: str, known: set[str]) -> list[str]:
    try:
        used = meta.find_undeclared_variables(ImmutableSandboxedEnvironment().parse(template))
    except jinja2.TemplateSyntaxError as error:
        return [str(error)]
    return [f"uses {name}, which is not a field" for name in sorted(used - known)]


def injected(inputs: dict[str, Any], injectors: dict[str, Any], values: dict[str, Any], folder: Any) -> dict[str, str]:
    """The environment of a job: a field without a value is an empty text, a boolean without one is False."""
    values_by_id = {field["id"]: False if field.get("type") == "boolean" else "" for field in inputs["fields"]}
    values_by_id.update(values)
    environment = ImmutableSandboxedEnvironment()
    names = {}
    for key, template in injectors.get("file", {}).items():
        path = folder / key.replace("template", "awx_file").replace(".", "_")
        path.write_text(environment.from_string(template).render(**values_by_id), encoding="utf-8")
        names[key.partition(".")[2] or "filename"] = str(path)
    values_by_id["tower"] = {"filename": names}
    variables = injectors.get("env", {})
    return {key: environment.from_string(template).render(**values_by_id) for key, template in variables.items()}


def survey_faults(survey: dict[str, Any]) -> list[str]:
    """What AWX would refuse of a survey."""
    faults = [
        f"the survey has no {key}"
        for key in ("name", "description", "spec")
        if not isinstance(survey.get(key), (str, list))
    ]
    questions = survey.get("spec") or []
    if not isinstance(questions, list) or not questions:
        return [*faults, "the survey asks nothing"]
    variables = [question.get("variable") for question in questions]
    faults += [f"{name} is asked twice" for name in sorted({name for name in variables if variables.count(name) > 1})]
    for question in questions:
        faults += _question_faults(question)
    return faults


def _question_faults(question: dict[str, Any]) -> list[str]:
    name = question.get("variable")
    faults = [
        f"{name} has no {key}" for key in ("type", "question_name", "variable", "required") if key not in question
    ]
    kind = question.get("type")
    if kind not in QUESTION_TYPES:
        faults.append(f"{name} is of type {kind}")
    if not isinstance(question.get("required"), bool):
        faults.append(f"required of {name} is not a boolean")
    if kind in ("multiplechoice", "multiselect"):
        faults += _choice_faults(question)
    default = question.get("default", "")
    if kind in ("text", "textarea", "password") and not isinstance(default, str):
        faults.append(f"the default of {name} is not a text")
    if kind in ("text", "textarea", "password") and isinstance(default, str) and default:
        low, high = question.get("min") or 0, question.get("max") or 4096
        if not low <= len(default) <= high:
            faults.append(f"the default of {name} is not {low} to {high} characters long")
    return faults


def _choice_faults(question: dict[str, Any]) -> list[str]:
    choices = question.get("choices")
    choices = choices.splitlines() if isinstance(choices, str) else choices
    if not choices:
        return [f"{question['variable']} has no choices"]
    default = question.get("default")
    return [f"the default of {question['variable']} is not a choice"] if default and default not in choices else []
