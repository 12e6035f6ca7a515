#!/usr/bin/python
# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: portal_user
short_description: Manage accounts of members of an ArcGIS organization
version_added: 1.0.0
description:
  - Creates, updates, enables, disables and removes one member, or many in one go.
  - ArcGIS Enterprise gets new members through the Portal Administrator API, ArcGIS Online as invited members
    of the organization. The options are the same.
  - Options that are left out are left alone. Those that a new account needs, such as O(role) and
    O(user_type), are kept true afterwards too.
  - An account that exists is never created again. A creation whose answer never came is looked for before
    anything else is done.
author:
  - portalops.arcgis contributors (@portalops)
extends_documentation_fragment:
  - portalops.arcgis.connection
  - portalops.arcgis.attributes
  - portalops.arcgis.members
  - portalops.arcgis.members.single
options:
  members:
    suboptions:
      username:
        description:
          - Name of the member.
          - Case is ignored. V(DOMAIN\\name) is found as V(name@DOMAIN), which is how the portal stores it.
        type: str
        required: true
      state: &state
        description:
          - V(present) creates the account where there is none and keeps it as described.
          - V(absent) removes the account. Content and groups that it owns are handed to O(transfer_to) first;
            without O(transfer_to) a member who owns any is refused with error code V(blocked). Add-on
            licenses are revoked.
          - V(transferred) does the same and keeps the account. Other options of the member are left alone then.
            It changes nothing for somebody who owns and holds nothing, or who is gone.
          - The signed-in account and the last administrator are never removed; that is refused with error
            code V(guard).
        type: str
        choices: [present, transferred, absent]
      first_name: &first_name
        description:
          - First name. A new account needs it.
          - The identity provider owns it for a member with O(provider=enterprise).
        type: str
      last_name: &last_name
        description:
          - Last name. A new account needs it.
          - The identity provider owns it for a member with O(provider=enterprise).
        type: str
      full_name: &full_name
        description:
          - Name under which the member is shown.
          - Name it along when O(first_name) or O(last_name) change. The portal need not work it out again.
        type: str
      email: &email
        description:
          - Email address. A new account needs it.
        type: str
      description: &description
        description:
          - Text about the member on the profile page. It may have several lines. An empty text clears it.
        type: str
      tags: &tags
        description:
          - Tags of the profile. The list replaces the current tags; an empty list clears them.
          - Order and repetition do not matter. A tag cannot hold a comma.
        type: list
        elements: str
      access: &access
        description:
          - Who can see the profile; V(private) for the member and administrators, V(org) for the
            organization, V(public) for everybody.
        type: str
        choices: [private, org, public]
      culture: &culture
        description:
          - Language and number format of the member, for example V(en-US) or V(de). Case is ignored.
        type: str
      region: &region
        description:
          - Region of the member's maps, for example V(US), or V(WO) for the world. Case is ignored.
        type: str
      units: &units
        description:
          - Units of length the member sees.
        type: str
        choices: [english, metric]
      password: &password
        description:
          - Password of a built-in account. A new one of ArcGIS Enterprise needs it. ArcGIS Online sends the
            new member a message with a link to set one when it is left out.
          - A member with O(provider=enterprise) has none at the portal.
          - A password cannot be read back. O(update_password) says whether it is set again.
          - A password that is shorter than 8 characters, or part of a username of the same task, is refused
            with error code V(invalid_input), because masking it would make the result unreadable.
        type: str
      provider: &provider
        description:
          - Where the member signs in; V(arcgis) for an account that the portal keeps itself, V(enterprise)
            for one of the identity provider (SAML, OpenID Connect, LDAP or Active Directory).
          - It counts when the account is created, V(arcgis) if it is left out. A change afterwards is refused
            with error code V(blocked).
        type: str
        choices: [arcgis, enterprise]
      idp_username: &idp_username
        description:
          - Name of the member at the identity provider. A new account with O(provider=enterprise) needs it.
        type: str
      enabled: &enabled
        description:
          - Whether the member can sign in. A disabled member keeps the account, the content and the seat.
          - The signed-in account and the last administrator are never disabled; that is refused with error
            code V(guard).
        type: bool
      role: &role
        description:
          - Role by name or id; a built-in one (V(org_admin), V(org_publisher), V(org_user), Viewer, Data
            Editor) or a custom one.
          - Case is ignored in names. A name that no role has is refused with error code V(invalid_input) and
            the names that are near. A name that several roles have is refused with their ids; use an id then.
          - A role that does not fit the member's user type or level is refused with error code V(blocked).
          - Only an administrator can make somebody an administrator, or change the role of one.
        type: str
      user_type: &user_type
        description:
          - User type by id, for example V(creatorUT), or by the name that the portal shows. Case is ignored.
          - A new account needs it where the portal has user types.
          - A user type that the organization does not have is refused with error code V(invalid_input) and
            the ones it has.
          - Seats are counted for all members of the task together; a user type without a free seat is refused
            with error code V(blocked).
          - It needs ArcGIS Online, or ArcGIS Enterprise 10.7 or later. Earlier portals have O(level).
        type: str
      level: &level
        description:
          - Membership level; V(1) to view, V(11) to view and edit, V(2) to create content.
          - A new account needs it where the portal has levels.
          - Only ArcGIS Enterprise before 10.7 has levels. On a portal with user types it is refused with
            error code V(unsupported); use O(user_type) there.
          - A member who owns items or groups cannot go to level 1 and is refused with error code V(blocked),
            as is a level without a free seat.
        type: str
        choices: ["1", "2", "11"]
      update_password: &update_password
        description:
          - V(on_create) sets O(password) only when the account is created.
          - V(always) sets it in every run, which then reports a change every time.
        type: str
        choices: [on_create, always]
      transfer_to: &transfer_to
        description:
          - Member who receives the items and groups of a member with O(state=absent) or O(state=transferred).
          - It must be somebody else who can sign in and stays.
        type: str
  state:
    <<: *state
    default: present
  first_name: *first_name
  last_name: *last_name
  full_name: *full_name
  email: *email
  description: *description
  tags: *tags
  access: *access
  culture: *culture
  region: *region
  units: *units
  password: *password
  provider: *provider
  idp_username: *idp_username
  enabled: *enabled
  role: *role
  user_type: *user_type
  level: *level
  update_password:
    <<: *update_password
    default: on_create
  transfer_to: *transfer_to
