# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hostile portals and hostile rosters: whatever comes, a run ends soon, says clearly why, and harms no member.

Everything is drawn from a seed: the same seed gives the same cases.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import os
import random
import tempfile
from collections.abc import Callable
from typing import Any

from .cases import ONLINE, PASSWORD, Case, MemberPool, cases
from .forks import Ran
from .lanes import Job, Lane, Tally
from .matrix import arranged, connection, judge_output
from .sign_in import gateway, named
from .states import State, state_of
from .wire import Answer, Request

SLOW_SECONDS = 60.0
HUGE = 100_000
PAGE = b"<html><head><title>Sorry</title></head><body>" + b"<p>We are sorry, &token=no " * 100_000 + b"</body></html>"
NASTY: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**63, 10**400, 1e308, -0.5, "", " ", "null", "-1", "true", "x" * 20_000, "\x00",
    "\x1b[31mred", "\u202egnp.exe", "\ufeffbom", "a\nb", "<script>", "/", "..", "%2e%2e", "{}", "[]", [], {}, [None],
    [[]], {"": ""}, {"error": {}}, {"error": {"code": 498}}, [{}] * 50, "org_admin", "portal_admin", ["a"] * 2000,
)  # fmt: skip


# -- a portal gone mad -------------------------------------------------------------------------------------------------
def places(value: Any, found: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Every container and key below a JSON value."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        found.append((value, key))
        places(value[key], found)
    return found


def put_nasty(draw: random.Random, holder: Any, key: Any) -> None:
    holder[key] = draw.choice(NASTY)


def drop(draw: random.Random, holder: Any, key: Any) -> None:
    del holder[key]


def double(draw: random.Random, holder: Any, key: Any) -> None:
    if isinstance(holder[key], list):
        holder[key] = holder[key] * 2
    elif isinstance(holder, list):
        holder.append(holder[key])


def rename(draw: random.Random, holder: Any, key: Any) -> None:
    if isinstance(holder, dict):
        holder[key.swapcase() if draw.random() < 0.5 else f"{key}s"] = holder.pop(key)


def wrap(draw: random.Random, holder: Any, key: Any) -> None:
    holder[key] = [holder[key]] if draw.random() < 0.5 else {"value": holder[key]}


def count_wrong(draw: random.Random, holder: Any, key: Any) -> None:
    """Paging that lies: of its total, its next page, its end."""
    if isinstance(holder, dict) and "nextStart" in holder:
        name = draw.choice(("total", "nextStart", "num", "start"))
        holder[name] = draw.choice((-1, 0, 1, 2, 3, 101, 10**9, "7", None))


CHANGES = (put_nasty, put_nasty, put_nasty, drop, drop, double, rename, wrap, count_wrong)


def other_json(draw: random.Random, body: bytes) -> bytes:
    try:
        data = json.loads(body)
    except ValueError:
        return body
    for _each in range(draw.randint(1, 4)):
        found = places(data, [])
        if found:
            draw.choice(CHANGES)(draw, *draw.choice(found))
    return json.dumps(data, ensure_ascii=draw.random() < 0.5).encode("utf-8", "surrogatepass")


def torn(draw: random.Random, body: bytes) -> bytes:
    return body[: draw.randint(0, len(body))]


def scratched(draw: random.Random, body: bytes) -> bytes:
    data = bytearray(body or b" ")
    for _each in range(draw.randint(1, 8)):
        data[draw.randrange(len(data))] = draw.randrange(256)
    return bytes(data)


def odd_bytes(draw: random.Random, body: bytes) -> bytes:
    return draw.choice(
        (
            PAGE, b"", b"null", b"[]", b"{}", b"0", b'"text"', b"[" * 200_000, b'{"a":' * 50_000, b"\xff\xfe\x00",
            codecs.BOM_UTF8 + body, body.decode("utf-8", "replace").encode("utf-16"), b"NaN", body + body,
            draw.randbytes(5000), body.replace(b":", b"=", 3), b'{"success": "maybe"}', b'{"error": "no"}',
            b'{"status": "error", "messages": null}', b'{"error": {"code": 400, "message": null, "details": {"a": 1}}}',
        )
    )  # fmt: skip


def other_status(draw: random.Random, answer: Answer) -> Answer:
    answer.status = draw.choice((201, 204, 206, 226, 400, 401, 404, 405, 407, 408, 410, 413, 418, 500, 502, 504, 599))
    return answer


def madden(draw: random.Random, answer: Answer) -> Answer:
    """An answer as no portal gives it."""
    kind = draw.random()
    if kind < 0.6:
        answer.body = other_json(draw, answer.body)
    elif kind < 0.7:
        answer.body = torn(draw, answer.body)
    elif kind < 0.8:
        answer.body = scratched(draw, answer.body)
    elif kind < 0.93:
        answer.body = odd_bytes(draw, answer.body)
        answer.headers["Content-Type"] = draw.choice(("text/html", "application/json", "", "x" * 500, "text/plain"))
    else:
        answer = other_status(draw, answer)
    if answer.status in (204, 304):
        answer.body = b""
    return answer


def mad_portals(cases_wanted: int, seed: int, share: int) -> Job:
    """Real answers of a sandbox, some of them changed at random, before every module."""

    def run(lane: Lane, tally: Tally) -> None:
        for number in range(cases_wanted):
            draw = random.Random(f"{seed} {share} {number}")
            case, check = draw.choice(cases()), draw.random() < 0.3
            portal = lane.portal(case.product)
            options = arranged(portal, case)
            before = state_of(portal)
            portal.reset_counters()
            often = draw.choice((0.03, 0.1, 0.3, 1.0))

            def after(request: Request, answer: Answer) -> Answer:
                return madden(draw, answer) if draw.random() < often else answer  # noqa: B023

            with gateway(portal, options) as (station, through):
                station.after = after
                ran = lane.runner.run(case.module, {**through, "parallel": 1}, check=check)
            tally.runs += 1
            tally.counts["mad portals"] += 1
            where = f"mad portal, seed {seed}, case {share}/{number}: {case.module} {case.name} on {case.product}"
            judge_output(ran, portal, where, tally)
            writes = portal.counters()["writes"]
            tally.expect(not (check and writes), "harmed", where, f"{writes} writes in check mode")
            unharmed(tally, options, before, state_of(portal), where, case)

    return run


def unharmed(tally: Tally, options: dict[str, Any], before: State, after: State, where: str, case: Case) -> None:
    """Check that members that the task does not name are unchanged, except for transferred content."""
    concerned = named(options)
    for name, keys in before.differences(after).items():
        if (
            name not in concerned
            and not (case.removes and keys <= {"items", "owned_groups", "groups"})
            and not options.get("purge")
        ):
            tally.blame("harmed", where, f"{name}: {sorted(keys)}")


# -- rosters of all kinds ----------------------------------------------------------------------------------------------
FIELDS = (
    "username", "first_name", "last_name", "full_name", "email", "description", "tags", "access", "culture", "region",
    "units", "categories", "password", "provider", "idp_username", "enabled", "role", "user_type", "level", "credits",
    "state", "update_password", "transfer_to",
)  # fmt: skip
WORDS: tuple[Any, ...] = (
    "=cmd|'/c calc'!A0", "@SUM(1)", "+1", "-1", "+49 30 1234", "on", "off", "0123", "1e5", "null", "~", "yes",
    "org_admin", "Student", "viewerUT", "creatorUT", "unlimited", "12,5", "1_000", "inf", "nan", "absent", "present",
    "enterprise",
    "a;b;;c", ";", "/Contract/Student", "/Categories/Contract", "//", "\u0430dmin", "\uff41dmin", "ADMIN\u200b",
    "I\u0307", "ß", "DOMAIN\\user", "../../etc/passwd", "{{ lookup('env','HOME') }}",
    "!!python/object:os.system", "a\tb", '"', "'", "",
)  # fmt: skip


def entry(draw: random.Random, names: list[str]) -> Any:
    """One entry that can be right, odd, or no entry at all."""
    if draw.random() < 0.05:
        return draw.choice(NASTY)
    found: dict[str, Any] = {"username": draw.choice(names) if draw.random() < 0.8 else draw.choice(WORDS)}
    for name in draw.sample(FIELDS, draw.randint(0, 6)):
        found[name] = draw.choice(WORDS if draw.random() < 0.7 else NASTY)
    if draw.random() < 0.1:
        found[draw.choice(("Username", "user name", "roles", "e-mail", "", "ünbekannt", "x" * 300))] = "?"
    if draw.random() < 0.1:
        found.pop("username", None)
    return found


def as_csv(draw: random.Random, rows: list[Any]) -> bytes:
    rows = [row for row in rows if isinstance(row, dict)]
    head = list(dict.fromkeys(str(key) for row in rows for key in row)) or ["username"]
    stream = io.StringIO()
    writer = csv.writer(
        stream, delimiter=draw.choice(",;\t|"), quoting=draw.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL)),
        lineterminator=draw.choice(("\n", "\r\n", "\r")),
    )  # fmt: skip
    writer.writerow(head if draw.random() < 0.9 else head + head[:1])
    for row in rows:
        cells = [str(row.get(key, "")).replace("\x00", "") for key in head]
        writer.writerow(cells if draw.random() < 0.95 else [*cells, "one too many"])
    text = stream.getvalue()
    coding = draw.choice(("utf-8", "utf-8-sig", "utf-8-sig", "utf-16", "latin-1", "cp1252"))
    return text.encode(coding, "replace")


