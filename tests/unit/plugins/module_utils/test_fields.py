# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import math

import pytest

from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import (
    CONTROLS,
    FIELDS,
    FIELDS_BY_NAME,
    MODULE_FIELDS,
    FieldError,
    ParseCache,
    member_key,
    member_spec,
    number,
    parser,
    shown,
    stored_name,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.parsers import is_mojibake_of, parse_username

LINE_FIELDS = ("first_name", "last_name", "full_name", "culture", "region")


@pytest.mark.parametrize("name", ["DOMAIN\\jdoe", "domain\\JDOE", " jdoe@Domain ", "JDoe@DOMAIN"])
def test_one_person_has_one_key(name):
    assert member_key(name) == "jdoe@domain"


def test_a_name_is_addressed_as_it_is_stored():
    assert stored_name("DOMAIN\\jdoe") == "jdoe@DOMAIN"
    assert stored_name("jdoe@DOMAIN") == "jdoe@DOMAIN"


# -- what the task says


@pytest.mark.parametrize("name", LINE_FIELDS)
@pytest.mark.parametrize(
    ("given", "normal"), [("  a b ", "a b"), ("", ""), (7, "7"), (1.5, "1.5"), ("Zoë 測量", "Zoë 測量")]
)
def test_text_in_normal_form(name, given, normal):
    assert parser(name)(given) == normal


@pytest.mark.parametrize("name", LINE_FIELDS)
@pytest.mark.parametrize(
    "hostile",
    ["a\nb", "a\tb", "a\rb", "a\x00b", "a\x1bb", "a\x7fb", "a\x9bb", "a\u202eb", "a\u2028b", "a\ud800b", "x" * 32769]
    + [None, True, False, [], {}, ["a"], {"a": 1}, b"a"],
)
def test_text_that_is_refused(name, hostile):
    with pytest.raises(FieldError, match="must be|contains|is longer"):
        parser(name)(hostile)


def test_only_the_description_has_several_lines():
    assert parser("description")(" a\r\nb\rc\nd ") == "a\nb\nc\nd"
    assert parser("description")("a\tb") == "a\tb"


@pytest.mark.parametrize("name", ["role", "user_type", "transfer_to"])
def test_a_name_of_something_is_not_empty(name):
    assert parser(name)(" x ") == "x"
    with pytest.raises(FieldError, match="must not be empty") as caught:
        parser(name)(" ")
    assert "Leave it out" in caught.value.remedy


@pytest.mark.parametrize("word", [True, "true", "YES", " on ", "1", 1, "y", "t"])
def test_true(word):
    assert parser("enabled")(word) is True


@pytest.mark.parametrize("word", [False, "False", "no", "OFF", "0", 0, "n", "f"])
def test_false(word):
    assert parser("enabled")(word) is False


@pytest.mark.parametrize("word", ["", "maybe", 2, -1, None, [], 1.0, math.nan])
def test_neither_true_nor_false(word):
    with pytest.raises(FieldError, match="true or false"):
        parser("enabled")(word)


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("access", "org", "everyone"),
        ("units", "metric", "Metric"),
        ("provider", "enterprise", ""),
        ("state", "absent", "gone"),
        ("update_password", "always", "never"),
    ],
)
def test_choices(name, good, bad):
    assert parser(name)(f" {good} ") == good
    with pytest.raises(FieldError, match="must be one of .*" + good):
        parser(name)(bad)


@pytest.mark.parametrize("given", [["b", "a", " a ", ""], "a,b", ("a", "b"), "b, a,,"])
def test_tags_are_a_set(given):
    assert parser("tags")(given) == ("a", "b")


def test_no_tags():
    assert parser("tags")([]) == parser("tags")("") == ()


@pytest.mark.parametrize("given", [None, 1, {"a": 1}, ["a,b"], [["a"]], [None], [True], ["a\nb"]])
def test_tags_that_are_refused(given):
    with pytest.raises(FieldError):
        parser("tags")(given)


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        (0, 0.0), ("0", 0.0), (-0.0, 0.0), (1, 1.0), ("12.50", 12.5), (" 7 ", 7.0), ("1e3", 1000.0),
        ("unlimited", "unlimited"), (" UNLIMITED ", "unlimited"),
    ],
)  # fmt: skip
def test_credits(given, normal):
    found = parser("credits")(given)
    assert found == normal and math.copysign(1, 1 if isinstance(found, str) else found) == 1


