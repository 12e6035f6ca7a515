# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Requests that move what a departing member owns, and requests for its recycle bin."""

from __future__ import annotations

from typing import Any

from ansible_collections.portalops.arcgis.plugins.module_utils._apply.request import (
    Portal,
    Refusals,
    SelfReadingRequest,
    refused_names,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._apply.verify import unverified
from ansible_collections.portalops.arcgis.plugins.module_utils._current.content import (
    Reasons,
    portal_reason,
    refusal_reasons,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._current.paths import item_path, user_path
from ansible_collections.portalops.arcgis.plugins.module_utils._errors import (
    NotFound,
    PermissionDenied,
    PortalOpsError,
    Refused,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.content import (
    Item,
    RefusedItem,
    in_batches,
    listed_refusals,
    refusal_rows,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.facts import GroupRow, Owned
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import stored_name
from ansible_collections.portalops.arcgis.plugins.module_utils._model.plan import PlanEntry
from ansible_collections.portalops.arcgis.plugins.module_utils._model.wording import join_names
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.departures import describe_owned
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.schedule import Job

#: Items refused one after the other for the same reason, after which no more items are tried.
MAX_EQUAL_REASONS = 10
#: Errors of a portal that refuses one item or group, and can accept the next one.
_REFUSALS = (NotFound, PermissionDenied, Refused)
#: Observation that ``reached`` takes instead of reading again what ``send`` has just read.
_JUST_READ = "content just read"


class Transfer(SelfReadingRequest):
    """Transfer items and groups of a member: all at once, and what is left one by one or in hundreds.

    What the portal does with everything if it refuses one item is not known (portal-rest-api-2.md, section 3.1).
    """

    does = "transfer content"
    privilege = "portal:admin:reassignUsers"
    rereads = True

    def refresh(self, portal: Portal, entry: PlanEntry) -> bool:
        return bool(self._owned(portal, entry))

    def send(self, portal: Portal, job: Job) -> Refusals:
        (entry,) = job.entries
        try:
            self._transfer(portal, entry)
        except PortalOpsError as error:
            outcome = portal.outcome(entry)
            if error.uncertain or "content" not in outcome.unknown:
                raise
            # The portal accepted a request, and its effect is not readable.
            outcome.unknown.discard("content")
            outcome.side_effects.add("content")
            raise unverified(error) from None
        portal.outcome(entry).observed[_JUST_READ] = True
        return {}

    def _transfer(self, portal: Portal, entry: PlanEntry) -> None:
        """Transfer everything at once, and then what the portal left."""
        refusal: Refused | None = None
        try:
            portal.client.write(
                f"community/users/{user_path(entry.name)}/reassign", {"targetUsername": _recipient(entry)}
            )
            _note_written(portal, entry)
        except Refused as error:
            refusal = error
        if self._owned(portal, entry):
            reasons = _transfer_rest(portal, entry)
            if self._owned(portal, entry):
                if reasons:
                    raise _left_error(portal, entry, reasons)
                if refusal is not None:
                    raise refusal

    def reached(self, portal: Portal, entry: PlanEntry, job: Job) -> set[str]:
        observed = portal.outcome(entry).observed
        is_read = observed.pop(_JUST_READ, False)
        return set() if (observed["content left"] if is_read else self._owned(portal, entry)) else {"content"}

    @staticmethod
    def _owned(portal: Portal, entry: PlanEntry) -> Owned:
        owned = portal.content.owned(entry.name)
        outcome = portal.outcome(entry)
        outcome.record("content", owned)
        # The reading shows what the requests before it did.
        outcome.unknown.discard("content")
        outcome.observed["content left"] = owned
        return owned

    def shortfall(self, portal: Portal, entry: PlanEntry, job: Job) -> str:
        left = describe_owned(portal.outcome(entry).observed["content left"])
        return f"Still owns {left} after the transfer to {entry.transfer_to}."


def _note_written(portal: Portal, entry: PlanEntry) -> None:
    """Note that the portal accepted a request: until the content is read again, its effect is not known."""
    portal.outcome(entry).unknown.add("content")


def _recipient(entry: PlanEntry) -> str:
    return stored_name(str(entry.transfer_to))


def _transfer_rest(portal: Portal, entry: PlanEntry) -> Reasons:
    """Transfer what is left: groups first, because items that are shared with them need their owner.

    Returns:
        The portal's reasons by ID of the group or item.
    """
    reasons: Reasons = {}
    for group in portal.content.owned_groups(entry.name):
        reason = _transfer_group(portal, entry, group)
        if reason is not None:
            reasons[group.id] = reason
    for batch in in_batches(portal.content.items(entry.name)):
        data = {"items": ",".join(item.id for item in batch), "targetUsername": _recipient(entry)}
        try:
            answer = portal.client.write(f"content/users/{user_path(entry.name)}/reassignItems", data)
        except _REFUSALS:
            # Portals before ArcGIS Enterprise 11.0 do not have the operation.
            reasons.update(_transfer_singly(portal, entry, batch))
        else:
            _note_written(portal, entry)
            reasons.update(refusal_reasons(answer))
    return reasons


def _transfer_group(portal: Portal, entry: PlanEntry, group: GroupRow) -> str | None:
    """Give a group to the recipient, who joins it first if the portal wants that; return the portal's reason if not."""
    path, data = f"community/groups/{group.id}", {"targetUsername": _recipient(entry)}
    try:
        portal.client.write(f"{path}/reassign", data)
        _note_written(portal, entry)
        return None
    except _REFUSALS as error:
        reason = portal_reason(error)
    try:
        answer = portal.client.write(f"{path}/addUsers", {"users": _recipient(entry)})
        if refused_names(answer, "notAdded", ""):
            return reason
        portal.outcome(entry).side_effects.add("recipient's groups")
        portal.client.write(f"{path}/reassign", data)
        _note_written(portal, entry)
    except _REFUSALS:
        return reason
    return None


def _transfer_singly(portal: Portal, entry: PlanEntry, items: Any) -> Reasons:
    """Transfer items one by one, until the portal refuses many in a row for the same reason."""
    reasons: Reasons = {}
    equal = 0
    for item in items:
        last = next(reversed(reasons.values()), None)
        if equal >= MAX_EQUAL_REASONS:
            reasons[item.id] = str(last)
            continue
        try:
            portal.client.write(f"{item_path(entry.name, item)}/reassign", {"targetUsername": _recipient(entry)})
            _note_written(portal, entry)
            equal = 0
        except _REFUSALS as error:
            reasons[item.id] = portal_reason(error)
            equal = equal + 1 if reasons[item.id] == last else 1
    return reasons


def _left_error(portal: Portal, entry: PlanEntry, reasons: Reasons) -> Refused:
    """Return the error that names each item and group that is left, with the portal's reason."""
    items = [RefusedItem(item, reasons.get(item.id, "")) for item in portal.content.items(entry.name)]
    groups = [
        RefusedItem(Item(group.id, f"group {group.title}", None, False), reasons.get(group.id, ""))
        for group in portal.content.owned_groups(entry.name)
    ]
    owned = describe_owned(portal.outcome(entry).observed["content left"])
    left = [*groups, *items]
    return Refused(
        f"The portal did not transfer {owned} to {entry.transfer_to}: {join_names(listed_refusals(left))}.",
        items=refusal_rows(left),
        remedy="Fix the reported reasons, and run the task again. It transfers what is left.",
    )


# -- the recycle bin -----------------------------------------------------------------------------------------------


class _RecycledItems(SelfReadingRequest):
    does = "manage items of members"
    privilege = "portal:admin:deleteItems"
    is_doubtful = True

    def reached(self, portal: Portal, entry: PlanEntry, job: Job) -> set[str]:
        return set() if portal.content.recycled_items(entry.name) else {"recycle_bin"}


class RestoreItems(_RecycledItems):
    """Restore the items in the recycle bin of a member, so that they can be transferred."""

    privilege = "portal:admin:updateItems"

    def send(self, portal: Portal, job: Job) -> Refusals:
        (entry,) = job.entries
        owner = user_path(entry.name)
        for item in portal.content.recycled_items(entry.name):
            portal.client.write(f"content/users/{owner}/items/{item}/restore", {})
            portal.outcome(entry).side_effects.add("recycle_bin")
        return {}


class DeleteRecycled(_RecycledItems):
    """Delete the items in the recycle bin of a member permanently."""

    def send(self, portal: Portal, job: Job) -> Refusals:
        (entry,) = job.entries
        owner = user_path(entry.name)
        items = portal.content.recycled_items(entry.name)
        for start in range(0, len(items), 100):
            data = {"items": ",".join(items[start : start + 100]), "permanentDelete": True}
            portal.client.write(f"content/users/{owner}/deleteItems", data)
            portal.outcome(entry).side_effects.add("recycle_bin")
        return {}
