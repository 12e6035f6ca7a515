# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Requests to one portal: when they are sent, how often they are repeated, and how many were sent."""

from __future__ import annotations

import enum
import random
import threading
import time
import typing as t
from collections.abc import Callable, Mapping
from urllib.parse import quote_plus

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import (
    PortalOpsError,
    Throttled,
    TlsError,
    TransportError,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.connection import Connection
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.failures import redirect_error
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.form import encode_form
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.limiter import RateLimiter
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.responses import (
    Json,
    parse_http_date,
    parse_response,
    parse_retry_after,
    scrub,
    secrets_in,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.transport import (
    Message,
    RawResponse,
    Transport,
)

# Characters. Esri's JavaScript client posts a query whose URL would be longer.
MAX_URL_LENGTH = 2000
# Seconds. A longer Retry-After counts as this, so that the time for a request stays bounded.
MAX_PAUSE = 60.0
# Seconds before the first repetition. The pause doubles with each repetition.
_FIRST_PAUSE = 0.5
_FIRST_PAUSE_THROTTLED = 2.0


class Kind(enum.Enum):
    """What a request does, which decides when it is repeated."""

    # Repeated after each temporary failure.
    READ = "read"
    # A read that the portal takes only as a POST. Repeated like READ.
    QUERY = "query"
    # Repeated only if the portal did not act on it.
    WRITE = "write"
    # Repeated only if it did not arrive: each arrival of a wrong password counts toward the lockout of the account.
    SIGN_IN = "sign_in"


class Request(t.NamedTuple):
    """One request, in the forms that its attempts need."""

    kind: Kind
    url: str
    query: str
    values: Mapping[str, t.Any] | None


def build_request(kind: Kind, url: str, values: Mapping[str, t.Any] | None) -> Request:
    """Build a request from its form values.

    Raises:
        InputError: If a text has no UTF-8 form.
    """
    return Request(kind, url, encode_form(values), values)


class Reply(t.NamedTuple):
    """The JSON object of a response, and the time of the portal in seconds since the epoch."""

    data: Json
    now: float


class Exchange:
    """Sends requests to one portal, from any number of threads."""

    def __init__(
        self,
        host: str,
        connection: Connection,
        transport: Transport,
        sleep: Callable[[float], None],
        clock: Callable[[], float],
    ) -> None:
        self.limiter = RateLimiter(connection.parallel, sleep, clock)
        self._host = host
        self._timeout = connection.timeout
        self._retries = connection.retries
        self._transport = transport
        self._sleep = sleep
        self._clock = clock
        self._lock = threading.Lock()
        self._counts = {"read": 0, "write": 0}
        self._secrets = connection.secrets

    @property
    def counts(self) -> dict[str, int]:
        """Number of sent requests: ``write`` counts writes, ``read`` all others, sign-ins included."""
        with self._lock:
            return dict(self._counts)

    def add_secret(self, secret: str) -> None:
        """Mask the secret in all texts from now on."""
        with self._lock:
            # A new set, because other threads can be reading the old one.
            self._secrets = self._secrets | {secret}

    def scrub(self, text: str) -> str:
        """Return the text without the secrets of the connection."""
        return scrub(text, self._secrets)

    def deadline(self) -> float:
        """Return the time of the clock at which a request that starts now ends, with all its repetitions."""
        attempts = self._retries + 1
        return self._clock() + 2 * attempts * self._timeout + self._retries * MAX_PAUSE

    def send(self, request: Request, token: str | None, deadline: float) -> Reply:
        """Send a request, repeat it if its kind allows that, and return the response.

        Args:
            token: Token of the signed-in account. None for a sign-in.
            deadline: Time of the clock, in seconds.

        Raises:
            PortalOpsError: The failure of the last attempt. ``uncertain`` is true only for writes.
        """
        attempt = 0
        while True:
            epoch = self.limiter.enter(deadline)
            try:
                reply = self._attempt(request, token, deadline)
                self.limiter.speed_up()
                return reply
            except PortalOpsError as failure:
                error = failure
            finally:
                self.limiter.leave()
            pause = _pause(error, attempt)
            if isinstance(error, Throttled):
                self.limiter.slow_down(epoch, pause)
            last = attempt >= self._retries or self._clock() + pause > deadline
            if last or not _can_repeat(request.kind, error):
                error.uncertain = error.uncertain and request.kind is Kind.WRITE
                raise error
            if not isinstance(error, Throttled):
                self._sleep(pause)
            attempt += 1

    def _attempt(self, request: Request, token: str | None, deadline: float) -> Reply:
        seconds = min(2 * self._timeout, max(self._timeout, deadline - self._clock()))
        try:
            response = self._transport.send(_to_message(request, token), seconds)
        except (TransportError, TlsError):
            raise
        except PortalOpsError:
            self._count(request)
            raise
        self._count(request)
        date = parse_http_date(response.headers.get("Date"))
        return Reply(self._parse(request, response), time.time() if date is None else date)

    def _count(self, request: Request) -> None:
        with self._lock:
            self._counts["write" if request.kind is Kind.WRITE else "read"] += 1

    def _parse(self, request: Request, response: RawResponse) -> Json:
        def clean(text: str) -> str:
            return scrub(text, self._secrets.union(secrets_in(request.values)))

        if 300 <= response.status < 400:
            raise redirect_error(self._host, response.status, response.headers.get("Location", ""), clean)
        try:
            return parse_response(response.status, response.headers.get("Content-Type", ""), response.body, clean)
        except PortalOpsError as error:
            if error.transient:
                error.details["retry_after"] = parse_retry_after(response.headers.get("Retry-After"), time.time())
            raise


def _to_message(request: Request, token: str | None) -> Message:
    """Build the HTTP request. The token is in the header of a GET and in the body of a POST, never in the URL."""
    if request.kind is Kind.READ and len(request.url) + 1 + len(request.query) <= MAX_URL_LENGTH:
        return Message(f"{request.url}?{request.query}", {"X-Esri-Authorization": f"Bearer {token}"}, None)
    # Only in the body: the administrator API reads it there, and a POST that lost its body is anonymous.
    body = request.query if token is None else f"{request.query}&token={quote_plus(token)}"
    return Message(request.url, {"Content-Type": "application/x-www-form-urlencoded"}, body.encode("ascii"))


def _can_repeat(kind: Kind, error: PortalOpsError) -> bool:
    if not error.transient:
        return False
    if kind is Kind.SIGN_IN:
        return isinstance(error, TransportError)
    return kind is not Kind.WRITE or not error.uncertain


def _pause(error: PortalOpsError, attempt: int) -> float:
    """Return the seconds before the next attempt: a growing wait, or longer if the portal asks for it."""
    first = _FIRST_PAUSE_THROTTLED if isinstance(error, Throttled) else _FIRST_PAUSE
    wait = first * 2.0**attempt * random.uniform(0.5, 1.0)
    return min(max(wait, float(error.details.get("retry_after") or 0)), MAX_PAUSE)
