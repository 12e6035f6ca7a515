# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Organizations with groups in the sandbox portal, random rosters about them, and runs of the modules."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.sandbox.runner import Sandbox

from .groups import BATCH, JOIN, SHARED_UPDATE, Forecast, State, Task, forecast
from .harness import Run, organize, run_module, run_playbook, snapshot

OTHER_ORGANIZATION = "q7zPNeKmTWeh7Aor"
NO_GROUPS = "No groups"
"""Title of a custom role without the privilege to join groups."""
HELPER = "Account helper"
"""Title of a custom role with all privileges about members except the one to assign members to groups."""
HELPER_PRIVILEGES = (
    "portal:admin:viewUsers", "portal:admin:updateUsers", "portal:admin:changeUserRoles", "portal:admin:viewGroups",
    "portal:admin:disableUsers", "portal:user:viewOrgUsers", "portal:user:viewOrgGroups", "portal:user:createItem",
    "portal:user:createGroup", JOIN,
)  # fmt: skip
CREW = ("anna_berg", "omar_hadd", "lena_fisch", "tomas_rey", "mia_keller", "nora_vogel")


def person(username: str, **fields: Any) -> dict[str, Any]:
    """A member with all that an account needs."""
    names = {"first_name": username[:4].title(), "last_name": "Test", "email": f"{username}@example.com"}
    return {"username": username, **names, "role": "org_user", "user_type": "creatorUT", **fields}


def send(portal: Sandbox, path: str, username: str = "", **params: Any) -> Any:
    """Send one request to the portal itself, signed in without a password, and return its response."""
    token = portal.inspect("POST", "tokens", {"username": username or portal.username})["token"]
    body = urllib.parse.urlencode({"f": "json", "token": token, **params}).encode()
    with urllib.request.urlopen(f"{portal.url}/sharing/rest/{path}", body, timeout=60) as response:
        return json.load(response)


def put_role(portal: Sandbox, name: str, privileges: list[str]) -> str:
    """Create a custom role and return its ID."""
    role = str(send(portal, "portals/self/createRole", name=name, description=name)["id"])
    rows = json.dumps({"privileges": privileges})
    assert send(portal, f"portals/self/roles/{role}/setPrivileges", privileges=rows) == {"success": True}
    return role


@dataclass
class Organization:
    """An organization in the sandbox, with the privileges of its custom roles by ID and by name."""

    portal: Sandbox
    roles: dict[str, set[str]] = field(default_factory=dict)

    @property
    def state(self) -> State:
        return snapshot(self.portal)

    def forecast(self, entries: list[dict[str, Any]], **options: Any) -> Forecast:
        return forecast(self.state, Task(entries, roles=self.roles, **options))

    def add_role(self, name: str, privileges: list[str]) -> str:
        role = put_role(self.portal, name, privileges)
        self.roles[role] = self.roles[name] = set(privileges)
        return role

    def put(self, title: str, owner: str = "portal_admin", **fields: Any) -> str:
        """Create a group and return its ID."""
        return str(self.portal.put_group(owner, title=title, **fields)["id"])


def build(portal: Sandbox, folder: Path, names: tuple[str, ...] = CREW, **switches: str) -> Organization:
    """Make an organization of users beside its administrator, with an index that does not lag."""
    organize(portal, folder, [person(name) for name in names], switches={"search_lag": "0", **switches})
    return Organization(portal)


# -- random organizations and rosters ---------------------------------------------------------------------------------
PLAIN = ("Field Crews", "Leads", "Field Office", "Café Team", "Padded Team ", "Archive", "Staff", "Quiet")
EVEN = ("Survey", "survey", "Twins", "Twins")
"""Titles that differ in case only, or not at all."""
PROPERTIES: dict[str, dict[str, Any]] = {
    "Archive": {"protected": True, "access": "private"},
    "Staff": {"leavingDisallowed": True},
    "Quiet": {"hiddenMembers": True, "isInvitationOnly": True},
    "Shared Update": {"capabilities": [SHARED_UPDATE]},
    "Linked Staff": {"provider": "enterprise", "providerGroupName": "cn=staff"},
}


