# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import InputError
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import MODULE_FIELDS
from ansible_collections.portalops.arcgis.plugins.module_utils._module import options


def params(**given):
    validated = ArgumentSpecValidator(options.connection_spec()).validate(given)
    assert not validated.error_messages
    return validated.validated_parameters


def connect(environ=None, **given):
    return options.connection(params(**given), environ or {})


TOKEN = {"portal_token": "t" * 8}


def test_options_reach_the_connection():
    found = connect(
        portal_url="https://gis.example.com", portal_username="u", portal_password="p" * 8, validate_certs=False,
        ca_path="/ca.pem", allow_http=True, timeout=7, retries=0, parallel=9,
    )  # fmt: skip
    assert vars(found) == {
        "url": "https://gis.example.com", "username": "u", "password": "p" * 8, "token": None, "client_id": None,
        "client_secret": None, "validate_certs": False, "ca_path": "/ca.pem", "allow_http": True, "timeout": 7,
        "retries": 0, "parallel": 9,
    }  # fmt: skip


def test_defaults():
    found = connect(portal_url="https://x", **TOKEN)
    assert (found.timeout, found.retries, found.parallel, found.validate_certs, found.allow_http) == (
        30,
        4,
        4,
        True,
        False,
    )


@pytest.mark.parametrize(("option", "attribute"), [("portal_url", "url"), ("ca_path", "ca_path")])
def test_an_option_without_credentials_reads_its_own_variable(option, attribute):
    variable = options.ENVIRONMENT[option]
    others = {**TOKEN} if option == "portal_url" else {"portal_url": "https://x", **TOKEN}
    assert getattr(connect({variable: "from-the-env"}, **others), attribute) == "from-the-env"
    assert getattr(connect({variable: "from-the-env"}, **{**others, option: "/by-option"}), attribute) == "/by-option"
    assert getattr(connect({variable: "from-the-env"}, **{**others, option: ""}), attribute) == "from-the-env"
    if option != "portal_url":
        assert getattr(connect({variable: ""}, **others), attribute) is None


KINDS = [
    {"portal_token": "token-of-it"},
    {"portal_username": "user-of-it", "portal_password": "password-of-it"},
    {"portal_client_id": "app-of-it", "portal_client_secret": "secret-of-it"},
]
KIND_NAMES = ["token", "password", "application"]


def variables(kind):
    return {options.ENVIRONMENT[option]: f"environment-{value}" for option, value in kind.items()}


def credentials(found):
    return {option: value for option, value in found.credentials.items() if value is not None}


@pytest.mark.parametrize("environment", [{}, *KINDS], ids=["no environment", *KIND_NAMES])
@pytest.mark.parametrize("kind", KINDS, ids=KIND_NAMES)
def test_credentials_of_the_task_are_never_mixed_with_the_environment(kind, environment):
    found = connect(variables(environment), portal_url="https://x", **kind)
    assert credentials(found) == kind


@pytest.mark.parametrize("kind", KINDS, ids=KIND_NAMES)
def test_credentials_of_the_environment_are_used_if_the_task_names_none(kind):
    blank = dict.fromkeys(options.CREDENTIAL_OPTIONS, "")
    blanks = {variable: "" for option, variable in options.ENVIRONMENT.items() if option in blank}
    for given in ({}, blank, dict.fromkeys(blank, "  ")):
        found = connect({**blanks, **variables(kind)}, portal_url="https://x", **given)
        assert credentials(found) == {option: f"environment-{value}" for option, value in kind.items()}


@pytest.mark.parametrize("source", ["task", "environment"])
@pytest.mark.parametrize("first", KINDS, ids=KIND_NAMES)
@pytest.mark.parametrize("second", KINDS, ids=KIND_NAMES)
def test_two_kinds_of_credentials_in_one_source_are_rejected(first, second, source):
    both = {**first, **second}
    if first is second:
        assert credentials(connect(portal_url="https://x", **both)) == both
        return
    environ, given = ({}, both) if source == "task" else (variables(both), {})
    with pytest.raises(InputError) as caught:
        connect(environ, portal_url="https://x", **given)
    names = both if source == "task" else variables(both)
    named = [name for name in names if re.search(rf"\b{name}\b", caught.value.message)]
    assert len(named) == 2 and caught.value.message.endswith(" are both set.")
    assert not any(value in str(caught.value.fail_args()) for value in both.values())


@pytest.mark.parametrize(
    ("given", "variables_set", "missing"),
    [
        ({"portal_username": "u"}, {"portal_password": "p" * 8}, "portal_password"),
        ({"portal_password": "p" * 8}, {"portal_username": "u"}, "portal_username"),
        ({"portal_client_id": "c"}, {"portal_token": "t" * 8}, "portal_client_secret"),
        ({}, {"portal_username": "u"}, "ARCGIS_PORTAL_PASSWORD"),
    ],
)
def test_incomplete_credentials_are_not_completed_from_another_source(given, variables_set, missing):
    with pytest.raises(InputError, match=rf"is set without {missing}\.") as caught:
        connect(variables(variables_set), portal_url="https://x", **given)
    assert "all in environment variables" in caught.value.details["remedy"]


