# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter that renders the data of a member report with a template."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible.utils.unsafe_proxy import wrap_var
from jinja2 import TemplateError

from ansible_collections.portalops.arcgis.plugins.plugin_utils._page import render
from ansible_collections.portalops.arcgis.plugins.plugin_utils._plain import plain


def page(document: Any, template: str) -> str:
    """Return the page of a document. An error names the template that is missing or broken."""
    try:
        text: str = wrap_var(render(plain(document), str(template)))
    except (TemplateError, OSError) as error:
        raise AnsibleFilterError(f"members_report_page: {template}: {type(error).__name__}: {error}") from None
    return text


class FilterModule:
    """Filters that this plugin provides."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"members_report_page": page}
