#!/usr/bin/python
# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: portal_members
short_description: Make the members of an ArcGIS organization match a roster
version_added: 1.0.0
description:
  - Applies a whole roster, given as a list or as a file; accounts, profiles, roles, user types or levels,
    credits and categories.
  - The organization is read once, the roster is compared with it, and only differences are written. A roster
    that the organization matches costs a few reads and no write.
  - Everything that stands against the plan (unknown names, missing seats, owned content, missing privileges,
    O(guards)) is reported together for all members before the first write.
  - Order across members is worked out. What frees seats and credits comes first, so two members can swap the
    last seat.
  - Members whom the roster does not list are left alone, unless O(purge) says otherwise.
author:
  - portalops.arcgis contributors (@portalops)
extends_documentation_fragment:
  - portalops.arcgis.connection
  - portalops.arcgis.attributes
  - portalops.arcgis.members
options:
  src:
    description:
      - Roster file in YAML, JSON or CSV, told apart by the file's extension, or by its content if the
        extension is another.
      - It is looked for on the control node, as C(src) of M(ansible.builtin.copy) is, and may be encrypted by
        Ansible Vault.
      - It is read by the module itself, which is much faster and takes much less memory than a list in
        variables. Prefer it for more than a few hundred members.
      - A YAML or JSON file holds a list of members, or a mapping with such a list under C(members). The
        entries are those of O(members). A field that is V(null) is left alone.
      - The first line of a CSV file names the fields; case, blanks and hyphens do not matter (V(First Name)
        is O(first_name)). An empty cell leaves the field alone. A list in a cell is split at V(;).
      - Whatever is wrong with the file is refused with error code V(invalid_input), naming the lines.
    type: path
  columns:
    description:
      - Which field each column of a CSV file holds, where the file does not use the names of the fields. Keys
        are the column names in the file, values are options of O(members). An empty value leaves the column
        out.
      - Columns that are neither named here nor like a field are left out. Without O(columns), an unknown
        column is refused.
    type: dict
  delimiter:
    description:
      - Character between the cells of a CSV file, or V(tab). It is found out from the first line if it is not
        set.
    type: str
  purge:
    description:
      - What becomes of members whom the roster does not list.
      - V(none) leaves them alone, V(disable) keeps them from signing in, V(delete) removes their accounts.
        What they own goes to the O(transfer_to) of the task.
      - The signed-in account, protected members and accounts of the portal itself are never purged.
    type: str
    choices: [none, disable, delete]
    default: none
  guards:
    description:
      - Limits on what one run may do. A plan that exceeds one is refused with error code V(guard) before the
        first write.
      - The signed-in account and the last administrator are protected without any guard.
    type: dict
    suboptions:
      max_disruptive:
        description:
          - How many members may be disrupted, as a number, or as a percentage of the organization's members
            such as V(5%).
          - Disruptive is to remove or disable a member, to take the administrator's role away, to lower a
            role or user type, to cut credits below what is spent, and to take a member out of all categories.
        type: str
      max_removals:
        description:
          - How many members may be removed, as a number, or as a percentage of the organization's members.
        type: str
      min_admins:
        description:
          - How many enabled administrators must be left, 1 or more.
        type: int
      protected:
        description:
          - Members who must not be disrupted, by name or by a pattern with V(*) and V(?).
        type: list
        elements: str
      required_admins:
        description:
          - Members who must be enabled administrators when the run is done.
        type: list
        elements: str
  expected_plan:
    description:
      - RV(plan_checksum) of the plan that was reviewed. A plan that differs from it is refused with error
        code V(plan_changed) before the first write.
    type: str
  progress_path:
    description:
      - File that the module writes its progress to, one line a step, for somebody to watch a long run.
      - If it is not set, and the module runs on the control node, a line is shown on standard error every few
        seconds.
    type: path
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
      credits: &credits
        description:
          - Credits that the member may spend; a number that is 0 or more, or V(unlimited) for no limit of the
            member's own.
          - V(0) allows nothing and V(unlimited) allows everything; leaving it out leaves the limit alone.
          - Amounts that differ by less than 0.01 are equal.
          - More than the organization has left is refused with error code V(blocked), as is any number while
            credit budgeting is off.
          - ArcGIS Online only. ArcGIS Enterprise has no credits, and the task is refused with error code
            V(unsupported).
        type: raw
      categories: &categories
        description:
          - Paths of the organization's member categories, for example V(/Department/Sales). The root
            V(/Categories) may stand before them.
          - A list sets exactly these categories; an empty list takes all of them away.
          - A mapping has C(set), or C(add) and C(remove), each with a list of paths. C(add) and C(remove)
            leave other categories alone.
          - A path to set or add that the organization's tree does not have is refused with error code
            V(invalid_input) and the paths that are near, as are more than 20 categories for one member,
            before anything is written. A path that the member carries already, left over from an earlier
            tree, can stay and can be taken away.
        type: raw
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
  credits: *credits
  categories: *categories
  update_password:
    <<: *update_password
    default: on_create
  transfer_to: *transfer_to
