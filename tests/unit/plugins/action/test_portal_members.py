# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import gc
import os
import stat
import time
from unittest import mock

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultLib, VaultSecret

from ansible_collections.portalops.arcgis.plugins.action import portal_members

SECRETS = [("default", VaultSecret(b"open sesame"))]
ROSTER = "- username: ann\n"


class Harness:
    """The action plugin with everything below it replaced by records of what was asked for."""

    def __init__(self, folder, args, transport="local", become=None, async_val=0, no_log=False):
        self.calls = []
        self.shown = []
        self.during = lambda args: None
        self.answer = {"changed": False}
        self.loader = DataLoader()
        self.loader.set_basedir(str(folder))
        self.task = mock.MagicMock(args=args, async_val=async_val, no_log=no_log, check_mode=False, diff=False)
        self.task.get_search_path.return_value = [str(folder)]
        connection = mock.MagicMock(transport=transport, become=become, has_native_async=False)
        connection._shell.tmpdir = None
        connection._shell.join_path = os.path.join
        self.plugin = portal_members.ActionModule(self.task, connection, mock.MagicMock(), self.loader, None, None)
        self.plugin._display = mock.MagicMock()
        self.plugin._display.display.side_effect = lambda line, **options: self.shown.append((line, options["stderr"]))
        self.plugin._make_tmp_path = lambda: "/target/tmp"
        self.plugin._execute_module = self.execute
        for name in ("_transfer_file", "_remote_chmod", "_fixup_perms2", "_remove_tmp_path"):
            setattr(self.plugin, name, self.record(name))

    def record(self, name):
        return lambda *args: self.calls.append((name, *args))

    def execute(self, module_args, task_vars, wrap_async):
        self.passed = module_args
        self.wrap_async = wrap_async
        self.read = None
        path = module_args.get("src")
        if isinstance(path, str) and os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                self.read = file.read()
            self.mode = stat.S_IMODE(os.stat(path).st_mode)
        self.during(module_args)
        return dict(self.answer, invocation={"module_args": dict(module_args)})

    def run(self):
        return self.plugin.run(task_vars={"inventory_hostname": "portal"})


@pytest.fixture
def roster(tmp_path):
    (tmp_path / "files").mkdir()
    path = tmp_path / "files" / "roster.yml"
    path.write_text(ROSTER)
    return path


@pytest.fixture
def vaulted(roster):
    roster.write_bytes(VaultLib(SECRETS).encrypt(ROSTER))
    return roster


@pytest.fixture(autouse=True)
def quick(monkeypatch, tmp_path):
    monkeypatch.setattr(portal_members, "INTERVAL", 0.05)
    (tmp_path / "local").mkdir()
    monkeypatch.setattr(portal_members.C, "DEFAULT_LOCAL_TMP", str(tmp_path / "local"))


def left_behind(tmp_path):
    return os.listdir(tmp_path / "local")


