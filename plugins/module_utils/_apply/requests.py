# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Every request that changes something: one object each, in one table.

An object says what it sends, for which members, how many members one request takes, how to tell from the portal that it
took effect, whether what it replaces is read again right before, and which privilege it needs.
"""

from __future__ import annotations

import json
from typing import Any, ClassVar

from ansible_collections.portalops.arcgis.plugins.module_utils._apply.add_on_requests import SetAddOn
from ansible_collections.portalops.arcgis.plugins.module_utils._apply.group_requests import (
    ChangeGroupPart,
    CreateGroup,
    DeleteGroup,
    FormerOwner,
    JoinGroup,
    LeaveGroup,
    ProtectGroup,
    ReassignGroup,
    UpdateGroup,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._apply.invitation_requests import CancelInvitation
from ansible_collections.portalops.arcgis.plugins.module_utils._apply.request import (
    Portal,
    Privileges,
    Refusals,
    Request,
    SelfReadingRequest,
    refused_names,
    refused_rows,
    usernames,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._apply.transfer_requests import (
    DeleteRecycled,
    RestoreItems,
    Transfer,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._current.paths import user_path
from ansible_collections.portalops.arcgis.plugins.module_utils._errors import (
    NotFound,
    PlanChanged,
    Refused,
    UnexpectedAnswer,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.categories import (
    Tree,
    apply_change,
    merge,
    paths_from_portal,
    portal_path,
    same_paths,
    same_tree,
    tree_to_portal,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import (
    FIELDS_BY_NAME,
    UNLIMITED,
    same_credits,
    shown,
    stored_name,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.members import Member
from ansible_collections.portalops.arcgis.plugins.module_utils._model.organization import Organization
from ansible_collections.portalops.arcgis.plugins.module_utils._model.plan import CREATED, PlanEntry
from ansible_collections.portalops.arcgis.plugins.module_utils._model.roles import (
    USER,
    VIEWER,
    fits,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.wording import plural
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.schedule import Job

# -- accounts ------------------------------------------------------------------------------------------------------


class _Creation(Request):
    creates = True
    does = "create members"

    def _account(self, portal: Portal, entry: PlanEntry, job: Job, operation: str) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for name in job.fields_of(entry):
            parameter = getattr(FIELDS_BY_NAME[name], operation) if name != "state" else None
            if parameter and entry.wanted[name] != "":
                data[parameter] = shown(entry.wanted[name])
        # A role that follows the creation is replaced by one that the seat allows.
        seat = entry.wanted.get(portal.reader.organization.seat_field)
        data.setdefault("role", USER if fits(USER, seat) else VIEWER)
        data["username"] = entry.name
        return data

    def shows(self, portal: Portal, entry: PlanEntry, job: Job, member: Member | None) -> set[str]:
        """Return the fields that the new account has. One with the data of another person is not this run's."""
        if member is None:
            return set()
        names = [name for name in ("email", "first_name", "last_name") if name in job.fields_of(entry)]
        is_same = all(
            str(member.values.get(name) or "").casefold() in ("", str(entry.wanted[name]).casefold()) for name in names
        )
        return set(job.fields_of(entry)) if is_same else set()


class Create(_Creation):
    """Create an account of ArcGIS Enterprise (portaladmin createUser)."""

    def send(self, portal: Portal, job: Job) -> Refusals:
        (entry,) = job.entries
        data = {"provider": "arcgis", **self._account(portal, entry, job, "create")}
        if portal.reader.organization.accepts_apply_defaults:
            # New-member defaults would give what the roster does not name.
            data["applyDefaults"] = False
        portal.client.write("security/users/createUser", data, root="admin")
        return {}


class Invite(_Creation):
    """Create accounts of ArcGIS Online (portal-rest-api-2.md, sections 4 and 11: batches, ``notInvited``)."""

    batch = 25
    privilege = "portal:admin:inviteUsers"

    def send(self, portal: Portal, job: Job) -> Refusals:
        rows = [self._row(portal, entry, job) for entry in job.entries]
        invitations = {"invitations": rows, "apps": [], "appBundles": []}
        answer = portal.client.write("portals/self/invite", {"invitationList": invitations})
        return refused_names(
            answer, "notInvited", "The portal did not create the account. Another account can have the username."
        )

    def _row(self, portal: Portal, entry: PlanEntry, job: Job) -> dict[str, Any]:
        data = self._account(portal, entry, job, "invite")
        data.setdefault("fullname", f"{data.get('firstname', '')} {data.get('lastname', '')}".strip())
        if data.get("targetUserProvider") == "arcgis":
            del data["targetUserProvider"]
        if data.get("userCreditAssignment") == UNLIMITED:
            data["userCreditAssignment"] = -1
        return {**data, "groups": "", "applyActUserDefaults": False}


