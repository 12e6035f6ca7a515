# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Fields that a product does not have. Pure."""

from __future__ import annotations

from collections.abc import Collection

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import PortalOpsError, UnsupportedError
from ansible_collections.portalops.arcgis.plugins.module_utils._model.organization import Organization


def unsupported_fields(named: Collection[str], organization: Organization) -> list[PortalOpsError]:
    """Return an error for each named field that this portal does not have."""
    rules = (
        (
            "level",
            organization.has_user_types,
            "This portal has user types instead of levels.",
            "Use user_type instead, for example creatorUT.",
        ),
        (
            "user_type",
            not organization.has_user_types,
            "This portal is older than ArcGIS Enterprise 10.7 and has levels instead of user types.",
            "Use level instead: 1 or 2.",
        ),
        (
            "credits",
            not organization.is_online,
            "ArcGIS Enterprise does not support credits.",
            "Remove the option for this portal.",
        ),
        (
            "categories",
            not organization.has_categories,
            "This portal is older than ArcGIS Enterprise 11.0 and has no member categories.",
            "Remove the option for this portal.",
        ),
    )
    return [
        UnsupportedError(f"{option}: {statement}", option=option, remedy=remedy)
        for option, is_missing, statement, remedy in rules
        if option in named and is_missing
    ]