@pytest.mark.parametrize(
    "given",
    [-1, "-1", -0.01, math.nan, math.inf, -math.inf, "nan", "inf", "-inf", "1e999", 10**400, "1,5", "many", "", " "]
    + [None, True, False, [], [1], {}, "0x10"],
)
def test_credits_that_are_refused(given):
    with pytest.raises(FieldError, match="must be a number, 0 or more|is an ambiguous number"):
        parser("credits")(given)


@pytest.mark.parametrize("given", ["1", 1, " 2 ", 2, "11", 11])
def test_levels_are_text(given):
    assert parser("level")(given) == str(given).strip()


@pytest.mark.parametrize("given", ["3", "", 0, True, 1.0, None, [1]])
def test_levels_that_are_refused(given):
    with pytest.raises(FieldError):
        parser("level")(given)


def test_a_password_is_kept_to_the_letter():
    assert parser("password")(" pass word\x01 ") == " pass word\x01 "


@pytest.mark.parametrize("given", ["", None, 12345678, True, ["a"]])
def test_passwords_that_are_refused(given):
    with pytest.raises(FieldError, match="must be text") as caught:
        parser("password")(given)
    assert caught.value.remedy == "Put it in quotes."


@pytest.mark.parametrize("given", ["   ", "pass\ufffdword", f"pass{chr(0xD800)}word"])
def test_passwords_that_no_portal_can_get_are_refused(given):
    with pytest.raises(FieldError) as caught:
        parser("password")(given)
    assert given not in str(caught.value) + caught.value.remedy


# -- text as spreadsheets, exports and the clipboard leave it


@pytest.mark.parametrize("name", [*LINE_FIELDS, "role", "user_type", "transfer_to", "idp_username", "description"])
@pytest.mark.parametrize(
    "text", ["#N/A", " #REF! ", "#NAME?", "#DIV/0!", "#VALUE!", "#BEZUG!", "#¡VALOR!", "#NV", "#N/D"]
)
def test_error_values_of_spreadsheets_are_refused(name, text):
    with pytest.raises(FieldError, match="is an error value of a spreadsheet"):
        parser(name)(text)


@pytest.mark.parametrize("text", ["# 4", "#1 in the field!", "room #4", "#", "#survey"])
def test_number_signs_that_are_no_error_values(text):
    assert parser("description")(text) == parser("last_name")(text) == text


@pytest.mark.parametrize("name", [*LINE_FIELDS, "description", "role", "transfer_to", "idp_username", "email"])
def test_the_replacement_character_is_refused(name):
    with pytest.raises(FieldError, match="U\\+FFFD") as caught:
        parser(name)("Fern\ufffdndez")
    assert "UTF-8" in caught.value.remedy


@pytest.mark.parametrize("name", [*LINE_FIELDS, "role", "user_type", "transfer_to", "idp_username"])
@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("jdoe\u200b", "U+200B (zero width space) at character 5"),
        ("j\u00a0doe", "U+00A0 (no-break space) at character 2"),
        ("\ufeffjdoe", "U+FEFF (zero width no-break space) at character 1"),
        ("jd\u00adoe", "U+00AD (soft hyphen) at character 3"),
        ("jdoe\u200e", "U+200E (left-to-right mark) at character 5"),
    ],
)
def test_invisible_characters_are_named_with_their_place(name, text, place):
    with pytest.raises(FieldError) as caught:
        parser(name)(text)
    assert str(caught.value) == f"contains {place}"


@pytest.mark.parametrize("text", ["山田\u3000太郎", "می\u200cخواهم", "👩\u200d🚒"])
def test_characters_that_names_need_are_kept(text):
    assert parser("full_name")(text) == text
    with pytest.raises(FieldError, match="contains U"):
        parser("transfer_to")(text)


