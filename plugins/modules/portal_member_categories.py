#!/usr/bin/python
# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: portal_member_categories
short_description: Manage the tree of member categories of an ArcGIS organization
version_added: 1.0.0
description:
  - Replaces, extends or deletes the tree of categories that members of the organization can be assigned to.
  - A tree that is there already is not written. Trees are compared without regard to the order of siblings.
  - Needs ArcGIS Online, or ArcGIS Enterprise 11.0 or later; earlier releases are refused with error code
    V(unsupported).
author:
  - portalops.arcgis contributors (@portalops)
extends_documentation_fragment:
  - portalops.arcgis.connection
  - portalops.arcgis.attributes
options:
  categories:
    description:
      - The tree of categories, of at most three levels and 200 categories in all. Needed for
        O(state=present).
      - The root V(Categories), which the portal keeps above the tree, may be written or left out.
      - A tree that is empty or too big, and a title that is not allowed, are refused with error code
        V(invalid_input), naming the path, before anything is asked of the portal.
    type: list
    elements: dict
    suboptions:
      title:
        description:
          - Name of the category, unlike those beside it. It cannot hold V(/) or V(,).
        type: str
        required: true
      description:
        description:
          - Text that explains the category.
        type: str
      categories:
        description:
          - Categories of the second level.
        type: list
        elements: dict
        suboptions:
          title:
            description:
              - Name of the category, unlike those beside it. It cannot hold V(/) or V(,).
            type: str
            required: true
          description:
            description:
              - Text that explains the category.
            type: str
          categories:
            description:
              - Categories of the third level.
            type: list
            elements: dict
            suboptions:
              title:
                description:
                  - Name of the category, unlike those beside it. It cannot hold V(/) or V(,).
                type: str
                required: true
              description:
                description:
                  - Text that explains the category.
                type: str
              categories:
                description:
                  - A fourth level, which the portal does not take. It is refused with error code
                    V(invalid_input), naming the path.
                type: list
                elements: dict
                suboptions:
                  title:
                    description:
                      - Name of the category, unlike those beside it. It cannot hold V(/) or V(,).
                    type: str
                    required: true
                  description:
                    description:
                      - Text that explains the category.
                    type: str
                  categories:
                    description:
                      - A fifth level, which the portal does not take. It is refused with error code
                        V(invalid_input), naming the path.
                    type: list
                    elements: dict
                    suboptions:
                      title:
                        description:
                          - Name of the category, unlike those beside it. It cannot hold V(/) or V(,).
                        type: str
                        required: true
                      description:
                        description:
                          - Text that explains the category.
                        type: str
  mode:
    description:
      - V(replaced) makes the tree exactly O(categories). Categories that are missing from it are deleted.
      - V(merged) adds what is missing and brings descriptions in line, and deletes nothing.
      - A category with a new title is another category. The members of the old one do not follow it.
    type: str
    choices: [replaced, merged]
    default: replaced
  state:
    description:
      - V(present) keeps the tree as described, V(absent) deletes the whole tree.
    type: str
    choices: [present, absent]
    default: present
  guards:
    description:
      - Limits on what one run may do. A plan that exceeds one is refused with error code V(guard) before the
        first write.
    type: dict
    suboptions:
      max_disruptive:
        description:
          - How many members may lose a category, as a number, or as a percentage of the organization's
            members such as V(5%).
        type: str
      protected:
        description:
          - Members who must not lose a category, by name or by a pattern with V(*) and V(?).
        type: list
        elements: str
notes:
  - The signed-in account needs the privilege C(portal:admin:updateMemberCategorySchema), on some releases
    C(portal:admin:updateUsers).
seealso:
  - module: portalops.arcgis.portal_user_categories
  - module: portalops.arcgis.portal_members
  - module: portalops.arcgis.portal_info
  - name: Assign Member Category Schema
    description: The operation of the portal behind this module.
    link: https://developers.arcgis.com/rest/users-groups-and-items/assign-member-category-schema/
"""

EXAMPLES = r"""
# All but the first example take the connection from the environment (ARCGIS_PORTAL_URL and its siblings).

- name: Make the tree exactly this one
  portalops.arcgis.portal_member_categories:
    portal_url: "{{ portal_url }}"
    portal_username: "{{ portal_username }}"
    portal_password: "{{ portal_password }}"
    categories:
      - title: Department
        description: Where a member works
        categories:
          - title: Sales
          - title: Survey
            categories:
              - title: Field crew
      - title: Office
        categories:
          - title: Zurich
          - title: Nairobi

- name: Add a category and keep the others
  portalops.arcgis.portal_member_categories:
    mode: merged
    categories:
      - title: Office
        categories:
          - title: Redlands

# The default mode replaces. What the list leaves out is deleted, and members lose it; look at affected_members first.
- name: See who would lose a category, and change nothing
  portalops.arcgis.portal_member_categories:
    categories:
      - title: Department
        categories:
          - title: Sales
  check_mode: true
  diff: true
  register: smaller_tree

- name: Replace the tree, unless a member would lose a category
  portalops.arcgis.portal_member_categories:
    categories:
      - title: Department
        categories:
          - title: Sales
          - title: Survey
    guards:
      max_disruptive: "0"

- name: Delete the whole tree
  portalops.arcgis.portal_member_categories:
    state: absent
"""

RETURN = r"""
changed:
  description: Whether a write took effect, or would have in check mode. It is true after a partial failure too.
  returned: always
  type: bool
  sample: true
categories:
  description: The tree in force, or as it would be in check mode, without the root that the portal keeps above it.
  returned: always
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
      description: Where a member works
      categories:
        - title: Sales
          categories: []
added:
  description: Paths of categories that were added, or would be in check mode.
  returned: always
  type: list
  elements: str
  sample: [/Department/Sales]
removed:
  description: Paths of categories that were deleted, or would be in check mode.
  returned: always
  type: list
  elements: str
  sample: [/Department/Marketing]
updated:
  description: Paths of categories whose description changed, or would in check mode.
  returned: always
  type: list
  elements: str
  sample: [/Department]
affected_members:
  description: Members who are assigned to a category that was deleted, or would be in check mode.
  returned: always
  type: list
  elements: dict
  contains:
    username:
      description: Name of the member.
      type: str
    categories:
      description: Paths that the member loses.
      type: list
      elements: str
  sample:
    - username: jane_doe
      categories: [/Department/Marketing]
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
      description: The tree of categories as it was.
      type: dict
    after:
      description: The tree of categories as it is afterwards.
      type: dict
  sample:
    before: {}
    after: {}
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

from ansible_collections.portalops.arcgis.plugins.module_utils._module.category_tree import run_category_schema


def main() -> None:
    """Run the module."""
    run_category_schema()


if __name__ == "__main__":
    main()
