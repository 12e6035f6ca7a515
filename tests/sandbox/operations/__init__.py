# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The portal's operations, one small function each, in a file by subject."""

from __future__ import annotations

from importlib import import_module

SUBJECTS = (
    "sign_in", "oauth", "portal", "members", "accounts", "roles", "user_types", "credits", "categories", "content",
    "transfer", "groups", "group_members", "licenses", "defaults", "invitations", "admin",
)  # fmt: skip


def load() -> None:
    """Import every subject: importing registers its operations."""
    for subject in SUBJECTS:
        import_module(f"{__name__}.{subject}")
