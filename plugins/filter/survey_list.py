# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter that reads the answer to an AWX survey question as a list of names."""

from __future__ import annotations

from typing import Any, Callable

from ansible.errors import AnsibleFilterError
from ansible.utils.unsafe_proxy import wrap_var

from ansible_collections.portalops.arcgis.plugins.plugin_utils._survey import SurveyError, list_of, plain_answer


def survey_list(answer: Any, question: str) -> list[str]:
    """Return the names that were typed."""
    try:
        names: list[str] = wrap_var(list_of(plain_answer(answer), str(question)))
    except SurveyError as error:
        raise AnsibleFilterError(str(error)) from None
    return names


class FilterModule:
    """Ansible loads the filter from this class."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"survey_list": survey_list}
