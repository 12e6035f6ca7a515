# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation of the modules says what their argument specs and results are, no more and no less."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import yaml

from ansible_collections.portalops.arcgis.plugins.module_utils._module.options import connection_spec

ROOT = Path(__file__).resolve().parents[4]
PACKAGE = "ansible_collections.portalops.arcgis.plugins"
MODULES = sorted(path.stem for path in (ROOT / "plugins/modules").glob("portal_*.py"))
INFO = [name for name in MODULES if name.endswith("_info")]
SCHEMA = "portal_member_categories"
GROUPS = "portal_group"
INVITATIONS = "portal_invitations"
MEMBER_MODULES = [name for name in MODULES if name not in (*INFO, SCHEMA, GROUPS, INVITATIONS)]
SPEC_WORDS = ("type", "elements", "choices", "default", "required")
SENTENCE_LISTS = ("description", "notes", "details")

OF_EVERY_WRITE = {"changed", "plan_checksum", "diff", "api_calls", "uncertain", "error"}
RESULTS = {
    **{name: {*OF_EVERY_WRITE, "members", "summary"} for name in MEMBER_MODULES},
    GROUPS: {*OF_EVERY_WRITE, "groups", "summary"},
    INVITATIONS: {*OF_EVERY_WRITE, "invitations", "summary"},
    "portal_invitations_info": {"invitations", "total", "api_calls", "error"},
    SCHEMA: {*OF_EVERY_WRITE, "categories", "added", "removed", "updated", "affected_members"},
    "portal_info": {
        "portal", "caller", "roles", "user_types", "levels", "credits", "add_ons", "member_categories",
        "member_category_paths", "api_calls", "error",
    },
    "portal_members_info": {"members", "total", "incomplete", "api_calls", "error"},
}  # fmt: skip
RESULTS["portal_members"].update(("unmanaged", "groups"))
RESULTS["portal_credits"].add("budget")

INVITATION_KEYS = {"id", "username", "email", "action", "changed", "changes", "warnings", "error"}
GROUP_KEYS = {"index", "title", "id", "action", "changed", "changes", "warnings", "error"}
MEMBER_KEYS = {"index", "username", "action", "changed", "changes", "warnings", "error"}
BESIDE_MEMBERS = {
    "add_ons_email",
    "src", "columns", "delimiter", "purge", "guards", "recycle_bin", "leave_groups", "transfer_groups",
    "managed_groups", "group_settings", "expected_plan", "progress_path", "budgeting", "default_credits",
}  # fmt: skip
COUNTS = {"created", "changed", "removed", "disabled", "unchanged", "skipped", "failed", "total"}


class Captured(Exception):
    """The arguments with which a module makes its AnsibleModule."""

    def __init__(self, arguments: dict[str, Any]) -> None:
        super().__init__("captured")
        self.arguments = arguments


def capture(_self: Any, argument_spec: dict[str, Any], **arguments: Any) -> None:
    raise Captured({"argument_spec": argument_spec, **arguments})


def made(name: str) -> dict[str, Any]:
    """What the module gives to AnsibleModule."""
    module = importlib.import_module(f"{PACKAGE}.modules.{name}")
    with mock.patch("ansible.module_utils.basic.AnsibleModule.__init__", capture), pytest.raises(Captured) as captured:
        module.main()
    return captured.value.arguments


def documentation(name: str) -> dict[str, Any]:
    """The module's documentation with its fragments, as ansible-doc puts them together."""
    found = yaml.safe_load(importlib.import_module(f"{PACKAGE}.modules.{name}").DOCUMENTATION)
    found.setdefault("options", {})
    for fragment in fragments(found["extends_documentation_fragment"]):
        for option, spec in fragment.get("options", {}).items():
            found["options"][option] = {**spec, **found["options"].get(option, {})}
        found["notes"] = [*found.get("notes", []), *fragment.get("notes", [])]
        found["attributes"] = {**fragment.get("attributes", {}), **found.get("attributes", {})}
    return found


def fragments(names: list[str]) -> Iterator[dict[str, Any]]:
    for name in names:
        _namespace, _collection, file, *section = name.split(".")
        fragment = importlib.import_module(f"{PACKAGE}.doc_fragments.{file}").ModuleDocFragment
        yield yaml.safe_load(getattr(fragment, section[0].upper() if section else "DOCUMENTATION"))


def returned(name: str) -> dict[str, Any]:
    return yaml.safe_load(importlib.import_module(f"{PACKAGE}.modules.{name}").RETURN)


def examples(name: str) -> list[dict[str, Any]]:
    return yaml.safe_load(importlib.import_module(f"{PACKAGE}.modules.{name}").EXAMPLES)


def declared_words(spec: dict[str, Any]) -> dict[str, Any]:
    """What an option says of itself besides its text and its suboptions."""
    words = {word: spec[word] for word in SPEC_WORDS if spec.get(word) is not None}
    words.setdefault("type", "str")
    words.setdefault("required", False)
    return words


def differences(options: dict[str, Any], spec: dict[str, Any], where: str = "") -> Iterator[str]:
    """Where documented options and an argument spec say different things, at every depth."""
    for name in sorted(set(options) ^ set(spec)):
        yield f"{where}{name} is {'documented only' if name in options else 'not documented'}"
    for name in sorted(set(options) & set(spec)):
        documented, specified = declared_words(options[name]), declared_words(spec[name])
        if documented != specified:
            yield f"{where}{name} is documented as {documented} and specified as {specified}"
        yield from differences(options[name].get("suboptions", {}), spec[name].get("options") or {}, f"{where}{name}.")