notes:
  - Privileges needed are, as far as the task asks for it, C(portal:admin:viewUsers) and
    C(portal:admin:updateUsers), C(portal:admin:inviteUsers) to create on ArcGIS Online, the capability to add
    members or to manage security and infrastructure to create on ArcGIS Enterprise,
    C(portal:admin:disableUsers), C(portal:admin:deleteUsers), C(portal:admin:reassignUsers) to
    hand over what a member owns, C(portal:admin:changeUserRoles)
    and C(portal:admin:manageLicenses).
  - The username of a new built-in account has 6 to 24 letters, digits, dots, underscores, at signs and
    hyphens in ArcGIS Enterprise, and 6 to 128 in ArcGIS Online. Others are refused with error code V(blocked)
    before anything is created, as is a new account without the options that it needs.
  - Usernames of ArcGIS Online are unique in the whole world. A name that belongs to another organization, or
    once did, is refused with error code V(blocked).
  - ArcGIS Online removes a member from the organization with the account.
seealso:
  - module: portalops.arcgis.portal_user_role
  - module: portalops.arcgis.portal_user_level
  - module: portalops.arcgis.portal_credits
  - module: portalops.arcgis.portal_user_categories
  - module: portalops.arcgis.portal_members
  - name: Create User
    description: The operation of ArcGIS Enterprise that creates an account.
    link: https://developers.arcgis.com/rest/enterprise-administration/portal/create-user/

  - name: Update User
    description: The operation that changes a profile.
    link: https://developers.arcgis.com/rest/users-groups-and-items/update-user/

  - name: Delete User
    description: The operation that removes an account.
    link: https://developers.arcgis.com/rest/users-groups-and-items/delete-user/
"""

EXAMPLES = r"""
# All but the first example take the connection from the environment (ARCGIS_PORTAL_URL and its siblings).

- name: Create a member, or keep the one that exists as described
  portalops.arcgis.portal_user:
    portal_url: "{{ portal_url }}"
    portal_username: "{{ portal_username }}"
    portal_password: "{{ portal_password }}"
    username: nora_lindqvist
    first_name: Nora
    last_name: Lindqvist
    email: nora.lindqvist@example.com
    password: "{{ initial_password }}"
    role: org_user
    user_type: creatorUT

- name: Create members of the identity provider in one task, without a loop
  portalops.arcgis.portal_user:
    provider: enterprise
    role: Viewer
    user_type: viewerUT
    members:
      - username: paul_martin
        idp_username: paul.martin@example.com
        first_name: Paul
        last_name: Martin
        email: paul.martin@example.com
      - username: aiko_tanaka
        idp_username: aiko.tanaka@example.com
        first_name: Aiko
        last_name: Tanaka
        email: aiko.tanaka@example.com

- name: Change the profile; what is not named stays as it is
  portalops.arcgis.portal_user:
    username: jane_doe
    email: jane.doe@example.com
    tags: [survey, field work]
    access: org

- name: Disable a member, who keeps the account, the content and the seat
  portalops.arcgis.portal_user:
    username: omar_haddad
    enabled: false

# A password cannot be compared. Setting it again is reported as a change in every run.
- name: Set a new password
  portalops.arcgis.portal_user:
    username: nora_lindqvist
    password: "{{ initial_password }}"
    update_password: always

- name: See what would become of a member's account, and change nothing
  portalops.arcgis.portal_user:
    username: lena_fischer
    state: absent
    transfer_to: jane_doe
  check_mode: true
  diff: true

