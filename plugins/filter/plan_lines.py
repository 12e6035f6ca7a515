# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.utils.unsafe_proxy import wrap_var

from ansible_collections.portalops.arcgis.plugins.plugin_utils._plan_text import lines


def plan_lines(result: dict[str, Any], check: bool = False, limit: int = 200, width: int = 0) -> Any:
    """Return the lines as text that Ansible never treats as a template."""
    return wrap_var(lines(result, check, limit, width))


class FilterModule:
    """Filters that this plugin provides."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"plan_lines": plan_lines}
