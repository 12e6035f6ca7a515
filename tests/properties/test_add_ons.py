# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random add-on licenses: no order of requests assigns more than there are, and a task means the same in every form."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

from hypothesis import assume, event, given
from hypothesis import strategies as st

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import InputError
from ansible_collections.portalops.arcgis.plugins.module_utils._model.add_ons import (
    PRO_LEVELS,
    AddOn,
    Holding,
    after_changes,
    current_sets,
    holding_texts,
    holds_exactly,
    parse_add_ons,
    resolve_wish,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.facts import Facts
from ansible_collections.portalops.arcgis.plugins.module_utils._model.members import DesiredMember, Member
from ansible_collections.portalops.arcgis.plugins.module_utils._model.plan import CHANGED, Plan, PlanEntry
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.add_ons import add_on_problems, order_add_ons
from tests.properties.worlds import spelled

NAMES = ("ann", "bob", "eve", "kim")
EXTENSIONS = ("spatialAnalystN", "networkAnalystN")
LISTINGS = {"ArcGIS Pro": (*PRO_LEVELS, *EXTENSIONS), "Drone2Map": ("standard", "advanced", "extra")}
BUNDLE = "Field apps"


#: Sets of entitlements that a member can hold of an add-on.
SETS = {
    BUNDLE: [frozenset(), frozenset([""])],
    "Drone2Map": [frozenset(parts) for size in range(4) for parts in combinations(LISTINGS["Drone2Map"], size)],
    "ArcGIS Pro": [
        frozenset(),
        *(
            frozenset([level, *parts])
            for level in PRO_LEVELS
            for size in range(3)
            for parts in combinations(EXTENSIONS, size)
        ),
    ],
}


def sets(label):
    return st.sampled_from(SETS[label])


@st.composite
def worlds(draw):
    """Members by what they hold, what a task wants of the add-ons that it names, and the add-ons."""
    labels = (*LISTINGS, BUNDLE)
    usernames = draw(st.lists(st.sampled_from(NAMES), min_size=1, unique=True))
    held = {name: {label: draw(sets(label)) for label in labels} for name in NAMES}
    wanted = {
        name: {label: draw(sets(label)) for label in draw(st.lists(st.sampled_from(labels), unique=True))}
        for name in usernames
    }
    if draw(st.booleans()):
        # Members exchange what they hold.
        label = draw(st.sampled_from(tuple(LISTINGS)))
        usernames = list(NAMES)
        wanted = {name: {} for name in usernames}
        for name, other in zip(usernames, usernames[1:] + usernames[:1]):
            wanted[name][label] = held[other][label]
    add_ons = {BUNDLE: AddOn("bundle", BUNDLE, {"": None}, is_bundle=True)}
    for label, entitlements in LISTINGS.items():
        used = Counter(part for name in NAMES for part in held[name][label])
        after = Counter(part for name in NAMES for part in wanted.get(name, {}).get(label, held[name][label]))
        # Mostly as many as are needed in the end, so that none is free in between.
        spare = {part: draw(st.sampled_from((0, 0, 0, 1, -1))) for part in entitlements}
        counts = {part: max(0, max(used[part], after[part]) + spare[part]) for part in entitlements}
        add_ons[label] = AddOn(label.casefold(), label, counts)
    return held, wanted, add_ons


def entries_of(held, wanted):
    made = []
    for name, wishes in wanted.items():
        pairs = tuple(sorted((label, part) for label, parts in held[name].items() for part in parts))
        changes = tuple(
            sorted((label, tuple(sorted(parts))) for label, parts in wishes.items() if parts != held[name][label])
        )
        if not changes:
            continue
        member = Member(name, {"user_type": "standardUT", "role": "org_user", "enabled": True, "add_ons": pairs})
        entry = PlanEntry.of_member(DesiredMember(0, name, name, {}), member, CHANGED)
        entry.wanted["add_ons"] = changes
        entry.changes["add_ons"] = (holding_texts(pairs), holding_texts(after_changes(changes)))
        made.append(entry)
    return made


def facts_of(held, add_ons):
    facts = Facts()
    facts.add_on_table = dict(add_ons)
    facts.holders = {
        label: {name: Holding(tuple(sorted(held[name][label]))) for name in NAMES if held[name][label]}
        for label in LISTINGS
    }
    return facts


@st.composite
def plans(draw):
    held, wanted, add_ons = draw(worlds())
    entries, facts = entries_of(held, wanted), facts_of(held, add_ons)
    assume(entries and not list(add_on_problems(Plan("org", entries), facts, "user_type")))
    order = order_add_ons(entries, facts)
    event("exchange without a free license" if order.temporary else "plain")
    return held, wanted, add_ons, [order.early, *order.late]


@given(plans())
def test_no_entitlement_is_overdrawn_in_any_order_of_the_requests_of_a_step(made):
    held, _wanted, add_ons, steps = made
    now = {name: dict(parts) for name, parts in held.items()}
    for step in steps:
        used = Counter((label, part) for name in NAMES for label, parts in now[name].items() for part in parts)
        gained = Counter()
        for batch in step:
            for entry in batch.entries:
                before = now[entry.name][batch.label]
                gained.update((batch.label, part) for part in set(batch.targets) - before)
                now[entry.name][batch.label] = frozenset(batch.targets)
        # The worst order: all that this step takes is taken before anything that it frees.
        for (label, part), count in gained.items():
            number = add_ons[label].counts[part]
            assert number is None or used[label, part] + count <= number, (label, part)


@given(plans())
def test_each_request_is_a_complete_set_and_in_the_end_all_are_as_the_task_wants(made):
    held, wanted, _add_ons, steps = made
    now = {name: dict(parts) for name, parts in held.items()}
    requests = Counter()
    for step in steps:
        for batch in step:
            assert list(batch.targets) == sorted(set(batch.targets))
            for entry in batch.entries:
                before, after = held[entry.name][batch.label], wanted[entry.name][batch.label]
                targets = frozenset(batch.targets)
                # In between, a member has some of what it keeps, and nothing else.
                assert targets == after or targets <= before & after
                assert now[entry.name][batch.label] != targets, "a request without effect"
                requests[entry.name, batch.label] += 1
                now[entry.name][batch.label] = targets
    assert now == {name: {**held[name], **wanted.get(name, {})} for name in NAMES}
    assert max(requests.values()) <= 2


@given(plans())
def test_an_extension_never_drops_the_license_level_and_is_never_left_without_one(made):
    held, wanted, add_ons, steps = made
    levels = set(PRO_LEVELS)
    used = Counter(part for name in NAMES for part in held[name]["ArcGIS Pro"])
    overdrawn = {part for part, count in used.items() if count > add_ons["ArcGIS Pro"].counts[part]}
    for step in steps:
        for batch in step:
            if batch.label != "ArcGIS Pro":
                continue
            targets = set(batch.targets)
            assert len(targets & levels) <= 1
            # The portal would not assign again what is held more often than bought.
            assert targets & levels or not targets or targets & overdrawn, "extensions need a license level"
            for entry in batch.entries:
                kept = held[entry.name][batch.label] & wanted[entry.name][batch.label] & levels
                assert kept <= targets


@given(worlds())
def test_a_plan_with_too_few_licenses_is_blocked_and_no_other(made):
    held, wanted, add_ons = made
    entries, facts = entries_of(held, wanted), facts_of(held, add_ons)
    after = {name: {**held[name], **wanted.get(name, {})} for name in NAMES}
    short = set()
    for label in LISTINGS:
        used = Counter(part for name in NAMES for part in after[name][label])
        gained = {part for name in NAMES for part in after[name][label] - held[name][label]}
        short |= {(label, part) for part in gained if used[part] > add_ons[label].counts[part]}
    problems = list(add_on_problems(Plan("org", entries), facts, "user_type"))
    assert {(problem.details["add_on"], problem.details["entitlement"]) for problem in problems} == short
    event("blocked" if short else "possible")


# -- what a task says --------------------------------------------------------------------------------------------------
WORDS = st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=8).filter(
    # In YAML, "null" is an empty value, so it is neither a title nor an entitlement.
    lambda word: word.casefold() not in ("all", "none", "true", "false", "yes", "no", "null")
)
LISTS = st.lists(WORDS, max_size=4, unique_by=str.casefold)
WISHES = st.one_of(st.booleans(), st.just("all"), LISTS.map(tuple))


