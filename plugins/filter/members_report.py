# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter that builds the data of a member report."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible.utils.unsafe_proxy import wrap_var

from ansible_collections.portalops.arcgis.plugins.plugin_utils._plain import plain
from ansible_collections.portalops.arcgis.plugins.plugin_utils._report import ReportError, document

_DAY = 86_400
"""Seconds."""


def report(
    organization: Any,
    members: Any,
    result: Any = None,
    kind: str = "plan",
    as_of: str = "",
    unused_days: int = 90,
    unused_file: str = "",
) -> dict[str, Any]:
    """Return the data of a report as text that Ansible never treats as a template."""
    # A date and not a time, so that a second report of the same day is the same.
    before = time.strftime("%Y-%m-%d", time.gmtime(max(time.time() - int(unused_days) * _DAY, 0)))
    unused = (int(unused_days), before, str(unused_file))
    try:
        found = document(plain(organization), plain(members), plain(result) or None, str(kind), str(as_of), unused)
    except ReportError as error:
        raise AnsibleFilterError(f"members_report: {error}") from None
    wrapped: dict[str, Any] = wrap_var(found)
    return wrapped


class FilterModule:
    """Filters that this plugin provides."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"members_report": report}