class Delete(Request):
    """Remove an account."""

    deletes = True
    does = "remove members"
    privilege = "portal:admin:deleteUsers"

    def send(self, portal: Portal, job: Job) -> Refusals:
        (entry,) = job.entries
        try:
            portal.client.write(f"community/users/{user_path(entry.name)}/delete", {})
        except NotFound:
            outcome = portal.outcome(entry)
            if "state" not in outcome.unknown:
                outcome.by_others.add("state")
        return {}

    def shows(self, portal: Portal, entry: PlanEntry, job: Job, member: Member | None) -> set[str]:
        return {"state"} if member is None else set()


class Profile(Request):
    """Update profile fields and categories of a member; categories are replaced as a whole."""

    does = "change profiles"
    privilege = "portal:admin:updateUsers"
    rereads = True

    def refresh(self, portal: Portal, entry: PlanEntry) -> bool:
        # A relative list that changes nothing is not written, so it needs no reading.
        change = entry.relative.get("categories") if "categories" in entry.changes else None
        member = portal.member(entry) if change else None
        if change is None or member is None:
            return True
        outcome = portal.outcome(entry)
        now = paths_from_portal(list(member.values.get("categories") or ()), portal.reader.tree().rooted)
        before, _after = outcome.changes["categories"]
        if same_paths(before or (), now):
            return True
        after = apply_change(now, change)
        outcome.wanted["categories"] = after
        outcome.changes["categories"] = (None if entry.action == CREATED else now, after)
        if entry.action != CREATED:
            outcome.warnings.append(f"{entry.name}: Categories changed since the plan was made. Both changes are kept.")
        return True

    def send(self, portal: Portal, job: Job) -> Refusals:
        (entry,) = job.entries
        wanted = portal.outcome(entry).wanted
        data: dict[str, Any] = {}
        for name in job.fields_of(entry):
            data[str(FIELDS_BY_NAME[name].update)] = self._value(portal, name, wanted[name])
        if any(value == "" for value in data.values()):
            data["clearEmptyFields"] = True
        portal.client.write(f"community/users/{user_path(entry.name)}/update", data)
        return {}

    @staticmethod
    def _value(portal: Portal, name: str, value: Any) -> Any:
        if name == "tags":
            return ",".join(value)
        if name == "categories":
            rooted = portal.reader.tree().rooted
            paths = [portal_path(path, rooted) for path in value]
            return json.dumps(paths, ensure_ascii=False) if paths else ""
        return value


class IdpUsername(Request):
    """Change the name of a member at the identity provider."""

    def send(self, portal: Portal, job: Job) -> Refusals:
        (entry,) = job.entries
        name = entry.wanted["idp_username"]
        if portal.reader.organization.is_online:
            data = {"idpUsername": name, **({} if name else {"clearEmptyFields": True})}
            portal.client.write(f"community/users/{user_path(entry.name)}/update", data)
        else:
            data = {"username": stored_name(entry.name), "idpUsername": name}
            portal.client.write("security/users/updateEnterpriseUser", data, root="admin")
        return {}


class Role(Request):
    """Set the role of a member."""

    does = "change roles"
    privilege = "portal:admin:changeUserRoles"

    def send(self, portal: Portal, job: Job) -> Refusals:
        (entry,) = job.entries
        try:
            portal.client.write(
                "portals/self/updateUserRole", {"user": stored_name(entry.name), "role": entry.wanted["role"]}
            )
        except Refused as error:
            # The portal uses this text for a name that is not a member (portal-rest-api-2.md, section 11, 13).
            if "'user' parameter required or invalid" in str(error):
                raise NotFound(f"{entry.name}: Member does not exist any more.") from None
            raise
        return {}


# -- seats and credits ---------------------------------------------------------------------------------------------


class Level(Request):
    """Set the level of a member, before ArcGIS Enterprise 10.7."""

    does = "change levels"

    def send(self, portal: Portal, job: Job) -> Refusals:
        (entry,) = job.entries
        # The documentation says userName, the portal's own pages send user: send both.
        name = stored_name(entry.name)
        portal.client.write("portals/self/updateUserLevel", {"user": name, "userName": name, "level": job.argument})
        return {}


