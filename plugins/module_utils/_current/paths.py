# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Paths of the REST API that contain usernames. Pure."""

from __future__ import annotations

from ansible_collections.portalops.arcgis.plugins.module_utils._model.content import Item
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import stored_name
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.address import quote_segment


def user_path(username: str) -> str:
    """Return a username as a segment of a path."""
    return quote_segment(stored_name(username))


def item_path(owner: str, item: Item) -> str:
    """Return the path of an item, which contains its folder."""
    folder = f"/{item.folder}" if item.folder else ""
    return f"content/users/{user_path(owner)}{folder}/items/{item.id}"
