#!/usr/bin/python
# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The action plugin of the same name does the work. This file documents it.

from __future__ import annotations

DOCUMENTATION = r"""
module: show_plan
short_description: Show a member plan or result on the terminal
version_added: 1.0.0
description:
  - Prints the result of a module that changes members as an aligned, colored table. The headline contains the counts.
  - Rows of blocked, failed, removed, and disabled members come first, then changed and created members.
  - Uses the colors of Ansible, and no color if the output is not a terminal, or if C(NO_COLOR) or C(ANSIBLE_NOCOLOR)
    is set. C(ANSIBLE_FORCE_COLOR) and C(ANSIBLE_COLOR_CHANGED) and similar settings also apply.
  - Wraps long values to the width of the terminal. If the output is not a terminal, the width is 79 columns, or the
    value of C(COLUMNS).
  - Escapes control characters, and characters that change the direction of text.
  - Runs on the controller, sends no request, and changes nothing.
author:
  - portalops.arcgis contributors (@portalops)
attributes:
  check_mode:
    description: Can run in check mode and predict changes without making them.
    support: full
  diff_mode:
    description: Returns details on what has changed.
    support: N/A
    details:
      - The task changes nothing.
  action:
    description: Has a corresponding action plugin, so some parts of the options can be executed on the controller.
    support: full
  platform:
    description: Where the module can run.
    support: full
    platforms: posix
options:
  result:
    description: Registered result of a module of this collection that changes members.
    type: dict
    required: true
  check:
    description:
      - Whether O(result) is the result of a run in check mode.
      - If not set, the check mode of this task is used.
    type: bool
  limit:
    description: Maximum number of members to show. Other members are counted.
    type: int
    default: 200
  files:
    description: Paths of files that contain the whole plan. They are shown below the plan.
    type: list
    elements: str
    default: []
  hint:
    description: How to get the whole plan. It is shown if there are more than O(limit) members and no O(files).
    type: str
    default: ""
notes:
  - With C(no_log) the task prints nothing.
  - With a callback that writes JSON to the standard output, the plan is printed to the standard error.
seealso:
  - module: portalops.arcgis.portal_members
  - plugin: portalops.arcgis.plan_lines
    plugin_type: filter
  - plugin: portalops.arcgis.plan_markdown
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Plan a role change
  portalops.arcgis.portal_members:
    members:
      - username: jane_doe
        role: org_publisher
  check_mode: true
  register: plan

- name: Show the plan
  portalops.arcgis.show_plan:
    result: "{{ plan }}"
    check: true
"""

RETURN = r"""
headline:
  description: First line of the plan, with the counts.
  returned: success
  type: str
  sample: "Plan: 1 to change, 0 unchanged."
blocked:
  description: Whether problems blocked the plan, so that nothing was written.
  returned: success
  type: bool
  sample: false
"""
