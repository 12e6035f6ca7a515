# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter that normalizes offboarding entries."""

from __future__ import annotations

from typing import Any, Callable, Union

from ansible.errors import AnsibleFilterError
from ansible.utils.unsafe_proxy import wrap_var

from ansible_collections.portalops.arcgis.plugins.plugin_utils._offboarding import (
    OffboardingError,
    normalize_entries,
    read_entries,
)
from ansible_collections.portalops.arcgis.plugins.plugin_utils._plain import plain

Answer = Union[list[dict[str, Any]], dict[str, list[str]]]


def offboard_entries(named: Any, src: str = "", return_errors: bool = False) -> Answer:
    """Return the entries of a list and of a file in one form, or their errors."""
    try:
        rows: list[dict[str, Any]] = [*normalize_entries(plain(named)), *(read_entries(str(src)) if src else ())]
    except OffboardingError as error:
        if return_errors:
            errors: dict[str, list[str]] = wrap_var({"errors": str(error).splitlines()})
            return errors
        raise AnsibleFilterError(f"offboard_entries: {error}") from None
    unsafe_rows: list[dict[str, Any]] = wrap_var(rows)
    return unsafe_rows


class FilterModule:
    """Ansible loads the filter from this class."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"offboard_entries": offboard_entries}
