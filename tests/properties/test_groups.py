# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random groups and desired memberships: what a run does to a portal in memory, judged by the portal alone."""

from __future__ import annotations

import copy

from hypothesis import assume, event, given
from hypothesis import strategies as st

from tests.properties.worlds import CUSTOM, shuffles, spelled
from tests.unit.plugins.module_utils.fakes import EDITOR, JOIN, VIEWER, Account, FakePortal, Fault, fold, play

MODULE = "portal_user_groups"
SAME = ("changed", "members", "diff", "plan_checksum", "summary")
WRITES = ("add_users", "update_users", "remove_users")
CREW = tuple(f"crew{number:02}" for number in range(6))
#: Titles by number: two groups share one title, and one differs from another only in case.
TITLES = ("Field crews", "Leads", "Survey north", "Survey south", "Twins", "Twins", "leads", "Odd; [manager]")
FAULTS = ("before", "after", "html", "busy", "refuse", "ignore", "partial")
#: The first roles have content privileges.
ROLES = ("org_user", "org_publisher", VIEWER, EDITOR, CUSTOM)


@st.composite
def portals(draw, usernames=CREW):
    """An organization with groups of every kind, and random members in them."""
    product = draw(st.sampled_from(("online", "enterprise", "old")))
    roles = st.sampled_from(ROLES[:2] * 3 + ROLES)
    portal = FakePortal(product, [Account(name, role=draw(roles)) for name in usernames])
    portal.roles[CUSTOM] = ("Field Lead", "org_user")
    portal.privileges[CUSTOM] = draw(st.sampled_from(([JOIN], [JOIN, "portal:user:createItem"], [JOIN], [])))
    for number, title in enumerate(TITLES):
        kind = draw(st.sampled_from(("plain", "plain", "plain", "shared", "shared", "linked", "foreign")))
        fields = {
            "shared": {"capabilities": ["updateitemcontrol"]},
            "linked": {"provider": "enterprise"},
            # Only ArcGIS Online has members in groups of other organizations.
            "foreign": {"orgId": "another", "access": "public"} if product == "online" else {},
        }.get(kind, {})
        # Only administrators can own groups with shared update.
        owner = draw(st.sampled_from(("admin", *(usernames[:2] if kind != "shared" else ()))))
        group = portal.add_group(number + 1, title, "zoe" if kind == "foreign" else owner, **fields)
        for name in usernames:
            part = draw(st.sampled_from((None, None, "member", "manager")))
            if part and fold(name) != fold(group.owner) and (kind != "shared" or portal[name].role in ROLES[:2]):
                group.join(name, part == "manager")
    portal.user_list_owner = draw(st.sampled_from((None, "owner", "admin", "member")))
    portal.users_overlap = draw(st.booleans())
    portal.has_user_list = product != "old" and draw(st.booleans())
    return portal


@st.composite
def names(draw, portal):
    """A group as a task names it, mostly so that it is clear."""
    groups = sorted(portal.groups.values(), key=lambda group: group.id)
    if draw(st.integers(0, 15)):
        # Most tasks name no group that blocks their plan.
        groups = [group for group in groups if not group.is_linked and group.orgId == portal.id] or groups
    group = draw(st.sampled_from(groups))
    is_clear = group.title not in ("Twins", "Odd; [manager]")
    name = spelled(draw, group.title) if is_clear and group.title.casefold() != "leads" else group.id
    return name, group.id


@st.composite
def changes(draw, portal):
    """A desired change, as the task writes it, with the parts by group ID that it means."""
    chosen = {group_id: name for name, group_id in draw(st.lists(names(portal), max_size=4))}
    parts = {group_id: draw(st.sampled_from(("member", "manager"))) for group_id in chosen}
    texts = [_text(draw, chosen[group_id], parts[group_id]) for group_id in chosen]
    word = draw(st.sampled_from(("list", "set", "add", "remove", "both")))
    if word == "remove":
        return {"remove": list(chosen.values())}
    if word == "both":
        half = len(texts) // 2
        return {"add": texts[:half], "remove": list(chosen.values())[half:]}
    return texts if word == "list" else {word: texts}


def _text(draw, name, part):
    if part == "member":
        return draw(st.sampled_from((name, {"group": name}, {"group": name, "manager": False})))
    return draw(st.sampled_from((f"{name} [manager]", {"group": name, "manager": True})))