def texts(value: Any, key: str = "") -> Iterator[str]:
    """All descriptions, notes and details below a value."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from texts(inner, name if isinstance(name, str) else "")
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner, key)
    elif isinstance(value, str) and key in SENTENCE_LISTS:
        yield value


def test_there_are_fourteen_modules() -> None:
    assert len(MODULES) == 14


@pytest.mark.parametrize("name", MODULES)
def test_every_option_is_documented_as_it_is_specified(name: str) -> None:
    assert list(differences(documentation(name)["options"], made(name)["argument_spec"])) == []


@pytest.mark.parametrize("name", MODULES)
def test_check_mode_is_supported(name: str) -> None:
    assert made(name)["supports_check_mode"] is True
    assert documentation(name)["attributes"]["check_mode"]["support"] == "full"


@pytest.mark.parametrize("name", MEMBER_MODULES)
def test_single_and_list_form_take_the_same_fields_and_say_the_same_of_them(name: str) -> None:
    options = documentation(name)["options"]
    items = options["members"]["suboptions"]
    shared = set(items) - {"username"}
    others = {*connection_spec(), "members", "username", "on_error"}
    assert set(options) - others - BESIDE_MEMBERS == shared
    for field in sorted(shared):
        assert items[field]["description"] == options[field]["description"], field


@pytest.mark.parametrize("name", MODULES)
def test_every_module_is_in_the_action_group(name: str) -> None:
    runtime = yaml.safe_load((ROOT / "meta/runtime.yml").read_text())
    assert name in runtime["action_groups"]["portal"]
    assert documentation(name)["attributes"]["action_group"]["membership"] == ["portalops.arcgis.portal"]


def test_the_action_group_has_only_modules() -> None:
    runtime = yaml.safe_load((ROOT / "meta/runtime.yml").read_text())
    assert sorted(runtime["action_groups"]["portal"]) == MODULES


def known_task_words() -> set[str]:
    return {"name", "register", "check_mode", "diff", "when", "loop", "loop_control"}


@pytest.mark.parametrize("name", MODULES)
def test_examples_use_full_names_and_known_options(name: str) -> None:
    specs = {f"portalops.arcgis.{module}": made(module)["argument_spec"] for module in MODULES}
    used = set()
    for task in examples(name):
        assert re.match(r"[A-Z].*[^.]$", task["name"])
        (action,) = set(task) - known_task_words()
        used.add(action)
        if action in specs:
            assert list(unknown_options(task[action] or {}, specs[action])) == [], task["name"]
        else:
            assert action.startswith("ansible.builtin."), task["name"]
    assert f"portalops.arcgis.{name}" in used


def unknown_options(given: dict[str, Any], spec: dict[str, Any], where: str = "") -> Iterator[str]:
    for option, value in given.items():
        if option not in spec:
            yield where + option
            continue
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, dict) and spec[option].get("options"):
                yield from unknown_options(inner, spec[option]["options"], f"{where}{option}.")


@pytest.mark.parametrize("name", sorted(set(MODULES) - set(INFO)))
def test_examples_show_check_mode(name: str) -> None:
    assert any(task.get("check_mode") for task in examples(name))


@pytest.mark.parametrize("name", MODULES)
def test_results_are_documented_as_promised(name: str) -> None:
    assert set(returned(name)) == RESULTS[name]


@pytest.mark.parametrize("name", MEMBER_MODULES)
def test_outcomes_and_counts_are_documented_as_promised(name: str) -> None:
    values = returned(name)
    assert set(values["members"]["contains"]) == MEMBER_KEYS
    assert all(set(outcome) == MEMBER_KEYS for outcome in values["members"]["sample"])
    assert set(values["summary"]["contains"]) == COUNTS == set(values["summary"]["sample"])


def test_outcomes_of_groups_are_documented_as_promised() -> None:
    values = returned(GROUPS)
    assert set(values["groups"]["contains"]) == GROUP_KEYS
    assert all(set(outcome) == GROUP_KEYS for outcome in values["groups"]["sample"])
    assert set(values["summary"]["contains"]) == COUNTS - {"disabled"} == set(values["summary"]["sample"])


def test_outcomes_of_invitations_are_documented_as_promised() -> None:
    values = returned(INVITATIONS)
    assert set(values["invitations"]["contains"]) == INVITATION_KEYS
    assert all(set(outcome) == INVITATION_KEYS for outcome in values["invitations"]["sample"])
    counts = COUNTS - {"created", "changed", "disabled"}
    assert set(values["summary"]["contains"]) == counts == set(values["summary"]["sample"])


def test_a_group_and_an_entry_of_groups_take_the_same_options() -> None:
    options = documentation(GROUPS)["options"]
    items = options["groups"]["suboptions"]
    others = set(documentation("portal_info")["options"]) | {"groups", "guards", "on_error", "expected_plan"}
    settings = documentation("portal_members")["options"]["group_settings"]["suboptions"]
    assert set(options) - others == set(items) == set(settings)
    assert all(items[name]["description"] == options[name]["description"] for name in items)


@pytest.mark.parametrize("name", MODULES)
def test_every_sentence_ends_with_a_period(name: str) -> None:
    spoken = {*texts(documentation(name)), *texts(returned(name))} - descriptions_in_samples(name)
    assert [text for text in spoken if not text.rstrip().endswith(".")] == []


def descriptions_in_samples(name: str) -> set[str]:
    """Descriptions that are data, not documentation."""
    return {text for value in returned(name).values() for text in texts(value.get("sample"))}


@pytest.mark.parametrize("name", MODULES)
def test_references_to_options_and_results_exist(name: str) -> None:
    found, values = documentation(name), returned(name)
    for text in [*texts(found), *texts(values)]:
        for option in re.findall(r"\bO\(([^=)]+)", text):
            assert option in found["options"], text
        for value in re.findall(r"\bRV\(([^=)]+)", text):
            assert value in values or value.startswith("ignore:"), text
