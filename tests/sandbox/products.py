# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the three products are: versions, user types, roles, privileges, and which role fits which user type."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Optional

PORTAL_ID_ENTERPRISE = "0123456789ABCDEF"
PORTAL_ID_ONLINE = "Xj56SBi2udA78cC9"
OTHER_ORG_ID = "q7zPNeKmTWeh7Aor"

ADMINISTRATOR = "org_admin"
PUBLISHER = "org_publisher"
USER = "org_user"
VIEWER = "iAAAAAAAAAAAAAAA"
DATA_EDITOR = "iBBBBBBBBBBBBBBB"
BASE_ROLES = (ADMINISTRATOR, PUBLISHER, USER)

# Accounts of the portal itself.
SYSTEM_ACCOUNTS = ("esri_boundaries", "esri_nav", "system_publisher")

# sharing version -> Enterprise release, as Esri's clients gate their features
ENTERPRISE_RELEASES = {
    "2025.1": "11.5.0",
    "2024.2": "11.4.0",
    "2023.3": "11.3.0",
    "10.3": "11.1.0",
    "10.1": "11.0.0",
    "8.4": "10.9.1",
    "7.3": "10.8.1",
    "7.2": "10.8.0",
    "7.1": "10.7.1",
    "6.4": "10.7.0",
    "5.4": "10.6.0",
}


@dataclass(frozen=True)
class UserType:
    id: str
    name: str
    level: str
    description: str


USER_TYPES = {
    row.id: row
    for row in (
        UserType("viewerUT", "Viewer", "1", "View content shared with them"),
        UserType("liteUT", "Lite", "1", "View secured content"),
        UserType("basicUT", "Basic", "1", "View content in apps"),
        UserType("editorUT", "Contributor", "11", "View and edit data in maps and apps shared with them"),
        UserType("fieldWorkerUT", "Mobile Worker", "11", "Edit data in the field"),
        UserType("IndoorsUserUT", "Indoors User", "11", "View and edit indoor maps"),
        UserType("creatorUT", "Creator", "2", "Create content"),
        UserType("standardUT", "Standard", "2", "Create content and use ArcGIS apps"),
        UserType("advancedUT", "Advanced", "2", "Create content and use all ArcGIS apps"),
        UserType("storytellerUT", "Storyteller", "2", "Create stories"),
        UserType("insightsAnalystUT", "Insights Analyst", "2", "Analyze data"),
        UserType("GISProfessionalBasicUT", "GIS Professional Basic", "2", "Creator with ArcGIS Pro Basic"),
        UserType("GISProfessionalStdUT", "Professional", "2", "Creator with ArcGIS Pro Standard"),
        UserType("GISProfessionalAdvUT", "Professional Plus", "2", "Creator with ArcGIS Pro Advanced"),
    )
}

# Seats are sold for these; all other types exist without a seat.
SOLD_USER_TYPES = (
    "viewerUT", "editorUT", "fieldWorkerUT", "creatorUT", "GISProfessionalStdUT", "GISProfessionalAdvUT",
)  # fmt: skip

# The whole role / user type fit in one place: the levels that fit a role. A role that is not named fits all.
LEVELS_OF_ROLE = {
    ADMINISTRATOR: ("2",),
    PUBLISHER: ("2",),
    USER: ("2",),
    DATA_EDITOR: ("11", "2"),
    VIEWER: ("1", "11", "2"),
}
# updateUserLevel on a portal of the user type era, when that is honoured
TYPE_OF_LEVEL = {"1": "viewerUT", "11": "editorUT", "2": "creatorUT"}
LEVELS = ("1", "2", "11")


def role_fits_level(role_id: str, level: str) -> bool:
    """True where a member of that level ("1", "11", "2") can have the role (base role or role id)."""
    return level in LEVELS_OF_ROLE.get(role_id, LEVELS)


