# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of the documentation site."""

from __future__ import annotations

import pkgutil
import tempfile
import zlib
from pathlib import Path

import ansible.modules

project = "portalops.arcgis"
copyright = "portalops.arcgis contributors"
html_title = "portalops.arcgis"
html_short_title = "portalops.arcgis"
html_theme = "furo"
html_show_sphinx = False
html_copy_source = False
html_static_path = ["static"]
html_css_files = ["site.css"]
extensions = ["sphinx.ext.intersphinx", "sphinx_antsibull_ext"]
highlight_language = "YAML+Jinja"
smartquotes = False

# Pages of Ansible's own documentation that ours points to, known without fetching its index.
ANSIBLE_PAGES = {
    "action_plugins": "plugins/action.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
    "common_return_values": "reference_appendices/common_return_values.html",
    **{
        f"ansible_collections.ansible.builtin.{name}_module": f"collections/ansible/builtin/{name}_module.html"
        for _finder, name, _package in pkgutil.iter_modules(ansible.modules.__path__)
    },
}


def inventory(pages: dict[str, str]) -> bytes:
    """An index as Sphinx reads it: label, kind, priority, place and title of each page, compressed."""
    head = "# Sphinx inventory version 2\n# Project: Ansible\n# Version: \n# The remainder is compressed using zlib.\n"
    anchors = str.maketrans("_.", "--")
    rows = [f"{label} std:label -1 {page}#{label.translate(anchors)} {label}\n" for label, page in pages.items()]
    return head.encode() + zlib.compress("".join(rows).encode())


known_pages = Path(tempfile.mkdtemp(), "objects.inv")
known_pages.write_bytes(inventory(ANSIBLE_PAGES))
intersphinx_mapping = {"ansible": ("https://docs.ansible.com/ansible/latest/", str(known_pages))}
