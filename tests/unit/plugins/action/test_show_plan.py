# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest
import yaml
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.utils import color

from ansible_collections.portalops.arcgis.plugins.action import show_plan
from ansible_collections.portalops.arcgis.plugins.modules.show_plan import DOCUMENTATION

ESCAPE = "\x1b["
CHECKSUM = "ab" * 32


def member(username, action, error=None, **changes):
    return {
        "username": username,
        "action": action,
        "changed": action != "failed",
        "changes": {name: {"before": before, "after": after} for name, (before, after) in changes.items()},
        "warnings": [],
        "error": error,
    }


def result(*members, **more):
    counts = dict.fromkeys(("created", "changed", "removed", "disabled", "unchanged", "skipped", "failed"), 0)
    for entry in members:
        counts[entry["action"]] += 1
    return {
        "changed": any(entry["changed"] for entry in members),
        "members": list(members),
        "summary": {"total": len(members), **counts},
        "plan_checksum": CHECKSUM,
        "api_calls": {"read": 3, "write": 0},
        **more,
    }


PLAN = result(
    member("nora_vogel", "created", role=(None, "Viewer")),
    member("jane_doe", "changed", role=("Viewer", "org_user")),
    member("omar_haddad", "disabled", enabled=(True, False)),
    member("zoe_old", "removed"),
)
BLOCKED = result(
    member("jane_doe", "failed", {"code": "invalid_input", "message": "jane_doe: Role 'Editr' does not exist."}),
    error={"code": "invalid_input", "message": "jane_doe: Role 'Editr' does not exist."},
)


class Harness:
    """The action plugin with a display that keeps what it prints."""

    def __init__(self, args, check_mode=False, no_log=False, columns=79, hosts=("portal",)):
        task = mock.MagicMock(args=args, async_val=0, no_log=no_log, check_mode=check_mode, diff=False)
        self.plugin = show_plan.ActionModule(task, mock.MagicMock(), mock.MagicMock(), mock.MagicMock(), None, None)
        self.plugin._load_name = "show_plan"
        self.plugin._display = mock.MagicMock(columns=columns)
        self.plugin._remove_tmp_path = lambda path: None
        self.calls = self.plugin._display.display.call_args_list
        self.variables = {"inventory_hostname": "portal", "ansible_play_hosts_all": list(hosts)}

    def run(self):
        return self.plugin.run(task_vars=self.variables)

    @property
    def printed(self):
        return self.calls[0].args[0]


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch):
    monkeypatch.setattr(color, "ANSIBLE_COLOR", False)
    monkeypatch.delenv("COLUMNS", raising=False)


def test_a_plan_is_printed_in_one_call_and_its_headline_returned():
    harness = Harness({"result": PLAN, "check": True})
    answer = harness.run()
    assert len(harness.calls) == 1
    assert harness.printed.splitlines() == [
        "Plan: 1 to create, 1 to change, 1 to disable, 1 to remove, 0 unchanged.",
        "",
        "  - remove    zoe_old",
        "  ~ disable   omar_haddad  enabled  true → false",
        "  ~ change    jane_doe     role     Viewer → org_user",
        "  + create    nora_vogel   role     Viewer",
        "",
        "API requests: 3 reads, 0 writes.",
        f"To apply exactly this plan: -e expected_plan={CHECKSUM}",
    ]
    assert answer["headline"] == harness.printed.splitlines()[0]
    assert (answer["changed"], answer["blocked"], answer.get("failed")) == (False, False, None)


@pytest.mark.parametrize(
    ("check_mode", "check", "title"),
    [(True, None, "Plan"), (False, None, "Applied"), (False, True, "Plan"), (True, False, "Applied")],
)
def test_check_mode_of_the_task_is_the_default(check_mode, check, title):
    args = {"result": PLAN} if check is None else {"result": PLAN, "check": check}
    assert Harness(args, check_mode).run()["headline"].startswith(f"{title}: ")


def test_a_blocked_plan_does_not_fail_the_task():
    harness = Harness({"result": BLOCKED})
    answer = harness.run()
    assert answer["blocked"] is True and "failed" not in answer
    assert "  ! blocked   jane_doe  Role 'Editr' does not exist." in harness.printed
    assert answer["headline"] == "Plan blocked: 1 member has problems. Nothing was written."


def test_colors_are_on_the_screen_and_not_in_the_log(monkeypatch):
    monkeypatch.setattr(color, "ANSIBLE_COLOR", True)
    harness = Harness({"result": PLAN, "check": True})
    harness.run()
    screen, log = harness.calls
    assert screen.kwargs["screen_only"] and log.kwargs == {"log_only": True}
    assert ESCAPE not in log.args[0]
    assert re.sub(r"\x1b\[[0-9;]*m", "", screen.args[0]) == log.args[0]
    starts = {line.split()[2] if "m  " in line else "": line for line in screen.args[0].splitlines()}
    used = {word: re.match(r"\x1b\[([0-9;]+)m", line).group(1) for word, line in starts.items() if word}
    assert set(used) == {"create", "change", "disable", "remove"} and len(set(used.values())) == 4


