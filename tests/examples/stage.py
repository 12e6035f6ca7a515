# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stage for one page: a folder, a portal with the members that the examples name, and a shell that stays."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, Optional

import yaml

from tests.sandbox.runner import Sandbox

from .blocks import ROOT, Block

HERE = Path(__file__).resolve().parent
SEED = HERE / "seed.yml"
PORTS = ("8088", "8089")
"""The ports that pages give to sandboxes of their own; here they are any free ones."""

PLAY = {"name": "Run an example", "hosts": "localhost", "gather_facts": False}
SETTINGS = {
    "ANSIBLE_LOCALHOST_WARNING": "false",
    "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
    "ANSIBLE_NOCOLOR": "1",
    # Pages show lines of a wide terminal.
    "COLUMNS": "120",
    "ANSIBLE_PIPELINING": "1",
    # Libraries are compiled once and not at each of some thousand starts of Python.
    "PYTHONDONTWRITEBYTECODE": "",
    "PYTHONPYCACHEPREFIX": str(ROOT / ".build/cache/bytecode"),
    "PYTHONWARNINGS": "ignore",
}
FAILING = re.compile(r"fatal:|FAILED!|Plan blocked|Apply incomplete")
"""A page that shows one of these shows a failure."""
DISK = Path("/dev/shm") if Path("/dev/shm").is_dir() else None


class ExampleFailed(Exception):
    """An example does not do what its page says."""


def seeded(product: str, **options: Any) -> Sandbox:
    """A sandbox with the members and items of seed.yml. It is not started yet."""
    return Sandbox(product=product, source=None, **{"from": SEED, **options})


def connection(portal: Sandbox) -> dict[str, str]:
    return {"portal_url": portal.url, "portal_username": portal.username, "portal_password": portal.password}


def variables(portal: Sandbox) -> dict[str, str]:
    """The variables that examples take from the environment of the reader."""
    return {**connection(portal), "initial_password": "a-first-Passw0rd"}


def other_sign_ins(portal: Sandbox) -> dict[str, str]:
    return {
        "portal_token": portal.inspect("POST", "tokens", {"username": portal.username})["token"],
        "portal_client_id": portal.client_id,
        "portal_client_secret": portal.client_secret,
    }


