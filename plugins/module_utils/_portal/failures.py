# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Errors for requests that got no usable response. Pure.

Messages contain only the reason of the operating system or of the TLS library. The texts of the HTTP library can
contain URLs and request bodies.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import (
    NoAnswer,
    TimedOut,
    TlsError,
    TransportError,
    UnexpectedAnswer,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.responses import plain_text

# The message of a proxy that rejects a tunnel, in the words of the standard library.
_TUNNEL = re.compile(r"Tunnel connection failed: \d{3}[ \w]{0,60}")
_REASONS = {
    "RemoteDisconnected": "the other side closed it",
    "IncompleteRead": "it ended too early",
    "BadStatusLine": "the response is not HTTP",
    "DecodeError": "the compression is broken",
}


def causes_of(failure: BaseException) -> Iterator[BaseException]:
    """Yield an exception and the exceptions that caused it, outermost first."""
    pending: list[Any] = [failure]
    seen: set[int] = set()
    while pending:
        error = pending.pop(0)
        if isinstance(error, BaseException) and id(error) not in seen:
            seen.add(id(error))
            yield error
            pending += [*error.args, getattr(error, "reason", None), error.__cause__, error.__context__]


def reason_of(failure: BaseException) -> str:
    """Return the reason in the words of the operating system or of the TLS library."""
    for error in causes_of(failure):
        tunnel_texts = (text for text in error.args if isinstance(text, str) and _TUNNEL.fullmatch(text))
        for text in (getattr(error, "verify_message", None), getattr(error, "strerror", None), *tunnel_texts):
            if isinstance(text, str) and text:
                return text
        if type(error).__name__ in _REASONS:
            return _REASONS[type(error).__name__]
    return type(failure).__name__


def is_timeout(failure: BaseException) -> bool:
    """Return whether the time ran out."""
    return any("timeout" in type(error).__name__.lower() for error in causes_of(failure))


def is_tunnel_failure(failure: BaseException) -> bool:
    """Return whether a proxy rejected the tunnel to the portal."""
    texts = (text for error in causes_of(failure) for text in error.args if isinstance(text, str))
    return any(_TUNNEL.fullmatch(text) for text in texts)


def unreachable_error(host: str, reason: str) -> TransportError:
    """Build the error for a host that the client cannot connect to."""
    remedy = "Check portal_url, the network, and the firewall."
    return TransportError(f"No connection to {host}: {reason}.", host=host, remedy=remedy)


def connect_timeout_error(host: str, timeout: float) -> TransportError:
    """Build the error for a connection that takes too long. ``timeout`` is in seconds."""
    return unreachable_error(host, f"no response within {timeout:g} s")


def proxy_error(host: str, failure: BaseException) -> TransportError:
    """Build the error for a proxy that does not connect to the host."""
    remedy = "Check the environment variables HTTPS_PROXY, HTTP_PROXY, and NO_PROXY."
    return TransportError(f"The proxy does not connect to {host}: {reason_of(failure)}.", host=host, remedy=remedy)


def tls_error(host: str, failure: BaseException) -> TlsError:
    """Build the error for a host without a trusted TLS connection."""
    remedy = "Set ca_path to the certificate of the authority that signed the certificate of the portal."
    return TlsError(f"No trusted TLS connection to {host}: {reason_of(failure)}.", host=host, remedy=remedy)


def response_timeout_error(host: str, timeout: float) -> NoAnswer:
    """Build the error for a response that takes too long. ``timeout`` is in seconds."""
    text = f"No complete response from {host} in time (timeout: {timeout:g} s)."
    return TimedOut(text, host=host, remedy="Increase timeout if the portal is slow.")


def broken_response_error(host: str, failure: BaseException) -> NoAnswer:
    """Build the error for a connection that broke after the request was sent."""
    text = f"The connection to {host} broke before the response was complete: {reason_of(failure)}."
    return NoAnswer(text, host=host)


def size_error(status: int, limit: int) -> UnexpectedAnswer:
    """Build the error for a response that is too large. ``limit`` is in bytes."""
    error = UnexpectedAnswer(f"The response of the portal is larger than {limit} bytes.", status=status)
    error.uncertain = True
    return error


def redirect_error(host: str, status: int, location: str, clean: Callable[[str], str]) -> UnexpectedAnswer:
    """Build the error for a redirect, which the client never follows.

    Args:
        location: Value of the ``Location`` header.
        clean: Removes secrets from a text.
    """
    try:
        target = urlsplit(location)
        port = "" if target.port is None else f":{target.port}"
        where = f"{target.scheme or 'https'}://{target.hostname}{port}" if target.hostname else "the same host"
    except ValueError:
        where = "a malformed URL"
    where = plain_text(where, clean, 200)
    return UnexpectedAnswer(
        f"The portal at {host} redirects to {where} (HTTP {status}). Redirects are never followed.",
        status=status,
        remedy=f"Set portal_url to the URL that the portal itself uses. The redirect points to {where}.",
    )
