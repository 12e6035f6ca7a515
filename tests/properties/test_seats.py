# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import collections

from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.portalops.arcgis.plugins.module_utils._plan.seats import schedule

SEATS = ["a", "b", "c", "d"]
MEMBERS = 5
FITS = st.frozensets(st.tuples(st.integers(0, MEMBERS - 1), st.sampled_from(SEATS + ["u"])))


@st.composite
def instances(draw, least_free=0):
    moves = []
    for member in range(draw(st.integers(1, MEMBERS))):
        source = draw(st.sampled_from(SEATS + SEATS + [None, "u"]))
        target = draw(st.sampled_from(SEATS + SEATS + [None, "u"]).filter(lambda seat, source=source: seat != source))
        moves.append((member, source, target))
    free = {seat: draw(st.integers(least_free, 1)) for seat in SEATS}
    if draw(st.booleans()):
        free["u"] = None
    return moves, free


def fewest_steps(moves, free, fits):
    """The least number of moves that does everything and overdraws nothing, by trying all; None if there is none."""
    start = tuple(source for unused, source, unused in moves)
    goal = tuple(target for unused, unused, target in moves)
    seen, front, steps = {start}, [start], 0
    while goal not in seen:
        steps += 1
        front = [after for place in front for after in _next(place, start, goal, moves, free, fits)]
        front = list(dict.fromkeys(after for after in front if after not in seen))
        if not front:
            return None
        seen.update(front)
    return steps


def _next(place, start, goal, moves, free, fits):
    change = collections.Counter(place)
    change.subtract(collections.Counter(start))
    room = {seat for seat, count in free.items() if count is None or count > change[seat]}
    for position, (member, source, target) in enumerate(moves):
        if place[position] == target:
            continue
        choices = {target}
        if place[position] == source and source is not None:
            choices |= {seat for seat in free if (member, seat) in fits and seat != source}
        for choice in choices:
            if choice not in free or choice in room:
                yield place[:position] + (choice,) + place[position + 1 :]


def check_never_overdraws(waves, free):
    left = dict(free)
    for wave in waves:
        for seat, count in collections.Counter(move.target for move in wave).items():
            assert left.get(seat) is None or count <= left[seat]
        for move in wave:
            for seat, step in ((move.source, 1), (move.target, -1)):
                if left.get(seat) is not None:
                    left[seat] += step


def check_all_members_arrive(moves, waves):
    where = {member: source for member, source, unused in moves}
    for wave in waves:
        assert len({move.id for move in wave}) == len(wave)
        for move in wave:
            assert where[move.id] == move.source
            where[move.id] = move.target
    assert where == {member: target for member, unused, target in moves}


@settings(max_examples=600, deadline=None)
@given(instances(), FITS)
def test_finds_an_order_exactly_if_there_is_one_with_the_fewest_moves(instance, fits):
    moves, free = instance
    result = schedule(moves, free, lambda member, seat: (member, seat) in fits)
    steps = fewest_steps(moves, free, fits)
    assert bool(result.blocked) == (steps is None)
    if steps is None:
        assert result.waves == []
        return
    assert sum(len(wave) for wave in result.waves) == steps
    check_never_overdraws(result.waves, free)
    check_all_members_arrive(moves, result.waves)


@settings(max_examples=300, deadline=None)
@given(instances(least_free=-2), FITS)
def test_overdrawn_types_never_get_worse(instance, fits):
    moves, free = instance
    result = schedule(moves, free, lambda member, seat: (member, seat) in fits)
    if result.blocked:
        assert result.waves == []
        return
    check_never_overdraws(result.waves, free)
    check_all_members_arrive(moves, result.waves)


@given(instances(), FITS)
def test_the_same_question_has_the_same_answer(instance, fits):
    moves, free = instance
    first, second = (
        schedule(moves, dict(sorted(free.items(), reverse=turn)), lambda member, seat: (member, seat) in fits)
        for turn in (True, False)
    )
    assert first == second
