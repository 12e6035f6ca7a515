# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""The meaning of a portal's responses, and safe texts for messages. Pure."""

from __future__ import annotations

import json
import re
import typing as t
from collections.abc import Callable, Iterable, Iterator, Mapping
from email.utils import parsedate_to_datetime
from urllib.parse import quote, quote_plus

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import (
    NotFound,
    PermissionDenied,
    PortalOpsError,
    Refused,
    Throttled,
    TokenExpired,
    UnexpectedAnswer,
)

Json = dict[str, t.Any]

MASK = "********"
# Characters. Shorter secrets would match parts of ordinary words.
SHORTEST_SECRET = 4
# Characters of a response body, and of a portal message, that an error shows.
_MAX_EXCERPT = 200
_MAX_MESSAGE = 500

_SECRET_TEXT = re.compile(
    r"""((?:token|password|passwd|secret)(?:=|["']\s*[:=]\s*["'])|bearer\s+(?=\S{16}))[^\s"'&<>,;}]+""", re.IGNORECASE
)
_SECRET_NAME = re.compile(r"token|password|secret|answer", re.IGNORECASE)


def scrub(text: str, secrets: Iterable[str] = ()) -> str:
    """Mask the given secrets, in every encoding, and everything that looks like a secret."""
    for secret in sorted(set(secrets), key=len, reverse=True):
        if len(secret) >= SHORTEST_SECRET:
            for form in _encoded_forms(secret):
                text = text.replace(form, MASK)
    return _SECRET_TEXT.sub(rf"\g<1>{MASK}", text)


def _encoded_forms(secret: str) -> list[str]:
    escaped = secret.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    quoted = escaped.replace('"', "&quot;")
    forms = {
        secret,
        quote(secret, safe="", errors="replace"),
        quote(secret, errors="replace"),
        quote_plus(secret, errors="replace"),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        escaped,
        quoted,
        quoted.replace("'", "&#x27;"),
        quoted.replace("'", "&#39;"),
    }
    return sorted(forms, key=len, reverse=True)


def secrets_in(value: t.Any) -> Iterator[str]:
    """Yield the texts under names such as ``password``, at any depth of request data, also inside JSON text."""
    pending: list[tuple[t.Any, bool]] = [(value, False)]
    while pending:
        item, named = pending.pop()
        if isinstance(item, Mapping):
            pending += [(inner, named or _SECRET_NAME.search(str(name)) is not None) for name, inner in item.items()]
        elif isinstance(item, (list, tuple)):
            pending += [(inner, named) for inner in item]
        elif isinstance(item, str) and named:
            yield item
        elif isinstance(item, str) and item[:1] in ("{", "["):
            pending.append((_parse_json(item), False))


def plain_text(text: str, clean: Callable[[str], str], longest: int) -> str:
    """Return the text in printable form, without secrets, with at most ``longest`` characters."""
    text = clean(text[: longest * 40])
    text = "".join(char if char.isprintable() else " " for char in text)
    text = " ".join(text.split())
    # Shorten the text last, because the cleaning does not recognize half of a secret.
    return text if len(text) <= longest else f"{text[:longest]}…"


class _Fault(t.NamedTuple):
    """The failure that a response reports, in one form for all shapes of failures."""

    code: int | None
    message_code: str | None
    message: str
    details: list[str]
    # The portal rejected bad input. Its administrator API then sends {"status": "error", "code": 500}.
    deliberate: bool
    # The operation answered ``success: false``, so the portal has the operation.
    verdict: bool = False


