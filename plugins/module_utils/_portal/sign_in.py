# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""The token of a client: sign-in, renewal, and the account that it stands for."""

from __future__ import annotations

import copy
import threading
import typing as t
from collections.abc import Callable

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import (
    NotFound,
    PermissionDenied,
    PortalOpsError,
    Refused,
    SignInError,
    TlsError,
    TokenExpired,
    TransportError,
    UnexpectedAnswer,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.connection import Connection, is_usable_token
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.exchange import (
    Exchange,
    Kind,
    Reply,
    build_request,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.responses import Json, number

# Minutes. The portal can grant less.
TOKEN_MINUTES = 60
# New tokens in a row that the portal did not accept a single time. After that, the client does not sign in again.
MAX_UNUSED_TOKENS = 3
# A token is renewed this many seconds before its end, or a fifth of its life before, if that is shorter.
_RENEW_BEFORE = 60.0

_NO_RETRY = "The sign-in is not retried, because that could lock the account."
_NEVER = float("inf")


class Token(t.NamedTuple):
    """A token, and the time of the client's clock at which it is renewed (seconds)."""

    text: str
    renew_at: float


class SignIn:
    """The token of one client: made at the first request, and renewed once per token, for all threads."""

    def __init__(
        self,
        connection: Connection,
        base: str,
        exchange: Exchange,
        on_secret: Callable[[str], None],
        clock: Callable[[], float],
    ) -> None:
        self._connection = connection
        self._root = f"{base}/sharing/rest"
        self._referer = f"{base}/"
        self._exchange = exchange
        self._on_secret = on_secret
        self._clock = clock
        self._lock = threading.Lock()
        self._token = Token(connection.token, _NEVER) if connection.token else None
        # The error of a sign-in that arrived. A second attempt would count toward the lockout of the account.
        self._failure: PortalOpsError | None = None
        self._unused_tokens = 0
        self._account: str | None = None

    def token(self) -> Token:
        """Return the current token. Signs in if the client has none, or if it ends soon."""
        token = self._token
        if token is None or self._clock() >= token.renew_at:
            return self.renew(token)
        return token

    def renew(self, old: Token | None) -> Token:
        """Return another token than ``old``, which the portal refused or which ends soon.

        Raises:
            SignInError: If the portal refuses the credentials, or if the new token belongs to another account.
            TokenExpired: If the task gave the token, or if the portal accepts no new token.
            PortalOpsError: If the portal does not respond as it must.
        """
        with self._lock:
            if self._token is None or self._token is old:
                token = self._sign_in()
                self._check_account(token)
                self._token = token
            return self._token

    def note_accepted(self) -> None:
        """Note that the portal accepted the current token."""
        self._unused_tokens = 0

    def note_account(self, portal: Json) -> None:
        """Note the signed-in account, from the response to ``portals/self``."""
        if self._account is None:
            self._account = _account_of(portal)

    def refused_error(self) -> TokenExpired:
        """Build the error for a token that the portal refuses for good."""
        if self._connection.token:
            remedy = f"Set a new token. If it is bound to a referer, the referer must be {self._referer}"
            return TokenExpired("portal_token is expired, revoked, or bound to another referer.", remedy=remedy)
        remedy = "Check that no server on the way to the portal removes the headers Referer and X-Esri-Authorization."
        return TokenExpired("The portal does not accept the token that it just issued.", remedy=remedy)

    def _sign_in(self) -> Token:
        if self._failure is not None:
            raise copy.copy(self._failure)
        if self._connection.token or self._unused_tokens >= MAX_UNUSED_TOKENS:
            raise self.refused_error()
        self._unused_tokens += 1
        try:
            return self._sign_in_application() if self._connection.client_id else self._sign_in_user()
        except (TransportError, TlsError):
            # Nothing arrived, so that a later request can sign in.
            raise
        except PortalOpsError as error:
            failure = error
        self._failure = self._sign_in_error(failure)
        raise copy.copy(self._failure)

    def _sign_in_user(self) -> Token:
        reply = self._post(
            "generateToken",
            {
                "username": self._connection.username,
                "password": self._connection.password,
                "client": "referer",
                "referer": self._referer,
                "expiration": TOKEN_MINUTES,
            },
        )
        expires = number(reply.data.get("expires"))
        # Milliseconds since the epoch, by the clock of the portal.
        return self._register(reply.data.get("token"), None if expires is None else expires / 1000 - reply.now)

    def _sign_in_application(self) -> Token:
        reply = self._post(
            "oauth2/token",
            {
                "client_id": self._connection.client_id,
                "client_secret": self._connection.client_secret,
                "grant_type": "client_credentials",
                "expiration": TOKEN_MINUTES,
            },
        )
        # Seconds from now, unlike generateToken.
        return self._register(reply.data.get("access_token"), number(reply.data.get("expires_in")))

    def _post(self, path: str, values: dict[str, t.Any]) -> Reply:
        request = build_request(Kind.SIGN_IN, f"{self._root}/{path}", values)
        return self._exchange.send(request, None, self._exchange.deadline())

    def _register(self, text: t.Any, life: float | None) -> Token:
        """Register a new token as a secret. ``life`` is in seconds. None means unknown."""
        if not is_usable_token(text):
            raise UnexpectedAnswer("The response to the sign-in contains no token.")
        self._on_secret(text)
        self._exchange.add_secret(text)
        if life is None or life <= 0:
            # Unknown, or by a wrong clock. The portal tells when the token has expired.
            return Token(text, _NEVER)
        return Token(text, self._clock() + life - min(_RENEW_BEFORE, life * 0.2))

    def _check_account(self, token: Token) -> None:
        """Check that a renewed token belongs to the same account. Reads ``portals/self`` if the account is known."""
        if self._account is None:
            return
        request = build_request(Kind.READ, f"{self._root}/portals/self", None)
        try:
            account = _account_of(self._exchange.send(request, token.text, self._exchange.deadline()).data)
        except TokenExpired:
            account = None
        if account is None:
            raise self.refused_error()
        if account != self._account:
            remedy = "Check whether a web server or proxy changes the sign-in, and run the task again."
            text = f"The renewed token belongs to {account}, not to {self._account}."
            self._failure = SignInError(text, remedy=remedy)
            raise copy.copy(self._failure)

    def _sign_in_error(self, failure: PortalOpsError) -> PortalOpsError:
        """Build the error that all later requests get, too."""
        connection = self._connection
        if connection.client_id:
            account, options = f"application {connection.client_id}", "portal_client_id and portal_client_secret"
        else:
            account, options = f"{connection.username}", "portal_username and portal_password"
        message = f"Sign-in failed for {account}. {failure.message}"
        details = {**failure.details, "remedy": f"Check {options}. {_NO_RETRY}"}
        if isinstance(failure, (Refused, PermissionDenied, NotFound, TokenExpired)):
            if "too many" in failure.message.lower():
                details["remedy"] = "The account is locked. Wait, or ask an administrator to unlock it."
            return SignInError(message, **details)
        own_remedy = failure.details.get("remedy")
        details["remedy"] = f"{own_remedy} {_NO_RETRY}" if own_remedy else f"{_NO_RETRY} Run the task again."
        error = type(failure)(message, **details)
        # The write that needed the token was not sent.
        error.transient = error.uncertain = False
        return error


def _account_of(portal: Json) -> str | None:
    """Return the account that a response to ``portals/self`` names. None means anonymous."""
    user, app = portal.get("user"), portal.get("appInfo")
    if isinstance(user, dict) and user.get("username"):
        return f"account {str(user['username']).casefold()}"
    if isinstance(app, dict) and app.get("appId"):
        return f"application {app['appId']}"
    return None