class TestRosterFile:
    def test_without_a_file_everything_is_passed_on(self, tmp_path):
        args = {"members": [{"username": "ann"}], "portal_url": "https://p", "progress_path": "/own"}
        harness = Harness(tmp_path, args)
        result = harness.run()
        assert harness.passed == args
        assert result["changed"] is False
        assert result["invocation"]["module_args"] == args

    @pytest.mark.parametrize("src", [None, "", 3, ["a"]])
    def test_what_is_no_path_is_for_the_module_to_judge(self, tmp_path, src):
        harness = Harness(tmp_path, {"src": src})
        harness.run()
        assert harness.passed["src"] == src

    def test_found_as_copy_finds_it_and_read_where_it_is(self, tmp_path, roster):
        harness = Harness(tmp_path, {"src": "roster.yml"})
        result = harness.run()
        assert harness.passed["src"] == str(roster)
        assert result["invocation"]["module_args"]["src"] == "roster.yml"
        assert [call[0] for call in harness.calls] == ["_remove_tmp_path"]
        assert roster.exists()

    def test_a_roundabout_path_is_no_temporary_file(self, tmp_path, roster):
        harness = Harness(tmp_path, {"src": f"{tmp_path}/files/../files/roster.yml"})
        harness.run()
        assert harness.read == ROSTER
        assert os.listdir(roster.parent) == ["roster.yml"]

    def test_encrypted(self, tmp_path, vaulted):
        harness = Harness(tmp_path, {"src": str(vaulted)})
        harness.loader.set_vault_secrets(SECRETS)
        harness.run()
        assert harness.read == ROSTER
        assert harness.mode == 0o600
        assert harness.passed["src"].endswith(".yml")
        assert not os.path.lexists(harness.passed["src"])
        assert not os.path.lexists(harness.passed["src"][:-4])
        assert left_behind(tmp_path) == []

    def test_encrypted_without_extension(self, tmp_path, vaulted):
        plain = vaulted.rename(tmp_path / "files" / "roster")
        harness = Harness(tmp_path, {"src": str(plain)})
        harness.loader.set_vault_secrets(SECRETS)
        harness.run()
        assert harness.read == ROSTER
        assert not os.path.lexists(harness.passed["src"])

    def test_decrypted_files_go_when_the_module_fails(self, tmp_path, vaulted):
        harness = Harness(tmp_path, {"src": str(vaulted)})
        harness.loader.set_vault_secrets(SECRETS)
        harness.during = mock.Mock(side_effect=RuntimeError)
        with pytest.raises(RuntimeError):
            harness.run()
        assert not os.path.lexists(harness.passed["src"])
        assert left_behind(tmp_path) == []

    @pytest.mark.parametrize("where", [{"transport": "ssh"}, {"become": object()}])
    def test_transferred_to_where_the_module_runs(self, tmp_path, roster, where):
        harness = Harness(tmp_path, {"src": "roster.yml"}, **where)
        result = harness.run()
        assert harness.passed == {"src": "/target/tmp/roster.yml"}
        assert harness.calls[:3] == [
            ("_transfer_file", str(roster), "/target/tmp/roster.yml"),
            ("_remote_chmod", ("/target/tmp/roster.yml",), "0600"),
            ("_fixup_perms2", ("/target/tmp", "/target/tmp/roster.yml")),
        ]
        assert result["invocation"]["module_args"]["src"] == "roster.yml"

    def test_transferred_to_the_folder_that_is_there(self, tmp_path, roster):
        harness = Harness(tmp_path, {"src": "roster.yml"}, transport="ssh")
        harness.plugin._connection._shell.tmpdir = "/there"
        harness.run()
        assert harness.passed["src"] == "/there/roster.yml"

    def test_decrypted_for_later(self, tmp_path, vaulted):
        harness = Harness(tmp_path, {"src": "roster.yml"}, async_val=60)
        harness.loader.set_vault_secrets(SECRETS)
        harness.run()
        assert harness.wrap_async is True
        assert harness.passed == {"src": "/target/tmp/roster.yml"}
        assert "_remove_tmp_path" not in [call[0] for call in harness.calls]

    @pytest.mark.parametrize("src", ["none.yml", "/none.yml"])
    def test_missing(self, tmp_path, src):
        harness = Harness(tmp_path, {"src": src})
        result = harness.run()
        assert result["failed"] is True
        assert result["error"]["code"] == "invalid_input"
        assert result["error"]["option"] == "src"
        assert f"Cannot read the roster file '{src}'" in result["msg"]
        assert "remote_src" not in result["msg"]

    def test_no_vault_password(self, tmp_path, vaulted):
        result = Harness(tmp_path, {"src": "roster.yml"}).run()
        assert result["failed"] is True
        assert "vault" in result["msg"]
        assert "vault password" in result["error"]["remedy"]

    def test_wrong_vault_password(self, tmp_path, vaulted):
        harness = Harness(tmp_path, {"src": "roster.yml"})
        harness.loader.set_vault_secrets([("default", VaultSecret(b"wrong"))])
        assert harness.run()["error"]["code"] == "invalid_input"


