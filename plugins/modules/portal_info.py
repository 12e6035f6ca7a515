#!/usr/bin/python
# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: portal_info
short_description: Read what an ArcGIS organization has
version_added: 1.0.0
description:
  - Returns the product and version of the portal, the signed-in account and what it may do, roles, user types
    and their seats, levels, credits and the tree of member categories.
  - It is a good first task of a playbook, because it proves that the sign-in works.
author:
  - portalops.arcgis contributors (@portalops)
extends_documentation_fragment:
  - portalops.arcgis.connection
  - portalops.arcgis.attributes.info
notes:
  - Seats of ArcGIS Enterprise are known to accounts that may read the license of the portal. They are V(null)
    for others.
seealso:
  - module: portalops.arcgis.portal_members_info
  - name: Portal Self
    description: Where the portal says most of this.
    link: https://developers.arcgis.com/rest/users-groups-and-items/portal-self/
"""

EXAMPLES = r"""
# All but the first example take the connection from the environment (ARCGIS_PORTAL_URL and its siblings).

- name: Read what the organization has
  portalops.arcgis.portal_info:
    portal_url: "{{ portal_url }}"
    portal_username: "{{ portal_username }}"
    portal_password: "{{ portal_password }}"
  register: organization

- name: Show the seats that are free
  ansible.builtin.debug:
    msg: "{{ item.name }}: {{ item.free }} of {{ item.seats }}"
  loop: "{{ organization.user_types }}"
  loop_control:
    label: "{{ item.id }}"

# Credits are null on ArcGIS Enterprise. Ask before a task that only ArcGIS Online can do.
- name: Show the credits that are left
  ansible.builtin.debug:
    var: organization.credits.available
  when: organization.credits is not none
"""

RETURN = r"""
portal:
  description: The portal itself.
  returned: success
  type: dict
  contains:
    url:
      description: Address of the portal.
      type: str
    id:
      description: Id of the organization.
      type: str
    name:
      description: Name of the organization.
      type: str
    product:
      description: One of V(online), V(enterprise) and V(enterprise_kubernetes).
      type: str
    version:
      description: Version of the portal's REST interface. Compare it as a version, not as a number.
      type: str
    read_only:
      description: Whether the portal refuses every change at present.
      type: bool
  sample:
    url: https://example.maps.arcgis.com
    id: Xj56SBi2udA78cC9
    name: Example
    product: online
    version: "2025.1"
    read_only: false
caller:
  description: The signed-in account.
  returned: success
  type: dict
  contains:
    username:
      description: Name of the account, or of the application.
      type: str
    role:
      description: Role of the account.
      type: str
    administrator:
      description: Whether the account is an administrator.
      type: bool
    privileges:
      description: Privileges of the account.
      type: list
      elements: str
  sample:
    username: automation
    role: org_admin
    administrator: true
    privileges: ["portal:admin:viewUsers"]
roles:
  description: Roles that members can have.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Id of the role. It is unique, a name need not be.
      type: str
    name:
      description: Name of the role.
      type: str
    description:
      description: What the role is for.
      type: str
    builtin:
      description: Whether the portal brought the role along.
      type: bool
  sample:
    - id: org_publisher
      name: Publisher
      description: ""
      builtin: true
user_types:
  description: User types of the organization, none on a portal that has levels.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Id of the user type. Its case matters to the portal.
      type: str
    name:
      description: Name of the user type as the portal shows it.
      type: str
    seats:
      description: Seats that the organization has, or V(null) if the portal does not tell.
      type: int
    used:
      description: Seats that members hold, or V(null) if the portal does not tell.
      type: int
    free:
      description: Seats that are left, or V(null) if the portal does not tell.
      type: int
  sample:
    - id: creatorUT
      name: Creator
      seats: 50
      used: 42
      free: 8
levels:
  description: Levels of the organization, none on a portal that has user types.
  returned: success
  type: list
  elements: dict
  contains:
    level:
      description: The level.
      type: str
    seats:
      description: Seats that the organization has, or V(null) if there is no limit.
      type: int
    used:
      description: Seats that members hold, or V(null) if the portal does not tell.
      type: int
    free:
      description: Seats that are left, or V(null) if there is no limit.
      type: int
  sample: []
credits:
  description: Credits of the organization, or V(null) on ArcGIS Enterprise, which has none.
  returned: success
  type: dict
  contains:
    budgeting:
      description: Whether members have a limit of their own.
      type: bool
    available:
      description: Credits that the organization has left, or V(null) if the portal does not tell the account.
      type: float
    default_credits:
      description: Credits that a new member gets; a number, V(unlimited), or V(null) if the portal does not tell.
      type: raw
  sample:
    budgeting: true
    available: 48211.7
    default_credits: 100
member_categories:
  description: >-
    The tree of member categories without the root that the portal keeps above it, in the form that
    M(portalops.arcgis.portal_member_categories) takes.
  returned: success
  type: list
  elements: dict
  contains:
    title:
      description: Name of the category.
      type: str
    description:
      description: Text that explains the category, if there is one.
      type: str
    categories:
      description: Categories one level below, in the same form.
      type: list
      elements: dict
  sample:
    - title: Department
      categories:
        - title: Sales
          categories: []
member_category_paths:
  description: Every path of RV(member_categories).
  returned: success
  type: list
  elements: str
  sample: [/Department, /Department/Sales]
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

from ansible_collections.portalops.arcgis.plugins.module_utils._module.info import run_info


def main() -> None:
    """Run the module."""
    run_info()


if __name__ == "__main__":
    main()