def as_yaml(draw: random.Random, rows: list[Any]) -> bytes:
    import yaml

    rows = [row for row in rows if not isinstance(row, int) or abs(row) < 10**300]
    document = rows if draw.random() < 0.5 else {draw.choice(("members", "people", "Members")): rows}
    return yaml.safe_dump(document, allow_unicode=draw.random() < 0.5).encode("utf-8", "replace")


def as_json(draw: random.Random, rows: list[Any]) -> bytes:
    document = rows if draw.random() < 0.5 else {"members": rows}
    return json.dumps(document, ensure_ascii=draw.random() < 0.5).encode("utf-8", "surrogatepass")


def odd_file(draw: random.Random, _rows: list[Any]) -> bytes:
    return draw.choice(
        (
            b"", b"\n\n", b"# nothing", b"---\n...\n", codecs.BOM_UTF8, draw.randbytes(3000), b"[" * 100_000,
            b"- " * 50_000, b"a: &a [x, x]\nb: &b [*a, *a, *a, *a, *a]\nc: [*b, *b, *b, *b]\n", b'{"members": ' * 3000,
            b"members: &m\n- *m\n", b"!!python/object/apply:os.system ['id']\n", b"%YAML 9.9\n---\n- username: a\n",
            b"username,role\n\"unterminated,org_user\n", b"username\n" + b"x" * 300_000 + b"\n", b"\x00" * 100,
            b"$ANSIBLE_VAULT;1.1;AES256\n6162\n", b"username;role\nada;=1+1\n", b'{"members": [{"username": 1e999}]}',
            b"- username: ada\n- username: ADA\n", b"- {username: ada, username: bob}\n", b"username\n" * 5000,
        )
    )  # fmt: skip