@pytest.mark.parametrize("name", ["first_name", "description", "email", "idp_username", "culture"])
def test_null_as_text_is_refused_as_portals_read_it_as_empty(name):
    with pytest.raises(FieldError, match="must not be the word null"):
        parser(name)(" null ")
    assert parser("last_name")("Null") == "Null" and parser("tags")(["null"]) == ("null",)


@pytest.mark.parametrize("text", ["", "jane@example.com", "j.o'neil+gis@a-b.co.uk", "zoë@例え.jp", "root@localhost"])
def test_email_addresses(text):
    assert parser("email")(f" {text} ") == text


@pytest.mark.parametrize("text", ["not-a-mail", "a b@x", "a@b@c.d", "@x.org", "a@", "a@x..org", "a@x.org;b@x.org",
                                  "Jane <jane@example.com>", "a@x.", "a@.x", "mailto:a@x.org"])  # fmt: skip
def test_what_is_no_email_address_is_refused(text):
    with pytest.raises(FieldError, match="must be an email address"):
        parser("email")(text)


@pytest.mark.parametrize("given", [412345, 1.5, True, ["a"]])
def test_names_of_accounts_are_text(given):
    for name in ("idp_username", "transfer_to"):
        with pytest.raises(FieldError, match="must be text, not"):
            parser(name)(given)


@pytest.mark.parametrize("given", [None, "", "  ", 412345, "a\nb", "j\u200bdoe", "x" * 257, "a\ufffd", "#N/A"])
def test_usernames_that_are_refused(given):
    with pytest.raises(FieldError):
        parse_username(given)


def test_usernames_are_cut():
    assert parse_username(" Jane ") == "Jane" and parse_username("CITY\\jane doe") == "CITY\\jane doe"


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("1.000", "it can be 1 or 1000"), ("1,000", "it can be 1 or 1000"), ("12.500", "it can be 12.5 or 12500"),
        (" 250,125 ", "it can be 250.125 or 250125"),
    ],
)  # fmt: skip
def test_ambiguous_numbers_are_refused_with_both_readings(text, reading):
    with pytest.raises(FieldError, match="is an ambiguous number") as caught:
        parser("credits")(text)
    assert caught.value.reading == reading and "1" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "number"), [("0.500", 0.5), ("1.5", 1.5), ("1000", 1000), ("1.0000", 1), ("12.50", 12.5)]
)
def test_numbers_with_one_reading(text, number):
    assert parser("credits")(text) == number
    assert parser("credits")(float(text)) == number


@pytest.mark.parametrize(
    "text", ["Fernández", "Ümit Özdağ", "測量 Zoë", "naïve – \u201cquoted\u201d €", "Łódź", "Ávila"]
)
def test_utf_8_that_was_read_as_windows_1252_is_recognized(text):
    data = text.encode()
    for wrong in (data.decode("cp1252", "replace"), data.decode("latin-1")):
        assert is_mojibake_of(wrong, text)
        assert not is_mojibake_of(text, wrong)
    assert not is_mojibake_of(text, text) and not is_mojibake_of("Fernandez", text)


@pytest.mark.parametrize(("text", "portal_text"), [("", ""), ("Ann", "Ann"), ("", "é"), ("Müller", "Muller")])
def test_other_differences_are_no_mojibake(text, portal_text):
    assert not is_mojibake_of(text, portal_text)


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        ([], {"set": []}),
        ("/Categories/A/B", {"set": ["/A/B"]}),
        (("A/B", "/a/b"), {"set": ["/A/B"]}),
        ({"add": ["A"], "remove": ["/Categories/B"]}, {"add": ["/A"], "remove": ["/B"]}),
        ({"set": ["A"], "add": None}, {"set": ["/A"]}),
    ],
)
def test_changes_of_categories(given, normal):
    assert parser("categories")(given) == normal


@pytest.mark.parametrize(
    "given",
    [None, 1, {}, {"set": None}, {"put": ["A"]}, {"set": "A"}, {"set": ["A"], "add": ["B"]}, [""], ["A//B"], [1]],
)
def test_changes_of_categories_that_are_refused(given):
    with pytest.raises(FieldError):
        parser("categories")(given)


