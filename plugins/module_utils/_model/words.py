# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Words for roles and user types that Esri's pages and older exports use. Pure.

The portal knows IDs only: names on its pages depend on the language and on the release, and the names of user types
changed in 2024 while their IDs stayed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

ROLE_WORDS: dict[str, tuple[str, ...]] = {
    "administrator": ("org_admin",),
    "account_admin": ("org_admin",),
    "admin": ("org_admin",),
    "publisher": ("org_publisher",),
    "account_publisher": ("org_publisher",),
    "user": ("org_user",),
    "account_user": ("org_user",),
    "viewer": ("iAAAAAAAAAAAAAAA",),
    "data editor": ("iBBBBBBBBBBBBBBB",),
}
"""IDs of built-in roles by the words for them. The ``account_…`` words are of ArcGIS Online before 2012."""

USER_TYPE_WORDS: dict[str, tuple[str, ...]] = {
    "viewer": ("viewerUT",),
    "lite": ("liteUT",),
    "editor": ("editorUT",),
    "contributor": ("editorUT",),
    "field worker": ("fieldWorkerUT",),
    "mobile worker": ("fieldWorkerUT",),
    "creator": ("creatorUT",),
    "storyteller": ("storytellerUT",),
    "insights analyst": ("insightsAnalystUT",),
    "indoors user": ("IndoorsUserUT",),
    "gis professional basic": ("GISProfessionalBasicUT",),
    "gis professional standard": ("GISProfessionalStdUT",),
    "gis professional advanced": ("GISProfessionalAdvUT",),
    "professional": ("GISProfessionalStdUT",),
    "professional plus": ("GISProfessionalAdvUT",),
    # Sold in three editions, so the word alone does not say which one.
    "gis professional": ("GISProfessionalBasicUT", "GISProfessionalStdUT", "GISProfessionalAdvUT"),
}
"""IDs of user types by the names that they have or had on Esri's pages."""

_SEPARATORS = re.compile(r"[\s_-]+")
_ABBREVIATIONS = {"std": "standard", "adv": "advanced", "pro": "professional"}


def known_words(word: str, table: Mapping[str, tuple[str, ...]], available: Mapping[str, object]) -> list[str]:
    """Return the IDs that a word of Esri's pages stands for in one organization.

    Args:
        word: The word of the roster. Case, hyphens, underscores, and repeated blanks do not count.
        table: ``ROLE_WORDS`` or ``USER_TYPE_WORDS``.
        available: The organization's IDs as keys.

    Returns:
        The IDs that the organization has. Use the word only if there is exactly one: several are ambiguous.
    """
    key = word_key(word)
    ids = {identifier for known, found in table.items() if word_key(known) == key for identifier in found}
    return [identifier for identifier in available if identifier in ids]


def word_key(word: str) -> str:
    """Return the form in which words are compared."""
    parts = _SEPARATORS.split(word.strip().casefold())
    return " ".join(_ABBREVIATIONS.get(part, part) for part in parts)