def test_blocked_rows_have_the_color_of_errors(monkeypatch):
    monkeypatch.setattr(color, "ANSIBLE_COLOR", True)
    harness = Harness({"result": BLOCKED})
    harness.run()
    row = next(line for line in harness.printed.splitlines() if "jane_doe" in line)
    assert row.startswith(color.stringc("  ! blocked ", show_plan.C.COLOR_ERROR))


def test_nothing_is_printed_with_no_log():
    harness = Harness({"result": PLAN}, no_log=True)
    assert harness.run()["headline"].startswith("Applied: ")
    assert harness.calls == []


def test_the_host_is_named_if_there_are_several():
    harness = Harness({"result": PLAN}, hosts=("portal", "other"))
    harness.run()
    assert harness.printed.splitlines()[0] == "[portal]"


@pytest.mark.parametrize(("callback", "stderr"), [("default", False), ("json", True), ("ansible.posix.jsonl", True)])
def test_json_on_standard_output_stays_json(monkeypatch, callback, stderr):
    monkeypatch.setattr(show_plan.C, "DEFAULT_STDOUT_CALLBACK", callback)
    harness = Harness({"result": PLAN})
    harness.run()
    assert harness.calls[0].kwargs["stderr"] is stderr


@pytest.mark.parametrize(
    ("columns", "variable", "width"),
    [
        (79, None, 79),
        (119, None, 119),
        (400, None, 160),
        (79, "100", 100),
        (119, "10", 60),
        (79, "x", 79),
        (79, "0", 79),
    ],
)
def test_lines_are_wrapped_at_the_width_of_the_terminal(monkeypatch, columns, variable, width):
    if variable is not None:
        monkeypatch.setenv("COLUMNS", variable)
    entry = member("jane_doe", "changed", description=("", "word " * 47))
    harness = Harness({"result": result(entry)}, columns=columns)
    harness.run()
    widest = max(map(len, harness.printed.splitlines()))
    assert width - 6 < widest <= width


def test_a_cut_plan_names_its_files():
    harness = Harness({"result": PLAN, "limit": "2", "files": ["plan.md"], "hint": "no"})
    harness.run()
    assert "  … and 2 more members" in harness.printed and "Full result: plan.md" in harness.printed
    harness = Harness({"result": PLAN, "limit": 2, "hint": "Write it.", "check": True})
    harness.run()
    assert "Full plan: Write it." in harness.printed


@pytest.mark.parametrize("wrong", [{"changed": False}, {"members": [], "summary": None}, {"censored": "x"}])
def test_another_result_is_rejected(wrong):
    with pytest.raises(AnsibleActionFail, match="registered result"):
        Harness({"result": wrong}).run()


@pytest.mark.parametrize("args", [{}, {"result": "x"}, {"result": PLAN, "limits": 3}])
def test_wrong_options_are_rejected(args):
    with pytest.raises(AnsibleError):
        Harness(args).run()


def test_options_are_documented_as_they_are():
    documented = yaml.safe_load(DOCUMENTATION)["options"]
    kept = ("type", "required", "default", "elements")
    assert {name: {key: spec[key] for key in kept if key in spec} for name, spec in documented.items()} == (
        show_plan.ARGUMENTS
    )


# -- with ansible-playbook


def play(tmp_path, tasks, *options, **environment):
    playbook = tmp_path / "play.json"
    playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    command = [str(Path(sys.executable).parent / "ansible-playbook"), str(playbook), *options]
    clean = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "ANSIBLE_NOCOLOR")}
    done = subprocess.run(
        command, env={**clean, **environment}, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def show(**options):
    return {"name": "Show", "portalops.arcgis.show_plan": {"check": True, "result": PLAN}, **options}


def test_ansible_prints_text_and_no_json(tmp_path):
    tasks = [
        show(register="shown"),
        show(loop=[1, 2], loop_control={"label": "one of two"}),
        show(no_log=True),
        {
            "ansible.builtin.assert": {
                "that": ["shown.headline is search('1 to remove')", "shown is not changed"],
                "quiet": True,
            }
        },
    ]
    for options in ([], ["--check"]):
        output = play(tmp_path, tasks, *options)
        assert output.count("\n  - remove    zoe_old\n  ~ disable   omar_haddad  enabled  true → false\n") == 3
        assert ESCAPE not in output and '"' not in output


@pytest.mark.parametrize(
    ("environment", "colored"),
    [
        ({"ANSIBLE_FORCE_COLOR": "1"}, True),
        ({"NO_COLOR": "1"}, False),
        ({"ANSIBLE_NOCOLOR": "1"}, False),
    ],
)
def test_ansible_settings_decide_on_colors(tmp_path, environment, colored):
    log = tmp_path / "log"
    output = play(tmp_path, [show()], ANSIBLE_LOG_PATH=str(log), **environment)
    assert (ESCAPE in output) is colored
    logged = log.read_text()
    assert ESCAPE not in logged and logged.count("zoe_old") == 1
