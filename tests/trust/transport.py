# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way to the portal: certificates, plain http, redirects, proxies, and files that hold passwords."""

from __future__ import annotations

import os
import tempfile
from typing import Any
from urllib.parse import urlsplit

from tests.sandbox.runner import Sandbox

from .cases import ONLINE, Case, cases
from .forks import Ran
from .lanes import Job, Lane, Tally
from .matrix import arranged, connection, judge_output
from .states import state_of
from .wire import Answer, Proxy, Request, Station

STATUSES = (301, 302, 303, 307, 308)


def modules() -> list[Case]:
    """One task of each writing module."""
    found = {case.module: case for case in cases() if case.product == ONLINE}
    return list(found.values())


def run(
    lane: Lane, tally: Tally, portal: Sandbox, case: Case, where: str, env: Any = None, **changes: Any
) -> Ran:  # fmt: skip
    options = {**arranged(portal, case), **changes}
    portal.reset_counters()
    ran = lane.runner.run(case.module, options, env=env)
    tally.runs += 1
    judge_output(ran, portal, where, tally)
    return ran


def certificates(lane: Lane, tally: Tally) -> None:
    portal = lane.portal(ONLINE, tls=True)
    for case in modules():
        where = f"{case.module}, a self-signed certificate"
        arranged(portal, case)
        before = state_of(portal)
        ran = run(lane, tally, portal, case, where)
        tally.expect(ran.error.get("code") == "tls", "harmed", where, f"{ran.error or 'success'}")
        tally.expect("ca_path" in str(ran.error.get("remedy")), "unclear", where, f"{ran.error}")
        counted = portal.counters()
        tally.expect(not counted["reads"] + counted["writes"], "leaked", where, f"{counted}")
        tally.expect(before.same(state_of(portal)), "harmed", where, "")
        for what, options, env, warns in (
            ("ca_path", {"ca_path": portal.ca_path}, {}, False),
            ("ca_path from the environment", {}, {"ARCGIS_PORTAL_CA_PATH": portal.ca_path}, False),
            ("REQUESTS_CA_BUNDLE", {}, {"REQUESTS_CA_BUNDLE": portal.ca_path}, False),
            ("validate_certs: false", {"validate_certs": False}, {}, True),
        ):
            where = f"{case.module}, {what}"
            ran = run(lane, tally, portal, case, where, env, **options)
            tally.expect(not ran.failed and ran.changed, "lost", where, f"{ran.error}")
            warnings = str((ran.result or {}).get("warnings") or "")
            tally.expect(("not verified" in warnings) == warns, "untruthful", where, f"warnings: {warnings}")


def wrong_host(lane: Lane, tally: Tally) -> None:
    """A certificate that is trusted, of another host."""
    portal = lane.portal(ONLINE, tls=True)
    port = urlsplit(portal.url).port
    case = modules()[0]
    where = "a certificate of another host"
    ran = run(lane, tally, portal, case, where, None, portal_url=f"https://127.0.0.2:{port}", ca_path=portal.ca_path)
    tally.expect(ran.error.get("code") in ("tls", "unreachable"), "harmed", where, f"{ran.error or 'success'}")


def plain_http(lane: Lane, tally: Tally) -> None:
    """Plain http is for the loopback; elsewhere nothing is sent, unless the task says so."""
    portal = lane.portal(ONLINE)
    case = modules()[0]
    for host in ("gis.example.com", "localhost.example.com", "127.0.0.1.example.com", "10.0.0.1", "0.0.0.0"):
        where = f"http://{host}"
        ran = run(lane, tally, portal, case, where, None, portal_url=f"http://{host}/portal")
        tally.expect(ran.error.get("code") == "invalid_input", "leaked", where, f"{ran.error or 'success'}")
        tally.expect("https" in str(ran.error.get("remedy")), "unclear", where, f"{ran.error}")
    with_proxy(lane, tally, portal, case)


def with_proxy(lane: Lane, tally: Tally, portal: Sandbox, case: Case) -> None:
    """HTTP_PROXY is used for http, and NO_PROXY keeps hosts from it."""
    for lower in (False, True):
        for skipped in (False, True):
            with Proxy() as proxy:
                names = ("http_proxy", "no_proxy") if lower else ("HTTP_PROXY", "NO_PROXY")
                env = {names[0]: proxy.url, names[1]: "127.0.0.1" if skipped else "elsewhere.example.com"}
                where = f"{env}"
                ran = run(lane, tally, portal, case, where, env)
                tally.expect(not ran.failed, "lost", where, f"{ran.error}")
                tally.expect(bool(proxy.hosts) != skipped, "unclear", where, f"it was asked for {set(proxy.hosts)}")


def tunnels(lane: Lane, tally: Tally) -> None:
    """HTTPS_PROXY is used for https: it sees the host and nothing else."""
    portal = lane.portal(ONLINE, tls=True)
    for case in modules():
        with Proxy() as proxy:
            where = f"{case.module} through HTTPS_PROXY"
            env = {"HTTPS_PROXY": proxy.url, "NO_PROXY": "elsewhere.example.com"}
            ran = run(lane, tally, portal, case, where, env, ca_path=portal.ca_path)
            tally.expect(not ran.failed and ran.changed, "lost", where, f"{ran.error}")
            tally.expect(set(proxy.hosts) == {urlsplit(portal.url).netloc}, "unclear", where, f"{proxy.hosts}")
            seen = "".join(request.text for request in proxy.requests)
            tally.expect(portal.password not in seen and "token" not in seen.lower(), "leaked", where, seen[:300])