class UserType(Request):
    """Set the user type of members."""

    batch = 100
    does = "change user types"
    privilege = "portal:admin:manageLicenses"
    is_doubtful = True

    def send(self, portal: Portal, job: Job) -> Refusals:
        data = {"users": usernames(job), "userLicenseType": job.argument}
        answer = portal.client.write("portals/self/updateUserLicenseType", data)
        refusals = refused_rows(answer, f"The portal refused user type {job.argument}")
        return {key: self._explained(portal, job, key, f"{reason.rstrip('.')}.") for key, reason in refusals.items()}

    @staticmethod
    def _explained(portal: Portal, job: Job, key: str, reason: str) -> str:
        """Add what can be seen of the cause, because the portal often gives none."""
        entry = next((entry for entry in job.entries if entry.key == key), None)
        if entry is None:
            return reason
        count = sum(len(items) for items in portal.directory.add_ons(entry.name).values())
        return (
            f"{reason} Possible reasons: {plural(count, 'add-on license')} of the member, the role "
            f"{entry.after('role')}, no free seat of {job.argument}, an ArcGIS Pro license that is used offline."
        )


class Credits(Request):
    """Allocate credits to members (ArcGIS Online)."""

    batch = 100
    does = "allocate credits"
    privilege = "portal:admin:manageCredits"

    def doubtful_privileges(self, organization: Organization, job: Job) -> Privileges:
        """The documentation asks for an administrator; whether the privilege is enough is open."""
        return [(self.does, str(self.privilege))]

    def send(self, portal: Portal, job: Job) -> Refusals:
        assignments = [
            {"username": stored_name(entry.name), "credits": entry.wanted["credits"]} for entry in job.entries
        ]
        answer = portal.client.write("portals/self/assignUserCredits", {"userAssignments": assignments})
        return refused_names(answer, "notAssignedUsers", "The portal did not allocate the credits.")


class UnlimitedCredits(Credits):
    """Remove the credit limit of members (ArcGIS Online)."""

    def send(self, portal: Portal, job: Job) -> Refusals:
        answer = portal.client.write("portals/self/unassignUserCredits", {"usernames": usernames(job)})
        return refused_names(answer, "notUnAssignedUsers", "The portal did not remove the credit limit.")


class _Switch(Request):
    batch = 25
    does = "enable or disable members"
    privilege = "portal:admin:disableUsers"
    verb: ClassVar[str]

    def batch_for(self, organization: Organization) -> int:
        return self.batch if organization.has_user_types else 1

    def send(self, portal: Portal, job: Job) -> Refusals:
        if len(job.entries) == 1:
            portal.client.write(f"community/users/{user_path(job.entries[0].name)}/{self.verb}", {})
            return {}
        answer = portal.client.write(f"portals/self/{self.verb}Users", {"users": ",".join(usernames(job))})
        return refused_rows(answer, f"The portal did not {self.verb} the member")


class Enable(_Switch):
    """Enable members."""

    verb = "enable"


class Disable(_Switch):
    """Disable members."""

    verb = "disable"


# -- departures ----------------------------------------------------------------------------------------------------


class Revoke(SelfReadingRequest):
    """Revoke one add-on license or app bundle of members; the argument is (kind, item ID)."""

    batch = 25
    does = "revoke add-on licenses"
    privilege = "portal:admin:manageLicenses"
    is_doubtful = True

    def send(self, portal: Portal, job: Job) -> Refusals:
        kind, item = job.argument
        names = usernames(job)
        if kind == "listings":
            data = {"userEntitlements": {"users": names, "entitlements": []}, "suppressCustomerEmail": True}
            operation = "provisionUserEntitlements"
        else:
            data, operation = {"users": ",".join(names), "revoke": True}, "provisionUserAppBundle"
        try:
            portal.client.write(f"content/listings/{item}/{operation}", data)
        except Refused as error:
            # A listing that is licensed to all members blocks nothing (portal-rest-api-2.md, section 11, 16).
            if "not licensed by user" not in str(error):
                raise
        return {}

    def reached(self, portal: Portal, entry: PlanEntry, job: Job) -> set[str]:
        kind, item = job.argument
        if item in portal.directory.add_ons(entry.name).get(kind, ()):
            return set()
        portal.outcome(entry).side_effects.add("licenses")
        return {"licenses"}

    def shortfall(self, portal: Portal, entry: PlanEntry, job: Job) -> str:
        return (
            f"The portal accepted the revocation of the add-on license {job.argument[1]}, but the member still has it."
        )


class EsriAccess(SelfReadingRequest):
    """Take Esri access off a member, as ArcGIS Online wants it before the account is removed."""

    does = "change profiles"
    privilege = "portal:admin:updateUsers"

    def send(self, portal: Portal, job: Job) -> Refusals:
        (entry,) = job.entries
        portal.client.write(f"community/users/{user_path(entry.name)}/update", {"userType": "arcgisonly"})
        return {}

    def reached(self, portal: Portal, entry: PlanEntry, job: Job) -> set[str]:
        return set() if portal.directory.has_esri_access(entry.name) else {"esri_access"}


