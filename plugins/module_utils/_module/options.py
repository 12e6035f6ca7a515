# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Argument specs of the modules, and the environment variables behind the connection options."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import InputError
from ansible_collections.portalops.arcgis.plugins.module_utils._model import group_settings
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import (
    DEFAULTS,
    MIN_SECRET,
    NAME,
    member_spec,
    unconverted,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.connection import (
    CREDENTIAL_OPTIONS,
    Connection,
    check_credentials,
    is_blank,
)

# Environment variables by connection option. An empty variable counts as not set: AWX sets blank fields as empty text.
ENVIRONMENT = {
    "portal_url": "ARCGIS_PORTAL_URL",
    "portal_username": "ARCGIS_PORTAL_USERNAME",
    "portal_password": "ARCGIS_PORTAL_PASSWORD",
    "portal_token": "ARCGIS_PORTAL_TOKEN",
    "portal_client_id": "ARCGIS_PORTAL_CLIENT_ID",
    "portal_client_secret": "ARCGIS_PORTAL_CLIENT_SECRET",
    "validate_certs": "ARCGIS_PORTAL_VALIDATE_CERTS",
    "ca_path": "ARCGIS_PORTAL_CA_PATH",
}
SECRETS = ("portal_password", "portal_token", "portal_client_secret")
# Accepted values of the numeric connection options, timeout in seconds.
LIMITS = {"timeout": (1, 3600), "retries": (0, 20), "parallel": (1, 32)}


def connection_spec() -> dict[str, dict[str, Any]]:
    """Return the argument spec of the connection options, which all modules share.

    The spec has no fallback to the environment: a fallback would take an empty variable as a value, and would mix the
    credentials of two sources.
    """
    return {
        "portal_url": {"type": "str"},
        "portal_username": {"type": "str"},
        "portal_password": {"type": "str", "no_log": True},
        "portal_token": {"type": "str", "no_log": True},
        "portal_client_id": {"type": "str"},
        "portal_client_secret": {"type": "str", "no_log": True},
        "validate_certs": {"type": "bool"},
        "ca_path": {"type": "path"},
        "allow_http": {"type": "bool", "default": False},
        "timeout": {"type": "int", "default": 30},
        "retries": {"type": "int", "default": 4},
        "parallel": {"type": "int", "default": 4},
    }


def connection(params: dict[str, Any], environ: Mapping[str, str] | None = None) -> Connection:
    """Build the connection from the options of the task and the environment.

    The credentials are one set: all from the task, or all from the environment if the task sets none of them.

    Args:
        params: Validated options of the module.
        environ: Environment variables. If None, the environment of the process is read.

    Raises:
        InputError: If an option is missing, contradicts another one, or has a wrong value.
    """
    environ = os.environ if environ is None else environ
    url = _option_or_variable(params, "portal_url", environ)
    if url is None:
        raise InputError("portal_url is not set.", option="portal_url", remedy="Set portal_url or ARCGIS_PORTAL_URL.")
    for name, (low, high) in LIMITS.items():
        if not low <= params[name] <= high:
            raise InputError(
                f"{name} '{params[name]}' is out of range.", option=name, remedy=f"Set it from {low} to {high}."
            )
    credentials = _credentials(params, environ)
    return Connection(
        url=url,
        username=credentials["portal_username"],
        password=credentials["portal_password"],
        token=credentials["portal_token"],
        client_id=credentials["portal_client_id"],
        client_secret=credentials["portal_client_secret"],
        validate_certs=_validate_certs(params, environ),
        ca_path=_option_or_variable(params, "ca_path", environ),
        timeout=params["timeout"],
        retries=params["retries"],
        parallel=params["parallel"],
        allow_http=params["allow_http"],
    )


def environment_secrets(environ: Mapping[str, str] | None = None) -> list[str]:
    """Return the secrets of the environment, used or not. Ansible masks only the secrets of options."""
    environ = os.environ if environ is None else environ
    values = (environ.get(ENVIRONMENT[name]) for name in SECRETS)
    return [value for value in values if value and not is_blank(value)]


def _option_or_variable(params: dict[str, Any], name: str, environ: Mapping[str, str]) -> Any:
    """Return the value of an option, or of its environment variable. None means that neither is set."""
    for value in (params.get(name), environ.get(ENVIRONMENT[name])):
        if not is_blank(value):
            return value
    return None


def _credentials(params: dict[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    """Return the credentials of the task, or those of the environment if the task sets none."""
    given: dict[str, Any] = {name: params.get(name) for name in CREDENTIAL_OPTIONS}
    names = {name: name for name in CREDENTIAL_OPTIONS}
    variables = {name: environ.get(ENVIRONMENT[name]) for name in CREDENTIAL_OPTIONS}
    if all(is_blank(value) for value in given.values()) and not all(is_blank(value) for value in variables.values()):
        given, names = variables, {name: ENVIRONMENT[name] for name in CREDENTIAL_OPTIONS}
    check_credentials(given, names)
    for name in SECRETS:
        value = given[name]
        if not is_blank(value) and len(value) < MIN_SECRET:
            raise InputError(
                f"{names[name]} is shorter than {MIN_SECRET} characters. Ansible would mask them in the whole result.",
                option=name,
                remedy="Choose a longer one.",
            )
    return given


def _validate_certs(params: dict[str, Any], environ: Mapping[str, str]) -> bool:
    value = _option_or_variable(params, "validate_certs", environ)
    if value is None:
        return True
    try:
        return bool(boolean(value))
    except TypeError:
        raise InputError(
            f"validate_certs '{value}' is not a boolean.",
            option="validate_certs",
            remedy="Set validate_certs or ARCGIS_PORTAL_VALIDATE_CERTS to true or false.",
        ) from None


def members_spec(module: str) -> dict[str, dict[str, Any]]:
    """C(username) or C(members), one spec for both: top-level values are defaults for the items."""
    fields = unconverted(member_spec(module))
    item = {"username": {**NAME, "required": True}, **unconverted(member_spec(module))}
    for name, default in DEFAULTS.items():
        if name in fields:
            fields[name]["default"] = default
    spec: dict[str, dict[str, Any]] = {
        "members": {"type": "list", "elements": "dict", "options": item},
        "on_error": {"type": "str", "choices": ["continue", "stop"], "default": "continue"},
        **fields,
    }
    if module != "portal_members":
        spec["username"] = dict(NAME)
    return spec


def roster_spec() -> dict[str, dict[str, Any]]:
    """The options of C(portal_members) beside the members themselves."""
    return {
        "src": {"type": "path"},
        "columns": {"type": "dict"},
        "delimiter": {"type": "str"},
        "purge": {"type": "str", "choices": ["none", "disable", "delete"], "default": "none"},
        "guards": {"type": "dict", "options": guards_spec()},
        "managed_groups": {"type": "list", "elements": "str"},
        **add_ons_spec(),
        "group_settings": {"type": "list", "elements": "dict", "options": unconverted(group_settings.group_spec())},
        **departure_spec(),
        "expected_plan": {"type": "str"},
        "progress_path": {"type": "path"},
    }


def departure_spec() -> dict[str, dict[str, Any]]:
    """Return the options for what departing members leave behind."""
    return {
        "recycle_bin": {"type": "str", "choices": ["refuse", "restore", "delete"], "default": "refuse"},
        "leave_groups": {"type": "bool", "default": False},
        "transfer_groups": {"type": "bool", "default": False},
    }


def guards_spec() -> dict[str, dict[str, Any]]:
    """Limits for one run, checked before the first write."""
    return {
        "max_disruptive": {"type": "str"},
        "max_removals": {"type": "str"},
        "max_created": {"type": "str"},
        "min_admins": {"type": "int"},
        "protected": {"type": "list", "elements": "str"},
        "required_admins": {"type": "list", "elements": "str"},
        "max_leaving": {"type": "str"},
        "protected_groups": {"type": "list", "elements": "str"},
        "keep_managers": {"type": "bool"},
    }


def add_ons_spec() -> dict[str, dict[str, Any]]:
    """Return the options for add-on licenses beside the member options."""
    return {"add_ons_email": {"type": "bool", "default": False}}


def add_on_guards_spec() -> dict[str, dict[str, Any]]:
    """Return the guards of the module for add-on licenses."""
    names = ("max_disruptive", "protected")
    return {"guards": {"type": "dict", "options": {name: guards_spec()[name] for name in names}}}


def groups_spec() -> dict[str, dict[str, Any]]:
    """Return the options for memberships of groups: which groups are managed, and guards."""
    names = ("max_disruptive", "protected", "max_leaving", "protected_groups", "keep_managers")
    guards = {name: guards_spec()[name] for name in names}
    return {
        "managed_groups": {"type": "list", "elements": "str"},
        "guards": {"type": "dict", "options": guards},
    }


def group_spec() -> dict[str, dict[str, Any]]:
    """Return the options of ``portal_group``: one group or ``groups``, one spec for both."""
    fields = unconverted(group_settings.group_spec())
    item = {name: dict(spec) for name, spec in fields.items()}
    fields["state"]["default"] = "present"
    guards = {"max_removals": {"type": "int"}, "protected_groups": guards_spec()["protected_groups"]}
    return {
        **fields,
        "groups": {"type": "list", "elements": "dict", "options": item},
        "guards": {"type": "dict", "options": guards},
        "on_error": {"type": "str", "choices": ["continue", "stop"], "default": "continue"},
        "expected_plan": {"type": "str"},
    }


def invitations_info_spec() -> dict[str, dict[str, Any]]:
    """Return the options that select pending invitations."""
    return {
        "usernames": {"type": "list", "elements": "str"},
        "emails": {"type": "list", "elements": "str"},
        "older_than_days": {"type": "int"},
    }


def invitations_spec() -> dict[str, dict[str, Any]]:
    """Return the options of ``portal_invitations``: which invitations, and guards."""
    return {
        **invitations_info_spec(),
        "state": {"type": "str", "choices": ["absent"], "default": "absent"},
        "guards": {"type": "dict", "options": {"max_removals": guards_spec()["max_removals"]}},
        "on_error": {"type": "str", "choices": ["continue", "stop"], "default": "continue"},
        "expected_plan": {"type": "str"},
    }


def credits_spec() -> dict[str, dict[str, Any]]:
    """The organization's credit budget, beside the members' credits."""
    return {"budgeting": {"type": "bool"}, "default_credits": {"type": "raw"}}


def category_tree_spec() -> dict[str, dict[str, Any]]:
    """The organization's tree of member categories: three levels of title, description and categories."""
    leaf: dict[str, Any] = {"title": {"type": "str", "required": True}, "description": {"type": "str"}}
    spec: dict[str, Any] = dict(leaf)
    # One level more than the portal allows, so that a tree that is too deep gets our message with its path.
    for _level in range(4):
        spec = {**leaf, "categories": {"type": "list", "elements": "dict", "options": spec}}
    return {
        "categories": {"type": "list", "elements": "dict", "options": spec},
        "mode": {"type": "str", "choices": ["replaced", "merged"], "default": "replaced"},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "guards": {"type": "dict", "options": {name: guards_spec()[name] for name in ("max_disruptive", "protected")}},
        "expected_plan": {"type": "str"},
    }


def info_spec() -> dict[str, dict[str, Any]]:
    """What to return beside the organization."""
    return {"add_ons": {"type": "bool", "default": False}, "add_on_holders": {"type": "bool", "default": False}}


def members_info_spec() -> dict[str, dict[str, Any]]:
    """Which members to return, and which of their fields."""
    return {
        "usernames": {"type": "list", "elements": "str"},
        "role": {"type": "str"},
        "user_type": {"type": "str"},
        "enabled": {"type": "bool"},
        "inactive_days": {"type": "int"},
        "fields": {"type": "list", "elements": "str"},
        "groups": {"type": "bool", "default": False},
        "add_ons": {"type": "bool", "default": False},
    }
