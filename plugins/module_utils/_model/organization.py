# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""What is known about an organization from ``portals/self``: product, signed-in account, credits. Pure."""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import AnonymousError, UnexpectedAnswer
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import UNLIMITED, member_key, number
from ansible_collections.portalops.arcgis.plugins.module_utils._model.roles import ADMINISTRATOR

#: ``currentVersion`` -> the version that administrators know (portal-rest-api.md, section 2).
_ENTERPRISE_VERSIONS: dict[tuple[int, ...], str] = {
    (6, 4): "10.7",
    (7, 1): "10.7.1",
    (7, 2): "10.8",
    (7, 3): "10.8",
    (8, 1): "10.8.1",
    (8, 2): "10.8.1",
    (8, 4): "10.9.1",
    (9, 1): "10.9.1",
    (10, 1): "11.0",
    (10, 2): "11.1",
    (10, 3): "11.1",
    (2025, 1): "11.5",
}


class SignedInAccount:
    """The account (or application) that the portal sees: username, role ID, privileges (None: not told)."""

    def __init__(
        self, username: str, role: str, privileges: frozenset[str] | None, *, is_application: bool = False
    ) -> None:
        self.username = username
        self.is_application = is_application
        self.key = member_key(username)
        self.role = role
        self.privileges = privileges

    @property
    def is_administrator(self) -> bool:
        return self.role == ADMINISTRATOR

    def has_any(self, *privileges: str) -> bool:
        """Return whether the account has one of these privileges, as far as the portal tells."""
        return self.is_administrator or self.privileges is None or bool(self.privileges.intersection(privileges))