@st.composite
def written(draw, wish):
    """A wish in one of the forms that rosters have, as YAML or as a cell of a CSV file."""
    if isinstance(wish, bool):
        return draw(st.sampled_from((wish, str(wish), str(wish).lower(), f" {'yes' if wish else 'no'} ")))
    if wish == "all":
        return draw(st.sampled_from(("all", "ALL", " all", ["all"])))
    if not wish:
        return draw(st.sampled_from(([], "none", "[]", "None ")))
    blank = draw(st.sampled_from(("", " ")))
    return draw(st.sampled_from((list(wish), f"{blank};{blank}".join(wish), ";".join([*wish, ""]))))


@given(st.data())
def test_every_form_of_a_wish_means_the_same_and_parsing_again_changes_nothing(data):
    wishes = data.draw(st.dictionaries(WORDS, WISHES, max_size=4))
    assume(len({title.casefold() for title in wishes}) == len(wishes))
    parsed = parse_add_ons({title: data.draw(written(wish)) for title, wish in wishes.items()})
    assert parsed == wishes
    assert parse_add_ons(parsed) == parsed


@given(st.data())
def test_a_wish_is_resolved_to_the_spelling_of_the_portal_or_refused(data):
    label = data.draw(st.sampled_from(tuple(LISTINGS)))
    names = data.draw(st.lists(st.sampled_from(LISTINGS[label]), unique=True))
    add_on = AddOn("id", label, dict.fromkeys(LISTINGS[label], 1))
    try:
        targets = resolve_wish(add_on, label, tuple(spelled(data.draw, name) for name in names))
    except InputError:
        assert len(set(PRO_LEVELS).intersection(names)) > 1
        return
    assert targets == tuple(sorted(names))
    changes = ((label, targets),)
    assert holds_exactly(after_changes(changes), changes) and current_sets(after_changes(changes), changes) == changes
