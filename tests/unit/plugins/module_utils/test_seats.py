# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import collections
import time

import pytest

from ansible_collections.portalops.arcgis.plugins.module_utils._plan.seats import Blocked, Move, schedule


def names(waves):
    return [[move.id for move in wave] for wave in waves]


def replay(waves, free):
    """Fails if any wave could overdraw a type in any order; returns the free seats afterwards."""
    left = dict(free)
    for wave in waves:
        for seat, count in collections.Counter(move.target for move in wave).items():
            if left.get(seat) is not None:
                assert count <= left[seat], f"{seat} is overdrawn"
                left[seat] -= count
        for move in wave:
            if left.get(move.source) is not None:
                left[move.source] += 1
    return left


def test_nothing_to_do():
    assert schedule([], {"a": 0}) == ([], [])


def test_a_move_to_the_same_type_is_left_out():
    assert schedule([("x", "a", "a")], {"a": 0}) == ([], [])


def test_one_wave_where_nothing_is_scarce():
    moves = [("x", "a", "b"), ("y", "b", "a"), ("z", None, "a")]
    assert schedule(moves, {"a": 2, "b": None}) == ([[Move(*move) for move in moves]], [])


def test_unknown_types_are_unlimited():
    assert names(schedule([("x", "a", "b")], {}).waves) == [["x"]]


def test_seat_that_is_freed_first():
    result = schedule([("new", None, "a"), ("gone", "a", None)], {"a": 0})
    assert names(result.waves) == [["gone"], ["new"]]


def test_lower_frees_for_raise():
    result = schedule([("up", "viewer", "creator"), ("down", "creator", "viewer")], {"creator": 0, "viewer": 1})
    assert names(result.waves) == [["down"], ["up"]]


def test_two_members_swap_with_one_spare_seat():
    result = schedule([("x", "a", "b"), ("y", "b", "a")], {"a": 0, "b": 1})
    assert names(result.waves) == [["x"], ["y"]]


def test_the_choice_that_would_deadlock():
    free = {"a": 0, "b": 1, "c": 0}
    result = schedule([("X", "a", "b"), ("Y", "c", "b"), ("Z", "b", "c")], free)
    assert result.blocked == []
    assert names(result.waves) == [["Y"], ["Z"], ["X"]]


def test_creations_do_not_take_the_hole_that_a_round_trip_needs():
    free = {"a": 0, "b": 1}
    moves = [("new", None, "b"), ("x", "a", "b"), ("y", "b", "a"), ("gone", "b", None)]
    result = schedule(moves, free)
    assert result.blocked == []
    assert replay(result.waves, free) == {"a": 0, "b": 1}


def test_many_holes_make_few_waves():
    moves = [(f"x{i}", "a", "b") for i in range(50)] + [(f"y{i}", "b", "a") for i in range(50)]
    assert len(schedule(moves, {"a": 0, "b": 10}).waves) == 10


def test_chain_of_full_types():
    moves = [("x", "a", "b"), ("y", "b", "c"), ("z", "c", None)]
    assert names(schedule(moves, {"a": 0, "b": 0, "c": 0}).waves) == [["z"], ["y"], ["x"]]


class TestBlocked:
    def test_too_few_seats(self):
        moves = [("x", "v", "c"), ("y", "v", "c"), ("z", "v", "c"), ("down", "c", "v"), ("new", None, "d")]
        assert schedule(moves, {"v": 5, "c": 1, "d": 0}) == ([], [Blocked("c", 2, 1), Blocked("d", 1, 0)])

    def test_swap_of_two_full_types_without_parking(self):
        result = schedule([("x", "a", "b"), ("y", "b", "a")], {"a": 0, "b": 0, "p": 5})
        assert result == ([], [Blocked("a", 1, 0, ("a", "b"))])

    def test_no_member_fits_the_third_type(self):
        result = schedule([("x", "a", "b"), ("y", "b", "a")], {"a": 0, "b": 0, "p": 5}, lambda member, seat: False)
        assert result.blocked == [Blocked("a", 1, 0, ("a", "b"))]

    def test_no_third_type_has_a_seat(self):
        result = schedule([("x", "a", "b"), ("y", "b", "a")], {"a": 0, "b": 0, "p": 0}, lambda member, seat: True)
        assert result.blocked == [Blocked("a", 1, 0, ("a", "b"))]


