# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets planted in options, the environment, and rosters of every format: none is printed."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sandbox.runner import Sandbox

from .harness import organize, run_module, run_playbook
from .meanwhile import Exchange, Meanwhile
from .printing import forms, leaks
from .test_meanwhile import person

SECRETS = ["Zq7-Xk9-Vw3-secret", "pa'ss\"wörd&9<Qx>", "C:\\new\\table 77%20x", "0123456789012345"]
FIELDS = ["username", "first_name", "password", "enabled", "role", "credits", "categories", "tags", "access", "state",
          "user_type", "email", "level", "units", "provider", "update_password"]  # fmt: skip
QUICK = settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))


def values(rng: Random, secret: str) -> dict[str, Any]:
    """One entry with the secret as its password, and maybe in the place of something else."""
    entry: dict[str, Any] = {"username": "anna_berg", "password": secret, "update_password": "always"}
    for name in rng.sample(FIELDS[3:], 2):
        entry[name] = rng.choice([secret, [secret], {secret: 1}, "x", True, None, [[secret]], {"set": [secret]}])
    if rng.random() < 0.2:
        entry[rng.choice([secret, "Password", "pass word"])] = secret
    return entry


def csv_text(rng: Random, secret: str) -> str:
    """Rows with the secret in any cell: shifted, short, long, quoted, or without a header."""
    header = ["username", *rng.sample(FIELDS[1:], 3)]
    if "password" not in header and rng.random() < 0.8:
        header.append("password")
    rows = [["anna_berg"] + ["x"] * (len(header) - 1) for _number in range(2)]
    # A result names members, so that the cell of the username is the only one whose text is shown.
    rng.choice(rows)[rng.randrange(1, len(header))] = secret
    if rng.random() < 0.3:
        rng.choice(rows).pop(rng.randrange(len(header)))
    if rng.random() < 0.2:
        rng.choice(rows).insert(rng.randrange(len(header)), "more")
    has_header = "password" not in header or rng.random() < 0.7
    lines = [header, *rows] if has_header and "password" in header else rows
    mark = rng.choice([",", ",", ";", "\t", "|"])
    quoted = rng.random() < 0.3
    cells = [[f'"{cell}"' if quoted else cell for cell in line] for line in lines]
    return "\n".join(mark.join(line) for line in cells) + rng.choice(["\n", '\n"', ""])


def spoil(rng: Random, text: str) -> str:
    """Remove, double, or replace a piece of a file."""
    if rng.random() < 0.5:
        return text
    position = rng.randrange(len(text))
    return text[:position] + rng.choice(["", "\t", "{", "'", "\x00", "\n", ": ", "&", "*"]) + text[position + 1 :]


def roster_file(rng: Random, folder: Path, secret: str) -> Path:
    extension = rng.choice(["csv", "csv", "yml", "json", "txt"])
    entries = [values(rng, secret), {"username": "omar_hadd", "description": "x"}]
    if extension in ("csv", "txt"):
        text = csv_text(rng, secret)
    elif extension == "json":
        text = json.dumps({"members": entries}, indent=rng.choice([None, 2]))
    else:
        text = yaml.safe_dump(rng.choice([{"members": entries}, entries, {"member": entries}]), allow_unicode=True)
    path = folder / f"roster.{extension}"
    path.write_text(spoil(rng, text), encoding="utf-8")
    return path


def planted(text: str, secret: str) -> bool:
    """Tell whether a spoiled file still contains the secret in any form."""
    return any(form in text for form in forms(secret))


