#!/usr/bin/python
# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: portal_members
short_description: Apply a roster to an ArcGIS organization
version_added: 1.0.0
description:
  - Compares a roster with the organization and writes only the differences. A roster contains accounts, profiles,
    roles, user types or levels, credits, categories, and groups.
  - Reads the organization once. If the roster matches it, the run sends a few reads and no writes.
  - Reports all problems of all members together, before the first write. Problems are, for example, unknown names,
    missing seats, members who still own content, missing privileges, and exceeded O(guards).
  - Orders the changes across members. Changes that free seats and credits run first, so two members can swap the last
    seat.
  - Does not change members who are not in the roster, unless O(purge) is set.
author:
  - portalops.arcgis contributors (@portalops)
extends_documentation_fragment:
  - portalops.arcgis.connection
  - portalops.arcgis.attributes
  - portalops.arcgis.members
  - portalops.arcgis.fields.portal_members
options:
  src:
    description:
      - Roster file in YAML, JSON, or CSV. The extension of the file determines the format. If the extension is
        another one, the content does.
      - The file is searched for on the control node, like C(src) of M(ansible.builtin.copy). It can be encrypted
        with Ansible Vault.
      - The module reads the file itself, which is much faster and needs much less memory than a list in
        variables. Use a file for more than a few hundred members.
      - A YAML or JSON file contains a list of members, or a mapping with the list under C(members). The entries are
        those of O(members). The mapping can contain groups under C(groups), in the form of O(group_settings). A field
        that is V(null) is not changed. Put usernames that look like a number or a flag in quotes.
      - The first row of a CSV file names the fields. Case, blanks, and hyphens do not matter (V(First Name) is
        O(first_name)). An empty cell does not change the field. Use V(;) to separate the values of a list.
      - Fails with error code V(invalid_input) if anything in the file is wrong. The error lists all lines
        together. It shows values only if the file has no field O(password).
      - Numbers that are ambiguous (V(1.000)), error values of spreadsheets (V(#N/A)), invisible characters in
        names, invalid email addresses, and damaged forms of current values are rejected.
    type: path
  columns:
    description:
      - Field of each column of a CSV file. Keys are the column names in the file, and values are options of O(members).
        An empty value leaves the column out.
      - If set, columns that are neither in O(columns) nor named like a field are left out. If omitted, unknown columns
        are rejected, and the error shows the lines to add.
      - Fails with error code V(invalid_input) if the roster is not a CSV file, or if the file does not have a column.
    type: dict
  delimiter:
    description:
      - Character between the cells of a CSV file, or V(tab). If omitted, the module finds it in the first line.
      - Fails with error code V(invalid_input) if the roster is not a CSV file.
    type: str
  purge:
    description:
      - Action for members who are not in the roster.
      - V(none) does not change them. V(disable) disables them. V(delete) removes them and transfers their content to
        O(transfer_to).
      - Never changes the signed-in account, protected members, and the accounts of the portal itself.
      - If O(guards) does not limit the purge, one run removes or disables at most 10 percent of the members, or 5
        members if that is more. Otherwise it fails with error code V(guard). C(max_disruptive) limits every purge,
        and C(max_removals) limits V(delete).
    type: str
    choices: [none, disable, delete]
    default: none
  guards:
    description:
      - Limits for one run. Fails with error code V(guard) before the first write if the plan exceeds a limit.
      - The signed-in account and the last administrator are always protected.
    type: dict
    suboptions:
      max_disruptive:
        description:
          - Maximum number of members with disruptive changes, as a number, or as a percentage of the members of the
            organization such as V(5%).
          - A change is disruptive if it removes or disables a member, transfers content, removes the administrator
            role, lowers a role or user type, sets credits below the amount spent or from V(unlimited) to a number, sets
            a new password or another name at the identity provider, removes the last category, or ends a membership or
            a manager part in a group.
        type: str
      max_removals:
        description:
          - Maximum number of members removed, as a number, or as a percentage of the members of the organization.
          - A number is also the maximum number of groups deleted.
        type: str
      max_created:
        description:
          - Maximum number of members to create, as a number, or as a percentage of the members of the organization.
        type: str
      min_admins:
        description:
          - Minimum number of enabled administrators after the run, 1 or more.
        type: int
      protected:
        description:
          - Members without disruptive changes, as usernames or as patterns with V(*) and V(?).
        type: list
        elements: str
      required_admins:
        description:
          - Members who must be enabled administrators after the run.
        type: list
        elements: str
      max_leaving:
        description:
          - Maximum number of members who leave a group, for each group, as a number, or as a percentage of the members
            of the group.
        type: str
      protected_groups:
        description:
          - Groups that the task does not change, with their memberships, as titles, IDs, or patterns with V(*) and
            V(?).
        type: list
        elements: str
      keep_managers:
        description:
          - Whether each group that loses a manager must keep one besides its owner.
        type: bool
  managed_groups:
    description:
      - Groups that the task manages, besides those that O(members) or the roster file name, as titles, IDs, or patterns
        of titles with V(*) and V(?). Case-insensitive.
      - An exact list in C(groups) is exact among the managed groups only.
    type: list
    elements: str
  add_ons_email:
    description:
      - Whether the portal sends its email to members whose add-on licenses change.
    type: bool
    default: false
  group_settings:
    description:
      - Groups to create, change, or delete, in the form of M(portalops.arcgis.portal_group). A roster file in YAML or
        JSON can contain the same list under C(groups).
      - Groups are created before members join. A member can name a group by its title that the same run creates.
      - The groups are managed groups, like those in O(managed_groups).
      - The purge never deletes groups.
    type: list
    elements: dict
  recycle_bin:
    description:
      - What happens to items in the recycle bin of a member to remove (ArcGIS Online). An account with such items
        cannot be removed.
      - V(refuse) fails with error code V(blocked). V(restore) restores the items and transfers them to
        O(transfer_to). V(delete) deletes them permanently.
    type: str
    choices: [refuse, restore, delete]
    default: refuse
  leave_groups:
    description:
      - Whether members with O(enabled=false) leave all groups that they do not own, and members with
        O(state=transferred) leave all groups.
      - Does not concern members whose entry has O(groups), groups that an identity provider fills, groups of other
        organizations, and members to purge.
    type: bool
    default: false
  transfer_groups:
    description:
      - Whether the member in O(transfer_to) joins the groups with which the items to transfer are shared, before the
        transfer. The plan shows this as a change of the O(transfer_to) member.
      - The portal refuses to transfer an item to a member who is not in its groups. V(false) fails with error code
        V(blocked) in this case, and names the groups and items.
      - Does not concern groups that an identity provider fills, groups of other organizations, and groups that the
        entry of the member excludes.
    type: bool
    default: false
  expected_plan:
    description:
      - Checksum of the reviewed plan, from RV(plan_checksum).
      - Fails with error code V(plan_changed) before the first write if the current plan differs.
    type: str
  progress_path:
    description:
      - File to which the module writes its progress, one line for each step.
      - If omitted, and if the module runs on the control node, it shows its progress on standard error every few
        seconds.
    type: path
requirements:
  - PyYAML, for a roster file in YAML
notes:
  - Exactly one of O(members) and O(src) is required.
  - The signed-in account needs the privileges of everything that the roster changes. An administrator has all of them.
    The documentation of the modules for single fields lists them.
  - Fails with error code V(permission) before the first write if a privilege is missing, and names the privilege.
seealso:
  - module: portalops.arcgis.portal_members_info
  - module: portalops.arcgis.portal_user
  - module: portalops.arcgis.portal_user_role
  - module: portalops.arcgis.portal_user_level
  - module: portalops.arcgis.portal_credits
  - module: portalops.arcgis.portal_user_categories
  - module: portalops.arcgis.portal_user_groups
  - module: portalops.arcgis.portal_group
  - module: portalops.arcgis.portal_member_categories
"""

EXAMPLES = r"""
# All examples except the first read the connection from environment variables such as ARCGIS_PORTAL_URL.

- name: Plan the changes of a roster
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

- name: Apply exactly the reviewed plan
  portalops.arcgis.portal_members:
    members:
      - username: jane_doe
        role: org_publisher
        user_type: creatorUT
      - username: omar_haddad
        enabled: false
    expected_plan: "{{ plan.plan_checksum }}"

- name: Create a group, and add members to it
  portalops.arcgis.portal_members:
    group_settings:
      - title: Survey 2026
        access: org
    members:
      - username: jane_doe
        groups:
          add:
            - group: Survey 2026
              manager: true
      - username: omar_haddad
        groups:
          add: [Survey 2026]

- name: Write a roster file
  ansible.builtin.copy:
    dest: roster.csv
    content: |
      Login,Role,Tags
      jane_doe,org_publisher,survey;field
      omar_haddad,Viewer,
    mode: "0600"

- name: Apply a roster file, with at most two disruptive changes
  portalops.arcgis.portal_members:
    src: roster.csv
    columns:
      Login: username
      Role: role
      Tags: tags
    guards:
      max_disruptive: "2"
      min_admins: 1

# By default, unmanaged members are not changed. Check the plan before you purge.
- name: Plan which unmanaged members purge would disable
  portalops.arcgis.portal_members:
    members:
      - username: jane_doe
      - username: omar_haddad
    purge: disable
    guards:
      protected: ["svc_*"]
  check_mode: true
  register: purge_plan

- name: Show the profiles of several members to the organization
  portalops.arcgis.portal_members:
    access: org
    members:
      - username: jane_doe
        description: Surveyor
      - username: lena_fischer
        description: Analyst
"""

RETURN = r"""
# Generated by 'make generate' from tools/reference/results.yml.
changed:
  description: Whether at least one change took effect, or would take effect in check mode.
  returned: always
  type: bool
  sample: true
members:
  description:
    - Outcome of each member that is not unchanged, sorted by username. Also contains unmanaged
      members that O(purge) disables or removes.
  returned: if the plan was made
  type: list
  elements: dict
  contains:
    index:
      description: Position of the member in O(members), from 0, or V(null) if the task does
        not list the member.
      type: int
    username:
      description: Name of the member, as the portal spells it. If the member does not exist,
        as the task spells it.
      type: str
    action:
      description: What was done, or would be done in check mode. One of V(created), V(changed),
        V(removed), V(disabled), V(unchanged), V(skipped), and V(failed).
      type: str
    changed:
      description: Whether at least one change of the member took effect, or would take effect
        in check mode.
      type: bool
    changes:
      description: Changed options of the member, each with its values C(before) and C(after).
        Passwords are masked.
      type: dict
    warnings:
      description: Facts about the member that need attention and are not errors.
      type: list
      elements: str
    error:
      description: Error of the member, with a stable C(code) and a C(message), or V(null) if
        the member did not fail.
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
  description: Number of members with each outcome.
  returned: if the plan was made
  type: dict
  contains:
    created:
      description: Number of members created.
      type: int
    changed:
      description: Number of members changed.
      type: int
    removed:
      description: Number of members removed.
      type: int
    disabled:
      description: Number of members disabled.
      type: int
    unchanged:
      description: Number of members that already match the task.
      type: int
    skipped:
      description: Number of members that were not processed.
      type: int
    failed:
      description: Number of members that failed.
      type: int
    total:
      description: Number of members in the task.
      type: int
  sample:
    total: 1
    created: 0
    changed: 1
    removed: 0
    disabled: 0
    unchanged: 0
    skipped: 0
    failed: 0
groups:
  description: Outcome of each group of the roster that is not unchanged, in the order of the
    roster.
  returned: if a group of the roster changes or fails
  type: list
  elements: dict
  contains:
    index:
      description: Position of the group in the list or in the roster, from 0.
      type: int
    title:
      description: Title of the group before the run, or the title of the group to create.
      type: str
    id:
      description: ID of the group, or V(null) for a group that does not exist yet.
      type: str
    action:
      description: What was done, or would be done in check mode. One of V(created), V(changed),
        V(removed), V(unchanged), V(skipped), and V(failed).
      type: str
    changed:
      description: Whether at least one change of the group took effect, or would take effect
        in check mode.
      type: bool
    changes:
      description: Changed options of the group, each with its values C(before) and C(after).
      type: dict
    warnings:
      description: Facts about the group that need attention and are not errors.
      type: list
      elements: str
    error:
      description: Error of the group, with a stable C(code) and a C(message), or V(null) if
        the group did not fail.
      type: dict
  sample:
    - index: null
      title: Survey teams
      id: 0123456789abcdef0123456789abcdef
      action: created
      changed: true
      changes:
        state:
          before: absent
          after: present
        title:
          before: null
          after: Survey teams
        join:
          before: null
          after: open
      warnings: []
      error: null
unmanaged:
  description: Usernames of the members who are not in the roster.
  returned: if the run read the whole organization
  type: list
  elements: str
  sample:
    - old_account
plan_checksum:
  description: Checksum of the plan. A run in check mode and the real run that follows return
    the same checksum, unless the task or the organization changes between them.
  returned: if the plan was made
  type: str
  sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
diff:
  description: Values before and after the run of everything that changes. C(--diff) shows them.
  returned: if the plan was made
  type: dict
  contains:
    before:
      description: Changed options and their values before the run, under C(members) by username.
      type: dict
    after:
      description: The same options with their values after the run. A removed member has only
        C(state).
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
  description: Number of API requests.
  returned: always
  type: dict
  contains:
    read:
      description: Number of requests that only read, with sign-ins.
      type: int
    write:
      description: Number of requests for a change, with refused ones. 0 in check mode.
      type: int
  sample:
    read: 5
    write: 1
uncertain:
  description: V(true) if the run could not determine whether a change took effect, for example
    because the connection was lost.
  returned: if the outcome of a change is unknown
  type: bool
  sample: true
error:
  description: Error of the task, for use in playbooks. RV(ignore:msg) contains the same information
    as text. Ansible rejects options of the wrong type without it.
  returned: if the task fails
  type: dict
  contains:
    code:
      description: Stable code of the error, such as V(invalid_input), V(unsupported), V(permission),
        V(guard), V(blocked), V(plan_changed), V(refused), V(not_applied), V(sign_in_failed),
        V(unreachable), or V(several_problems).
      type: str
    message:
      description: What happened.
      type: str
    option:
      description: Option that is wrong, if the error is about an option.
      type: str
    member:
      description: Username of the member, if the error is about a member.
      type: str
    remedy:
      description: How to fix the problem, if that is known.
      type: str
    problems:
      description: All problems, each with its C(code) and C(message), if there are several.
      type: list
      elements: dict
  sample:
    code: invalid_input
    message: Role 'Editr' does not exist. Did you mean 'Data Editor'?
    option: role
    member: jane_doe
"""

from ansible_collections.portalops.arcgis.plugins.module_utils._module.pipeline import run_members


def main() -> None:
    """Run the module."""
    run_members("portal_members")


if __name__ == "__main__":
    main()
