# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""One HTTP request and its response, in bounded time and size. The only file that uses the HTTP library."""

from __future__ import annotations

import concurrent.futures
import http.client
import io
import os
import ssl
import threading
import traceback
import typing as t
from collections.abc import Callable, Mapping

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import (
    InputError,
    MissingLibrary,
    PortalOpsError,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.connection import Connection
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.failures import (
    broken_response_error,
    causes_of,
    connect_timeout_error,
    is_timeout,
    is_tunnel_failure,
    proxy_error,
    reason_of,
    response_timeout_error,
    size_error,
    tls_error,
    unreachable_error,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.responses import number

IMPORT_ERROR: str | None = None
try:
    import requests
    import urllib3
    from requests.adapters import HTTPAdapter
except ImportError:
    IMPORT_ERROR = traceback.format_exc()
else:

    class _Session(requests.Session):
        """A session that never looks at the target of a redirect, which could be another host or malformed."""

        def get_redirect_target(self, resp: requests.Response) -> None:
            return None


# Bytes. A page of 100 members has a few hundred KiB.
MAX_RESPONSE = 64 * 1024 * 1024
# Bytes that are read from a response at a time.
_CHUNK = 64 * 1024


class Message(t.NamedTuple):
    """An HTTP request. A ``body`` of None makes it a GET, anything else a POST."""

    url: str
    headers: Mapping[str, str]
    body: bytes | None


class RawResponse(t.NamedTuple):
    """A complete HTTP response."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _Body(io.BytesIO):
    """A request body that knows whether the HTTP library has started to send it.

    The library reads a body only after it has connected. A request whose body was never read did not arrive: the portal
    at most got the headers of a POST, which contain neither a token nor parameters.
    """

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._lock = threading.Lock()
        self._started = False
        self._withdrawn = False

    def read(self, size: int | None = -1, /) -> bytes:
        with self._lock:
            if self._withdrawn:
                raise OSError("the request was given up before it was sent")
            self._started = True
        return super().read(size)

    def withdraw(self) -> bool:
        """Make sure that nothing is sent from now on. Return whether sending had started before."""
        with self._lock:
            self._withdrawn = True
            return self._started


class Transport:
    """The HTTP connections to one portal, for any number of threads."""

    def __init__(self, base: str, host: str, connection: Connection, warn: Callable[[str], None]) -> None:
        if IMPORT_ERROR is not None:
            raise MissingLibrary("requests", IMPORT_ERROR)
        self._host = host
        self._timeout = connection.timeout
        self._session = _new_session(base, connection.parallel)
        verify: bool | str = connection.validate_certs
        if verify and connection.ca_path:
            verify = connection.ca_path
        # Read once, because reading them for each request takes longer than the request.
        self._settings: dict[str, t.Any] = dict(self._session.merge_environment_settings(base, {}, True, verify, None))
        _check_authorities(self._settings["verify"])
        if not connection.validate_certs:
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
            warn(
                f"The TLS certificate of {host} is not verified because validate_certs is false. "
                "Another host can impersonate the portal."
            )

    def close(self) -> None:
        """Close the connections. A later request opens new ones."""
        self._session.close()

    def send(self, message: Message, seconds: float) -> RawResponse:
        """Send one request and return its response. Never repeats it, never follows a redirect.

        Each wait for the network takes at most the timeout of the connection. ``seconds`` bounds them together,
        however slowly the bytes arrive: at the end, the caller stops waiting, and a request that was not sent by then
        is not sent at all.

        Raises:
            TransportError, TlsError: If nothing was sent.
            NoAnswer: If the request can have arrived, but its response did not.
            UnexpectedAnswer: If the response is too large.
        """
        body = None if message.body is None else _Body(message.body)
        try:
            return _run_within(seconds, lambda: self._exchange(message, body))
        except (
            requests.RequestException,
            urllib3.exceptions.HTTPError,
            http.client.HTTPException,
            concurrent.futures.TimeoutError,
            OSError,
        ) as failure:
            error = self._to_error(failure, body)
        raise error

    def _exchange(self, message: Message, body: _Body | None) -> RawResponse:
        method = "GET" if body is None else "POST"
        request = requests.Request(method, message.url, headers=dict(message.headers), data=body)
        prepared = self._session.prepare_request(request)
        timeouts = (self._timeout, self._timeout)
        with self._session.send(prepared, timeout=timeouts, allow_redirects=False, **self._settings) as response:
            return RawResponse(response.status_code, response.headers, _read_body(response))

    def _to_error(self, failure: BaseException, body: _Body | None) -> PortalOpsError:
        """Convert a failure of the HTTP library."""
        host = self._host
        sent = _can_have_sent(failure) if body is None else body.withdraw()
        if sent:
            if is_timeout(failure):
                return response_timeout_error(host, self._timeout)
            return broken_response_error(host, failure)
        if isinstance(failure, requests.exceptions.SSLError):
            return tls_error(host, failure)
        if isinstance(failure, requests.exceptions.ProxyError):
            return proxy_error(host, failure)
        if is_timeout(failure):
            return connect_timeout_error(host, self._timeout)
        return unreachable_error(host, reason_of(failure))


def _can_have_sent(failure: BaseException) -> bool:
    """Return whether a GET request can have arrived."""
    if isinstance(failure, requests.exceptions.SSLError):
        # A connection that ends is not a failed handshake.
        ends = (ssl.SSLEOFError, ssl.SSLZeroReturnError)
        return any(isinstance(cause, ends) for cause in causes_of(failure))
    if isinstance(failure, (requests.exceptions.ConnectTimeout, requests.exceptions.ProxyError)):
        return False
    is_new = any(isinstance(cause, urllib3.exceptions.NewConnectionError) for cause in causes_of(failure))
    return not is_new and not is_tunnel_failure(failure)


def _run_within(seconds: float, work: Callable[[], RawResponse]) -> RawResponse:
    """Run the work in a thread of its own and wait for it.

    The HTTP library bounds each read of a socket, but not their sum: a server that sends one byte at a time can hold a
    thread forever. Such a thread is left behind as a daemon, which ends with the process.

    Raises:
        concurrent.futures.TimeoutError: If the work takes longer.
    """
    future: concurrent.futures.Future[RawResponse] = concurrent.futures.Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future.result(seconds)


def _read_body(response: requests.Response) -> bytes:
    chunks, size = [], 0
    announced = number(response.headers.get("Content-Length"))
    if announced is not None and announced > MAX_RESPONSE:
        raise size_error(response.status_code, MAX_RESPONSE)
    for chunk in response.iter_content(_CHUNK):
        chunks.append(chunk)
        size += len(chunk)
        if size > MAX_RESPONSE:
            raise size_error(response.status_code, MAX_RESPONSE)
    if announced is not None and response.raw.tell() < announced:
        # urllib3 1 does not report a body that ends too early.
        raise ConnectionError("the response ended too early")
    return b"".join(chunks)


def _new_session(base: str, connections: int) -> requests.Session:
    session = _Session()
    session.headers.update({"Referer": f"{base}/", "User-Agent": "portalops.arcgis", "Accept": "application/json"})
    # A session with its own authentication does not read .netrc.
    session.auth = lambda request: request
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(pool_connections=1, pool_maxsize=connections, max_retries=0))
    return session


def _check_authorities(verify: t.Any) -> None:
    """Check the path of trusted certificates, which can come from the environment."""
    if isinstance(verify, str) and not os.path.exists(verify):
        remedy = "Correct REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE, or set ca_path."
        raise InputError(f"The trusted certificates '{verify}' do not exist.", option="ca_path", remedy=remedy)