@QUICK
@given(seed=st.integers(0, 10**9))
def test_no_cell_of_a_roster_with_passwords_is_printed(
    online_portal: Sandbox, tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    rng = Random(seed)
    folder = tmp_path_factory.mktemp("secrets")
    secret = rng.choice(SECRETS)
    path = roster_file(rng, folder, secret)
    run = run_module(online_portal, "portal_members", src=str(path), check=rng.random() < 0.8)
    if planted(path.read_text(encoding="utf-8"), secret):
        assert leaks(run.printed, [secret, online_portal.password]) == []


@pytest.mark.parametrize("secret", SECRETS, ids=["plain", "quotes", "backslashes", "digits"])
@pytest.mark.parametrize("field", ["enabled", "role", "credits", "tags", "user_type", "categories", "access"])
def test_no_password_of_an_option_is_printed(online: Sandbox, tmp_path: Path, field: str, secret: str) -> None:
    organize(online, tmp_path, [person("anna_berg")])
    entry = {"username": "anna_berg", "password": secret, field: secret}
    run = run_module(online, "portal_members", members=[entry], check=True)
    # Ansible itself prints the input of this test among the arguments; what the module says is its message.
    assert leaks(run.message + json.dumps(run.result.get("error")), [secret]) == []


KINDS = (
    "error",
    "html",
    "truncated",
    "bad_json",
    "redirect",
    "unavailable",
    "edge_403",
    "reset_after",
    "token_expired",
)


@pytest.mark.parametrize("echo", [False, True], ids=["plain", "echo"])
@pytest.mark.parametrize("kind", KINDS)
def test_no_secret_is_printed_when_a_request_fails(online: Sandbox, kind: str, echo: bool) -> None:
    """A portal can repeat in an error what it was sent: the body, and the token."""
    for name, role in (("anna_berg", "org_user"), ("omar_hadd", "org_publisher")):
        online.inspect("POST", "members", {"username": name, "role": role, "userLicenseTypeId": "creatorUT"})
    token = str(online.inspect("POST", "tokens", {"username": online.username})["token"])

    def repeat(exchange: Exchange) -> None:
        if echo and exchange.method == "POST" and exchange.operation not in ("generateToken", "token"):
            sent = {**exchange.params, **exchange.headers}
            exchange.respond({"error": {"code": 400, "message": f"Refused: {sent}", "details": [str(exchange.body)]}})

    online.fault(operation="write", kind=kind, count=0)
    entries = [{"username": "anna_berg", "password": SECRETS[0], "update_password": "always"},
               {**person("nora_vogel"), "password": SECRETS[1]},
               {"username": "omar_hadd", "role": "org_user"}]  # fmt: skip
    with Meanwhile(online, before=[repeat]) as proxy:
        for sign_in in (
            {"portal_username": online.username, "portal_password": online.password},
            {"portal_token": token},
            {"portal_client_id": online.client_id, "portal_client_secret": online.client_secret},
        ):
            run = run_module(online, "portal_members", members=entries, sign_in={
                "portal_url": proxy.url, "retries": 1, **sign_in})  # fmt: skip
            secrets = [online.password, token, online.client_secret, SECRETS[0], SECRETS[1]]
            secrets += [
                seen.data["token"] for seen in proxy.seen if isinstance(seen.data, dict) and "token" in seen.data
            ]
            assert run.result
            assert leaks(run.printed, secrets) == []


def test_no_secret_is_printed_by_a_failed_sign_in(online: Sandbox) -> None:
    for echo in (False, True):

        def repeat(exchange: Exchange, echo: bool = echo) -> None:
            if echo and exchange.operation in ("generateToken", "token"):
                exchange.respond({"error": {"code": 400, "message": f"Refused: {exchange.params}", "details": []}})

        with Meanwhile(online, before=[repeat]) as proxy:
            for sign_in in (
                {"portal_username": online.username, "portal_password": SECRETS[0]},
                {"portal_token": SECRETS[0] * 2},
                {"portal_client_id": online.client_id, "portal_client_secret": SECRETS[0]},
                {"portal_username": SECRETS[0], "portal_password": SECRETS[0]},
            ):
                run = run_module(online, "portal_info", sign_in={"portal_url": proxy.url, **sign_in})
                assert run.failed
                assert leaks(run.printed, SECRETS[:1]) == []
                environment = {"ARCGIS_" + name.upper(): value for name, value in sign_in.items()}
                run = run_module(online, "portal_info", sign_in={"portal_url": proxy.url}, environment=environment)
                assert leaks(run.printed, SECRETS[:1]) == []


def test_no_secret_stays_in_a_file(online: Sandbox, tmp_path: Path) -> None:
    """A vaulted roster is decrypted into a file that the task deletes when it ends, also when it fails."""
    organize(online, tmp_path, [person("anna_berg")])
    roster = tmp_path / "roster.yml"
    (tmp_path / "key").write_text("a-vault-Passw0rd\n", encoding="utf-8")
    for role in ("org_user", "no such role"):
        text = {"members": [{"username": "anna_berg", "password": SECRETS[0], "role": role}]}
        roster.write_text(yaml.safe_dump(text), encoding="utf-8")
        words = ["ansible-vault", "encrypt", str(roster), "--vault-password-file", str(tmp_path / "key")]
        subprocess.run(words, check=True, capture_output=True, cwd=tmp_path)
        outcome = run_playbook(
            online, tmp_path, "portalops.arcgis.apply", "-e", f"members_src={roster}", "-vvvv",
            "-e", "members_plan_markdown=plan.md", "-e", "members_plan_json=plan.json",
            "--vault-password-file", str(tmp_path / "key"),
            environment={"TMPDIR": str(tmp_path), "ANSIBLE_REMOTE_TMP": str(tmp_path / "remote"),
                         "ANSIBLE_LOG_PATH": str(tmp_path / "ansible.log")},
        )  # fmt: skip
        assert (outcome.returncode == 0) is (role == "org_user"), outcome.stdout
        assert leaks(outcome.stdout + outcome.stderr, SECRETS[:1]) == []
        for path in tmp_path.rglob("*"):
            if path.is_file():
                assert leaks(path.read_bytes().decode("utf-8", "replace"), SECRETS[:1]) == [], path
