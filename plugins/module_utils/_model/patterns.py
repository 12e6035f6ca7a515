# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Names, and patterns of names. Pure."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import InputError
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import member_key

#: Characters that make a name a pattern.
_WILDCARD = re.compile(r"[*?]")


class NamePatterns:
    """Names, such as usernames, and patterns with ``*`` and ``?``. Case-insensitive."""

    def __init__(self, names: Iterable[str], option: str) -> None:
        """Read the names.

        Args:
            names: The names.
            option: Option that has them, for errors.

        Raises:
            InputError: If a name is blank, can only be several names in one text, or was a list or a mapping, which
                Ansible has turned into text.
        """
        self.names = [str(name) for name in names]
        if any(not name.strip() or re.search(r"[\n\r\"]|^[\[{]'", name) for name in self.names):
            raise InputError(
                f"{option}: A name is blank, is a list or a mapping, or has a line break or a quotation mark.",
                option=option,
                remedy="Write a list with one username or pattern per entry.",
            )
        # Brackets stand for themselves: only * and ? are special.
        self._patterns = [re.compile(fnmatch.translate(member_key(name).replace("[", "[[]"))) for name in self.names]

    def __bool__(self) -> bool:
        return bool(self.names)

    @property
    def exact_names(self) -> list[str]:
        """The names that are not patterns."""
        return [name for name in self.names if not _WILDCARD.search(name)]

    @property
    def is_exact(self) -> bool:
        """Whether no name is a pattern."""
        return self.exact_names == self.names

    def match(self, key: str) -> bool:
        """Return whether a name is, or a pattern matches, this name in its case-insensitive form."""
        return any(pattern.match(key) for pattern in self._patterns)