@st.composite
def tasks(draw, portal):
    """Options of a task: entries of some members, and groups to manage besides those that they name."""
    usernames = draw(st.lists(st.sampled_from(sorted(portal.accounts)), min_size=1, max_size=5, unique=True))
    members = [{"username": spelled(draw, name), "groups": draw(changes(portal))} for name in usernames]
    managed = draw(
        st.lists(st.sampled_from(("Field crews", "survey*", "*", f"{7:032x}", "Survey nort?")), max_size=2, unique=True)
    )
    return {"members": members, "managed_groups": managed}


def memberships(portal):
    return portal.state()["groups"]


def changed_groups(before, after):
    return {key for key in before if before[key] != after[key]}


def named_ids(portal, options):
    """The groups that a task manages, read by a reader of its own."""
    import fnmatch

    words = set()
    for entry in options["members"]:
        change = entry["groups"] if isinstance(entry["groups"], dict) else {"set": entry["groups"]}
        for items in change.values():
            words |= {item["group"] if isinstance(item, dict) else item.removesuffix(" [manager]") for item in items}
    words |= set(options["managed_groups"])
    return {
        group.id
        for group in portal.groups.values()
        for word in words
        if word == group.id or fnmatch.fnmatchcase(group.title.casefold(), word.casefold())
    }


@given(st.data())
def test_check_predicts_the_run_and_the_next_plan_is_empty(data):
    portal = data.draw(portals())
    options = data.draw(tasks(portal))
    before = portal.state()
    check = play(portal, MODULE, check=True, **options)
    assert portal.calls() == [] and portal.state() == before and check["api_calls"]["write"] == 0
    run = play(portal, MODULE, shuffle=data.draw(shuffles()), **options)
    if check.failed:
        event(f"blocked: {check.code}")
        assert run.failed and run["error"] == check["error"] and portal.calls() == [] and portal.state() == before
        return
    event("changed" if check["changed"] else "unchanged")
    assert not run.failed, run["msg"]
    for name in SAME:
        assert run[name] == check[name], name
    assert run["api_calls"]["write"] == len(portal.calls())
    assert run["changed"] is (portal.state() != before) is bool(portal.calls())
    again = play(portal, MODULE, **options)
    assert not again.failed and not again["changed"] and again["members"] == []
    assert again["api_calls"]["write"] == 0 and again["diff"] == {"before": {}, "after": {}}


@given(st.data())
def test_only_managed_groups_and_named_members_change_and_never_an_owner(data):
    portal = data.draw(portals())
    options = data.draw(tasks(portal))
    if data.draw(st.booleans()):
        kind = data.draw(st.sampled_from(FAULTS[:-1]))
        portal.faults.append(Fault(kind, None, data.draw(st.integers(1, 4)), data.draw(st.integers(1, 3))))
    before = copy.deepcopy(portal.groups)
    accounts = copy.deepcopy(portal.accounts)
    play(portal, MODULE, shuffle=data.draw(shuffles()), **options)
    managed = named_ids(portal, options)
    named = {fold(entry["username"]) for entry in options["members"]}
    for name, args, form in portal.log:
        if name not in WRITES:
            continue
        group = before[args[0]]
        sent = [each for key in ("users", "admins") for each in form.get(key, "").split(",") if each]
        event(f"{name}")
        assert group.id in managed and not group.is_linked and group.orgId == portal.id
        assert len(sent) <= 25 and len(set(map(fold, sent))) == len(sent)
        assert {fold(each) for each in sent} <= named and fold(group.owner) not in map(fold, sent)
    for key in changed_groups({k: g.parts() for k, g in before.items()}, memberships(portal)):
        for name in accounts:
            assert name in named or before[key].kind(name) == portal.groups[key].kind(name)
    assert {key: vars(account) for key, account in accounts.items()} == {
        key: vars(account) for key, account in portal.accounts.items()
    }


