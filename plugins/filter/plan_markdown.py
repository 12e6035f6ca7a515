# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.portalops.arcgis.plugins.plugin_utils._plan_text import markdown

DOCUMENTATION = r"""
name: plan_markdown
short_description: A Markdown page that tells what a roster changes
version_added: 1.0.0
author:
  - portalops.arcgis contributors (@portalops)
description:
  - Turns the result of M(portalops.arcgis.portal_members) into a Markdown page; counts, the checksum, and a
    table of who changes how, before and after.
  - Names and texts of members cannot become markup.
options:
  _input:
    description: The registered result of M(portalops.arcgis.portal_members).
    type: dict
    required: true
  check:
    description: Whether it is the result of a check run.
    type: bool
    default: false
  title:
    description: Heading of the page. A heading that fits O(check) is used if it is not set.
    type: str
    default: ""
seealso:
  - plugin: portalops.arcgis.plan_lines
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

- name: Write the plan for a review
  ansible.builtin.copy:
    dest: plan.md
    content: "{{ plan | portalops.arcgis.plan_markdown(check=true) }}"
    mode: "0600"
"""

RETURN = r"""
_value:
  description: The page.
  type: str
"""


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Names and functions, as Ansible asks for them."""
        return {"plan_markdown": markdown}
