# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it may change in any release.

"""Argument specs of the modules, and the environment variables behind the connection options."""

from __future__ import annotations

import os

from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import InputError
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import DEFAULTS, MIN_SECRET, member_spec
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.client import Connection

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

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
"""Environment variables by option. An empty variable is an unset one: AWX injects blank fields as empty text."""

SECRETS = ("portal_password", "portal_token", "portal_client_secret")


def connection_spec() -> dict[str, dict[str, Any]]:
    """The connection options of every module.

    The environment is read in C(connection) and not by a fallback of the spec, which takes an empty one for a value.
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


def connection(params: dict[str, Any], environ: dict[str, str] | None = None) -> Connection:
    """The connection that the options and the environment describe; raises InputError naming option and remedy."""
    values = {name: _given(params.get(name), variable, environ) for name, variable in ENVIRONMENT.items()}
    if not values["portal_url"]:
        raise InputError(
            "portal_url is missing: set the option, or the environment variable ARCGIS_PORTAL_URL",
            option="portal_url",
            remedy="set portal_url or ARCGIS_PORTAL_URL",
        )
    for name, low, high in (("timeout", 1, 3600), ("retries", 0, 20), ("parallel", 1, 32)):
        if not low <= params[name] <= high:
            raise InputError(
                f"{name} must be from {low} to {high}, not {params[name]}",
                option=name,
                remedy=f"set it from {low} to {high}",
            )
    for name in SECRETS:
        if values[name] and len(values[name]) < MIN_SECRET:
            raise InputError(
                f"{name} is shorter than {MIN_SECRET} characters; Ansible would mask those letters all over the result",
                option=name,
                remedy="choose a longer one",
            )
    return Connection(
        url=values["portal_url"],
        username=values["portal_username"],
        password=values["portal_password"],
        token=values["portal_token"],
        client_id=values["portal_client_id"],
        client_secret=values["portal_client_secret"],
        validate_certs=_flag(values["validate_certs"]),
        ca_path=values["ca_path"],
        timeout=params["timeout"],
        retries=params["retries"],
        parallel=params["parallel"],
        allow_http=params["allow_http"],
    )


def environment_secrets(environ: dict[str, str] | None = None) -> list[str]:
    """Secrets that come from the environment: Ansible masks only those that come from options."""
    return [value for value in (_given(None, ENVIRONMENT[name], environ) for name in SECRETS) if value]


def _given(option: Any, variable: str, environ: dict[str, str] | None) -> Any:
    if option not in (None, ""):
        return option
    return (os.environ if environ is None else environ).get(variable) or None


def _flag(value: Any) -> bool:
    if value is None:
        return True
    try:
        return bool(boolean(value))
    except TypeError:
        raise InputError(
            f"validate_certs must be true or false, not {value!r}",
            option="validate_certs",
            remedy="set the option or ARCGIS_PORTAL_VALIDATE_CERTS to true or false",
        ) from None


def members_spec(module: str) -> dict[str, dict[str, Any]]:
    """C(username) or C(members), one spec for both: top-level values are defaults for the items."""
    fields = member_spec(module)
    item = {"username": {"type": "str", "required": True}, **member_spec(module)}
    for name, default in DEFAULTS.items():
        if name in fields:
            fields[name]["default"] = default
    spec: dict[str, dict[str, Any]] = {
        "members": {"type": "list", "elements": "dict", "options": item},
        "on_error": {"type": "str", "choices": ["continue", "stop"], "default": "continue"},
        **fields,
    }
    if module != "portal_members":
        spec["username"] = {"type": "str"}
    return spec


def roster_spec() -> dict[str, dict[str, Any]]:
    """The options of C(portal_members) beside the members themselves."""
    return {
        "src": {"type": "path"},
        "columns": {"type": "dict"},
        "delimiter": {"type": "str"},
        "purge": {"type": "str", "choices": ["none", "disable", "delete"], "default": "none"},
        "guards": {"type": "dict", "options": guards_spec()},
        "expected_plan": {"type": "str"},
        "progress_path": {"type": "path"},
    }


def guards_spec() -> dict[str, dict[str, Any]]:
    """Limits on what one run may do, checked before the first write."""
    return {
        "max_disruptive": {"type": "str"},
        "max_removals": {"type": "str"},
        "min_admins": {"type": "int"},
        "protected": {"type": "list", "elements": "str"},
        "required_admins": {"type": "list", "elements": "str"},
    }


def credits_spec() -> dict[str, dict[str, Any]]:
    """The organization's credit budget, beside the members' credits."""
    return {"budgeting": {"type": "bool"}, "default_credits": {"type": "raw"}}


def schema_spec() -> dict[str, dict[str, Any]]:
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
    }


def members_info_spec() -> dict[str, dict[str, Any]]:
    """Which members to return, and which of their fields."""
    return {
        "usernames": {"type": "list", "elements": "str"},
        "role": {"type": "str"},
        "user_type": {"type": "str"},
        "enabled": {"type": "bool"},
        "inactive_days": {"type": "int"},
        "fields": {"type": "list", "elements": "str"},
    }