@given(st.data())
def test_a_run_that_succeeds_has_done_what_each_entry_says(data):
    portal = data.draw(portals())
    options = data.draw(tasks(portal))
    before = copy.deepcopy(portal.groups)
    run = play(portal, MODULE, shuffle=data.draw(shuffles()), **options)
    assume(not run.failed)
    managed = named_ids(portal, options)
    by_word = {}
    for group in portal.groups.values():
        by_word[group.id] = group.id
        by_word.setdefault(group.title.casefold(), group.id)
    for entry in options["members"]:
        change = entry["groups"] if isinstance(entry["groups"], dict) else {"set": entry["groups"]}
        wanted = {}
        for word, items in change.items():
            for item in items:
                row = item if isinstance(item, dict) else {"group": item.removesuffix(" [manager]")}
                is_manager = row.get("manager") or (isinstance(item, str) and item.endswith(" [manager]"))
                wanted[by_word[row["group"].casefold()]] = (word, "admin" if is_manager else "member")
        for key, group in portal.groups.items():
            was, now = before[key].kind(entry["username"]), group.kind(entry["username"])
            word, part = wanted.get(key, (None, None))
            if was == "owner":
                assert now == "owner"
            elif word == "remove" or (word is None and "set" in change and _is_exact(portal, key, managed)):
                assert now == "none"
            elif word is None:
                assert now == was
            else:
                assert now == ("admin" if word == "add" and was == "admin" else part)


def _is_exact(portal, key, managed):
    group = portal.groups[key]
    return key in managed and not group.is_linked and group.orgId == portal.id


@given(st.data())
def test_a_single_task_and_a_list_of_one_are_the_same(data):
    portal = data.draw(portals())
    options = data.draw(tasks(portal))
    entry = options["members"][0]
    listed = play(portal, MODULE, check=True, members=[entry], managed_groups=options["managed_groups"])
    single = play(portal, MODULE, check=True, managed_groups=options["managed_groups"], **entry)
    whole = play(portal, "portal_members", check=True, members=[entry], managed_groups=options["managed_groups"])
    for other in (single, whole):
        assert other.failed is listed.failed and other["changed"] is listed["changed"]
        assert other.get("diff") == listed.get("diff") and other.get("plan_checksum") == listed.get("plan_checksum")


@given(st.data())
def test_the_order_of_entries_does_not_matter(data):
    portal = data.draw(portals())
    options = data.draw(tasks(portal))
    other = {**options, "members": data.draw(st.permutations(options["members"]))}
    first, second = (play(portal, MODULE, check=True, **each) for each in (options, other))
    assert first.get("plan_checksum") == second.get("plan_checksum") and first.get("diff") == second.get("diff")


