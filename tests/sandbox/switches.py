# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Switches: facts about a portal that no public source decides. Each offers both behaviours, the default first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union


@dataclass(frozen=True)
class Switch:
    name: str
    values: tuple[str, ...]
    meaning: str
    free: bool = False  # also accepts other values than the listed ones

    @property
    def default(self) -> str:
        return self.values[0]


TABLE = (
    Switch("list_rows", ("full", "without_user_type", "without_categories", "without_both"),
           "whether rows of portals/self/users carry userLicenseTypeId and categories"),
    Switch("row_order", ("sorted", "reversed", "shuffled"), "order of member rows when no sortField is sent"),
    Switch("number_types", ("float", "int", "string"), "how credit numbers are written in answers"),
    Switch("not_found_code", ("with", "without"), "COM_0018 in the error of a missing user, or the text alone"),
    Switch("fullname", ("kept", "recomputed"), "a new first or last name alone changes the full name too"),
    Switch("filter_spelling", ("both", "applyFilterIntersection", "applyFiltersIntersection"),
           "the parameter that joins member filters by AND"),
    Switch("counts", ("available", "missing"), "whether portals/self/users/counts exists"),
    Switch("search_lag", ("2s", "0", "3 reads"), "how long search shows the old state: seconds or searches",
           free=True),
    Switch("role_of_viewer", ("org_user", "own_id"), "what `role` shows for Viewer and Data Editor"),
    Switch("viewer_ownership", ("refused", "allowed"), "an owner of items or groups moves to a level 1 user type"),
    Switch("level_parameter", ("both", "user", "userName"), "the name parameter that updateUserLevel reads"),
    Switch("level_on_new", ("refused", "ignored", "honoured"), "updateUserLevel on a portal that has user types"),
    Switch("invitations_hold_seats", ("yes", "no"), "pending invitations count against the seats of their user type"),
    Switch("invite_refusal", ("list", "error"), "a refused invitation stands in notInvited, or is an error object"),
    Switch("self_user_credits", ("present", "absent"), "portals/self.user carries credit fields while budgeting is on"),
    Switch("credits_when_off", ("error", "ignored"), "assignUserCredits while budgeting is off"),
    Switch("credits_reassign", ("keeps", "refills"), "assigning again keeps what was spent, or starts afresh"),
    Switch("credit_pool", ("limits", "reserved"), "an allocation is a limit only, or must fit into the pool"),
    Switch("category_root", ("root", "bare", "bare_paths"),
           "the schema shows the root node Categories; no root; no root and no root in members' paths"),
    Switch("category_write", ("replace", "append"), "categories in a profile update replace or add to the member's"),
    Switch("category_clear", ("flag_needed", "empty_list", "empty_text"),
           "what clears a member's categories: empty with clearEmptyFields; also [] alone; also empty text alone"),
    Switch("schema_missing", ("empty_list", "missing_key", "error"), "memberCategorySchema where there is none"),
    Switch("schema_delete", ("keeps", "strips"), "deleting the schema leaves the paths on members, or takes them off"),
    Switch("schema_privilege", ("either", "updateUsers", "updateMemberCategorySchema"),
           "the privilege that writing the category schema needs"),
    Switch("admin_token", ("body_or_header", "body_only"), "where a portaladmin POST can carry its token"),
    Switch("admin_error", ("status", "error"), "the shape of portaladmin refusals"),
    Switch("defaults_win", ("fill", "override"), "new-member defaults fill what createUser leaves open, or win"),
    Switch("create_name", ("absent", "present"), "createUser answers the username too"),
    Switch("enable_answer", ("success", "status", "itemId"), "the answer of enable and disable of one member"),
    Switch("app_token", ("allowed", "refused"), "writes by an application token; or a comma list of refused operations",
           free=True),
    Switch("token_by_get", ("refused", "allowed"), "generateToken by GET"),
    Switch("group_not_found", ("COM_0003", "CONT_0006"), "messageCode in the error of a missing group"),
    Switch("group_org_id", ("present", "missing"), "whether a group object carries orgId (ArcGIS Online)"),
    Switch("group_id_key", ("groupId", "id"), "the key of the group ID in the answers of update and delete"),
    Switch("group_titles", ("free", "unique"), "several groups can share a title, or createGroup refuses the second"),
    Switch("group_batch", ("together", "each"), "addUsers counts 25 names in users and admins together, or in each"),
    Switch("update_users_limit", ("25", "none"), "most names in one updateUsers request"),
    Switch("group_former_owner", ("manager", "member", "none"),
           "what the former owner becomes when a group is reassigned"),
    Switch("group_reassign_outsider", ("accepted", "refused"), "a group is reassigned to a member who is not in it"),
    Switch("linked_group_add", ("not_added", "error", "accepted"),
           "addUsers to a linked group: all names in notAdded, an error, or accepted and undone at the next sign-in"),
    Switch("user_list", ("from_10.9", "always", "missing"), "which portals have groups/{id}/userList"),
    Switch("user_list_owner", ("no", "owner", "admin"),
           "whether userList repeats the owner, and with which memberType"),
    Switch("group_users_overlap", ("no", "yes"), "whether groups/{id}/users repeats owner and managers in users"),
    Switch("users_groups", ("whole", "ids"), "entries of portals/self/usersGroups: whole group objects or IDs"),
    Switch("users_groups_limit", ("none", "10"),
           "groups of a member that usersGroups shows if limit is not sent", free=True),
    Switch("purchase_without_listing", ("present", "absent"), "a row of portals/self/purchases that has no listing"),
    Switch("organization_listing", ("absent", "present"),
           "a listing that is licensed to every member, in provisionedListings; it cannot be revoked"),
    Switch("listing_entitlements", ("absent", "present"), "whether rows of provisionedListings carry entitlements"),
    Switch("entitlements_of_non_holder", ("error", "empty"),
           "userEntitlements of a member who does not hold the listing"),
    Switch("provision_bad_name", ("all_fail", "others"),
           "one bad name in provisionUserEntitlements: the request fails, or the other names are done with success"),
    Switch("unknown_entitlement", ("error", "ignored"), "provisionUserEntitlements with an unknown entitlement"),
    Switch("license_overdraw", ("error", "accepted"), "provisionUserEntitlements beyond the number of licenses"),
    Switch("bundle_limit", ("25", "none"), "most names in one provisionUserAppBundle request"),
    Switch("type_change_addons", ("refused", "dropped", "kept"),
           "a change of the user type while the member holds add-ons that do not fit the new type"),
    Switch("license_refusal_reason", ("given", "none"),
           "whether a refused row of updateUserLicenseType has error.message"),
    Switch("max_users", ("present", "missing"), "whether rows of userLicenseTypes carry maxUsers"),
    Switch("item_group_rule", ("private", "all"),
           "which shared items need a recipient who is in their groups: those with access private, or all"),
    Switch("can_reassign_items", ("from_11.0", "always", "missing"),
           "which portals have canReassignItems and reassignItems"),
    Switch("reassign_blocked", ("error", "skipped", "partial"),
           "users/{u}/reassign with a refused item: error, nothing moved; success, item left; error, the rest moved"),
    Switch("invite_limit", ("25", "1", "none"), "most invitations in one invite request"),
    Switch("invite_enterprise", ("member", "pending"), "an invited enterprise login is a member at once, or pending"),
    Switch("invitation_rows", ("whole", "sparse"),
           "fields of a pending invitation: those of Esri's type, or only those that public scripts read"),
    Switch("online_idp_username", ("ignored", "changed"),
           "idpUsername in a profile update on ArcGIS Online: ignored with success, or changed"),
    Switch("invite_defaults", ("applied", "not_applied"),
           "new-member defaults for an invitation without applyActUserDefaults"),
    Switch("lapsed_name", ("digit", "not_invited"),
           "invite of a lapsed username: the account gets the name with a digit, or stands in notInvited"),
    Switch("defaults_unset", ("empty_object", "empty_keys"), "userDefaultSettings where nothing is set"),
    Switch("role_names", ("free", "unique"), "several roles can share a name, or createRole refuses the second"),
    Switch("delete_used_role", ("refused", "base_role"),
           "deleting a role in use is refused, or its members get the base role"),
    Switch("unknown_privilege", ("dropped", "error"), "setPrivileges with a privilege that the portal does not have"),
    Switch("privilege_dependencies", ("unchecked", "checked"),
           "setPrivileges checks that a privilege has those it needs"),
    Switch("system_accounts", ("listed", "absent"),
           "whether portals/self/users lists the accounts of the portal itself without excludeSystemUsers"),
    Switch("last_login", ("minus_1", "missing", "hidden"),
           "lastLogin of a member who never signed in: -1, or no key; hidden: no member has the key"),
    Switch("public_org_id", ("of_others", "always", "never"), "orgId on the public page of a user"),
    Switch("license_page", ("499", "403", "refused"),
           "portaladmin/license without the privilege: 499 or 403; refused: 499 for every account"),
    Switch("encoding", ("plain", "gzip", "chunked"), "how answers are sent"),
)  # fmt: skip
FIELDS_BY_NAME = {switch.name: switch for switch in TABLE}


class Switches:
    """The current values. ``switches["list_rows"]`` reads one; unknown names and values are refused."""

    def __init__(self, values: Union[dict[str, str], None] = None) -> None:
        self.values = {switch.name: switch.default for switch in TABLE}
        self.set(values or {})

    def __getitem__(self, name: str) -> str:
        return self.values[name]

    def set(self, values: dict[str, str]) -> None:
        for name, value in values.items():
            switch = FIELDS_BY_NAME.get(name)
            if switch is None:
                raise ValueError(f"unknown switch {name}; there are {', '.join(sorted(FIELDS_BY_NAME))}")
            if str(value) not in switch.values and not switch.free:
                raise ValueError(f"{name} is one of {', '.join(switch.values)}, not {value}")
        self.values.update({name: str(value) for name, value in values.items()})
