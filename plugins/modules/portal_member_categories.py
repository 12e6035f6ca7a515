#!/usr/bin/python
# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: portal_member_categories
short_description: Manage the category tree of an ArcGIS organization
version_added: 1.0.0
description:
  - Replaces, extends, or deletes the category tree of the organization. Members can be assigned to its categories.
  - Compares the trees without regard to the order of siblings, and writes only if they differ.
  - Requires ArcGIS Online, or ArcGIS Enterprise 11.0 or later. Fails with error code V(unsupported) on earlier
    releases.
author:
  - portalops.arcgis contributors (@portalops)
extends_documentation_fragment:
  - portalops.arcgis.connection
  - portalops.arcgis.attributes
  - portalops.arcgis.fields.portal_member_categories
options:
  categories:
    description:
      - Category tree, with at most 3 levels and 200 categories.
      - Required for O(state=present).
      - Can be written with or without the root V(Categories), which the portal adds.
      - Fails with error code V(invalid_input) before the first request, and names the path, if the tree is empty or too
        large, or if a title is not allowed.
    type: list
    elements: dict
    suboptions:
      title:
        description:
          - Name of the category, unique among its siblings. Cannot contain V(/) or V(,).
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
              - Name of the category, unique among its siblings. Cannot contain V(/) or V(,).
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
                  - Name of the category, unique among its siblings. Cannot contain V(/) or V(,).
                type: str
                required: true
              description:
                description:
                  - Text that explains the category.
                type: str
              categories:
                description:
                  - Fourth level, which portals do not support. Fails with error code V(invalid_input), and names the
                    path.
                type: list
                elements: dict
                suboptions:
                  title:
                    description:
                      - Name of the category, unique among its siblings. Cannot contain V(/) or V(,).
                    type: str
                    required: true
                  description:
                    description:
                      - Text that explains the category.
                    type: str
                  categories:
                    description:
                      - Fifth level, which portals do not support. Fails with error code V(invalid_input), and names the
                        path.
                    type: list
                    elements: dict
                    suboptions:
                      title:
                        description:
                          - Name of the category, unique among its siblings. Cannot contain V(/) or V(,).
                        type: str
                        required: true
                      description:
                        description:
                          - Text that explains the category.
                        type: str
  mode:
    description:
      - V(replaced) makes the tree equal to O(categories), and deletes all other categories.
      - V(merged) adds missing categories and updates descriptions. It deletes nothing.
      - A category with a new title is a new category. Members of the old category are not assigned to it.
    type: str
    choices: [replaced, merged]
    default: replaced
  state:
    description:
      - V(present) makes the tree match O(categories). V(absent) deletes the whole tree.
    type: str
    choices: [present, absent]
    default: present
  guards:
    description:
      - Limits for one run. Fails with error code V(guard) before the first write if the plan exceeds a limit.
    type: dict
    suboptions:
      max_disruptive:
        description:
          - Maximum number of members who lose a category, as a number, or as a percentage of the members of the
            organization such as V(5%).
        type: str
      protected:
        description:
          - Members who must not lose a category, as usernames or as patterns with V(*) and V(?).
        type: list
        elements: str
  expected_plan:
    description:
      - Checksum of the reviewed plan, from RV(plan_checksum).
      - Fails with error code V(plan_changed) before the first write if the current plan differs.
    type: str
seealso:
  - module: portalops.arcgis.portal_user_categories
  - module: portalops.arcgis.portal_members
  - module: portalops.arcgis.portal_info
  - name: Assign Member Category Schema
    description: Operation of the portal that the module uses.
    link: https://developers.arcgis.com/rest/users-groups-and-items/assign-member-category-schema/
"""

EXAMPLES = r"""
# All examples except the first read the connection from environment variables such as ARCGIS_PORTAL_URL.

- name: Set the whole tree
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

- name: Add a category and keep all other categories
  portalops.arcgis.portal_member_categories:
    mode: merged
    categories:
      - title: Office
        categories:
          - title: Redlands

# The default mode deletes categories that the list does not contain. affected_members lists who loses them.
- name: Plan the deletion of categories without changing anything
  portalops.arcgis.portal_member_categories:
    categories:
      - title: Department
        categories:
          - title: Sales
  check_mode: true
  diff: true
  register: smaller_tree

- name: Replace the tree if no member loses a category
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
# Generated by 'make generate' from tools/reference/results.yml.
changed:
  description: Whether at least one change took effect, or would take effect in check mode.
  returned: always
  type: bool
  sample: true
categories:
  description: Category tree after the run, or as planned in check mode. It does not contain
    the root C(Categories), which the portal adds.
  returned: if the plan was made
  type: list
  elements: dict
  contains:
    title:
      description: Name of the category.
      type: str
    description:
      description: Text that explains the category, if the category has one.
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
  description: Paths of the categories added, or to add in check mode.
  returned: if the plan was made
  type: list
  elements: str
  sample:
    - /Department/Sales
removed:
  description: Paths of the categories deleted, or to delete in check mode.
  returned: if the plan was made
  type: list
  elements: str
  sample:
    - /Department/Marketing
updated:
  description: Paths of the categories with a changed description, or to change in check mode.
  returned: if the plan was made
  type: list
  elements: str
  sample:
    - /Department
affected_members:
  description: Members with a category that is deleted, or that would be deleted in check mode.
  returned: if the plan was made
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
      categories:
        - /Department/Marketing
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
      description: Category tree before the run.
      type: dict
    after:
      description: Category tree after the run.
      type: dict
  sample:
    before: {}
    after: {}
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
    code: guard
    message: 'guards.max_disruptive: 4 members would lose a category, and the limit is 2: jane_doe,
      …'
"""

from ansible_collections.portalops.arcgis.plugins.module_utils._module.pipeline import run_category_tree


def main() -> None:
    """Run the module."""
    run_category_tree()


if __name__ == "__main__":
    main()
