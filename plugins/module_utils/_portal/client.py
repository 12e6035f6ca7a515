# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Requests to a portal: address, sign-in, repetition, concurrency, and listings. Knows nothing about members.

A request ends within ``2 * (retries + 1) * timeout + 60 * retries`` seconds, and within five times that if the client
must sign in and check the account.
"""

from __future__ import annotations

import time
import typing as t
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import urlsplit

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import TokenExpired
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.address import portal_base
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.connection import (
    Connection,
    check_credentials,
    check_limits,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.exchange import (
    Exchange,
    Kind,
    Request,
    build_request,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.limiter import run_parallel
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.pages import Listing, Page
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.responses import Json
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.sign_in import SignIn, Token
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.transport import Transport

__all__ = ["Connection", "PortalClient"]


def _ignore(_text: str) -> None:
    """Ignore the text. Default for ``on_secret`` and ``warn``."""


class PortalClient:
    """A client of one portal with one account, for any number of threads.

    Args:
        on_secret: Called with each new token before anything else happens to it.
        warn: Called with each warning for the user.
        sleep: Waits for a number of seconds.
        clock: Returns a time in seconds that never goes back.

    Attributes:
        base: Normal form of the portal's URL.
        admin_path: Path of the administrator API below the base. Enterprise on Kubernetes has another one.

    Raises:
        InputError: If the connection is invalid.
        MissingLibrary: If the HTTP library is missing.
    """

    def __init__(
        self,
        connection: Connection,
        on_secret: Callable[[str], None] = _ignore,
        warn: Callable[[str], None] = _ignore,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.base = portal_base(connection.url, connection.allow_http)
        check_credentials(connection.credentials)
        check_limits(connection)
        self.admin_path = "portaladmin"
        self._parallel = connection.parallel
        host = urlsplit(self.base).netloc
        self._transport = Transport(self.base, host, connection, warn)
        self._exchange = Exchange(host, connection, self._transport, sleep, clock)
        self._sign_in = SignIn(connection, self.base, self._exchange, on_secret, clock)

    def __enter__(self) -> PortalClient:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    @property
    def calls(self) -> dict[str, int]:
        """Number of sent requests: ``{"read": n, "write": n}``. Sign-ins are reads, refused writes are writes."""
        return self._exchange.counts

    def scrub(self, text: str) -> str:
        """Return the text without the secrets of the connection."""
        return self._exchange.scrub(text)

    def read(self, path: str, params: Mapping[str, t.Any] | None = None, root: str = "sharing") -> Json:
        """Read a path below the root. Repeated after each temporary failure.

        Args:
            root: ``sharing``, or ``admin`` for the administrator API.

        Raises:
            PortalOpsError: If the portal refuses the request or does not respond.
        """
        data = self._send(build_request(Kind.READ, self._url(path, root), params))
        if root == "sharing" and path.strip("/") == "portals/self":
            self._sign_in.note_account(data)
        return data

    def ask(self, path: str, data: Mapping[str, t.Any]) -> Json:
        """Send a question that changes nothing, and that the portal takes only as a POST.

        Raises:
            PortalOpsError: If the portal refuses the request or does not respond. ``is_verdict`` is true if the
                operation itself answered no.
        """
        return self._send(build_request(Kind.QUERY, self._url(path, "sharing"), data))

    def write(self, path: str, data: Mapping[str, t.Any], root: str = "sharing") -> Json:
        """Send one write. Repeated only if the portal did not act on it.

        Raises:
            PortalOpsError: If ``uncertain`` is true, the write can have taken effect.
        """
        return self._send(build_request(Kind.WRITE, self._url(path, root), data))

    def map(
        self, function: Callable[[t.Any], t.Any], items: Iterable[t.Any], done: Callable[[int], None] | None = None
    ) -> list[t.Any]:
        """Call the function for each item, at most ``parallel`` at a time, and return the results in order.

        Args:
            done: Called in the calling thread with the number of finished items.

        Returns:
            The results. An exception is a result.
        """
        return run_parallel(function, list(items), self._parallel, done)

    def pages(
        self,
        path: str,
        key: str,
        params: Mapping[str, t.Any] | None = None,
        convert: Callable[[Json], t.Any] | None = None,
        done: Callable[[int], None] | None = None,
    ) -> tuple[list[t.Any], int]:
        """Read all rows of a listing in the order of the portal, and the total that the portal states.

        Args:
            key: Name of the list in the responses.
            convert: Converts each row as soon as it is read.
            done: Called with the number of parts that were read.
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
        """Read the first page of a listing."""
        return Listing(self.read, self.map, path, key, params, convert).first()

    def other_pages(self, page: Page, done: Callable[[int], None] | None = None) -> tuple[list[t.Any], int]:
        """Read the rows of the pages after the first one, and return them with the total of the listing."""
        return page.listing.rest(page, done), page.total

    def _url(self, path: str, root: str) -> str:
        below = {"sharing": "sharing/rest", "admin": self.admin_path}[root]
        return f"{self.base}/{below}/{path.lstrip('/')}"

    def _send(self, request: Request) -> Json:
        token = self._sign_in.token()
        deadline = self._exchange.deadline()
        try:
            return self._send_with(token, request, deadline)
        except TokenExpired:
            pass
        token = self._sign_in.renew(token)
        try:
            return self._send_with(token, request, deadline)
        except TokenExpired:
            pass
        # Outside the handler, so that the error does not carry the response that the portal sent.
        raise self._sign_in.refused_error()

    def _send_with(self, token: Token, request: Request, deadline: float) -> Json:
        data = self._exchange.send(request, token.text, deadline).data
        self._sign_in.note_accepted()
        return data
