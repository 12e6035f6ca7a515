# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Whatever a portal answers, whatever a person pastes: a result or an error of the family, never anything else.

from __future__ import annotations

import json
import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import (
    InputError,
    PortalOpsError,
    UnexpectedAnswer,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.address import portal_base
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.client import Connection, PortalClient
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.responses import parse_response, scrub

STATUSES = st.one_of(st.sampled_from([200, 204, 302, 400, 401, 403, 404, 429, 498, 500, 503]), st.integers(100, 999))
NAMES = st.sampled_from(
    [
        "error",
        "code",
        "messageCode",
        "message",
        "details",
        "description",
        "success",
        "status",
        "messages",
        "error_description",
    ]
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from([498, "499", 403, 400, 429, "error", "failed", "COM_0018", "Invalid token.", "false"]),
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.one_of(NAMES, st.text(max_size=5)), inner)),
    max_leaves=12,
)


def outcome(*args):
    """The result, or the error of the family; any other exception is a failure of the test."""
    try:
        return parse_response(*args)
    except PortalOpsError as error:
        return error


def check(result, status):
    if isinstance(result, PortalOpsError):
        assert len(result.message) < 2000
        assert result.message.isprintable()
        json.dumps(result.fail_args())
        assert not (result.uncertain and status in (400, 401, 403, 404, 429, 302))
    else:
        assert isinstance(result, dict)
        assert status < 300 or 100 <= status < 200


@given(STATUSES, st.text(max_size=30), st.binary(max_size=300))
@example(200, "", b"[" * 100_000)
@example(200, "", b'{"error": ' + b"[" * 900 + b"]" * 900 + b"}")
@example(200, "", b'{"error": {"details": ' + b'{"a":' * 900 + b"1" + b"}" * 901 + b"}")
def test_any_bytes_are_a_result_or_an_error_of_the_family(status, content_type, body):
    check(outcome(status, content_type, body), status)


@given(STATUSES, st.one_of(st.dictionaries(NAMES, JSON), JSON))
def test_any_json_is_a_result_or_an_error_of_the_family(status, data):
    result = outcome(status, "application/json", json.dumps(data).encode())
    check(result, status)
    if not isinstance(data, dict):
        assert isinstance(result, PortalOpsError)


SECRETS = st.text(st.sampled_from("abcXYZ0189 &<>\"'\\/+%=é"), min_size=4, max_size=30).map(lambda text: f"#{text}#")
AROUND = st.text(st.sampled_from("abc XYZ.,{}<>é\n"), max_size=250)


@given(SECRETS, AROUND, AROUND, st.sampled_from([200, 400, 403, 404, 429, 500, 503]))
def test_no_known_secret_survives_in_an_error(secret, before, after, status):
    text = before + secret + after
    for body in (text.encode(), json.dumps({"error": {"code": status, "message": text, "details": [text]}}).encode()):
        result = outcome(status, f"text/{secret}", body, lambda text: scrub(text, [secret]))
        assert isinstance(result, PortalOpsError)
        assert "#" not in json.dumps(result.fail_args(), ensure_ascii=False)


URL_PARTS = st.sampled_from(
    [
        *(
            "https://",
            "http://",
            "HTTPS://",
            "//",
            ":",
            "/",
            "@",
            "?",
            "#",
            "[",
            "]",
            "::1",
            "%2e%2e",
            "..",
            ".",
            "%",
            " ",
        ),
        *(
            "gis.example.com",
            "localhost",
            "127.0.0.1",
            ":7443",
            ":0",
            ":99999",
            "portal",
            "home",
            "sharing",
            "rest",
            "apps",
        ),
        *("portaladmin", "index.html", "é", "ß", "user:pass@", "\\", "\n", "a" * 70),
    ]
)


@given(st.one_of(st.lists(URL_PARTS, max_size=8).map("".join), st.text(max_size=60)), st.booleans())
def test_any_address_is_brought_to_normal_form_or_refused(pasted, allow_http):
    try:
        base = portal_base(pasted, allow_http)
    except InputError:
        return
    assert portal_base(base, allow_http) == base
    assert base.isascii()
    assert base.startswith(("https://", "http://"))
    assert not base.endswith("/")
    assert not set(base) & set("@?# \\\n")


@given(
    st.sampled_from(["gis.example.com", "GIS.example.com:7443", "[2001:db8::1]", "localhost"]),
    st.lists(st.sampled_from(["portal", "arcgis", "gis", "Web-Adaptor_2", "a.b"]), max_size=3),
    st.sampled_from(
        ["", "/", "/home", "/home/index.html", "/sharing/rest/portals/self", "/portaladmin/x", "/apps/x/index.html"]
    ),
    st.sampled_from(["", "?f=json&token=x", "#/a/b@c", "?q=a@b#c"]),
    st.sampled_from(["", "https://", "//", "HTTPS://"]),
)
def test_what_follows_the_context_path_does_not_matter(host, context, below, rest, scheme):
    path = "".join(f"/{part}" for part in context)
    assert portal_base(f"{scheme}{host}{path}{below}{rest}") == f"https://{host.lower()}{path}"


class Liar(PortalClient):
    """A portal that pages as it likes, within what its answers can express."""

    def __init__(self, seed, honesty, parallel):
        super().__init__(Connection("https://gis.example.com", token="abc", parallel=parallel))
        self.seed, self.honesty = seed, honesty
        self.asked = 0

    def read(self, path, params=None, root="sharing"):
        self.asked += 1
        start, num = params["start"], params["num"]
        # The same question gets the same answer, whichever thread asks it.
        dice = random.Random(f"{self.seed} {start} {num}")
        count = random.Random(self.seed).randrange(0, 1200)
        stop = min(start + dice.randint(1, num), count + 1)
        answer = {
            "total": count,
            "nextStart": stop if stop <= count else -1,
            "rows": [{"id": number} for number in range(start, stop)],
        }
        if dice.random() >= self.honesty:
            name = dice.choice(sorted(answer))
            odd = [
                None,
                -1,
                0,
                1,
                7,
                start,
                start + 1,
                start + num,
                10**6,
                10**12,
                "x",
                "150",
                [],
                {},
                [1],
                [{}] * 3,
                True,
            ]
            answer[name] = dice.choice(odd)
        return answer


@given(st.integers(0, 10**6), st.sampled_from([1.0, 0.95, 0.5, 0.0]))
def test_a_listing_is_whole_or_an_error_whatever_the_portal_pretends(seed, honesty):
    outcomes = []
    for parallel in (1, 3):
        with Liar(seed, honesty, parallel) as client:
            try:
                outcomes.append(client.pages("p", "rows"))
            except UnexpectedAnswer:
                outcomes.append("refused")
            assert client.asked < 45_000
    assert outcomes[0] == outcomes[1]
    # Hundreds of pages with a few rows each are refused as endless, even if they are honest.
    if honesty == 1.0 and client.asked <= 100:
        count = random.Random(seed).randrange(0, 1200)
        assert outcomes[0] == ([{"id": number} for number in range(1, count + 1)], count)


@pytest.mark.parametrize("parallel", [1, 4])
@given(st.lists(st.integers(), max_size=30))
def test_map_is_map(parallel, items):
    def work(item):
        if item < 0:
            raise ValueError(item)
        return item + 1

    with PortalClient(Connection("https://gis.example.com", token="abc", parallel=parallel)) as client:
        results = client.map(work, items)
    assert [result if isinstance(result, int) else -result.args[0] for result in results] == [
        item + 1 if item >= 0 else -item for item in items
    ]
