#!/usr/bin/python
# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: portal_user
short_description: Manage members of an ArcGIS organization
version_added: 1.0.0
description:
  - Creates, updates, enables, disables, and removes one member or a list of members, and transfers their content.
  - Creates members of ArcGIS Enterprise through the Portal Administrator API, and members of ArcGIS Online as invited
    members of the organization. The options are the same.
  - Does not change options that you omit. Options that only new members require, such as O(role) and O(user_type),
    are also enforced on existing members.
  - Never creates an existing account again. If the response to a creation is lost, the module first checks whether the
    account exists.
author:
  - portalops.arcgis contributors (@portalops)
extends_documentation_fragment:
  - portalops.arcgis.connection
  - portalops.arcgis.attributes
  - portalops.arcgis.members
  - portalops.arcgis.members.single
  - portalops.arcgis.fields.portal_user
options:
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
      - Whether members with O(enabled=false) or O(state=transferred) leave all groups that they do not own.
      - Does not concern groups that an identity provider fills, and groups of other organizations.
    type: bool
    default: false
  transfer_groups:
    description:
      - Whether the member in O(transfer_to) joins the groups with which the items to transfer are shared, before the
        transfer. The plan shows this as a change of the O(transfer_to) member.
      - The portal refuses to transfer an item to a member who is not in its groups. V(false) fails with error code
        V(blocked) in this case, and names the groups and items.
      - Does not concern groups that an identity provider fills, groups of other organizations, and groups that the
        signed-in account cannot view.
    type: bool
    default: false
notes:
  - Usernames of new built-in accounts have 6 to 24 characters on ArcGIS Enterprise, and 6 to 128 on ArcGIS Online.
    Allowed are letters, digits, dots, underscores, at signs, and hyphens. Other names fail with error code V(blocked)
    before anything is created.
  - Fails with error code V(not_found) if the member does not exist and the entry lacks an option that a new member
    requires, or has O(enabled=false).
  - Usernames of ArcGIS Online are unique across all organizations. Fails with error code V(blocked) if a username
    belongs to another organization, or belonged to one.
  - On ArcGIS Online, V(absent) removes the member from the organization and deletes the account.
seealso:
  - module: portalops.arcgis.portal_user_role
  - module: portalops.arcgis.portal_user_level
  - module: portalops.arcgis.portal_credits
  - module: portalops.arcgis.portal_user_categories
  - module: portalops.arcgis.portal_members
  - name: Create User
    description: Operation of ArcGIS Enterprise that creates an account.
    link: https://developers.arcgis.com/rest/enterprise-administration/portal/create-user/

  - name: Update User
    description: Operation that changes a profile.
    link: https://developers.arcgis.com/rest/users-groups-and-items/update-user/

  - name: Delete User
    description: Operation that removes an account.
    link: https://developers.arcgis.com/rest/users-groups-and-items/delete-user/
"""

EXAMPLES = r"""
# All examples except the first read the connection from environment variables such as ARCGIS_PORTAL_URL.

- name: Create a member, or update an existing member
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

- name: Create members with accounts of the identity provider in one task
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

- name: Change the profile and keep all other values
  portalops.arcgis.portal_user:
    username: jane_doe
    email: jane.doe@example.com
    tags: [survey, field work]
    access: org

- name: Disable a member
  portalops.arcgis.portal_user:
    username: omar_haddad
    enabled: false

# The portal does not return passwords, so update_password=always reports a change in every run.
- name: Set a new password
  portalops.arcgis.portal_user:
    username: nora_lindqvist
    password: "{{ initial_password }}"
    update_password: always

- name: Plan the removal of a member without changing anything
  portalops.arcgis.portal_user:
    username: lena_fischer
    state: absent
    transfer_to: jane_doe
  check_mode: true
  diff: true

- name: Transfer the content of a member and keep the account
  portalops.arcgis.portal_user:
    username: lena_fischer
    state: transferred
    transfer_to: jane_doe

# The portal does not remove members who own content. transfer_to names the recipient.
- name: Remove a member and transfer the content
  portalops.arcgis.portal_user:
    username: lena_fischer
    state: absent
    transfer_to: jane_doe
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
    - Outcome of each member that is not unchanged, sorted by username. Always contains the
      member that O(username) names.
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
        Passwords are masked. For a departing member also C(content), which is what the member
        owns and the recipient, and C(licenses), which are the add-on licenses to revoke.
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
    run_members("portal_user")


if __name__ == "__main__":
    main()
