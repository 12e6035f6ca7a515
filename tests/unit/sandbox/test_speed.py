# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Speed: a benchmark of the collection must not measure the sandbox.

What counts is processor time, which a busy machine does not stretch: requests a second that one core has room for.
"""

from __future__ import annotations

import asyncio
import time
import urllib.parse

import pytest

from tests.sandbox import generator, products
from tests.sandbox.runner import Sandbox
from tests.sandbox.world import Options
from tests.unit.sandbox.http_helper import Http

CONNECTIONS = 4
REQUESTS = 1200
LEAST_A_SECOND = 1500
BIG = 10_000


async def one_connection(host: str, port: int, request: bytes, count: int) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    for _call in range(count):
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.split(b":")[1]))
    writer.close()
    await writer.wait_closed()


def used(portal: Sandbox) -> float:
    """Processor seconds of the sandbox so far."""
    return float(portal.inspect("GET", "process")["cpu_seconds"])


def rate(portal: Sandbox, path: str, body: str = "") -> float:
    """Requests a processor second over keep-alive connections, with nothing but sockets on this side."""
    token = portal.inspect("POST", "tokens", {"username": portal.username})["token"]
    parts = urllib.parse.urlsplit(portal.url)
    head = (
        f"{'POST' if body else 'GET'} {parts.path}/sharing/rest/{path} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        f"X-Esri-Authorization: Bearer {token}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    )

    async def load() -> None:
        host, port = str(parts.hostname), int(parts.port or 0)
        each = REQUESTS // CONNECTIONS
        await asyncio.gather(*(one_connection(host, port, head.encode(), each) for _one in range(CONNECTIONS)))

    begun = used(portal)
    asyncio.run(load())
    return REQUESTS / (used(portal) - begun)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("portals/self/roles?f=json", ""),
        ("community/users/portal_admin?f=json", ""),
        ("community/users/portal_admin/update", "f=json&description=x"),
        ("portals/self/users?f=json&num=100&start=11", ""),
    ],
)
def test_small_requests(online: Sandbox, path: str, body: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = rate(online, path, body)
    with capsys.disabled():
        print(f"\n{path.partition('?')[0]}: {found:.0f} requests a processor second")
    assert found >= LEAST_A_SECOND


def test_big_organizations_are_made_and_paged_without_delay() -> None:
    with Sandbox(members=BIG) as portal:
        begun = used(portal)
        assert begun < 5
        http = Http(portal, portal.inspect("POST", "tokens", {"username": portal.username})["token"])
        names: set[str] = set()
        start = 1
        while start > 0:
            page = http.get("portals/self/users", start=start, num=100, role="org_user")
            names.update(row["username"] for row in page["users"])
            start = page["nextStart"]
        assert len(names) > BIG / 4
        assert used(portal) - begun < 5
        http.close()


def test_generation_grows_with_the_size_only() -> None:
    def seconds(size: int) -> float:
        begun = time.process_time()
        generator.organization(Options(members=size, password="x" * 20), products.product("online"))
        return time.process_time() - begun

    # eight times the members: far from the 64 times of something quadratic
    assert seconds(8000) < 30 * max(0.02, seconds(1000))
