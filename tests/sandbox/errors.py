# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The portal's error answers: an exception that carries the error object, and the ones that the portal is known for."""

from __future__ import annotations

from typing import Any, Optional


class PortalError(Exception):
    """Answered as HTTP 200 with an ``error`` object (or the portaladmin form of it)."""

    def __init__(
        self, message: str, code: int = 400, message_code: Optional[str] = None, details: Optional[list[str]] = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.message_code = message_code
        self.details = details if details is not None else []

    def body(self) -> dict[str, Any]:
        error: dict[str, Any] = {"code": self.code}
        if self.message_code:
            error["messageCode"] = self.message_code
        error["message"] = self.message
        error["details"] = self.details
        return {"error": error}

    def admin_body(self) -> dict[str, Any]:
        return {"status": "error", "messages": [self.message, *self.details], "code": self.code}


class RawError(PortalError):
    """An error object with other keys than the usual ones (the OAuth resource)."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(str(error.get("message")), int(error.get("code", 400)))
        self.error = error

    def body(self) -> dict[str, Any]:
        return {"error": self.error}


class TokenError(PortalError):
    """498 and 499 also keep the ``error`` form on portaladmin."""

    def admin_body(self) -> dict[str, Any]:
        return self.body()


def invalid_token() -> PortalError:
    return TokenError("Invalid token.", 498)


def token_required() -> PortalError:
    return TokenError("Token Required", 499, "GWM_0003")


def forbidden(details: Optional[list[str]] = None) -> PortalError:
    message = "You do not have permissions to access this resource or perform this operation."
    return PortalError(message, 403, "GWM_0003", details)


def method_not_supported() -> PortalError:
    return PortalError("Method not supported.", 405, "GWM_0005")


def invalid_request(*details: str) -> PortalError:
    return PortalError("Invalid request", 400, "GWM_0007", list(details))


def no_user(with_code: bool = True) -> PortalError:
    return PortalError("User does not exist or is inaccessible.", 400, "COM_0018" if with_code else None)


def no_item() -> PortalError:
    return PortalError("Item does not exist or is inaccessible.", 400, "CONT_0001")


def no_group(message_code: str = "COM_0003") -> PortalError:
    return PortalError("Group does not exist or is inaccessible.", 400, message_code)


def no_operation() -> PortalError:
    return invalid_request("There is no such operation.")


def no_token(*details: str) -> PortalError:
    return PortalError("Unable to generate token.", 400, None, list(details))