# -- the organization ----------------------------------------------------------------------------------------------


class CreditBudgeting(SelfReadingRequest):
    """Turn credit budgeting on or off, and set the credits of new members (ArcGIS Online)."""

    does = "change credit budgeting"
    privilege = "portal:admin:manageCredits"

    def send(self, portal: Portal, job: Job) -> Refusals:
        (entry,) = job.entries
        data: dict[str, Any] = {}
        if "budgeting" in entry.wanted:
            data["creditAssignments"] = "enabled" if entry.wanted["budgeting"] else "disabled"
        if "default_credits" in entry.wanted:
            wanted = entry.wanted["default_credits"]
            data["defaultUserCreditAssignment"] = -1 if wanted == UNLIMITED else shown(wanted)
        portal.client.write("portals/self/update", data)
        return {}

    def reached(self, portal: Portal, entry: PlanEntry, job: Job) -> set[str]:
        now = portal.reader.read_again()
        found = {"budgeting": now.credit_budgeting, "default_credits": now.default_credits}
        if now.default_credits is None and "default_credits" in entry.wanted:
            raise UnexpectedAnswer("The portal does not show the credits of new members.")
        return {name for name, value in entry.wanted.items() if same_credits(found[name], value)}


class CategoryTree(SelfReadingRequest):
    """Replace the category tree, which the portal takes as a whole."""

    does = "change member categories"
    rereads = True

    def required_privileges(self, organization: Organization, job: Job) -> Privileges:
        """Two privileges are documented; one of them is enough."""
        names = ("portal:admin:updateMemberCategorySchema", "portal:admin:updateUsers")
        return [] if organization.account.has_any(*names) else [(self.does, " or ".join(names))]

    def refresh(self, portal: Portal, entry: PlanEntry) -> bool:
        before, _after = entry.wanted["trees"]
        now = self._read(portal, entry)
        if same_tree(before, now):
            return True
        outcome = portal.outcome(entry)
        desired = entry.relative.get("merge")
        if desired is None:
            raise PlanChanged(
                "The category tree changed since the plan was made. Nothing was written.",
                remedy="Run the task again, and review the new plan.",
            )
        after = Tree(merge(now, desired).categories, now.rooted)
        outcome.wanted["trees"] = (now, after)
        outcome.changes["categories"] = (now.categories, after.categories)
        outcome.warnings.append("The category tree changed since the plan was made. Both changes are kept.")
        return not same_tree(now, after)

    @staticmethod
    def _read(portal: Portal, entry: PlanEntry) -> Tree:
        before, after = portal.outcome(entry).wanted["trees"]
        return portal.reader.read_tree(may_be_missing=not before.categories or not after.categories)

    def send(self, portal: Portal, job: Job) -> Refusals:
        (entry,) = job.entries
        before, after = portal.outcome(entry).wanted["trees"]
        if not after.categories:
            # assignMemberCategorySchema refuses an empty tree (seeds: ORG_1132).
            portal.client.write("portals/self/deleteMemberCategorySchema", {})
            return {}
        schema = {"memberCategorySchema": tree_to_portal(after, before.rooted)}
        portal.client.write("portals/self/assignMemberCategorySchema", {"memberCategorySchema": schema})
        return {}

    def reached(self, portal: Portal, entry: PlanEntry, job: Job) -> set[str]:
        is_same = same_tree(self._read(portal, entry), portal.outcome(entry).wanted["trees"][1])
        return {"categories"} if is_same else set()


REQUESTS: dict[str, Request] = {
    "create": Create(),
    "invite": Invite(),
    "delete": Delete(),
    "profile": Profile(),
    "idp_username": IdpUsername(),
    "role": Role(),
    "level": Level(),
    "user_type": UserType(),
    "credits": Credits(),
    "unlimited_credits": UnlimitedCredits(),
    "enable": Enable(),
    "disable": Disable(),
    "transfer": Transfer(),
    "revoke": Revoke(),
    "esri_access": EsriAccess(),
    "restore_items": RestoreItems(),
    "delete_recycled": DeleteRecycled(),
    "add_ons": SetAddOn(),
    "leave_group": LeaveGroup(),
    "change_group_part": ChangeGroupPart(),
    "join_group": JoinGroup(),
    "create_group": CreateGroup(),
    "update_group": UpdateGroup(),
    "protect_group": ProtectGroup(),
    "reassign_group": ReassignGroup(),
    "former_owner": FormerOwner(),
    "delete_group": DeleteGroup(),
    "cancel_invitation": CancelInvitation(),
    "credit_budgeting": CreditBudgeting(),
    "category_tree": CategoryTree(),
}
