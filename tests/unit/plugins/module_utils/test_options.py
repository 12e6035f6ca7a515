# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import InputError
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import SLICES
from ansible_collections.portalops.arcgis.plugins.module_utils._module import options


def params(**given):
    validated = ArgumentSpecValidator(options.connection_spec()).validate(given)
    assert not validated.error_messages
    return validated.validated_parameters


def connect(environ=None, **given):
    return options.connection(params(**given), environ or {})


def test_options_reach_the_connection():
    found = connect(
        portal_url="https://gis.example.com", portal_username="u", portal_password="p" * 8, portal_token="t" * 8,
        portal_client_id="i", portal_client_secret="s" * 8, validate_certs=False, ca_path="/ca.pem", allow_http=True,
        timeout=7, retries=0, parallel=9,
    )  # fmt: skip
    assert vars(found) == {
        "url": "https://gis.example.com", "username": "u", "password": "p" * 8, "token": "t" * 8, "client_id": "i",
        "client_secret": "s" * 8, "validate_certs": False, "ca_path": "/ca.pem", "allow_http": True, "timeout": 7,
        "retries": 0, "parallel": 9,
    }  # fmt: skip


def test_defaults():
    found = connect(portal_url="https://x")
    assert (found.timeout, found.retries, found.parallel, found.validate_certs, found.allow_http) == (
        30,
        4,
        4,
        True,
        False,
    )


@pytest.mark.parametrize(
    ("option", "attribute"),
    [
        ("portal_url", "url"), ("portal_username", "username"), ("portal_password", "password"),
        ("portal_token", "token"), ("portal_client_id", "client_id"), ("portal_client_secret", "client_secret"),
        ("ca_path", "ca_path"),
    ],
)  # fmt: skip
def test_the_environment_stands_in_and_an_empty_variable_is_unset(option, attribute):
    variable = options.ENVIRONMENT[option]
    others = {} if option == "portal_url" else {"portal_url": "https://x"}
    assert getattr(connect({variable: "from-the-env"}, **others), attribute) == "from-the-env"
    assert getattr(connect({variable: "from-the-env"}, **{**others, option: "/by-option"}), attribute) == "/by-option"
    assert getattr(connect({variable: "from-the-env"}, **{**others, option: ""}), attribute) == "from-the-env"
    if option != "portal_url":
        assert getattr(connect({variable: ""}, **others), attribute) is None


@pytest.mark.parametrize("environ", [{}, {"ARCGIS_PORTAL_URL": ""}])
def test_a_missing_address_names_option_and_variable(environ):
    with pytest.raises(InputError, match="portal_url.*ARCGIS_PORTAL_URL") as caught:
        connect(environ)
    assert caught.value.details["option"] == "portal_url"


@pytest.mark.parametrize(
    ("variable", "verified"), [("", True), ("false", False), ("no", False), ("0", False), ("true", True), ("1", True)]
)
def test_validate_certs_of_the_environment(variable, verified):
    assert connect({"ARCGIS_PORTAL_VALIDATE_CERTS": variable}, portal_url="https://x").validate_certs is verified


def test_validate_certs_false_is_given_and_not_missing():
    environ = {"ARCGIS_PORTAL_VALIDATE_CERTS": "true"}
    assert connect(environ, portal_url="https://x", validate_certs=False).validate_certs is False


def test_validate_certs_is_a_boolean():
    with pytest.raises(InputError, match="validate_certs must be true or false, not 'perhaps'"):
        connect({"ARCGIS_PORTAL_VALIDATE_CERTS": "perhaps"}, portal_url="https://x")


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
    with pytest.raises(InputError, match=f"{option} must be from .* not {value}") as caught:
        connect(portal_url="https://x", **{option: value})
    assert caught.value.details["option"] == option


def test_the_process_environment_is_the_default(monkeypatch):
    for variable in options.ENVIRONMENT.values():
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("ARCGIS_PORTAL_URL", "https://env.example.com")
    monkeypatch.setenv("ARCGIS_PORTAL_PASSWORD", "of-the-environment")
    assert options.connection(params()).url == "https://env.example.com"
    assert options.environment_secrets() == ["of-the-environment"]


def test_secrets_of_the_environment():
    environ = {"ARCGIS_PORTAL_PASSWORD": "a", "ARCGIS_PORTAL_TOKEN": "", "ARCGIS_PORTAL_CLIENT_SECRET": "c"}
    assert options.environment_secrets({**environ, "ARCGIS_PORTAL_USERNAME": "u"}) == ["a", "c"]


def test_secrets_are_marked():
    spec = options.connection_spec()
    assert {name for name, option in spec.items() if option.get("no_log")} == set(options.SECRETS)


@pytest.mark.parametrize("module", SLICES)
def test_single_and_list_form_share_one_spec(module):
    spec = options.members_spec(module)
    items = spec["members"]["options"]
    shared = {name: option for name, option in spec.items() if name not in ("members", "on_error")}
    assert set(items) == set(shared) | {"username"} == {"username", *SLICES[module]}
    assert ("username" in shared) is (module != "portal_members")
    for name in SLICES[module]:
        assert {**items[name], "default": None} == {**shared[name], "default": None}
        assert "default" not in items[name], "a default of an item would hide the top-level value"


def test_on_error_continues_by_default():
    assert options.members_spec("portal_user")["on_error"]["default"] == "continue"


def test_a_tree_that_is_too_deep_passes_the_spec_so_that_our_message_tells_the_path():
    deep = {
        "title": "1",
        "categories": [{"title": "2", "categories": [{"title": "3", "categories": [{"title": "4"}]}]}],
    }
    assert not ArgumentSpecValidator(options.schema_spec()).validate({"categories": [deep]}).error_messages
