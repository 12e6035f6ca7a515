# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything one running sandbox holds, and the way a call goes through it."""

from __future__ import annotations

import json
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Optional, Union

from . import generator, search_index
from .access import Access, admit
from .call import Call
from .errors import PortalError, forbidden, invalid_request, method_not_supported
from .faults import Fault, Faults
from .products import Product, product
from .store import Organization
from .switches import Switches

SECRET_PARAMETERS = frozenset(
    {"password", "token", "client_secret", "securityAnswer", "oldpassword", "refresh_token", "code"}
)
LOG_LENGTH = 50_000
LOG_TEXT = 4_000
MASK = "********"


class JsonText(str):
    """An answer that is JSON text already."""


class Html(str):
    """An answer that is a page, whatever ``f`` says."""


class Redirect(str):
    """An answer that sends the browser elsewhere."""


Body = Union[dict[str, Any], list[Any], JsonText, Html, Redirect]


@dataclass
class Options:
    """How the sandbox was started; the same words as its command line."""

    product: str = "online"
    version: Optional[str] = None
    context: Optional[str] = None
    members: int = 250
    seed: int = 1
    username: str = "portal_admin"
    password: str = ""
    seats: dict[str, int] = field(default_factory=dict)
    budgeting: bool = True
    source: Optional[str] = None
    switches: dict[str, str] = field(default_factory=dict)
    latency_ms: float = 0.0
    token_life: Optional[float] = None
    attempts: int = 5
    rate_limit: Optional[float] = None
    frozen: bool = False
    esri_member: bool = False


@dataclass
class Counters:
    reads: int = 0
    writes: int = 0
    refused_writes: int = 0
    by_operation: Counter[str] = field(default_factory=Counter)

    def shown(self) -> dict[str, Any]:
        return {
            "reads": self.reads,
            "writes": self.writes,
            "refused_writes": self.refused_writes,
            "by_operation": dict(self.by_operation),
        }


class RateLimit:
    """A bucket of as many requests as a second refills."""

    def __init__(self, per_second: Optional[float]) -> None:
        self.per_second = per_second
        self.left = per_second or 0.0
        self.moment = time.monotonic()

    def exceeded(self) -> bool:
        if not self.per_second:
            return False
        moment = time.monotonic()
        self.left = min(self.per_second, self.left + (moment - self.moment) * self.per_second)
        self.moment = moment
        if self.left < 1:
            return True
        self.left -= 1
        return False


