# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Counts and lists of names in messages. Pure."""

from __future__ import annotations

from collections.abc import Sequence

#: Names shown in one message.
MAX_NAMES = 20


def join_names(names: Sequence[str], limit: int = MAX_NAMES) -> str:
    """Return names separated by commas, at most ``limit`` of them, and how many more there are."""
    more = len(names) - limit
    return ", ".join(names[:limit]) + (f", and {more} more" if more > 0 else "")


def join_words(words: Sequence[str]) -> str:
    """Return words as a list in a sentence: ``a``, ``a and b``, or ``a, b, and c``."""
    if len(words) < 3:
        return " and ".join(words)
    return f"{', '.join(words[:-1])}, and {words[-1]}"


def plural(count: int, noun: str) -> str:
    """Return a count with its noun: ``1 item``, ``2 items``."""
    return f"{count} {noun if count == 1 else noun + 's'}"
