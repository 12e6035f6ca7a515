# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands between a module and a sandbox: a gateway that can change what passes, a proxy, a host that listens."""

from __future__ import annotations

import contextlib
import http.client
import select
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Optional
from urllib.parse import parse_qs, urlsplit

HOP = {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "content-length", "host"}


@dataclass
class Request:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    number: int

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def form(self) -> dict[str, str]:
        text = self.body.decode("utf-8", "replace") or urlsplit(self.target).query
        return {name: values[-1] for name, values in parse_qs(text, keep_blank_values=True).items()}

    @property
    def text(self) -> str:
        """All of it, to be searched."""
        lines = [f"{self.method} {self.target}", *(f"{name}: {value}" for name, value in self.headers.items())]
        return "\n".join([*lines, "", self.body.decode("utf-8", "replace")])


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


class Station:
    """A server on the loopback that keeps what it was sent. ``certificate`` makes it speak TLS."""

    def __init__(self, certificate: Optional[str] = None) -> None:
        self.requests: list[Request] = []
        self._lock = threading.Lock()
        station = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 20

            def handle_any(self) -> None:
                station.serve(self)

            do_GET = do_POST = do_CONNECT = handle_any

            def log_message(self, *_words: Any) -> None:
                """Nothing is printed."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        length = int(handler.headers.get("Content-Length") or 0)
        body = handler.rfile.read(length) if length else b""
        with self._lock:
            number = len(self.requests) + 1
            request = Request(handler.command, handler.path, dict(handler.headers.items()), body, number)
            self.requests.append(request)
        with contextlib.suppress(OSError):
            answer = self.answer(request, handler)
            if answer is not None:
                self.send(handler, answer)

    def answer(self, request: Request, handler: BaseHTTPRequestHandler) -> Optional[Answer]:
        return Answer(404, {"Content-Type": "text/plain"}, b"nothing here")

    @staticmethod
    def send(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
        handler.send_response(answer.status)
        for name, value in answer.headers.items():
            if name.lower() not in HOP:
                handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(answer.body)))
        handler.end_headers()
        handler.wfile.write(answer.body)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()


def forwarded(host: str, request: Request, target: str) -> Answer:
    connection = http.client.HTTPConnection(host, timeout=20)
    try:
        headers = {name: value for name, value in request.headers.items() if name.lower() not in HOP}
        headers["Accept-Encoding"] = "identity"
        connection.request(request.method, target, request.body or None, headers)
        found = connection.getresponse()
        return Answer(found.status, dict(found.headers.items()), found.read())
    finally:
        connection.close()


class Gateway(Station):
    """Stands in front of a sandbox. ``before`` can change a request or answer it, ``after`` can change an answer."""

    def __init__(self, portal_url: str) -> None:
        parts = urlsplit(portal_url)
        self.host = parts.netloc
        self.before: Callable[[Request], Optional[Answer]] = lambda request: None
        self.after: Callable[[Request, Answer], Answer] = lambda request, answer: answer
        super().__init__()
        self.url += parts.path

    def answer(self, request: Request, handler: BaseHTTPRequestHandler) -> Optional[Answer]:
        early = self.before(request)
        if early is not None:
            return early
        return self.after(request, forwarded(self.host, request, request.target))


class Proxy(Station):
    """A forward proxy, as HTTPS_PROXY and HTTP_PROXY name one. It notes to which hosts it was asked to connect."""

    def __init__(self) -> None:
        self.hosts: list[str] = []
        super().__init__()

    def answer(self, request: Request, handler: BaseHTTPRequestHandler) -> Optional[Answer]:
        if request.method == "CONNECT":
            self.hosts.append(request.target)
            self.tunnel(handler, request.target)
            return None
        parts = urlsplit(request.target)
        self.hosts.append(parts.netloc)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        return forwarded(parts.netloc, request, target)

    @staticmethod
    def tunnel(handler: BaseHTTPRequestHandler, target: str) -> None:
        host, _colon, port = target.rpartition(":")
        with socket.create_connection((host, int(port)), timeout=10) as far:
            handler.send_response(200, "Connection established")
            handler.end_headers()
            near = handler.connection
            ends = {near: far, far: near}
            while True:
                ready, _writable, _odd = select.select([near, far], [], [], 10)
                if not ready:
                    break
                for end in ready:
                    data = end.recv(65536)
                    if not data:
                        handler.close_connection = True
                        return
                    ends[end].sendall(data)
        handler.close_connection = True
