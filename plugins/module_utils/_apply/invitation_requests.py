# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Requests that cancel pending invitations."""

from __future__ import annotations

from ansible_collections.portalops.arcgis.plugins.module_utils._apply.request import (
    Portal,
    Refusals,
    SelfReadingRequest,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._errors import NotFound
from ansible_collections.portalops.arcgis.plugins.module_utils._model.plan import PlanEntry
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.schedule import Job


class CancelInvitation(SelfReadingRequest):
    """Cancel a pending invitation (portal-rest-api-2.md, section 8). No page names the privilege."""

    deletes = True
    does = "cancel invitations"
    privilege = "portal:admin:inviteUsers"
    is_doubtful = True

    def send(self, portal: Portal, job: Job) -> Refusals:
        (entry,) = job.entries
        try:
            portal.client.write(f"portals/self/invitations/{entry.key}/delete", {})
        except NotFound:
            outcome = portal.outcome(entry)
            if "state" not in outcome.unknown:
                outcome.by_others.add("state")
                outcome.warnings.append(f"{entry.name}: The invitation was accepted or canceled meanwhile.")
        return {}

    def reached(self, portal: Portal, entry: PlanEntry, job: Job) -> set[str]:
        return {"state"} if portal.reader.invitation_reader.read(entry.key) is None else set()

    def shortfall(self, portal: Portal, entry: PlanEntry, job: Job) -> str:
        return "The portal accepted the cancellation, but the invitation is still pending."
