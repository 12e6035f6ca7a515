# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it may change in any release.

"""The address of a portal and of what lies below it. Pure."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote, urlsplit

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import InputError

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
    host = _ipv6_of(host) if "[" in parts.netloc else _host_of(host)
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


def _ipv6_of(host: str) -> str:
    import ipaddress

    try:
        return str(ipaddress.IPv6Address(host))
    except ValueError:
        raise _bad_url("its host is malformed") from None


def _host_of(host: str) -> str:
    host = host.rstrip(".")
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
        if unquote(segment) in (".", ".."):
            raise _bad_url("its path contains . or ..")
        if segment:
            kept.append(quote(segment, safe="!$&'()*+,;=:@%~"))
    return "".join(f"/{segment}" for segment in kept)


def segment(text: str) -> str:
    """One part of a path, percent-encoded: ``c@sey`` becomes ``c%40sey``."""
    if text in ("", ".", ".."):
        raise InputError(f"{text!r} cannot be part of an address.")
    return quote(text, safe="", errors="replace")