class Stage:
    """Plays the blocks of one page in their order, as a reader would type them."""

    def __init__(self, folder: Path, portal: Sandbox) -> None:
        self.folder = folder
        self.portal = portal
        self.ports = {port: str(free_port()) for port in PORTS}
        self.count = 0
        self.shell: Optional[subprocess.Popen[str]] = None
        (folder / "work").mkdir(parents=True)
        # A folder of its own, so that the path of its neighbour is '..', with what the checkout has.
        (folder / "work/portalops.arcgis").mkdir()
        for entry in ROOT.iterdir():
            (folder / "work/portalops.arcgis" / entry.name).symlink_to(entry)
        for file in (HERE / "files").iterdir():
            (folder / "work" / file.name).write_bytes(file.read_bytes())
        (folder / "connection.json").write_text(
            json.dumps({**variables(portal), **other_sign_ins(portal)}), encoding="utf-8"
        )

    def __enter__(self) -> Stage:
        environment = {
            **os.environ,
            **SETTINGS,
            **{"ARCGIS_" + name.upper(): value for name, value in connection(self.portal).items()},
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(self.folder),
            "LC_ALL": "C.UTF-8",
        }
        self.shell = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=self.folder / "work",
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        return self

    def __exit__(self, *_exception: object) -> None:
        if self.shell is None:
            return
        for stream in (self.shell.stdin, self.shell.stdout):
            if stream is not None:
                stream.close()
        try:
            os.killpg(self.shell.pid, signal.SIGTERM)
        except ProcessLookupError:
            pass
        self.shell.wait(30)

    # -- one block -------------------------------------------------------------------------------------------------

    def play(self, block: Block, later: str) -> None:
        """Runs a block, or writes the file that it shows; later: the text of the blocks after it."""
        language = block.language.lower()
        if language in ("console", "text") and block.first_line.startswith("$ "):
            self.console(block.text)
        elif language in ("console", "shell", "sh", "bash"):
            self.run(block.text)
        elif block.file and self.keep(block, later):
            self.check_syntax(block)
        elif language in ("yaml", "yaml+jinja"):
            self.yaml(block)
        else:
            raise ExampleFailed(f"The runner cannot execute this {language or 'plain'} block. See exceptions.yml.")

    def keep(self, block: Block, later: str) -> bool:
        """Writes the file that a block shows; whether something uses it: a later block, or Ansible by its name."""
        self.write(block.file, block.text)
        return block.file in later or block.file.startswith(("group_vars/", "host_vars/"))

    def console(self, text: str) -> None:
        """Commands after a dollar sign, and what they print: every line shown is printed, in this order."""
        commands: list[str] = []
        shown: list[str] = []
        for line in text.splitlines():
            if line.startswith("$ "):
                commands.append(line[2:])
            elif line.startswith("> "):
                commands[-1] += "\n" + line[2:]
            elif line.strip():
                shown.append(line)
        # A line of its own between the outputs, for not every command ends its last one.
        output = self.run("\necho\n".join(commands), fails=any(FAILING.search(line) for line in shown))
        missing = first_missing(shown, output)
        if missing:
            raise ExampleFailed(f"this line is shown, and is not printed: {missing}\n{output}")

    def yaml(self, block: Block) -> None:
        """A play, tasks or a roster: each is run in check mode, which writes nothing, and then for real."""
        found = yaml.safe_load(block.text)
        self.count += 1
        name = f"example-{self.count}.yml"
        if isinstance(found, list):
            plays = found if "hosts" in found[0] else [{**PLAY, "tasks": found}]
            self.write(name, yaml.safe_dump(plays, sort_keys=False))
            command = f"ansible-playbook {name} -e @{self.folder}/connection.json"
        elif isinstance(found, dict) and "members" in found:
            self.write(name, block.text)
            command = f"ansible-playbook portalops.arcgis.apply -e members_src={name}"
        else:
            raise ExampleFailed(
                "neither a play nor tasks nor a roster; name its file and use it, or see exceptions.yml"
            )
        before = self.portal.counters()["writes"]
        self.run(f"{command} --check --diff")
        if self.portal.counters()["writes"] != before:
            raise ExampleFailed("check mode wrote")
        self.run(command)

    def check_syntax(self, block: Block) -> None:
        if block.file.endswith((".yml", ".yaml")) and block.text.startswith("- "):
            self.run(f"ansible-playbook --syntax-check {shlex.quote(block.file)} -e @{self.folder}/connection.json")

    # -- the shell -------------------------------------------------------------------------------------------------

    def write(self, name: str, text: str) -> None:
        where = Path(self.run("pwd").strip()) / name
        where.parent.mkdir(parents=True, exist_ok=True)
        where.write_text(self.fitted(text), encoding="utf-8")

    def fitted(self, text: str) -> str:
        for port, free in self.ports.items():
            text = text.replace(port, free)
        return text

    def run(self, script: str, fails: bool = False) -> str:
        """Runs commands in the shell that stays; returns what they print. The first that fails ends them."""
        if self.shell is None or self.shell.stdin is None or self.shell.stdout is None:
            raise ExampleFailed("the stage is not open")
        self.count += 1
        path, output = self.folder / f"{self.count}.sh", self.folder / f"{self.count}.out"
        path.write_text(self.fitted(script) + "\n", encoding="utf-8")
        mode = "+e" if fails else "-e"
        self.shell.stdin.write(f"set {mode}; . {path} </dev/null >{output} 2>&1; echo done $?\n")
        self.shell.stdin.flush()
        answer = self.shell.stdout.readline()
        printed = output.read_text(encoding="utf-8", errors="replace") if output.exists() else ""
        if not answer or (answer.strip() == "done 0") is fails:
            how = "succeeded, and the page shows a failure" if fails and answer else "failed"
            raise ExampleFailed(f"{how}:\n{script}\n{printed}")
        return printed


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def first_missing(shown: list[str], output: str) -> str:
    """The first line shown that is not printed after those before it. An ellipsis stands for anything."""
    printed = iter([plain(line) for line in output.splitlines()])
    for line in shown:
        if plain(line) in ("…", ""):
            continue
        pattern = re.compile(".*".join(re.escape(part) for part in plain(line).split("…")))
        if not any(pattern.fullmatch(found) for found in printed):
            return line
    return ""


MARKS = " -'\","


def plain(line: str) -> str:
    """A line without what the output of Ansible puts around it: indent, list marks, quotes and commas."""
    return " ".join(line.split()).lstrip(MARKS).rstrip(MARKS)
