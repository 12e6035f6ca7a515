# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who signs in, how often, and whose answers a run accepts."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from tests.sandbox.runner import Sandbox

from .cases import APPS, CREWS, OLD, ONLINE, PASSWORD, Case, MemberPool, cases, groups
from .forks import Ran
from .lanes import Job, Lane, Tally
from .matrix import IMPATIENT, KINDS, WRITES_ONLY, arranged, await_rest, connection, judge_output
from .states import State, lies, state_of
from .wire import Answer, Gateway, Request

WRONG = "Wrong-Wombat-99"


def sign_ins(portal: Sandbox) -> int:
    return sum(entry["operation"] in ("generateToken", "oauth2Token") for entry in portal.log())


def rosters() -> list[Case]:
    return [case for case in cases() if case.module == "portal_members" and case.name == "roster"]


def tried(
    lane: Lane, tally: Tally, portal: Sandbox, case: Case, where: str, **changes: Any
) -> tuple[Ran, State, State]:  # fmt: skip
    """Run a case with other connection options; what was before and after."""
    options = {**arranged(portal, case), **changes}
    before = state_of(portal)
    portal.reset_counters()
    ran = lane.runner.run(case.module, {name: value for name, value in options.items() if value is not None})
    tally.runs += 1
    judge_output(ran, portal, where, tally)
    return ran, before, state_of(portal)


def refused(tally: Tally, ran: Ran, before: State, after: State, where: str, *codes: str) -> None:
    """The run ended with one of these codes and changed nothing."""
    tally.expect(ran.error.get("code") in codes, "unclear", where, f"{ran.error or ran.stdout[:300]}")
    tally.expect(before.same(after), "harmed", where, f"{before.differences(after)}")
    tally.expect(not ran.changed, "untruthful", where, "changed is true")


def went_on(tally: Tally, ran: Ran, portal: Sandbox, before: State, after: State, where: str) -> None:
    tally.expect(not ran.failed and ran.changed, "lost", where, f"{ran.error}")
    for lie in lies(ran.result or {}, before, after, True):
        tally.blame("untruthful", where, lie)
    tally.counts["checks"] += 1


# -- credentials -------------------------------------------------------------------------------------------------------
def bad_credentials(lane: Lane, tally: Tally) -> None:
    for case in cases():
        portal = lane.portal(case.product)
        where = f"{case.module} {case.name} on {case.product}, wrong password"
        ran, before, after = tried(lane, tally, portal, case, where, portal_password=WRONG)
        refused(tally, ran, before, after, where, "sign_in_failed")
        tally.expect(sign_ins(portal) == 1, "harmed", where, f"{sign_ins(portal)} sign-ins")
        tally.expect("is not retried" in str(ran.error.get("remedy")), "unclear", where, str(ran.error))


def bad_application(lane: Lane, tally: Tally) -> None:
    for case in rosters():
        portal = lane.portal(case.product)
        for name, value in (("client_secret", WRONG), ("client_id", "nobodysclient")):
            where = f"{case.module} on {case.product}, wrong {name}"
            own = {"portal_client_id": portal.client_id, "portal_client_secret": portal.client_secret}
            own[f"portal_{name}"] = value
            own.update(portal_username=None, portal_password=None)  # type: ignore[call-overload]
            ran, before, after = tried(lane, tally, portal, case, where, **own)
            refused(tally, ran, before, after, where, "sign_in_failed")
            tally.expect(sign_ins(portal) == 1, "harmed", where, f"{sign_ins(portal)} sign-ins")


def locked_out(lane: Lane, tally: Tally) -> None:
    """The right password of a locked account is tried once, and the error names the lock."""
    case = rosters()[0]
    portal = lane.portal(case.product)
    options = arranged(portal, case)
    for _attempt in range(5):
        lane.runner.run("portal_info", {**connection(portal), "portal_password": WRONG})
    portal.reset_counters()
    ran = lane.runner.run(case.module, options)
    tally.runs += 6
    where = "a locked account"
    tally.expect(ran.error.get("code") == "sign_in_failed", "unclear", where, str(ran.error))
    tally.expect("locked" in str(ran.error.get("remedy")), "unclear", where, str(ran.error))
    tally.expect(sign_ins(portal) == 1, "harmed", where, f"{sign_ins(portal)} sign-ins")


def applications(lane: Lane, tally: Tally) -> None:
    """Client credentials do everything that user and password do, where the portal lets applications."""
    for case in cases():
        if case.product == OLD:
            continue
        portal = lane.portal(case.product)
        own = {"portal_client_id": portal.client_id, "portal_client_secret": portal.client_secret}
        own.update(portal_username=None, portal_password=None)  # type: ignore[call-overload]
        where = f"{case.module} {case.name} on {case.product} by an application"
        ran, before, after = tried(lane, tally, portal, case, where, **own)
        if ran.failed:
            refused(tally, ran, before, after, where, "permission", "several_problems")
        else:
            went_on(tally, ran, portal, before, after, where)
        tally.expect(portal.client_secret not in ran.stdout + ran.stderr, "leaked", where, "the client secret")


