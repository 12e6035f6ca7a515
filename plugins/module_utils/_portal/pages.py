# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Listings of a portal, page by page: the first page tells the total, the next pages are read concurrently."""

from __future__ import annotations

import itertools
import typing as t
from collections.abc import Callable, Iterable, Iterator, Mapping

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import UnexpectedAnswer
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.responses import Json, number

# Rows. The largest page of every listing (portal REST reference, Users).
PAGE_SIZE = 100
# Two million rows, more than any portal has.
MAX_PAGES = 20_000

Read = Callable[[str, Mapping[str, t.Any]], Json]
Map = Callable[[Callable[[int], t.Any], Iterable[int], t.Optional[Callable[[int], None]]], list[t.Any]]


def next_pages(read: Read, path: str, key: str, params: Mapping[str, t.Any] | None = None) -> Iterator[t.Any]:
    """Return the parts of a list that tells its next page (``nextStart``), and can lack the keys of paging.

    Args:
        read: Reads a path with parameters.
        path: Path of the list.
        key: Name of the list in the responses.
        params: More parameters.

    Returns:
        What each page has under the name. A part that is not a list is the last one.
    """
    start = 1
    while True:
        # Without num, a page has ten rows.
        answer = read(path, {**(params or {}), "start": start, "num": PAGE_SIZE})
        part = answer.get(key)
        yield part
        following = answer.get("nextStart")
        if not isinstance(part, list) or not part or not isinstance(following, int) or following <= start:
            return
        start = following


class Page:
    """The first page of a listing. ``total`` is the portal's number of rows, or the rows of this page if unknown."""

    def __init__(self, listing: Listing, rows: list[t.Any], stated: int | None, next_start: int) -> None:
        self.listing = listing
        self.rows = rows
        self.stated = stated
        self.total = len(rows) if stated is None else stated
        self.next_start = next_start

    @property
    def complete(self) -> bool:
        """Whether this page is the last one."""
        return self.next_start <= 0


class _Chunk(t.NamedTuple):
    rows: list[t.Any]
    last: bool


class Listing:
    """One listing. Checks ``start``, ``num``, ``total``, and ``nextStart`` of the portal instead of trusting them.

    Args:
        read: Reads a path with parameters.
        map: Calls a function for each item, concurrently. Exceptions are results.
        key: Name of the list in the responses.
        convert: Converts each row as soon as it is read, so that the original rows need no memory.
    """

    def __init__(
        self,
        read: Read,
        map: Map,
        path: str,
        key: str,
        params: Mapping[str, t.Any] | None,
        convert: Callable[[Json], t.Any] | None,
    ) -> None:
        self._read = read
        self._map = map
        self._path = path
        self._key = key
        self._params = dict(params or {})
        self._convert = convert
        self._page_numbers = itertools.count(1)
        self._max_pages = MAX_PAGES
        self._stop_at = float("inf")

    def first(self) -> Page:
        """Read the first page."""
        rows, total, next_start = self._fetch(1, PAGE_SIZE)
        return Page(self, rows, total, next_start)

    def rest(self, page: Page, done: Callable[[int], None] | None) -> list[t.Any]:
        """Read the rows of all pages after ``page``, in order.

        Args:
            done: Called with the number of parts that were read.

        Raises:
            UnexpectedAnswer: If the pages contradict each other.
        """
        if page.complete:
            return []
        size = page.next_start - 1
        if page.stated is not None:
            pages = -(-page.stated // size)
            if pages > MAX_PAGES:
                raise self._listing_error(f"a total of {page.stated}")
            # An organization grows during the read, but not without bounds.
            self._max_pages = 2 * max(pages, 0) + 100
        starts = list(range(page.next_start, page.total + 1, size)) or [page.next_start]
        rows: list[t.Any] = []
        for chunk in self._map(lambda start: self._read_chunk(start, start + size), starts, done):
            if isinstance(chunk, BaseException):
                raise chunk
            rows.extend(chunk.rows)
            if chunk.last:
                return rows
        # The listing has more rows than its total: the organization has grown, or the total is wrong.
        while not chunk.last:
            starts[-1] += size
            chunk = self._read_chunk(starts[-1], starts[-1] + size)
            rows.extend(chunk.rows)
        return rows

    def _read_chunk(self, start: int, stop: int) -> _Chunk:
        """Read the rows from ``start`` up to before ``stop``, in as many pages as the portal makes of them."""
        if start > self._stop_at:
            # Another thread has read the end, or has failed, before this point.
            return _Chunk([], True)
        rows: list[t.Any] = []
        at = start
        try:
            while 0 < at < stop:
                page_rows, _total, at = self._fetch(at, stop - at)
                rows.extend(page_rows)
        except BaseException:
            self._stop_at = min(self._stop_at, start)
            raise
        if at > stop:
            raise self._listing_error("a page that is larger than requested")
        if at <= 0:
            self._stop_at = min(self._stop_at, start)
        return _Chunk(rows, at <= 0)

    def _fetch(self, start: int, size: int) -> tuple[list[t.Any], int | None, int]:
        """Read one page: its rows, the stated total, and the start of the next page (-1 at the end)."""
        if next(self._page_numbers) > self._max_pages:
            raise self._listing_error("more pages than its total allows")
        data = self._read(self._path, {**self._params, "start": start, "num": size})
        rows = data.get(self._key)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise self._listing_error("no list of objects")
        next_start = number(data.get("nextStart")) or -1
        if 0 < next_start <= start:
            raise self._listing_error("a next page that is not after this page")
        total = number(data.get("total"))
        if next_start <= 0 and total is not None and total > start - 1 + max(size, len(rows)):
            raise self._listing_error(f"an end before its total of {total}")
        if self._convert is not None:
            rows = [self._convert(row) for row in rows]
        return rows, total, next_start

    def _listing_error(self, content: str) -> UnexpectedAnswer:
        return UnexpectedAnswer(f"The listing of {self._key} ({self._path}) contains {content}.")
