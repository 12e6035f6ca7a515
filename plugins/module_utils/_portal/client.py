# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it may change in any release.

"""HTTP to a portal and nothing else: address, sign-in, token life, retries, pacing, classes of answers.

It knows no member, no role and no plan. A call ends within
``2 * (retries + 1) * timeout + 60 * retries`` seconds, and within twice that if it has to sign in first.
"""

from __future__ import annotations

import json
import os
import random
import re
import threading
import time
import typing as t
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import quote_plus, urlencode, urlsplit

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
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.address import portal_base, segment
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.limiter import Pace, Pool
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.responses import (
    Json,
    http_date,
    judge,
    number,
    plain,
    retry_after,
    scrub,
    secrets_in,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.transport import (
    library,
    reason_of,
    timed_out,
    wire,
)

if t.TYPE_CHECKING:
    import requests

    from ansible_collections.portalops.arcgis.plugins.module_utils._portal.pages import Page

__all__ = ["Connection", "PortalClient", "judge", "portal_base", "scrub", "segment"]

#: Esri's JavaScript client posts a query when its address would be longer.
LONGEST_URL = 2000
#: A page of a hundred members is a few hundred KiB.
MAX_ANSWER = 64 * 1024 * 1024
#: Seconds; a longer Retry-After is cut to it, so that a call stays bounded.
LONGEST_PAUSE = 60.0
#: Minutes; the portal may grant less.
TOKEN_MINUTES = 60
#: New tokens in a row that the portal did not accept a single time, before no more are asked for.
FRUITLESS_SIGN_INS = 3


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
    """Whether it can stand in a header: web servers take some 8 KB."""
    return isinstance(token, str) and re.fullmatch(r"[!-~]{1,8000}", token) is not None


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


def _check_authorities(verify: t.Any) -> None:
    """The path may come from the environment, where nobody has looked at it yet."""
    if isinstance(verify, str) and not os.path.exists(verify):
        remedy = "Correct REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE, or set ca_path."
        raise InputError(f"The trusted certificates {verify} do not exist. {remedy}", option="ca_path", remedy=remedy)


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
        return self._made(answer.get("access_token"), number(answer.get("expires_in")))

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
        expires = number(answer.get("expires"))
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
        #: Where the administrator API lies below the base; Enterprise on Kubernetes has it elsewhere.
        self.admin_path = "portaladmin"
        self._library = library()
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
        self._pace = Pace(connection.parallel, sleep, clock)
        self._pool = Pool(connection.parallel)
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
        convert: Callable[[Json], t.Any] | None = None,
        done: Callable[[int], None] | None = None,
    ) -> tuple[list[t.Any], int]:
        """All rows of a listing in the portal's order, and the total that it states.

        ``convert`` takes each row as soon as it has come, so that a long listing need not be kept as it was sent.
        """
        page = self.first_page(path, key, params, convert)
        rows, total = self.other_pages(page, done)
        return page.rows + rows, total

    def first_page(
        self,
        path: str,
        key: str,
        params: Mapping[str, t.Any] | None = None,
        convert: Callable[[Json], t.Any] | None = None,
    ) -> Page:
        """The first page of a listing: ``rows`` and ``total``."""
        # A task about one member reads no listing.
        from ansible_collections.portalops.arcgis.plugins.module_utils._portal.pages import Listing

        return Listing(self, path, key, params, convert).first()

    def other_pages(self, page: Page, done: Callable[[int], None] | None = None) -> tuple[list[t.Any], int]:
        """Rows of the pages after the first one, and the total of the listing.

        ``done`` is called with the count of parts that have come, by one thread at a time.
        """
        return page.listing.rest(page, done), page.total

    # -- one call -----------------------------------------------------------------------------------------------------

    def _request(self, effect: bool, path: str, values: Mapping[str, t.Any] | None, root: str) -> _Request:
        query = _encoded({**_form(values), "f": "json"})
        below = {"sharing": "sharing/rest", "admin": self.admin_path}[root]
        return _Request(effect, f"{self.base}/{below}/{path.lstrip('/')}", query, values)

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
        now = http_date(date)
        return answer, time.time() if now is None else now

    def _minted(self, token: str) -> None:
        self._on_secret(token)
        with self._lock:
            # A new set: other threads may be reading the old one.
            self._secrets = self._secrets | {token}

    def _persist(self, request: _Request, token: str | None, give_up: float) -> tuple[Json, str | None]:
        """The JSON object of the answer and its Date, after as many attempts as the outcome of each allows."""
        attempt = 0
        while True:
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
            attempt += 1

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
                lambda text: scrub(text, self._secrets.union(secrets_in(request.values))),
            )
        except Throttled as error:
            error.details["retry_after"] = retry_after(answer.headers.get("Retry-After"), http_date, time.time())
            raise

    def _redirected(self, answer: _Answer) -> UnexpectedAnswer:
        try:
            target = urlsplit(answer.headers.get("Location", ""))
            port = "" if target.port is None else f":{target.port}"
            where = f"{target.scheme or 'https'}://{target.hostname}{port}" if target.hostname else "the same host"
        except ValueError:
            where = "a malformed address"
        where = plain(where, self.scrub, 200)
        remedy = f"Set portal_url to the address that the portal itself uses (it points to {where})."
        text = f"{self._host} redirects to {where} (HTTP {answer.status}), which is never followed. {remedy}"
        return UnexpectedAnswer(text, status=answer.status, remedy=remedy)

    # -- one attempt --------------------------------------------------------------------------------------------------

    def _exchange(self, request: _Request, token: str | None, give_up: float) -> _Answer:
        self._environment()
        timeout = self._connection.timeout
        wire.deadline = time.monotonic() + min(2 * timeout, max(timeout, give_up - self._clock()))
        wire.silence = timeout
        wire.sent = True
        try:
            return self._send(request, token)
        except self._library.failures as failure:
            problem = self._explained(failure)
        finally:
            if wire.sent:
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
        announced = number(answer.headers.get("Content-Length"))
        if announced is None or announced <= MAX_ANSWER:
            for chunk in answer.iter_content(65536):
                chunks.append(chunk)
                size += len(chunk)
                if size > MAX_ANSWER:
                    break
            else:
                if announced is not None and answer.raw.tell() < announced:
                    # Older versions of the library take it for the end.
                    raise ConnectionError("the answer ended too early")
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
            _check_authorities(settings["verify"])
            self._settings = settings
        return settings

    def _trust_anybody(self, warn: Callable[[str], None]) -> None:
        import urllib3

        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        warn(f"The TLS certificate of {self._host} is not verified (validate_certs: false): anybody could answer.")

    def _explained(self, failure: BaseException) -> PortalOpsError:
        """Own words only: messages of the libraries may hold addresses and bodies."""
        library, host = self._library, self._host
        if wire.sent:
            return self._unanswered(failure)
        if isinstance(failure, library.tls_failure) or not isinstance(failure, library.request_failure):
            remedy = "Set ca_path to the certificate of the authority that signed the portal's certificate."
            text = f"There is no trusted connection to {host}: {reason_of(failure)}. {remedy}"
            return TlsError(text, host=host, remedy=remedy)
        if isinstance(failure, library.proxy_failure):
            remedy = "Check the environment variables HTTPS_PROXY, HTTP_PROXY and NO_PROXY."
            text = f"The proxy does not connect to {host}: {reason_of(failure)}. {remedy}"
            return TransportError(text, host=host, remedy=remedy)
        reason = f"no answer within {self._connection.timeout:g} s" if timed_out(failure) else reason_of(failure)
        remedy = "Check portal_url, the network and the firewall."
        return TransportError(f"There is no connection to {host}: {reason}. {remedy}", host=host, remedy=remedy)

    def _unanswered(self, failure: BaseException) -> NoAnswer:
        host, timeout = self._host, self._connection.timeout
        if timed_out(failure):
            remedy = "Raise timeout if the portal is slow."
            text = f"{host} did not answer in time (timeout: {timeout:g} s). {remedy}"
            return NoAnswer(text, host=host, remedy=remedy)
        text = f"The connection to {host} broke before the answer was complete: {reason_of(failure)}."
        return NoAnswer(text, host=host)
