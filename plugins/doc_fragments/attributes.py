# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules promise about check mode, diff mode and repetition."""

from __future__ import annotations


class ModuleDocFragment:
    """Attributes of the writing modules, and as C(info) those of the reading ones."""

    DOCUMENTATION = r"""
attributes:
  check_mode:
    description: Can run in check mode and tell what would change, without changing anything.
    support: full
    details:
      - Check mode asks the portal the same questions as a real run and sends no write.
      - The diff, the changes and the plan checksum equal those of the real run that follows.
  diff_mode:
    description: Returns what was changed, or would be changed in check mode, in the form that C(--diff) shows.
    support: full
  idempotent:
    description: A second run with the same options changes nothing and reports C(changed=false).
    support: full
  action_group:
    description: Use C(group/portalops.arcgis.portal) in C(module_defaults) to set the connection options once.
    support: full
    membership:
      - portalops.arcgis.portal
  platform:
    description: Where the module can run.
    support: full
    platforms: posix
"""

    INFO = r"""
attributes:
  check_mode:
    description: Can run in check mode and tell what would change, without changing anything.
    support: full
    details:
      - The module only reads.
  diff_mode:
    description: Returns what was changed, or would be changed in check mode, in the form that C(--diff) shows.
    support: N/A
    details:
      - The module only reads.
  idempotent:
    description: A second run with the same options changes nothing and reports C(changed=false).
    support: full
  action_group:
    description: Use C(group/portalops.arcgis.portal) in C(module_defaults) to set the connection options once.
    support: full
    membership:
      - portalops.arcgis.portal
  platform:
    description: Where the module can run.
    support: full
    platforms: posix
"""
