# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tokens: how they are made, bound, sent, and lost; and who a caller is."""

from __future__ import annotations

import secrets
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any, Optional

from .call import Call
from .errors import PortalError, forbidden, invalid_token, no_token, token_required
from .products import ADMINISTRATOR, LEVEL_1_PRIVILEGES
from .store import App, Member, Organization

BEARER = "bearer "


@dataclass
class Token:
    value: str
    expires: float  # epoch seconds
    username: Optional[str] = None
    client_id: Optional[str] = None
    referer: Optional[str] = None
    ip: Optional[str] = None


@dataclass
class Caller:
    """Who is calling: a member, an application, or an anonymous client."""

    privileges: frozenset[str]
    member: Optional[Member] = None
    app: Optional[App] = None
    token: Optional[Token] = None

    @property
    def anonymous(self) -> bool:
        return self.member is None and self.app is None

    @property
    def administrator(self) -> bool:
        if self.app is not None:
            return (
                "portal:admin:changeUserRoles" in self.privileges and "portal:admin:manageSecurity" in self.privileges
            )
        return self.member is not None and self.member.role == ADMINISTRATOR

    def can(self, *privileges: str) -> bool:
        return any(privilege in self.privileges for privilege in privileges)

    def need(self, *privileges: str) -> None:
        if not self.can(*privileges):
            raise forbidden()

    def is_member(self, member: Member) -> bool:
        return self.member is member


ANONYMOUS = Caller(frozenset())


def effective_privileges(organization: Organization, member: Member) -> list[str]:
    """The privileges that work: a level 1 member keeps only the nine of that level."""
    role = organization.roles.get(member.role)
    granted = role.privileges if role else []
    if organization.level(member) == "1":
        return [privilege for privilege in granted if privilege in LEVEL_1_PRIVILEGES]
    return granted


class Access:
    """The tokens in force and the count of failed sign-ins. ``life`` (seconds) overrides the life that is asked for."""

    def __init__(self, life: Optional[float] = None, attempts: int = 5, lock_seconds: float = 900.0) -> None:
        self.life = life
        self.attempts = attempts
        self.lock_seconds = lock_seconds
        self.tokens: dict[str, Token] = {}
        self.failures: dict[str, list[float]] = {}
        self.sign_ins: Counter[str] = Counter()  # attempts by case-folded username
        self.failed_sign_ins: Counter[str] = Counter()
        self.authorizations: dict[str, Any] = {}
        self.refresh_tokens: dict[str, str] = {}

    # -- making ----------------------------------------------------------------------------------------------------
    def issue(self, minutes: float, cap: int, **binding: Any) -> Token:
        if cap > 0:
            minutes = min(minutes, cap)
        seconds = self.life if self.life is not None else minutes * 60
        token = Token(secrets.token_urlsafe(48), time.time() + seconds, **binding)
        self.tokens[token.value] = token
        return token

    def locked(self, name: str) -> bool:
        since = time.time() - self.lock_seconds
        recent = [moment for moment in self.failures.get(name.casefold(), []) if moment > since]
        self.failures[name.casefold()] = recent
        return len(recent) >= self.attempts

    def failed(self, name: str) -> None:
        self.failures.setdefault(name.casefold(), []).append(time.time())

    def forget_sign_ins(self) -> None:
        self.failures.clear()
        self.sign_ins.clear()
        self.failed_sign_ins.clear()

    def check_password(self, organization: Organization, name: str, password: str) -> Member:
        """The member who signs in; every refusal has one message and differs in its details only."""
        self.sign_ins[name.casefold()] += 1
        try:
            member = self._checked(organization, name, password)
        except PortalError:
            self.failed_sign_ins[name.casefold()] += 1
            raise
        self.failures.pop(name.casefold(), None)
        return member

    def _checked(self, organization: Organization, name: str, password: str) -> Member:
        if self.locked(name):
            raise no_token("Too many invalid attempts. Please try again later.")
        member = organization.members.get(name.casefold())
        built_in = member is not None and member.username == name and member.provider == "arcgis"
        if member is None or not built_in or not member.password or member.password != password:
            self.failed(name)
            raise no_token("Invalid username or password.")
        if member.disabled:
            raise no_token("Your account has been disabled. Contact your administrator.")
        if member.mfa:
            raise no_token("Unable to generate token for user with multifactor authentication.")
        return member

    # -- losing ----------------------------------------------------------------------------------------------------
    def expire_all(self) -> int:
        for token in self.tokens.values():
            token.expires = 0
        return len(self.tokens)

    def revoke_all(self) -> int:
        count = len(self.tokens)
        self.tokens.clear()
        self.refresh_tokens.clear()
        return count

    # -- reading ---------------------------------------------------------------------------------------------------
    def caller(self, call: Call, organization: Organization, body_only: bool) -> Caller:
        """Who sent this call. A token that does not hold is refused, never taken for anonymous."""
        value = sent_token(call, body_only)
        if not value:
            return ANONYMOUS
        token = self.tokens.get(value)
        if token is None or token.expires <= time.time() or not bound(token, call):
            raise invalid_token()
        if token.client_id is not None:
            app = organization.apps.get(token.client_id)
            if app is None:
                raise invalid_token()
            return Caller(frozenset(app.privileges), app=app, token=token)
        member = organization.members.get((token.username or "").casefold())
        if member is None or member.disabled:
            raise invalid_token()
        return Caller(frozenset(effective_privileges(organization, member)), member=member, token=token)


def sent_token(call: Call, body_only: bool) -> str:
    """The token of a call: body or query field, then X-Esri-Authorization, then Authorization."""
    value = call.params.get("token", "")
    if body_only and call.method == "POST":
        return value if "token" in call.body_names else ""
    if value:
        return value
    for name in ("X-Esri-Authorization", "Authorization"):
        header: str = call.headers.get(name, "")
        if header.lower().startswith(BEARER):
            return header[len(BEARER) :].strip()
    return ""


def bound(token: Token, call: Call) -> bool:
    if token.referer is not None and call.headers.get("Referer") != token.referer:
        return False
    return token.ip is None or token.ip == call.remote


def admit(call: Call, refused_to_apps: str) -> None:
    """Let the caller in, or refuse: sign-in first, then application tokens, then the privilege."""
    operation, caller = call.operation, call.caller
    if operation is None or caller is None or operation.anonymous:
        return
    if caller.anonymous:
        raise token_required()
    if caller.app is not None and app_refused(operation.name, operation.write, refused_to_apps):
        raise forbidden(["Application tokens are not accepted by this operation."])
    if operation.privilege and not caller.can(*operation.privilege):
        raise forbidden()


def app_refused(name: str, write: bool, rule: str) -> bool:
    if rule == "refused":
        return write
    return rule != "allowed" and name in [part.strip() for part in rule.split(",")]
