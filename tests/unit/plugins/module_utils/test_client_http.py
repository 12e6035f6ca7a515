# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# The client against a server on loopback that answers as a test scripts it, faults included.

from __future__ import annotations

import contextlib
import datetime
import email.utils
import gzip
import ipaddress
import json
import select
import socket
import ssl
import struct
import threading
import time
import traceback
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable
from urllib.parse import parse_qsl, urlsplit

import pytest

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import (
    InputError,
    NoAnswer,
    NotFound,
    PermissionDenied,
    PortalOpsError,
    Refused,
    SignInError,
    Throttled,
    TlsError,
    TokenExpired,
    TransportError,
    UnexpectedAnswer,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._portal import failures, limiter, sign_in, transport
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.address import quote_segment
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.client import Connection, PortalClient

PASSWORD = "pa55&word <x>"
LATER = 3600


# -- the server -------------------------------------------------------------------------------------------------------


@dataclass
class Asked:
    method: str
    target: str
    query: dict[str, str]
    form: dict[str, str]
    headers: dict[str, str]
    peer: tuple[str, int]

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def values(self) -> dict[str, str]:
        return {**self.query, **self.form}

    @property
    def token(self) -> str:
        return self.form.get("token") or self.headers.get("X-Esri-Authorization", "").replace("Bearer ", "")


@dataclass
class Reply:
    body: bytes = b"{}"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    #: Instead of an answer: whatever this does with the handler.
    act: Callable[[Any], None] | None = None


def json_reply(data: Any, status: int = 200, **headers: str) -> Reply:
    return Reply(json.dumps(data).encode(), status, {"Content-Type": "application/json", **headers})


def html(status: int, **headers: str) -> Reply:
    return Reply(b"<html><body>Sorry</body></html>", status, {"Content-Type": "text/html", **headers})


class StandIn(ThreadingHTTPServer):
    request_queue_size = 50

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        if context is not None:
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.origin = f"{'http' if context is None else 'https'}://127.0.0.1:{self.server_port}"
        self.url = f"{self.origin}/portal"
        self.asked: list[Asked] = []
        self.script: list[Reply] = []
        self.otherwise: Callable[[Asked], Reply] = lambda asked: json_reply({"echo": asked.path})
        self.sign_in: Callable[[int, Asked], Reply] = self._token
        self.expired: set[str] = set()
        self.ending = threading.Event()
        self._lock = threading.Lock()
        self._issued = 0

    def _token(self, number: int, asked: Asked) -> Reply:
        if asked.path.endswith("oauth2/token"):
            return json_reply({"access_token": f"issued-{number}", "expires_in": LATER})
        return json_reply({"token": f"issued-{number}", "expires": int((time.time() + LATER) * 1000), "ssl": True})

    def reply(self, asked: Asked) -> Reply:
        with self._lock:
            self.asked.append(asked)
            if asked.path.endswith(("/generateToken", "/oauth2/token")):
                self._issued += 1
                return self.sign_in(self._issued, asked)
            if asked.token in self.expired:
                return json_reply({"error": {"code": 498, "message": "Invalid token.", "details": []}})
            if self.script:
                return self.script.pop(0)
        return self.otherwise(asked)

    @property
    def sign_ins(self) -> list[Asked]:
        return [asked for asked in self.asked if asked.path.endswith(("/generateToken", "/oauth2/token"))]

    @property
    def others(self) -> list[Asked]:
        return [asked for asked in self.asked if asked not in self.sign_ins]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Connections that break are what these tests are about."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: StandIn

    def log_message(self, *args: Any) -> None:
        """Discard the log."""

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        parts = urlsplit(self.path)
        query, form = dict(parse_qsl(parts.query, True)), dict(parse_qsl(body, True))
        asked = Asked(self.command, self.path, query, form, dict(self.headers), self.client_address)
        reply = self.server.reply(asked)
        if reply.act is not None:
            reply.act(self)
            self.close_connection = True
            return
        self.send_response_only(reply.status)
        for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)

    do_POST = do_CONNECT = do_GET


def reset(handler: Any) -> None:
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def hang_up(handler: Any) -> None:
    """The connection is closed without a word."""


