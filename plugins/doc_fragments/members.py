# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options that name the members, of every module that works on one member or on a list."""

from __future__ import annotations


class ModuleDocFragment:
    """C(members) and C(on_error), and as C(single) the option C(username)."""

    DOCUMENTATION = r"""
options:
  members:
    description:
      - Members to work on in one go, with one sign-in and one read of the organization. Prefer it to a loop
        over single members.
      - Each entry takes the same options as the single form. Options of the task are defaults for the entries
        that leave them out.
      - An option that neither the entry nor the task sets is left alone at the portal.
      - A name that is listed twice, in whatever spelling, is refused with error code V(invalid_input), naming
        both entries.
    type: list
    elements: dict
  on_error:
    description:
      - What happens when the portal refuses a change of one member.
      - With V(continue) all other members are still done, and the task fails at the end with everybody's
        outcome.
      - With V(stop) nothing more is sent. The members that were not reached are V(skipped) in RV(members).
      - Problems that are known before the first write, such as an unknown name or a missing seat, are
        reported together for all members, and nothing is written, whatever this option says.
    type: str
    choices: [continue, stop]
    default: continue
notes:
  - Usernames are found without regard to case. The portal's own spelling is kept and returned.
"""

    SINGLE = r"""
options:
  username:
    description:
      - Name of the one member to work on.
      - Text. A number is rejected, because YAML reads V(00412345) as another number. Put it in quotes.
      - Mutually exclusive with O(members).
    type: raw
"""
