# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it may change in any release.

"""What an answer of a portal means, and how its texts are made fit to be shown. Pure."""

from __future__ import annotations

import json
import re
import typing as t
from collections.abc import Callable, Iterable, Iterator, Mapping
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
#: Shorter secrets would turn up in ordinary words.
SHORTEST_SECRET = 4


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
    """Texts under names such as ``password``, at any depth of what is sent, JSON texts included."""
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
            pending.append((_parsed_or_none(item), False))


def plain(text: str, clean: Callable[[str], str], longest: int) -> str:
    """Printable, without secrets, and short. Cut last: half a secret would not be recognized."""
    text = clean(text[: longest * 40])
    text = "".join(char if char.isprintable() else " " for char in text)
    text = " ".join(text.split())
    return text if len(text) <= longest else f"{text[:longest]}…"


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
_TAG = re.compile(r"<[^<>]*>")
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
        text = body[: _EXCERPT * 40].decode("utf-8", "replace")
        # Cleaned first: what looks like a tag may be a part of a secret.
        excerpt = plain(_TAG.sub(" ", clean(text)), clean, _EXCERPT)
        raise _no_json(status, plain(kind, clean, 80), excerpt)
    fault = _fault(data)
    if fault is not None:
        raise _refusal(status, fault, clean)
    if status >= 400:
        raise _refusal(status, _Fault(None, None, f"HTTP {status}", [], False), clean)
    return data


def _parsed(body: bytes) -> Json | None:
    data = _parsed_or_none(body)
    return data if isinstance(data, dict) else None


def _parsed_or_none(text: str | bytes) -> t.Any:
    try:
        # Profile texts hold raw control characters.
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None


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
        return _Fault(number(data.get("code")), _word(data.get("messageCode")), " ".join(texts), [], True)
    if data.get("success") in (False, "false"):
        others = {name: value for name, value in data.items() if name not in ("success", "message")}
        texts = _texts(data.get("message"))
        return _Fault(None, _word(data.get("messageCode")), " ".join(texts), _texts(others or None), True)
    return None


def _error_fault(error: t.Any, data: Json) -> _Fault:
    if not isinstance(error, dict):
        texts = _texts(data.get("error_description")) or _texts(data.get("message")) or _texts(error)
        return _Fault(number(data.get("code")), _word(data.get("messageCode")), " ".join(texts), [], False)
    texts = (
        _texts(error.get("message"))
        or _texts(error.get("description"))
        or _texts(error.get("error_description"))
        or _texts(error.get("error"))
    )
    code, message_code = number(error.get("code")), _word(error.get("messageCode"))
    return _Fault(code, message_code, " ".join(texts), _texts(error.get("details")), False)


def _texts(value: t.Any) -> list[str]:
    """``details`` and ``messages`` may be a list, a text, null or missing."""
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
    """A whole number of the portal, which may come as text; None where it is none, or larger than any it could mean."""
    try:
        found = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if abs(found) < 1 << 63 else None


def _word(value: t.Any) -> str | None:
    return value if isinstance(value, str) and re.fullmatch(r"\w{1,40}", value) else None


def _refusal(status: int, fault: _Fault, clean: Callable[[str], str]) -> PortalOpsError:
    details = [plain(text, clean, _LONGEST_MESSAGE) for text in fault.details]
    message = plain(fault.message, clean, _LONGEST_MESSAGE) or "no reason given"
    said = " ".join([message, *(text for text in details if text != message)])
    known = ", ".join(str(code) for code in (fault.code, fault.message_code) if code is not None)
    text = f"{plain(said, clean, _LONGEST_MESSAGE)} ({known})" if known else plain(said, clean, _LONGEST_MESSAGE)
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


def retry_after(value: str | None, date: Callable[[str], float | None], now: float) -> float | None:
    """Retry-After in seconds: it is a number of seconds or a date."""
    if not value:
        return None
    if re.fullmatch(r"\d{1,9}", value.strip()):
        return float(value)
    moment = date(value)
    return None if moment is None else max(0.0, moment - now)


def http_date(value: str | None) -> float | None:
    from email.utils import parsedate_to_datetime

    try:
        moment: float = parsedate_to_datetime(value or "").timestamp()
        return moment
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