class TestParking:
    def test_swap_of_two_full_types(self):
        free = {"a": 0, "b": 0, "p": 1}
        result = schedule([("x", "a", "b"), ("y", "b", "a")], free, lambda member, seat: True)
        assert result == ([[Move("x", "a", "p")], [Move("y", "b", "a")], [Move("x", "p", "b")]], [])
        assert replay(result.waves, free) == free

    def test_the_member_who_fits_is_parked(self):
        result = schedule(
            [("x", "a", "b"), ("y", "b", "a")], {"a": 0, "b": 0, "p": 1}, lambda member, seat: member == "y"
        )
        assert [move.id for wave in result.waves for move in wave if move.target == "p"] == ["y"]

    def test_an_unlimited_type_is_preferred(self):
        free = {"a": 0, "b": 0, "o": 7, "p": None}
        result = schedule([("x", "a", "b"), ("y", "b", "a")], free, lambda member, seat: True)
        assert result.waves[0] == [Move("x", "a", "p")]

    def test_one_member_is_enough_for_a_big_swap(self):
        moves = [(f"x{i}", "a", "b") for i in range(20)] + [(f"y{i}", "b", "a") for i in range(20)]
        result = schedule(moves, {"a": 0, "b": 0, "p": 9}, lambda member, seat: True)
        assert sum(len(wave) for wave in result.waves) == len(moves) + 1
        replay(result.waves, {"a": 0, "b": 0, "p": 9})

    def test_a_seat_that_is_free_only_on_the_way(self):
        # p is full before and after: its free seat moves from q over p to r.
        free = {"a": 0, "b": 0, "p": 0, "q": 1, "r": 0}
        moves = [("x", "a", "b"), ("y", "b", "a"), ("m", "r", "p"), ("n", "p", "q")]
        result = schedule(moves, free, lambda member, seat: seat == "p")
        assert result.blocked == []
        replay(result.waves, free)

    def test_one_round_trip_opens_the_next(self):
        free = {"a": 0, "b": 0, "c": 0, "d": 0, "p": 1}
        moves = [("x", "a", "b"), ("y", "b", "a"), ("v", "c", "d"), ("w", "d", "c")]
        fits = {("v", "p"), ("x", "c")}
        result = schedule(moves, free, lambda member, seat: (member, seat) in fits)
        assert result.blocked == []
        assert replay(result.waves, free) == free


class TestOverdrawnTypes:
    def test_only_departures_are_no_problem(self):
        assert names(schedule([("x", "a", "b"), ("y", "c", "b")], {"a": -3, "b": 2}).waves) == [["x", "y"]]

    def test_too_few_departures(self):
        result = schedule([("x", "a", "b"), ("y", "b", "a")], {"a": -1, "b": 5})
        assert result.blocked == [Blocked("a", 0, -1)]

    def test_back_to_zero_before_a_member_comes_in(self):
        moves = [("in", "b", "a"), ("o1", "a", "b"), ("o2", "a", "b"), ("o3", "a", None)]
        result = schedule(moves, {"a": -2, "b": 2})
        assert result.blocked == []
        assert names(result.waves)[-1] == ["in"]
        replay(result.waves, {"a": -2, "b": 2})

    def test_a_move_waits_until_the_debt_is_paid(self):
        # The order found first lets "in" go before both seats of a are given back.
        moves = [("in", "c", "a"), ("o1", "a", "b"), ("o2", "a", "c")]
        result = schedule(moves, {"a": -1, "b": 1, "c": 1})
        assert result.blocked == []
        replay(result.waves, {"a": -1, "b": 1, "c": 1})

    def test_debt_that_cannot_be_paid_in_time(self):
        result = schedule([("o1", "a", "b"), ("o2", "a", "b"), ("in", "b", "a")], {"a": -1, "b": 1})
        assert result.waves == []
        assert {entry.type for entry in result.blocked} == {"a", "b"}


@pytest.mark.parametrize("spare", [0, 1, 40])
def test_ten_thousand_moves_over_fifteen_types_take_a_moment(spare):
    seats = [f"t{i}" for i in range(15)]
    moves = [(i, seats[i % 15], seats[(i * 7 + 1 + i // 15) % 15]) for i in range(10000)]
    arriving = collections.Counter(move[2] for move in moves if move[1] != move[2])
    leaving = collections.Counter(move[1] for move in moves if move[1] != move[2])
    free = {seat: max(arriving[seat] - leaving[seat], 0) + spare for seat in seats}
    free["t0"] += 1
    start = time.process_time()
    result = schedule(moves, free)
    spent = time.process_time() - start
    assert result.blocked == []
    replay(result.waves, free)
    assert sum(len(wave) for wave in result.waves) == sum(arriving.values())
    assert spent < 1.0
