# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# The parts of the client that need no connection: address, answers, texts, options.

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import (
    InputError,
    MissingLibrary,
    NotFound,
    PermissionDenied,
    PortalOpsError,
    Refused,
    Throttled,
    TokenExpired,
    UnexpectedAnswer,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._portal import (
    client as portal_client,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._portal import responses
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.address import portal_base, quote_segment
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.client import Connection, PortalClient
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.form import form_fields
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.responses import parse_response, scrub

# -- address ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pasted", "base"),
    [
        ("https://gis.example.com/portal", "https://gis.example.com/portal"),
        ("gis.example.com/portal", "https://gis.example.com/portal"),
        ("//gis.example.com/portal", "https://gis.example.com/portal"),
        ("  https://gis.example.com/portal/ \n", "https://gis.example.com/portal"),
        ("HTTPS://GIS.Example.COM/Portal", "https://gis.example.com/Portal"),
        ("https://gis.example.com./portal", "https://gis.example.com/portal"),
        ("https://gis.example.com:443/portal", "https://gis.example.com/portal"),
        ("https://gis.example.com:7443/arcgis", "https://gis.example.com:7443/arcgis"),
        ("gis.example.com:7443/arcgis/", "https://gis.example.com:7443/arcgis"),
        ("https://gis.example.com/portal/home", "https://gis.example.com/portal"),
        ("https://gis.example.com/portal/home/", "https://gis.example.com/portal"),
        ("https://gis.example.com/portal/home/index.html", "https://gis.example.com/portal"),
        ("https://gis.example.com/portal/home/user.html?user=a@b#profile", "https://gis.example.com/portal"),
        ("https://gis.example.com/portal/Home/index.html", "https://gis.example.com/portal"),
        ("https://gis.example.com/portal/index.html", "https://gis.example.com/portal"),
        ("https://gis.example.com/portal/sharing", "https://gis.example.com/portal"),
        ("https://gis.example.com/portal/sharing/rest", "https://gis.example.com/portal"),
        ("https://gis.example.com/portal/sharing/rest//portals/self?f=json", "https://gis.example.com/portal"),
        ("https://gis.example.com/portal/portaladmin", "https://gis.example.com/portal"),
        ("https://gis.example.com/portal/portaladmin/security/users", "https://gis.example.com/portal"),
        ("https://gis.example.com/portal/apps/webappviewer/index.html?id=1", "https://gis.example.com/portal"),
        ("https://gis.example.com/portal?token=abc", "https://gis.example.com/portal"),
        ("https://gis.example.com/portal#home", "https://gis.example.com/portal"),
        ("https://gis.example.com//portal///", "https://gis.example.com/portal"),
        ("https://gis.example.com/a/b/c/home", "https://gis.example.com/a/b/c"),
        ("https://gis.example.com/g%C3%A9o", "https://gis.example.com/g%C3%A9o"),
        ("https://gis.example.com/géo", "https://gis.example.com/g%C3%A9o"),
        ("https://straße.example/portal", "https://strasse.example/portal"),
        ("https://www.arcgis.com", "https://www.arcgis.com"),
        ("myorg.maps.arcgis.com/home/organization.html", "https://myorg.maps.arcgis.com"),
        ("https://www.arcgis.com/sharing/rest/generateToken", "https://www.arcgis.com"),
        ("https://[2001:DB8::1]:7443/arcgis", "https://[2001:db8::1]:7443/arcgis"),
        ("http://localhost:8080/arcgis", "http://localhost:8080/arcgis"),
        ("http://localhost:80", "http://localhost"),
        ("http://127.0.0.1:7080", "http://127.0.0.1:7080"),
        ("http://127.12.0.9", "http://127.12.0.9"),
        ("http://[::1]:7080/arcgis", "http://[::1]:7080/arcgis"),
        ("http://[0:0:0:0:0:0:0:1]", "http://[::1]"),
        ("localhost:7443", "https://localhost:7443"),
        ("https://my_host/portal", "https://my_host/portal"),
    ],
)
def test_whatever_a_person_pastes_finds_the_portal(pasted, base):
    assert portal_base(pasted) == base


@pytest.mark.parametrize(
    ("pasted", "says"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("https://", "host"),
        ("/", "host"),
        ("https:///portal", "host"),
        ("ftp://gis.example.com", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("https:gis.example.com", "slashes"),
        ("https:/gis.example.com", "slashes"),
        ("https://gis.example.com:port", "port"),
        ("https://gis.example.com:99999", "port"),
        ("https://gis.example.com:0", "port"),
        ("https://[::1", "malformed"),
        ("https://[v1.x]/", "malformed"),
        ("https://[fe80::zz]/", "malformed"),
        ("https://gis example.com", "space"),
        ("https:\\\\gis.example.com", "backslash"),
        ("https://gis.example.com/a\x00b", "control"),
        ("https://-gis.example.com", "malformed"),
        ("https://gis..example.com", "malformed"),
        ("https://" + "a" * 64 + ".com", "malformed"),
        ("https://" + ".".join(["a" * 60] * 5), "malformed"),
        ("https://g{x}s.example.com", "malformed"),
        ("https://é..example", "malformed"),
        ("https://gis.example.com/a/../portal", "path"),
        ("https://gis.example.com/%2e%2e/portal", "path"),
        ("http://gis.example.com/portal", "plain http"),
        ("http://127.0.0.1.example.com", "plain http"),
        ("http://localhost.example.com", "plain http"),
    ],
)
def test_an_address_that_cannot_be_one_is_refused(pasted, says):
    with pytest.raises(InputError) as caught:
        portal_base(pasted)
    assert says in caught.value.message
    assert caught.value.details["option"] == "portal_url"
    assert caught.value.details["remedy"].rstrip(".") in caught.value.fail_args()["msg"]


@pytest.mark.parametrize(
    "pasted",
    [
        "https://ada:hunter2!@gis.example.com/portal",
        "ada:hunter2!@gis.example.com",
        "http://ada:hunter2!@localhost",
        "https://ada:12/hunter2!@gis.example.com/portal",
        "https://hunter2!@gis.example.com",
        "https://ada:hunter2!/x@gis.example.com",
    ],
)
def test_credentials_in_the_address_are_refused_and_never_repeated(pasted):
    with pytest.raises(InputError) as caught:
        portal_base(pasted)
    assert "hunter2" not in repr(caught.value) + str(caught.value.fail_args())
    assert caught.value.__context__ is None or caught.value.__suppress_context__


def test_plain_http_beyond_loopback_needs_a_word():
    assert portal_base("http://gis.example.com/portal", allow_http=True) == "http://gis.example.com/portal"


def test_a_name_becomes_one_part_of_a_path():
    assert quote_segment("c@sey") == "c%40sey"
    assert quote_segment("DOM\\a/b c") == "DOM%5Ca%2Fb%20c"
    assert quote_segment("\ud800") == "%3F"


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_a_name_that_would_change_the_path_is_refused(name):
    with pytest.raises(InputError):
        quote_segment(name)


# -- answers ----------------------------------------------------------------------------------------------------------


def judged(data, status=200, **options):
    return parse_response(status, "application/json", json.dumps(data).encode(), **options)


@pytest.mark.parametrize(
    "data",
    [
        {"success": True},
        {"status": "success"},
        {"success": True, "notAssignedUsers": ["ada"]},
        {"notAdded": ["ada"]},
        {"results": [{"username": "ada", "status": False}]},
        {"error": None, "a": 1},
        {"error": "", "a": 1},
        {"status": "active"},
        {"status": 3},
        {},
    ],
)
def test_what_is_no_failure_is_returned_as_it_came(data):
    assert judged(data) == data


@pytest.mark.parametrize(("status", "body"), [(200, b""), (200, b" \r\n "), (204, b"")])
def test_an_empty_answer_is_an_empty_object(status, body):
    assert parse_response(status, "", body) == {}


def test_control_characters_and_a_mark_of_byte_order_are_no_obstacle():
    assert parse_response(200, "", b'{"description": "a\x01\tb"}') == {"description": "a\x01\tb"}
    assert parse_response(200, "", b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


USER_UNKNOWN = "User does not exist or is inaccessible."
TABLE = [
    # shape A
    ({"error": {"code": 498, "message": "Invalid token.", "details": []}}, 200, TokenExpired, False, False),
    ({"error": {"code": 499, "messageCode": "GWM_0003", "message": "Token Required"}}, 200, TokenExpired, False, False),
    ({"error": {"code": "498", "message": "Invalid token."}}, 200, TokenExpired, False, False),
    ({"error": {"message": "Invalid token."}}, 200, TokenExpired, False, False),
    ({"error": {"code": 403, "messageCode": "GWM_0003", "message": "No."}}, 200, PermissionDenied, False, False),
    ({"error": {"code": 403, "messageCode": "GWM_0003", "message": "No."}}, 403, PermissionDenied, False, False),
    ({"error": {"code": 401, "message": "No."}}, 401, PermissionDenied, False, False),
    ({"error": {"code": 400, "messageCode": "COM_0018", "message": USER_UNKNOWN}}, 200, NotFound, False, False),
    ({"error": {"code": 400, "message": USER_UNKNOWN}}, 200, NotFound, False, False),
    ({"error": {"code": 400, "messageCode": "COM_0003", "message": "No group."}}, 200, NotFound, False, False),
    ({"error": {"code": 400, "messageCode": "CONT_0001", "message": "No item."}}, 400, NotFound, False, False),
    ({"error": {"code": 400, "messageCode": "CONT_0006", "message": "No group."}}, 200, NotFound, False, False),
    ({"error": {"code": 404, "message": "No such operation."}}, 404, Refused, False, False),
    ({"error": {"code": 400, "message": None, "details": None}}, 200, Refused, False, False),
    ({"error": {"code": 400, "message": "Bad.", "details": "One text."}}, 200, Refused, False, False),
    ({"error": {"code": 400, "description": "Bad."}}, 200, Refused, False, False),
    ({"error": {"code": 405, "messageCode": "GWM_0005", "message": "Not supported."}}, 200, Refused, False, False),
    ({"error": {"code": 429, "message": "Try again in 60 sec."}}, 200, Throttled, True, False),
    ({"error": {"code": 500, "message": "Internal error."}}, 200, UnexpectedAnswer, True, True),
    ({"error": {"code": 503, "message": "Starting."}}, 200, Throttled, True, True),
    ({"error": {"code": 400, "message": "Bad."}}, 500, UnexpectedAnswer, True, True),
    ({"error": {}}, 200, Refused, False, False),
    ({"error": []}, 200, Refused, False, False),
    ({"error": "invalid_client", "error_description": "Invalid client_secret"}, 400, Refused, False, False),
    ({"error": "Too many requests"}, 429, Throttled, True, False),
    ({"error": True}, 200, Refused, False, False),
    ({"error": {"code": float("inf"), "message": {"a": 1}}}, 200, Refused, False, False),
    # shapes B and H
    ({"status": "error", "messages": ["No.", "Never."], "code": 500}, 200, Refused, False, False),
    ({"status": "error", "messages": "No."}, 200, Refused, False, False),
    ({"status": "error", "messages": [], "code": 503}, 200, Refused, False, False),
    ({"status": "error", "messages": ["Token Required"], "code": 499}, 200, TokenExpired, False, False),
    ({"status": "error", "messages": ["Invalid token"]}, 200, TokenExpired, False, False),
    ({"status": "error", "messages": ["Broken."]}, 500, UnexpectedAnswer, True, True),
    ({"status": "failure", "code": 400, "message": "Bad."}, 200, Refused, False, False),
    ({"status": "FAILED", "statusMessage": '{"code": 1}'}, 200, Refused, False, False),
    # shape D
    ({"success": False}, 200, Refused, False, False),
    ({"success": "false", "message": "Bad."}, 200, Refused, False, False),
    ({"success": False, "notRemoved": ["ada"]}, 200, Refused, False, False),
    # no word of a failure but in the status
    ({"a": 1}, 403, PermissionDenied, False, False),
    ({"a": 1}, 404, Refused, False, False),
    ({"a": 1}, 429, Throttled, True, False),
    ({}, 502, UnexpectedAnswer, True, True),
    ({"a": 1}, 503, Throttled, True, True),
]


@pytest.mark.parametrize(("data", "status", "kind", "transient", "uncertain"), TABLE)
def test_each_shape_of_failure_is_recognised(data, status, kind, transient, uncertain):
    with pytest.raises(PortalOpsError) as caught:
        judged(data, status)
    assert caught.value.__class__ is kind
    assert (caught.value.transient, caught.value.uncertain) == (transient, uncertain)
    assert caught.value.details["status"] == status


@pytest.mark.parametrize(
    ("status", "body", "kind", "transient", "uncertain"),
    [
        (200, b"<html>Sign in</html>", UnexpectedAnswer, True, True),
        (200, b'{"users": [{"usern', UnexpectedAnswer, True, True),
        (200, b"[1, 2]", UnexpectedAnswer, True, True),
        (200, b"3", UnexpectedAnswer, True, True),
        (200, b"null", UnexpectedAnswer, True, True),
        (200, b"\xff\xfe\x00", UnexpectedAnswer, True, True),
        (200, b'{"a":' * 100_000, UnexpectedAnswer, True, True),
        (301, b'{"a": 1}', UnexpectedAnswer, False, False),
        (302, b"", UnexpectedAnswer, False, False),
        (400, b"<html>", UnexpectedAnswer, False, False),
        (401, b"<html>", UnexpectedAnswer, False, False),
        (403, b"<html>", Throttled, True, False),
        (403, b"", Throttled, True, False),
        (404, b"<html>", UnexpectedAnswer, False, False),
        (404, b"", UnexpectedAnswer, False, False),
        (408, b"", UnexpectedAnswer, True, True),
        (429, b"", Throttled, True, False),
        (500, b"<html>", UnexpectedAnswer, True, True),
        (502, b"", UnexpectedAnswer, True, True),
        (503, b"<html>", Throttled, True, True),
    ],
)
def test_what_is_not_json_is_judged_by_its_status(status, body, kind, transient, uncertain):
    with pytest.raises(PortalOpsError) as caught:
        parse_response(status, "text/html; charset=utf-8", body)
    assert caught.value.__class__ is kind
    assert (caught.value.transient, caught.value.uncertain) == (transient, uncertain)
    assert caught.value.details["status"] == status


def remedy_sentence(kind):
    return f"{kind.usual_remedy[0].upper()}{kind.usual_remedy[1:].rstrip('.')}."


def test_a_refusal_has_the_message_of_the_portal():
    error = {"code": 400, "messageCode": "ORG_1084", "message": "Unable.", "details": ["Owns.", None, "Unable."]}
    with pytest.raises(Refused) as caught:
        judged({"error": error})
    assert caught.value.fail_args() == {
        "msg": f"The portal refused the request: Unable. Owns (400, ORG_1084). {remedy_sentence(Refused)}",
        "error": {
            "code": "refused",
            "message": "The portal refused the request: Unable. Owns (400, ORG_1084).",
            "status": 200,
            "portal_code": 400,
            "message_code": "ORG_1084",
            "portal_details": ["Owns.", "Unable."],
            "remedy": Refused.usual_remedy,
        },
    }


def test_a_refusal_without_words_is_still_a_sentence():
    with pytest.raises(Refused, match=r"^The portal refused the request: No reason given\.$"):
        judged({"status": "error", "messages": []})


def test_an_excerpt_is_short_printable_and_without_secrets():
    body = b"<p>\x07login\x1b[31m " + b"token=abcdef0123456789&x " + b"hunter2! " + "é\u202e".encode() + b"z" * 9999
    with pytest.raises(UnexpectedAnswer) as caught:
        parse_response(200, "text/html\x00", body, lambda text: scrub(text, ["hunter2!"]))
    excerpt = caught.value.details["excerpt"]
    assert len(excerpt) == 201
    assert excerpt.isprintable()
    assert "login" in excerpt
    assert "abcdef" not in caught.value.message
    assert "hunter2" not in caught.value.message
    assert "text/html" in caught.value.message


def test_an_excerpt_of_a_page_is_its_text():
    page = b"<html><title>Not found</title><body class=x><h1>HTTP\n404</h1></body></html>"
    with pytest.raises(UnexpectedAnswer) as caught:
        parse_response(404, "text/html", page)
    assert caught.value.details["excerpt"] == "Not found HTTP 404"


def test_a_secret_on_the_edge_of_an_excerpt_is_not_shown_by_half():
    body = b"x" * 196 + b"hunter2!hunter2!" + b"y" * 100
    with pytest.raises(UnexpectedAnswer) as caught:
        parse_response(500, "text/html", body, lambda text: scrub(text, ["hunter2!hunter2!"]))
    assert "hunt" not in caught.value.message


def test_enormous_messages_of_the_portal_stay_short():
    with pytest.raises(Refused) as caught:
        judged({"error": {"code": 400, "message": "m" * 100_000, "details": ["d" * 50_000] * 100}})
    assert len(caught.value.message) < 1000
    assert len(caught.value.details["portal_details"]) == 20
    assert all(len(text) < 600 for text in caught.value.details["portal_details"])


def test_no_depth_of_nesting_breaks_the_judgement():
    limit = sys.getrecursionlimit()
    for depth in [10, 500, *range(limit - 150, limit + 10), 100_000]:
        body = b'{"error": {"code": 400, "details": [' + b'{"a":' * depth + b"1" + b"}" * depth + b"]}}"
        with pytest.raises((Refused, UnexpectedAnswer)):
            parse_response(200, "", body)


def test_an_odd_message_code_is_left_out():
    with pytest.raises(Refused) as caught:
        judged({"error": {"code": 400, "messageCode": "a b\n" * 100, "message": "No."}})
    assert caught.value.message == "The portal refused the request: No (400)."


def test_the_web_servers_own_sign_in_is_explained():
    with pytest.raises(UnexpectedAnswer) as caught:
        parse_response(401, "text/html", b"<h1>401</h1>")
    assert "IWA" in caught.value.details["remedy"]


# -- texts ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "shown",
    [
        "{}",
        "a {} b",
        "token={}",
        "password={}&f=json",
        '{{"token": "{}"}}',
        "{{'password' : '{}'}}",
        "client_secret={}",
        "Authorization: Bearer {}",
    ],
)
def test_what_looks_like_a_secret_is_masked(shown):
    unknown, known = "Zx9_secret-8.Qw+/==", "p&ss <w>'\"ö"
    assert known not in scrub(shown.format(known), [known])
    if shown not in ("{}", "a {} b"):
        assert "Zx9" not in scrub(shown.format(unknown))


def test_a_secret_is_found_however_it_is_encoded():
    import html
    from urllib.parse import quote, quote_plus

    secret = "p&ss <w>'\"ö/+"
    forms = [secret, quote(secret), quote(secret, safe=""), quote_plus(secret)]
    forms += [json.dumps(secret), json.dumps(secret, ensure_ascii=False)]
    forms += [html.escape(secret), html.escape(secret, False), html.escape(secret).replace("&#x27;", "&#39;")]
    for form in forms:
        shown = scrub(f"before {form} after", [secret])
        assert shown.replace('"', "") == "before ******** after"


def test_ordinary_sentences_are_left_alone():
    sentence = "Invalid password: it must contain a digit. Bearer tokens are required; token required."
    assert scrub(sentence, ["it", ""]) == sentence


def test_secrets_are_found_at_any_depth_of_what_is_sent():
    sent = {
        "user": "ada",
        "Password": "one",
        "list": [{"password": "two"}, ("x", {"securityAnswer": ["three", {"a": "four"}]})],
        "invitationList": '{"invitations": [{"password": "five"}]}',
        "broken": "{",
        "n": 1,
    }
    assert sorted(responses.secrets_in(sent)) == ["five", "four", "one", "three", "two"]


def test_values_become_form_fields():
    values = {"a": "x", "b": True, "c": False, "d": 1, "e": 1.5, "f": None, "g": ["ä", 1], "h": {"k": None}, "i": ""}
    assert form_fields(values) == {
        "a": "x",
        "b": "true",
        "c": "false",
        "d": "1",
        "e": "1.5",
        "g": '["\\u00e4", 1]',
        "h": '{"k": null}',
        "i": "",
    }


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("7", 7.0),
        (" 0 ", 0.0),
        ("soon", None),
        ("-3", None),
        ("Thu, 01 Jan 1970 00:02:00 GMT", 20.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("9" * 40, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value, seconds):
    assert responses.parse_retry_after(value, 100.0) == seconds


# -- options ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "option", "says"),
    [
        ({}, "portal_username", "No credentials for the portal."),
        ({}, "portal_username", "ARCGIS_PORTAL_TOKEN"),
        ({"username": " ", "password": "", "token": ""}, "portal_username", "portal_client_id"),
        ({"username": "ada"}, "portal_password", "portal_username is set without portal_password."),
        ({"password": "hunter2!"}, "portal_username", "portal_password is set without portal_username."),
        ({"client_id": "app"}, "portal_client_secret", "portal_client_id is set without portal_client_secret."),
        ({"client_secret": "hunter2!"}, "portal_client_id", "portal_client_secret is set without portal_client_id."),
        ({"token": "hunter2! x"}, "portal_token", "Set only the token"),
        ({"token": "hunter2!é"}, "portal_token", "portal_token is not a valid token."),
        ({"token": "abc", "timeout": 0}, "timeout", "too small"),
        ({"token": "abc", "timeout": float("nan")}, "timeout", "too small"),
        ({"token": "abc", "retries": -1}, "retries", "too small"),
        ({"token": "abc", "parallel": 0}, "parallel", "too small"),
        ({"token": "abc", "ca_path": "/does/not/exist.pem"}, "ca_path", "'/does/not/exist.pem'"),
        ({"token": "abc", "url": ""}, "portal_url", "empty"),
    ],
)
def test_an_invalid_connection_is_rejected_before_any_request(given, option, says):
    with pytest.raises(InputError) as caught:
        PortalClient(Connection(**{"url": "https://gis.example.com", **given}))
    assert caught.value.details["option"] == option
    assert says in caught.value.fail_args()["msg"]
    assert "hunter2" not in repr(caught.value) + str(caught.value.fail_args())


CREDENTIALS = {
    "token": "hunter2!",
    "username": "ada",
    "password": "hunter2!",
    "client_id": "app",
    "client_secret": "hunter2!",
}


@pytest.mark.parametrize("second", ["username", "password", "client_id", "client_secret"])
@pytest.mark.parametrize("first", ["token", "username", "password"])
def test_two_kinds_of_credentials_are_rejected(first, second):
    if {first, second} <= {"username", "password"}:
        second = "client_id"
    given = {first: CREDENTIALS[first], second: CREDENTIALS[second]}
    with pytest.raises(InputError) as caught:
        PortalClient(Connection("https://gis.example.com", **given))
    assert caught.value.message == f"portal_{first} and portal_{second} are both set."
    assert caught.value.code == "invalid_input"
    assert "hunter2" not in repr(caught.value) + str(caught.value.fail_args())


def test_the_client_can_be_imported_without_the_http_library():
    code = (
        "import sys\n"
        "sys.modules['requests'] = None\n"
        f"import {portal_client.__name__} as client\n"
        f"from {MissingLibrary.__module__} import MissingLibrary\n"
        "try:\n"
        "    client.PortalClient(client.Connection('https://gis.example.com', token='abc'))\n"
        "except MissingLibrary as error:\n"
        "    print(error.details['library'], 'import requests' in error.details['traceback'])\n"
    )
    path = {"PYTHONPATH": ":".join(filter(None, sys.path))}
    process = subprocess.run([sys.executable, "-c", code], env=path, capture_output=True, check=True)
    assert process.stdout.split() == [b"requests", b"True"]
