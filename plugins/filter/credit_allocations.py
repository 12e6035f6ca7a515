# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter that works out who is given how many credits."""

from __future__ import annotations

from ansible.errors import AnsibleFilterError
from ansible.utils.unsafe_proxy import wrap_var

from ansible_collections.portalops.arcgis.plugins.plugin_utils._allocations import RuleError, allot
from ansible_collections.portalops.arcgis.plugins.plugin_utils._plain import plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable


def allotments(
    members: Any, rules: Any, organization: Any, mode: str = "top_up", count: str = "total"
) -> dict[str, Any]:
    """Who is to be given how much."""
    try:
        found: dict[str, Any] = wrap_var(
            allot(plain(members), plain(rules), plain(organization), str(mode), str(count))
        )
    except RuleError as error:
        raise AnsibleFilterError(f"credit_allocations: {error}") from None
    return found


class FilterModule:
    """The filter, for Ansible to find."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"credit_allocations": allotments}