class Elsewhere(Station):
    """Another host, to which a portal redirects."""

    def answer(self, request: Request, handler: Any) -> Answer:
        return Answer(200, {"Content-Type": "application/json"}, b'{"success": true}')


def redirects(lane: Lane, tally: Tally) -> None:
    """A redirect to another host is not followed, with whatever status and at whatever call."""
    portal = lane.portal(ONLINE)
    for case in modules():
        options = arranged(portal, case)
        portal.reset_counters()
        lane.runner.run(case.module, options)
        operations = sorted(set(portal.counters()["by_operation"]))
        for operation in operations:
            with Elsewhere() as elsewhere:
                options = arranged(portal, case)
                before = state_of(portal)
                address = f"http://localhost:{elsewhere.port}/sharing/rest/"
                portal.fault(operation=operation, kind="redirect", count=0, location=address)
                ran = lane.runner.run(case.module, options)
                tally.runs += 1
                where = f"{case.module}, {operation} redirects"
                judge_output(ran, portal, where, tally)
                tally.expect(not elsewhere.requests, "leaked", where, f"{[each.text for each in elsewhere.requests]}")
                changed = not before.same(state_of(portal))
                tally.expect(ran.changed == changed, "untruthful", where, f"changed is {ran.changed}")


def redirecting_station(lane: Lane, tally: Tally) -> None:
    """A host that answers everything with a redirect learns the password that is meant for it, no other host does."""
    for status in STATUSES:
        with Elsewhere() as elsewhere:

            class Redirecting(Station):
                def answer(self, request: Request, handler: Any) -> Answer:
                    return Answer(status, {"Location": f"{elsewhere.url}{request.target}"}, b"")  # noqa: B023

            with Redirecting() as station:
                given = {"portal_url": station.url, "portal_username": "admin", "portal_password": "Elsewhere-Wombat-1"}
                ran = lane.runner.run("portal_info", {**given, "timeout": 2, "retries": 2})
                tally.runs += 1
                where = f"HTTP {status}"
                tally.expect(ran.error.get("code") == "unexpected_answer", "unclear", where, f"{ran.error}")
                tally.expect(not elsewhere.requests, "leaked", where, f"{len(elsewhere.requests)} requests")


def netrc(lane: Lane, tally: Tally) -> None:
    """Passwords in .netrc are not sent."""
    portal = lane.portal(ONLINE)
    case = modules()[0]
    with tempfile.TemporaryDirectory(prefix="trust-") as home:
        path = os.path.join(home, "netrc")
        with open(path, "w", encoding="utf-8") as stream:
            stream.write("machine 127.0.0.1 login netrcuser password Netrc-Wombat-55\n")
        os.chmod(path, 0o600)
        with Proxy() as proxy:
            env = {"NETRC": path, "HOME": home, "HTTP_PROXY": proxy.url, "NO_PROXY": "elsewhere.example.com"}
            ran = run(lane, tally, portal, case, "netrc", env)
            tally.expect(not ran.failed, "lost", "netrc", f"{ran.error}")
            sent = "".join(request.text for request in proxy.requests)
            tally.expect(proxy.requests, "unclear", "netrc", "the proxy saw nothing")
            tally.expect("authorization: basic" not in sent.lower(), "leaked", "netrc", "it was sent")


def environment(lane: Lane, tally: Tally) -> None:
    """Variables in place of options; empty ones are unset ones; an option goes before its variable."""
    portal = lane.portal(ONLINE)
    given = connection(portal)
    variables = {
        "ARCGIS_PORTAL_URL": given.pop("portal_url"),
        "ARCGIS_PORTAL_USERNAME": given.pop("portal_username"),
        "ARCGIS_PORTAL_PASSWORD": given.pop("portal_password"),
        "ARCGIS_PORTAL_TOKEN": "",
        "ARCGIS_PORTAL_CLIENT_ID": "",
        "ARCGIS_PORTAL_CA_PATH": "",
        "ARCGIS_PORTAL_VALIDATE_CERTS": "",
    }
    ran = lane.runner.run("portal_info", given, env=variables)
    judge_output(ran, portal, "environment", tally)
    tally.expect(not ran.failed, "lost", "environment", f"{ran.error}")
    wrong = {**variables, "ARCGIS_PORTAL_PASSWORD": "Wrong-Wombat-99"}
    own = {"portal_username": portal.username, "portal_password": portal.password}
    ran = lane.runner.run("portal_info", {**given, **own}, env=wrong)
    judge_output(ran, portal, "option before environment", tally)
    tally.expect(not ran.failed, "lost", "option before environment", f"{ran.error}")
    tally.runs += 2


def jobs() -> list[tuple[str, Job]]:
    parts = (
        certificates, wrong_host, plain_http, tunnels, redirects, redirecting_station, netrc, environment,
    )  # fmt: skip
    return [(f"transport {part.__name__}", part) for part in parts]
