# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Reads pending invitations to an organization of ArcGIS Online."""

from __future__ import annotations

from typing import Any

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import (
    NotFound,
    PermissionDenied,
    Refused,
    UnexpectedAnswer,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.invitations import Invitation
from ansible_collections.portalops.arcgis.plugins.module_utils._model.organization import Organization
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.client import PortalClient

_PATH = "portals/self/invitations"


class InvitationReader:
    """Reads the pending invitations of one organization (portal-rest-api-2.md, section 8)."""

    def __init__(self, client: PortalClient, organization: Organization) -> None:
        self.client = client
        self.organization = organization

    def readable(self) -> list[Invitation]:
        """Read all pending invitations; none on ArcGIS Enterprise, and none if the account cannot read them."""
        if not self.organization.is_online:
            return []
        try:
            return self.all()
        except (PermissionDenied, Refused, NotFound):
            return []

    def all(self) -> list[Invitation]:
        """Read all pending invitations."""
        rows, _total = self.client.pages(_PATH, "invitations")
        return [Invitation(row) for row in rows if _is_pending(row)]

    def identified(self) -> list[Invitation]:
        """Read all pending invitations, each with its ID.

        Raises:
            UnexpectedAnswer: If one has none or a malformed one, so that it could not be canceled.
        """
        found = self.all()
        if not all(invitation.has_id for invitation in found):
            raise UnexpectedAnswer("The list of invitations contains one without a valid ID.")
        return found

    def read(self, invitation_id: str) -> Invitation | None:
        """Read one pending invitation, or None if it is not pending any more.

        A portal that does not show single invitations is asked for the list.
        """
        try:
            row = self.client.read(f"{_PATH}/{invitation_id}")
        except NotFound:
            return None
        except Refused:
            row = {}
        if str(row.get("id")) == invitation_id:
            return Invitation(row) if _is_pending(row) else None
        return next((each for each in self.identified() if each.id == invitation_id), None)


def _is_pending(row: dict[str, Any]) -> bool:
    """Return whether a row is an invitation to the organization that is not accepted. Groups have their own."""
    return not row.get("accepted") and row.get("targetType") != "group"
