# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Settings of a connection to a portal, and the rules for them. Does no network I/O."""

from __future__ import annotations

import os
import re
import typing as t
from collections.abc import Mapping

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import InputError

# Options that together identify one account, by kind of credentials.
CREDENTIAL_KINDS: tuple[tuple[str, ...], ...] = (
    ("portal_token",),
    ("portal_username", "portal_password"),
    ("portal_client_id", "portal_client_secret"),
)
CREDENTIAL_OPTIONS = tuple(option for kind in CREDENTIAL_KINDS for option in kind)
# Characters. Web servers accept headers of about 8 KB.
MAX_TOKEN_LENGTH = 8000

_ONE_SOURCE = "Set all credentials in the task, or all in environment variables."


def is_blank(value: t.Any) -> bool:
    """Return whether an option or variable counts as not set."""
    return value is None or (isinstance(value, str) and not value.strip())


class Connection:
    """The settings of a connection to one portal, with the credentials of one account.

    Attributes:
        timeout: Seconds to wait for one response.
        retries: Number of repetitions of one request.
        parallel: Maximum number of concurrent requests.
    """

    def __init__(
        self,
        url: str,
        username: str | None = None,
        password: str | None = None,
        token: str | None = None,
        client_id: str | None = None,
        client_secret: str | None = None,
        validate_certs: bool = True,
        ca_path: str | None = None,
        timeout: float = 30,
        retries: int = 4,
        parallel: int = 4,
        allow_http: bool = False,
    ) -> None:
        self.url = url
        self.username = _strip(username)
        self.password = None if is_blank(password) else password
        self.token = _strip(token)
        self.client_id = _strip(client_id)
        self.client_secret = _strip(client_secret)
        self.validate_certs = validate_certs
        self.ca_path = _strip(ca_path)
        self.timeout = timeout
        self.retries = retries
        self.parallel = parallel
        self.allow_http = allow_http

    @property
    def credentials(self) -> dict[str, str | None]:
        """Values of the credential options. None means not set."""
        return {option: getattr(self, option[len("portal_") :]) for option in CREDENTIAL_OPTIONS}

    @property
    def secrets(self) -> frozenset[str]:
        """Values that no output must contain."""
        return frozenset(secret for secret in (self.password, self.token, self.client_secret) if secret)


def _strip(value: str | None) -> str | None:
    return value.strip() or None if value else None


def check_credentials(credentials: Mapping[str, t.Any], names: Mapping[str, str] | None = None) -> None:
    """Check that the credentials are complete and identify one account.

    Args:
        credentials: Values by option name.
        names: Names to use in messages, by option name. If None, the option names are used. The caller passes the
            names of environment variables if the credentials come from the environment.

    Raises:
        InputError: If credentials are missing, incomplete, of two kinds, or malformed.
    """
    names = names or {option: option for option in CREDENTIAL_OPTIONS}
    given = [option for option in CREDENTIAL_OPTIONS if not is_blank(credentials.get(option))]
    if not given:
        remedy = (
            "Set portal_username and portal_password, or portal_token, or portal_client_id and portal_client_secret. "
            "Each option also reads an environment variable, for example ARCGIS_PORTAL_TOKEN."
        )
        raise InputError("No credentials for the portal.", option="portal_username", remedy=remedy)
    kind = next(kind for kind in CREDENTIAL_KINDS if given[0] in kind)
    for option in given:
        if option not in kind:
            raise InputError(
                f"{names[given[0]]} and {names[option]} are both set.",
                option=option,
                remedy="Set the credentials of one account: a token, or a username and its password, "
                "or a client ID and its secret.",
            )
    for option in kind:
        if option not in given:
            remedy = f"Set {names[option]} too. {_ONE_SOURCE}"
            raise InputError(f"{names[given[0]]} is set without {names[option]}.", option=option, remedy=remedy)
    if kind == ("portal_token",) and not is_usable_token(str(credentials["portal_token"]).strip()):
        remedy = "Set only the token, exactly as the portal issued it."
        raise InputError(f"{names['portal_token']} is not a valid token.", option="portal_token", remedy=remedy)


def is_usable_token(token: t.Any) -> bool:
    """Return whether an HTTP header can contain the token."""
    return isinstance(token, str) and re.fullmatch(rf"[!-~]{{1,{MAX_TOKEN_LENGTH}}}", token) is not None


def check_limits(connection: Connection) -> None:
    """Check numbers and paths of a connection. Reads the file system.

    Raises:
        InputError: If a number is too small, or ``ca_path`` does not exist.
    """
    for option, value, least in (
        ("timeout", connection.timeout, 0.001),
        ("retries", connection.retries, 0),
        ("parallel", connection.parallel, 1),
    ):
        if not value >= least:
            raise InputError(f"{option} '{value}' is too small.", option=option)
    if connection.validate_certs and connection.ca_path and not os.path.exists(connection.ca_path):
        raise InputError(
            f"ca_path '{connection.ca_path}' does not exist.",
            option="ca_path",
            remedy="Set the path of a PEM file, or of a directory of PEM files, on the machine where the module runs.",
        )