- name: Hand over what a member owns, and keep the account for now
  portalops.arcgis.portal_user:
    username: lena_fischer
    state: transferred
    transfer_to: jane_doe

# The portal does not remove a member who owns something. Say who gets it.
- name: Remove a member and hand the content over
  portalops.arcgis.portal_user:
    username: lena_fischer
    state: absent
    transfer_to: jane_doe
"""

RETURN = r"""
changed:
  description: Whether a write took effect, or would have in check mode. It is true after a partial failure too.
  returned: always
  type: bool
  sample: true
members:
  description:
    - One entry for each member that is not unchanged, sorted by username. It always has the member that
      O(username) names.
  returned: always
  type: list
  elements: dict
  contains:
    index:
      description: >-
        Place of the member in O(members), counted from 0. It is V(null) in the single form, and for a member
        that the input does not list.
      type: int
    username:
      description: >-
        Name of the member as the portal spells it, or as the input does where the portal has no such member.
      type: str
    action:
      description: >-
        What was done, or would be done in check mode. One of V(created), V(changed), V(removed), V(disabled),
        V(unchanged), V(skipped) and V(failed).
      type: str
    changed:
      description: Whether a write for this member took effect, or would have in check mode.
      type: bool
    changes:
      description: >-
        What changes, by option name, with the value C(before) and the value C(after). Passwords are masked. Of
        somebody who leaves also C(content), what is owned and who takes it over, and C(licenses), the add-on
        licenses that are revoked.
      type: dict
    warnings:
      description: What to know about this member although it is no failure.
      type: list
      elements: str
    error:
      description: >-
        Why this member failed, with a stable C(code) and a C(message). It is V(null) for a member that did not
        fail.
      type: dict
  sample:
    - index: 0
      username: nora_lindqvist
      action: created
      changed: true
      changes:
        first_name:
          before: null
          after: Nora
        role:
          before: null
          after: org_user
      warnings: []
      error: null
summary:
  description: How many members had which outcome.
  returned: always
  type: dict
  contains:
    created:
      description: Members whose account was created.
      type: int
    changed:
      description: Members that were changed.
      type: int
    removed:
      description: Members whose account was removed.
      type: int
    disabled:
      description: Members that were disabled.
      type: int
    unchanged:
      description: Members that are as they should be.
      type: int
    skipped:
      description: Members that were not reached because an earlier one failed.
      type: int
    failed:
      description: Members whose change failed.
      type: int
    total:
      description: All members that the task is about.
      type: int
  sample:
    created: 0
    changed: 1
    removed: 0
    disabled: 0
    unchanged: 0
    skipped: 0
    failed: 0
    total: 1
plan_checksum:
  description:
    - Checksum over everything that the run changes. A check run and the real run that follows it have the
      same one.
  returned: always
  type: str
  sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
diff:
  description: >-
    What changes, as it was and as it is afterwards, the same in check mode and in a real run. C(--diff) shows
    it.
  returned: always
  type: dict
  contains:
    before:
      description: Under C(members), by username, the fields that change with their values as they were.
      type: dict
    after:
      description: The same parts with the values afterwards. A removed member has only its state.
      type: dict
  sample:
    before:
      members:
        jane_doe:
          role: Viewer
    after:
      members:
        jane_doe:
          role: org_publisher
api_calls:
  description: How many requests the portal got.
  returned: always
  type: dict
  contains:
    read:
      description: Requests that ask for something, signing in among them.
      type: int
    write:
      description: >-
        Requests that ask for a change, refused ones among them. It is 0 in check mode and when nothing changes.
      type: int
  sample:
    read: 5
    write: 1
error:
  description: >-
    Why the task failed, for playbooks to act on. RV(ignore:msg) has the same for people. An option of the wrong
    type is refused by Ansible itself, without it.
  returned: failure
  type: dict
  contains:
    code:
      description: >-
        Stable word for the kind of failure, such as V(invalid_input), V(unsupported), V(permission), V(guard),
        V(blocked), V(plan_changed), V(refused), V(not_applied), V(sign_in_failed), V(unreachable) or
        V(several_problems).
      type: str
    message:
      description: What went wrong and what to do about it.
      type: str
    option:
      description: The option that is wrong, where it is one.
      type: str
    member:
      description: The member whom the failure is about, where it is one.
      type: str
    remedy:
      description: What to do about it, where that is known.
      type: str
    problems:
      description: All problems, each with its C(code) and C(message), where there are several.
      type: list
      elements: dict
  sample:
    code: invalid_input
    message: "jane_doe: there is no role 'Editr'; near names are Data Editor"
    option: role
    member: jane_doe
    remedy: give the name or id of a role
"""

from ansible_collections.portalops.arcgis.plugins.module_utils._module.pipeline import run_members


def main() -> None:
    """Run the module."""
    run_members("portal_user")


if __name__ == "__main__":
    main()
