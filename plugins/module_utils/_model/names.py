# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Near names: the known names that a wrong name resembles. Pure."""

from __future__ import annotations

import difflib
from collections import Counter, defaultdict
from collections.abc import Iterable

MAX_LENGTH = 80
"""Characters of a name that are compared. To compare long texts takes time that grows with the square of the length."""

CUTOFF = 0.6
"""Share of equal characters from which a name is near."""

MAX_NEAR = 3
"""Near names that are returned at most."""

# Names that share fewer pairs of letters than this part of the wrong name's pairs are not compared further.
_SHARED_PAIRS = 0.34
# To compare more names than this with one name takes longer than to read a page of members.
_MAX_COMPARED = 500


def near_names(name: str, candidates: Iterable[str], cutoff: float = CUTOFF) -> list[str]:
    """Return the candidates that come nearest to a name, nearest first and in their own spelling.

    Args:
        name: The name that does not exist.
        candidates: The names that exist. For many names to look up, use one ``NearNames``.
        cutoff: Share of equal characters, from 0 to 1, from which a candidate is near. Case does not count.

    Returns:
        At most three names.
    """
    spellings = {candidate[:MAX_LENGTH].casefold(): candidate for candidate in candidates}
    keys = difflib.get_close_matches(name[:MAX_LENGTH].casefold(), list(spellings), n=MAX_NEAR, cutoff=cutoff)
    return [spellings[key] for key in keys]


class NearNames:
    """An index of many names by their pairs of letters, to find the near names of many wrong names."""

    def __init__(self, candidates: Iterable[str]) -> None:
        self._names = list(dict.fromkeys(candidates))
        self._by_pair: defaultdict[str, list[int]] = defaultdict(list)
        for index, name in enumerate(self._names):
            for pair in _pairs(name):
                self._by_pair[pair].append(index)

    def find(self, name: str, cutoff: float = CUTOFF) -> list[str]:
        """Return what ``near_names`` returns for these candidates."""
        pairs = _pairs(name)
        shared: Counter[int] = Counter()
        for pair in pairs:
            shared.update(self._by_pair.get(pair, ()))
        likely = [index for index, count in shared.most_common(_MAX_COMPARED) if count >= _SHARED_PAIRS * len(pairs)]
        return near_names(name, [self._names[index] for index in likely], cutoff)


def _pairs(name: str) -> set[str]:
    text = f"^{name[:MAX_LENGTH].casefold()}$"
    return {text[start : start + 2] for start in range(len(text) - 1)}


def did_you_mean(names: list[str]) -> str:
    """Return the remedy that names near names, or an empty text if there are none."""
    quoted = [f"'{name}'" for name in names]
    return f"Did you mean {' or '.join(quoted)}?" if names else ""