# -- what the portal says


def read(name, **user):
    return FIELDS_BY_NAME[name].read(user)


@pytest.mark.parametrize("raw", [None, "null", "", "  "])
def test_nothing_is_empty_text(raw):
    assert read("description", description=raw) == read("description") == ""


@pytest.mark.parametrize(("raw", "text"), [(" a\r\nb ", "a\nb"), (5, "5"), (["x"], "['x']"), (True, "True")])
def test_text_of_the_portal(raw, text):
    assert read("description", description=raw) == text


@pytest.mark.parametrize(
    ("user", "role"),
    [
        ({"role": "org_admin"}, "org_admin"),
        ({"role": "org_user", "roleId": "Rabc"}, "Rabc"),
        ({"role": "org_user", "roleId": None}, "org_user"),
        ({"role": "org_user", "roleId": ""}, "org_user"),
        ({"role": "org_user", "roleId": "null"}, "org_user"),
        ({}, ""),
    ],
)
def test_the_role_is_role_id_or_else_role(user, role):
    assert read("role", **user) == role


@pytest.mark.parametrize(("raw", "level"), [("2", "2"), (2, "2"), (11, "11"), (None, None), ("", None)])
def test_a_level_is_compared_as_text(raw, level):
    assert read("level", level=raw) == level
    assert level is None or FIELDS_BY_NAME["level"].same(level, parser("level")(level))


@pytest.mark.parametrize(("raw", "kind"), [("creatorUT", "creatorUT"), ("", None), (None, None), (5, None)])
def test_a_user_type_is_known_or_not(raw, kind):
    assert read("user_type", userLicenseTypeId=raw) == kind


@pytest.mark.parametrize(
    ("raw", "credits"),
    [(-1, "unlimited"), (-1.0, "unlimited"), ("-1.0", "unlimited"), (0, 0.0), (500.0, 500.0), ("12.5", 12.5)]
    + [(None, None), ("null", None), (math.nan, None), (10**400, None), (True, None), ({}, None)],
)
def test_an_allocation(raw, credits):
    assert read("credits", assignedCredits=raw) == credits


def test_budgeting_that_is_off_shows_no_credits():
    assert read("credits") is None and read("credits_spent") is None


@pytest.mark.parametrize(
    ("assigned", "left", "spent"), [(500.0, 479.5, 20.5), (10, 12, 0.0), (-1, 9999, None), (10, None, None)]
)
def test_spent_is_reported_for_limited_members_only(assigned, left, spent):
    assert read("credits_spent", assignedCredits=assigned, availableCredits=left) == spent


@pytest.mark.parametrize(("raw", "enabled"), [(False, True), (None, True), (True, False), ("x", True)])
def test_enabled(raw, enabled):
    assert read("enabled", disabled=raw) is enabled


@pytest.mark.parametrize(("raw", "tags"), [(["b", " a", "b", "", None, 3], ("a", "b")), (None, ()), ("a,b", ())])
def test_tags_of_the_portal(raw, tags):
    assert read("tags", tags=raw) == tags


@pytest.mark.parametrize(
    ("raw", "paths"), [(["/B", "/A", None, 1], ("/A", "/B")), ([], ()), (None, None), ("/A", None)]
)
def test_categories_of_the_portal(raw, paths):
    assert read("categories", categories=raw) == paths


@pytest.mark.parametrize(("login", "created", "seen"), [(5, 1, 5.0), (-1, 1, 1.0), (0, 1, 1.0), (None, None, None)])
def test_who_never_signed_in_was_last_seen_when_created(login, created, seen):
    assert read("last_seen", lastLogin=login, created=created) == seen


@pytest.mark.parametrize("value", [None, True, "x", "nan", math.inf, [], 10**400])
def test_no_number(value):
    assert number(value) is None


# -- comparison


