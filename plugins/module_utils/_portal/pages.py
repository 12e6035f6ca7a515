# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it may change in any release.

"""Listings of a portal, page by page: the first one tells how many there are, the others come at once."""

from __future__ import annotations

import itertools
import typing as t
from collections.abc import Callable, Mapping

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import UnexpectedAnswer
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.responses import number

if t.TYPE_CHECKING:
    from ansible_collections.portalops.arcgis.plugins.module_utils._portal.client import PortalClient
    from ansible_collections.portalops.arcgis.plugins.module_utils._portal.responses import Json

#: Largest page of every listing (portal REST reference, Users).
PAGE_SIZE = 100
#: Two million rows: more than any portal has.
MAX_PAGES = 20_000


class Page:
    """The first page of a listing. ``total`` is what the portal says; without a word of it, the rows of this page."""

    def __init__(self, listing: Listing, rows: list[t.Any], stated: int | None, next_start: int) -> None:
        self.listing = listing
        self.rows = rows
        self.stated = stated
        self.total = len(rows) if stated is None else stated
        self.next_start = next_start

    @property
    def complete(self) -> bool:
        """Whether there are no further pages."""
        return self.next_start <= 0


class _Chunk(t.NamedTuple):
    rows: list[t.Any]
    last: bool


class Listing:
    """Reads a listing of which ``start``, ``num``, ``total`` and ``nextStart`` are to be judged, not believed."""

    def __init__(
        self,
        client: PortalClient,
        path: str,
        key: str,
        params: Mapping[str, t.Any] | None,
        convert: Callable[[Json], t.Any] | None,
    ) -> None:
        self._client = client
        self._path = path
        self._key = key
        self._params = dict(params or {})
        self._convert = convert
        self._fetched = itertools.count(1)
        self._most = MAX_PAGES
        self._stop_at = float("inf")

    def first(self) -> Page:
        rows, total, next_start = self._fetch(1, PAGE_SIZE)
        return Page(self, rows, total, next_start)

    def rest(self, page: Page, done: Callable[[int], None] | None) -> list[t.Any]:
        """Rows of all pages after ``page``, in order."""
        if page.complete:
            return []
        size = page.next_start - 1
        if page.stated is not None:
            pages = -(-page.stated // size)
            if pages > MAX_PAGES:
                raise self._odd(f"a total of {page.stated}")
            # An organization grows while it is read, but not without bounds.
            self._most = 2 * max(pages, 0) + 100
        starts = list(range(page.next_start, page.total + 1, size)) or [page.next_start]
        rows: list[t.Any] = []
        for chunk in self._client.map(lambda start: self._chunk(start, start + size), starts, done):
            if isinstance(chunk, BaseException):
                raise chunk
            rows.extend(chunk.rows)
            if chunk.last:
                return rows
        # There is more than the total promised: the organization has grown, or the total lies.
        while not chunk.last:
            starts[-1] += size
            chunk = self._chunk(starts[-1], starts[-1] + size)
            rows.extend(chunk.rows)
        return rows

    def _chunk(self, start: int, stop: int) -> _Chunk:
        """The rows from ``start`` up to before ``stop``, in as many pages as the portal makes of them."""
        if start > self._stop_at:
            # Another thread has found the end, or a failure, before this point.
            return _Chunk([], True)
        rows: list[t.Any] = []
        at = start
        try:
            while 0 < at < stop:
                found, _total, at = self._fetch(at, stop - at)
                rows.extend(found)
        except BaseException:
            self._stop_at = min(self._stop_at, start)
            raise
        if at > stop:
            raise self._odd("a page that is larger than asked for")
        if at <= 0:
            self._stop_at = min(self._stop_at, start)
        return _Chunk(rows, at <= 0)

    def _fetch(self, start: int, size: int) -> tuple[list[t.Any], int | None, int]:
        if next(self._fetched) > self._most:
            raise self._odd("more pages than its total allows")
        answer = self._client.read(self._path, {**self._params, "start": start, "num": size})
        rows = answer.get(self._key)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise self._odd("no list of objects")
        next_start = number(answer.get("nextStart")) or -1
        if 0 < next_start <= start:
            raise self._odd("a next page that is not after this one")
        total = number(answer.get("total"))
        if next_start <= 0 and total is not None and total > start - 1 + max(size, len(rows)):
            raise self._odd(f"an end before its total of {total}")
        if self._convert is not None:
            rows = [self._convert(row) for row in rows]
        return rows, total, next_start

    def _odd(self, what: str) -> UnexpectedAnswer:
        return UnexpectedAnswer(f"The portal answered the listing of {self._key} ({self._path}) with {what}.")