FORMS: tuple[Callable[[random.Random, list[Any]], bytes], ...] = (as_yaml, as_json, as_csv, as_csv, odd_file)
ENDINGS = {as_yaml: ".yml", as_json: ".json", as_csv: ".csv"}


def odd_rosters(cases_wanted: int, seed: int, share: int) -> Job:
    """Files and lists with common mistakes."""

    def run(lane: Lane, tally: Tally) -> None:
        portal = lane.portal(ONLINE)
        portal.reset()
        before = state_of(portal)
        names = [member["username"] for member in MemberPool(portal).members[:12]] + ["portal_admin", "newcomer_one"]
        with tempfile.TemporaryDirectory(prefix="trust-") as folder:
            for number in range(cases_wanted):
                draw = random.Random(f"roster {seed} {share} {number}")
                where = f"roster, seed {seed}, case {share}/{number}"
                options = {**connection(portal), **drawn_roster(draw, names, folder)}
                ran = lane.runner.run("portal_members", options, check=True)
                tally.runs += 1
                tally.counts["odd rosters"] += 1
                judge_output(ran, portal, where, tally)
        tally.expect(not portal.counters()["writes"], "harmed", f"rosters of share {share}", "written in check mode")
        tally.expect(before.same(state_of(portal)), "harmed", f"rosters of share {share}", "")

    return run


