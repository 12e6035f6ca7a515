# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Requests that change groups: who is in them, and the groups themselves."""

from __future__ import annotations

import json
from abc import abstractmethod
from typing import Any, ClassVar

from ansible_collections.portalops.arcgis.plugins.module_utils._apply.outcome import Outcome
from ansible_collections.portalops.arcgis.plugins.module_utils._apply.request import (
    Portal,
    Privileges,
    Refusals,
    Request,
    SelfReadingRequest,
    refused_names,
    refused_rows,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._current.groups import MembershipReader
from ansible_collections.portalops.arcgis.plugins.module_utils._errors import (
    Blocked,
    NotFound,
    PermissionDenied,
    Refused,
    UnexpectedAnswer,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import member_key, shown, stored_name
from ansible_collections.portalops.arcgis.plugins.module_utils._model.group_settings import (
    CREATION_SETTINGS,
    SETTINGS_BY_NAME,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.groups import (
    MAX_GROUPS,
    NAMES_PER_REQUEST,
    PART_MANAGER,
    PART_OWNER,
    Group,
    memberships,
    parts_of,
    reaches,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.members import Member
from ansible_collections.portalops.arcgis.plugins.module_utils._model.organization import Organization
from ansible_collections.portalops.arcgis.plugins.module_utils._model.plan import PlanEntry
from ansible_collections.portalops.arcgis.plugins.module_utils._model.roles import (
    ASSIGN_TO_GROUPS,
    CREATE_GROUPS,
    CREATE_ITEMS,
    CREATE_SHARED_UPDATE_GROUPS,
    DELETE_GROUPS,
    JOIN_GROUPS,
    REASSIGN_GROUPS,
    SHARE_GROUPS,
    UPDATE_GROUPS,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.schedule import Job

# -- who is in a group ---------------------------------------------------------------------------------------------


class _GroupRequest(Request):
    """A change of members of one group; the argument is the label of the group."""

    batch = NAMES_PER_REQUEST
    does = "change members of groups"
    operation: ClassVar[str]

    def send(self, portal: Portal, job: Job) -> Refusals:
        names: dict[str, list[str]] = {"users": [], "admins": []}
        for entry in job.entries:
            part = dict(entry.wanted["groups"])[job.argument]
            names["admins" if part == PART_MANAGER else "users"].append(stored_name(entry.name))
        answer = portal.client.write(
            f"community/groups/{_group(portal, job).id}/{self.operation}",
            {key: ",".join(part) for key, part in names.items() if part},
        )
        return self._refusals(portal, job, self._refused(answer))

    @abstractmethod
    def _refused(self, answer: dict[str, Any]) -> set[str]:
        """Return the keys of members that the response names as not changed. The portal gives no reasons."""

    def _refusals(self, portal: Portal, job: Job, refused: set[str]) -> Refusals:
        """Return reasons for members without their desired parts. Another person or run changed the other members."""
        entries = [entry for entry in job.entries if entry.key in refused]
        if not entries:
            return {}
        group = _group(portal, job)
        parts = _memberships(portal).reader.parts(group)
        refusals = {}
        for entry in entries:
            wanted = dict(entry.wanted["groups"])[job.argument]
            outcome = portal.outcome(entry)
            if parts.get(entry.key) == wanted:
                # After a lost request, this run can have made the change itself.
                if "groups" not in outcome.unknown:
                    _note_others(outcome, job.argument, wanted)
                    refusals[entry.key] = ""
            else:
                reason = self._reason(portal, entry, group, parts.get(entry.key))
                refusals[entry.key] = f"The portal did not change the membership of group '{group.title}': {reason}"
        return refusals

    def _reason(self, portal: Portal, entry: PlanEntry, group: Group, part: str | None) -> str:
        """Return what can be seen of the cause."""
        now = _memberships(portal).reader.read(group.id)
        if now is None:
            return "the group does not exist any more."
        if now.is_linked:
            return "the group is linked to an identity provider."
        page = portal.directory.raw(entry.name)
        if page is None:
            return "the member does not exist any more."
        count = len(page["groups"]) if isinstance(page.get("groups"), list) else 0
        if count >= MAX_GROUPS:
            return f"the member is in {count} groups, and {MAX_GROUPS} is the most."
        if part == PART_OWNER:
            return "the member owns the group."
        if part is not None and isinstance(self, JoinGroup):
            return f"another person or run made the member a {part} of the group meanwhile. Run the task again."
        if part is None and not isinstance(self, JoinGroup):
            return "the member is not in the group any more."
        if not isinstance(self, JoinGroup):
            return "the portal gives no reason."
        privilege = CREATE_ITEMS if now.is_shared_update else JOIN_GROUPS
        return f"the portal gives no reason. Check that the role {entry.after('role')} has the privilege {privilege}."

    def shows(self, portal: Portal, entry: PlanEntry, job: Job, member: Member | None) -> set[str]:
        part = dict(entry.wanted["groups"])[job.argument]
        texts = member.values.get("groups") if member is not None else None
        return {"groups"} if texts is not None and reaches(texts, ((job.argument, part),)) else set()


class JoinGroup(_GroupRequest):
    """Add members and managers to a group (portal-rest-api-2.md, section 1.5)."""

    operation = "addUsers"

    def _refused(self, answer: dict[str, Any]) -> set[str]:
        return set(refused_names(answer, "notAdded", ""))


class ChangeGroupPart(_GroupRequest):
    """Make members of a group managers, and managers members: addUsers does not."""

    operation = "updateUsers"

    def _refused(self, answer: dict[str, Any]) -> set[str]:
        return set(refused_rows(answer, ""))


class LeaveGroup(_GroupRequest):
    """Remove members and managers from a group."""

    operation = "removeUsers"

    def _refused(self, answer: dict[str, Any]) -> set[str]:
        return set(refused_names(answer, "notRemoved", ""))


def _memberships(portal: Portal) -> MembershipReader:
    if portal.directory.memberships is None:
        raise UnexpectedAnswer("The groups of members were not read.")
    return portal.directory.memberships


def _group(portal: Portal, job: Job) -> Group:
    group = _memberships(portal).managed.groups[job.argument]
    if group.is_new:
        raise Blocked(f"Group '{job.argument}' was not created.", remedy="Fix the error of the group.")
    return group


def _note_others(outcome: Outcome, label: str, part: str | None) -> None:
    """Note that another person or run made a change of this run: the difference is smaller than planned."""
    before, after = outcome.changes["groups"]
    parts = parts_of(before)
    parts.pop(label, None)
    if part is not None:
        parts[label] = part
    outcome.changes["groups"] = (memberships(parts), after)
    if memberships(parts) == tuple(after):
        outcome.by_others.add("groups")


# -- the groups themselves -----------------------------------------------------------------------------------------


class _SettingRequest(SelfReadingRequest):
    """A change of one group, read back by its ID."""

    def _can_manage(self, job: Job) -> bool:
        group = job.entries[0].group
        return group is not None and group.can_manage

    def reached(self, portal: Portal, entry: PlanEntry, job: Job) -> set[str]:
        group = portal.directory.group_reader.read(_group_id(entry))
        if group is None and self.creates:
            return set()
        if group is None:
            raise NotFound("The group does not exist any more.", remedy="Another person or run deleted it.")
        wanted = portal.outcome(entry).wanted
        portal.outcome(entry).observed["group"] = group
        settings = [SETTINGS_BY_NAME[name] for name in job.fields_of(entry) if name in SETTINGS_BY_NAME]
        reached = {setting.name for setting in settings if setting.same(setting.read(group.row), wanted[setting.name])}
        return reached | ({"state"} & set(job.fields_of(entry)))

    def shortfall(self, portal: Portal, entry: PlanEntry, job: Job) -> str:
        group: Group = portal.outcome(entry).observed["group"]
        for name in sorted(job.fields_of(entry)):
            setting = SETTINGS_BY_NAME.get(name)
            if setting is not None:
                wanted, found = portal.outcome(entry).wanted[name], setting.read(group.row)
                if not setting.same(found, wanted):
                    values = [json.dumps(shown(value), ensure_ascii=False) for value in (wanted, found)]
                    return f"The portal accepted {name} {values[0]} but still shows {values[1]}."
        return super().shortfall(portal, entry, job)


class CreateGroup(_SettingRequest):
    """Create a group; the signed-in account owns it (portal-rest-api-2.md, section 1.6)."""

    creates = True
    # Titles are not unique, so a slow portal would create two groups.
    repeats_after_timeout = False
    does = "create groups"
    privilege = CREATE_GROUPS

    def required_privileges(self, organization: Organization, job: Job) -> Privileges:
        yield self.does, CREATE_GROUPS
        yield from _access_privileges(job.entries[0])
        if job.entries[0].wanted.get("shared_update"):
            yield "create groups whose members can update all items", CREATE_SHARED_UPDATE_GROUPS

    def send(self, portal: Portal, job: Job) -> Refusals:
        (entry,) = job.entries
        answer = portal.client.write("community/createGroup", _parameters(entry, job))
        created = answer.get("group")
        if isinstance(created, dict) and created.get("id"):
            _note_id(entry, str(created["id"]))
        return {}

    def reached(self, portal: Portal, entry: PlanEntry, job: Job) -> set[str]:
        """Without its ID, the group is looked for among those of the account, because the search index lags behind."""
        if entry.group is not None and entry.group.is_new:
            account = portal.reader.organization.account.username
            owned = portal.directory.group_reader.owned_by(account)
            found = [group for group in owned if group.title.casefold() == entry.name.casefold()]
            if not found:
                return set()
            _note_id(entry, found[0].id)
        return super().reached(portal, entry, job)

    def shortfall(self, portal: Portal, entry: PlanEntry, job: Job) -> str:
        if "group" not in portal.outcome(entry).observed:
            return "The portal accepted the group, but it does not exist."
        return super().shortfall(portal, entry, job)


class UpdateGroup(_SettingRequest):
    """Change the named settings of a group, and no others."""

    does = "change groups"

    def required_privileges(self, organization: Organization, job: Job) -> Privileges:
        if not self._can_manage(job):
            yield self.does, UPDATE_GROUPS
        yield from _access_privileges(job.entries[0])

    def send(self, portal: Portal, job: Job) -> Refusals:
        (entry,) = job.entries
        data = _parameters(entry, job)
        if any(value == "" for value in data.values()):
            data["clearEmptyFields"] = True
        portal.client.write(f"community/groups/{_group_id(entry)}/update", data)
        return {}


class ProtectGroup(_SettingRequest):
    """Turn delete protection of a group on or off."""

    does = "change groups"

    def required_privileges(self, organization: Organization, job: Job) -> Privileges:
        return [] if self._can_manage(job) else [(self.does, UPDATE_GROUPS)]

    def send(self, portal: Portal, job: Job) -> Refusals:
        (entry,) = job.entries
        _protect(portal, entry, bool(entry.wanted["protected"]))
        return {}


class ReassignGroup(_SettingRequest):
    """Give a group another owner. Whether that owner must be in the group before is not known, so it joins first."""

    does = "transfer groups to another owner"

    def required_privileges(self, organization: Organization, job: Job) -> Privileges:
        return [] if _is_owner(organization, job) else [(self.does, REASSIGN_GROUPS)]

    def doubtful_privileges(self, organization: Organization, job: Job) -> Privileges:
        """The documentation names administrators only; whether an owner is enough is not known."""
        return [(self.does, REASSIGN_GROUPS)] if not organization.account.has_any(REASSIGN_GROUPS) else []

    def send(self, portal: Portal, job: Job) -> Refusals:
        (entry,) = job.entries
        owner, path = stored_name(entry.wanted["owner"]), f"community/groups/{_group_id(entry)}"
        if member_key(owner) not in _parts(portal, entry):
            try:
                answer = portal.client.write(f"{path}/addUsers", {"users": owner})
            except (PermissionDenied, Refused):
                answer = {"notAdded": [owner]}
            if not refused_names(answer, "notAdded", ""):
                portal.outcome(entry).side_effects.add("owner")
        portal.client.write(f"{path}/reassign", {"targetUsername": owner})
        return {}

    def reached(self, portal: Portal, entry: PlanEntry, job: Job) -> set[str]:
        reached = super().reached(portal, entry, job)
        if "owner" in reached:
            # That the new owner joined is part of the change.
            portal.outcome(entry).side_effects.discard("owner")
        return reached


class FormerOwner(_SettingRequest):
    """Keep the former owner of a group in it, or remove it: what the portal does is not known."""

    does = "change members of groups"

    def required_privileges(self, organization: Organization, job: Job) -> Privileges:
        return [(self.does, ASSIGN_TO_GROUPS)]

    def send(self, portal: Portal, job: Job) -> Refusals:
        (entry,) = job.entries
        if not self.reached(portal, entry, job):
            operation = "addUsers" if entry.wanted["keep_former_owner"] else "removeUsers"
            portal.client.write(f"community/groups/{_group_id(entry)}/{operation}", {"users": _former_owner(entry)})
        return {}

    def reached(self, portal: Portal, entry: PlanEntry, job: Job) -> set[str]:
        is_member = member_key(_former_owner(entry)) in _parts(portal, entry)
        return {"keep_former_owner"} if is_member == entry.wanted["keep_former_owner"] else set()

    def shortfall(self, portal: Portal, entry: PlanEntry, job: Job) -> str:
        word = "is not in the group" if entry.wanted["keep_former_owner"] else "is still in the group"
        return f"The former owner {_former_owner(entry)} {word}."


class DeleteGroup(_SettingRequest):
    """Delete a group. Its items stay with their owners."""

    deletes = True
    does = "delete groups"

    def required_privileges(self, organization: Organization, job: Job) -> Privileges:
        if not _is_owner(organization, job):
            yield self.does, DELETE_GROUPS
        if self._is_protected(job.entries[0]) and not self._can_manage(job):
            yield "change groups", UPDATE_GROUPS

    @staticmethod
    def _is_protected(entry: PlanEntry) -> bool:
        return entry.group is not None and bool(SETTINGS_BY_NAME["protected"].read(entry.group.row))

    def send(self, portal: Portal, job: Job) -> Refusals:
        (entry,) = job.entries
        outcome = portal.outcome(entry)
        try:
            if self._is_protected(entry):
                _protect(portal, entry, False)
                outcome.side_effects.add("protected")
            portal.client.write(f"community/groups/{_group_id(entry)}/delete", {})
        except NotFound:
            if "state" not in outcome.unknown:
                outcome.by_others.add("state")
        return {}

    def reached(self, portal: Portal, entry: PlanEntry, job: Job) -> set[str]:
        if portal.directory.group_reader.read(_group_id(entry)) is not None:
            return set()
        portal.outcome(entry).side_effects.discard("protected")
        return {"state"}

    def shortfall(self, portal: Portal, entry: PlanEntry, job: Job) -> str:
        return "The portal accepted the deletion, but the group still exists."


def _parameters(entry: PlanEntry, job: Job) -> dict[str, Any]:
    """Return the parameters of createGroup and update for the settings of a job."""
    data: dict[str, Any] = {}
    for name in job.fields_of(entry):
        write = SETTINGS_BY_NAME[name].write if name in CREATION_SETTINGS else None
        if write is not None:
            data.update(write(entry.wanted[name]))
    return data


def _access_privileges(entry: PlanEntry) -> Privileges:
    access = entry.wanted.get("access")
    return [(f"create or change groups with access {access}", SHARE_GROUPS[access])] if access in SHARE_GROUPS else []


def _group_id(entry: PlanEntry) -> str:
    if entry.group is None or entry.group.is_new:
        raise UnexpectedAnswer(f"The portal does not tell the ID of group '{entry.name}'.")
    return entry.group.id


def _note_id(entry: PlanEntry, group_id: str) -> None:
    """Fill in the ID of a group that this run created: its members join by it, and the search index lags behind."""
    if entry.group is not None:
        entry.group.id = group_id
        entry.group.is_new = False


def _parts(portal: Portal, entry: PlanEntry) -> dict[str, str]:
    if entry.group is None or entry.group.is_new:
        raise UnexpectedAnswer(f"The portal does not tell the ID of group '{entry.name}'.")
    return portal.directory.group_reader.parts(entry.group)


def _protect(portal: Portal, entry: PlanEntry, is_protected: bool) -> None:
    portal.client.write(f"community/groups/{_group_id(entry)}/{'protect' if is_protected else 'unprotect'}", {})


def _is_owner(organization: Organization, job: Job) -> bool:
    group = job.entries[0].group
    return group is not None and group.owner == organization.account.key


def _former_owner(entry: PlanEntry) -> str:
    return stored_name(str(entry.group.row.get("owner"))) if entry.group is not None else ""
