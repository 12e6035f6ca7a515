#!/usr/bin/python
# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: portal_members_info
short_description: Read members of an ArcGIS organization as a roster
version_added: 1.0.0
description:
  - Returns members in the form that M(portalops.arcgis.portal_members) takes, so that a roster can start from
    the organization as it is. Applying what was returned changes nothing.
  - Without options it returns all members, sorted by username. Options narrow them down; a member is returned
    if all of them fit.
author:
  - portalops.arcgis contributors (@portalops)
extends_documentation_fragment:
  - portalops.arcgis.connection
  - portalops.arcgis.attributes.info
options:
  usernames:
    description:
      - Names of the members to return. Case is ignored.
      - A name that no member has is not in RV(members), and is no failure.
    type: list
    elements: str
  role:
    description:
      - Only members who have this role, by its name or id.
    type: str
  user_type:
    description:
      - Only members who have this user type, by its id or name.
    type: str
  enabled:
    description:
      - Only members who can sign in, or only members who cannot.
    type: bool
  inactive_days:
    description:
      - Only members who have not signed in for at least so many days. A member who never signed in is counted
        from the day the account was created.
    type: int
  fields:
    description:
      - Fields of the members to return, of the options of M(portalops.arcgis.portal_members). All of them if
        it is not set.
      - C(username) is always returned. Passwords cannot be read.
    type: list
    elements: str
notes:
  - The signed-in account needs the privilege C(portal:admin:viewUsers). Others do not see all members and all
    fields.
seealso:
  - module: portalops.arcgis.portal_members
  - module: portalops.arcgis.portal_info
  - name: Users
    description: Where the portal lists its members.
    link: https://developers.arcgis.com/rest/users-groups-and-items/users/
"""

EXAMPLES = r"""
# All but the first example take the connection from the environment (ARCGIS_PORTAL_URL and its siblings).

- name: Read the whole organization
  portalops.arcgis.portal_members_info:
    portal_url: "{{ portal_url }}"
    portal_username: "{{ portal_username }}"
    portal_password: "{{ portal_password }}"
  register: everybody

- name: Save it as a roster
  ansible.builtin.copy:
    dest: everybody.json
    content: "{{ {'members': everybody.members} | to_nice_json }}"
    mode: "0600"

- name: Find the difference between the roster and the organization, which is none
  portalops.arcgis.portal_members:
    src: everybody.json
  check_mode: true

- name: Read role and user type of two members
  portalops.arcgis.portal_members_info:
    usernames: [jane_doe, omar_haddad]
    fields: [role, user_type]

# A member who never signed in counts from the day the account was created.
- name: Find members who can sign in but have not done so for half a year
  portalops.arcgis.portal_members_info:
    enabled: true
    inactive_days: 180
  register: dormant
"""

RETURN = r"""
members:
  description: >-
    Members as a roster, sorted by username. A field that the portal does not have or does not tell is left out.
  returned: success
  type: list
  elements: dict
  sample:
    - username: jane_doe
      first_name: Jane
      last_name: Doe
      email: jane.doe@example.com
      enabled: true
      role: org_publisher
      user_type: creatorUT
      credits: unlimited
      categories: [/Department/Sales]
total:
  description: How many members the organization has.
  returned: success
  type: int
  sample: 250
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
    write: 0
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

from ansible_collections.portalops.arcgis.plugins.module_utils._module.info import run_members_info


def main() -> None:
    """Run the module."""
    run_members_info()


if __name__ == "__main__":
    main()