def cut_off(handler: Any) -> None:
    handler.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"users": [')


def announce_only(handler: Any) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")


def babble(handler: Any) -> None:
    handler.wfile.write(b"220 smtp.example.com ready\r\n\r\n")


def silent(handler: Any) -> None:
    handler.server.ending.wait(5)


def _drip(handler: Any, start: bytes) -> None:
    with contextlib.suppress(OSError):
        handler.wfile.write(start)
        handler.wfile.flush()
        while not handler.server.ending.wait(0.02):
            handler.wfile.write(b" ")
            handler.wfile.flush()


def drip_body(handler: Any) -> None:
    _drip(handler, b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n")


def drip_header(handler: Any) -> None:
    _drip(handler, b"HTTP/1.1 200 OK\r\nX-Long:")


class Clock:
    """Time that passes only during a sleep."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.naps: list[float] = []
        self._lock = threading.Lock()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.naps.append(seconds)
            self.now += seconds


@contextlib.contextmanager
def serving(context: ssl.SSLContext | None = None):
    with StandIn(context) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.ending.set()
            server.shutdown()
            thread.join()


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "requests_ca_bundle", "curl_ca_bundle"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def portal():
    with serving() as server:
        yield server


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def heard():
    return {"secrets": [], "warnings": []}


@pytest.fixture
def connect(portal, clock, heard):
    with contextlib.ExitStack() as stack:

        def connect(url: str | None = None, **options: Any) -> PortalClient:
            if not {"token", "client_id", "username"} & set(options):
                options.update(username="admin", password=PASSWORD)
            options.setdefault("timeout", 5)
            connection = Connection(url or portal.url, **options)
            client = PortalClient(
                connection, heard["secrets"].append, heard["warnings"].append, sleep=clock.sleep, clock=clock
            )
            return stack.enter_context(client)

        yield connect


def everything_in(error: BaseException) -> str:
    """All that a careless program could print of an error."""
    texts, pending = [], [error]
    while pending:
        one = pending.pop()
        texts += [str(one), repr(one), repr(one.args), repr(vars(one))]
        pending += [inner for inner in (one.__cause__, one.__context__) if inner is not None]
    return "\n".join(texts + traceback.format_exception(type(error), error, error.__traceback__))


# -- requests ---------------------------------------------------------------------------------------------------------


def test_nothing_is_sent_before_the_first_call(portal, connect):
    client = connect()
    assert client.base == portal.url
    assert client.calls == {"read": 0, "write": 0}
    assert portal.asked == []


def test_a_read_is_a_get_with_the_token_in_a_header(portal, connect, heard):
    client = connect()
    answer = client.read("portals/self", {"a": True, "b": None, "c": ["x"]})
    assert answer == {"echo": "/portal/sharing/rest/portals/self"}
    sign_in, asked = portal.asked
    assert (sign_in.method, sign_in.target) == ("POST", "/portal/sharing/rest/generateToken")
    assert sign_in.form == {
        "username": "admin",
        "password": PASSWORD,
        "client": "referer",
        "referer": portal.url + "/",
        "expiration": "60",
        "f": "json",
    }
    assert (asked.method, asked.form) == ("GET", {})
    assert asked.query == {"a": "true", "c": '["x"]', "f": "json"}
    assert asked.headers["X-Esri-Authorization"] == "Bearer issued-1"
    assert {one.headers["Referer"] for one in portal.asked} == {portal.url + "/"}
    assert heard["secrets"] == ["issued-1"]
    assert client.calls == {"read": 2, "write": 0}


@pytest.mark.parametrize(("root", "below"), [("sharing", "sharing/rest"), ("admin", "portaladmin")])
def test_a_write_is_a_post_with_the_token_in_its_body(portal, connect, root, below):
    client = connect()
    path = f"/portal/{below}/a/b"
    assert client.write("a/b", {"user": "c@sey", "list": [1], "none": None}, root=root) == {"echo": path}
    asked = portal.others[0]
    assert (asked.method, asked.query) == ("POST", {})
    assert asked.form == {"user": "c@sey", "list": "[1]", "f": "json", "token": "issued-1"}
    assert asked.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert "X-Esri-Authorization" not in asked.headers
    assert client.calls == {"read": 1, "write": 1}


def test_the_administrator_api_may_lie_elsewhere(portal, connect):
    client = connect()
    client.admin_path = "admin/orgs/0123"
    assert client.write("security/users/createUser", {}, root="admin") == {
        "echo": "/portal/admin/orgs/0123/security/users/createUser"
    }


def test_a_path_may_start_with_a_slash_and_hold_encoded_names(portal, connect):
    connect().read("/community/users/" + quote_segment("DOM\\a/é@x"))
    assert portal.others[0].target == "/portal/sharing/rest/community/users/DOM%5Ca%2F%C3%A9%40x?f=json"


def test_a_long_read_is_posted_and_stays_a_read(portal, connect):
    client = connect()
    client.read("portals/self/users", {"users": "u" * 2000})
    asked = portal.others[0]
    assert (asked.method, asked.query, asked.form["token"]) == ("POST", {}, "issued-1")
    assert client.calls == {"read": 2, "write": 0}


def test_no_token_ever_stands_in_an_address(portal, connect):
    client = connect()
    client.read("a", {"q": "x" * 1900})
    client.read("a", {"q": "x" * 2100})
    client.write("a", {"q": "x"})
    for asked in portal.asked:
        assert "issued" not in asked.target
        assert "token" not in asked.query


def test_a_text_that_cannot_be_encoded_is_refused_before_anything_is_sent(portal, connect):
    with pytest.raises(InputError, match="fullname"):
        connect().write("a", {"fullname": "x\ud800", "b": "y"})
    assert portal.asked == []


def test_netrc_is_not_used(portal, connect, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login ada password other\n", encoding="utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    client = connect()
    client.read("a")
    client.write("a", {})
    assert all("Authorization" not in asked.headers for asked in portal.asked)


def test_a_compressed_answer_is_read(portal, connect):
    body = gzip.compress(json.dumps({"a": "é" * 10_000}).encode())
    portal.script = [Reply(body, headers={"Content-Encoding": "gzip"})]
    assert connect().read("a") == {"a": "é" * 10_000}
    assert "gzip" in portal.others[0].headers["Accept-Encoding"]


def test_an_empty_answer_is_an_empty_object(portal, connect):
    portal.script = [Reply(b""), Reply(b"", 204)]
    client = connect()
    assert client.read("a") == {}
    assert client.write("a", {}) == {}


# -- sign-in ----------------------------------------------------------------------------------------------------------


def test_one_sign_in_serves_all_calls(portal, connect):
    client = connect()
    for _turn in range(3):
        client.read("a")
    assert len(portal.sign_ins) == 1


def test_a_given_token_is_used_as_it_is(portal, connect, heard):
    client = connect(token=" given-token\n")
    client.read("a")
    assert portal.sign_ins == []
    assert portal.others[0].headers["X-Esri-Authorization"] == "Bearer given-token"
    assert heard["secrets"] == []


def test_an_application_signs_in_with_its_own_credentials(portal, connect, clock, heard):
    client = connect(client_id="app", client_secret="s3cret!")
    client.read("a")
    asked = portal.sign_ins[0]
    assert asked.path == "/portal/sharing/rest/oauth2/token"
    assert asked.form == {
        "client_id": "app",
        "client_secret": "s3cret!",
        "grant_type": "client_credentials",
        "expiration": "60",
        "f": "json",
    }
    assert heard["secrets"] == ["issued-1"]
    clock.now += LATER - 61
    client.read("a")
    assert len(portal.sign_ins) == 1
    clock.now += 2
    client.read("a")
    assert len(portal.sign_ins) == 2
    assert portal.others[-1].token == "issued-2"


def test_a_token_is_renewed_shortly_before_its_end_by_the_portals_own_clock(portal, connect, clock):
    def a_day_ahead(number: int, asked: Asked) -> Reply:
        there = time.time() + 86_400
        expires = str(int((there + LATER) * 1000))
        return json_reply(
            {"token": f"issued-{number}", "expires": expires}, Date=email.utils.formatdate(there, usegmt=True)
        )

    portal.sign_in = a_day_ahead
    client = connect()
    client.read("a")
    clock.now += LATER - 70
    client.read("a")
    assert len(portal.sign_ins) == 1
    clock.now += 15
    client.read("a")
    assert len(portal.sign_ins) == 2


@pytest.mark.parametrize("expires", [None, "", "soon", 0, 1_000_000, [1]])
def test_without_a_believable_end_a_token_lives_until_it_is_refused(portal, connect, clock, expires):
    portal.sign_in = lambda number, asked: json_reply({"token": "issued", "expires": expires})
    client = connect()
    client.read("a")
    clock.now += 10**9
    client.read("a")
    assert len(portal.sign_ins) == 1


@pytest.mark.parametrize("call", ["read", "write"])
def test_an_expired_token_is_renewed_once_and_the_call_goes_on(portal, connect, heard, call):
    client = connect()
    client.read("a")
    portal.expired = {"issued-1"}
    assert getattr(client, call)("b", {"x": 1}) == {"echo": "/portal/sharing/rest/b"}
    assert [asked.token for asked in portal.others] == ["issued-1", "issued-1", "issued-2"]
    assert len(portal.sign_ins) == 2
    assert heard["secrets"] == ["issued-1", "issued-2"]
    assert client.calls == ({"read": 5, "write": 0} if call == "read" else {"read": 3, "write": 2})


def test_threads_that_meet_an_expired_token_renew_it_once(portal, connect):
    client = connect(parallel=4)
    client.map(lambda number: client.read("warm"), range(8))
    portal.expired = {"issued-1"}
    gate = threading.Barrier(4)
    answers = client.map(lambda number: (gate.wait(5), client.read("b"))[1], range(4))
    assert answers == [{"echo": "/portal/sharing/rest/b"}] * 4
    assert len(portal.sign_ins) == 2


def test_threads_sign_in_once(portal, connect):
    client = connect(parallel=4)
    client.map(lambda number: client.read("a"), range(12))
    assert len(portal.sign_ins) == 1


def test_a_given_token_that_is_refused_is_explained(portal, connect):
    portal.expired = {"given-token"}
    client = connect(token="given-token")
    with pytest.raises(TokenExpired) as caught:
        client.write("a", {})
    assert f"{portal.url}/" in caught.value.details["remedy"]
    assert "portal_token" in caught.value.message
    assert caught.value.uncertain is False
    assert "given-token" not in everything_in(caught.value)
    assert len(portal.asked) == 1


@pytest.mark.parametrize("call", ["read", "write"])
def test_a_given_token_that_expires_is_never_replaced(portal, connect, call, monkeypatch):
    monkeypatch.setenv("ARCGIS_PORTAL_USERNAME", "admin")
    monkeypatch.setenv("ARCGIS_PORTAL_PASSWORD", PASSWORD)
    client = connect(token="given-token")
    client.read("a")
    portal.expired = {"given-token"}
    with pytest.raises(TokenExpired):
        getattr(client, call)("a", {})
    assert portal.sign_ins == []
    assert {asked.token for asked in portal.asked} == {"given-token"}


def introducing(portal, *accounts):
    """Let ``portals/self`` name the accounts, one after the other, by the token that asks."""
    named = {f"issued-{number}": account for number, account in enumerate(accounts, 1)}
    portal.otherwise = lambda asked: json_reply(
        named.get(asked.token, {}) if asked.path.endswith("portals/self") else {}
    )


SAME = {
    "user": [{"user": {"username": "Admin"}}, {"user": {"username": "admin"}}],
    "application": [{"appInfo": {"appId": "app"}}, {"appInfo": {"appId": "app"}}],
}
OTHER = {
    "another user": [{"user": {"username": "admin"}}, {"user": {"username": "guest"}}],
    "another application": [{"appInfo": {"appId": "app"}}, {"appInfo": {"appId": "other"}}],
    "an application": [{"user": {"username": "admin"}}, {"appInfo": {"appId": "admin"}}],
}


@pytest.mark.parametrize("how", ["refused", "near its end"])
@pytest.mark.parametrize("accounts", SAME.values(), ids=SAME)
def test_a_renewed_token_is_checked_once(portal, connect, clock, accounts, how):
    introducing(portal, *accounts)
    client = connect()
    client.read("portals/self")
    renew(portal, clock, how)
    client.write("a", {})
    client.write("b", {})
    paths = [asked.path.rpartition("/rest/")[2] for asked in portal.asked if asked.token not in portal.expired]
    assert paths[-3:] == ["portals/self", "a", "b"]
    assert client.calls["read"] == 4


def renew(portal, clock, how):
    if how == "refused":
        portal.expired = {"issued-1"}
    else:
        clock.now += LATER


@pytest.mark.parametrize("how", ["refused", "near its end"])
@pytest.mark.parametrize("accounts", OTHER.values(), ids=OTHER)
def test_a_renewed_token_of_another_account_ends_the_run(portal, connect, clock, accounts, how):
    introducing(portal, *accounts)
    client = connect(parallel=4)
    client.read("portals/self")
    renew(portal, clock, how)
    errors = client.map(lambda number: client.write("a", {}), range(8))
    assert {type(error) for error in errors} == {SignInError}
    assert "not to account admin" in errors[0].message or "not to application app" in errors[0].message
    assert len(portal.sign_ins) == 2
    assert not [asked for asked in portal.asked if asked.token == "issued-2" and asked.path.endswith("/a")]


def test_a_renewed_token_that_is_anonymous_ends_the_run(portal, connect):
    introducing(portal, {"user": {"username": "admin"}})
    client = connect()
    client.read("portals/self")
    portal.expired = {"issued-1"}
    with pytest.raises(TokenExpired):
        client.write("a", {})
    assert not [asked for asked in portal.asked if asked.token != "issued-1" and asked.path.endswith("/a")]


def test_tokens_that_are_never_accepted_do_not_end_in_endless_sign_ins(portal, connect):
    portal.expired = {f"issued-{number}" for number in range(100)}
    client = connect()
    for _turn in range(10):
        with pytest.raises(TokenExpired) as caught:
            client.read("a")
        assert "Referer" in caught.value.details["remedy"]
    assert len(portal.sign_ins) == sign_in.MAX_UNUSED_TOKENS


UNABLE = {"code": 400, "message": "Unable to generate token."}
BAD_PASSWORD = {"error": {**UNABLE, "details": ["Invalid username or password."]}}
UNNAMED = {"error": {**UNABLE, "details": ["'username' must be specified.", "'password' must be specified."]}}
LOCKED = {"error": {**UNABLE, "details": ["Too many invalid attempts. Please try again later."]}}
BAD_SECRET = {"error": {"code": 400, "error": "invalid_request", "error_description": "Invalid client_secret"}}


@pytest.mark.parametrize(
    ("options", "answer", "status", "says", "remedy"),
    [
        ({}, BAD_PASSWORD, 200, "Invalid username or password", "portal_password"),
        ({}, LOCKED, 200, "Too many", "locked"),
        ({}, {"error": {"code": 498, "message": "Invalid token."}}, 200, "Invalid token", "portal_password"),
        ({}, {"error": {"code": 403, "message": "No."}}, 403, "No (403).", "portal_password"),
        ({}, UNNAMED, 200, "'username' must be specified. 'password' must be specified (400).", "portal_password"),
        ({"client_id": "app", "client_secret": "s3cret!"}, BAD_SECRET, 400, "application app", "portal_client_secret"),
    ],
)
def test_bad_credentials_are_tried_once_and_never_again(portal, connect, options, answer, status, says, remedy):
    portal.sign_in = lambda number, asked: json_reply(answer, status)
    client = connect(parallel=4, **options)
    errors = client.map(lambda number: client.read("a"), range(8))
    errors += client.map(lambda number: client.write("a", {}), range(2))
    for error in errors:
        assert error.__class__ is SignInError
        assert says in error.message
        assert remedy in error.details["remedy"]
        assert PASSWORD not in everything_in(error)
        assert "s3cret!" not in everything_in(error)
    assert len(portal.asked) == 1
    assert client.calls == {"read": 1, "write": 0}


@pytest.mark.parametrize("token", [None, "", 3, "a b", "é", "x\ny", ["a"]])
def test_a_sign_in_without_a_usable_token_is_an_unexpected_answer(portal, connect, token):
    portal.sign_in = lambda number, asked: json_reply({"token": token, "expires": 1})
    with pytest.raises(UnexpectedAnswer, match="contains no token"):
        connect().read("a")


# -- repeated, or not -------------------------------------------------------------------------------------------------

TRUNCATED = Reply(b'{"users": [{"username": "a', headers={"Content-Type": "application/json"})
#: What the portal cannot have acted on, and what it possibly has.
UNTOUCHED = {
    "edge 403": (html(403), Throttled),
    "empty 403": (Reply(b"", 403), Throttled),
    "429": (html(429), Throttled),
    "429 in JSON": (json_reply({"error": {"code": 429, "message": "Try again in 60 sec."}}), Throttled),
}
UNKNOWN = {
    "reset": (Reply(act=reset), NoAnswer),
    "hang-up": (Reply(act=hang_up), NoAnswer),
    "cut off": (Reply(act=cut_off), NoAnswer),
    "announced only": (Reply(act=announce_only), NoAnswer),
    "not HTTP": (Reply(act=babble), NoAnswer),
    "broken gzip": (Reply(b"not gzip!", headers={"Content-Encoding": "gzip"}), NoAnswer),
    "truncated JSON": (TRUNCATED, UnexpectedAnswer),
    "HTML": (html(200), UnexpectedAnswer),
    "500": (html(500), UnexpectedAnswer),
    "500 in JSON": (json_reply({"error": {"code": 500, "message": "Oops."}}), UnexpectedAnswer),
    "502": (Reply(b"", 502), UnexpectedAnswer),
    "503": (html(503), Throttled),
    "504": (html(504), UnexpectedAnswer),
}
FINAL = {
    "permission": (
        json_reply({"error": {"code": 403, "messageCode": "GWM_0003", "message": "No."}}, 403),
        PermissionDenied,
    ),
    "absent": (json_reply({"error": {"code": 400, "messageCode": "COM_0018", "message": "No."}}), NotFound),
    "refused": (json_reply({"error": {"code": 400, "message": "No."}}), Refused),
    "admin refused": (json_reply({"status": "error", "messages": ["No."], "code": 500}), Refused),
    "no such page": (html(404), UnexpectedAnswer),
    "own sign-in": (html(401), UnexpectedAnswer),
    "redirect": (Reply(b"", 302, {"Location": "/elsewhere"}), UnexpectedAnswer),
}


@pytest.mark.parametrize("fault", [*UNTOUCHED, *UNKNOWN, *FINAL])
def test_a_sign_in_that_arrived_is_never_sent_again(portal, connect, clock, fault):
    reply, _kind = {**UNTOUCHED, **UNKNOWN, **FINAL}[fault]
    portal.sign_in = lambda number, asked: reply
    client = connect(parallel=4)
    errors = client.map(lambda number: client.read("a"), range(6))
    errors += client.map(lambda number: client.write("a", {}), range(6))
    assert len(portal.asked) == 1
    assert clock.naps == []
    assert client.calls == {"read": 1, "write": 0}
    for error in errors:
        assert isinstance(error, PortalOpsError)
        assert error.message.startswith("Sign-in failed for admin. ")
        assert (error.uncertain, error.transient) == (False, False)
        assert error.details["remedy"]
        assert PASSWORD not in everything_in(error)


def test_a_sign_in_without_a_response_in_time_is_never_sent_again(portal, connect):
    portal.sign_in = lambda number, asked: Reply(act=silent)
    client = connect(timeout=0.2)
    for _turn in range(3):
        with pytest.raises(NoAnswer, match="Sign-in failed for admin") as caught:
            client.read("a")
        assert caught.value.details["remedy"].startswith("Increase timeout if the portal is slow. The sign-in is not")
    assert len(portal.asked) == 1


def test_a_sign_in_that_did_not_arrive_is_repeated(portal, connect, clock):
    address = portal.server_address
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    client = connect(f"http://127.0.0.1:{port}", retries=2)
    with pytest.raises(TransportError):
        client.read("a")
    assert len(clock.naps) == 2
    assert client.calls == {"read": 0, "write": 0}
    with socket.socket() as late:
        late.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        late.bind(("127.0.0.1", port))
        late.listen()
        thread = threading.Thread(target=relay, args=(late, address), daemon=True)
        thread.start()
        assert client.read("a") == {"echo": "/sharing/rest/a"}
        client.close()
        thread.join(5)
    assert len(portal.sign_ins) == 1


def relay(listener, address):
    """Pass the bytes of one connection on, both ways, until one side ends."""
    here, _peer = listener.accept()
    with here, socket.create_connection(address) as there:
        other = {here: there, there: here}
        while True:
            for side in select.select(list(other), [], [])[0]:
                data = side.recv(65536)
                if not data:
                    return
                other[side].sendall(data)


@pytest.mark.parametrize("fault", [*UNTOUCHED, *UNKNOWN])
def test_a_read_is_repeated_until_it_succeeds(portal, connect, clock, fault):
    reply, _kind = {**UNTOUCHED, **UNKNOWN}[fault]
    portal.script = [reply, reply]
    client = connect()
    assert client.read("a") == {"echo": "/portal/sharing/rest/a"}
    assert client.calls == {"read": 4, "write": 0}
    assert len(clock.naps) == 2
    assert clock.naps[1] > 0


@pytest.mark.parametrize("fault", [*UNTOUCHED, *UNKNOWN])
def test_a_read_is_not_repeated_for_ever(portal, connect, clock, fault):
    reply, kind = {**UNTOUCHED, **UNKNOWN}[fault]
    client = connect(retries=3)
    client.read("warm")
    portal.otherwise = lambda asked: reply
    with pytest.raises(kind) as caught:
        client.read("a")
    assert caught.value.uncertain is False
    assert len(portal.others) == 5
    assert sum(clock.naps) < 60


@pytest.mark.parametrize("fault", UNTOUCHED)
def test_a_write_that_never_reached_the_portal_is_sent_again(portal, connect, clock, fault):
    reply, kind = UNTOUCHED[fault]
    portal.script = [reply, reply]
    client = connect()
    assert client.write("a", {"x": 1}) == {"echo": "/portal/sharing/rest/a"}
    assert client.calls == {"read": 1, "write": 3}
    portal.otherwise = lambda asked: reply
    with pytest.raises(kind) as caught:
        client.write("a", {"x": 1})
    assert caught.value.uncertain is False
    assert client.calls == {"read": 1, "write": 8}


@pytest.mark.parametrize("fault", UNKNOWN)
def test_a_write_with_an_unknown_outcome_is_never_sent_again(portal, connect, clock, fault):
    reply, kind = UNKNOWN[fault]
    portal.script = [reply]
    client = connect()
    with pytest.raises(kind) as caught:
        client.write("a", {"x": 1})
    assert caught.value.uncertain is True
    assert client.calls == {"read": 1, "write": 1}
    assert len(portal.others) == 1
    assert clock.naps == []


@pytest.mark.parametrize("call", ["read", "write"])
@pytest.mark.parametrize("fault", FINAL)
def test_a_clear_no_is_final(portal, connect, clock, fault, call):
    reply, kind = FINAL[fault]
    portal.script = [reply]
    with pytest.raises(kind) as caught:
        getattr(connect(), call)("a", {"x": 1})
    assert caught.value.__class__ is kind
    assert caught.value.uncertain is False
    assert len(portal.others) == 1
    assert clock.naps == []


@pytest.mark.parametrize("call", ["read", "write"])
def test_silence_is_no_answer(portal, connect, call):
    client = connect(timeout=0.2, retries=0)
    client.read("warm")
    portal.script = [Reply(act=silent)]
    started = time.monotonic()
    with pytest.raises(NoAnswer, match=r"in time \(timeout: 0\.2 s\)") as caught:
        getattr(client, call)("a", {})
    assert time.monotonic() - started < 1
    assert caught.value.uncertain is (call == "write")
    assert "Increase timeout" in caught.value.details["remedy"]


@pytest.mark.parametrize("act", [drip_body, drip_header])
def test_an_answer_that_drips_is_cut_off(portal, connect, act):
    # Enough for the sign-in on a busy machine. Without the limit, the answer drips for minutes.
    client = connect(timeout=0.6, retries=1)
    client.read("warm")
    portal.otherwise = lambda asked: Reply(act=act)
    started = time.monotonic()
    with pytest.raises(NoAnswer, match="in time"):
        client.read("a")
    assert 2.1 < time.monotonic() - started < 15
    assert len(portal.others) == 3


@pytest.mark.parametrize("call", ["read", "write"])
def test_a_refused_connection_sent_nothing_and_is_tried_again(connect, clock, call):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        client = connect(f"http://127.0.0.1:{taken.getsockname()[1]}", token="given-token", retries=2)
        with pytest.raises(TransportError) as caught:
            getattr(client, call)("a", {})
    assert "127.0.0.1" in caught.value.message
    assert "refused" in caught.value.message
    assert caught.value.uncertain is False
    assert len(clock.naps) == 2
    assert client.calls == {"read": 0, "write": 0}


def test_an_unknown_host_is_named(connect, monkeypatch):
    def unknown(*_args, **_options):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(TransportError, match=r"No connection to gis\.example\.com: Name or service not known\."):
        connect("https://gis.example.com", token="given-token", retries=0).read("a")


def test_a_connection_that_does_not_come_about_is_no_lost_answer(connect):
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        with contextlib.ExitStack() as stack:
            for _turn in range(3):
                waiting = stack.enter_context(socket.socket())
                waiting.setblocking(False)
                waiting.connect_ex(full.getsockname())
            client = connect(f"http://127.0.0.1:{full.getsockname()[1]}", token="given-token", retries=0, timeout=0.2)
            with pytest.raises(TransportError, match=r"no response within 0\.2 s"):
                client.write("a", {})
    assert client.calls == {"read": 0, "write": 0}


def test_a_request_that_is_given_up_before_it_is_sent_is_never_sent(portal, connect, monkeypatch):
    """The name of the host is found only after the deadline."""
    waiting, going_on = threading.Event(), threading.Event()
    original = socket.getaddrinfo

    def slow(*args, **options):
        waiting.set()
        going_on.wait(5)
        return original(*args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    client = connect(token="given-token", timeout=0.2, retries=0)
    before = set(threading.enumerate())
    with pytest.raises(TransportError, match=r"no response within 0\.2 s") as caught:
        client.write("a", {"x": 1})
    assert waiting.is_set()
    assert caught.value.uncertain is False
    assert client.calls == {"read": 0, "write": 0}
    going_on.set()
    for thread in set(threading.enumerate()) - before:
        thread.join(5)
    # Headers can arrive. Without the body they ask for nothing, and come from no account.
    assert [asked for asked in portal.asked if asked.token or asked.values] == []
    assert client.write("b", {}) == {"echo": "/portal/sharing/rest/b"}


def test_retry_after_is_obeyed_and_cut(portal, connect, clock):
    soon = email.utils.formatdate(time.time() + 20, usegmt=True)
    portal.script = [
        html(429, **{"Retry-After": "7"}),
        html(503, **{"Retry-After": soon}),
        html(403, **{"Retry-After": "86400"}),
    ]
    connect().read("a")
    first, second, third = clock.naps
    assert first == pytest.approx(7)
    assert 15 < second <= 20
    assert third == pytest.approx(60)


@pytest.mark.parametrize("status", [500, 502, 504, 429, 503])
def test_each_pause_is_longer_than_the_one_before(portal, connect, clock, status):
    portal.otherwise = lambda asked: html(status, **{"Retry-After": "0"})
    with pytest.raises(PortalOpsError):
        connect(retries=4).read("a")
    least = [0.25, 0.5, 1.0, 2.0]
    assert len(clock.naps) == 4
    assert all(nap >= pause for nap, pause in zip(clock.naps, least))
    assert clock.naps[0] < clock.naps[2] < 60
    assert clock.naps[1] < clock.naps[3] < 60


@pytest.mark.parametrize("status", [500, 502, 504])
def test_retry_after_is_obeyed_after_each_kind_of_failure(portal, connect, clock, status):
    portal.script = [html(status, **{"Retry-After": "9"})]
    connect().read("a")
    assert clock.naps == [9.0]


def test_a_call_ends_within_its_bound(portal, connect, clock):
    portal.otherwise = lambda asked: html(429, **{"Retry-After": "86400"})
    client = connect(timeout=5, retries=4)
    before = clock.now
    with pytest.raises(Throttled):
        client.read("a")
    assert clock.now - before <= 2 * 5 * 5 + 4 * 60


def test_an_enormous_answer_is_not_read_to_its_end(portal, connect, monkeypatch):
    monkeypatch.setattr(transport, "MAX_RESPONSE", 100_000)
    bomb = gzip.compress(b'{"a": "' + b"a" * 10_000_000 + b'"}')
    announced = Reply(b"{}", headers={"Content-Length": "100001"})
    portal.script = [Reply(bomb, headers={"Content-Encoding": "gzip"}), announced, Reply(b'{"a":"' + b"a" * 200_000)]
    client = connect()
    for call in (client.read, client.read, client.write):
        with pytest.raises(UnexpectedAnswer, match="larger than 100000 bytes") as caught:
            call("a", {})
        assert caught.value.uncertain is (call == client.write)
    assert len(portal.others) == 3


# -- where it must not go ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", ["read", "write"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed(portal, connect, status, call):
    with serving() as other:
        portal.script = [Reply(b"", status, {"Location": f"{other.origin}/home/signin.html?token=issued-1"})]
        with pytest.raises(UnexpectedAnswer) as caught:
            getattr(connect(), call)("a", {"x": 1})
    assert other.asked == []
    assert f"points to {other.origin}." in caught.value.details["remedy"]
    assert "portal_url" in caught.value.details["remedy"]
    assert "signin" not in everything_in(caught.value)


@pytest.mark.parametrize(
    ("location", "where"),
    [
        ("/home", "the same host"),
        ("", "the same host"),
        ("//gis.example.com/x", "https://gis.example.com"),
        ("https://ada:pw@gis.example.com:8443/x", "https://gis.example.com:8443"),
        ("http://[", "a malformed URL"),
        ("http://gis.example.com:99999/", "a malformed URL"),
    ],
)
def test_the_target_of_a_redirect_is_reported_without_its_secrets(portal, connect, location, where):
    portal.script = [Reply(b"x" * 100, 302, {"Location": location})]
    with pytest.raises(UnexpectedAnswer) as caught:
        connect().read("a")
    assert f"redirects to {where} (" in caught.value.message
    assert "ada" not in everything_in(caught.value)


@pytest.mark.parametrize("call", ["read", "write"])
@pytest.mark.parametrize("status", [200, 400, 403, 404, 429, 500, 503])
@pytest.mark.parametrize("shape", ["html", "json", "admin", "oauth", "details"])
def test_no_secret_comes_back_in_an_error(portal, connect, status, call, shape):
    def echo(asked: Asked) -> Reply:
        text = " ".join([json.dumps(asked.form), json.dumps(asked.headers), *asked.form.values(), PASSWORD, "issued-1"])
        page = Reply(f"<pre>{text}</pre>".encode(), status, {"Content-Type": f"text/{PASSWORD}"})
        return {
            "html": page,
            "json": json_reply({"error": {"code": status, "message": text, "messageCode": text}}, status),
            "admin": json_reply({"status": "error", "messages": [text, {"x": text}]}, status),
            "oauth": json_reply({"error": text, "error_description": text}, status),
            "details": json_reply({"error": {"code": 400, "details": [text, {text: text}]}}, status),
        }[shape]

    portal.otherwise = echo
    client = connect(retries=0)
    data = {"user": "ada", "password": "ada's pass+word", "invitations": [{"password": 'other "one"'}]}
    with pytest.raises(PortalOpsError) as caught:
        getattr(client, call)("a", data)
    shown = everything_in(caught.value) + json.dumps(caught.value.fail_args())
    for secret in (PASSWORD, "issued-1", "ada's pass+word", 'other "one"', 'other \\"one'):
        assert secret not in shown
    assert client.scrub(f"{PASSWORD} issued-1") == "******** ********"


@pytest.mark.parametrize("fault", UNKNOWN)
def test_no_library_error_with_the_request_in_it_is_chained(portal, connect, fault):
    portal.script = [UNKNOWN[fault][0]]
    data = {"password": "ada's password"}
    with pytest.raises(PortalOpsError) as caught:
        connect(retries=0).write("a", data)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert "ada's" not in everything_in(caught.value)


# -- TLS and proxies --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(private)
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return folder


@pytest.fixture
def secure_portal(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    with serving(context) as server:
        yield server


def test_an_untrusted_certificate_is_refused(secure_portal, connect):
    with pytest.raises(TlsError, match="certificate verify failed|self.signed") as caught:
        connect(secure_portal.url).write("a", {})
    assert "ca_path" in caught.value.details["remedy"]
    assert secure_portal.asked == []


def test_an_own_authority_is_trusted_by_path(secure_portal, connect, certificate):
    client = connect(secure_portal.url, ca_path=str(certificate / "cert.pem"))
    assert client.read("a") == {"echo": "/portal/sharing/rest/a"}


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_authorities_of_the_environment_are_trusted(secure_portal, connect, certificate, monkeypatch, name):
    monkeypatch.setenv(name, str(certificate / "cert.pem"))
    assert connect(secure_portal.url).read("a") == {"echo": "/portal/sharing/rest/a"}


def test_authorities_of_the_environment_that_do_not_exist_are_named(secure_portal, connect, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/does/not/exist.pem")
    with pytest.raises(InputError, match="'/does/not/exist.pem' do not exist") as caught:
        connect(secure_portal.url)
    assert "REQUESTS_CA_BUNDLE" in caught.value.details["remedy"]
    assert secure_portal.asked == []


def test_a_file_that_holds_no_certificates_is_a_tls_error(secure_portal, connect, tmp_path):
    (tmp_path / "empty.pem").write_text("nothing", encoding="utf-8")
    with pytest.raises(TlsError):
        connect(secure_portal.url, ca_path=str(tmp_path / "empty.pem")).read("a")


def test_unverified_tls_works_and_warns_once(secure_portal, connect, heard):
    client = connect(secure_portal.url, validate_certs=False, ca_path="/does/not/exist.pem")
    assert client.map(lambda number: client.read("a"), range(6)) == [{"echo": "/portal/sharing/rest/a"}] * 6
    assert len(heard["warnings"]) == 1
    assert "validate_certs" in heard["warnings"][0]


def test_tls_with_a_server_that_does_not_speak_it(portal, connect):
    with pytest.raises(TlsError):
        connect(portal.url.replace("http:", "https:"), retries=0).read("a")


def test_a_tls_connection_that_breaks_after_the_request_is_no_tls_error(secure_portal, connect, certificate):
    secure_portal.script = [Reply(act=reset)]
    client = connect(secure_portal.url, ca_path=str(certificate / "cert.pem"))
    with pytest.raises(NoAnswer) as caught:
        client.write("a", {})
    assert caught.value.uncertain is True
    assert client.calls["write"] == 1


def test_a_proxy_of_the_environment_is_used(portal, connect, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", portal.origin)
    client = connect("http://gis.example.com/portal", allow_http=True)
    client.read("a")
    assert portal.others[0].target == "http://gis.example.com/portal/sharing/rest/a?f=json"
    assert portal.others[0].headers["Host"] == "gis.example.com"


def test_an_exception_from_the_proxy_is_honoured(portal, connect, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert connect().read("a") == {"echo": "/portal/sharing/rest/a"}


def tunnel(handler: Any) -> None:
    """What a proxy does after CONNECT: pass bytes on, both ways, until one side ends."""
    host, port = handler.path.split(":")
    with socket.create_connection((host, int(port))) as there:
        handler.wfile.write(b"HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n")
        handler.wfile.flush()
        other = {handler.connection: there, there: handler.connection}
        while True:
            for side in select.select(list(other), [], [])[0]:
                data = side.recv(65536)
                if not data:
                    return
                other[side].sendall(data)


def test_tls_goes_through_a_proxy_unopened(portal, secure_portal, connect, certificate, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", portal.origin)
    portal.otherwise = lambda asked: Reply(act=tunnel)
    with connect(secure_portal.url, ca_path=str(certificate / "cert.pem")) as client:
        assert client.read("a") == {"echo": "/portal/sharing/rest/a"}
        assert client.write("b", {}) == {"echo": "/portal/sharing/rest/b"}
    assert [(asked.method, asked.target) for asked in portal.asked] == [("CONNECT", secure_portal.origin[8:])]


def test_a_proxy_that_refuses_is_named_as_the_culprit(portal, connect, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", portal.origin)
    portal.otherwise = lambda asked: Reply(b"", 407)
    client = connect("https://gis.example.com", token="given-token", retries=0)
    with pytest.raises(TransportError, match="proxy.*407") as caught:
        client.write("a", {})
    assert "HTTPS_PROXY" in caught.value.details["remedy"]
    assert portal.asked[0].method == "CONNECT"
    assert client.calls == {"read": 0, "write": 0}


def test_a_proxy_that_is_not_there_is_named_as_the_culprit(connect, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with pytest.raises(TransportError, match="proxy"):
        connect("http://gis.example.com", allow_http=True, retries=0).write("a", {})


def test_reasons_and_time_are_found_in_any_layer():
    assert failures.reason_of(ValueError("secret")) == "ValueError"
    looped = ValueError("outer", OSError(111, "Connection refused"))
    looped.args[1].__cause__ = looped
    assert failures.reason_of(looped) == "Connection refused"
    assert failures.is_timeout(looped) is False
    assert failures.is_timeout(ValueError(socket.timeout("slow"))) is True


# -- many at once -----------------------------------------------------------------------------------------------------


def test_results_come_in_order_over_few_kept_connections(portal, connect):
    client = connect(parallel=4)
    paths = [f"item{number}" for number in range(60)]
    for _turn in range(2):
        answers = client.map(client.read, paths)
        assert answers == [{"echo": f"/portal/sharing/rest/{path}"} for path in paths]
    assert len({asked.peer for asked in portal.asked}) <= 4
    assert client.calls == {"read": 121, "write": 0}


def test_a_failure_is_a_result(portal, connect):
    portal.otherwise = lambda asked: html(404) if asked.path.endswith("3") else json_reply({})
    client = connect(parallel=3)
    answers = client.map(client.read, [f"item{number}" for number in range(5)])
    assert [type(answer).__name__ for answer in answers] == ["dict", "dict", "dict", "UnexpectedAnswer", "dict"]


def test_all_slow_down_together(portal, connect, clock):
    client = connect(parallel=4)
    client.read("warm")
    portal.script = [html(429, **{"Retry-After": "30"})]
    client.map(client.read, [f"item{number}" for number in range(12)])
    assert client._exchange.limiter.limit == 2
    assert clock.now >= 1030
    client.map(client.read, [f"item{number}" for number in range(3 * limiter.GROW_AFTER)])
    assert client._exchange.limiter.limit == 4


def test_waiting_for_others_has_an_end(portal, connect, clock):
    client = connect(timeout=1, retries=0)
    client.read("warm")
    client._exchange.limiter.slow_down(0, 60)
    with pytest.raises(Throttled) as caught:
        client.write("a", {})
    assert caught.value.uncertain is False
    assert caught.value.details["retry_after"] == pytest.approx(60)
    assert client.calls["write"] == 0


def test_a_closed_client_opens_again(portal, connect):
    client = connect(parallel=3)
    client.map(client.read, ["a", "b", "c", "d"])
    client.close()
    client.close()
    assert client.map(client.read, ["a", "b"]) == [{"echo": f"/portal/sharing/rest/{name}"} for name in "ab"]


def test_a_real_listing_comes_whole(portal, connect):
    def users(asked: Asked) -> Reply:
        start, size = int(asked.values["start"]), int(asked.values["num"])
        rows = [{"username": f"u{number}"} for number in range(start, min(start + size, 1051))]
        following = start + size if start + size <= 1050 else -1
        return json_reply({"total": 1050, "start": start, "num": len(rows), "nextStart": following, "users": rows})

    portal.otherwise = users
    client = connect(parallel=4)
    counts: list[int] = []
    rows, total = client.pages("portals/self/users", "users", {"role": "x"}, lambda row: row["username"], counts.append)
    assert rows == [f"u{number}" for number in range(1, 1051)]
    assert total == 1050
    assert counts == list(range(1, 11))
    assert client.calls == {"read": 12, "write": 0}
    assert {asked.values["role"] for asked in portal.others} == {"x"}