VIEWER_PRIVILEGES = [
    "portal:user:joinGroup", "portal:user:joinNonOrgGroup", "portal:user:viewOrgGroups",
    "portal:user:viewOrgItems", "portal:user:viewOrgUsers", "premium:user:geocode",
    "premium:user:networkanalysis", "premium:user:demographics", "premium:user:elevation",
]  # fmt: skip
EDITOR_PRIVILEGES = [*VIEWER_PRIVILEGES, "features:user:edit"]
USER_PRIVILEGES = [
    *EDITOR_PRIVILEGES,
    *[
        "portal:user:addExternalMembersToGroup",
        "portal:user:createGroup",
        "portal:user:createItem",
        "portal:user:receiveItems",
        "portal:user:shareGroupToOrg",
        "portal:user:shareGroupToPublic",
        "portal:user:shareToGroup",
        "portal:user:shareToOrg",
        "portal:user:shareToPublic",
        "portal:user:viewHostedFeatureServices",
        "portal:user:viewHostedTileServices",
        "portal:user:viewTracks",
    ],  # fmt: skip
]
PUBLISHER_PRIVILEGES = [
    *USER_PRIVILEGES,
    *[
        "portal:publisher:bulkPublishFromDataStores",
        "portal:publisher:createFeatureWebhook",
        "portal:publisher:publishFeatures",
        "portal:publisher:publishScenes",
        "portal:publisher:publishTiles",
        "portal:user:assignPrivilegesToApps",
        "portal:user:generateApiTokens",
        "premium:user:spatialanalysis",
        "premium:publisher:createNotebooks",
        "premium:publisher:scheduleNotebooks",
    ],  # fmt: skip
]
MEMBER_ADMIN_PRIVILEGES = [
    "portal:admin:viewUsers", "portal:admin:updateUsers", "portal:admin:inviteUsers", "portal:admin:disableUsers",
    "portal:admin:deleteUsers", "portal:admin:changeUserRoles", "portal:admin:manageLicenses",
    "portal:admin:updateMemberCategorySchema", "portal:admin:reassignUsers", "portal:admin:reassignItems",
    "portal:admin:reassignGroups", "portal:admin:assignToGroups", "portal:admin:viewGroups",
    "portal:admin:viewItems",
]  # fmt: skip
ADMINISTRATOR_PRIVILEGES = sorted(
    {
        *PUBLISHER_PRIVILEGES,
        *MEMBER_ADMIN_PRIVILEGES,
        *[
            "portal:admin:categorizeItems",
            "portal:admin:createGPWebhook",
            "portal:admin:createUpdateCapableGroup",
            "portal:admin:createLeavingDisallowedGroup",
            "portal:admin:createReports",
            "portal:admin:deleteGroups",
            "portal:admin:deleteItems",
            "portal:admin:manageCollaborations",
            "portal:admin:manageCredits",
            "portal:admin:manageEnterpriseGroups",
            "portal:admin:manageRoles",
            "portal:admin:manageSecurity",
            "portal:admin:manageServers",
            "portal:admin:manageUtilityServices",
            "portal:admin:manageWebsite",
            "portal:admin:shareToGroup",
            "portal:admin:shareToOrg",
            "portal:admin:shareToPublic",
            "portal:admin:updateGroups",
            "portal:admin:updateItemCategorySchema",
            "portal:admin:updateItems",
        ],  # fmt: skip
    }
)
PRIVILEGES_OF_BASE_ROLE = {
    ADMINISTRATOR: ADMINISTRATOR_PRIVILEGES,
    PUBLISHER: sorted(PUBLISHER_PRIVILEGES),
    USER: sorted(USER_PRIVILEGES),
    VIEWER: sorted(VIEWER_PRIVILEGES),
    DATA_EDITOR: sorted(EDITOR_PRIVILEGES),
}
# A level 1 member keeps a wider custom role, but only these nine of its privileges work.
LEVEL_1_PRIVILEGES = frozenset(VIEWER_PRIVILEGES)


@dataclass(frozen=True)
class Product:
    """One kind of portal. ``context`` is the path in front of ``sharing`` and ``portaladmin``, "" for none."""

    name: str
    is_portal: bool
    version: str
    enterprise_version: Optional[str]
    context: str

    @property
    def numbers(self) -> tuple[int, ...]:
        return tuple(int(part) for part in self.version.split("."))

    def from_version(self, *numbers: int) -> bool:
        return self.numbers >= numbers

    @property
    def has_user_types(self) -> bool:
        return self.from_version(6, 4)

    @property
    def has_categories(self) -> bool:
        return self.from_version(10, 1)

    @property
    def has_credits(self) -> bool:
        return not self.is_portal

    @property
    def has_defaults(self) -> bool:
        return self.from_version(7, 2)

    @property
    def applies_defaults(self) -> bool:
        return self.is_portal and self.from_version(2025, 1)

    @property
    def portal_id(self) -> str:
        return PORTAL_ID_ENTERPRISE if self.is_portal else PORTAL_ID_ONLINE


PRODUCTS = {
    "online": Product("online", False, "2025.1", None, ""),
    "enterprise": Product("enterprise", True, "2025.1", "11.5.0", "portal"),
    "enterprise-10.6": Product("enterprise-10.6", True, "5.4", "10.6.0", "portal"),
}


def product(name: str, version: Optional[str] = None, context: Optional[str] = None) -> Product:
    """The product of that name, at another version (a sharing version such as 10.3) or under another context path."""
    found = PRODUCTS[name]
    if version:
        release = ENTERPRISE_RELEASES.get(version, version) if found.is_portal else None
        found = replace(found, version=version, enterprise_version=release)
    if context is not None and found.is_portal:
        found = replace(found, context=context.strip("/"))
    return found