class World:
    product: Product
    organization: Organization
    index: search_index.Index
    group_index: search_index.GroupIndex

    def __init__(self, options: Options) -> None:
        self.options = options
        self.switches = Switches(options.switches)
        self.access = Access(options.token_life, options.attempts)
        self.faults = Faults()
        self.counters = Counters()
        self.log: deque[dict[str, Any]] = deque(maxlen=LOG_LENGTH)
        self.requests = 0
        self.frozen = options.frozen
        self.rate = RateLimit(options.rate_limit)
        self.base = ""
        self.generate()

    def generate(self) -> None:
        """A fresh organization from the options."""
        options = self.options
        self.product = product(options.product, options.version, options.context)
        self.organization = generator.organization(options, self.product)
        self.index = search_index.Index(self)
        self.group_index = search_index.GroupIndex(self)
        self.pages: dict[Any, Any] = {}

    def reset(self, changes: dict[str, Any]) -> None:
        """Start afresh: the organization, counters, log, faults and switches. Tokens stay in force."""
        for name, value in changes.items():
            if not hasattr(self.options, name):
                raise ValueError(f"unknown option {name}")
            setattr(self.options, name, value)
        self.switches = Switches(self.options.switches)
        self.faults = Faults()
        self.counters = Counters()
        self.log.clear()
        self.access.forget_sign_ins()
        self.frozen = self.options.frozen
        self.tune({})
        self.generate()

    def tune(self, changes: dict[str, Any]) -> None:
        """What can change while the sandbox runs: latency, token life, rate limit."""
        for name, value in changes.items():
            if name not in ("latency_ms", "token_life", "rate_limit"):
                raise ValueError(f"{name} cannot change while the sandbox runs")
            setattr(self.options, name, value)
        self.access.life = self.options.token_life
        self.rate = RateLimit(self.options.rate_limit)

    @staticmethod
    def now() -> float:
        return time.time()

    # -- one call --------------------------------------------------------------------------------------------------
    def count(self, call: Call) -> None:
        write = self.is_write(call)
        self.counters.writes += write
        self.counters.reads += not write
        self.counters.by_operation[operation_name(call)] += 1

    @staticmethod
    def is_write(call: Call) -> bool:
        """A request that asks for a change: a POST to a write, or to something unknown."""
        if call.operation is None:
            return call.method not in ("GET", "HEAD")
        return call.operation.write and call.method == "POST"

    def answer(self, call: Call) -> Body:
        """What the operation answers. Raises PortalError."""
        if self.frozen and self.is_write(call):
            self.counters.refused_writes += 1
            raise PortalError("The portal is frozen: writes are refused.", 400, None, ["frozen"])
        operation = call.operation
        if operation is None:
            raise invalid_request("There is no such operation.")
        if call.method not in operation.methods:
            raise method_not_supported()
        body_only = operation.root == "admin" and self.switches["admin_token"] == "body_only"
        call.world = self
        call.caller = self.access.caller(call, self.organization, body_only)
        admit(call, self.switches["app_token"])
        self.check_portal(call)
        if operation.write and self.organization.settings.get("isReadOnly"):
            raise PortalError("The portal is in read-only mode.", 403)
        found: Body = operation.handler(call)
        return found

    def check_portal(self, call: Call) -> None:
        """``portals/self`` or the organization's own id; others are not ours to see."""
        sent = call.args.get("portal")
        if sent is not None and sent.lower() != "self" and sent != self.organization.id:
            raise forbidden()

    def run(self, call: Call, fault: Optional[Fault]) -> tuple[Body, bool]:
        """The answer and whether the call took effect, under a fault that lives inside the operation."""
        if fault is not None and fault.kind == "not_applied":
            names = fault.settings.get("names")
            self.organization.withhold = frozenset(name.casefold() for name in names) if names else True
        if fault is not None and fault.kind == "partial" and call.operation is not None:
            call.refused_names = self.refused_names(call, fault)
        try:
            body = self.answer(call)
            return body, self.is_write(call) and self.organization.withhold is not True
        except PortalError as error:
            admin = call.root == "admin" and self.switches["admin_error"] == "status"
            return (error.admin_body() if admin else error.body()), False
        finally:
            self.organization.withhold = False

    @staticmethod
    def refused_names(call: Call, fault: Fault) -> frozenset[str]:
        """The names a partial failure hits: those of the rule, else every second one, at least the first."""
        given = fault.settings.get("names")
        if given:
            return frozenset(str(name).casefold() for name in given)
        sent = sent_names(call)
        return frozenset(name.casefold() for name in islice(sent, 0, None, 2))

    def record(self, call: Call, status: int, effect: bool) -> None:
        self.requests += 1
        self.log.append(
            {
                "n": self.requests,
                "method": call.method,
                "path": call.path,
                "operation": operation_name(call),
                "params": {name: shown_value(name, value) for name, value in call.params.items()},
                "status": status,
                "write": self.is_write(call),
                "effect": effect,
            }
        )


def operation_name(call: Call) -> str:
    return call.operation.name if call.operation is not None else "unknown"


def shown_value(name: str, value: str) -> str:
    if name in SECRET_PARAMETERS:
        return MASK
    if "password" in value:
        return masked_json(value)
    return value if len(value) <= LOG_TEXT else value[:LOG_TEXT]


def masked_json(value: str) -> str:
    """JSON text without the passwords in it."""

    def masked(entry: Any) -> Any:
        if isinstance(entry, dict):
            return {key: MASK if key in SECRET_PARAMETERS else masked(inner) for key, inner in entry.items()}
        return [masked(inner) for inner in entry] if isinstance(entry, list) else entry

    try:
        return json.dumps(masked(json.loads(value)))[:LOG_TEXT]
    except ValueError:
        return MASK


def sent_names(call: Call) -> list[str]:
    """The member names in a call, in the order sent."""
    parameter = call.operation.names if call.operation is not None else ""
    if parameter == "userAssignments":
        return [str(row.get("username")) for row in call.document(parameter) if isinstance(row, dict)]
    if parameter == "userEntitlements":
        return [str(name) for name in call.document(parameter).get("users", [])]
    if parameter == "invitationList":
        return [str(row.get("username")) for row in call.document(parameter).get("invitations", [])]
    if parameter == "users" and call.text("admins"):
        # Managers of a group are named apart from its members.
        return [*(call.names("users") if call.text("users") else []), *call.names("admins")]
    return call.names(parameter) if parameter else []
