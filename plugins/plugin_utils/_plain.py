# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it can change in any release.

"""Plain Python data from the values of Ansible variables."""

from __future__ import annotations

import datetime
from typing import Any


def plain(value: Any) -> Any:
    """Return dicts, lists, and texts without the tags of Ansible (origin and trust)."""
    if isinstance(value, dict):
        return {str.__str__(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, datetime.date):
        # YAML reads an unquoted date as a date.
        return value.isoformat()
    for kind in (str, int, float):
        if isinstance(value, kind):
            return kind(kind.__str__(value)) if kind is str else kind(value)
    raise TypeError(f"{type(value).__name__} is not plain data")
