# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Pending invitations as plan entries, and what they mean for new members. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import (
    GuardError,
    PortalOpsError,
    UnsupportedError,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.invitations import (
    Invitation,
    InvitationFilter,
    Invitations,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.organization import Organization
from ansible_collections.portalops.arcgis.plugins.module_utils._model.plan import (
    CREATED,
    INVITATION,
    REMOVED,
    Plan,
    PlanEntry,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.wording import join_names, plural
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.guards import Limit

#: Without a guard, a task that selects by patterns or age cancels at most so many invitations.
DEFAULT_LIMIT = 10


def unsupported_invitations(organization: Organization) -> list[PortalOpsError]:
    """Return the error of a portal without pending invitations."""
    if organization.is_online:
        return []
    return [
        UnsupportedError(
            "ArcGIS Enterprise has no pending invitations, because it creates accounts at once.",
            remedy="Remove the task for this portal.",
        )
    ]


def plan_invitations(
    pending: list[Invitation], chosen: InvitationFilter, limit: Limit | None, organization: Organization
) -> Plan:
    """Return the plan that cancels the selected invitations.

    Args:
        pending: All pending invitations.
        chosen: Which of them the task selects.
        limit: Most invitations that the task cancels, or None for the default.
        organization: Product.
    """
    unsupported = unsupported_invitations(organization)
    if unsupported:
        return Plan(organization.id, problems=unsupported, counts=INVITATION)
    selected = [invitation for invitation in pending if chosen.fits(invitation)]
    return Plan(
        organization.id,
        map(_entry, selected),
        total=len(selected) + len(chosen.unmatched(selected)),
        problems=_limit_errors(selected, len(pending), chosen, limit),
        counts=INVITATION,
    )


def _entry(invitation: Invitation) -> PlanEntry:
    entry = PlanEntry(INVITATION, invitation.id, invitation.name, REMOVED)
    entry.invitation = invitation
    entry.changes["state"] = ("present", "absent")
    return entry


def _limit_errors(
    selected: list[Invitation], total: int, chosen: InvitationFilter, limit: Limit | None
) -> list[PortalOpsError]:
    """Return the error of a task that selects too many invitations."""
    count = len(selected)
    allowed = limit or Limit(DEFAULT_LIMIT, False)
    if (limit is None and chosen.is_exact) or allowed.allows(count, total):
        return []
    names = join_names(sorted((invitation.name for invitation in selected), key=str.casefold))
    selects = f"{count} of {plural(total, 'pending invitation')} would be canceled"
    statement = (
        f"The task selects invitations by pattern or age. {selects}, and without a guard the limit is {allowed}"
        if limit is None
        else f"guards.max_removals: {selects}, and the limit is {allowed}"
    )
    return [
        GuardError(
            f"{statement}: {names}.",
            guard="max_removals",
            count=count,
            total=total,
            limit=str(allowed),
            remedy="Check usernames, emails, and older_than_days. To allow more, set guards.max_removals.",
        )
    ]


def with_invitation_warnings(entry: PlanEntry, invitations: Invitations) -> PlanEntry:
    """Return the entry of a new member with a warning for each pending invitation of the same person."""
    if entry.action != CREATED:
        return entry
    found = invitations.of_person(entry.name, str(entry.wanted.get("email") or ""))
    return entry.with_(warnings=[*entry.warnings, *_warnings(entry, found)]) if found else entry


def _warnings(entry: PlanEntry, found: list[tuple[Invitation, str]]) -> Iterable[str]:
    for invitation, reason in found:
        sender = f" from {invitation.invited_by}" if invitation.invited_by else ""
        yield (
            f"{entry.name}: A pending invitation{sender} has the same {reason} ({invitation.name}). If the new account "
            "replaces it, cancel it with portal_invitations."
        )