def drawn_roster(draw: random.Random, names: list[str], folder: str) -> dict[str, Any]:
    rows = [entry(draw, names) for _each in range(draw.choice((0, 1, 2, 5, 30)))]
    if draw.random() < 0.25:
        return {"members": rows}
    form = draw.choice(FORMS)
    content = form(draw, rows)
    if draw.random() < 0.15:
        content = draw.choice((torn, scratched))(draw, content)
    ending = ENDINGS.get(form, ".yml") if draw.random() < 0.8 else draw.choice((".yml", ".json", ".csv", ".txt", ""))
    path = os.path.join(folder, f"roster{ending}")
    with open(path, "wb") as stream:
        stream.write(content)
    options: dict[str, Any] = {"src": path}
    if draw.random() < 0.03:
        options["src"] = draw.choice((folder, f"{path}.missing", "/dev/null"))
    if draw.random() < 0.1:
        options["columns"] = draw.choice(({"Name": "username"}, {"username": ""}, {"a": "nothing"}, {"role": "role"}))
    if draw.random() < 0.1:
        options["delimiter"] = draw.choice((",", ";", "", "ab", "\n", "é"))
    return options


def huge_rosters(lane: Lane, tally: Tally) -> None:
    """A hundred thousand entries: right ones, the same one, wrong ones, in every form and as a list."""
    portal = lane.portal(ONLINE)
    portal.reset()
    kinds: dict[str, Callable[[int], dict[str, Any]]] = {
        "gone already": lambda number: {"username": f"gone_{number}", "state": "absent"},
        "identical entries": lambda number: {"username": "Ada_Lovelace", "role": "org_user"},
        "unknown keys": lambda number: {"username": f"ada_{number}", "rolle": "org_user"},
        "wrong values": lambda number: {"username": f"ada_{number}", "credits": "plenty", "password": PASSWORD[:5]},
    }
    with tempfile.TemporaryDirectory(prefix="trust-") as folder:
        for kind, made in kinds.items():
            rows = [made(number) for number in range(HUGE)]
            for ending, text in (("json", json.dumps(rows)), ("csv", lines(rows, ",")), ("yml", lines(rows, "yaml"))):
                path = os.path.join(folder, f"huge.{ending}")
                with open(path, "w", encoding="utf-8") as stream:
                    stream.write(text)
                ran = lane.runner.run("portal_members", {**connection(portal), "src": path}, check=True)
                judge_huge(ran, tally, f"{HUGE} entries, {kind}, as {ending}", kind == "gone already")
    tally.expect(not portal.counters()["writes"], "harmed", "huge rosters", "written in check mode")


def lines(rows: list[dict[str, Any]], form: str) -> str:
    if form == "yaml":
        return "".join("- {" + ", ".join(f'{key}: "{value}"' for key, value in row.items()) + "}\n" for row in rows)
    return "\n".join([",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)])


def judge_huge(ran: Ran, tally: Tally, where: str, right: bool) -> None:
    tally.runs += 1
    tally.counts["odd rosters"] += 1
    tally.longest = max(tally.longest, ran.seconds)
    tally.expect(not ran.hung and ran.seconds < SLOW_SECONDS, "hung", where, f"{ran.seconds:.0f} s")
    if not tally.expect(ran.result is not None and not ran.stderr, "unclear", where, ran.stderr[-500:]):
        return
    tally.expect(ran.failed != right, "unclear", where, f"failed is {ran.failed}: {ran.error}")
    tally.expect(len(ran.stdout) < 300_000, "unclear", where, f"{len(ran.stdout)} characters")
    codes = ("invalid_input", "several_problems")
    tally.expect(right or ran.error.get("code") in codes, "unclear", where, str(ran.error)[:500])


def jobs(wanted: int, seed: int) -> list[tuple[str, Job]]:
    """So many mad portals and as many odd rosters, in shares."""
    shares = 4
    each = -(-wanted // (2 * shares))
    found: list[tuple[str, Job]] = [("huge rosters", huge_rosters)]
    for share in range(shares):
        found.append((f"mad portals {share}", mad_portals(each, seed, share)))
        found.append((f"odd rosters {share}", odd_rosters(each, seed, share)))
    return found
