# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter that turns members into roster files."""

from __future__ import annotations

from typing import Any, Callable

from ansible.errors import AnsibleFilterError
from ansible.utils.unsafe_proxy import wrap_var

from ansible_collections.portalops.arcgis.plugins.plugin_utils._plain import plain
from ansible_collections.portalops.arcgis.plugins.plugin_utils._roster_files import RosterError, roster_files


def files(
    members: Any, format: str = "yaml", split_by: str | None = None, max_members: int | None = None
) -> list[dict[str, Any]]:
    """The roster files of members; their texts are data, never templates."""
    try:
        found = roster_files(plain(members), format, split_by or None, int(max_members) if max_members else None)
    except (RosterError, ValueError) as error:
        raise AnsibleFilterError(f"roster_files: {error}") from None
    rows: list[dict[str, Any]] = wrap_var(
        [
            {
                "name": file.name,
                "count": file.count,
                "text": file.text,
                "left_out": [{"username": username, "field": field} for username, field in file.left_out],
            }
            for file in found
        ]
    )
    return rows


class FilterModule:
    """The filter, for Ansible to find."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"roster_files": files}
