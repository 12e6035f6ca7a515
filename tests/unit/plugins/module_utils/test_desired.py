# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import InputError, MultipleErrors
from ansible_collections.portalops.arcgis.plugins.module_utils._roster.desired import passwords, specs
from ansible_collections.portalops.arcgis.plugins.module_utils._roster.shape import MAX_ERRORS


def desired(*entries, module="portal_members", option="members", **top):
    return specs(module, top, entries, option)


def refused(*entries, **given):
    with pytest.raises((InputError, MultipleErrors)) as caught:
        desired(*entries, **given)
    assert caught.value.code == "invalid_input"
    return caught.value


def test_only_named_fields_are_wanted():
    (spec,) = desired({"username": " Jane ", "role": "Viewer", "email": None})
    assert (spec.username, spec.key, spec.index, spec.fields) == ("Jane", "jane", 0, {"role": "Viewer"})
    assert (spec.state, spec.update_password, spec.transfer_to) == ("present", "on_create", None)


def test_top_level_values_are_defaults_of_the_items():
    first, second = desired(
        {"username": "a", "role": "org_user"}, {"username": "b", "state": "absent", "transfer_to": "c"},
        role="Viewer", access="org", state="present", email=None,
    )  # fmt: skip
    assert first.fields == {"role": "org_user", "access": "org"}
    assert second.fields == {"role": "Viewer", "access": "org"} and second.state == "absent"
    assert second.transfer_to == "c"


def test_top_level_false_and_empty_are_values():
    (spec,) = desired({"username": "a"}, enabled=False, description="", tags=[])
    assert spec.fields == {"enabled": False, "description": "", "tags": ()}


def test_the_single_form_has_no_index():
    (spec,) = specs("portal_user", {"enabled": True}, [{"username": "jane"}], "")
    assert spec.index is None and spec.fields == {"enabled": True}


def test_a_slice_takes_its_own_fields_only():
    problem = refused({"username": "jane", "email": "j@x"}, module="portal_user_role")
    assert problem.message == "jane: members[0].email is not an option of a member."
    assert problem.details["remedy"] == "Use one of role."


@pytest.mark.parametrize(("one", "other"), [("Jane", "JANE"), ("CITY\\jdoe", "jdoe@city"), ("jane", " jane ")])
def test_a_name_listed_twice_is_refused_with_both_indexes(one, other):
    problem = refused({"username": one}, {"username": "between"}, {"username": other})
    assert "members[0]" in problem.message and "members[2]" in problem.message
    assert problem.details["option"] == "members[2].username" and problem.details["index"] == 2
    assert problem.details["remedy"] == "Remove one entry."
    assert problem.message.endswith(
        "Duplicate roster entries members[0] and members[2]. Usernames are case-insensitive."
    )


def test_a_name_listed_three_times_is_reported_twice():
    problem = refused(*({"username": "a"} for _time in range(3)), option="src")
    assert [p.details["option"] for p in problem.problems] == ["src[1].username", "src[2].username"]


@pytest.mark.parametrize(
    "name", [None, "", "  ", 5, True, ["a"], "a\nb", "a\x00", "a\u202eb", "a\ud800", "a\x85b", "x" * 257]
)
def test_usernames_that_are_refused(name):
    problem = refused({"username": name, "role": "Viewer"})
    assert problem.details["option"] == "members[0].username" and problem.message.startswith("members[0].username ")


def test_an_entry_without_a_username_is_refused():
    assert "username must be text" in refused({"role": "Viewer"}).message


def test_errors_name_member_option_index_and_remedy():
    problem = refused({"username": "ok"}, {"username": "jane", "credits": -5}, option="src")
    assert problem.message == "jane: src[1].credits must be a number, 0 or more, or 'unlimited'."
    assert problem.details == {
        "option": "src[1].credits", "member": "jane", "index": 1, "place": None, "remedy": None,
    }  # fmt: skip
    assert problem.full_message() == problem.message


def test_the_single_form_names_the_option_alone():
    with pytest.raises(InputError) as caught:
        specs("portal_credits", {"credits": "nan"}, [{"username": "jane"}], "")
    assert caught.value.details["option"] == "credits" and caught.value.details["index"] is None


def test_all_problems_are_reported_together():
    problem = refused({"username": "a", "level": "7"}, {"username": ""}, {"username": "b", "units": "feet"})
    assert len(problem.problems) == 3


def test_many_problems_are_bounded():
    problem = refused(*({"username": "", "role": 5} for _time in range(1000)))
    assert len(problem.problems) == MAX_ERRORS + 1
    assert problem.problems[-1].message == f"The roster has {1000 - MAX_ERRORS} more errors."


def test_a_value_is_not_repeated_in_an_error():
    problem = refused({"username": "jane", "password": ["sesame"]}, {"username": "joe", "access": "sesame-open"})
    assert "sesame" not in problem.message and "sesame" not in str(problem.facts())


@pytest.mark.parametrize(
    ("password", "why"),
    [("short12", "shorter than 8"), ("Jane_Doe", "part of a username"), ("ane_doe_", "part of a username")],
)
def test_weak_passwords_are_refused(password, why):
    problem = refused({"username": "jane_doe_2", "password": password}, {"username": "JANE_DOE"})
    assert why in problem.message and problem.details["remedy"]
    assert problem.details["member"] == "jane_doe_2"


def test_a_password_does_not_run_over_two_usernames():
    (first, _second) = desired({"username": "abcd", "password": "abcdefgh"}, {"username": "efgh"})
    assert first.fields["password"] == "abcdefgh"


def test_passwords_are_collected():
    found = desired(
        {"username": "a", "password": "password-1"}, {"username": "b"}, {"username": "c", "password": "password-2"}
    )
    assert passwords(found) == {"password-1", "password-2"}


def test_no_entries_no_specs():
    assert desired() == []


def test_an_error_in_categories_ends_with_one_period_and_a_remedy():
    problem = refused({"username": "jane", "categories": {"append": ["/A"]}})
    assert "must be a list of paths, or a mapping of set, add, and remove." in problem.message
    assert ".." not in problem.message and problem.details["remedy"] == "Write {set: [/A/B]}."
