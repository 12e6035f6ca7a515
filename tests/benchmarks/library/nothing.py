# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A module that takes what portal_members takes and does nothing: what is left is the cost of Ansible."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule


def main() -> None:
    names = ("src", "portal_url", "portal_username", "portal_password")
    module = AnsibleModule({name: {"type": "str", "no_log": name == "portal_password"} for name in names})
    module.exit_json(changed=False)


if __name__ == "__main__":
    main()
