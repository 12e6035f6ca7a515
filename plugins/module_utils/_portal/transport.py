# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it may change in any release.

"""The HTTP library, loaded late, and its connections bent so that an answer cannot take for ever."""

from __future__ import annotations

import functools
import io
import re
import threading
import time
import traceback
import typing as t
from collections.abc import Callable, Iterator

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import MissingLibrary

if t.TYPE_CHECKING:
    import requests


class _Wire(threading.local):
    """The request that this thread has under way."""

    #: Monotonic time at which the whole answer must be there.
    deadline = 0.0
    #: Longest silence in seconds.
    silence = 0.0
    #: Whether the request may have reached the portal: a connection stood.
    sent = True


wire = _Wire()


class _BoundedReader(io.RawIOBase):
    """A socket file that gives up at the deadline, however slowly the bytes drip."""

    def __init__(self, raw: t.Any, sock: t.Any) -> None:
        super().__init__()
        self._raw = raw
        self._sock = sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: t.Any) -> int | None:
        left = wire.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer took too long")
        self._sock.settimeout(min(left, wire.silence))
        read: int | None = self._raw.readinto(buffer)
        return read

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()


class Library(t.NamedTuple):
    session: Callable[[], requests.Session]
    failures: tuple[type[BaseException], ...]
    tls_failure: type[BaseException]
    timeout: type[BaseException]
    proxy_failure: type[BaseException]
    request_failure: type[BaseException]


@functools.cache
def library() -> Library:
    """The HTTP library, loaded when the first client is made, and its classes bent to bounded answers."""
    try:
        import requests
        import urllib3
    except ImportError:
        trace = traceback.format_exc()
    else:
        return _bent(requests, urllib3)
    raise MissingLibrary("requests", trace)


def _bent(requests: t.Any, urllib3: t.Any) -> Library:
    import http.client

    class BoundedResponse(http.client.HTTPResponse):
        def __init__(self, sock: t.Any, *args: t.Any, **kwargs: t.Any) -> None:
            super().__init__(sock, *args, **kwargs)
            self.fp = io.BufferedReader(_BoundedReader(self.fp.detach(), sock))

    def bounded(pool: t.Any) -> t.Any:
        class BoundedConnection(pool.ConnectionCls):  # type: ignore[misc]
            response_class = BoundedResponse

            def connect(self) -> None:
                wire.sent = False
                super().connect()
                wire.sent = True

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
    return Library(Session, failures, errors.SSLError, errors.Timeout, errors.ProxyError, errors.RequestException)


#: The message of a proxy that refuses, as the standard library words it.
_TUNNEL = re.compile(r"Tunnel connection failed: \d{3}[ \w]{0,60}")
_NAMED = {
    "RemoteDisconnected": "the other side closed it",
    "IncompleteRead": "it ended too early",
    "BadStatusLine": "what came is not HTTP",
    "DecodeError": "its compression is broken",
}


def _layers(failure: BaseException) -> Iterator[BaseException]:
    """An exception and those that it was made of, outermost first."""
    pending: list[t.Any] = [failure]
    seen: set[int] = set()
    while pending:
        error = pending.pop(0)
        if isinstance(error, BaseException) and id(error) not in seen:
            seen.add(id(error))
            yield error
            pending += [*error.args, getattr(error, "reason", None), error.__cause__, error.__context__]


def reason_of(failure: BaseException) -> str:
    """The operating system's or TLS library's own words: those of the layers above may hold addresses and bodies."""
    for error in _layers(failure):
        refusals = (text for text in error.args if isinstance(text, str) and _TUNNEL.fullmatch(text))
        for text in (getattr(error, "verify_message", None), getattr(error, "strerror", None), *refusals):
            if isinstance(text, str) and text:
                return text
        if type(error).__name__ in _NAMED:
            return _NAMED[type(error).__name__]
    return type(failure).__name__


def timed_out(failure: BaseException) -> bool:
    """Whether time was what ran out."""
    return any("timeout" in type(error).__name__.lower() for error in _layers(failure))
