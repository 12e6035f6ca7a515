# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Listings, read from portals that page well, oddly, or not in good faith.

from __future__ import annotations

import threading

import pytest

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import (
    PermissionDenied,
    PortalOpsError,
    UnexpectedAnswer,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._portal import pages
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.client import Connection, PortalClient


class Paged(PortalClient):
    """A client whose portal is a function from start and size to an answer."""

    def __init__(self, answer, parallel=1):
        super().__init__(Connection("https://gis.example.com", token="abc", parallel=parallel))
        self.answer = answer
        self.asked: list[tuple[int, int]] = []
        self._asking = threading.Lock()

    def read(self, path, params=None, root="sharing"):
        with self._asking:
            self.asked.append((params["start"], params["num"]))
        return self.answer(params["start"], params["num"])


def portal(count, largest=100, **changes):
    """``count`` rows in pages of at most ``largest``."""

    def answer(start, num):
        stop = min(start + min(num, largest), count + 1)
        rows = [{"id": number} for number in range(start, stop)]
        following = stop if stop <= count else -1
        return {"total": count, "start": start, "num": len(rows), "nextStart": following, "rows": rows, **changes}

    return answer


def ids(count):
    return [{"id": number} for number in range(1, count + 1)]


@pytest.fixture(params=[1, 4], ids=["one thread", "four threads"])
def paged(request):
    clients = []

    def paged(answer):
        clients.append(Paged(answer, request.param))
        return clients[-1]

    yield paged
    for client in clients:
        client.close()


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 200, 201, 1050])
def test_a_listing_comes_whole_and_in_order_in_the_fewest_pages(paged, count):
    client = paged(portal(count))
    assert client.pages("p", "rows") == (ids(count), count)
    assert len(client.asked) == max(1, -(-count // 100))


def test_the_end_may_be_zero_or_missing(paged):
    for end in (0, None, "-1", ""):
        assert paged(portal(7, nextStart=end)).pages("p", "rows") == (ids(7), 7)


def test_a_smaller_page_size_of_the_portal_is_taken_up(paged):
    client = paged(portal(230, largest=50))
    assert client.pages("p", "rows") == (ids(230), 230)
    assert sorted(client.asked) == [(1, 100), (51, 50), (101, 50), (151, 50), (201, 50)]


def test_a_portal_that_ignores_the_size_is_taken_as_it_is(paged):
    client = paged(lambda start, num: {"rows": ids(300), "total": 300, "nextStart": -1})
    assert client.pages("p", "rows") == (ids(300), 300)
    assert len(client.asked) == 1


def test_short_pages_are_continued(paged):
    full = portal(450)

    def stingy(start, num):
        return full(start, num if start == 1 else min(num, 30))

    client = paged(stingy)
    assert client.pages("p", "rows") == (ids(450), 450)
    assert (131, 70) in client.asked


def test_hidden_rows_leave_gaps_that_do_not_matter(paged):
    full = portal(450)

    def hiding(start, num):
        answer = full(start, num)
        return {**answer, "rows": [row for row in answer["rows"] if row["id"] % 7]}

    rows, total = paged(hiding).pages("p", "rows")
    assert rows == [row for row in ids(450) if row["id"] % 7]
    assert total == 450


def test_without_a_total_pages_are_followed(paged):
    client = paged(portal(450, total=None))
    rows, total = client.pages("p", "rows")
    assert rows == ids(450)
    assert total == 100


def test_members_that_join_meanwhile_are_read_too(paged):
    def growing(start, num):
        return portal(250 if start == 1 else 420)(start, num)

    assert paged(growing).pages("p", "rows") == (ids(420), 250)


def test_members_that_leave_meanwhile_are_no_error(paged):
    def shrinking(start, num):
        return portal(450 if start == 1 else 310)(start, num)

    assert paged(shrinking).pages("p", "rows") == (ids(310), 450)


def test_the_first_page_may_be_enough(paged):
    client = paged(portal(250))
    page = client.first_page("p", "rows", {"role": "x"}, lambda row: row["id"])
    assert (page.rows, page.total, page.complete) == (list(range(1, 101)), 250, False)
    assert client.asked == [(1, 100)]
    counts: list[int] = []
    assert client.other_pages(page, counts.append) == (list(range(101, 251)), 250)
    assert counts == [1, 2]
    whole = paged(portal(3)).first_page("p", "rows")
    assert whole.complete
    assert client.other_pages(whole) == ([], 3)


ODD = {
    "no rows": lambda start, num: {"total": 1, "nextStart": -1},
    "null rows": lambda start, num: {"total": 1, "nextStart": -1, "rows": None},
    "rows in an object": lambda start, num: {"total": 1, "nextStart": -1, "rows": {"1": {}}},
    "rows of text": lambda start, num: {"total": 1, "nextStart": -1, "rows": ["a"]},
    "rows of null": lambda start, num: {"total": 1, "nextStart": -1, "rows": [None]},
    "no advance": lambda start, num: {"total": 900, "nextStart": 1, "rows": ids(100)},
    "no advance later": lambda start, num: {**portal(900)(start, num), "nextStart": 101},
    "endless": lambda start, num: {"total": 250, "nextStart": start + num, "rows": ids(num)},
    "endless and empty": lambda start, num: {"total": 250, "nextStart": start + 1, "rows": []},
    "endless and growing": lambda start, num: {"total": start + 250, "nextStart": start + num, "rows": ids(num)},
    "enormous total": lambda start, num: {"total": 10**15, "nextStart": 101, "rows": ids(100)},
    "negative total": lambda start, num: {"total": -5, "nextStart": start + num, "rows": ids(num)},
    "early end": lambda start, num: {"total": 950, "nextStart": -1, "rows": ids(100)},
    "early end later": lambda start, num: portal(950, **({"nextStart": -1} if start > 300 else {}))(start, num),
    "too large a page": lambda start, num: {
        "total": 950,
        "nextStart": start + (100 if start == 1 else 170),
        "rows": [],
    },
}


@pytest.mark.parametrize("answer", ODD.values(), ids=ODD)
def test_a_listing_that_makes_no_sense_ends_in_a_bounded_error(paged, answer):
    client = paged(answer)
    with pytest.raises(UnexpectedAnswer, match="listing of rows"):
        client.pages("p", "rows")
    assert len(client.asked) <= 2 * 250 + 100


def test_a_listing_without_a_total_is_bounded_too(paged, monkeypatch):
    monkeypatch.setattr(pages, "MAX_PAGES", 50)
    client = paged(lambda start, num: {"nextStart": start + num, "rows": ids(num)})
    with pytest.raises(UnexpectedAnswer, match="more pages"):
        client.pages("p", "rows")
    assert len(client.asked) == 50


def test_the_first_failure_stops_the_listing(paged):
    full = portal(5000)

    def failing(start, num):
        if start > 700:
            raise PermissionDenied(f"no {start}")
        return full(start, num)

    client = paged(failing)
    with pytest.raises(PortalOpsError, match="no 701"):
        client.pages("p", "rows")
    assert len(client.asked) <= 12
