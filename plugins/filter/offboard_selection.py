# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter that picks who leaves today."""

from __future__ import annotations

from ansible.errors import AnsibleFilterError
from ansible.utils.unsafe_proxy import wrap_var

from ansible_collections.portalops.arcgis.plugins.plugin_utils._offboarding import LeaverError, select
from ansible_collections.portalops.arcgis.plugins.plugin_utils._plain import plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable


def selection(
    entries: Any, members: Any, dormant: Any, caller: str, today: str, transfer_to: str = "", protected: Any = ()
) -> dict[str, Any]:
    """Who leaves, and who does not and why."""
    try:
        found: dict[str, Any] = wrap_var(
            select(
                plain(entries),
                plain(members),
                plain(dormant),
                str(caller),
                str(today),
                str(transfer_to),
                plain(protected),
            )
        )
    except LeaverError as error:
        raise AnsibleFilterError(f"offboard_selection: {error}") from None
    return found


class FilterModule:
    """The filter, for Ansible to find."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"offboard_selection": selection}