@given(st.data())
def test_no_request_has_more_than_25_names_and_none_is_sent_without_need(data):
    count = data.draw(st.integers(20, 80))
    usernames = [f"crew{number:02}" for number in range(count)]
    portal = FakePortal(data.draw(st.sampled_from(("online", "enterprise"))), [Account(name) for name in usernames])
    group = portal.add_group(1, "Crew")
    for name in usernames:
        part = data.draw(st.sampled_from((None, "member", "manager")))
        if part:
            group.join(name, part == "manager")
    words = ("", "Crew", "Crew [manager]")
    wanted = {name: data.draw(st.sampled_from(words)) for name in usernames}
    kinds = {name: group.kind(name) for name in usernames}
    run = play(portal, MODULE, members=[{"username": name, "groups": wanted[name]} for name in usernames],
               managed_groups=["Crew"], shuffle=data.draw(shuffles()))  # fmt: skip
    assert not run.failed, run["msg"]
    target = {"": "none", "Crew": "member", "Crew [manager]": "admin"}
    assert {name: portal.groups[group.id].kind(name) for name in usernames} == {
        name: target[word] for name, word in wanted.items()
    }
    joins = sum(1 for name in usernames if kinds[name] == "none" != target[wanted[name]])
    leaves = sum(1 for name in usernames if kinds[name] != "none" == target[wanted[name]])
    moves = sum(1 for name in usernames if kinds[name] != "none" != target[wanted[name]] != kinds[name])
    assert max(portal.most_names, default=0) <= 25
    assert run["api_calls"]["write"] == sum(-(-number // 25) for number in (joins, leaves, moves))


@given(st.data())
def test_whatever_goes_wrong_the_next_clean_run_converges(data):
    portal = data.draw(portals())
    options = data.draw(tasks(portal))
    clean = copy.deepcopy(portal)
    expected = play(clean, MODULE, **options)
    assume(not expected.failed and expected["changed"])
    for _fault in range(data.draw(st.integers(1, 3))):
        kind = data.draw(st.sampled_from(FAULTS))
        if kind == "partial":
            portal.refuses_for[data.draw(st.sampled_from(CREW))] = 1
            continue
        operation = data.draw(st.sampled_from((None, *sorted(set(clean.calls())))))
        fault = Fault(kind, operation, data.draw(st.integers(1, 4)), data.draw(st.integers(1, 6)))
        if kind not in ("ignore", "refuse") and data.draw(st.integers(0, 3)) == 0:
            fault.operation, fault.effect = None, False
        portal.faults.append(fault)
    before = portal.state()
    on_error = data.draw(st.sampled_from(("continue", "stop")))
    run = play(portal, MODULE, retries=2, on_error=on_error, shuffle=data.draw(shuffles()), **options)
    event("failed" if run.failed else "survived")
    if not run.failed:
        assert memberships(portal) == memberships(clean)
    if all(fault.effect for fault in portal.faults):
        # A reading shows what a write did, whatever was answered.
        assert run["changed"] is (portal.state() != before)
        assert all(line["changed"] is bool(line["changes"]) for line in run["members"])
    portal.faults, portal.refuses_for = [], {}
    final = play(portal, MODULE, **options)
    assert not final.failed, final["msg"]
    assert memberships(portal) == memberships(clean)
    assert final["changed"] is bool(final["api_calls"]["write"])
    last = play(portal, MODULE, **options)
    assert not last["changed"] and last["api_calls"]["write"] == 0


@given(st.data())
def test_no_guard_of_groups_is_ever_broken(data):
    portal = data.draw(portals())
    options = data.draw(tasks(portal))
    limit = data.draw(st.sampled_from((None, "0", "1", "2", "25%", "50%", "100%")))
    protected = data.draw(st.lists(st.sampled_from(("Field crews", "survey*", f"{5:032x}")), max_size=1))
    keeps = data.draw(st.booleans())
    guards = {"protected_groups": protected, "keep_managers": keeps, **({"max_leaving": limit} if limit else {})}
    before = copy.deepcopy(portal.groups)
    free = play(portal, MODULE, check=True, **options)
    assume(not free.failed and free["changed"])
    run = play(portal, MODULE, guards=guards, shuffle=data.draw(shuffles()), **options)
    event(f"{run.code if run.failed else 'done'}")
    fixed = named_ids(portal, {"members": [], "managed_groups": protected})
    for key, group in portal.groups.items():
        was, now = before[key], group
        usernames = {fold(name) for name in (was.owner, *was.admins, *was.users)}
        left = {name for name in usernames if now.kind(name) == "none"}
        if limit and left:
            most = float(limit.rstrip("%"))
            assert len(left) <= (most * len(usernames) / 100 if limit.endswith("%") else most)
        if keeps and was.admins and not now.admins:
            raise AssertionError(f"{group.title} has no manager any more")
        if key in fixed:
            assert was.parts() == now.parts()


@given(st.data())
def test_a_role_and_the_groups_of_a_member_change_together(data):
    """Groups with shared update are left before a role is lowered, and joined after it is raised."""
    portal = data.draw(portals())
    usernames = data.draw(st.lists(st.sampled_from(CREW), min_size=1, max_size=4, unique=True))
    rows = []
    for name in usernames:
        row = {"username": name, "groups": data.draw(changes(portal))}
        if data.draw(st.booleans()):
            row["role"] = data.draw(st.sampled_from(("org_user", "org_publisher", "viewer", "Data Editor")))
        rows.append(row)
    options = {"members": rows, "managed_groups": data.draw(st.sampled_from(([], ["*"])))}
    before = portal.state()
    check = play(portal, "portal_members", check=True, **options)
    run = play(portal, "portal_members", shuffle=data.draw(shuffles()), **options)
    if check.failed:
        event(f"blocked: {check.code}")
        assert run.failed and run["error"] == check["error"] and portal.calls() == []
        return
    event("changed" if run["changed"] else "unchanged")
    assert not run.failed, run["msg"]
    assert run["diff"] == check["diff"] and run["changed"] is (portal.state() != before)
    again = play(portal, "portal_members", **options)
    assert not again.failed and not again["changed"]
