# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controller side of portal_members: finds and decrypts the roster file, and shows the progress of long runs.

All other options are passed to the module of the same name unchanged.
"""

from __future__ import annotations

import os
import tempfile
import threading
import typing as t

from ansible import constants as C
from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import InputError

INTERVAL = 5.0
"""Seconds before the first line of progress, and between lines."""

# Bytes read from the end of the progress file, and characters of a line that are shown.
_TAIL = 4096
_MAX_LINE = 200


class _Watcher(threading.Thread):
    """Thread that shows the last line of a growing file at intervals. It never fails, and is silent for short runs."""

    def __init__(self, path: str, show: t.Callable[[str], None], interval: float) -> None:
        super().__init__(daemon=True)
        self._path = path
        self._show = show
        self._interval = interval
        self._ended = threading.Event()
        self._shown = ""

    def run(self) -> None:
        """Show the new last line at each interval, and the last line of a long run at its end."""
        long_run = False
        while not self._ended.wait(self._interval):
            long_run = True
            self._show_new_line()
        if long_run:
            self._show_new_line()

    def end(self) -> None:
        """Show the last line of a long run, and end the thread."""
        self._ended.set()
        self.join(self._interval)

    def _show_new_line(self) -> None:
        try:
            line = _last_line(self._path)
            if line and line != self._shown:
                self._shown = line
                self._show(line)
        except Exception:
            # The task continues without progress.
            self._ended.set()


def _last_line(path: str) -> str:
    """Return the last complete line of a file without control and format characters."""
    with open(path, "rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - _TAIL))
        complete = file.read(_TAIL).rpartition(b"\n")[0]
    line = complete.rpartition(b"\n")[2].decode("utf-8", "replace")
    return "".join(letter if letter.isprintable() else " " for letter in line).strip()[:_MAX_LINE]


class ActionModule(ActionBase):
    """One task of portal_members. It makes the roster readable for the module and runs the module."""

    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Run the task and return the result of the module."""
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        self._temporary: list[str] = []
        self._decrypted: str | None = None
        later = bool(self._task.async_val) and not self._connection.has_native_async
        try:
            result.update(self._run_module(task_vars or {}, later))
        except InputError as error:
            result.update(error.fail_args(), failed=True, api_calls={"read": 0, "write": 0})
        finally:
            self._clean_up()
            if not later:
                self._remove_tmp_path(self._connection._shell.tmpdir)
        return result

    def _run_module(self, task_vars: dict[str, t.Any], later: bool) -> dict[str, t.Any]:
        args = dict(self._task.args)
        src = args.get("src")
        if src and isinstance(src, str):
            args["src"] = self._reachable(src, later)
        watcher = self._watch(args, task_vars, later)
        try:
            result: dict[str, t.Any] = self._execute_module(module_args=args, task_vars=task_vars, wrap_async=later)
        finally:
            if watcher:
                watcher.end()
        shown = result.get("invocation", {}).get("module_args", {})
        for name in ("src", "progress_path"):
            if name in shown and args.get(name) != self._task.args.get(name):
                shown[name] = self._task.args.get(name)
        return result

    # -- the roster file

    def _reachable(self, src: str, later: bool) -> str:
        """Return a path where the module can read the decrypted roster."""
        try:
            found = self._find_needle("files", src)
            real = self._loader.get_real_file(found, decrypt=True)
        except AnsibleError as error:
            # The rest is advice for options that this module does not have.
            reason = str(error).partition("\nIf you are using a module")[0]
            raise InputError(
                f"Cannot read the roster file '{src}': {reason}",
                option="src",
                remedy="Check the path. If the file is encrypted, pass the vault password to Ansible.",
            ) from None
        # The module finds the format of the file by its extension.
        extension = os.path.splitext(found)[1]
        if real != self._loader.path_dwim(found):
            self._decrypted = real
        if not self._is_local() or (self._decrypted and later):
            return self._transferred(real, f"roster{extension}")
        return self._linked(real, extension) if self._decrypted else found

    def _is_local(self) -> bool:
        """Return whether the module runs on this machine and as the user who runs Ansible."""
        return self._connection.transport == "local" and self._connection.become is None

    def _linked(self, path: str, extension: str) -> str:
        link = f"{path}{extension}"
        if extension:
            os.symlink(path, link)
            self._temporary.append(link)
        return link

    def _transferred(self, path: str, name: str) -> str:
        shell = self._connection._shell
        folder = shell.tmpdir or self._make_tmp_path()
        target: str = shell.join_path(folder, name)
        self._transfer_file(path, target)
        self._remote_chmod((target,), "0600")
        self._fixup_perms2((folder, target))
        return target

    def _clean_up(self) -> None:
        for path in self._temporary:
            try:
                os.unlink(path)
            except OSError as error:
                self._display.vvv(f"portal_members: {path} was not removed: {error}")
        if self._decrypted:
            self._loader.cleanup_tmp_file(self._decrypted)

    # -- progress

    def _watch(self, args: dict[str, t.Any], task_vars: dict[str, t.Any], later: bool) -> _Watcher | None:
        """Show the progress of a module that runs on this machine, unless the task names a file for it."""
        if later or args.get("progress_path") or self._task.no_log or not self._is_local():
            return None
        try:
            handle, path = tempfile.mkstemp(prefix="progress", dir=C.DEFAULT_LOCAL_TMP)
        except OSError as error:
            self._display.vvv(f"portal_members: no progress is shown: {error}")
            return None
        os.close(handle)
        self._temporary.append(path)
        args["progress_path"] = path
        host = task_vars.get("inventory_hostname", "localhost")

        def show(line: str) -> None:
            # Programs read results from the standard output.
            self._display.display(f"[{host}] portal_members: {line}", color=C.COLOR_VERBOSE, stderr=True)

        watcher = _Watcher(path, show, INTERVAL)
        watcher.start()
        return watcher
