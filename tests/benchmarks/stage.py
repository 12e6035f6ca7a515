# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One organization with its rosters and playbooks, and the ways to run against it."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Any

import yaml

from tests.benchmarks.processes import ROOT, Cost, measured, program
from tests.sandbox.runner import Sandbox

PARALLEL = 4
"""Connections of the module (its default) and of the bare client."""

ROSTER_FIELDS = (
    "username", "first_name", "last_name", "full_name", "email", "description", "tags", "access", "culture", "region",
    "units", "enabled", "role", "user_type", "credits", "categories",
)  # fmt: skip

_CONNECTION = 'portal_url: "{{ url }}", portal_username: "{{ account }}", portal_password: "{{ secret }}"'
_HEAD = "- hosts: localhost\n  connection: local\n  gather_facts: false\n  tasks:\n"
_URI = (
    'ansible.builtin.uri: {url: "{{ url }}/sharing/rest/community/users/{{ item }}?f=json", '
    'headers: {X-Esri-Authorization: "Bearer {{ token }}", Referer: "{{ url }}/"}}'
)
PLAYBOOKS = {
    "empty": "",
    "nothing": f'    - nothing: {{src: "{{{{ src }}}}", {_CONNECTION}}}\n',
    "members": f'    - portalops.arcgis.portal_members: {{src: "{{{{ src }}}}", {_CONNECTION}}}\n',
    "uri": f'    - {_URI}\n      loop: "{{{{ names }}}}"\n',
    "single": '    - portalops.arcgis.portal_user_role: {username: "{{ item }}", role: org_user, '
    f'{_CONNECTION}}}\n      loop: "{{{{ names }}}}"\n',
    "single_token": '    - portalops.arcgis.portal_user_role: {username: "{{ item }}", role: org_user, '
    'portal_url: "{{ url }}", portal_token: "{{ token }}"}\n      loop: "{{ names }}"\n',
}


class Stage:
    """A running sandbox and a folder with what runs against it."""

    def __init__(self, portal: Sandbox, size: int, folder: Path) -> None:
        self.portal = portal
        self.size = size
        self.pages = -(-size // 100)
        self.folder = folder
        for name, tasks in PLAYBOOKS.items():
            (folder / f"{name}.yml").write_text(_HEAD + (tasks or "    []\n"))
        # The playbooks here say url, those of the collection portal_url.
        variables = {
            "url": portal.url, "account": portal.username, "secret": portal.password,
            "portal_url": portal.url, "portal_username": portal.username, "portal_password": portal.password,
        }  # fmt: skip
        self.vars = folder / "vars.json"
        self.vars.write_text(json.dumps(variables))

    def latency(self, milliseconds: int) -> None:
        self.portal.inspect("PATCH", "options", {"latency_ms": milliseconds})

    # -- runs

    def playbook(self, name: str, *extra: str, watch: bool = False) -> Cost:
        """A playbook of this module's, or one of the collection's by its full name."""
        target = name if name.startswith("portalops.") else str(self.folder / f"{name}.yml")
        words = [word for pair in extra for word in ("-e", pair)]
        return measured([program("ansible-playbook"), target, "-e", f"@{self.vars}", *words], watch=watch)

    def arguments(self, url: str = "", check: bool = False, **options: Any) -> str:
        connection = {
            "portal_url": url or self.portal.url, "portal_username": self.portal.username,
            "portal_password": self.portal.password, "parallel": PARALLEL,
        }  # fmt: skip
        return json.dumps({"ANSIBLE_MODULE_ARGS": {**connection, **options, "_ansible_check_mode": check}})

    def module(self, name: str, url: str = "", check: bool = False, **options: Any) -> tuple[Cost, dict[str, Any]]:
        """A module alone, without Ansible around it."""
        module = f"ansible_collections.portalops.arcgis.plugins.modules.{name}"
        cost = measured([sys.executable, "-m", module], self.arguments(url, check, **options))
        return cost, json.loads(cost.output.strip().splitlines()[-1])

    def phases(self, **options: Any) -> dict[str, Any]:
        """portal_members with a clock in it: {"phases", "api_calls", "changed"}."""
        cost = measured([sys.executable, "-m", "tests.benchmarks.phases"], self.arguments(**options))
        return dict(json.loads(cost.output))

    def bare(self, pages: int = 0, writes: list[Any] | None = None) -> tuple[Cost, dict[str, Any]]:
        """The bare client, and what it tells: {"calls", "bytes", "seconds"}."""
        job = {
            "url": self.portal.url, "username": self.portal.username, "password": self.portal.password,
            "parallel": PARALLEL, "pages": pages, "writes": writes or [],
        }  # fmt: skip
        cost = measured([sys.executable, str(ROOT / "tests/benchmarks/bare.py")], json.dumps(job))
        return cost, dict(json.loads(cost.output))

    # -- rosters

    def exported(self) -> dict[str, str]:
        """The organization as it is, as a roster in each form."""
        fields = [name for name in ROSTER_FIELDS if name != "username"]
        _cost, result = self.module("portal_members_info", fields=fields)
        members = [{k: v for k, v in member.items() if v is not None} for member in result["members"]]
        paths = {form: str(self.folder / f"roster.{form}") for form in ("json", "yml", "csv")}
        Path(paths["json"]).write_text(json.dumps({"members": members}, ensure_ascii=False), encoding="utf-8")
        dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
        with open(paths["yml"], "w", encoding="utf-8") as stream:
            yaml.dump({"members": members}, stream, Dumper=dumper, allow_unicode=True, sort_keys=False)
        with open(paths["csv"], "w", encoding="utf-8", newline="") as stream:
            rows = csv.DictWriter(stream, ROSTER_FIELDS)
            rows.writeheader()
            rows.writerows({name: _cell(value) for name, value in member.items()} for member in members)
        return paths

    def roster(self, name: str, members: list[dict[str, Any]]) -> str:
        path = self.folder / f"{name}.json"
        path.write_text(json.dumps(members), encoding="utf-8")
        return str(path)


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        return ";".join(value)
    return str(value).lower() if isinstance(value, bool) else value


def uniform(size: int, **fields: Any) -> list[dict[str, Any]]:
    """Members who differ in their names only, so that each can be changed in the same way."""
    return [
        {
            "username": f"member{number:06}_bench", "first_name": "Bench", "last_name": f"Member{number:06}",
            "email": f"member{number:06}@example.com", "role": "org_user", "user_type": "creatorUT", "credits": 10,
            "categories": ["/Department"], **fields,
        }
        for number in range(size)
    ]  # fmt: skip
