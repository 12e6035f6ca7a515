# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sandbox as a subprocess, for tests: ``with Sandbox(product="online") as portal: …``."""

from __future__ import annotations

import os
import selectors
import ssl
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from json import dumps, load, loads
from pathlib import Path
from typing import Any, Optional

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60.0


class SandboxError(Exception):
    """The sandbox did not start, or refused what the inspection side was asked."""


def arguments(options: dict[str, Any]) -> list[str]:
    """``token_life=5`` is ``--token-life 5``, True a bare flag, False ``--no-…``, a dict ``name=value`` each."""
    words: list[str] = []
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        if value is None:
            continue
        if isinstance(value, bool):
            words.append(flag if value else "--no-" + flag[2:])
        elif isinstance(value, dict):
            for key, inner in value.items():
                words += [flag, f"{key}={inner}"]
        else:
            words += [flag, str(value)]
    return words


class Sandbox:
    """One running sandbox. Options are those of the command line; ``switch={"counts": "missing"}`` sets switches."""

    def __init__(self, product: str = "online", members: int = 250, seed: int = 1, **options: Any) -> None:
        self.options = {"product": product, "members": members, "seed": seed, **options}
        self.process: Optional[subprocess.Popen[str]] = None
        self.facts: dict[str, Any] = {}

    def start(self) -> Sandbox:
        self.errors = tempfile.SpooledTemporaryFile(mode="w+")  # noqa: SIM115 (stop closes it)
        command = [os.environ.get("SANDBOX_PYTHON", sys.executable), "-m", "tests.sandbox", "--port", "0", "--json"]
        self.process = subprocess.Popen(
            [*command, "--until-stdin-closes", *arguments(self.options)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
        )
        try:
            self.facts = loads(self._first_line())
        except ValueError:
            self._end()
            self.errors.seek(0)
            reason = self.errors.read()[-2000:]
            self.errors.close()
            raise SandboxError(f"the sandbox did not start: {reason}") from None
        return self

    def _first_line(self) -> str:
        output = self.process.stdout if self.process else None
        if output is None:
            return ""
        with selectors.DefaultSelector() as selector:
            selector.register(output, selectors.EVENT_READ)
            return output.readline() if selector.select(START_SECONDS) else ""

    def stop(self) -> None:
        self._end()
        self.errors.close()

    def _end(self) -> None:
        if self.process is None:
            return
        process, self.process = self.process, None
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()

    def __enter__(self) -> Sandbox:
        return self.start()

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    # -- what it is ------------------------------------------------------------------------------------------------
    @property
    def url(self) -> str:
        """The portal's address with its context path, as a person would paste it."""
        return str(self.facts["url"])

    @property
    def username(self) -> str:
        return str(self.facts["username"])

    @property
    def password(self) -> str:
        return str(self.facts["password"])

    @property
    def client_id(self) -> str:
        return str(self.facts["client_id"])

    @property
    def client_secret(self) -> str:
        return str(self.facts["client_secret"])

    @property
    def ca_path(self) -> Optional[str]:
        """The certificate to trust, where the sandbox speaks TLS."""
        return self.facts.get("ca_path")

    def trouble(self) -> str:
        """What the sandbox wrote to its standard error: nothing, unless it has a fault of its own."""
        return os.pread(self.errors.fileno(), 1 << 20, 0).decode(errors="replace")

    # -- the inspection side ---------------------------------------------------------------------------------------
    def inspect(self, method: str, path: str, json: Any = None) -> Any:
        """One call to the inspection side; ``json`` is the body."""
        data = None if json is None else dumps(json).encode()
        address = f"{self.facts['inspect']}/{path.lstrip('/')}"
        request = urllib.request.Request(address, data, {"Content-Type": "application/json"}, method=method)
        context = ssl.create_default_context(cafile=self.ca_path) if self.ca_path else None
        try:
            with urllib.request.urlopen(request, timeout=60, context=context) as response:
                return load(response)
        except urllib.error.HTTPError as error:
            raise SandboxError(f"{method} {path}: {error.read().decode()}") from None

    def counters(self) -> dict[str, Any]:
        return dict(self.inspect("GET", "counters"))

    def reset_counters(self) -> None:
        self.inspect("POST", "counters/reset")

    def reset(self, **options: Any) -> None:
        """A fresh organization, without faults, log and counts; options change for good (``seed=2``)."""
        self.inspect("POST", "reset", options)

    def member(self, name: str) -> dict[str, Any]:
        return dict(self.inspect("GET", "members/" + urllib.parse.quote(name, safe="")))

    def change(self, name: str, **fields: Any) -> dict[str, Any]:
        """Change a member behind the client's back, in the portal's own spelling (``userLicenseTypeId=…``)."""
        return dict(self.inspect("PATCH", "members/" + urllib.parse.quote(name, safe=""), fields))

    def switch(self, **values: str) -> dict[str, Any]:
        return dict(self.inspect("PATCH", "switches", values))

    def fault(self, **rule: Any) -> None:
        self.inspect("POST", "faults", rule)

    def log(self, since: int = 0) -> list[dict[str, Any]]:
        return list(self.inspect("GET", f"log?since={since}"))

    def put_group(self, owner: str, **fields: Any) -> dict[str, Any]:
        """Make a group: ``admins``, ``users``, and properties by their names in the REST API."""
        return dict(self.inspect("POST", "groups", {"owner": owner, **fields}))

    def group(self, group_id: str) -> dict[str, Any]:
        """The full state of a group."""
        return dict(self.inspect("GET", f"groups/{group_id}"))

    def listing(self, listing_id: str) -> dict[str, Any]:
        """A listing with its holders and the licenses left."""
        return dict(self.inspect("GET", f"listings/{listing_id}"))

    def mails(self) -> list[dict[str, Any]]:
        """The mails that the portal has sent."""
        return list(self.inspect("GET", "mails"))

    def put_item(self, owner: str, **fields: Any) -> dict[str, Any]:
        """Make an item: ``title``, ``type``, ``access``, ``groups``, ``isBlocked``, ``recycled``."""
        return dict(self.inspect("POST", "items", {"owner": owner, **fields}))

    def item(self, item_id: str) -> dict[str, Any]:
        """The full state of an item."""
        return dict(self.inspect("GET", f"items/{item_id}"))

    def sign_ins(self) -> dict[str, Any]:
        """Attempts to sign in with a password, by case-folded username."""
        return dict(self.inspect("GET", "sign-ins"))
