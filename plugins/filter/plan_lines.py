# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.portalops.arcgis.plugins.plugin_utils._plan_text import lines

DOCUMENTATION = r"""
name: plan_lines
short_description: Lines of text that tell what a roster changes
version_added: 1.0.0
author:
  - portalops.arcgis contributors (@portalops)
description:
  - Turns the result of M(portalops.arcgis.portal_members) into lines for the terminal; a headline with counts,
    one line per changed field of a member, and the checksum to apply exactly this plan.
  - Characters that could move the cursor or hide text are spelled out.
options:
  _input:
    description: The registered result of M(portalops.arcgis.portal_members).
    type: dict
    required: true
  check:
    description: Whether it is the result of a check run.
    type: bool
    default: false
  limit:
    description: So many members are shown; the others are counted.
    type: int
    default: 200
seealso:
  - plugin: portalops.arcgis.plan_markdown
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Compare a roster with the organization
  portalops.arcgis.portal_members:
    members:
      - username: jane_doe
        role: org_publisher
  check_mode: true
  register: plan

- name: Show the plan
  ansible.builtin.debug:
    msg: "{{ plan | portalops.arcgis.plan_lines(check=true) }}"
"""

RETURN = r"""
_value:
  description: One text for each line.
  type: list
  elements: str
"""


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Names and functions, as Ansible asks for them."""
        return {"plan_lines": lines}
