# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.utils.unsafe_proxy import wrap_var

from ansible_collections.portalops.arcgis.plugins.plugin_utils._plan_text import markdown


def plan_markdown(result: dict[str, Any], check: bool = False, title: str = "") -> Any:
    """Return the page as text that Ansible never treats as a template."""
    return wrap_var(markdown(result, check, title))


class FilterModule:
    """Filters that this plugin provides."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"plan_markdown": plan_markdown}
