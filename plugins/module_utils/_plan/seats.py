# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""The order of moves between limited seats (user types or levels), so that no move ever finds its target full. Pure.

A free seat is a hole. A member who moves from a to b takes a hole from b to a, so holes walk the moves backwards, and
an order of all moves is a set of walks that use each move once. Such walks exist in a connected part of the moves
exactly if the seats suffice in the end and the part is unbalanced (its walks start where more arrive than leave, and
there the holes are) or has a hole somewhere (one round trip from there). What stays is a round trip without any hole,
two members who swap two full types: there one member is parked on a third type for a while.
"""

from __future__ import annotations

import collections
import heapq
import typing as t

Seat = t.Optional[str]
Pair = tuple[Seat, Seat]
Fits = t.Callable[[t.Any, str], bool]
# Free seats by type; what is missing (None above all: outside the organization) has no limit.
Limits = t.Mapping[Seat, t.Optional[int]]


class Move(t.NamedTuple):
    """A member goes from one type to another. Source None: a new account. Target None: its seat is given back."""

    id: t.Any
    source: Seat
    target: Seat


class Blocked(t.NamedTuple):
    """Why no order exists: the type needs more seats than it has free.

    ``cycle`` is filled where the seats suffice in the end, but its types are all full and trade members among
    themselves, and no member fits a third type with a free seat: one free seat at any of them would do.
    """

    type: str
    needed: int
    free: int
    cycle: tuple[str, ...] = ()


class Schedule(t.NamedTuple):
    """Waves of moves, one after the other; the moves of a wave stand in no order.

    Nothing is scheduled if anything is blocked. A parked member has two moves, in different waves.
    """

    waves: list[list[Move]]
    blocked: list[Blocked]


def schedule(
    moves: t.Iterable[tuple[t.Any, Seat, Seat]], free: t.Mapping[str, int | None], fits: Fits | None = None
) -> Schedule:
    """Order moves so that whatever happens first within a wave, no type is ever overdrawn.

    moves: (id, source, target); those that lead to where they start are left out.
    free: free seats by type, None or missing for unlimited, below 0 for a type that holds more than was bought.
    fits: whether a member can be parked on a type. Without it, no member is parked.
    """
    limits: Limits = dict(free.items())
    todo = [Move(*move) for move in moves if move[1] != move[2]]
    arriving = collections.Counter(move.target for move in todo)
    if not any(_scarce(limits, seat, count) for seat, count in arriving.items()):
        return Schedule([todo] if todo else [], [])
    blocked = _short(todo, arriving, limits)
    if blocked:
        return Schedule([], blocked)
    order, blocked = _Ordering(todo, limits, fits).run()
    if blocked:
        return Schedule([], blocked)
    return _in_waves(order, limits)


def _scarce(limits: Limits, seat: Seat, count: int) -> bool:
    free = limits.get(seat)
    return free is not None and count > free


def _short(todo: list[Move], arriving: t.Mapping[Seat, int], limits: Limits) -> list[Blocked]:
    """Types that have too few seats even after all moves away from them."""
    leaving = collections.Counter(move.source for move in todo)
    short = []
    for seat, count in arriving.items():
        free = limits.get(seat)
        needed = count - leaving[seat]
        if seat is not None and free is not None and needed > free:
            short.append(Blocked(seat, needed, free))
    return sorted(short)


class _Component:
    """A connected part of the moves between limited types."""

    def __init__(self, pairs: list[Pair]) -> None:
        self.pairs = pairs
        self.seats = list(dict.fromkeys(seat for pair in pairs for seat in pair))


class _Ordering:
    """One order of all moves that never overdraws, move by move."""

    def __init__(self, todo: list[Move], limits: Limits, fits: Fits | None) -> None:
        self._limits = limits
        self._fits = fits
        self._giving: list[Move] = []
        self._taking: list[Move] = []
        self._between: dict[Pair, collections.deque[Move]] = {}
        for move in todo:
            if limits.get(move.target) is None:
                self._giving.append(move)
            elif limits.get(move.source) is None:
                self._taking.append(move)
            else:
                self._between.setdefault((move.source, move.target), collections.deque()).append(move)

    def run(self) -> tuple[list[Move], list[Blocked]]:
        """What only frees seats comes first and what only takes them last, which harms no other move."""
        order = list(self._giving)
        freed = {move.source for move in order}
        closed = []
        for part in self._parts():
            start = self._start(part, freed)
            if start is None:
                closed.append(part)
            else:
                order.extend(self._walk(part, start))
        blocked = self._park_all(closed, order)
        return order + self._taking, blocked

    def _parts(self) -> list[_Component]:
        parent: dict[Seat, Seat] = {}

        def find(seat: Seat) -> Seat:
            while parent.setdefault(seat, seat) != seat:
                parent[seat] = seat = parent[parent[seat]]
            return seat

        for source, target in self._between:
            parent[find(source)] = find(target)
        parts: dict[Seat, list[Pair]] = {}
        for pair in self._between:
            parts.setdefault(find(pair[0]), []).append(pair)
        return [_Component(pairs) for pairs in parts.values()]

    def _surplus(self, part: _Component) -> collections.Counter[Seat]:
        """Arrivals less departures by type."""
        surplus: collections.Counter[Seat] = collections.Counter()
        for source, target in part.pairs:
            count = len(self._between[source, target])
            surplus[target] += count
            surplus[source] -= count
        return surplus

    def _start(self, part: _Component, freed: set[Seat]) -> Seat:
        """A seat of a part at which a walk can start; None if it has no hole to start with."""
        if any(self._surplus(part).values()):
            return part.seats[0]
        return next((seat for seat in part.seats if (self._limits.get(seat) or 0) > 0 or seat in freed), None)

    def _walk(self, part: _Component, start: Seat) -> list[Move]:
        """All moves of a part: from start if it is balanced, else along walks from where more arrive than leave."""
        back: dict[t.Any, dict[t.Any, int]] = {}
        for source, target in part.pairs:
            back.setdefault(target, {})[source] = len(self._between[source, target])
        surplus = self._surplus(part)
        outside = object()
        for seat, count in surplus.items():
            if count > 0:
                back.setdefault(outside, {})[seat] = count
            elif count < 0:
                back.setdefault(seat, {})[outside] = -count
        trail = _round_trip(back, outside if outside in back else start)
        return [
            self._between[source, target].popleft()
            for target, source in zip(trail, trail[1:])
            if target is not outside and source is not outside
        ]

    # -- round trips without a hole

    def _park_all(self, closed: list[_Component], order: list[Move]) -> list[Blocked]:
        """Insert closed parts where a type for parking has a hole; one that is solved can open holes for the next."""
        progress = True
        while closed and progress:
            progress = False
            for part in list(closed):
                places = self._places(order)
                found = self._parking(part, places)
                if found:
                    where, parked = found
                    order[places[where] : places[where]] = self._by_parking(part, parked, where)
                    closed.remove(part)
                    progress = True
        return sorted(self._no_parking(part) for part in closed)

    def _places(self, order: list[Move]) -> dict[str, int]:
        """From which position of the order on a type has a hole."""
        places = {seat: 0 for seat, free in self._limits.items() if seat is not None and (free is None or free > 0)}
        for position, move in enumerate(order, 1):
            if move.source is not None and self._limits.get(move.source) == 0:
                places.setdefault(move.source, position)
        return places

    def _parking(self, part: _Component, places: dict[str, int]) -> tuple[str, Move] | None:
        if self._fits is None:
            return None
        for where in sorted(places, key=self._roominess):
            for pair in part.pairs:
                for move in self._between[pair]:
                    if self._fits(move.id, where):
                        return where, move
        return None

    def _roominess(self, seat: str) -> tuple[bool, int, str]:
        free = self._limits.get(seat)
        return free is not None, -(free or 0), seat

    def _by_parking(self, part: _Component, parked: Move, where: str) -> list[Move]:
        pair = parked.source, parked.target
        self._between[pair].remove(parked)
        rest = _Component([other for other in part.pairs if self._between[other]])
        return [
            Move(parked.id, parked.source, where),
            *self._walk(rest, parked.source),
            Move(parked.id, where, parked.target),
        ]

    def _no_parking(self, part: _Component) -> Blocked:
        cycle = sorted(str(seat) for seat in part.seats)
        return Blocked(cycle[0], 1, 0, tuple(cycle))


def _round_trip(edges: dict[t.Any, dict[t.Any, int]], start: t.Any) -> list[t.Any]:
    """The vertices of a walk from start that uses each edge as often as it counts (Hierholzer). Uses the edges up."""
    stack, trip = [start], []
    while stack:
        ways = edges.get(stack[-1])
        if not ways:
            trip.append(stack.pop())
            continue
        onward = next(iter(ways))
        ways[onward] -= 1
        if not ways[onward]:
            del ways[onward]
        stack.append(onward)
    trip.reverse()
    return trip


class _WaveBuilder:
    """Gives each move of an order the first wave in which a hole is there for it."""

    def __init__(self, order: list[Move], limits: Limits) -> None:
        self._order = order
        self._limits = limits
        self._holes: dict[Seat, list[int]] = {}
        self._owed: dict[Seat, int] = {}
        self._paid: dict[Seat, int] = {}
        self._waiting: dict[Seat, collections.deque[int]] = {}
        for seat, count in collections.Counter(move.target for move in order).items():
            free = limits.get(seat)
            if free is not None:
                self._holes[seat] = [0] * min(max(free, 0), count)
                self._owed[seat] = max(-free, 0)

    def run(self) -> tuple[list[list[Move]], list[Seat]]:
        """The waves, and the types whose moves found no hole."""
        waves: list[list[int]] = []
        for index in range(len(self._order)):
            ready: int | None = index
            while ready is not None:
                ready = self._place(ready, waves)
        stuck = [seat for seat, queue in self._waiting.items() if queue]
        return [[self._order[index] for index in sorted(wave)] for wave in waves], stuck

    def _place(self, index: int, waves: list[list[int]]) -> int | None:
        """Place a move and return the one that waited for the seat that it leaves."""
        unused, source, target = self._order[index]
        holes = self._holes.get(target)
        if holes is None:
            wave = 0
        elif holes:
            wave = heapq.heappop(holes)
        else:
            self._waiting.setdefault(target, collections.deque()).append(index)
            return None
        while len(waves) <= wave:
            waves.append([])
        waves[wave].append(index)
        return self._leave(source, wave + 1)

    def _leave(self, seat: Seat, wave: int) -> int | None:
        holes = self._holes.get(seat)
        if holes is None:
            return None
        if self._owed[seat]:
            # An overdrawn type gets back to zero before a member can move in.
            self._owed[seat] -= 1
            self._paid[seat] = max(self._paid.get(seat, 0), wave)
            return None
        heapq.heappush(holes, max(wave, self._paid.get(seat, 0)))
        waiting = self._waiting.get(seat)
        return waiting.popleft() if waiting else None


def _in_waves(order: list[Move], limits: Limits) -> Schedule:
    waves, stuck = _WaveBuilder(order, limits).run()
    if stuck:
        arriving = collections.Counter(move.target for move in order)
        return Schedule([], sorted(Blocked(str(seat), arriving[seat], limits.get(seat) or 0) for seat in stuck))
    return Schedule(waves, [])
