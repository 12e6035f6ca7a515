# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reports that the role writes about a sandbox portal, opened in Chromium without any network."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.sandbox.runner import Sandbox

ROOT = Path(__file__).resolve().parents[2]
SHOTS = ROOT / ".build" / "browser" / "shots"
LONG = "A very long name " * 12
HOSTILE = "<script>document.title='broken'</script><img src=x onerror=alert(1)>"
TURNED = "gnp.exe \u202eeman"


def play(portal: Sandbox, folder: Path, tasks: list[dict[str, Any]]) -> None:
    """Runs tasks with ansible-playbook, connected to the portal by the environment."""
    playbook = folder / "playbook.json"
    playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]), encoding="utf-8")
    environment = {
        **os.environ,
        "ARCGIS_PORTAL_URL": portal.url,
        "ARCGIS_PORTAL_USERNAME": portal.username,
        "ARCGIS_PORTAL_PASSWORD": portal.password,
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
    }
    command = [str(Path(sys.executable).parent / "ansible-playbook"), str(playbook)]
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def report(portal: Sandbox, folder: Path, **variables: Any) -> Path:
    """The page that the role writes, with its document beside it as JSON."""
    files = {"members_report_html": str(folder / "report.html"), "members_report_json": str(folder / "report.json")}
    role = {"name": "portalops.arcgis.members_report"}
    play(portal, folder, [{"ansible.builtin.import_role": role, "vars": {**files, **variables}}])
    return folder / "report.html"


def read_members(portal: Sandbox, folder: Path) -> list[dict[str, Any]]:
    """The members of the portal in roster form."""
    target = folder / "members.json"
    read = {"portalops.arcgis.portal_members_info": {}, "register": "read"}
    write = {"ansible.builtin.copy": {"content": "{{ read.members | to_json | string }}", "dest": str(target)}}
    play(portal, folder, [read, write])
    return list(json.loads(target.read_text(encoding="utf-8")))


def plain_members(members: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [entry for entry in members if entry["role"] == "org_user" and entry["user_type"] == "creatorUT"]


def changed_roster(members: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a roster with all kinds of changes, and with texts that try to break the page."""
    roster = copy.deepcopy(members)
    plain = plain_members(roster)
    for entry, text in zip(plain, (HOSTILE, LONG, "Renamed", "مرحبا بالعالم", "line one\nline two")):
        entry["full_name" if "\n" not in text else "description"] = text
    for entry in plain[5:8]:
        entry["role"] = "org_publisher"
    for entry in plain[8:11]:
        entry["tags"] = ["field", "<b>bold</b>"]
    for entry in plain[11:13]:
        entry["enabled"] = False
    for entry in plain[13:16]:
        entry.update(state="absent", transfer_to="portal_admin")
    new = {"first_name": "New", "last_name": "Person", "email": "new@example.com", "role": "Viewer"}
    return [*roster, {"username": "new_person", **new, "user_type": "editorUT"}]


@pytest.fixture(scope="session")
def portal() -> Iterator[Sandbox]:
    with Sandbox(product="online", members=120, seats={"editorUT": 30}) as running:
        yield running


@pytest.fixture(scope="session")
def members(portal: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    return read_members(portal, tmp_path_factory.mktemp("members"))


@pytest.fixture(scope="session")
def plan(portal: Sandbox, members: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a plan with all kinds of changes. Only the portal can contain the name that turns text."""
    turned = plain_members(members)[2]
    place = f"members/{turned['username']}"
    portal.inspect("PATCH", place, {"fullName": TURNED})
    page = report(
        portal, tmp_path_factory.mktemp("plan"), members_report_roster=changed_roster(members),
        members_report_as_of="2026-11-22",
    )  # fmt: skip
    portal.inspect("PATCH", place, {"fullName": turned["full_name"]})
    return page


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    found = subprocess.run(["sh", str(ROOT / "tests/browser/chromium.sh")], capture_output=True, text=True, check=False)
    if found.returncode:
        pytest.fail(found.stderr)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found.stdout.strip())
        yield browser
        browser.close()


class Screen:
    """A page opened from a file, with everything that went wrong or out of it."""

    def __init__(self, context: BrowserContext, path: Path) -> None:
        self.troubles: list[str] = []
        self.requests: list[str] = []
        self.page: Page = context.new_page()
        self.page.on("console", lambda message: self.troubles.append(message.text))
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.troubles.append(dialog.message), dialog.dismiss()))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path.as_uri())

    def shot(self, name: str) -> None:
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{name}.png", full_page=True)


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Any]:
    """Opens a page: ``open_page(path, width=390, scheme="dark", javascript=False)``."""
    contexts = []

    def opened(path: Path, width: int = 1280, scheme: Any = "light", javascript: bool = True) -> Screen:
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=javascript, offline=True
        )
        contexts.append(context)
        return Screen(context, path)

    yield opened
    for context in contexts:
        context.close()
