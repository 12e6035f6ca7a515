# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change in any release.

"""Values of Ansible's variables as plain Python."""

from __future__ import annotations

import datetime

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def plain(value: Any) -> Any:
    """Dicts, lists and texts without what Ansible hangs on them (marks of origin and trust), which no library knows."""
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
