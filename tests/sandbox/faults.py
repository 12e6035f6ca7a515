# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults by rule: which call meets which trouble, and what the trouble looks like."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any, Optional

KINDS = (
    "throttle", "throttle_200", "unavailable", "edge_403", "html", "truncated", "reset_before", "reset_after", "slow",
    "token_expired", "token_revoked", "partial", "not_applied", "redirect", "bad_json", "empty", "error",
)  # fmt: skip
BAD_JSON = ("wrong_types", "nulls", "missing_keys", "huge", "control_characters", "endless_paging", "list", "nan")
HUGE = 200
# the handler runs, then its answer is spoilt
AFTER = ("truncated", "reset_after", "bad_json", "empty")


@dataclass
class Fault:
    """One rule. ``operation`` is an operation's name, "*", "read" or "write".

    Fires on the ``nth`` matching call (else the first) and the ``count - 1`` after it, without end for ``count`` 0;
    with ``share`` on that share of the matching calls (seeded), at most ``count`` times.
    """

    operation: str
    kind: str
    nth: Optional[int] = None
    count: Optional[int] = None
    share: Optional[float] = None
    seed: int = 0
    settings: dict[str, Any] = field(default_factory=dict)
    matched: int = 0
    fired: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown fault {self.kind}; there are {', '.join(KINDS)}")
        if self.kind == "bad_json" and self.settings.get("variant", "wrong_types") not in BAD_JSON:
            raise ValueError(f"variant is one of {', '.join(BAD_JSON)}")
        self.random = random.Random(self.seed)

    def matches(self, name: str, write: bool) -> bool:
        return self.operation in ("*", name, "write" if write else "read")

    def fires(self) -> bool:
        """Count one matching call and tell whether the trouble meets it."""
        self.matched += 1
        if self.share is not None:
            hit = self.random.random() < self.share and (self.count is None or self.fired < self.count)
        else:
            first = self.nth or 1
            last = first + (self.count if self.count is not None else 1) - 1
            hit = first <= self.matched and (self.matched <= last or self.count == 0)
        self.fired += hit
        return hit

    def shown(self) -> dict[str, Any]:
        return {
            "operation": self.operation, "kind": self.kind, "nth": self.nth, "count": self.count, "share": self.share,
            "seed": self.seed, **self.settings, "matched": self.matched, "fired": self.fired,
        }  # fmt: skip


class Faults:
    def __init__(self) -> None:
        self.rules: list[Fault] = []

    def add(self, rule: dict[str, Any]) -> Fault:
        rule = dict(rule)
        known = {name: rule.pop(name) for name in ("nth", "count", "share", "seed") if name in rule}
        fault = Fault(rule.pop("operation", "*"), rule.pop("kind", ""), settings=rule, **known)
        self.rules.append(fault)
        return fault

    def meet(self, name: str, write: bool) -> Optional[Fault]:
        """The trouble that this call meets, the first rule that fires; every matching rule counts the call."""
        found: Optional[Fault] = None
        for rule in self.rules:
            if rule.matches(name, write) and rule.fires():
                found = found or rule
        return found


def spoil(body: Any, variant: str) -> Any:
    """The answer in another shape than a client expects."""
    if variant == "list":
        return [body]
    if not isinstance(body, dict):
        return body
    if variant == "endless_paging":
        return {**body, "nextStart": 1} if "nextStart" in body else body
    if variant == "missing_keys":
        return {}
    return {key: spoilt(value, variant) for key, value in body.items()}


def spoilt(value: Any, variant: str) -> Any:
    if isinstance(value, list) and value:
        return [spoilt(entry, variant) for entry in value] if variant != "wrong_types" else {"0": value[0]}
    if isinstance(value, dict):
        return spoil(value, variant)
    if variant == "nulls":
        return None
    if variant == "huge":
        return value * HUGE if isinstance(value, str) else value
    if variant == "control_characters":
        return value + "\x01\x0b\x1f" if isinstance(value, str) else value
    if variant == "nan":
        return float("nan") if isinstance(value, float) else value
    return other_type(value)


def other_type(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, str):
        return [value]
    return 0 if value is None else str(value)
