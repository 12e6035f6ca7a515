# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Commands as whole processes: how long, how much of the processor, how much memory."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
SAMPLE_SECONDS = 0.05


class Cost(NamedTuple):
    """wall and cpu in seconds (of all processes of the command); peak in MiB, 0 if it was not watched."""

    wall: float
    cpu: float
    peak: float
    output: str


def environment() -> dict[str, str]:
    quiet = {
        "ANSIBLE_LOCALHOST_WARNING": "false", "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false", "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_HOME": str(Path(tempfile.gettempdir()) / "benchmarks"),
        "ANSIBLE_LIBRARY": str(Path(__file__).with_name("library")),
    }  # fmt: skip
    found = os.environ.get("ANSIBLE_COLLECTIONS_PATH", "")
    paths = [str(ROOT), found, os.environ.get("PYTHONPATH", "")]
    return {**os.environ, **quiet, "PYTHONPATH": os.pathsep.join(path for path in paths if path)}


def program(name: str) -> str:
    """A program that lies beside this Python."""
    return str(Path(sys.executable).parent / name)


def measured(command: list[str], text: str = "", watch: bool = False) -> Cost:
    """Run a command to its end. Raises RuntimeError with its output if it fails."""
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as given:
        given.write(text)
        given.seek(0)
        begun = time.perf_counter()
        process = subprocess.Popen(
            command, stdin=given, stdout=output, stderr=subprocess.STDOUT, env=environment(), start_new_session=True
        )
        watcher = _Watcher(process.pid) if watch else None
        _pid, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        peak = watcher.end() if watcher else 0.0
        output.seek(0)
        printed = output.read()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{printed[-3000:]}")
    return Cost(wall, used.ru_utime + used.ru_stime, peak, printed)


class _Watcher(threading.Thread):
    """The largest memory of a process and all that it has started: shared pages count once (PSS of smaps_rollup)."""

    def __init__(self, root: int) -> None:
        super().__init__(daemon=True)
        # Ansible's workers open sessions of their own, so descent is followed; a descendant stays one.
        self._family = {root}
        self._ended = threading.Event()
        self._peak = 0
        self.start()

    def run(self) -> None:
        while not self._ended.wait(SAMPLE_SECONDS):
            parents = dict(filter(None, map(_parent, Path("/proc").glob("[0-9]*"))))
            grown = True
            while grown:
                born = {process for process, parent in parents.items() if parent in self._family} - self._family
                self._family |= born
                grown = bool(born)
            self._peak = max(self._peak, sum(map(_proportional, self._family & parents.keys())))

    def end(self) -> float:
        self._ended.set()
        self.join()
        return self._peak / 1024


def _parent(folder: Path) -> tuple[int, int] | None:
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(folder.name), int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    return None


def _proportional(process: int) -> int:
    """Memory of a process in KiB, its share of shared pages included; 0 if it has ended."""
    with contextlib.suppress(OSError, IndexError):
        text = Path(f"/proc/{process}/smaps_rollup").read_text()
        return int(re.findall(r"^Pss:\s+(\d+)", text, re.MULTILINE)[0])
    return 0


def compiled() -> None:
    """Byte-compile the libraries as pip does, so that no run pays for it (uv leaves it to be asked for)."""
    import ansible
    import requests

    for library in (ansible, requests):
        path = Path(str(library.__file__))
        if not list((path.parent / "__pycache__").glob("__init__.*.pyc")):
            command = [sys.executable, "-m", "compileall", "-q", str(path.parent.parent)]
            subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def facts() -> dict[str, Any]:
    """What the numbers depend on."""
    import platform
    from importlib.metadata import version

    return {
        "python": platform.python_version(), "ansible-core": version("ansible-core"), "requests": version("requests"),
        "processors": os.cpu_count(), "load": round(os.getloadavg()[0], 1), "date": time.strftime("%Y-%m-%d"),
    }  # fmt: skip