def refused_applications(lane: Lane, tally: Tally) -> None:
    """A portal that lets applications read only: a clear error, nothing half done and unsaid."""
    for case in rosters()[:2]:
        portal = lane.portal(case.product)
        options = arranged(portal, case)
        portal.switch(app_token="refused")
        del options["portal_username"], options["portal_password"]
        options.update(portal_client_id=portal.client_id, portal_client_secret=portal.client_secret)
        before = state_of(portal)
        ran = lane.runner.run(case.module, options)
        tally.runs += 1
        where = f"{case.module} on {case.product}, applications refused"
        judge_output(ran, portal, where, tally)
        refused(tally, ran, before, state_of(portal), where, "permission", "several_problems")


def disturbed_sign_ins(lane: Lane, tally: Tally) -> None:
    """A wrong password or secret arrives once, whatever happens to the response, and whatever the environment holds."""
    portal = lane.portal(ONLINE)
    wrong = {
        "generateToken": {"portal_username": portal.username, "portal_password": WRONG},
        "oauth2Token": {"portal_client_id": portal.client_id, "portal_client_secret": WRONG},
    }
    environment = {"ARCGIS_PORTAL_USERNAME": portal.username, "ARCGIS_PORTAL_PASSWORD": portal.password}
    for operation, credentials in wrong.items():
        for kind in KINDS:
            for count in (1, 0):
                if kind in WRITES_ONLY:
                    continue
                portal.reset()
                portal.fault(operation=operation, count=count, **KINDS[kind])
                options = {"portal_url": portal.url, **credentials, "retries": 4, "timeout": 2}
                timeout = IMPATIENT if kind == "too slow" else None
                ran = lane.runner.run("portal_info", options, env=environment, timeout=timeout)
                if kind == "too slow":
                    await_rest(portal)
                tally.runs += 1
                where = f"{operation} {kind} {'once' if count else 'always'}"
                judge_output(ran, portal, where, tally)
                tally.expect(ran.failed, "untruthful", where, "it succeeded with a wrong password")
                arrived = [entry["operation"] for entry in portal.log()]
                tally.expect(arrived == [operation], "harmed", where, f"{arrived}")


def one_identity(lane: Lane, tally: Tally) -> None:
    """The account of the task acts, whatever the environment holds; two kinds in one source are rejected."""
    portal = lane.portal(ONLINE)
    for case in rosters()[:1]:
        options = arranged(portal, case)
        token = portal.inspect("POST", "tokens", {"username": portal.username, "minutes": 60})["token"]
        application = {"CLIENT_ID": portal.client_id, "CLIENT_SECRET": portal.client_secret}
        account = {"USERNAME": portal.username, "PASSWORD": portal.password}
        for what, variables in (("token", {"TOKEN": token}), ("application", application), ("account", account)):
            env = {f"ARCGIS_PORTAL_{name}": value for name, value in variables.items()}
            where = f"the environment holds the {what} of another account"
            before = state_of(portal)
            portal.reset_counters()
            wrong = {**options, "portal_username": "unknown_at_all", "portal_password": WRONG}
            ran = lane.runner.run(case.module, wrong, env=env)
            refused(tally, ran, before, state_of(portal), where, "sign_in_failed")
            tally.expect(sign_ins(portal) == 1, "harmed", where, f"{sign_ins(portal)} sign-ins")
            both = {**options, "portal_token": token}
            ran = lane.runner.run(case.module, both, env=env)
            refused(tally, ran, before, state_of(portal), f"{where}, two kinds in the task", "invalid_input")
            both_named = all(name in str(ran.error.get("message")) for name in ("portal_token", "portal_username"))
            tally.expect(both_named, "unclear", where, str(ran.error))
            tally.runs += 2
            portal.inspect("POST", "tokens/expire")
            given = {**options, "portal_token": token, "portal_username": None, "portal_password": None}
            ran = lane.runner.run(case.module, {name: value for name, value in given.items() if value}, env=env)
            tally.runs += 1
            refused(tally, ran, before, state_of(portal), f"{where}, the given token has expired", "token_expired")


