# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""URLs of a portal and of the resources below it. Pure."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import quote, unquote, urlsplit

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import InputError

_URL_REMEDY = "Use the URL of the portal, for example https://www.arcgis.com or https://gis.example.com/portal."
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*)://")
_HOST_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_\-]{0,61}[a-z0-9_])?")
_LOOPBACK = re.compile(r"localhost|127(\.\d{1,3}){3}|::1")
# Path segments that follow the context path in a URL copied from a browser or a script.
_PORTAL_PATHS = frozenset({"home", "sharing", "portaladmin", "apps"})
_DEFAULT_PORTS = {"https": 443, "http": 80}


def _url_error(problem: str, remedy: str = _URL_REMEDY) -> InputError:
    return InputError(f"portal_url {problem}.", option="portal_url", remedy=remedy)


def portal_base(url: str, allow_http: bool = False) -> str:
    """Return the normal form ``scheme://host[:port][/context]`` of a portal URL.

    Args:
        url: Any URL that a person pastes: a page of the portal, its REST root, or only a host.
        allow_http: Accept ``http://`` for hosts other than loopback addresses.

    Raises:
        InputError: If the URL is malformed. The message never repeats the URL, which can contain a password.
    """
    text = url.strip()
    if not text:
        raise _url_error("is empty")
    if not text.isprintable() or re.search(r"[\s\\]", text):
        raise _url_error("contains a space, a backslash, or a control character")
    scheme, rest = _split_scheme(text)
    try:
        parts = urlsplit(f"{scheme}://{rest}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _url_error("has a malformed host or port") from None
    context = _context_path(parts.path)
    if "@" in parts.netloc or "@" in context:
        raise _url_error("contains a username or password", "Use portal_username and portal_password instead.")
    host = _normalize_ipv6(host) if "[" in parts.netloc else _normalize_host(host)
    if scheme == "http" and not allow_http and not _LOOPBACK.fullmatch(host):
        remedy = "Use https://, or set allow_http: true in a trusted network."
        raise _url_error("uses plain http, which sends credentials unencrypted", remedy)
    if port == 0:
        raise _url_error("has port 0")
    shown_host = f"[{host}]" if ":" in host else host
    shown_port = "" if port in (None, _DEFAULT_PORTS[scheme]) else f":{port}"
    return f"{scheme}://{shown_host}{shown_port}{context}"


def _split_scheme(text: str) -> tuple[str, str]:
    match = _SCHEME.match(text)
    if match is None:
        if re.match(r"https?:(?!\d)", text, re.IGNORECASE):
            raise _url_error("lacks two slashes after the scheme")
        return "https", text.lstrip("/")
    scheme = match.group(1).lower()
    if scheme not in _DEFAULT_PORTS:
        raise _url_error("has a scheme other than https and http")
    return scheme, text[match.end() :]


def _normalize_ipv6(host: str) -> str:
    try:
        return str(ipaddress.IPv6Address(host))
    except ValueError:
        raise _url_error("has a malformed host") from None


def _normalize_host(host: str) -> str:
    host = host.rstrip(".")
    try:
        host = host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        raise _url_error("has a malformed host") from None
    if len(host) > 253 or not all(_HOST_LABEL.fullmatch(label) for label in host.split(".")):
        raise _url_error("has a malformed host")
    return host


def _context_path(path: str) -> str:
    kept = []
    for segment in path.split("/"):
        if segment.lower() in _PORTAL_PATHS or segment.lower().endswith((".html", ".htm")):
            break
        if unquote(segment) in (".", ".."):
            raise _url_error("has a path that contains . or ..")
        if segment:
            kept.append(quote(segment, safe="!$&'()*+,;=:@%~"))
    return "".join(f"/{segment}" for segment in kept)


def quote_segment(text: str) -> str:
    """Percent-encode one segment of a path: ``c@sey`` becomes ``c%40sey``.

    Raises:
        InputError: If the text would change the structure of the path.
    """
    if text in ("", ".", ".."):
        raise InputError(f"'{text}' is not a valid name in a URL.")
    return quote(text, safe="", errors="replace")
