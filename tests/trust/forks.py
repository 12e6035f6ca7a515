# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules run as forks of a process that has loaded them: as apart from each other as processes, ten times as fast.

The server side loads all modules once; each order forks a child that reads its arguments from standard input and ends
as a module does. The child can be killed after a while. Pauses between attempts pass on a clock of their own: a pause
of a minute costs a fraction of a second and still counts as a minute.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from typing import Any, Optional

from tests.sandbox.runner import ROOT

MODULES = (
    "portal_user", "portal_user_role", "portal_user_level", "portal_credits", "portal_member_categories",
    "portal_user_categories", "portal_user_groups", "portal_user_add_ons", "portal_members", "portal_info",
    "portal_members_info", "portal_invitations", "portal_invitations_info",
)  # fmt: skip
#: What modules load only when they need it.
LATE = (
    "_apply.run", "_roster.desired", "_current.directory", "_current.facts", "_plan.guards", "_module.describe",
    "_plan.planner", "_module.result", "_roster.reader", "_roster.csv", "_roster.yaml", "_plan.category_tree",
)  # fmt: skip
PACKAGE = "ansible_collections.portalops.arcgis.plugins"
LIMIT_SECONDS = 60.0
#: Share of a pause that is really waited.
SHARE = 0.01


# -- the side that forks -------------------------------------------------------------------------------------------
class Clock:
    """A monotonic clock on which pauses pass fast."""

    def __init__(self) -> None:
        self.skipped = 0.0

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds * SHARE)
        self.skipped += seconds * (1 - SHARE)

    def now(self) -> float:
        return time.monotonic() + self.skipped


def prepare(order: dict[str, Any], clock: Clock) -> None:
    """In the child: pauses on the clock, timeouts as short as the order says."""
    client = importlib.import_module(f"{PACKAGE}.module_utils._portal.client")
    options = importlib.import_module(f"{PACKAGE}.module_utils._module.options")
    first = client.PortalClient.__init__.__defaults__[:2]
    client.PortalClient.__init__.__defaults__ = (*first, clock.sleep, clock.now)
    if order.get("timeout"):
        described = options.connection

        def shortened(params: dict[str, Any]) -> Any:
            connection = described(params)
            connection.timeout = order["timeout"]
            return connection

        options.connection = shortened


def child(order: dict[str, Any], streams: tuple[Any, int, int, int]) -> None:
    """The life of one module run; it never returns."""
    arguments, out, err, facts = streams
    code = 1
    clock = Clock()
    try:
        os.setsid()
        for source, target in ((arguments.fileno(), 0), (out, 1), (err, 2)):
            os.dup2(source, target)
        sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115 (the process ends)
        sys.argv = [order["module"]]
        os.environ.update(order.get("env") or {})
        if order.get("fast", True):
            prepare(order, clock)
        importlib.import_module(f"{PACKAGE}.modules.{order['module']}").main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os.write(facts, json.dumps({"skipped": clock.skipped, "code": code}).encode())
        os._exit(code)


def run_forked(order: dict[str, Any]) -> dict[str, Any]:
    """One module run, watched until its streams end, its time is up, or its kill time comes."""
    text = json.dumps({"ANSIBLE_MODULE_ARGS": order["arguments"]})
    began = time.monotonic()
    with tempfile.TemporaryFile() as arguments:
        arguments.write(text.encode())
        arguments.seek(0)
        pipes = [os.pipe() for _stream in range(3)]
        pid = os.fork()
        if pid == 0:
            child(order, (arguments, pipes[0][1], pipes[1][1], pipes[2][1]))
    for _reader, writer in pipes:
        os.close(writer)
    kill_after = order.get("kill_after")
    limit = kill_after if kill_after is not None else order.get("limit", LIMIT_SECONDS)
    texts, ended = drained([reader for reader, _writer in pipes], began + limit)
    if not ended:
        os.kill(pid, signal.SIGKILL)
        more, _ended = drained([reader for reader, _writer in pipes], time.monotonic() + 5)
        texts = [text + rest for text, rest in zip(texts, more)]
    _pid, status = os.waitpid(pid, 0)
    for reader, _writer in pipes:
        os.close(reader)
    facts = json.loads(texts[2] or b"{}")
    return {
        "stdout": texts[0].decode("utf-8", "replace"),
        "stderr": texts[1].decode("utf-8", "replace"),
        "code": os.waitstatus_to_exitcode(status),
        "seconds": time.monotonic() - began,
        "skipped": facts.get("skipped", 0.0),
        "killed": not ended and kill_after is not None,
        "hung": not ended and kill_after is None,
    }


