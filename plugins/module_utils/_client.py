# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it may change in any release.

"""HTTP to a portal and nothing else: address, sign-in, token life, retries, pacing, paging, classes of answers.

It knows no member, no role and no plan. A call ends within
``2 * (retries + 1) * timeout + 60 * retries`` seconds, and within twice that if it has to sign in first.
"""

from __future__ import annotations

import functools
import io
import itertools
import json
import os
import random
import re
import threading
import time
import traceback
import typing as t
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import quote, quote_plus, urlencode, urlsplit

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import (
    InputError,
    MissingLibrary,
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

if t.TYPE_CHECKING:
    import queue

    import requests

#: Esri's JavaScript client posts a query when its address would be longer.
LONGEST_URL = 2000
#: Largest page of every listing (portal REST reference, Users).
PAGE_SIZE = 100
#: Two million rows: more than any portal has.
MAX_PAGES = 20_000
#: A page of a hundred members is a few hundred KiB.
MAX_ANSWER = 64 * 1024 * 1024
#: Seconds; a longer Retry-After is cut to it, so that a call stays bounded.
LONGEST_PAUSE = 60.0
#: Minutes; the portal may grant less.
TOKEN_MINUTES = 60
#: Answers in a row, none of them throttled, before one more request at once is tried.
GROW_AFTER = 20
#: New tokens in a row that the portal did not accept a single time, before no more are asked for.
FRUITLESS_SIGN_INS = 3

MASK = "********"
#: Shorter secrets would turn up in ordinary words.
SHORTEST_SECRET = 4

Json = dict[str, t.Any]


# ---------------------------------------------------------------------------------------------------------------------
# Address

_URL_REMEDY = "Give the address of the portal, for example https://www.arcgis.com or https://gis.example.com/portal."
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*)://")
_HOST_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_\-]{0,61}[a-z0-9_])?")
_LOOPBACK = re.compile(r"localhost|127(\.\d{1,3}){3}|::1")
#: What follows the context path in an address copied from a browser or a script.
_PORTAL_PATHS = frozenset({"home", "sharing", "portaladmin", "apps"})
_DEFAULT_PORTS = {"https": 443, "http": 80}


def _bad_url(problem: str, remedy: str = _URL_REMEDY) -> InputError:
    return InputError(f"portal_url cannot be used: {problem}. {remedy}", option="portal_url", remedy=remedy)


