# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of the modules that process one member or a list of members."""

from __future__ import annotations


class ModuleDocFragment:
    """The options members and on_error, and in the fragment single the option username."""

    DOCUMENTATION = r"""
options:
  members:
    description:
      - Members to process, with one sign-in and one read of the organization. Use it instead of a loop.
      - Each entry takes the options of a single member. Options of the task are defaults for the entries.
      - If an option is omitted in the entry and in the task, the value is not changed.
      - Fails with error code V(invalid_input) if two entries have the same username in any spelling, and names both.
    type: list
    elements: dict
  on_error:
    description:
      - Behavior if a change of a member fails during the run.
      - V(continue) processes all other members. The task fails at the end, with the outcome of each member.
      - V(stop) sends no more changes. The remaining members are V(skipped) in RV(members).
      - Problems that are found before the first write, such as an unknown name or a missing seat, always stop the
        task. They are reported together for all members.
    type: str
    choices: [continue, stop]
    default: continue
notes:
  - Usernames are case-insensitive. The module keeps and returns the spelling of the portal.
"""

    SINGLE = r"""
options:
  username:
    description:
      - Name of the member, if the task processes one member.
      - Text. A number is rejected, because YAML reads V(00412345) as another number. Put it in quotes.
      - Mutually exclusive with O(members).
    type: raw
"""