class TestProgress:
    @staticmethod
    def wait_for(harness, lines):
        end = time.monotonic() + 5
        while len(harness.shown) < lines and time.monotonic() < end:
            time.sleep(0.01)

    def test_a_short_run_says_nothing(self, tmp_path, monkeypatch):
        monkeypatch.setattr(portal_members, "INTERVAL", 60)
        harness = Harness(tmp_path, {})

        def during(args):
            with open(args["progress_path"], "a", encoding="utf-8") as file:
                file.write("1 of 2\n")

        harness.during = during
        result = harness.run()
        assert harness.shown == []
        assert result["invocation"]["module_args"]["progress_path"] is None
        assert left_behind(tmp_path) == []

    def test_a_long_run_shows_the_latest_line_now_and_then_and_the_last_one(self, tmp_path):
        harness = Harness(tmp_path, {})

        def during(args):
            with open(args["progress_path"], "a", encoding="utf-8") as file:
                file.write("".join(f"{i} of 900 members read\n" for i in range(1, 400)) + "half a li")
                file.flush()
                self.wait_for(harness, 1)
                time.sleep(0.2)
                file.write("ne\x1b[2J\n" + "x" * 500 + "\nall done\n")

        harness.during = during
        harness.run()
        assert harness.shown == [
            ("[portal] portal_members: 399 of 900 members read", True),
            ("[portal] portal_members: all done", True),
        ]
        assert left_behind(tmp_path) == []

    def test_lines_are_fit_to_be_shown(self, tmp_path):
        path = tmp_path / "progress"
        path.write_bytes(b"a\x1b[2Jb\xff\r\nrest")
        assert portal_members._last_line(str(path)) == "a [2Jb\ufffd"
        path.write_text("Read\u202e 5 of\u2066 9\n", encoding="utf-8")
        assert portal_members._last_line(str(path)) == "Read  5 of  9"
        path.write_text("x" * 9000 + "\n")
        assert portal_members._last_line(str(path)) == "x" * 200
        path.write_text("")
        assert portal_members._last_line(str(path)) == ""

    def test_a_file_that_goes_away_harms_no_member(self, tmp_path):
        harness = Harness(tmp_path, {})

        def during(args):
            os.unlink(args["progress_path"])
            time.sleep(0.2)

        harness.during = during
        assert "failed" not in harness.run()
        assert harness.shown == []

    @pytest.mark.parametrize(
        ("args", "options"),
        [
            ({"progress_path": "/own"}, {}),
            ({}, {"async_val": 10}),
            ({}, {"no_log": True}),
            ({}, {"transport": "ssh"}),
            ({}, {"become": object()}),
        ],
    )
    def test_left_alone(self, tmp_path, args, options):
        harness = Harness(tmp_path, args, **options)
        harness.run()
        assert harness.passed == args

    def test_no_place_for_the_file(self, tmp_path, monkeypatch):
        monkeypatch.setattr(portal_members.C, "DEFAULT_LOCAL_TMP", str(tmp_path / "none"))
        harness = Harness(tmp_path, {})
        assert "failed" not in harness.run()
        assert harness.passed == {}


def test_garbage_collection_of_ansible_is_not_changed(tmp_path):
    harness = Harness(tmp_path, {"members": []})
    before = gc.get_threshold()
    thresholds = []
    harness.during = lambda args: thresholds.append(gc.get_threshold())
    harness.run()
    assert thresholds == [before]


def test_arguments_of_the_task_are_not_changed(tmp_path, roster):
    args = {"src": "roster.yml"}
    Harness(tmp_path, args).run()
    assert args == {"src": "roster.yml"}
