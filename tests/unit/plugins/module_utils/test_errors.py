# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import pickle

import pytest

from ansible_collections.portalops.arcgis.plugins.module_utils import _errors as errors

FAMILY = [
    value
    for value in vars(errors).values()
    if isinstance(value, type) and issubclass(value, errors.PortalOpsError) and value is not errors.PortalOpsError
]

CODES = {
    "InputError": "invalid_input",
    "MultipleErrors": "several_problems",
    "UnsupportedError": "unsupported",
    "MissingLibrary": "missing_library",
    "TransportError": "unreachable",
    "TlsError": "tls",
    "TimedOut": "no_answer",
    "NoAnswer": "no_answer",
    "SignInError": "sign_in_failed",
    "AnonymousError": "not_signed_in",
    "TokenExpired": "token_expired",
    "PermissionDenied": "permission",
    "NotFound": "not_found",
    "Refused": "refused",
    "Throttled": "throttled",
    "UnexpectedAnswer": "unexpected_answer",
    "NotApplied": "not_applied",
    "Unverified": "unverified",
    "GuardError": "guard",
    "Blocked": "blocked",
    "PlanChanged": "plan_changed",
    "InternalError": "internal_error",
}


def test_codes_are_the_documented_ones():
    assert {kind.__name__: kind.code for kind in FAMILY} == CODES


def test_only_a_missing_answer_is_uncertain_by_nature():
    assert [kind.__name__ for kind in FAMILY if kind.uncertain] == ["NoAnswer", "TimedOut"]


def test_fail_args_hold_message_code_and_known_details():
    error = errors.InputError("No such role.", option="role", member="ada", index=0, remedy=None)
    assert error.fail_args() == {
        "msg": "No such role.",
        "error": {"code": "invalid_input", "message": "No such role.", "option": "role", "member": "ada", "index": 0},
    }
    assert str(error) == "No such role."


@pytest.mark.parametrize(
    "error",
    [
        errors.Refused("No.", portal_code=400),
        errors.MissingLibrary("requests", "the trace"),
        errors.MultipleErrors([errors.Refused("One."), errors.Blocked("Two.", member="ada")], "Two things:"),
    ],
    ids=lambda error: error.code,
)
@pytest.mark.parametrize("clone", [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))])
def test_errors_survive_copying(error, clone):
    error.uncertain = True
    twin = clone(error)
    assert twin.__class__ is error.__class__
    assert twin.fail_args() == error.fail_args()
    assert twin.uncertain is True


def test_missing_library_carries_what_the_usual_hint_needs():
    error = errors.MissingLibrary("requests", "the trace")
    assert error.details == {"library": "requests", "traceback": "the trace"}
    assert "requests" in error.message
    assert "the trace" not in error.message


def test_problems_of_one_kind_keep_their_code():
    several = errors.MultipleErrors([errors.Blocked("One.", member="ada"), errors.Blocked("Two.", member="bob")])
    assert several.fail_args() == {
        "msg": "One.\nTwo.",
        "error": {
            "code": "blocked",
            "message": "One.\nTwo.",
            "problems": [
                {"code": "blocked", "message": "One.", "member": "ada"},
                {"code": "blocked", "message": "Two.", "member": "bob"},
            ],
        },
    }
    assert several.uncertain is False


def test_problems_of_several_kinds_say_so_and_inherit_uncertainty():
    several = errors.MultipleErrors([errors.Blocked("One."), errors.NoAnswer("Two.")])
    assert several.code == "several_problems"
    assert several.uncertain is True
    assert errors.MultipleErrors.code == "several_problems"


def test_rewriting_reaches_every_text():
    error = errors.Refused(
        "secret in text", status=400, portal_details=["a secret", {"secret": ("secret", 1, None)}], remedy="no secret"
    )
    error.rewrite(lambda text: text.replace("secret", "***"))
    assert error.fail_args() == {
        "msg": "*** in text. No ***.",
        "error": {
            "code": "refused",
            "message": "*** in text",
            "status": 400,
            "portal_details": ["a ***", {"***": ["***", 1, None]}],
            "remedy": "no ***",
        },
    }
    assert "secret" not in repr(error)


def test_rewriting_problems_reaches_each_of_them():
    several = errors.MultipleErrors([errors.Refused("a secret", remedy="secret"), errors.Blocked("b")], "secret list:")
    several.rewrite(lambda text: text.replace("secret", "***"))
    assert "secret" not in repr(several) + str(several.fail_args())
    assert several.message == "*** list:\na ***\nb"


def test_an_error_of_the_family_is_known():
    error = errors.Refused("No.")
    assert errors.as_portalops_error(error) is error


def test_a_defect_is_reported_by_its_place_and_not_by_its_message():
    def broken():
        raise KeyError("secret")

    with pytest.raises(KeyError) as caught:
        broken()
    error = errors.as_portalops_error(caught.value)
    assert error.__class__ is errors.InternalError
    assert "KeyError in broken:" in error.message
    assert "secret" not in repr(error) + str(error.fail_args())
    assert error.details["remedy"]


class TestFullMessage:
    """What a person reads ends with what to do about it."""

    def test_the_remedy_follows_the_message(self) -> None:
        error = errors.InputError("credits is -1", remedy="give 0 or more")
        assert error.fail_args()["msg"] == "credits is -1. Give 0 or more."
        assert error.fail_args()["error"]["message"] == "credits is -1"

    def test_a_question_stays_a_question(self) -> None:
        assert (
            errors.InputError("No column 'emial'.", remedy="Did you mean email?").full_message()
            == "No column 'emial'. Did you mean email?"
        )

    def test_it_is_not_repeated(self) -> None:
        assert errors.InputError("bad; give 0 or more", remedy="give 0 or more").full_message() == "bad; give 0 or more"

    def test_each_of_several_has_its_own(self) -> None:
        problems = errors.MultipleErrors(
            [errors.InputError("a is bad", remedy="mend a"), errors.InputError("b is bad")]
        )
        assert problems.fail_args()["msg"] == "a is bad. Mend a.\nb is bad"
