# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts and stops a sandbox portal that outlives the task that started it.

Usage: sandbox.py start [OPTION …]    the options of "python -m tests.sandbox"; prints the portal as a line of JSON
       sandbox.py stop PID | FILE    the process, or the file that holds what start printed
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

START_SECONDS = 60
STOP_SECONDS = 10


def checkout() -> Path:
    """The folder that holds tests/sandbox; ansible-test runs a copy of this file from deeper below it."""
    for folder in Path(__file__).resolve().parents:
        if (folder / "tests" / "sandbox" / "__main__.py").exists():
            return folder
    sys.exit("no tests/sandbox above " + __file__)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A child that ended stays visible until its parent asks for it.
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


def wait_for_line(path: Path, process: subprocess.Popen[bytes]) -> str:
    """The line that the sandbox prints when it serves."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        text = path.read_text(encoding="utf-8")
        if text.endswith("\n"):
            return text
        if process.poll() is not None:
            break
        time.sleep(0.05)
    process.kill()
    return ""


def start(options: list[str]) -> None:
    command = [sys.executable, "-m", "tests.sandbox", "--json", "--port", "0", *options]
    with tempfile.TemporaryDirectory() as folder:
        output, errors = Path(folder, "stdout"), Path(folder, "stderr")
        with output.open("wb") as out, errors.open("wb") as err:
            process = subprocess.Popen(
                command, cwd=checkout(), stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True
            )
        line = wait_for_line(output, process)
        if not line:
            sys.exit(f"the sandbox did not start: {' '.join(command)}\n{errors.read_text(encoding='utf-8')}")
    portal = json.loads(line)
    # The runner of the targets looks here for sandboxes that a broken playbook left behind.
    if os.environ.get("SANDBOX_PIDS"):
        with open(os.environ["SANDBOX_PIDS"], "a", encoding="utf-8") as pids:
            pids.write(f"{portal['pid']}\n")
    print(json.dumps(portal))


def named_process(word: str) -> int:
    return int(word) if word.isdigit() else int(json.loads(Path(word).read_text(encoding="utf-8"))["pid"])


def stop(pid: int) -> None:
    if alive(pid):
        os.kill(pid, signal.SIGTERM)
    end = time.monotonic() + STOP_SECONDS
    while alive(pid) and time.monotonic() < end:
        time.sleep(0.05)
    if alive(pid):
        os.kill(pid, signal.SIGKILL)
        sys.exit(f"the sandbox {pid} did not stop when asked")


if __name__ == "__main__":
    if sys.argv[1] == "start":
        start(sys.argv[2:])
    else:
        stop(named_process(sys.argv[2]))