_FAILED_STATUSES = frozenset({"error", "failed", "failure"})
_NOT_FOUND_CODES = frozenset({"COM_0018", "COM_0003", "CONT_0001", "CONT_0006"})
_NOT_FOUND_TEXT = re.compile(r"does not exist or is inaccessible", re.IGNORECASE)
_TOKEN_TEXT = re.compile(r"(invalid token|token required)\.?", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")


def parse_response(status: int, content_type: str, body: bytes, clean: Callable[[str], str] = scrub) -> Json:
    """Return the JSON object of a response, or raise the error that it reports.

    A portal usually reports a failure with HTTP 200, and a success always with JSON (portal REST reference).
    Therefore the body decides, and the status is only a hint.

    Args:
        clean: Removes secrets from a text.

    Raises:
        PortalOpsError: ``uncertain`` tells whether a write can have taken effect, ``transient`` whether a repeated
            read can succeed.
    """
    if 300 <= status < 400:
        raise UnexpectedAnswer(f"The portal responded with a redirect (HTTP {status}).", status=status)
    if not body.strip():
        if status < 400:
            return {}
        raise _no_json_error(status, "an empty body", None)
    data = _parse_object(body)
    if data is None:
        kind = content_type.split(";")[0].strip() or "an unnamed type"
        text = body[: _MAX_EXCERPT * 40].decode("utf-8", "replace")
        # Clean first, because a secret can contain text that looks like a tag.
        excerpt = plain_text(_TAG.sub(" ", clean(text)), clean, _MAX_EXCERPT)
        raise _no_json_error(status, plain_text(kind, clean, 80), excerpt)
    fault = _find_fault(data)
    if fault is not None:
        raise _fault_error(status, fault, clean)
    if status >= 400:
        raise _fault_error(status, _Fault(None, None, f"HTTP {status}", [], False), clean)
    return data


def _parse_object(body: bytes) -> Json | None:
    data = _parse_json(body)
    return data if isinstance(data, dict) else None


def _parse_json(text: str | bytes) -> t.Any:
    try:
        # Profile texts contain raw control characters.
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None


def _no_json_error(status: int, content: str, excerpt: str | None) -> PortalOpsError:
    shown = f" '{excerpt}'" if excerpt else ""
    error: PortalOpsError
    if status in (403, 429, 503):
        text = f"The portal, or a server in front of it, rejects requests for now (HTTP {status}, {content}){shown}."
        error = Throttled(text, status=status, excerpt=excerpt)
        error.uncertain = status == 503
        return error
    remedy = None
    if status in (401, 407):
        remedy = "The web server requires its own sign-in (IWA, PKI, or a proxy). Use a URL without it."
    elif status in (404, 405):
        remedy = "Check that portal_url is the URL of the portal, with its context path."
    text = f"The portal did not respond with a JSON object (HTTP {status}, {content}){shown}."
    error = UnexpectedAnswer(text, status=status, excerpt=excerpt, remedy=remedy)
    error.transient = error.uncertain = status < 300 or status == 408 or status >= 500
    return error


def _find_fault(data: Json) -> _Fault | None:
    error = data.get("error")
    if error or isinstance(error, (dict, list)):
        return _error_fault(error, data)
    status = data.get("status")
    if isinstance(status, str) and status.lower() in _FAILED_STATUSES:
        texts = _texts(data.get("messages")) or _texts(data.get("message")) or _texts(data.get("statusMessage"))
        return _Fault(number(data.get("code")), _code_word(data.get("messageCode")), " ".join(texts), [], True)
    if data.get("success") in (False, "false"):
        others = {name: value for name, value in data.items() if name not in ("success", "message")}
        texts = _texts(data.get("message"))
        return _Fault(None, _code_word(data.get("messageCode")), " ".join(texts), _texts(others or None), True, True)
    return None


def _error_fault(error: t.Any, data: Json) -> _Fault:
    if not isinstance(error, dict):
        texts = _texts(data.get("error_description")) or _texts(data.get("message")) or _texts(error)
        return _Fault(number(data.get("code")), _code_word(data.get("messageCode")), " ".join(texts), [], False)
    texts = (
        _texts(error.get("message"))
        or _texts(error.get("description"))
        or _texts(error.get("error_description"))
        or _texts(error.get("error"))
    )
    code, message_code = number(error.get("code")), _code_word(error.get("messageCode"))
    verdict = data.get("success") in (False, "false")
    return _Fault(code, message_code, " ".join(texts), _texts(error.get("details")), False, verdict)


def _texts(value: t.Any) -> list[str]:
    """Return a list of texts. ``details`` and ``messages`` can be a list, a text, null, or missing."""
    if value is None or value == "":
        return []
    items = value[:20] if isinstance(value, list) else [value]
    return [item if isinstance(item, str) else _json_text(item) for item in items if item is not None]


def _json_text(value: t.Any) -> str:
    try:
        return json.dumps(value)
    except RecursionError:
        return "…"


def number(value: t.Any) -> int | None:
    """Return a whole number from the portal, which can send it as text. None means no number that fits 64 bits."""
    try:
        result = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return result if abs(result) < 1 << 63 else None


def _code_word(value: t.Any) -> str | None:
    return value if isinstance(value, str) and re.fullmatch(r"\w{1,40}", value) else None


_OPENINGS: dict[type[PortalOpsError], str] = {
    Refused: "The portal refused the request",
    TokenExpired: "The portal does not accept the token",
    Throttled: "The portal asks for fewer requests",
    UnexpectedAnswer: "The portal failed",
    NotFound: "The portal does not find it",
    PermissionDenied: "The portal denies permission",
}


def _fault_error(status: int, fault: _Fault, clean: Callable[[str], str]) -> PortalOpsError:
    details = [plain_text(text, clean, _MAX_MESSAGE) for text in fault.details]
    message = plain_text(fault.message, clean, _MAX_MESSAGE) or "No reason given"
    reason = " ".join([message, *(text for text in details if text != message)])
    codes = ", ".join(str(code) for code in (fault.code, fault.message_code) if code is not None)
    shown = plain_text(reason, clean, _MAX_MESSAGE).rstrip(".")
    kind, transient, uncertain = _classify(status, fault, reason)
    error = kind(
        f"{_OPENINGS[kind]}: {shown} ({codes})." if codes else f"{_OPENINGS[kind]}: {shown}.",
        status=status,
        portal_code=fault.code,
        message_code=fault.message_code,
        portal_details=details or None,
    )
    error.transient, error.uncertain = transient, uncertain
    error.is_verdict = fault.verdict
    return error


def _classify(status: int, fault: _Fault, reason: str) -> tuple[type[PortalOpsError], bool, bool]:
    """Return the class of the error, and its ``transient`` and ``uncertain``."""
    codes = {status, fault.code}
    if codes & {498, 499} or (fault.code is None and _TOKEN_TEXT.fullmatch(reason)):
        return TokenExpired, False, False
    if 429 in codes:
        return Throttled, True, False
    if fault.message_code in _NOT_FOUND_CODES or _NOT_FOUND_TEXT.search(reason):
        return NotFound, False, False
    if codes & {401, 403}:
        return PermissionDenied, False, False
    if 503 in codes and not (fault.deliberate and status < 500):
        return Throttled, True, True
    if status >= 500 or (not fault.deliberate and fault.code is not None and 500 <= fault.code < 600):
        return UnexpectedAnswer, True, True
    return Refused, False, False


def parse_retry_after(value: str | None, now: float) -> float | None:
    """Return the pause in seconds that a ``Retry-After`` header asks for. None means no valid header.

    Args:
        value: A number of seconds, or an HTTP date.
        now: Seconds since the epoch.
    """
    if not value:
        return None
    if re.fullmatch(r"\d{1,9}", value.strip()):
        return float(value)
    moment = parse_http_date(value)
    return None if moment is None else max(0.0, moment - now)


def parse_http_date(value: str | None) -> float | None:
    """Return an HTTP date in seconds since the epoch. None means no valid date."""
    try:
        moment: float = parsedate_to_datetime(value or "").timestamp()
        return moment
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
