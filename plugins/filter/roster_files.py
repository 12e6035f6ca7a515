# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter that turns members into roster files."""

from __future__ import annotations

DOCUMENTATION = r"""
name: roster_files
short_description: Turn members into the texts of roster files
version_added: 1.0.0
description:
  - Takes members as M(portalops.arcgis.portal_members_info) returns them, and gives the roster files that list them,
    in YAML, JSON or CSV, in one file or in several.
  - M(portalops.arcgis.portal_members) reads each of the files back to the same members.
author:
  - portalops.arcgis contributors (@portalops)
positional: format
options:
  _input:
    description: Members, as M(portalops.arcgis.portal_members_info) returns them.
    type: list
    elements: dict
    required: true
  format:
    description: Form of the files.
    type: str
    choices: [yaml, json, csv]
    default: yaml
  split_by:
    description:
      - A field with one value, such as V(role), V(user_type), V(level), V(provider) or V(enabled), with one file for
        each value.
      - The path of a category, such as V(/Department), with one file for each category below it. A member who is in
        several of them is listed once, in the file of the first by name.
      - Without it there is one file.
    type: str
  max_members:
    description: How many members one file lists at most. There is no limit if it is not set.
    type: int
seealso:
  - module: portalops.arcgis.portal_members_info
  - module: portalops.arcgis.portal_members
"""

EXAMPLES = r"""
- name: Read the whole organization
  portalops.arcgis.portal_members_info:
  register: everybody

- name: Write one roster file for each role
  ansible.builtin.copy:
    content: "{{ item.text | string }}"
    dest: "{{ item.name }}"
    mode: "0600"
  loop: "{{ everybody.members | portalops.arcgis.roster_files('yaml', split_by='role') }}"
  loop_control:
    label: "{{ item.name }}"
"""

RETURN = r"""
_value:
  description: The files, sorted by name.
  type: list
  elements: dict
  contains:
    name:
      description: Name of the file, for example V(members.yml) or V(members-org_publisher-001.yml).
      type: str
    count:
      description: How many members the file lists.
      type: int
    text:
      description: What the file holds.
      type: str
    left_out:
      description: >-
        What a CSV cannot hold safely, because a spreadsheet would take it for a formula, as C(username) and C(field).
        An empty cell leaves the field alone.
      type: list
      elements: dict
"""

from ansible.errors import AnsibleFilterError
from ansible.utils.unsafe_proxy import wrap_var

from ansible_collections.portalops.arcgis.plugins.plugin_utils._plain import plain
from ansible_collections.portalops.arcgis.plugins.plugin_utils._roster_files import RosterError, roster_files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable


def files(
    members: Any, format: str = "yaml", split_by: str | None = None, max_members: int | None = None
) -> list[dict[str, Any]]:
    """The roster files of members; their texts are data, never templates."""
    try:
        found = roster_files(plain(members), format, split_by or None, int(max_members) if max_members else None)
    except (RosterError, ValueError) as error:
        raise AnsibleFilterError(f"roster_files: {error}") from None
    rows: list[dict[str, Any]] = wrap_var(
        [
            {
                "name": file.name,
                "count": file.count,
                "text": file.text,
                "left_out": [{"username": username, "field": field} for username, field in file.left_out],
            }
            for file in found
        ]
    )
    return rows


class FilterModule:
    """The filter, for Ansible to find."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"roster_files": files}
