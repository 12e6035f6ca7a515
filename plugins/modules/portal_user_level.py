#!/usr/bin/python
# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: portal_user_level
short_description: Set the user type or level of members of an ArcGIS organization
version_added: 1.0.0
description:
  - Gives one member, or many in one go, a user type, or a level on a portal from before user types.
  - User types exist in ArcGIS Online and in ArcGIS Enterprise from 10.7. Earlier releases have levels. An
    option that the portal does not have is refused with error code V(unsupported), naming the one it has.
  - Members who free a seat are changed before those who need one, so two members can swap the last seat of
    their user types in one task.
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
  level: *level
  user_type: *user_type
notes:
  - The signed-in account needs the privilege C(portal:admin:manageLicenses) for user types, and must be an
    administrator for levels.
  - O(level) and O(user_type) exclude each other on every portal, because each portal has only one of them.
seealso:
  - module: portalops.arcgis.portal_user
  - module: portalops.arcgis.portal_user_role
  - module: portalops.arcgis.portal_members
  - module: portalops.arcgis.portal_info
  - name: Update User Level
    description: The operation of the portal behind this module.
    link: https://developers.arcgis.com/rest/users-groups-and-items/update-user-level/
"""

EXAMPLES = r"""
# All but the first example take the connection from the environment (ARCGIS_PORTAL_URL and its siblings).

- name: Give one member the user type Creator
  portalops.arcgis.portal_user_level:
    portal_url: "{{ portal_url }}"
    portal_username: "{{ portal_username }}"
    portal_password: "{{ portal_password }}"
    username: jane_doe
    user_type: creatorUT

- name: Swap the seats of two members, even if no seat is free
  portalops.arcgis.portal_user_level:
    members:
      - username: jane_doe
        user_type: GISProfessionalStdUT
      - username: omar_haddad
        user_type: creatorUT

- name: See what would change, and change nothing
  portalops.arcgis.portal_user_level:
    username: lena_fischer
    user_type: creatorUT
  check_mode: true
  diff: true

- name: Look up which user types have a free seat
  portalops.arcgis.portal_info:
  register: organization

# Only portals from before user types have levels. Quote the number; the portal keeps it as text.
- name: Move a member to level 2
  portalops.arcgis.portal_user_level:
    username: jane_doe
    level: "2"
  when: organization.user_types | length == 0
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
        user_type:
          before: viewerUT
          after: creatorUT
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
    run_members("portal_user_level")


if __name__ == "__main__":
    main()
