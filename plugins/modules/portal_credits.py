#!/usr/bin/python
# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: portal_credits
short_description: Set how many credits members of an ArcGIS Online organization may spend
version_added: 1.0.0
description:
  - Gives one member, or many in one go, a number of credits, no credits, or no limit.
  - Switches credit budgeting on or off and sets the number that new members get, on its own or along with
    members.
  - Up to 100 members travel in one request. A member whom the portal leaves out of it is a failure of that
    member; the others stand.
  - ArcGIS Enterprise has no credits and is refused with error code V(unsupported).
author:
  - portalops.arcgis contributors (@portalops)
extends_documentation_fragment:
  - portalops.arcgis.connection
  - portalops.arcgis.attributes
  - portalops.arcgis.members
  - portalops.arcgis.members.single
options:
  budgeting:
    description:
      - Whether the organization budgets its credits, that is whether members have a limit of their own.
      - It is left alone if it is not set. Members cannot be given credits while it is off; the task is
        refused with error code V(blocked) then, unless it sets O(budgeting=true) itself.
    type: bool
  default_credits:
    description:
      - Credits that a new member gets; a number that is 0 or more, or V(unlimited) for no limit.
      - It is left alone if it is not set.
    type: raw
  members:
    suboptions:
      username:
        description:
          - Name of the member.
          - Case is ignored. V(DOMAIN\\name) is found as V(name@DOMAIN), which is how the portal stores it.
        type: str
        required: true
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
  credits: *credits
notes:
  - At least one of O(username), O(members), O(budgeting) and O(default_credits) is needed.
  - The signed-in account needs the privilege C(portal:admin:manageCredits), or must be an administrator.
  - Less than a member has spent already is a disruptive change, which C(portal_members) can limit.
seealso:
  - module: portalops.arcgis.portal_user
  - module: portalops.arcgis.portal_members
  - module: portalops.arcgis.portal_info
  - module: portalops.arcgis.portal_members_info
  - name: Assign User Credits
    description: The operation of the portal behind this module.
    link: https://developers.arcgis.com/rest/users-groups-and-items/assign-user-credits/

  - name: Unassign User Credits
    description: The operation of the portal behind V(unlimited).
    link: https://developers.arcgis.com/rest/users-groups-and-items/unassign-user-credits/
"""

EXAMPLES = r"""
# All but the first example take the connection from the environment (ARCGIS_PORTAL_URL and its siblings).

- name: Budget the credits of the organization, and give each new member 100
  portalops.arcgis.portal_credits:
    portal_url: "{{ portal_url }}"
    portal_username: "{{ portal_username }}"
    portal_password: "{{ portal_password }}"
    budgeting: true
    default_credits: 100

- name: Let one member spend 500 credits
  portalops.arcgis.portal_credits:
    username: jane_doe
    credits: 500

# 0 allows nothing, unlimited allows everything, and leaving the option out leaves the limit alone.
- name: Give several members their limits in one task, without a loop
  portalops.arcgis.portal_credits:
    members:
      - username: jane_doe
        credits: 0
      - username: omar_haddad
        credits: unlimited
      - username: lena_fischer
        credits: 250.5

- name: See what would change, and change nothing
  portalops.arcgis.portal_credits:
    credits: 1000
    members:
      - username: jane_doe
      - username: omar_haddad
  check_mode: true
  diff: true
"""

RETURN = r"""
changed:
  description: Whether a write took effect, or would have in check mode. It is true after a partial failure too.
  returned: always
  type: bool
  sample: true
members:
  description:
    - One entry for each member that is not unchanged, sorted by username. It has the member that O(username)
      names in any case.
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
        credits:
          before: 100
          after: 500
      warnings: []
      error: null
budget:
  description: The credit budget of the organization.
  returned: always
  type: dict
  contains:
    budgeting:
      description: Whether credits are budgeted, as it is afterwards.
      type: bool
    default_credits:
      description: >-
        Credits that a new member gets, as it is afterwards; a number, V(unlimited), or V(null) if the portal
        does not tell.
      type: raw
    before:
      description: C(budgeting) and C(default_credits) as they were.
      type: dict
    after:
      description: C(budgeting) and C(default_credits) as they are afterwards, or would be in check mode.
      type: dict
  sample:
    budgeting: true
    default_credits: 100
    before:
      budgeting: false
      default_credits: unlimited
    after:
      budgeting: true
      default_credits: 100
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
      description: >-
        Under C(members), by username, the fields that change with their values as they were; under
        C(organization) the credit budget.
      type: dict
    after:
      description: The same parts with the values afterwards. A removed member has only its state.
      type: dict
  sample:
    before:
      organization:
        default_credits: unlimited
      members:
        jane_doe:
          credits: 100
    after:
      organization:
        default_credits: 100
      members:
        jane_doe:
          credits: 500
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
    run_members("portal_credits")


if __name__ == "__main__":
    main()