@pytest.mark.parametrize("option", options.SECRETS)
def test_a_short_secret_is_rejected(option):
    partner = {"portal_password": {"portal_username": "u"}, "portal_client_secret": {"portal_client_id": "c"}}
    with pytest.raises(InputError, match=rf"^{option} is shorter than .* characters") as caught:
        connect(portal_url="https://x", **{option: "qz"}, **partner.get(option, {}))
    assert "qz" not in str(caught.value.fail_args())


@pytest.mark.parametrize("environ", [{}, {"ARCGIS_PORTAL_URL": ""}])
def test_a_missing_address_names_option_and_variable(environ):
    with pytest.raises(InputError, match=r"^portal_url is not set\.$") as caught:
        connect(environ, **TOKEN)
    assert caught.value.details["option"] == "portal_url"
    assert "ARCGIS_PORTAL_URL" in caught.value.details["remedy"]


@pytest.mark.parametrize(
    ("variable", "verified"), [("", True), ("false", False), ("no", False), ("0", False), ("true", True), ("1", True)]
)
def test_validate_certs_of_the_environment(variable, verified):
    assert (
        connect({"ARCGIS_PORTAL_VALIDATE_CERTS": variable}, portal_url="https://x", **TOKEN).validate_certs is verified
    )


def test_validate_certs_false_is_given_and_not_missing():
    environ = {"ARCGIS_PORTAL_VALIDATE_CERTS": "true"}
    assert connect(environ, portal_url="https://x", validate_certs=False, **TOKEN).validate_certs is False


def test_validate_certs_is_a_boolean():
    with pytest.raises(InputError, match="validate_certs 'perhaps' is not a boolean"):
        connect({"ARCGIS_PORTAL_VALIDATE_CERTS": "perhaps"}, portal_url="https://x", **TOKEN)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("timeout", 0),
        ("timeout", 3601),
        ("timeout", -5),
        ("retries", -1),
        ("retries", 21),
        ("parallel", 0),
        ("parallel", 33),
    ],
)
def test_limits(option, value):
    with pytest.raises(InputError, match=f"{option} '{value}' is out of range") as caught:
        connect(portal_url="https://x", **TOKEN, **{option: value})
    assert "Set it from" in caught.value.details["remedy"]
    assert caught.value.details["option"] == option


def test_the_process_environment_is_the_default(monkeypatch):
    for variable in options.ENVIRONMENT.values():
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("ARCGIS_PORTAL_URL", "https://env.example.com")
    monkeypatch.setenv("ARCGIS_PORTAL_PASSWORD", "of-the-environment")
    monkeypatch.setenv("ARCGIS_PORTAL_USERNAME", "env")
    found = options.connection(params())
    assert (found.url, found.username, found.password) == ("https://env.example.com", "env", "of-the-environment")
    assert options.environment_secrets() == ["of-the-environment"]


def test_secrets_of_the_environment():
    environ = {"ARCGIS_PORTAL_PASSWORD": "a", "ARCGIS_PORTAL_TOKEN": "", "ARCGIS_PORTAL_CLIENT_SECRET": "c"}
    assert options.environment_secrets({**environ, "ARCGIS_PORTAL_USERNAME": "u"}) == ["a", "c"]


def test_secrets_are_marked():
    spec = options.connection_spec()
    assert {name for name, option in spec.items() if option.get("no_log")} == set(options.SECRETS)


@pytest.mark.parametrize("module", MODULE_FIELDS)
def test_single_and_list_form_share_one_spec(module):
    spec = options.members_spec(module)
    items = spec["members"]["options"]
    shared = {name: option for name, option in spec.items() if name not in ("members", "on_error")}
    assert set(items) == set(shared) | {"username"} == {"username", *MODULE_FIELDS[module]}
    assert ("username" in shared) is (module != "portal_members")
    for name in MODULE_FIELDS[module]:
        assert {**items[name], "default": None} == {**shared[name], "default": None}
        assert "default" not in items[name], "a default of an item would hide the top-level value"


def test_on_error_continues_by_default():
    assert options.members_spec("portal_user")["on_error"]["default"] == "continue"


def test_a_tree_that_is_too_deep_passes_the_spec_so_that_our_message_tells_the_path():
    deep = {
        "title": "1",
        "categories": [{"title": "2", "categories": [{"title": "3", "categories": [{"title": "4"}]}]}],
    }
    assert not ArgumentSpecValidator(options.category_tree_spec()).validate({"categories": [deep]}).error_messages
