# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it may change in any release.

"""Wires the layers for the modules that only tell: about the organization, and about its members."""

from __future__ import annotations

import time

from ansible_collections.portalops.arcgis.plugins.module_utils._current.directory import Directory
from ansible_collections.portalops.arcgis.plugins.module_utils._errors import InputError
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import FIELDS, member_key
from ansible_collections.portalops.arcgis.plugins.module_utils._module.describe import Filter, describe, roster
from ansible_collections.portalops.arcgis.plugins.module_utils._module.pipeline import options, started

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ansible_collections.portalops.arcgis.plugins.module_utils._module.pipeline import Run


def run_info() -> None:
    """The module that tells about the organization."""
    started("portal_info", argument_spec=options.connection_spec()).execute(_info)


def _info(run: Run) -> dict[str, Any]:
    return {"changed": False, **describe(run.organization)}


def run_members_info() -> None:
    """The module that reads members in roster form."""
    spec = {**options.connection_spec(), **options.members_info_spec()}
    started("portal_members_info", argument_spec=spec).execute(_members_info)


def _members_info(run: Run) -> dict[str, Any]:
    params = run.params
    names = field_names(params.get("fields"))
    organization = run.organization
    chosen = Filter(params, organization, int(time.time() * 1000))
    columns = chosen.columns(names)
    directory = Directory(run.client, organization, columns, chosen.observed, run.progress)
    keys = {member_key(name): name for name in params.get("usernames") or ()}
    current = directory.read(keys, whole=chosen.keys is None, surely=True)
    members, total = roster(current, chosen, names, organization), current.total
    return {"changed": False, "members": members, "total": directory.count() if total is None else total}


def field_names(given: list[str] | None) -> list[str]:
    """Fields that are returned, in the order of their rows: all but secrets, or those that were asked for."""
    fields = [field.name for field in FIELDS if not field.secret]
    # What no roster can hold is returned only to who asks for it.
    known = [*fields, "credits_spent"]
    unknown = sorted(set(given or ()) - {*known, "username"})
    if unknown:
        raise InputError(
            f"fields names {', '.join(unknown)}, which no member has; known are {', '.join(known)}",
            option="fields",
            remedy=f"take {unknown[0]} out, or correct it",
        )
    return [name for name in known if name in given] if given else fields
