# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Everything that can go wrong, as one family of exceptions with stable codes.

A playbook branches on ``error.code``, a person reads ``msg``. Both come from :meth:`PortalOpsError.fail_args`.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Sequence
from typing import Any

# Texts of a portal can contain characters that move the cursor, change the direction of text, or have no encoding.
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


#: Of a message that tells several problems.
MOST_LINES = 51


class PortalOpsError(Exception):
    """Base of the family.

    ``message`` is a sentence for readers, ``details`` are facts for programs (a detail that is ``None`` is unknown).
    """

    #: Stable: documented, and never reused for something else.
    code: str = "error"
    #: True for a write that can have taken effect: read the state before anything is sent again.
    uncertain: bool = False
    #: The same request can succeed later.
    transient: bool = False
    #: The operation itself answered no, so the portal has the operation.
    is_verdict: bool = False
    #: What to do about it where the details name no remedy of their own.
    usual_remedy: str | None = None

    def __init__(self, message: str, **details: Any) -> None:
        message = _CONTROL.sub(" ", message)
        super().__init__(message)
        self.message = message
        self.details: dict[str, Any] = details

    def __str__(self) -> str:
        return self.message

    def facts(self) -> dict[str, Any]:
        """Code, message and known details in one dictionary."""
        known = {name: value for name, value in self.details.items() if value is not None}
        if self.usual_remedy:
            known.setdefault("remedy", self.usual_remedy)
        return {"code": self.code, "message": self.message, **known}

    def fail_args(self) -> dict[str, Any]:
        """Arguments for ``fail_json``: ``msg`` for readers, ``error`` for playbooks."""
        return {"msg": self.full_message(), "error": self.facts()}

    def full_message(self) -> str:
        """What a person reads: what is wrong, and what to do about it unless the message says so itself."""
        remedy = str(self.details.get("remedy") or self.usual_remedy or "")
        if not remedy or remedy.rstrip(".").casefold() in self.message.casefold():
            return self.message
        remedy = _CONTROL.sub(" ", remedy)
        # The last line of lines to copy has no period.
        stop = "" if remedy.endswith("?") or "\n" in remedy else "."
        return f"{self.message.rstrip('.')}. {remedy[0].upper()}{remedy[1:].rstrip('.')}{stop}"

    def rewrite(self, change: Callable[[str], str]) -> None:
        """Pass the message and every text within the details through ``change`` (to take secrets out)."""
        self.message = change(self.message)
        self.args = (self.message,)
        self.details = {name: _rewritten(value, change) for name, value in self.details.items()}


