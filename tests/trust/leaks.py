# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No secret anywhere: playbooks run at ``-vvvv`` against portals that repeat in their errors what they were sent.

Searched are standard output and error, the log, results that are printed, what is left in temporary folders, the
arguments of all processes while the run lasts, and the addresses of all requests; for every secret as it is and as it
looks when something has encoded it.
"""

from __future__ import annotations

import base64
import contextlib
import html
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from tests.sandbox.runner import Sandbox

from .cases import ENTERPRISE, ONLINE, MemberPool, has_role
from .lanes import Job, Lane, Tally
from .wire import Answer, Gateway, Request

ROUNDS = ("password", "token", "application", "plain roster", "encrypted roster")
MEMBER_PASSWORDS = ("Quokka&Ledger=77%", 'Quoll "Ledger" <78>', "Kängurú+Ledger/79?", "Numbat'Ledger\\80;x")
VAULT_PASSWORD = "Vault-Wombat-4711"
LIMIT = 300.0
ECHOES = ("error", "html", "status", "torn", "plain")


# -- a portal that repeats what it hears -------------------------------------------------------------------------------
def echo(kind: str, request: Request) -> Answer:
    """An error that holds the whole request, headers and body."""
    heard = request.text
    if kind == "error":
        body = json.dumps({"error": {"code": 400, "message": heard, "details": [heard, {"request": heard}]}})
    elif kind == "status":
        body = json.dumps({"status": "error", "messages": [heard], "code": 500})
    elif kind == "torn":
        body = json.dumps({"request": heard, "form": request.form})[:-20]
    elif kind == "html":
        body = f"<html><body><h1>Error</h1><pre>{html.escape(heard)}</pre><p>{quote(heard)}</p></body></html>"
    else:
        body = heard
    return Answer(200, {"Content-Type": "text/html" if kind == "html" else "application/json"}, body.encode())


class Parrot(Gateway):
    """Answers some requests with what they held, and keeps the tokens that pass."""

    def __init__(self, portal: Sandbox, seed: str) -> None:
        self.tokens: set[str] = set()
        draw, lock = random.Random(seed), threading.Lock()

        def before(request: Request) -> Any:
            with lock:
                signs_in = request.path.endswith(("/generateToken", "/oauth2/token"))
                often = 0.1 if signs_in else 0.12 if request.method == "GET" else 0.3
                return echo(draw.choice(ECHOES), request) if draw.random() < often else None

        def after(request: Request, answer: Answer) -> Answer:
            with contextlib.suppress(ValueError):
                data = json.loads(answer.body)
                for name in ("token", "access_token"):
                    if isinstance(data.get(name), str):
                        self.tokens.add(data[name])
            return answer

        super().__init__(portal.url)
        self.before, self.after = before, after


# -- what is searched for ----------------------------------------------------------------------------------------------
def disguises(secret: str) -> set[str]:
    """A secret as it is and as quoting, escaping and base64 at any offset show it."""
    raw = secret.encode()
    found = {
        secret, quote(secret), quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1], html.escape(secret), html.escape(secret, quote=False),
        repr(secret)[1:-1], json.dumps(json.dumps(secret))[3:-3], raw.hex(),
    }  # fmt: skip
    for offset in range(3):
        text = base64.b64encode(b"\x00" * offset + raw).decode()
        # The letters at both ends hold bits of the neighbours.
        found.add(text[(0, 2, 3)[offset] : len(text) - 4].rstrip("="))
    return {form for form in found if len(form) >= 8}


class Search:
    def __init__(self, secrets: set[str]) -> None:
        self.forms = {form for secret in secrets for form in disguises(secret)}
        self.bytes = 0
        self.hits: list[str] = []

    def look(self, text: str, where: str) -> None:
        self.bytes += len(text)
        for form in self.forms:
            at = text.find(form)
            if at >= 0:
                self.hits.append(f"{where}: …{text[max(0, at - 120) : at]!r} and then the secret")

    def look_into(self, folder: str, where: str) -> None:
        for path in sorted(Path(folder).rglob("*")):
            self.look(str(path), where)
            if path.is_file():
                self.look(path.read_bytes().decode("utf-8", "replace"), f"{where} {path.name}")


@contextlib.contextmanager
def watched_arguments() -> Iterator[set[str]]:
    """The arguments of all processes that run meanwhile."""
    seen: set[str] = set()
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.02):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                with contextlib.suppress(OSError):
                    seen.add(path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        ended.set()
        thread.join()


# -- a playbook with all that can hold a secret ------------------------------------------------------------------------
def roster(portal: Sandbox) -> list[dict[str, Any]]:
    """Accounts with passwords: new ones, and old ones that get another."""
    pool = MemberPool(portal)
    seat = {"role": "org_publisher", "user_type": "creatorUT"}
    rows: list[dict[str, Any]] = []
    for number, password in enumerate(MEMBER_PASSWORDS[:2]):
        name = f"secret_keeper_{number}"
        new = {"username": name, "first_name": "New", "last_name": "Keeper", "email": f"{name}@example.com", **seat}
        rows.append({**new, "password": password})
    for password in MEMBER_PASSWORDS[2:]:
        old = pool.take(has_role("org_user"))["username"]
        rows.append({"username": old, "password": password, "update_password": "always", "first_name": "Quiet"})
    return rows


def tasks(rows: list[dict[str, Any]], source: str) -> list[dict[str, Any]]:
    """Tasks whose options, results and failures can contain secrets; each result is printed whole."""
    calls: list[tuple[str, dict[str, Any]]] = [
        ("portal_info", {}),
        ("portal_members_info", {"usernames": [rows[-1]["username"]]}),
        ("portal_user", {name: f"{{{{ rows[2].{name} }}}}" for name in rows[2]}),
        ("portal_user", {"members": "{{ rows }}"}),
        ("portal_user_role", {"username": rows[-1]["username"], "role": "org_publisher"}),
        ("portal_members", {"src": source} if source else {"members": "{{ rows }}"}),
        ("portal_members", {"members": ["ada", "{{ rows[0] }}"]}),
        ("portal_user", {"members": ["{{ rows[2] }}", {"username": "bob", "password": "short"}, {"rolle": "x"}]}),
        (
            "portal_members",
            {"src": source}
            if source
            else {"members": "{{ rows }}", "purge": "disable", "guards": {"max_disruptive": "100%"}},
        ),
    ]
    found: list[dict[str, Any]] = []
    for number, (module, options) in enumerate(calls):
        found.append({f"portalops.arcgis.{module}": options, "register": f"result_{number}", "ignore_errors": True})
        found.append({"ansible.builtin.debug": {"var": f"result_{number}"}})
    return found


def connections(round_name: str, portal: Sandbox) -> tuple[dict[str, str], set[str]]:
    """The connection options of a round, and the secrets among them."""
    if round_name == "token":
        token = str(portal.inspect("POST", "tokens", {"username": portal.username, "minutes": 60})["token"])
        return {"portal_token": token}, {token}
    if round_name == "application":
        return (
            {"portal_client_id": portal.client_id, "portal_client_secret": portal.client_secret},
            {portal.client_secret},
        )
    return {"portal_username": portal.username, "portal_password": portal.password}, {portal.password}


def written(folder: Path, round_name: str, portal: Sandbox, url: str) -> tuple[list[str], set[str]]:
    """Writes playbook, secrets and roster; returns the words of the command line, and the secrets."""
    rows = roster(portal)
    own, secrets = connections(round_name, portal)
    source = ""
    if round_name.endswith("roster"):
        source = str(folder / "roster.yml")
        Path(source).write_text(json.dumps(rows), encoding="utf-8")
    common = {"portal_url": url, "timeout": 3, "retries": 1, **{name: f"{{{{ own.{name} }}}}" for name in own}}
    play = {
        "hosts": "localhost", "gather_facts": False, "vars_files": ["secrets.yml"],
        "module_defaults": {"group/portalops.arcgis.portal": common}, "tasks": tasks(rows, source),
    }  # fmt: skip
    (folder / "play.yml").write_text(json.dumps([play]), encoding="utf-8")
    (folder / "secrets.yml").write_text(json.dumps({"own": own, "rows": rows}), encoding="utf-8")
    (folder / "vault").write_text(VAULT_PASSWORD, encoding="utf-8")
    words = ["-vvvv", "--diff", "--vault-password-file", "vault", "play.yml"]
    return words, {*secrets, *MEMBER_PASSWORDS, VAULT_PASSWORD}


def program(name: str) -> str:
    """A program of the same environment as this Python."""
    return os.path.join(os.path.dirname(sys.executable), name)


def settings(folder: Path, collections: str) -> dict[str, str]:
    for name in ("home", "local", "remote"):
        (folder / name).mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ARCGIS_", "ANSIBLE_"))}
    return {
        **kept,
        "HOME": str(folder / "home"),
        "ANSIBLE_COLLECTIONS_PATH": collections,
        "ANSIBLE_LOCAL_TEMP": str(folder / "local"),
        "ANSIBLE_REMOTE_TMP": str(folder / "remote"),
        "ANSIBLE_LOG_PATH": str(folder / "log.txt"),
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_NOCOLOR": "1",
        "LC_ALL": "C.UTF-8",
    }


def played(lane: Lane, tally: Tally, portal: Sandbox, round_name: str, seed: str) -> None:
    where = f"{round_name} on {portal.options['product']}"
    portal.reset()
    with tempfile.TemporaryDirectory(prefix="trust-") as name, Parrot(portal, seed) as parrot:
        folder = Path(name)
        words, secrets = written(folder, round_name, portal, parrot.url)
        environment = settings(folder, lane.folder)
        if round_name == "encrypted roster":
            encrypt = [program("ansible-vault"), "encrypt", "--vault-password-file", "vault", "roster.yml"]
            subprocess.run(encrypt, cwd=folder, env=environment, check=True, capture_output=True)
        with watched_arguments() as arguments:
            ran = run_playbook(words, folder, environment)
        tally.runs += 1
        tally.expect(ran is not None, "hung", where, f"no end within {LIMIT:.0f} s")
        search = Search(secrets | parrot.tokens)
        output = ran or ""
        tally.expect(output.count("TASK [") >= 18, "unclear", where, output[-1500:])
        tally.expect("Traceback" not in output, "unclear", where, output[output.find("Traceback") :][:1500])
        search.look(output, "output")
        search.look((folder / "log.txt").read_text(encoding="utf-8", errors="replace"), "log")
        for left in ("home", "local", "remote"):
            search.look_into(str(folder / left), f"left in {left}")
        search.look("\n".join(arguments), "arguments of processes")
        search.look("\n".join(f"{each.method} {each.target}" for each in parrot.requests), "addresses")
        tally.counts["secrets"] += len(secrets | parrot.tokens)
        tally.counts["disguises"] += len(search.forms)
        tally.counts["bytes searched"] += search.bytes
        tally.counts["requests repeated by the portal"] += len(parrot.requests)
        tally.expect(bool(search.bytes and parrot.requests), "unclear", where, "nothing was searched")
        for hit in search.hits:
            tally.blame("leaked", where, hit)


def run_playbook(words: list[str], folder: Path, environment: dict[str, str]) -> Any:
    """All that ansible-playbook printed, or None if it did not end."""
    with open(folder / "output.txt", "wb") as stream:
        process = subprocess.Popen(
            [program("ansible-playbook"), *words],
            cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=stream, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        began = time.monotonic()
        try:
            process.wait(LIMIT - (time.monotonic() - began))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            process.wait()
            return None
    return (folder / "output.txt").read_text(encoding="utf-8", errors="replace")


def job(round_name: str, product: str, seed: int) -> Job:
    def run(lane: Lane, tally: Tally) -> None:
        played(lane, tally, lane.portal(product), round_name, f"{seed} {round_name} {product}")

    return run


def finds(lane: Lane, tally: Tally) -> None:
    """The search finds a secret in every disguise, and nothing in a text without secrets."""
    secrets = set(MEMBER_PASSWORDS)
    for secret in secrets:
        for form in disguises(secret):
            search = Search(secrets)
            search.look(f"before {form} after", "itself")
            tally.expect(search.hits, "unclear", "the search", f"it does not find {form!r}")
        for offset in range(3):
            search = Search(secrets)
            search.look(base64.b64encode(b"abc"[:offset] + secret.encode() + b" and more").decode(), "base64")
            tally.expect(search.hits, "unclear", "the search", f"base64 at {offset}")
    search = Search(secrets)
    search.look("nothing to be found", "itself")
    tally.expect(not search.hits, "unclear", "the search", "it finds what is not there")


def jobs(seed: int) -> list[tuple[str, Job]]:
    rounds = [(name, ONLINE) for name in ROUNDS] + [("password", ENTERPRISE)]
    found: list[tuple[str, Job]] = [("secrets: the search", finds)]
    return found + [(f"secrets {name} on {product}", job(name, product, seed)) for name, product in rounds]