@pytest.mark.parametrize(
    ("before", "wanted", "same"),
    [
        (10.0, 10.009, True), (10.0, 10.011, False), (21839.219, 21839.22, True), ("unlimited", "unlimited", True),
        ("unlimited", 0.0, False), (0.0, "unlimited", False), (None, 0.0, False), (None, "unlimited", False),
    ],
)  # fmt: skip
def test_credits_are_compared_with_tolerance(before, wanted, same):
    assert FIELDS_BY_NAME["credits"].same(before, wanted) is same


@pytest.mark.parametrize("name", ["culture", "region"])
def test_case_of_codes_does_not_count(name):
    assert FIELDS_BY_NAME[name].same("en-US", "EN-us") and FIELDS_BY_NAME[name].same(None, "")
    assert not FIELDS_BY_NAME[name].same("de", "fr")


def test_categories_are_compared_as_sets():
    assert FIELDS_BY_NAME["categories"].same(("/A", "/B/C"), ("/b/c", "/A")) and not FIELDS_BY_NAME["categories"].same(
        ("/A",), ()
    )


def test_tags_and_names_are_compared_to_the_letter():
    assert FIELDS_BY_NAME["first_name"].same("Ada", "Ada") and not FIELDS_BY_NAME["first_name"].same("Ada", "ada")
    assert not FIELDS_BY_NAME["tags"].same(("a",), ("A",))


# -- the rows as a whole


def test_every_option_of_every_slice_has_a_row():
    names = {field.name for field in FIELDS} | set(CONTROLS)
    assert {name for slice in MODULE_FIELDS.values() for name in slice} <= names
    assert {field.name for field in FIELDS} == set(MODULE_FIELDS["portal_members"]) - set(CONTROLS)


@pytest.mark.parametrize("module", MODULE_FIELDS)
def test_specs_hold_no_default_and_are_not_shared(module):
    first, second = member_spec(module), member_spec(module)
    assert list(first) == list(MODULE_FIELDS[module]) and all("default" not in spec for spec in first.values())
    assert all(first[name] is not second[name] for name in first)
    assert "password" not in first or first["password"]["no_log"] is True


@pytest.mark.parametrize(
    ("normal", "json"), [(("a",), ["a"]), (5.0, 5), (5.5, 5.5), ("x", "x"), (None, None), (True, True), ((), [])]
)
def test_what_is_shown_is_json(normal, json):
    assert shown(normal) == json and type(shown(normal)) is type(json)


@pytest.mark.parametrize("field", [field for field in FIELDS if field.read], ids=lambda field: field.name)
def test_what_is_read_is_in_the_form_of_what_is_parsed(field):
    """What an export writes is what the next plan compares with."""
    raw = {
        "firstName": " A ",
        "lastName": "B",
        "fullName": "A B",
        "email": "a@b.c",
        "description": "x\r\ny",
        "tags": ["b", "a"],
        "access": "org",
        "culture": "en-US",
        "region": "US",
        "units": "metric",
        "categories": ["/A/B"],
        "provider": "arcgis",
        "idpUsername": "null",
        "role": "org_user",
        "userLicenseTypeId": "creatorUT",
        "level": 2,
        "assignedCredits": 12.5,
    }
    value = field.read(raw)
    again = field.parse(shown(value))
    assert field.same(value, again["set"] if field.name == "categories" else again)


# -- normal forms that are made once


def test_a_form_is_made_once_for_equal_texts_and_lists():
    made = []
    forms = ParseCache(lambda value: (made.append(value), tuple(value))[1])
    assert forms["ab"] is forms["".join(["a", "b"])] and forms.of(["a", "b"]) is forms.of(["a", "b"])
    assert forms["ab"] == ("a", "b") and made == ["ab", ["a", "b"]]


@pytest.mark.parametrize("value", [True, 1, 1.0, None, ["a", 1], [["a"]], {"a": 1}])
def test_what_is_no_text_is_formed_every_time(value):
    made = []
    forms = ParseCache(made.append)
    forms.of(value)
    forms.of(value)
    assert made == [value, value] and made[0] is value


def test_no_more_forms_are_remembered_than_agreed():
    forms = ParseCache(str.upper, 2)
    assert [forms[text] for text in "abcab"] == list("ABCAB") and sorted(forms) == ["a", "b"]