# -- tokens ------------------------------------------------------------------------------------------------------------
def given_tokens(lane: Lane, tally: Tally) -> None:
    for case in rosters():
        portal = lane.portal(case.product)
        arranged(portal, case)
        own_token = portal.inspect("POST", "tokens", {"username": portal.username, "minutes": 60})["token"]
        own = {"portal_token": own_token, "portal_username": None, "portal_password": None}
        where = f"{case.module} on {case.product}, given token"
        ran, before, after = tried(lane, tally, portal, case, where, **own)
        went_on(tally, ran, portal, before, after, where)
        tally.expect(sign_ins(portal) == 0, "harmed", where, "it signed in")
        tally.expect(own_token not in ran.stdout + ran.stderr, "leaked", where, "the token")
        portal.inspect("POST", "tokens/expire")
        where = f"{case.module} on {case.product}, expired token given"
        ran, before, after = tried(lane, tally, portal, case, where, **own)
        refused(tally, ran, before, after, where, "token_expired")
        tally.expect(len(portal.log()) <= 2, "harmed", where, f"{len(portal.log())} requests")


@contextlib.contextmanager
def gateway(portal: Sandbox, options: dict[str, Any]) -> Iterator[tuple[Gateway, dict[str, Any]]]:
    with Gateway(portal.url) as station:
        yield station, {**options, "portal_url": station.url}


def lost_tokens(lane: Lane, tally: Tally) -> None:
    """All tokens expire or are revoked before the nth request: signed in once more, the run goes on."""
    for case in rosters():
        portal = lane.portal(case.product)
        for how in ("expire", "revoke"):
            for number in (2, 4, 7, 11, 16, 22, 29):
                options = arranged(portal, case)
                before = state_of(portal)
                where = f"{case.module} on {case.product}, tokens {how} before request {number}"
                with gateway(portal, options) as (station, through):
                    station.before = losing(portal, how, number)
                    ran = lane.runner.run(case.module, through)
                tally.runs += 1
                judge_output(ran, portal, where, tally)
                went_on(tally, ran, portal, before, state_of(portal), where)
                tally.expect(sign_ins(portal) <= 2, "harmed", where, f"{sign_ins(portal)} sign-ins")


def losing(portal: Sandbox, how: str, number: int) -> Any:
    def before(request: Request) -> None:
        if request.number == number:
            portal.inspect("POST", f"tokens/{how}")

    return before


def short_tokens(lane: Lane, tally: Tally) -> None:
    """Tokens that live for a second: as many sign-ins as it takes, and the work is done."""
    for case in rosters():
        portal = lane.portal(case.product)
        arranged(portal, case)
        portal.inspect("PATCH", "options", {"token_life": 1, "latency_ms": 60})
        try:
            where = f"{case.module} on {case.product}, tokens of a second"
            options = {**connection(portal), **case.arguments(portal), "parallel": 1}
            before = state_of(portal)
            ran = lane.runner.run(case.module, options)
            tally.runs += 1
            judge_output(ran, portal, where, tally)
            went_on(tally, ran, portal, before, state_of(portal), where)
            tally.expect(sign_ins(portal) >= 2, "unclear", where, "no token ran out: this proves nothing")
        finally:
            portal.inspect("PATCH", "options", {"token_life": None, "latency_ms": 0})


# -- anonymous ---------------------------------------------------------------------------------------------------------
def without_token(request: Request) -> None:
    """What a careless web adaptor does to a request."""
    request.headers = {name: value for name, value in request.headers.items() if name != "X-Esri-Authorization"}
    fields = [field for field in request.body.split(b"&") if not field.startswith(b"token=")]
    request.body = b"&".join(fields)


def anonymous(lane: Lane, tally: Tally) -> None:
    """Something on the way drops the token, everywhere or from reads only: a run does not accept such answers."""
    for case in cases():
        portal = lane.portal(case.product)
        for what in ("everything", "reads"):
            for check in (True, False):
                options = arranged(portal, case)
                before = state_of(portal)
                where = f"{case.module} {case.name} on {case.product}, no token on {what}{', check' if check else ''}"
                with gateway(portal, options) as (station, through):
                    station.before = dropping(what)
                    ran = lane.runner.run(case.module, through, check=check)
                tally.runs += 1
                judge_output(ran, portal, where, tally)
                refused(tally, ran, before, state_of(portal), where, "not_signed_in", "token_expired")


def dropping(what: str) -> Any:
    def before(request: Request) -> None:
        if "generateToken" not in request.path and (what == "everything" or request.method == "GET"):
            without_token(request)

    return before


def anonymous_members(lane: Lane, tally: Tally) -> None:
    """The token is dropped where single members are read: no member is created, nothing is changed by mistake."""
    for case in cases():
        if case.module in ("portal_member_categories", "portal_invitations"):
            continue
        portal = lane.portal(case.product)
        options = arranged(portal, case)
        before = state_of(portal)
        where = f"{case.module} {case.name} on {case.product}, members read anonymously"

        def drop(request: Request) -> None:
            if request.method == "GET" and "/community/users/" in request.path:
                without_token(request)

        with gateway(portal, options) as (station, through):
            station.before = drop
            ran = lane.runner.run(case.module, through)
        tally.runs += 1
        after = state_of(portal)
        judge_output(ran, portal, where, tally)
        for lie in lies(ran.result or {}, before, after, case.removes):
            tally.blame("untruthful", where, lie)
        tally.expect(not set(after.members) - set(before.members) - named(options), "duplicated", where, "")


