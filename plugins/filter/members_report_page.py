# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter that makes a page of the document of a report."""

from __future__ import annotations

from ansible.errors import AnsibleFilterError
from ansible.utils.unsafe_proxy import wrap_var
from jinja2 import TemplateError

from ansible_collections.portalops.arcgis.plugins.plugin_utils._page import render
from ansible_collections.portalops.arcgis.plugins.plugin_utils._plain import plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable


def page(document: Any, template: str) -> str:
    """The page of a document; a template that is missing or broken is told by its name."""
    try:
        text: str = wrap_var(render(plain(document), str(template)))
    except (TemplateError, OSError) as error:
        raise AnsibleFilterError(f"members_report_page: {template}: {type(error).__name__}: {error}") from None
    return text


class FilterModule:
    """The filter, for Ansible to find."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"members_report_page": page}
