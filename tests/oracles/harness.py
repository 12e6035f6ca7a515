# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs modules and playbooks as a user does, and records the state of the sandbox portal before and after."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional

from tests.sandbox.runner import Sandbox

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "ansible_collections.portalops.arcgis.plugins.modules"
SECONDS = 90
ADMINISTRATOR = "portal_admin"

State = dict[str, Any]
"""Members by lower-case username under ``members``, and settings of the organization."""


@dataclass
class Run:
    """One run of a module: what it printed, what it returned, and what the portal contained around it."""

    code: int
    stdout: str
    stderr: str
    result: dict[str, Any]
    before: State
    after: State
    log: list[dict[str, Any]] = field(default_factory=list)

    @property
    def printed(self) -> str:
        return self.stdout + self.stderr

    @property
    def writes(self) -> list[dict[str, Any]]:
        return [entry for entry in self.log if entry["write"]]

    @property
    def failed(self) -> bool:
        return bool(self.result.get("failed"))

    @property
    def message(self) -> str:
        return str(self.result.get("msg", ""))

    def entry(self, username: str) -> dict[str, Any]:
        """Return the result of one member, or an empty dict."""
        found = [row for row in self.result.get("members", []) if row["username"].lower() == username.lower()]
        return dict(found[0]) if found else {}

    def codes(self) -> set[str]:
        """Return every error code of the result: of the run, its problems, and its members."""
        return {problem["code"] for problem in self.problems() if problem.get("code")}

    def guards(self) -> set[str]:
        """Return the names of the guards that the result reports."""
        return {problem["guard"] for problem in self.problems() if problem.get("guard")}

    def problems(self) -> list[dict[str, Any]]:
        """Return every error of the result, the nested ones included."""
        rows = [self.result.get("error") or {}]
        rows += [row.get("error") or {} for row in self.result.get("members", [])]
        return [problem for row in rows for problem in (row, *row.get("problems", []))]


def snapshot(portal: Sandbox) -> State:
    """Read the whole state of the sandbox from its inspection side."""
    members = {row["username"].lower(): row for row in portal.inspect("GET", "members")}
    for row in members.values():
        # These change with every sign-in or write, without a change that a person would see.
        for name in ("lastLogin", "modified"):
            row.pop(name, None)
    organization = portal.inspect("GET", "organization")
    names = ("memberCategorySchema", "budgeting", "defaultUserCreditAssignment", "settings", "defaults", "groups")
    return {"members": members, **{name: organization[name] for name in names}}


def connection(portal: Sandbox, url: str = "") -> dict[str, Any]:
    """Return the options that sign in as the administrator of the sandbox."""
    return {
        "portal_url": url or portal.url,
        "portal_username": portal.username,
        "portal_password": portal.password,
    }


def start_module(module: str, options: dict[str, Any], environment: Optional[dict[str, str]] = None) -> tuple[Any, str]:
    """Start a module as Ansible does, with its arguments on standard input; returns the process and the input."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ARCGIS_")}
    settings = {**clean, "PYTHONPATH": str(ROOT / ".build" / "collections"), "PYTHONDONTWRITEBYTECODE": ""}
    settings["PYTHONPYCACHEPREFIX"] = str(ROOT / ".build" / "cache" / "bytecode")
    process = subprocess.Popen(
        [sys.executable, "-m", f"{PACKAGE}.{module}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**settings, **(environment or {})},
    )
    return process, json.dumps({"ANSIBLE_MODULE_ARGS": options})


def run_module(
    portal: Sandbox,
    module: str,
    *,
    check: bool = False,
    url: str = "",
    sign_in: Optional[dict[str, Any]] = None,
    environment: Optional[dict[str, str]] = None,
    **options: Any,
) -> Run:
    """Run a module in a subprocess, with the state of the portal before and after.

    Args:
        portal: The sandbox that is inspected.
        module: Name of the module.
        check: Whether the run is in check mode.
        url: Address of the portal, if it is not the sandbox itself.
        sign_in: Connection options, instead of those of the administrator.
        environment: More environment variables.
        options: Options of the module.
    """
    before = snapshot(portal)
    since = max((entry["n"] for entry in portal.log()), default=0)
    settings = {"_ansible_check_mode": check, "_ansible_diff": True, "_ansible_verbosity": 4}
    signed = connection(portal, url) if sign_in is None else sign_in
    process, text = start_module(module, {**signed, **options, **settings}, environment)
    try:
        stdout, stderr = process.communicate(text, timeout=SECONDS)
    finally:
        process.kill()
    return Run(process.returncode, stdout, stderr, parse_result(stdout), before, snapshot(portal), portal.log(since))


def parse_result(stdout: str) -> dict[str, Any]:
    """Return the JSON object that a module printed."""
    lines = [line for line in stdout.splitlines() if line.startswith("{")]
    if not lines:
        raise AssertionError(f"the module printed no result: {stdout[-2000:]}")
    return dict(json.loads(lines[-1]))


def organize(portal: Sandbox, folder: Path, members: list[dict[str, Any]], **options: Any) -> None:
    """Give the sandbox a fresh organization of these members (fields of a roster) beside its administrator.

    Fields in the portal's own spelling (``spentCredits``, ``lastLogin``, ``entitlements``, ``appBundles``,
    ``userType``) and ``items``, ``recycled``, ``groups_owned`` (counts) are set through the inspection side.
    """
    source = folder / "organization.json"
    behind = ("spentCredits", "lastLogin", "entitlements", "appBundles", "userType", "items", "recycled", "owns_groups")
    plain = [{key: value for key, value in row.items() if key not in behind} for row in members]
    source.write_text(json.dumps({"members": plain}), encoding="utf-8")
    portal.reset(source=str(source), seats=options.get("seats", {}), switches=options.get("switches", {}))
    for row in members:
        furnish(portal, row)
    portal.reset_counters()


def furnish(portal: Sandbox, row: dict[str, Any]) -> None:
    """Give one member what a roster does not contain."""
    own = ("spentCredits", "lastLogin", "entitlements", "appBundles", "userType")
    fields = {name: row[name] for name in own if name in row}
    if fields:
        portal.change(row["username"], **fields)
    for number in range(row.get("items", 0)):
        portal.inspect("POST", "items", {"owner": row["username"], "title": f"Map {number}"})
    for number in range(row.get("recycled", 0)):
        portal.inspect("POST", "items", {"owner": row["username"], "title": f"Old map {number}", "recycled": True})
    for number in range(row.get("owns_groups", 0)):
        portal.inspect("POST", "groups", {"owner": row["username"], "title": f"Group {number} of {row['username']}"})


def run_playbook(
    portal: Sandbox, folder: Path, *words: str, environment: Optional[dict[str, str]] = None, url: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run ``ansible-playbook`` with the connection in the environment."""
    settings = {"ARCGIS_" + name.upper(): str(value) for name, value in connection(portal, url).items()}
    quiet = {
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_LOCAL_TEMP": str(folder / "ansible"),
        "ANSIBLE_HOME": str(folder / "home"),
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": str(ROOT / ".build" / "cache" / "bytecode"),
    }
    return subprocess.run(
        ["ansible-playbook", *words],
        check=False,
        cwd=folder,
        env={**os.environ, **quiet, **settings, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=SECONDS * 2,
        stdin=subprocess.DEVNULL,
    )
