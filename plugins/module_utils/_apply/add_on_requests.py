# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""The request that gives members the complete set of one add-on (portal-rest-api-2.md, section 2.4)."""

from __future__ import annotations

from typing import Any

from ansible_collections.portalops.arcgis.plugins.module_utils._apply.outcome import Outcome
from ansible_collections.portalops.arcgis.plugins.module_utils._apply.request import (
    Portal,
    Refusals,
    Request,
    usernames,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._current.add_ons import HoldingReader
from ansible_collections.portalops.arcgis.plugins.module_utils._errors import (
    Blocked,
    PlanChanged,
    Refused,
    UnexpectedAnswer,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.add_ons import (
    MANAGE_LICENSES,
    NAMES_PER_REQUEST,
    held,
    holding_texts,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.members import Member
from ansible_collections.portalops.arcgis.plugins.module_utils._model.plan import PlanEntry
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.add_ons import offline_error
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.schedule import Job
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.address import quote_segment


class SetAddOn(Request):
    """Replace what members hold of an add-on. Argument: label, complete set, and scarce entitlements of it."""

    batch = NAMES_PER_REQUEST
    does = "assign add-on licenses"
    privilege = MANAGE_LICENSES
    rereads = True

    def needed(self, portal: Portal, job: Job) -> list[PlanEntry]:
        """Read again what the members hold: the request replaces it, also what another person assigned meanwhile."""
        label, targets, scarce = job.argument
        holdings = _holdings(portal)
        add_on = holdings.table.by_label[label]
        now = {entry.key: Member(entry.name, {}) for entry in job.entries}
        holdings.read([(member, add_on) for member in now.values()], whole=bool(scarce))
        needed = [
            entry for entry in job.entries if self._is_needed(portal, entry, label, targets, now[entry.key].values)
        ]
        return self._served(portal, needed, label, scarce, now) if scarce else needed

    @staticmethod
    def _served(
        portal: Portal, entries: list[PlanEntry], label: str, scarce: tuple[str, ...], now: dict[str, Member]
    ) -> list[PlanEntry]:
        """Return the members who can get free licenses: a change that should free one can have failed."""
        left = _holdings(portal).left(label)
        served = []
        for entry in entries:
            gained = [name for name in scarce if name not in held(now[entry.key].values["add_ons"], label)]
            full = [name for name in gained if left.get(name, 1) <= 0]
            if full:
                portal.outcome(entry).fail(
                    entry.error(
                        Blocked,
                        f"No license of {label}: {full[0]} is free, because another change did not free it.",
                        option="add_ons",
                        remedy="Correct the change that failed, or free a license, and run the task again.",
                    )
                )
                continue
            served.append(entry)
            left.update((name, left[name] - 1) for name in gained if name in left)
        return served

    @staticmethod
    def _is_needed(
        portal: Portal, entry: PlanEntry, label: str, targets: tuple[str, ...], values: dict[str, Any]
    ) -> bool:
        outcome = portal.outcome(entry)
        current = held(values["add_ons"], label)
        wanted = dict(entry.wanted["add_ons"])[label]
        if current == set(targets):
            if "add_ons" not in outcome.unknown and current == set(wanted):
                _note_others(outcome, label, wanted)
            return False
        if (label, entry.key) in _holdings(portal).offline:
            outcome.fail(offline_error(entry, label))
            return False
        foreign = current.difference(held(entry.before("add_ons") or (), label), wanted)
        if foreign and "add_ons" not in outcome.unknown:
            names = ", ".join(holding_texts((label, name) for name in foreign))
            outcome.fail(
                entry.error(
                    PlanChanged,
                    f"Another person or run assigned {names} after the plan was made.",
                    option="add_ons",
                    remedy="Run the task again, and review what it revokes.",
                )
            )
            return False
        return True

    def send(self, portal: Portal, job: Job) -> Refusals:
        label = job.argument[0]
        try:
            self._write(portal, job)
        except Refused as error:
            raise type(error)(f"Add-on license {label}: {error}", **error.details) from None
        return {}

    @staticmethod
    def _write(portal: Portal, job: Job) -> None:
        label, targets, _scarce = job.argument
        add_on = _holdings(portal).table.by_label[label]
        names = usernames(job)
        path = f"content/listings/{quote_segment(add_on.id)}"
        if add_on.is_bundle:
            portal.client.write(f"{path}/provisionUserAppBundle", {"users": ",".join(names), "revoke": not targets})
            return
        data: dict[str, Any] = {"userEntitlements": {"users": names, "entitlements": list(targets)}}
        if not portal.sends_email:
            data["suppressCustomerEmail"] = True
        portal.client.write(f"{path}/provisionUserEntitlements", data)

    def shows(self, portal: Portal, entry: PlanEntry, job: Job, member: Member | None) -> set[str]:
        label, targets, _scarce = job.argument
        holdings = member.values.get("add_ons") if member is not None else None
        return {"add_ons"} if holdings is not None and held(holdings, label) == set(targets) else set()


def _note_others(outcome: Outcome, label: str, wanted: tuple[str, ...]) -> None:
    """Note that another person or run made a change of this run: the difference is smaller than planned."""
    before, after = outcome.changes["add_ons"]
    own = set(holding_texts((label, name) for name in held(outcome.entry.before("add_ons") or (), label)))
    before = tuple(sorted({*set(before).difference(own), *holding_texts((label, name) for name in wanted)}))
    outcome.changes["add_ons"] = (before, after)
    if before == tuple(after):
        outcome.by_others.add("add_ons")


def _holdings(portal: Portal) -> HoldingReader:
    if portal.directory.holdings is None:
        raise UnexpectedAnswer("The add-on licenses of members were not read.")
    return portal.directory.holdings
