# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Attributes of the modules: check mode, diff mode, and idempotence."""

from __future__ import annotations


class ModuleDocFragment:
    """Attributes of modules that write, and in the fragment info of modules that only read."""

    DOCUMENTATION = r"""
attributes:
  check_mode:
    description: Supports check mode, and returns the planned changes without applying them.
    support: full
    details:
      - Check mode sends the same reads as a real run, and no writes.
      - The diff, the changes, and the plan checksum equal those of the real run that follows.
  diff_mode:
    description: Returns the changes, or the planned changes in check mode, in the format of C(--diff).
    support: full
  idempotent:
    description: A second run with the same options changes nothing and reports C(changed=false).
    support: full
  action_group:
    description: Set the connection options once, with C(group/portalops.arcgis.portal) in C(module_defaults).
    support: full
    membership:
      - portalops.arcgis.portal
  platform:
    description: Systems where the module runs.
    support: full
    platforms: posix
"""

    INFO = r"""
attributes:
  check_mode:
    description: Supports check mode, and returns the planned changes without applying them.
    support: full
    details:
      - The module only reads.
  diff_mode:
    description: Returns the changes, or the planned changes in check mode, in the format of C(--diff).
    support: N/A
    details:
      - The module only reads.
  idempotent:
    description: A second run with the same options changes nothing and reports C(changed=false).
    support: full
  action_group:
    description: Set the connection options once, with C(group/portalops.arcgis.portal) in C(module_defaults).
    support: full
    membership:
      - portalops.arcgis.portal
  platform:
    description: Systems where the module runs.
    support: full
    platforms: posix
"""