def drained(readers: list[int], deadline: float) -> tuple[list[bytes], bool]:
    """What the pipes carry until all have ended, or until the deadline."""
    texts = dict.fromkeys(readers, b"")
    with selectors.DefaultSelector() as selector:
        for reader in readers:
            selector.register(reader, selectors.EVENT_READ)
        while selector.get_map() and time.monotonic() < deadline:
            for key, _events in selector.select(max(0.0, deadline - time.monotonic())):
                data = os.read(key.fd, 1 << 16)
                if not data:
                    selector.unregister(key.fd)
                texts[key.fd] += data
        ended = not selector.get_map()
    return [texts[reader] for reader in readers], ended


def serve() -> None:
    for name in MODULES:
        importlib.import_module(f"{PACKAGE}.modules.{name}")
    for name in LATE:
        importlib.import_module(f"{PACKAGE}.module_utils.{name}")
    for line in sys.stdin:
        print(json.dumps(run_forked(json.loads(line))), flush=True)


# -- the side that orders ------------------------------------------------------------------------------------------
@dataclass
class Ran:
    """How one module run went. ``result`` is None where standard output is not one JSON object."""

    stdout: str
    stderr: str
    code: int
    seconds: float
    skipped: float
    killed: bool
    hung: bool
    result: Optional[dict[str, Any]] = field(init=False, default=None)

    def __post_init__(self) -> None:
        with contextlib.suppress(ValueError):
            found = json.loads(self.stdout)
            self.result = found if isinstance(found, dict) else None

    @property
    def failed(self) -> bool:
        return bool(self.result and self.result.get("failed"))

    @property
    def changed(self) -> bool:
        return bool(self.result and self.result.get("changed"))

    @property
    def error(self) -> dict[str, Any]:
        found = (self.result or {}).get("error")
        return found if isinstance(found, dict) else {}

    @property
    def lines(self) -> list[dict[str, Any]]:
        found = (self.result or {}).get("members")
        return found if isinstance(found, list) else []


class Runner:
    """A server of forks. ``folder`` holds the collection under ``ansible_collections``."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ARCGIS_")}
        environment["PYTHONPATH"] = os.pathsep.join([folder, str(ROOT)])
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.trust.forks"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, module: str, arguments: dict[str, Any], *, check: bool = False, **order: Any) -> Ran:
        given = {**arguments, "_ansible_check_mode": check, "_ansible_diff": True, "_ansible_no_log": False}
        stdin, stdout = self.process.stdin, self.process.stdout
        if stdin is None or stdout is None:
            raise RuntimeError("the server of forks has no pipes")
        stdin.write(json.dumps({"module": module, "arguments": given, **order}) + "\n")
        stdin.flush()
        return Ran(**json.loads(stdout.readline()))

    def close(self) -> None:
        if self.process.stdin:
            self.process.stdin.close()
        self.process.wait(30)
        if self.process.stdout:
            self.process.stdout.close()

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()


@contextlib.contextmanager
def collections_folder() -> Any:
    """A folder under which the collection can be imported, for as long as it is needed."""
    with tempfile.TemporaryDirectory(prefix="trust-") as folder:
        place = os.path.join(folder, "ansible_collections", "portalops")
        os.makedirs(place)
        os.symlink(ROOT, os.path.join(place, "arcgis"))
        yield folder


if __name__ == "__main__":
    serve()
