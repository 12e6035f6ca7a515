# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Form fields of a request. Pure."""

from __future__ import annotations

import json
import re
import typing as t
from collections.abc import Mapping
from urllib.parse import urlencode

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import InputError


def form_fields(values: Mapping[str, t.Any] | None) -> dict[str, str]:
    """Convert values to the form fields that a portal reads. None is not sent, structures become JSON text."""
    return {name: _field_text(value) for name, value in (values or {}).items() if value is not None}


def _field_text(value: t.Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    return json.dumps(value)


def encode_form(values: Mapping[str, t.Any] | None) -> str:
    """Encode values as a form that asks for JSON.

    Raises:
        InputError: If a text has no UTF-8 form.
    """
    fields = {**form_fields(values), "f": "json"}
    try:
        return urlencode(fields)
    except UnicodeEncodeError:
        broken = [name for name, value in fields.items() if re.search("[\ud800-\udfff]", name + value)]
    raise InputError(f"{', '.join(broken)}: The text contains an unpaired surrogate character. Remove it.")