class Organization:
    """One organization as ``portals/self`` describes it. It never changes: a later reading is another value."""

    def __init__(self, portal: dict[str, Any], base: str) -> None:
        """Read the description.

        Args:
            portal: The response to ``portals/self``.
            base: URL of the portal, for error messages.

        Raises:
            AnonymousError: If the response is that to an anonymous request or to another organization's account.
            UnexpectedAnswer: If the ID of the organization is malformed.
        """
        self.portal = portal
        self.base = base
        self.id = _id(portal.get("id"))
        self.is_online = not portal.get("isPortal")
        self.is_kubernetes = portal.get("portalDeploymentType") == "ArcGISEnterpriseOnKubernetes"
        self.version = _version(portal.get("currentVersion"))
        self.account = self._account()

    def _account(self) -> SignedInAccount:
        user = self.portal.get("user")
        if isinstance(user, dict) and user.get("username"):
            if user.get("orgId") not in (None, "", self.id):
                raise AnonymousError(
                    f"Account {user['username']} belongs to another organization than {self.base}.",
                    remedy="Sign in with an account of the organization itself.",
                )
            role = str(user.get("roleId") or user.get("role") or "")
            return SignedInAccount(str(user["username"]), role, privileges_of(user))
        app = self.portal.get("appInfo")
        privileges = privileges_of(app) if isinstance(app, dict) else None
        if isinstance(app, dict) and privileges is not None:
            name = f"application {app.get('appTitle') or app.get('appId') or ''}".strip()
            return SignedInAccount(name, "", privileges, is_application=True)
        raise AnonymousError(
            f"{self.base} handled the request as anonymous.",
            remedy="Check that the account belongs to this organization and that portal_url is the URL of the "
            "organization.",
        )

    # -- product -------------------------------------------------------------------------------------------------

    @property
    def product(self) -> str:
        if self.is_online:
            return "online"
        return "enterprise_kubernetes" if self.is_kubernetes else "enterprise"

    @property
    def product_name(self) -> str:
        return "ArcGIS Online" if self.is_online else "ArcGIS Enterprise"

    @property
    def enterprise_version(self) -> str | None:
        """Version that administrators know, such as ``11.5``, or None on ArcGIS Online or if it is not known."""
        if self.is_online:
            return None
        stated = _version(self.portal.get("enterpriseVersion"))
        if stated:
            return ".".join(str(part) for part in (stated[:-1] if len(stated) == 3 and not stated[2] else stated))
        return _ENTERPRISE_VERSIONS.get(self.version[:2])

    @property
    def has_user_types(self) -> bool:
        """User types and bulk writes came with version 6.4 of the API (Enterprise 10.7); levels were before."""
        return self.is_online or self.version >= (6, 4)

    @property
    def has_categories(self) -> bool:
        """Member categories: ArcGIS Online, and Enterprise from 11.0 (version 10.1 of the API)."""
        return self.is_online or self.version >= (10, 1)

    @property
    def accepts_apply_defaults(self) -> bool:
        """Whether createUser takes ``applyDefaults`` (Enterprise 11.5 and later, not on Kubernetes)."""
        if self.is_online or self.is_kubernetes:
            return False
        stated = _version(self.portal.get("enterpriseVersion"))
        return stated >= (11, 5) if stated else self.version >= (2025, 1)

    @property
    def seat_field(self) -> str:
        return "user_type" if self.has_user_types else "level"

    @property
    def is_read_only(self) -> bool:
        return self.portal.get("isReadOnly") is True

    @property
    def has_recycle_bin(self) -> bool:
        return self.portal.get("recycleBinEnabled") is True

    @property
    def has_category_tree(self) -> bool:
        return self.portal.get("hasMemberCategorySchema") is True

    # -- credits -------------------------------------------------------------------------------------------------

    @property
    def credit_budgeting(self) -> bool:
        """Whether credits are allocated to members; the key is missing where they are not."""
        return self.portal.get("creditAssignments") == "enabled"

    @property
    def default_credits(self) -> float | str | None:
        """Credits of new members: a number, ``unlimited``, or None if the portal does not tell."""
        value = number(self.portal.get("defaultUserCreditAssignment"))
        return UNLIMITED if value is not None and value < 0 else value

    @property
    def available_credits(self) -> float | None:
        """Credits of the organization's pool, or None if the portal does not tell."""
        value = number(self.portal.get("availableCredits"))
        return value if value is not None else number(self.subscription.get("availableCredits"))

    # -- seats ---------------------------------------------------------------------------------------------------

    @property
    def subscription(self) -> dict[str, Any]:
        value = self.portal.get("subscriptionInfo")
        return value if isinstance(value, dict) else {}

    @property
    def bought_seats(self) -> dict[str, int | None]:
        """Seats bought by user type (ArcGIS Online)."""
        return whole_numbers(self.subscription.get("userLicenseTypes"))

    @property
    def max_members(self) -> int | None:
        """Members that the subscription allows, or None if the portal does not tell."""
        return whole_number(self.subscription.get("maxUsers"))

    @property
    def level_seats(self) -> dict[str, int]:
        """Seats by level before user types; a level that is missing has no limit."""
        seats = whole_numbers(self.subscription.get("maxUsersPerLevel"))
        return {level: total for level, total in seats.items() if total is not None}


def privileges_of(holder: dict[str, Any]) -> frozenset[str] | None:
    """Return the privileges of a user, application, or role, or None if the response does not tell them."""
    value = holder.get("privileges")
    return frozenset(str(item) for item in value) if isinstance(value, list) else None


def whole_numbers(value: Any) -> dict[str, int | None]:
    """Return a mapping of counts; what is not a count is None."""
    return {str(key): whole_number(item) for key, item in value.items()} if isinstance(value, dict) else {}


def whole_number(value: Any) -> int | None:
    """Return a count of the portal, or None if it is negative or not a number."""
    result = number(value)
    return None if result is None or result < 0 else int(result)


def _id(value: Any) -> str:
    """Return the ID of the organization, or an empty text. With a wrong one, all members would seem foreign."""
    if value is None or value == "":
        return ""
    if not isinstance(value, str) or not re.fullmatch(r"[\w-]{1,64}", value, re.ASCII):
        raise UnexpectedAnswer("The response to portals/self contains a malformed organization ID.")
    return value


def _version(value: Any) -> tuple[int, ...]:
    """Return a version as whole numbers, because as a decimal 10.1 would be below 9.2."""
    parts = str(value or "").split(".")
    return tuple(int(part) for part in parts) if all(part.isdigit() for part in parts) else ()
