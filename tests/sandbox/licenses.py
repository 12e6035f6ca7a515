# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Add-on licenses: listings with entitlements, app bundles, and what ArcGIS Pro needs."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

# The listing of ArcGIS Pro on ArcGIS Online; the ID differs on Enterprise.
PRO_ID = "2d2a9c99bb2a43548c31cd8e32217af6"
PRO_TITLE = "ArcGIS Pro"
PRO_LEVELS = ("desktopBasicN", "desktopStdN", "desktopAdvN")
PRO_EXTENSIONS = (
    "3DAnalystN", "spatialAnalystN", "networkAnalystN", "geostatAnalystN", "imageAnalystN", "dataReviewerN",
    "dataInteropN", "workflowMgrN", "publisherN",
)  # fmt: skip
# User types that include ArcGIS Pro, with the level.
INCLUDES_PRO = {
    "creatorUT": "desktopBasicN", "GISProfessionalBasicUT": "desktopBasicN", "GISProfessionalStdUT": "desktopStdN",
    "GISProfessionalAdvUT": "desktopAdvN",
}  # fmt: skip
# User types that include ArcGIS Pro and can hold it as an add-on.
CAN_HOLD_PRO = ("creatorUT",)
ALL_LEVELS = "11, 1, 2"


@dataclass
class Listing:
    """One add-on license. ``num`` is the number of licenses of each entitlement; dates are in ms, -1 for no end."""

    id: str
    title: str
    num: dict[str, int] = field(default_factory=dict)
    allowed_levels: str = ALL_LEVELS
    start: int = 0
    end: int = -1
    can_disconnect: bool = True
    license_by: str = "licenseByUser"
    is_third_party: bool = False  # its purchase has no ``listing``

    @property
    def entitlements(self) -> list[str]:
        return list(self.num)

    @property
    def is_pro(self) -> bool:
        return any(name in self.num for name in PRO_LEVELS)

    def is_expired(self) -> bool:
        return self.end != -1 and self.end < time.time() * 1000


@dataclass
class Bundle:
    """One app bundle."""

    id: str
    name: str
    apps: list[dict[str, Any]] = field(default_factory=list)