def named(options: dict[str, Any]) -> set[str]:
    rows = options.get("members") or [options]
    return {str(row.get("username")).casefold() for row in rows}


def plain_members(lane: Lane, tally: Tally) -> None:
    """Without an administrator role, the error names the missing privilege, and nothing is written."""
    for case in cases():
        portal = lane.portal(case.product)
        for role in ("org_user", "iAAAAAAAAAAAAAAA"):
            options = arranged(portal, case)
            pool = MemberPool(portal)
            caller = pool.take(lambda member: member["username"].casefold() not in named(options))  # noqa: B023
            password = f"{PASSWORD}-{caller['username']}"
            portal.change(caller["username"], password=password, role=role)
            options.update(portal_username=caller["username"], portal_password=password)
            before = state_of(portal)
            portal.reset_counters()
            ran = lane.runner.run(case.module, options)
            tally.runs += 1
            where = f"{case.module} {case.name} on {case.product} by {role}"
            judge_output(ran, portal, where, tally)
            codes = ("permission", "several_problems", "not_found", "unexpected_answer", "blocked")
            refused(tally, ran, before, state_of(portal), where, *codes)
            tally.expect(password not in ran.stdout + ran.stderr, "leaked", where, "the password")


def other_callers(lane: Lane, tally: Tally) -> None:
    """The portal says that the caller belongs elsewhere, or says nothing of a caller."""
    for case in rosters():
        portal = lane.portal(case.product)
        for what in ("another organization", "no member", "an application without privileges"):
            options = arranged(portal, case)
            before = state_of(portal)
            where = f"{case.module} on {case.product}, the caller is {what}"
            with gateway(portal, options) as (station, through):
                station.after = introducing(what)
                ran = lane.runner.run(case.module, through)
            tally.runs += 1
            judge_output(ran, portal, where, tally)
            refused(tally, ran, before, state_of(portal), where, "not_signed_in", "permission", "several_problems")


def introducing(what: str) -> Any:
    import json

    def after(request: Request, answer: Answer) -> Answer:
        if request.path.endswith("/portals/self"):
            data = json.loads(answer.body)
            if what == "another organization":
                data["user"]["orgId"] = "AnotherOrg000001"
            else:
                data.pop("user", None)
            if what.startswith("an application"):
                data["appInfo"] = {"appId": "x", "privileges": []}
            answer.body = json.dumps(data).encode()
        return answer

    return after


def outsiders(lane: Lane, tally: Tally) -> None:
    """Accounts of other organizations of ArcGIS Online are never touched, visible or hidden."""
    portal = lane.portal(ONLINE)
    wishes: dict[str, dict[str, Any]] = {
        "portal_user": {"first_name": "Taken"},
        "portal_user_role": {"role": "org_publisher"},
        "portal_user_level": {"user_type": "creatorUT"},
        "portal_credits": {"credits": 10},
        "portal_user_categories": {"categories": ["/Contract/Student"]},
        "portal_user_groups": {"groups": {"add": [CREWS]}},
        "portal_user_add_ons": {"add_ons": {APPS: True}},
    }
    for module, wish in wishes.items():
        for name in ("outsider_elsewhere", "hidden_elsewhere"):
            for state in ("present", "absent") if module == "portal_user" else ("present",):
                portal.reset()
                groups(portal)
                before = state_of(portal)
                row = {"username": name, **(wish if state == "present" else {"state": "absent"})}
                ran = lane.runner.run(module, {**connection(portal), **row})
                tally.runs += 1
                where = f"{module}: {name} {state}"
                judge_output(ran, portal, where, tally)
                after = state_of(portal)
                tally.expect(before.same(after), "harmed", where, f"{before.differences(after)}")
                tally.expect(not portal.counters()["writes"], "harmed", where, "it wrote")
                tally.expect(ran.failed == (state == "present"), "unclear", where, f"{ran.stdout[:200]}")


def jobs() -> list[tuple[str, Job]]:
    parts = (
        bad_credentials, bad_application, disturbed_sign_ins, one_identity, locked_out, applications,
        refused_applications, given_tokens, lost_tokens, short_tokens, anonymous, anonymous_members, plain_members,
        other_callers, outsiders,
    )  # fmt: skip
    return [(f"sign-in {part.__name__}", part) for part in parts]