def build_random(portal: Sandbox, folder: Path, rng: Random, switches: dict[str, str]) -> Organization:
    """Make an organization with all kinds of members and groups."""
    rows = [person(name) for name in (*CREW, "gil_keeper", "rosa_none")]
    rows.append(person("gus_stopped", enabled=False))
    if portal.options["product"] != "enterprise-10.6":
        rows.append(person("ivo_viewer", role="Viewer", user_type="viewerUT"))
        rows.append(person("dara_editor", role="Data Editor", user_type="editorUT"))
    organize(portal, folder, rows, switches={"search_lag": "0", **switches})
    made = Organization(portal)
    role = made.add_role(NO_GROUPS, ["portal:user:viewOrgUsers", "portal:user:viewOrgGroups", "portal:user:createItem"])
    portal.change("rosa_none", role=role)
    titles = [*PLAIN, *EVEN, "Shared Update", "Linked Staff"]
    for title in titles:
        owner = rng.choice(["portal_admin", "gil_keeper", "anna_berg"])
        names = [row["username"] for row in rows if row["username"] not in (owner, "rosa_none")]
        if title == "Shared Update":
            names = [name for name in names if name not in ("ivo_viewer", "dara_editor")]
        fill(made, rng, title, owner, names)
    if portal.options["product"] == "online":
        made.put("Elsewhere", "outsider_elsewhere", users=["mia_keller"], orgId=OTHER_ORGANIZATION, access="public")
    portal.reset_counters()
    return made


def fill(made: Organization, rng: Random, title: str, owner: str, names: list[str]) -> None:
    levels = {name: rng.choice(["", "", "users", "users", "admins"]) for name in names}
    levels = {name: "users" if level == "admins" and name == "gus_stopped" else level for name, level in levels.items()}
    sides: dict[str, Any] = {side: [name for name in names if levels[name] == side] for side in ("users", "admins")}
    made.put(title, owner, **sides, **PROPERTIES.get(title, {}))


def reference(rng: Random, group: dict[str, Any]) -> str:
    """Return a text that names a group: an ID, or the title in some spelling."""
    title = group["title"].strip()
    spellings = [group["id"], title] if title in EVEN else [group["id"], title, title.upper(), f"  {title} "]
    return str(rng.choice(spellings))


def random_value(rng: Random, groups: list[dict[str, Any]]) -> Any:
    """Return the ``groups`` of one entry."""
    picked = rng.sample(groups, rng.randint(0, min(4, len(groups))))
    wanted: list[Any] = []
    for group in picked:
        text = reference(rng, group)
        wanted.append({"group": text, "manager": True} if rng.random() < 0.3 else text)
    kind = rng.choice(["plain", "set", "add", "remove", "both"])
    plain = [ref["group"] if isinstance(ref, dict) else ref for ref in wanted]
    middle = len(wanted) // 2
    values: dict[str, Any] = {
        "plain": wanted, "set": {"set": wanted}, "add": {"add": wanted}, "remove": {"remove": plain},
        "both": {"add": wanted[:middle], "remove": plain[middle:]},
    }  # fmt: skip
    return values[kind]


def odd_entries(state: State) -> list[dict[str, Any]]:
    """Return entries that are blocked in most organizations, each with another reason."""
    foreign = [group["id"] for group in state["groups"] if group["title"] == "Elsewhere"]
    values: list[tuple[str, list[Any]]] = [
        ("nora_vogel", ["Twins"]), ("nora_vogel", ["SURVEY"]), ("nora_vogel", ["Feild Crews"]),
        ("omar_hadd", ["linked staff"]), ("rosa_none", ["Leads"]), ("ivo_viewer", ["Shared Update"]),
        ("dara_editor", [{"group": "shared update ", "manager": True}]), ("omar_hadd", foreign),
        ("gus_stopped", [{"group": "Leads", "manager": True}, {"group": "Quiet", "manager": True}]),
    ]  # fmt: skip
    known = [(name, refs) for name, refs in values if name in state["members"] and refs]
    return [{"username": name, "groups": {"add": refs}} for name, refs in known]


GUARDS: dict[str, list[Any]] = {
    "max_leaving": [0, 1, 2, "10%", "40%", "100%"],
    "max_disruptive": ["0", "1", "3", "15%", "100%"],
    "protected_groups": [["Leads"], ["FIELD*"], ["nothing*"], ["Survey"]],
    "keep_managers": [True, False],
    "protected": [["lena_*"], ["nomatch"]],
}