requirements:
  - PyYAML, for a roster file in YAML
notes:
  - Exactly one of O(members) and O(src) is needed.
  - The signed-in account needs the privileges of everything that the roster changes; see the modules for
    single fields. An administrator has them all.
  - A privilege that is missing is reported with error code V(permission) before the first write, naming the
    privilege.
seealso:
  - module: portalops.arcgis.portal_members_info
  - module: portalops.arcgis.portal_user
  - module: portalops.arcgis.portal_user_role
  - module: portalops.arcgis.portal_user_level
  - module: portalops.arcgis.portal_credits
  - module: portalops.arcgis.portal_user_categories
  - module: portalops.arcgis.portal_member_categories
"""

EXAMPLES = r"""
# All but the first example take the connection from the environment (ARCGIS_PORTAL_URL and its siblings).

- name: See what a roster would change, and change nothing
  portalops.arcgis.portal_members:
    portal_url: "{{ portal_url }}"
    portal_username: "{{ portal_username }}"
    portal_password: "{{ portal_password }}"
    members:
      - username: jane_doe
        role: org_publisher
        user_type: creatorUT
      - username: omar_haddad
        enabled: false
  check_mode: true
  diff: true
  register: plan

- name: Apply exactly the plan that was reviewed
  portalops.arcgis.portal_members:
    members:
      - username: jane_doe
        role: org_publisher
        user_type: creatorUT
      - username: omar_haddad
        enabled: false
    expected_plan: "{{ plan.plan_checksum }}"

- name: Write a roster file
  ansible.builtin.copy:
    dest: roster.csv
    content: |
      Login,Role,Tags
      jane_doe,org_publisher,survey;field
      omar_haddad,Viewer,
    mode: "0600"

- name: Apply a roster file, and stop if it would disrupt more than two members
  portalops.arcgis.portal_members:
    src: roster.csv
    columns:
      Login: username
      Role: role
      Tags: tags
    guards:
      max_disruptive: "2"
      min_admins: 1

# Purging is off unless it is asked for. Look at the plan, and keep a limit on removals.
- name: See who would be disabled because the roster does not list them
  portalops.arcgis.portal_members:
    members:
      - username: jane_doe
      - username: omar_haddad
    purge: disable
    guards:
      protected: ["svc_*"]
  check_mode: true
  register: leavers

- name: Let the profiles of several members be seen in the organization
  portalops.arcgis.portal_members:
    access: org
    members:
      - username: jane_doe
        description: Surveyor
      - username: lena_fischer
        description: Analyst
"""

RETURN = r"""
changed:
  description: Whether a write took effect, or would have in check mode. It is true after a partial failure too.
  returned: always
  type: bool
  sample: true
members:
  description:
    - One entry for each member that is not unchanged, sorted by username. Members that the roster does not
      list stand here if O(purge) is about them.
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
        What changes, by option name, with the value C(before) and the value C(after). Passwords are masked.
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
      username: jane_doe
      action: changed
      changed: true
      changes:
        role:
          before: Viewer
          after: org_publisher
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
unmanaged:
  description: Members whom the roster does not list.
  returned: when the run read the whole organization
  type: list
  elements: str
  sample: [old_account]
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
    run_members("portal_members")


if __name__ == "__main__":
    main()
