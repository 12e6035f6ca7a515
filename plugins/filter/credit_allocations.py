# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter that computes credit allocations from rules."""

from __future__ import annotations

from typing import Any, Callable

from ansible.errors import AnsibleFilterError
from ansible.utils.unsafe_proxy import wrap_var

from ansible_collections.portalops.arcgis.plugins.plugin_utils._allocations import RuleError, allocate
from ansible_collections.portalops.arcgis.plugins.plugin_utils._plain import plain


def credit_allocations(
    members: Any,
    rules: Any,
    organization: Any,
    mode: str = "top_up",
    basis: str = "total",
    return_errors: bool = False,
) -> dict[str, Any]:
    """Return the allocations that differ from the rules, or the errors of the rules."""
    try:
        rows: dict[str, Any] = wrap_var(
            allocate(plain(members), plain(rules), plain(organization), str(mode), str(basis))
        )
    except RuleError as error:
        if not return_errors:
            raise AnsibleFilterError(f"credit_allocations: {error}") from None
        rows = wrap_var({"errors": str(error).splitlines()})
    return rows


class FilterModule:
    """Ansible loads the filter from this class."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"credit_allocations": credit_allocations}
