# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter that selects the members to offboard."""

from __future__ import annotations

import re
from typing import Any, Callable

from ansible.errors import AnsibleFilterError
from ansible.utils.unsafe_proxy import wrap_var

from ansible_collections.portalops.arcgis.plugins.plugin_utils._offboarding import OffboardingError, select
from ansible_collections.portalops.arcgis.plugins.plugin_utils._plain import plain


def offboard_selection(
    entries: Any,
    members: Any,
    inactive: Any,
    caller: str,
    today: str,
    transfer_to: Any = "",
    protected: Any = (),
    return_errors: bool = False,
) -> dict[str, Any]:
    """Return which members are selected, and why other members are not. Or return the errors of the input."""
    names = plain(protected)
    names = [name.strip() for name in re.split(r"[,\r\n]+", names)] if isinstance(names, str) else names
    try:
        if isinstance(transfer_to, (bool, int, float)):
            raise OffboardingError(f"The recipient '{transfer_to}' is a number. Put it in quotes.")
        rows = select(
            plain(entries),
            plain(members),
            plain(inactive),
            str(caller),
            str(today),
            "" if transfer_to is None else str(transfer_to).strip(),
            [name for name in names or () if str(name).strip()],
        )
    except OffboardingError as error:
        if not return_errors:
            raise AnsibleFilterError(f"offboard_selection: {error}") from None
        rows = {"errors": str(error).splitlines()}
    unsafe_rows: dict[str, Any] = wrap_var(rows)
    return unsafe_rows


class FilterModule:
    """Ansible loads the filter from this class."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"offboard_selection": offboard_selection}