def _rewritten(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {_rewritten(key, change): _rewritten(item, change) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rewritten(item, change) for item in value]
    return value


class InputError(PortalOpsError):
    """The input is not usable. Details: ``option``, ``member``, ``index``, ``remedy``."""

    code = "invalid_input"


class MultipleErrors(PortalOpsError):
    """Several errors reported at once. The code is the one they share, else ``several_problems``."""

    code = "several_problems"

    def __init__(self, problems: Sequence[PortalOpsError], headline: str = "") -> None:
        self.problems: list[PortalOpsError] = list(problems)
        self.headline = headline
        super().__init__(self._joined(), problems=self._listed())
        # Copying and pickling call the class with ``args`` again.
        self.args = (self.problems, headline)
        codes = {problem.code for problem in self.problems}
        if len(codes) == 1:
            self.code = codes.pop()
        self.uncertain = any(problem.uncertain for problem in self.problems)

    def _joined(self) -> str:
        lines = list(dict.fromkeys(problem.full_message() for problem in self.problems))
        if len(lines) > MOST_LINES:
            # Readers skip a thousand lines. Programs find all of them in the details.
            lines[MOST_LINES - 1 :] = [f"... and {len(lines) - MOST_LINES + 1} more problems."]
        return "\n".join([self.headline, *lines] if self.headline else lines)

    def _listed(self) -> list[dict[str, Any]]:
        return [problem.facts() for problem in self.problems]

    def rewrite(self, change: Callable[[str], str]) -> None:
        """Pass the texts of all problems through ``change``."""
        for problem in self.problems:
            problem.rewrite(change)
        self.headline = change(self.headline)
        self.args = (self.problems, self.headline)
        self.message = self._joined()
        self.details = {"problems": self._listed()}


class UnsupportedError(PortalOpsError):
    """This portal (product, version, settings) does not have what was asked for."""

    code = "unsupported"


class MissingLibrary(PortalOpsError):
    """A Python library is missing where the module runs. Details: ``library``, ``traceback``."""

    code = "missing_library"

    def __init__(self, library: str, traceback: str = "") -> None:
        super().__init__(
            f"The Python library {library} is missing where the module runs.", library=library, traceback=traceback
        )
        self.args = (library, traceback)


class TransportError(PortalOpsError):
    """No connection: nothing was sent. Details: ``host``, ``remedy``."""

    code = "unreachable"
    transient = True


class TlsError(PortalOpsError):
    """No trusted TLS connection: nothing was sent. Details: ``host``, ``remedy``."""

    code = "tls"


class NoAnswer(PortalOpsError):
    """The request was sent and no complete answer came. Details: ``host``, ``remedy``."""

    code = "no_answer"
    usual_remedy = "Run the task again. It skips completed changes."
    uncertain = True
    transient = True


class TimedOut(NoAnswer):
    """No answer came in time: the portal can still be working on the request."""


class SignInError(PortalOpsError):
    """The portal refused the credentials: they are never tried a second time. Details: ``remedy``."""

    code = "sign_in_failed"


class AnonymousError(PortalOpsError):
    """The portal handled the request as anonymous. Details: ``remedy``."""

    code = "not_signed_in"
    usual_remedy = "Sign in with an account of the organization itself."


class TokenExpired(PortalOpsError):
    """The portal no longer (or not yet) accepts the token. Details: ``portal_code``, ``remedy``."""

    code = "token_expired"


class PermissionDenied(PortalOpsError):
    """Signed in, but not allowed. Details as for :class:`Refused`."""

    code = "permission"
    usual_remedy = "Run with an account that has this privilege."


class NotFound(PortalOpsError):
    """Does not exist, or is hidden from the caller. Details as for :class:`Refused`."""

    code = "not_found"
    usual_remedy = "Check that it exists and that the account can see it."


class Refused(PortalOpsError):
    """The portal said no. Details: ``portal_code``, ``message_code``, ``portal_details``, ``status``."""

    code = "refused"
    usual_remedy = "Fix the reported problem and run the task again."


class Throttled(PortalOpsError):
    """Too many requests, or not available for a while. Details: ``status``, ``retry_after`` (seconds)."""

    code = "throttled"
    usual_remedy = "Run the task again later, or lower parallel."
    transient = True


class UnexpectedAnswer(PortalOpsError):
    """An answer that no portal should give. Details: ``status``, ``excerpt``, ``remedy``."""

    code = "unexpected_answer"
    usual_remedy = "Run the task again. If the error stays, check the logs of the portal."


class NotApplied(PortalOpsError):
    """The portal accepted a write; its state shows otherwise. Details: ``member``, ``field``, ``wanted``, ``found``."""

    code = "not_applied"


class Unverified(PortalOpsError):
    """A write was accepted, but its effect could not be read back. Details: ``member``, ``field``."""

    code = "unverified"
    usual_remedy = "Run the task again. It completes what is missing."


class GuardError(PortalOpsError):
    """A guard of the task stops the plan before the first write."""

    code = "guard"


class Blocked(PortalOpsError):
    """The portal would not let this change happen. Details: ``member``, ``remedy``."""

    code = "blocked"


class PlanChanged(PortalOpsError):
    """The plan is not the one that was reviewed. Details: ``expected``, ``found``."""

    code = "plan_changed"


class InternalError(PortalOpsError):
    """A defect of this collection. Details: ``remedy``."""

    code = "internal_error"


def as_portalops_error(error: Exception) -> PortalOpsError:
    """The error itself if it is of the family; else where it broke and of what kind.

    Not with its message, which can contain anything.
    """
    if isinstance(error, PortalOpsError):
        return error
    frames = traceback.extract_tb(error.__traceback__)
    where = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames[-4:]))
    return InternalError(
        f"Internal error {type(error).__name__} in {where}.",
        remedy="Report it with the product and version of the portal.",
    )
