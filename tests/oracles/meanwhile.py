# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A proxy between a module and the sandbox: other administrators, lost responses, and other portals, on the spot.

The sandbox stays the portal. Hooks see each request before it arrives and each response before it leaves, and can
change both. Whatever a hook changes through the inspection side is the work of another administrator.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Optional
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.sandbox.runner import Sandbox

from .harness import State, snapshot

HOPS = ("connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding", "accept-encoding")


@dataclass
class Exchange:
    """One request on its way: what it asks for, and what the portal responded."""

    method: str
    path: str
    query: str
    params: dict[str, str]
    body: bytes
    headers: dict[str, str]
    number: int
    status: int = 0
    content: bytes = b""
    changed: bool = False
    lost: bool = False
    moment: float = field(default_factory=time.monotonic)

    @property
    def operation(self) -> str:
        """Return the last part of the path, such as ``updateUserRole``."""
        return self.path.rstrip("/").rpartition("/")[2]

    def send(self, **params: Any) -> None:
        """Change parameters of the request before it arrives; None removes one."""
        for name, value in params.items():
            if value is None:
                self.params.pop(name, None)
            else:
                self.params[name] = value if isinstance(value, str) else json.dumps(value)
        self.changed = True

    @property
    def data(self) -> Any:
        """Return the response as data, or None."""
        try:
            return json.loads(self.content)
        except ValueError:
            return None

    def respond(self, data: Any, status: int = 200) -> None:
        """Set the response. Before a request arrives, it then never reaches the sandbox."""
        self.content, self.status = json.dumps(data).encode(), status


Hook = Callable[[Exchange], None]


@dataclass
class Meanwhile:
    """One proxy. ``before`` runs before a request arrives, ``after`` before its response leaves."""

    portal: Sandbox
    before: list[Hook] = field(default_factory=list)
    after: list[Hook] = field(default_factory=list)
    seen: list[Exchange] = field(default_factory=list)
    others: list[tuple[State, State]] = field(default_factory=list)
    server: Optional[ThreadingHTTPServer] = None

    def __enter__(self) -> Meanwhile:
        self.target = urlsplit(self.portal.url)
        self.lock = threading.RLock()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler(self))
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_exception: object) -> None:
        if self.server:
            self.server.shutdown()
            self.server.server_close()

    @property
    def url(self) -> str:
        port = self.server.server_address[1] if self.server else 0
        return f"http://127.0.0.1:{port}{self.target.path}"

    def once(self, operation: str, act: Callable[[], Any], moment: str = "before", nth: int = 1) -> None:
        """Let another administrator act around the nth request of an operation (``before`` or ``after`` it)."""
        count = [0]

        def hook(exchange: Exchange) -> None:
            if exchange.operation != operation:
                return
            count[0] += 1
            if count[0] == nth:
                self.other(act)

        (self.before if moment == "before" else self.after).append(hook)

    def other(self, act: Callable[[], Any]) -> None:
        """Do something as another administrator, with the state recorded around it."""
        earlier = snapshot(self.portal)
        act()
        self.others.append((earlier, snapshot(self.portal)))

    def pass_on(self, exchange: Exchange) -> list[tuple[str, str]]:
        """Send the request to the sandbox; fills in the response and returns its headers."""
        query, body = exchange.query, exchange.body
        if exchange.changed:
            query, body = (
                ("", urlencode(exchange.params).encode())
                if exchange.method == "POST"
                else (urlencode(exchange.params), b"")
            )
        headers = {name: value for name, value in exchange.headers.items() if name.lower() not in HOPS}
        if exchange.method == "POST":
            headers["Content-Length"] = str(len(body))
        link = http.client.HTTPConnection(self.target.hostname or "", self.target.port, timeout=60)
        try:
            path = exchange.path + ("?" + query if query else "")
            link.request(exchange.method, path, body if exchange.method == "POST" else None, headers)
            response = link.getresponse()
            exchange.content, exchange.status = response.read(), response.status
            return [(name, value) for name, value in response.getheaders() if name.lower() not in HOPS]
        finally:
            link.close()

    def exchange(self, exchange: Exchange) -> list[tuple[str, str]]:
        with self.lock:
            exchange.number = len(self.seen) + 1
            self.seen.append(exchange)
            for hook in self.before:
                hook(exchange)
            headers = [] if exchange.lost or exchange.status else self.pass_on(exchange)
            for hook in self.after:
                hook(exchange)
            return headers


def handler(meanwhile: Meanwhile) -> type[BaseHTTPRequestHandler]:
    """Return the class that handles the requests of one proxy."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = urlsplit(self.path)
            pairs = parse_qsl(parts.query, keep_blank_values=True)
            if "urlencoded" in self.headers.get("Content-Type", ""):
                pairs += parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
            exchange = Exchange(self.command, parts.path, parts.query, dict(pairs), body, dict(self.headers.items()), 0)
            headers = meanwhile.exchange(exchange)
            if exchange.lost:
                self.close_connection = True
                self.connection.close()
                return
            self.send_response(exchange.status)
            for name, value in headers:
                if name.lower() not in ("date", "server"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(exchange.content)))
            self.end_headers()
            self.wfile.write(exchange.content)

        do_GET = do_POST = handle_one

        def log_message(self, *_words: Any) -> None:
            """Print nothing."""

    return Handler