def random_task(rng: Random, state: State, roles: dict[str, set[str]], kind: str) -> tuple[Task, Forecast]:
    """Return a task that applies, is ``blocked``, or is ``guarded``, and is clear about what the run does."""
    odd = kind == "blocked"
    groups = [group for group in state["groups"] if odd or not (group["provider"] or group["title"] == "Elsewhere")]
    names = [name for name in state["members"] if name != "portal_admin"]
    for _attempt in range(3000):
        chosen = rng.sample(names, rng.randint(1, 6))
        entries: list[dict[str, Any]] = [{"username": name, "groups": random_value(rng, groups)} for name in chosen]
        if rng.random() < 0.3:
            entries.append({"username": next(name for name in names if name not in chosen)})
        if odd:
            special = rng.choice(odd_entries(state))
            entries = [entry for entry in entries if entry["username"] != special["username"]] + [special]
        patterns = rng.choice([[], [], ["Field*"], ["*"], ["LEADS", groups[0]["id"]]])
        guards = {name: rng.choice(values) for name, values in GUARDS.items() if not odd and rng.random() < 0.4}
        task = Task(entries, tuple(patterns), guards=guards, roles=roles)
        found = forecast(state, task)
        kinds = {"applies": found.applies and found.moves, "blocked": bool(found.blocked),
                 "guarded": bool(found.guards) and not found.blocked}  # fmt: skip
        if kinds[kind] and not found.unclear:
            return task, found
    raise AssertionError(f"no random task {kind}")


# -- runs -------------------------------------------------------------------------------------------------------------
def play(portal: Sandbox, module: str = "portal_members", check: bool = False, **options: Any) -> Run:
    """Run a module. A module or option that does not exist yet fails the test, also where it expects a failure."""
    try:
        run = run_module(portal, module, check=check, **options)
    except AssertionError:
        pytest.fail(f"the module {module} does not exist, or crashed")
    if "Unsupported parameters" in run.message:
        pytest.fail(f"{module} does not know an option: {run.message}")
    assert "Traceback" not in run.printed, run.printed
    return run


def play_task(portal: Sandbox, task: Task, check: bool = False, **options: Any) -> Run:
    """Run ``portal_members`` with a task."""
    more = {"managed_groups": list(task.managed_groups), "guards": task.guards, **options}
    return play(portal, check=check, members=task.entries, **{name: value for name, value in more.items() if value})


def play_file(portal: Sandbox, folder: Path, check: bool, **options: Any) -> dict[str, Any]:
    """Run ``portal_members`` in a playbook with these options, and return its result."""
    target = folder / "result.json"
    target.unlink(missing_ok=True)
    tasks = [
        {"portalops.arcgis.portal_members": options, "register": "outcome", "ignore_errors": True},
        {"ansible.builtin.copy": {"content": "{{ outcome | to_json }}", "dest": str(target), "mode": "0600"},
         "check_mode": False, "diff": False},
    ]  # fmt: skip
    play = [{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]
    (folder / "play.yml").write_text(json.dumps(play), encoding="utf-8")
    outcome = run_playbook(portal, folder, "play.yml", *(["--check", "--diff"] if check else []))
    assert target.exists(), outcome.stdout + outcome.stderr
    result = dict(json.loads(target.read_text(encoding="utf-8")))
    assert not result.get("failed"), result.get("msg")
    return result


def text_of(run: Run) -> str:
    """Return what a result says, without the options of the task."""
    output = {name: value for name, value in run.result.items() if name != "invocation"}
    return json.dumps(output, ensure_ascii=False)


def apply_directly(portal: Sandbox, expected: Forecast) -> list[dict[str, Any]]:
    """Send the moves of a forecast in full batches, without the collection, and return the responses."""
    batches: dict[tuple[str, str, str], list[str]] = {}
    for (name, key), level in expected.moves.items():
        operation = "removeUsers" if level is None else "updateUsers" if expected.before[(name, key)] else "addUsers"
        batches.setdefault((key, operation, "admins" if level == "manager" else "users"), []).append(name)
    responses = []
    for (key, operation, parameter), names in batches.items():
        for start in range(0, len(names), BATCH):
            part = ",".join(names[start : start + BATCH])
            responses.append(send(portal, f"community/groups/{key}/{operation}", **{parameter: part}))
    return responses
