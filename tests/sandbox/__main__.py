# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``python -m tests.sandbox``: start a sandbox portal on the loopback and serve until it is stopped."""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import secrets
import sys
import tempfile
from pathlib import Path
from typing import Any, Optional

from .products import PRODUCTS
from .server import INSPECTION, serve
from .switches import TABLE
from .world import Options, World


def pair(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator:
        raise argparse.ArgumentTypeError(f"{text!r} is not name=value")
    return name, value


def parser() -> argparse.ArgumentParser:
    switches = "; ".join(f"{switch.name} ({' | '.join(switch.values)})" for switch in TABLE)
    found = argparse.ArgumentParser(
        prog="python -m tests.sandbox", description="A sandbox ArcGIS portal on the loopback."
    )
    add = found.add_argument
    add("--product", choices=sorted(PRODUCTS), default="online")
    add("--version", help="sharing version to be, such as 10.3 (default: the product's)")
    add("--context", help="context path of Enterprise (default: portal)")
    add("--members", type=int, default=250, help="size of the generated organization")
    add("--seed", type=int, default=1, help="the same seed gives the same organization")
    add(
        "--from",
        dest="source",
        metavar="FILE",
        help="members from a roster (YAML, JSON or CSV) instead of generated ones",
    )
    add("--seats", type=pair, action="append", default=[], metavar="TYPE=N", help="seats of a user type")
    add("--budgeting", action=argparse.BooleanOptionalAction, default=True, help="credit budgeting (Online)")
    add("--username", default="portal_admin", help="the administrator's name")
    add("--password", help="the administrator's password (default: made up)")
    add("--host", default="127.0.0.1")
    add("--port", type=int, default=0, help="0: any free port")
    add("--tls", action=argparse.BooleanOptionalAction, default=False, help="https with a certificate of its own")
    add("--latency-ms", type=float, default=0.0, help="added to every answer")
    add("--token-life", type=float, help="seconds that a token holds, whatever was asked")
    add("--attempts", type=int, default=5, help="failed sign-ins before a name is locked out")
    add("--rate-limit", type=float, help="requests a second before 429")
    add("--frozen", action=argparse.BooleanOptionalAction, default=False, help="record and refuse every write")
    add(
        "--esri-member",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="a member whose username begins with esri_",
    )
    add("--switch", type=pair, action="append", default=[], metavar="NAME=VALUE", help=switches)
    add(
        "--fault",
        type=json.loads,
        action="append",
        default=[],
        metavar="JSON",
        help='such as {"operation":"*","kind":"throttle"}',
    )
    add("--json", action="store_true", help="print one JSON line when ready")
    add("--until-stdin-closes", action="store_true", help="also stop when standard input ends")
    return found


def options(words: argparse.Namespace) -> Options:
    known = {name: value for name, value in vars(words).items() if name in Options.__dataclass_fields__}
    known["password"] = words.password or secrets.token_urlsafe(18)
    known["seats"] = {name: int(value) for name, value in words.seats}
    return Options(**known, switches=dict(words.switch))


def announce(facts: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(facts), flush=True)
        return
    print(f"{facts['product']} sandbox with {facts['members']} members")
    for name in ("url", "username", "password", "client_id", "client_secret", "inspect", "ca_path"):
        if facts.get(name):
            print(f"  {name:<14}{facts[name]}")
    print("Stop it with Ctrl-C.", flush=True)


def main(words: Optional[list[str]] = None) -> int:
    sent = parser().parse_args(words)
    gc.disable()  # nothing of a new organization is garbage
    try:
        world = World(options(sent))
        for rule in sent.fault:
            world.faults.add(rule)
    except (ValueError, OSError) as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 2
    finally:
        gc.enable()
    gc.freeze()  # the organization stays: no collection needs to walk it again

    with tempfile.TemporaryDirectory(prefix="sandbox-") as folder:
        certificate = make_certificate(Path(folder)) if sent.tls else None

        def ready(port: int, stopped: asyncio.Event) -> None:
            root = f"{'https' if certificate else 'http'}://{sent.host}:{port}"
            context = world.product.context
            world.base = f"{root}/{context}" if context else root
            app = next(iter(world.organization.apps.values()))
            facts = {
                "url": world.base, "username": world.options.username, "password": world.options.password,
                "inspect": f"{root}/{INSPECTION}", "pid": os.getpid(), "product": world.product.name,
                "members": len(world.organization.members), "client_id": app.client_id,
                "client_secret": app.client_secret, "ca_path": str(certificate.path) if certificate else None,
            }  # fmt: skip
            announce(facts, sent.json)
            if sent.until_stdin_closes:
                watch(stopped)

        asyncio.run(serve(world, sent.host, sent.port, certificate, ready))
    return 0


def make_certificate(folder: Path) -> Any:
    """Imported only where TLS is asked for: the library behind it takes a while to load."""
    from . import tls

    return tls.make(folder)


def watch(stopped: asyncio.Event) -> None:
    """Stop once standard input has ended, so that no sandbox outlives the test that started it."""
    loop = asyncio.get_running_loop()

    def read() -> None:
        if not os.read(sys.stdin.fileno(), 1024):
            loop.remove_reader(sys.stdin)
            stopped.set()

    loop.add_reader(sys.stdin, read)


if __name__ == "__main__":
    sys.exit(main())
