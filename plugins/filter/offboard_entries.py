# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter that reads who is to leave."""

from __future__ import annotations

from ansible.errors import AnsibleFilterError
from ansible.utils.unsafe_proxy import wrap_var

from ansible_collections.portalops.arcgis.plugins.plugin_utils._offboarding import (
    LeaverError,
    normal_entries,
    read_entries,
)
from ansible_collections.portalops.arcgis.plugins.plugin_utils._plain import plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable


def entries(named: Any, src: str = "") -> list[dict[str, Any]]:
    """Entries of a list and of a file, their days as text."""
    try:
        found = normal_entries([*plain(named), *(read_entries(str(src)) if src else ())])
    except LeaverError as error:
        raise AnsibleFilterError(f"offboard_entries: {error}") from None
    rows: list[dict[str, Any]] = wrap_var([{**row, "expires": str(row["expires"] or "")} for row in found])
    return rows


class FilterModule:
    """The filter, for Ansible to find."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"offboard_entries": entries}