def portal_base(url: str, allow_http: bool = False) -> str:
    """Normal form ``scheme://host[:port][/context]`` of anything a person pastes as the address of a portal.

    Raises ``InputError``, which never repeats the given text: it may hold a password.
    """
    text = url.strip()
    if not text:
        raise _bad_url("it is empty")
    if re.search(r"[\s\\\x00-\x1f\x7f]", text):
        raise _bad_url("it contains a space, a backslash or a control character")
    scheme, rest = _scheme_of(text)
    try:
        parts = urlsplit(f"{scheme}://{rest}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _bad_url("its host or port is malformed") from None
    context = _context_of(parts.path)
    if "@" in parts.netloc or "@" in context:
        remedy = "Use portal_username and portal_password instead."
        raise _bad_url("it contains a user name or password", remedy)
    host = _host_of(host)
    if scheme == "http" and not allow_http and not _LOOPBACK.fullmatch(host):
        remedy = "Use https://, or set allow_http: true if nobody can listen on the way."
        raise _bad_url("plain http would send credentials in clear", remedy)
    if port == 0:
        raise _bad_url("its port is 0")
    shown_host = f"[{host}]" if ":" in host else host
    shown_port = "" if port in (None, _DEFAULT_PORTS[scheme]) else f":{port}"
    return f"{scheme}://{shown_host}{shown_port}{context}"


def _scheme_of(text: str) -> tuple[str, str]:
    found = _SCHEME.match(text)
    if found is None:
        if re.match(r"https?:(?!\d)", text, re.IGNORECASE):
            raise _bad_url("two slashes are missing after the scheme")
        return "https", text.lstrip("/")
    scheme = found.group(1).lower()
    if scheme not in _DEFAULT_PORTS:
        raise _bad_url("its scheme is neither https nor http")
    return scheme, text[found.end() :]


def _host_of(host: str) -> str:
    host = host.rstrip(".")
    if ":" in host:
        return host
    try:
        host = host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        raise _bad_url("its host is malformed") from None
    if len(host) > 253 or not all(_HOST_LABEL.fullmatch(label) for label in host.split(".")):
        raise _bad_url("its host is malformed")
    return host


def _context_of(path: str) -> str:
    kept = []
    for segment in path.split("/"):
        if segment.lower() in _PORTAL_PATHS or segment.lower().endswith((".html", ".htm")):
            break
        if segment in (".", ".."):
            raise _bad_url("its path contains . or ..")
        if segment:
            kept.append(quote(segment, safe="!$&'()*+,;=:@%~"))
    return "".join(f"/{segment}" for segment in kept)


def segment(text: str) -> str:
    """One part of a path, percent-encoded: ``c@sey`` becomes ``c%40sey``."""
    if text in ("", ".", ".."):
        raise InputError(f"{text!r} cannot be part of an address.")
    return quote(text, safe="", errors="replace")


# ---------------------------------------------------------------------------------------------------------------------
# Texts

_SECRET_TEXT = re.compile(
    r"""((?:token|password|passwd|secret)(?:=|["']\s*[:=]\s*["'])|bearer\s+(?=\S{16}))[^\s"'&<>,;}]+""", re.IGNORECASE
)
_SECRET_NAME = re.compile(r"token|password|secret|answer", re.IGNORECASE)


def scrub(text: str, secrets: Iterable[str] = ()) -> str:
    """``text`` with the given secrets, however they are encoded, and everything that looks like one masked."""
    for secret in sorted(set(secrets), key=len, reverse=True):
        if len(secret) >= SHORTEST_SECRET:
            for form in _forms(secret):
                text = text.replace(form, MASK)
    return _SECRET_TEXT.sub(rf"\g<1>{MASK}", text)


def _forms(secret: str) -> list[str]:
    escaped = secret.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    forms = {
        secret,
        quote(secret, safe="", errors="replace"),
        quote(secret, errors="replace"),
        quote_plus(secret, errors="replace"),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        escaped,
        escaped.replace("'", "&#x27;"),
        escaped.replace("'", "&#39;"),
    }
    return sorted(forms, key=len, reverse=True)


def _secrets_in(value: t.Any, named: bool = False) -> Iterable[str]:
    """Texts under names such as ``password``, at any depth of what is sent."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _secrets_in(item, named or _SECRET_NAME.search(str(name)) is not None)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _secrets_in(item, named)
    elif named and isinstance(value, str):
        yield value


def _plain(text: str, clean: Callable[[str], str], longest: int) -> str:
    """Printable, without secrets, and short. Cut last: half a secret would not be recognised."""
    text = clean(text[: longest * 40])
    text = "".join(char if char.isprintable() else " " for char in text)
    text = " ".join(text.split())
    return text if len(text) <= longest else f"{text[:longest]}…"


def _form(values: Mapping[str, t.Any] | None) -> dict[str, str]:
    """Form fields as the portal reads them; ``None`` is not sent, structures are JSON text."""
    return {name: _form_text(value) for name, value in (values or {}).items() if value is not None}


def _form_text(value: t.Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    return json.dumps(value)


def _encoded(form: Mapping[str, str]) -> str:
    try:
        return urlencode(form)
    except UnicodeEncodeError:
        broken = [name for name, value in form.items() if re.search("[\ud800-\udfff]", name + value)]
    raise InputError(f"{', '.join(broken)}: the text contains half of a surrogate pair, which cannot be sent.")


# ---------------------------------------------------------------------------------------------------------------------
# Answers


class _Fault(t.NamedTuple):
    """What an answer says about a failure, whatever shape it says it in."""

    code: int | None
    message_code: str | None
    message: str
    details: list[str]
    #: The portal itself worked; only its administrator API answers {"status": "error", "code": 500} to bad input.
    deliberate: bool


_FAILED_STATUSES = frozenset({"error", "failed", "failure"})
_NOT_FOUND_CODES = frozenset({"COM_0018", "COM_0003", "CONT_0001", "CONT_0006"})
_NOT_FOUND_TEXT = re.compile(r"does not exist or is inaccessible", re.IGNORECASE)
_TOKEN_TEXT = re.compile(r"(invalid token|token required)\.?", re.IGNORECASE)
_EXCERPT = 200
_LONGEST_MESSAGE = 500


def judge(status: int, content_type: str, body: bytes, clean: Callable[[str], str] = scrub) -> Json:
    """The JSON object of an answer, or the error that it stands for.

    A portal answers a failure with HTTP 200 as a rule, and a success never without JSON (portal REST reference):
    the status is a hint, the body is the verdict. ``uncertain`` of the error tells whether a write may have happened,
    ``transient`` whether a read is worth repeating. ``clean`` takes secrets out of texts.
    """
    if 300 <= status < 400:
        raise UnexpectedAnswer(f"The portal answered with a redirect (HTTP {status}).", status=status)
    if not body.strip():
        if status < 400:
            return {}
        raise _no_json(status, "an empty body", None)
    data = _parsed(body)
    if data is None:
        kind = content_type.split(";")[0].strip() or "an unnamed type"
        excerpt = _plain(body[: _EXCERPT * 40].decode("utf-8", "replace"), clean, _EXCERPT)
        raise _no_json(status, _plain(kind, clean, 80), excerpt)
    fault = _fault(data)
    if fault is not None:
        raise _refusal(status, fault, clean)
    if status >= 400:
        raise _refusal(status, _Fault(None, None, f"HTTP {status}", [], False), clean)
    return data


def _parsed(body: bytes) -> Json | None:
    try:
        # Profile texts hold raw control characters.
        data = json.loads(body, strict=False)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _no_json(status: int, kind: str, excerpt: str | None) -> PortalOpsError:
    shown = f": {excerpt}" if excerpt else ""
    problem: PortalOpsError
    if status in (403, 429, 503):
        text = f"The portal, or something in front of it, turns requests away (HTTP {status}, {kind}){shown}"
        problem = Throttled(text, status=status, excerpt=excerpt)
        problem.uncertain = status == 503
        return problem
    text = f"The portal did not answer with a JSON object (HTTP {status}, {kind}){shown}"
    remedy = None
    if status in (401, 407):
        remedy = "The web server wants a sign-in of its own (IWA, PKI or a proxy): use an address without it."
    elif status in (404, 405):
        remedy = "Check that portal_url is the address of the portal, with its context path."
    problem = UnexpectedAnswer(text, status=status, excerpt=excerpt, remedy=remedy)
    problem.transient = problem.uncertain = status < 300 or status == 408 or status >= 500
    return problem


def _fault(data: Json) -> _Fault | None:
    error = data.get("error")
    if error or isinstance(error, (dict, list)):
        return _error_fault(error, data)
    status = data.get("status")
    if isinstance(status, str) and status.lower() in _FAILED_STATUSES:
        texts = _texts(data.get("messages")) or _texts(data.get("message")) or _texts(data.get("statusMessage"))
        return _Fault(_number(data.get("code")), _word(data.get("messageCode")), " ".join(texts), [], True)
    if data.get("success") in (False, "false"):
        others = {name: value for name, value in data.items() if name not in ("success", "message")}
        texts = _texts(data.get("message"))
        return _Fault(None, _word(data.get("messageCode")), " ".join(texts), _texts(others or None), True)
    return None


def _error_fault(error: t.Any, data: Json) -> _Fault:
    if not isinstance(error, dict):
        texts = _texts(data.get("error_description")) or _texts(data.get("message")) or _texts(error)
        return _Fault(_number(data.get("code")), _word(data.get("messageCode")), " ".join(texts), [], False)
    texts = (
        _texts(error.get("message"))
        or _texts(error.get("description"))
        or _texts(error.get("error_description"))
        or _texts(error.get("error"))
    )
    code, message_code = _number(error.get("code")), _word(error.get("messageCode"))
    return _Fault(code, message_code, " ".join(texts), _texts(error.get("details")), False)


def _texts(value: t.Any) -> list[str]:
    """``details`` and ``messages`` may be a list, a text, null or missing."""
    if value is None or value == "":
        return []
    if isinstance(value, list):
        return [text for item in value[:20] for text in _texts(item)]
    return [value if isinstance(value, str) else _json_text(value)]


def _json_text(value: t.Any) -> str:
    try:
        return json.dumps(value)
    except RecursionError:
        return "…"


def _number(value: t.Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _word(value: t.Any) -> str | None:
    return value if isinstance(value, str) and re.fullmatch(r"\w{1,40}", value) else None


def _refusal(status: int, fault: _Fault, clean: Callable[[str], str]) -> PortalOpsError:
    details = [_plain(text, clean, _LONGEST_MESSAGE) for text in fault.details]
    message = _plain(fault.message, clean, _LONGEST_MESSAGE) or "no reason given"
    said = " ".join([message, *(text for text in details if text != message)])
    known = ", ".join(str(code) for code in (fault.code, fault.message_code) if code is not None)
    text = f"{_plain(said, clean, _LONGEST_MESSAGE)} ({known})" if known else _plain(said, clean, _LONGEST_MESSAGE)
    kind, transient, uncertain = _verdict(status, fault, said)
    problem = kind(
        f"{_OPENINGS.get(kind, 'The portal refused')}: {text}",
        status=status,
        portal_code=fault.code,
        message_code=fault.message_code,
        portal_details=details or None,
    )
    problem.transient, problem.uncertain = transient, uncertain
    return problem


_OPENINGS: dict[type[PortalOpsError], str] = {
    TokenExpired: "The portal does not accept the token",
    Throttled: "The portal asks to slow down",
    UnexpectedAnswer: "The portal failed",
    NotFound: "The portal does not know it",
    PermissionDenied: "The portal denies permission",
}


def _verdict(status: int, fault: _Fault, said: str) -> tuple[type[PortalOpsError], bool, bool]:
    """Class of the error, worth repeating, effect unknown."""
    codes = {status, fault.code}
    if codes & {498, 499} or (fault.code is None and _TOKEN_TEXT.fullmatch(said)):
        return TokenExpired, False, False
    if 429 in codes:
        return Throttled, True, False
    if fault.message_code in _NOT_FOUND_CODES or _NOT_FOUND_TEXT.search(said):
        return NotFound, False, False
    if codes & {401, 403}:
        return PermissionDenied, False, False
    if 503 in codes and not (fault.deliberate and status < 500):
        return Throttled, True, True
    if status >= 500 or (not fault.deliberate and fault.code is not None and 500 <= fault.code < 600):
        return UnexpectedAnswer, True, True
    return Refused, False, False


def _seconds(value: str | None, date: Callable[[str], float | None], now: float) -> float | None:
    """Retry-After in seconds: it is a number of seconds or a date."""
    if not value:
        return None
    if re.fullmatch(r"\d{1,9}", value.strip()):
        return float(value)
    moment = date(value)
    return None if moment is None else max(0.0, moment - now)


def _http_date(value: str | None) -> float | None:
    from email.utils import parsedate_to_datetime

    try:
        moment: float = parsedate_to_datetime(value or "").timestamp()
        return moment
    except (TypeError, ValueError, OverflowError, IndexError):
        return None


# ---------------------------------------------------------------------------------------------------------------------
# Connection


def _given(value: str | None) -> str | None:
    return value.strip() or None if value else None


class Connection:
    """How to reach a portal: plain values, as the connection options have them."""

    def __init__(
        self,
        url: str,
        username: str | None = None,
        password: str | None = None,
        token: str | None = None,
        client_id: str | None = None,
        client_secret: str | None = None,
        validate_certs: bool = True,
        ca_path: str | None = None,
        timeout: float = 30,
        retries: int = 4,
        parallel: int = 4,
        allow_http: bool = False,
    ) -> None:
        self.url = url
        self.username = _given(username)
        self.password = password or None
        self.token = _given(token)
        self.client_id = _given(client_id)
        self.client_secret = _given(client_secret)
        self.validate_certs = validate_certs
        self.ca_path = _given(ca_path)
        self.timeout = timeout
        self.retries = retries
        self.parallel = parallel
        self.allow_http = allow_http


def _check_credentials(connection: Connection) -> None:
    for option, value, other, needed in (
        ("portal_username", connection.username, "portal_password", connection.password),
        ("portal_password", connection.password, "portal_username", connection.username),
        ("portal_client_id", connection.client_id, "portal_client_secret", connection.client_secret),
        ("portal_client_secret", connection.client_secret, "portal_client_id", connection.client_id),
    ):
        if value and not needed:
            remedy = f"Set {other} too (environment: ARCGIS_{other.upper()})."
            raise InputError(f"{option} is given without {other}. {remedy}", option=other, remedy=remedy)
    if not (connection.token or connection.client_id or connection.username):
        remedy = (
            "Set portal_username and portal_password, or portal_token, or portal_client_id and portal_client_secret "
            "(environment: ARCGIS_PORTAL_USERNAME and ARCGIS_PORTAL_PASSWORD, or ARCGIS_PORTAL_TOKEN, "
            "or ARCGIS_PORTAL_CLIENT_ID and ARCGIS_PORTAL_CLIENT_SECRET)."
        )
        raise InputError(f"There are no credentials for the portal. {remedy}", option="portal_username", remedy=remedy)
    if connection.token and not _usable_token(connection.token):
        remedy = "Give the token alone, as the portal issued it."
        raise InputError(f"portal_token is not a token. {remedy}", option="portal_token", remedy=remedy)


def _usable_token(token: t.Any) -> bool:
    """Whether it can stand in a header."""
    return isinstance(token, str) and re.fullmatch(r"[!-~]+", token) is not None


def _check_limits(connection: Connection) -> None:
    for option, value, least in (
        ("timeout", connection.timeout, 0.001),
        ("retries", connection.retries, 0),
        ("parallel", connection.parallel, 1),
    ):
        if not value >= least:
            raise InputError(f"{option} is {value}, which is too small.", option=option)
    if connection.validate_certs and connection.ca_path and not os.path.exists(connection.ca_path):
        remedy = "Give the path of a PEM file, or of a directory of such files, on the machine where the module runs."
        raise InputError(f"ca_path {connection.ca_path} does not exist. {remedy}", option="ca_path", remedy=remedy)


# ---------------------------------------------------------------------------------------------------------------------
# Wire


class _Wire(threading.local):
    """The request that this thread has under way."""

    #: Monotonic time at which the whole answer must be there.
    deadline = 0.0
    #: Longest silence in seconds.
    silence = 0.0
    #: Whether the request may have reached the portal: a connection stood.
    sent = True


_wire = _Wire()


class _BoundedReader(io.RawIOBase):
    """A socket file that gives up at the deadline, however slowly the bytes drip."""

    def __init__(self, raw: t.Any, sock: t.Any) -> None:
        super().__init__()
        self._raw = raw
        self._sock = sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: t.Any) -> int | None:
        left = _wire.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer took too long")
        self._sock.settimeout(min(left, _wire.silence))
        read: int | None = self._raw.readinto(buffer)
        return read

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()


class _Library(t.NamedTuple):
    session: Callable[[], requests.Session]
    failures: tuple[type[BaseException], ...]
    tls_failure: type[BaseException]
    timeout: type[BaseException]
    proxy_failure: type[BaseException]
    request_failure: type[BaseException]


@functools.cache
def _library() -> _Library:
    """The HTTP library, loaded when the first client is made, and its classes bent to bounded answers."""
    try:
        import requests
        import urllib3
    except ImportError:
        trace = traceback.format_exc()
    else:
        return _bent(requests, urllib3)
    raise MissingLibrary("requests", trace)


def _bent(requests: t.Any, urllib3: t.Any) -> _Library:
    import http.client

    class BoundedResponse(http.client.HTTPResponse):
        def __init__(self, sock: t.Any, *args: t.Any, **kwargs: t.Any) -> None:
            super().__init__(sock, *args, **kwargs)
            self.fp = io.BufferedReader(_BoundedReader(self.fp.detach(), sock))

    def bounded(pool: t.Any) -> t.Any:
        class BoundedConnection(pool.ConnectionCls):  # type: ignore[misc]
            response_class = BoundedResponse

            def connect(self) -> None:
                _wire.sent = False
                super().connect()
                _wire.sent = True

        return type(f"Bounded{pool.__name__}", (pool,), {"ConnectionCls": BoundedConnection})

    pools = {"http": bounded(urllib3.HTTPConnectionPool), "https": bounded(urllib3.HTTPSConnectionPool)}

    class Adapter(requests.adapters.HTTPAdapter):  # type: ignore[misc]
        def init_poolmanager(self, *args: t.Any, **kwargs: t.Any) -> None:
            super().init_poolmanager(*args, **kwargs)
            self.poolmanager.pool_classes_by_scheme = pools

        def proxy_manager_for(self, *args: t.Any, **kwargs: t.Any) -> t.Any:
            manager = super().proxy_manager_for(*args, **kwargs)
            manager.pool_classes_by_scheme = pools
            return manager

    class Session(requests.Session):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            # Any authentication of its own keeps requests from reading .netrc.
            self.auth = lambda request: request
            for scheme in ("https://", "http://"):
                self.mount(scheme, Adapter(pool_connections=1, pool_maxsize=1, max_retries=0))

        def get_redirect_target(self, resp: t.Any) -> None:
            """A redirect is never followed: it would carry the token to another host."""

    failures = (requests.RequestException, urllib3.exceptions.HTTPError, http.client.HTTPException, OSError)
    errors = requests.exceptions
    return _Library(Session, failures, errors.SSLError, errors.Timeout, errors.ProxyError, errors.RequestException)


def _reason(failure: BaseException) -> str:
    """The operating system's or TLS library's own words: those of the layers above may hold addresses and bodies."""
    pending, seen = [failure], 0
    while pending and seen < 30:
        error, seen = pending.pop(0), seen + 1
        for name in ("verify_message", "strerror"):
            text = getattr(error, name, None)
            if isinstance(text, str) and text:
                return text
        inner = [*error.args, getattr(error, "reason", None), error.__cause__, error.__context__]
        pending.extend(item for item in inner if isinstance(item, BaseException))
    return type(failure).__name__


def _timed_out(failure: BaseException) -> bool:
    pending, seen = [failure], 0
    while pending and seen < 30:
        error, seen = pending.pop(0), seen + 1
        if isinstance(error, TimeoutError) or "Timeout" in type(error).__name__:
            return True
        inner = [*error.args, error.__cause__, error.__context__]
        pending.extend(item for item in inner if isinstance(item, BaseException))
    return False


class _Request(t.NamedTuple):
    """One call: what it asks, in the forms that its attempts need."""

    effect: bool
    url: str
    query: str
    values: Mapping[str, t.Any] | None


class _Answer(t.NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes


# ---------------------------------------------------------------------------------------------------------------------
# Pace


class _Pace:
    """How many requests at once, and not before when: shared by all threads of a client."""

    def __init__(self, most: int, sleep: Callable[[float], None], clock: Callable[[], float]) -> None:
        self._most = self.limit = most
        self._sleep = sleep
        self._clock = clock
        self._changed = threading.Condition()
        self._active = 0
        self._streak = 0
        self._until = 0.0
        #: Grows with every slow-down: the answers to requests of one burst slow down once.
        self._epoch = 0

    def enter(self, give_up: float) -> int:
        """Wait for a turn. Raises ``Throttled`` if it would come after ``give_up``."""
        while True:
            with self._changed:
                pause = self._until - self._clock()
                if pause < 0.001:
                    if self._active < self.limit:
                        self._active += 1
                        return self._epoch
                    self._changed.wait(1.0)
                    continue
            if self._clock() + pause > give_up:
                raise Throttled("The portal asks to slow down for longer than this call may take.", retry_after=pause)
            self._sleep(pause)

    def leave(self) -> None:
        with self._changed:
            self._active -= 1
            self._changed.notify()

    def slow_down(self, epoch: int, pause: float) -> None:
        """Nobody asks for ``pause`` seconds; then half as many at once."""
        with self._changed:
            self._until = max(self._until, self._clock() + pause)
            self._streak = 0
            if epoch == self._epoch:
                self._epoch += 1
                self.limit = max(1, self.limit // 2)

    def speed_up(self) -> None:
        """Count an answer that was not throttled."""
        if self.limit < self._most:
            with self._changed:
                self._streak += 1
                if self._streak >= GROW_AFTER:
                    self._streak = 0
                    self.limit = min(self._most, self.limit + 1)
                    self._changed.notify()


# ---------------------------------------------------------------------------------------------------------------------
# Threads


class _Job:
    """Items that several threads work off, each taking the next one."""

    def __init__(
        self, function: Callable[[t.Any], t.Any], items: list[t.Any], done: Callable[[int], None] | None
    ) -> None:
        self._function = function
        self._items = items
        self._done = done
        self._indexes = itertools.count()
        self._changed = threading.Condition()
        self._active = 0
        self._finished = 0
        self.results: list[t.Any] = [None] * len(items)
        self.fatal: BaseException | None = None

    def work(self) -> None:
        """Work off items until none is left."""
        with self._changed:
            self._active += 1
        try:
            self._work()
        except BaseException as error:  # pylint: disable=broad-except
            self.fatal = error
        finally:
            with self._changed:
                self._active -= 1
                self._changed.notify_all()

    def _work(self) -> None:
        for index in self._indexes:
            if index >= len(self._items) or self.fatal is not None:
                return
            try:
                self.results[index] = self._function(self._items[index])
            except Exception as error:  # pylint: disable=broad-except
                self.results[index] = error
            if self._done is not None:
                with self._changed:
                    self._finished += 1
                    self._done(self._finished)

    def wait(self) -> None:
        """Wait for the items that other threads still have in hand."""
        with self._changed:
            while self._active and self.fatal is None:
                self._changed.wait()
        if self.fatal is not None:
            raise self.fatal


class _Pool:
    """Threads that live as long as the client, so that each keeps its connection."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._jobs: queue.SimpleQueue[_Job | None] | None = None
        self._threads: list[threading.Thread] = []

    def run(
        self, function: Callable[[t.Any], t.Any], items: list[t.Any], done: Callable[[int], None] | None
    ) -> list[t.Any]:
        job = _Job(function, items, done)
        for _helper in range(self._helpers(min(self._size, len(items)) - 1)):
            t.cast("queue.SimpleQueue[_Job | None]", self._jobs).put(job)
        # The calling thread takes part, so a job within a job always gets on.
        job.work()
        job.wait()
        return job.results

    def _helpers(self, count: int) -> int:
        if count > 0 and self._jobs is None:
            import queue

            self._jobs = queue.SimpleQueue()
        while len(self._threads) < count:
            thread = threading.Thread(target=self._serve, args=(self._jobs,), daemon=True)
            self._threads.append(thread)
            thread.start()
        return count

    @staticmethod
    def _serve(jobs: queue.SimpleQueue[_Job | None]) -> None:
        while True:
            job = jobs.get()
            if job is None:
                return
            job.work()
            # Results are large: an idle thread must not keep them.
            del job

    def close(self) -> None:
        for _thread in self._threads:
            t.cast("queue.SimpleQueue[_Job | None]", self._jobs).put(None)
        self._threads = []
        self._jobs = None


# ---------------------------------------------------------------------------------------------------------------------
# Sign-in


class _Token(t.NamedTuple):
    text: str
    #: By the client's clock; a token that was given lives until the portal refuses it.
    renew_at: float
    given: bool


class _SignIn:
    """The token of a client: made at the first call, renewed once per token whoever needs it."""

    def __init__(
        self,
        connection: Connection,
        referer: str,
        ask: Callable[[str, dict[str, t.Any]], tuple[Json, float]],
        minted: Callable[[str], None],
        clock: Callable[[], float],
    ) -> None:
        self._connection = connection
        self._referer = referer
        self._ask = ask
        self._minted = minted
        self._clock = clock
        self._lock = threading.Lock()
        self._token: _Token | None = None
        self._refusal: SignInError | None = None
        self._fruitless = 0
        if connection.token:
            self._token = _Token(connection.token, float("inf"), True)

    def current(self) -> _Token:
        token = self._token
        if token is None or self._clock() >= token.renew_at:
            return self.renewed(token)
        return token

    def renewed(self, old: _Token | None) -> _Token:
        """Another token than ``old``, which was refused or is about to expire."""
        with self._lock:
            if self._token is None or self._token is old:
                self._token = self._sign_in(old)
            return self._token

    def proved(self) -> None:
        """The portal has accepted the token."""
        self._fruitless = 0

    def refused(self) -> TokenExpired:
        """What to say when a token is refused for good."""
        if self._token is not None and self._token.given:
            remedy = (
                "Give a new one, or portal_username and portal_password. A token that is bound to a referer "
                f"must be made for the referer {self._referer}"
            )
            text = f"The portal does not accept portal_token: expired, revoked, or bound elsewhere. {remedy}"
        else:
            remedy = (
                "Check that nothing between here and the portal removes the headers Referer and X-Esri-Authorization."
            )
            text = f"The portal does not accept the token that it has just issued. {remedy}"
        return TokenExpired(text, remedy=remedy)

    def _sign_in(self, old: _Token | None) -> _Token:
        if self._refusal is not None:
            # Another attempt would count towards the lock-out of the account.
            raise SignInError(self._refusal.message, **self._refusal.details)
        method = self._method()
        if method is None or self._fruitless >= FRUITLESS_SIGN_INS:
            raise self.refused()
        self._fruitless += 1
        refusal = None
        try:
            return method()
        except (Refused, PermissionDenied, NotFound, TokenExpired) as error:
            refusal = error
        self._refusal = self._explained(refusal)
        raise self._refusal

    def _method(self) -> Callable[[], _Token] | None:
        if self._connection.client_id:
            return self._as_application
        return self._as_user if self._connection.username else None

    def _as_application(self) -> _Token:
        answer, now = self._ask(
            "oauth2/token",
            {
                "client_id": self._connection.client_id,
                "client_secret": self._connection.client_secret,
                "grant_type": "client_credentials",
                "expiration": TOKEN_MINUTES,
            },
        )
        # Relative seconds, unlike generateToken.
        return self._made(answer.get("access_token"), _number(answer.get("expires_in")))

    def _as_user(self) -> _Token:
        answer, now = self._ask(
            "generateToken",
            {
                "username": self._connection.username,
                "password": self._connection.password,
                "client": "referer",
                "referer": self._referer,
                "expiration": TOKEN_MINUTES,
            },
        )
        expires = _number(answer.get("expires"))
        # Absolute milliseconds by the portal's clock, which ``now`` was read from.
        return self._made(answer.get("token"), None if expires is None else expires / 1000 - now)

    def _made(self, text: t.Any, life: float | None) -> _Token:
        if not _usable_token(text):
            raise UnexpectedAnswer("The portal answered the sign-in without a token.")
        self._minted(text)
        if life is None or life <= 0:
            # Unknown, or by a clock that is off: the portal will say when it is over.
            return _Token(text, float("inf"), False)
        return _Token(text, self._clock() + life - min(60.0, life * 0.2), False)

    def _explained(self, refusal: PortalOpsError) -> SignInError:
        connection = self._connection
        if connection.client_id:
            who, options = f"application {connection.client_id}", "portal_client_id and portal_client_secret"
        else:
            who, options = f"{connection.username}", "portal_username and portal_password"
        remedy = f"Check {options}. There is no second attempt, because it could lock the account."
        if "too many" in refusal.message.lower():
            remedy = "The account is locked for a while: wait, or have an administrator unlock it."
        details = {**refusal.details, "remedy": remedy}
        return SignInError(f"Sign-in as {who} failed. {refusal.message} {remedy}", **details)


# ---------------------------------------------------------------------------------------------------------------------
# Listings

_NO_TOTAL = -1


class Page:
    """The first page of a listing. ``total`` is what the portal says; without a word of it, the rows of this page."""

    def __init__(self, listing: _Listing, rows: list[t.Any], total: int, next_start: int) -> None:
        self.listing = listing
        self.rows = rows
        self.total = len(rows) if total == _NO_TOTAL else total
        self.next_start = next_start

    @property
    def complete(self) -> bool:
        """Whether there are no further pages."""
        return self.next_start <= 0


class _Chunk(t.NamedTuple):
    rows: list[t.Any]
    last: bool


class _Listing:
    """Reads a listing of which ``start``, ``num``, ``total`` and ``nextStart`` are to be judged, not believed."""

    def __init__(
        self,
        client: PortalClient,
        path: str,
        key: str,
        params: Mapping[str, t.Any] | None,
        row: Callable[[Json], t.Any] | None,
    ) -> None:
        self._client = client
        self._path = path
        self._key = key
        self._params = dict(params or {})
        self._row = row
        self._fetched = itertools.count(1)
        self._most = MAX_PAGES
        self._stop_at = float("inf")

    def first(self) -> Page:
        rows, total, next_start = self._fetch(1, PAGE_SIZE)
        return Page(self, rows, total, next_start)

    def rest(self, page: Page, done: Callable[[int], None] | None) -> list[t.Any]:
        """Rows of all pages after ``page``, in order."""
        if page.complete:
            return []
        size, total = page.next_start - 1, page.total
        pages = max(0, -(-total // size))
        if pages > MAX_PAGES:
            raise self._odd(f"a total of {total}")
        self._most = 2 * pages + 100 if pages > 1 else MAX_PAGES
        starts = list(range(page.next_start, total + 1, size)) or [page.next_start]
        rows: list[t.Any] = []
        for chunk in self._client.map(lambda start: self._chunk(start, start + size), starts, done):
            if isinstance(chunk, BaseException):
                raise chunk
            rows.extend(chunk.rows)
            if chunk.last:
                return rows
        # There is more than the total promised: the organization has grown, or the total lies.
        while not chunk.last:
            starts[-1] += size
            chunk = self._chunk(starts[-1], starts[-1] + size)
            rows.extend(chunk.rows)
        return rows

    def _chunk(self, start: int, stop: int) -> _Chunk:
        """The rows from ``start`` up to before ``stop``, in as many pages as the portal makes of them."""
        if start > self._stop_at:
            # Another thread has found the end, or a failure, before this point.
            return _Chunk([], True)
        rows: list[t.Any] = []
        at = start
        try:
            while 0 < at < stop:
                found, _total, at = self._fetch(at, stop - at)
                rows.extend(found)
        except BaseException:
            self._stop_at = min(self._stop_at, start)
            raise
        if at > stop:
            raise self._odd("a page that is larger than asked for")
        if at <= 0:
            self._stop_at = min(self._stop_at, start)
        return _Chunk(rows, at <= 0)

    def _fetch(self, start: int, size: int) -> tuple[list[t.Any], int, int]:
        if next(self._fetched) > self._most:
            raise self._odd("more pages than its total allows")
        answer = self._client.read(self._path, {**self._params, "start": start, "num": size})
        rows = answer.get(self._key)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise self._odd("no list of objects")
        next_start = _number(answer.get("nextStart")) or -1
        if 0 < next_start <= start:
            raise self._odd("a next page that is not after this one")
        total = _number(answer.get("total"))
        if next_start <= 0 and total is not None and total > start - 1 + max(size, len(rows)):
            raise self._odd(f"an end before its total of {total}")
        if self._row is not None:
            rows = [self._row(row) for row in rows]
        return rows, _NO_TOTAL if total is None else total, next_start

    def _odd(self, what: str) -> UnexpectedAnswer:
        return UnexpectedAnswer(f"The portal answered the listing of {self._key} ({self._path}) with {what}.")


# ---------------------------------------------------------------------------------------------------------------------
# Client

_ROOTS = {"sharing": "/sharing/rest/", "admin": "/portaladmin/"}
_FORM_TYPE = "application/x-www-form-urlencoded"


def _silent(_text: str) -> None:
    """Nobody wants to know."""


class PortalClient:
    """Asks one portal, as one caller, from any number of threads.

    ``on_secret`` is told every minted token before anything else happens to it, ``warn`` what a person should know.
    """

    def __init__(
        self,
        connection: Connection,
        on_secret: Callable[[str], None] = _silent,
        warn: Callable[[str], None] = _silent,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.base = portal_base(connection.url, connection.allow_http)
        _check_credentials(connection)
        _check_limits(connection)
        self._library = _library()
        self._connection = connection
        self._host = urlsplit(self.base).netloc
        self._on_secret = on_secret
        self._sleep = sleep
        self._clock = clock
        secrets = (connection.password, connection.token, connection.client_secret)
        self._secrets = frozenset(secret for secret in secrets if secret)
        self._lock = threading.Lock()
        self._calls = {"read": 0, "write": 0}
        self._local = threading.local()
        self._sessions: list[requests.Session] = []
        self._settings: dict[str, t.Any] | None = None
        self._pace = _Pace(connection.parallel, sleep, clock)
        self._pool = _Pool(connection.parallel)
        self._sign_in = _SignIn(connection, f"{self.base}/", self._ask_token, self._minted, clock)
        if not connection.validate_certs:
            self._trust_anybody(warn)

    def __enter__(self) -> PortalClient:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """End threads and connections."""
        self._pool.close()
        with self._lock:
            sessions, self._sessions = self._sessions, []
            self._local = threading.local()
        for session in sessions:
            session.close()

    @property
    def calls(self) -> dict[str, int]:
        """Requests that were sent: ``{"read": n, "write": n}``; a sign-in is a read, a refused write is a write."""
        with self._lock:
            return dict(self._calls)

    def scrub(self, text: str) -> str:
        """``text`` without the secrets of this connection."""
        return scrub(text, self._secrets)

    def read(self, path: str, params: Mapping[str, t.Any] | None = None, root: str = "sharing") -> Json:
        """Ask for ``path`` below the root: repeated where an answer fails to come, by POST if the query is long."""
        return self._call(self._request(False, path, params, root))

    def write(self, path: str, data: Mapping[str, t.Any], root: str = "sharing") -> Json:
        """Ask for one effect. Sent again only if the portal cannot have acted on it; see ``uncertain`` of the error."""
        return self._call(self._request(True, path, data, root))

    def map(
        self, function: Callable[[t.Any], t.Any], items: Iterable[t.Any], done: Callable[[int], None] | None = None
    ) -> list[t.Any]:
        """Results in the order of ``items``, at most ``parallel`` at once; an exception is a result.

        ``done`` is called with the count of finished items, by one thread at a time.
        """
        return self._pool.run(function, list(items), done)

    def pages(
        self,
        path: str,
        key: str,
        params: Mapping[str, t.Any] | None = None,
        row: Callable[[Json], t.Any] | None = None,
        done: Callable[[int], None] | None = None,
    ) -> tuple[list[t.Any], int]:
        """All rows of a listing in the portal's order, each passed through ``row``, and the total that it states."""
        page = self.first_page(path, key, params, row)
        rest = self.rest_of_pages(page, done)
        return page.rows + rest, max(page.total, len(page.rows) + len(rest)) if rest else page.total

    def first_page(
        self,
        path: str,
        key: str,
        params: Mapping[str, t.Any] | None = None,
        row: Callable[[Json], t.Any] | None = None,
    ) -> Page:
        """The first page of a listing: ``rows`` and ``total``."""
        return _Listing(self, path, key, params, row).first()

    def rest_of_pages(self, page: Page, done: Callable[[int], None] | None = None) -> list[t.Any]:
        """Rows of the pages after the first one; ``done`` is called with the count of pages that have come."""
        return page.listing.rest(page, done)

    # -- one call -----------------------------------------------------------------------------------------------------

    def _request(self, effect: bool, path: str, values: Mapping[str, t.Any] | None, root: str) -> _Request:
        query = _encoded({**_form(values), "f": "json"})
        return _Request(effect, f"{self.base}{_ROOTS[root]}{path.lstrip('/')}", query, values)

    def _call(self, request: _Request) -> Json:
        token = self._sign_in.current()
        give_up = self._give_up()
        try:
            answer, _date = self._persist(request, token.text, give_up)
        except TokenExpired:
            answer = None
        if answer is None:
            answer = self._replayed(request, token, give_up)
        self._sign_in.proved()
        return answer

    def _replayed(self, request: _Request, refused: _Token, give_up: float) -> Json:
        token = self._sign_in.renewed(refused)
        try:
            return self._persist(request, token.text, give_up)[0]
        except TokenExpired:
            pass
        raise self._sign_in.refused()

    def _give_up(self) -> float:
        connection = self._connection
        attempts = connection.retries + 1
        return self._clock() + 2 * attempts * connection.timeout + connection.retries * LONGEST_PAUSE

    def _ask_token(self, path: str, form: dict[str, t.Any]) -> tuple[Json, float]:
        answer, date = self._persist(self._request(False, path, form, "sharing"), None, self._give_up())
        now = _http_date(date)
        return answer, time.time() if now is None else now

    def _minted(self, token: str) -> None:
        self._on_secret(token)
        with self._lock:
            # A new set: other threads may be reading the old one.
            self._secrets = self._secrets | {token}

    def _persist(self, request: _Request, token: str | None, give_up: float) -> tuple[Json, str | None]:
        """The JSON object of the answer and its Date, after as many attempts as the outcome of each allows."""
        for attempt in itertools.count():
            epoch = self._pace.enter(give_up)
            try:
                answer = self._exchange(request, token, give_up)
                data = self._judged(request, answer)
                self._pace.speed_up()
                return data, answer.headers.get("Date")
            except PortalOpsError as error:
                problem = error
            finally:
                self._pace.leave()
            pause = self._pause(problem, attempt)
            if isinstance(problem, Throttled):
                self._pace.slow_down(epoch, pause)
            last = attempt >= self._connection.retries or self._clock() + pause > give_up
            if last or not problem.transient or (request.effect and problem.uncertain):
                problem.uncertain = problem.uncertain and request.effect
                raise problem
            if not isinstance(problem, Throttled):
                self._sleep(pause)
        raise AssertionError  # pragma: no cover

    @staticmethod
    def _pause(problem: PortalOpsError, attempt: int) -> float:
        asked = problem.details.get("retry_after")
        if asked is not None:
            return min(float(asked), LONGEST_PAUSE)
        first = 2.0 if isinstance(problem, Throttled) else 0.5
        return min(first * 2.0**attempt, LONGEST_PAUSE) * random.uniform(0.5, 1.0)

    def _judged(self, request: _Request, answer: _Answer) -> Json:
        if 300 <= answer.status < 400:
            raise self._redirected(answer)
        try:
            return judge(
                answer.status,
                answer.headers.get("Content-Type", ""),
                answer.body,
                lambda text: scrub(text, self._secrets.union(_secrets_in(request.values))),
            )
        except Throttled as error:
            error.details["retry_after"] = _seconds(answer.headers.get("Retry-After"), _http_date, time.time())
            raise

    def _redirected(self, answer: _Answer) -> UnexpectedAnswer:
        try:
            target = urlsplit(answer.headers.get("Location", ""))
            host, scheme = target.hostname, target.scheme
        except ValueError:
            host, scheme = None, ""
        where = _plain(f"{scheme}://{host}" if scheme and host else host or "the same host", self.scrub, 200)
        remedy = f"Set portal_url to the address that the portal itself uses (it points to {where})."
        text = f"{self._host} redirects to {where} (HTTP {answer.status}), which is never followed. {remedy}"
        return UnexpectedAnswer(text, status=answer.status, remedy=remedy)

    # -- one attempt --------------------------------------------------------------------------------------------------

    def _exchange(self, request: _Request, token: str | None, give_up: float) -> _Answer:
        timeout = self._connection.timeout
        _wire.deadline = time.monotonic() + min(2 * timeout, max(timeout, give_up - self._clock()))
        _wire.silence = timeout
        _wire.sent = True
        try:
            return self._send(request, token)
        except self._library.failures as failure:
            problem = self._explained(failure)
        finally:
            if _wire.sent:
                self._count(request)
        raise problem

    def _send(self, request: _Request, token: str | None) -> _Answer:
        session = self._session()
        prepared = session.prepare_request(self._wire_form(request, token))
        timeout = self._connection.timeout
        with session.send(prepared, timeout=(timeout, timeout), allow_redirects=False, **self._environment()) as answer:
            return _Answer(answer.status_code, answer.headers, self._body(answer))

    @staticmethod
    def _wire_form(request: _Request, token: str | None) -> requests.Request:
        import requests

        headers = {} if token is None else {"X-Esri-Authorization": f"Bearer {token}"}
        if not request.effect and token is not None and len(request.url) + 1 + len(request.query) <= LONGEST_URL:
            return requests.Request("GET", f"{request.url}?{request.query}", headers=headers)
        headers["Content-Type"] = _FORM_TYPE
        # The administrator API reads the token of a POST in its body only.
        body = request.query if token is None else f"{request.query}&token={quote_plus(token)}"
        return requests.Request("POST", request.url, headers=headers, data=body)

    @staticmethod
    def _body(answer: requests.Response) -> bytes:
        chunks, size = [], 0
        announced = _number(answer.headers.get("Content-Length"))
        if announced is None or announced <= MAX_ANSWER:
            for chunk in answer.iter_content(65536):
                chunks.append(chunk)
                size += len(chunk)
                if size > MAX_ANSWER:
                    break
            else:
                if announced and not size:
                    raise ConnectionError("the answer is missing")
                return b"".join(chunks)
        problem = UnexpectedAnswer(f"The portal's answer is larger than {MAX_ANSWER} bytes.", status=answer.status_code)
        problem.uncertain = True
        raise problem

    def _count(self, request: _Request) -> None:
        with self._lock:
            self._calls["write" if request.effect else "read"] += 1

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._library.session()
            session.headers.update(
                {"Referer": f"{self.base}/", "User-Agent": "portalops.arcgis", "Accept": "application/json"}
            )
            with self._lock:
                self._sessions.append(session)
                self._local.session = session
        return session

    def _environment(self) -> dict[str, t.Any]:
        """Proxies and trusted authorities, looked up once: doing so for every request costs more than the request."""
        settings = self._settings
        if settings is None:
            verify: bool | str = self._connection.validate_certs
            if verify and self._connection.ca_path:
                verify = self._connection.ca_path
            session = self._session()
            settings = dict(session.merge_environment_settings(self.base, {}, True, verify, None))
            self._settings = settings
        return settings

    def _trust_anybody(self, warn: Callable[[str], None]) -> None:
        import urllib3

        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        warn(f"The TLS certificate of {self._host} is not verified (validate_certs: false): anybody could answer.")

    def _explained(self, failure: BaseException) -> PortalOpsError:
        """Own words only: messages of the libraries may hold addresses and bodies."""
        library, host = self._library, self._host
        if _wire.sent:
            return self._unanswered(failure)
        if isinstance(failure, library.tls_failure) or not isinstance(failure, library.request_failure):
            remedy = "Set ca_path to the certificate of the authority that signed the portal's certificate."
            text = f"There is no trusted connection to {host}: {_reason(failure)}. {remedy}"
            return TlsError(text, host=host, remedy=remedy)
        if isinstance(failure, library.proxy_failure):
            remedy = "Check the environment variables HTTPS_PROXY, HTTP_PROXY and NO_PROXY."
            text = f"The proxy does not connect to {host}: {_reason(failure)}. {remedy}"
            return TransportError(text, host=host, remedy=remedy)
        reason = f"no answer within {self._connection.timeout:g} s" if _timed_out(failure) else _reason(failure)
        remedy = "Check portal_url, the network and the firewall."
        return TransportError(f"There is no connection to {host}: {reason}. {remedy}", host=host, remedy=remedy)

    def _unanswered(self, failure: BaseException) -> NoAnswer:
        host, timeout = self._host, self._connection.timeout
        if _timed_out(failure):
            remedy = "Raise timeout if the portal is slow."
            text = f"{host} did not answer in time (timeout: {timeout:g} s). {remedy}"
            return NoAnswer(text, host=host, remedy=remedy)
        text = f"The connection to {host} broke before the answer was complete: {_reason(failure)}."
        return NoAnswer(text, host=host)
