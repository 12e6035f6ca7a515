# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Reads members: by page or by name, whichever takes fewer requests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Callable

from ansible_collections.portalops.arcgis.plugins.module_utils._current.add_ons import HoldingReader, is_for_all
from ansible_collections.portalops.arcgis.plugins.module_utils._current.groups import GroupReader, MembershipReader
from ansible_collections.portalops.arcgis.plugins.module_utils._current.organization import OrganizationReader
from ansible_collections.portalops.arcgis.plugins.module_utils._current.paths import user_path
from ansible_collections.portalops.arcgis.plugins.module_utils._errors import (
    AnonymousError,
    NotFound,
    PermissionDenied,
    PortalOpsError,
    Refused,
    UnexpectedAnswer,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.facts import GroupRow
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import (
    FIELDS_BY_NAME,
    ResponseField,
    member_key,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.members import (
    CurrentMembers,
    Member,
    may_be_portal_account,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.parsers import ParseCache
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.limiter import succeeded
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.pages import PAGE_SIZE, next_pages

#: Longer than any username that a portal takes.
LONGEST_NAME = 256

#: Members up to which all usernames are read to suggest one for a username that does not exist.
MAX_SUGGESTED = 2000

#: How a listing is licensed, such as ``licenseByUser`` or ``licenseByOrganization``.

#: Lists leave out the accounts of the portal itself.
_LISTING = {"excludeSystemUsers": True, "sortField": "username", "sortOrder": "asc"}


class Directory:
    """Reads some fields of members of one organization."""

    def __init__(
        self,
        reader: OrganizationReader,
        columns: Iterable[str],
        observed: Iterable[str] = (),
        progress: Callable[[str], None] = lambda line: None,
        memberships: MembershipReader | None = None,
        holdings: HoldingReader | None = None,
    ) -> None:
        """Choose what is read of each member.

        Args:
            reader: Client and organization.
            columns: Fields that must be right: a row of a listing that lacks one is read by name.
            observed: Fields that are taken as far as a listing has them.
            progress: Takes a line of text that shows the progress.
            memberships: Reads in which groups members are, or None if that does not matter.
            holdings: Reads which add-on licenses members hold, or None if that does not matter.
        """
        self.memberships = memberships
        self.holdings = holdings
        self.client = reader.client
        self.reader = reader
        self.organization = reader.organization
        self.group_reader = GroupReader(self.client, self.organization) if memberships is None else memberships.reader
        self.progress = progress
        # Every plan looks at these, whatever it changes.
        wanted = {"role", "enabled", *columns}
        fields = [FIELDS_BY_NAME[name] for name in sorted({*wanted, *observed})]
        # Fields that are read from one key, with a memory of their normal forms: most members share most values.
        self._plain = [
            (field.name, field.read.key, ParseCache(field.read.form))
            for field in fields
            if isinstance(field.read, ResponseField)
        ]
        self._others = [
            (field.name, field.read)
            for field in fields
            if field.read is not None and not isinstance(field.read, ResponseField)
        ]
        # Pages of the whole organization, once a listing was read.
        self._pages: int | None = None
        # Kinds of licenses that the portal has listed, and so knows.
        self._known_kinds: set[str] = set()
        #: Titles of add-on licenses and app bundles that members hold, by item ID.
        self.license_titles: dict[str, str] = {}
        self._row_keys = {row for row in (FIELDS_BY_NAME[name].row for name in wanted) if row and self._has(row)}

    def _has(self, row_key: str) -> bool:
        """Return whether the product has a field at all; otherwise no row is expected to contain it."""
        organization = self.organization
        return {"userLicenseTypeId": organization.has_user_types, "categories": organization.has_categories}.get(
            row_key, True
        )

    # -- members ---------------------------------------------------------------------------------------------------

    def read(
        self,
        names: dict[str, str],
        *,
        whole: bool = False,
        require_all: bool = False,
        require_unlisted: frozenset[str] = frozenset(),
        confirm: Callable[[str], bool] = lambda key: False,
    ) -> CurrentMembers:
        """Read members.

        Args:
            names: Usernames by key.
            whole: Whether all members of the organization are read.
            require_all: Whether all columns of all members must be right.
            require_unlisted: Columns that must be right for members who are not in ``names`` (for a purge).
            confirm: Keys whose absence from a listing is confirmed, because something is created then.
        """
        current = CurrentMembers()
        if whole or len(names) > (1 if self._pages is None else self._pages):
            self._read_listing(current, names, whole, require_all, require_unlisted)
        is_short = current.total is not None and current.is_complete and len(current.members) < current.total
        missing = [
            name
            for key, name in names.items()
            if key not in current.members
            and (not current.is_complete or is_short or confirm(key) or may_be_portal_account(key))
        ]
        # One request shows which of the new names, which the whole listing lacks, are not accounts.
        new = [name for name in missing if current.is_complete and confirm(member_key(name))]
        if new and self.organization.is_online:
            current.free = self.reader.free_usernames(new)
        self._read_missing(current, [name for name in missing if member_key(name) not in current.free])
        for part in (self.memberships, self.holdings):
            if part is not None:
                part.fill(current, current.members if whole else names, self.raw)
        return current

    def _read_listing(
        self,
        current: CurrentMembers,
        names: dict[str, str],
        whole: bool,
        require_all: bool,
        require_unlisted: frozenset[str],
    ) -> None:
        """Read the first page, which contains the total, and the remaining pages only if that takes fewer requests."""
        incomplete: list[str] = []

        def convert(row: dict[str, Any]) -> tuple[Member, bool] | None:
            username = row.get("username")
            if not isinstance(username, str) or not _is_name(username):
                return None
            member = Member(username, self._values(row), is_listed=True)
            return member, bool(member.values["role"]) and self._row_keys <= row.keys()

        def must_be_right(member: Member) -> bool:
            if require_all or member.key in names:
                return True
            # Members that a purge can change must be read in full.
            return whole and any(not member.values.get(name) for name in {"role", *require_unlisted})

        first = self.client.first_page("portals/self/users", "users", _LISTING, convert)
        current.total = first.total
        self._pages = -(-first.total // PAGE_SIZE)
        self._take(current, first.rows, must_be_right, incomplete)
        waiting = sum(1 for key in names if key not in current.members)
        pages_left = -(-max(first.total - len(first.rows), 0) // PAGE_SIZE)
        if whole or pages_left <= waiting:
            rows, current.total = self.client.other_pages(first, self._advance(first.total))
            self._take(current, rows, must_be_right, incomplete)
            current.is_complete = True
        self._complete(current, incomplete)

    def _advance(self, total: int) -> Callable[[int], None]:
        return lambda pages: self.progress(f"Read {min((pages + 1) * PAGE_SIZE, total)} of {total} members")

    @staticmethod
    def _take(
        current: CurrentMembers,
        rows: Iterable[tuple[Member, bool] | None],
        must_be_right: Callable[[Member], bool],
        incomplete: list[str],
    ) -> None:
        for row in rows:
            if row is None:
                raise UnexpectedAnswer("The list of members contains an entry without a username.")
            member, is_complete = row
            current.members[member.key] = member
            if (not is_complete or not member.values["role"]) and must_be_right(member):
                incomplete.append(member.username)

    def _complete(self, current: CurrentMembers, usernames: list[str]) -> None:
        """Read by name those whose rows lack a field: organizations differ in what their listing has."""
        for member in self._map(usernames):
            if isinstance(member, Member):
                member.is_listed = True
                current.members[member.key] = member

    def _read_missing(self, current: CurrentMembers, names: list[str]) -> None:
        """Read members by name."""
        found = self._map(names)
        if None in found:
            self._verify_visible(names[found.index(None)])
        listed = None if not current.is_complete else False
        for username, member in zip(names, found):
            if isinstance(member, Member):
                member.is_listed = listed if listed is not None else self._is_listed(member)
                current.members[member.key] = member
            elif member is not None:
                current.foreign[member_key(username)] = member

    def _is_listed(self, member: Member) -> bool | None:
        """Ask the listing without the portal's own accounts for a member whose name can be one of theirs."""
        if not may_be_portal_account(member.key):
            return None
        try:
            answer = self.client.read(
                "portals/self/users", {**_LISTING, "username": member.username, "start": 1, "num": PAGE_SIZE}
            )
        except (Refused, PermissionDenied, NotFound):
            return None
        rows = answer.get("users")
        names = {member_key(str(row.get("username"))) for row in rows or () if isinstance(row, dict)}
        return True if member.key in names else None

    def _map(self, usernames: list[str]) -> list[Any]:
        return succeeded(self.client.map(self._shown, usernames))

    def one(self, username: str) -> Member | str | None:
        """Read a member by name: a member, the name of an account of another organization, or None if it is absent."""
        found = self._shown(username)
        if found is None:
            self._verify_visible(username)
        if self.holdings is not None and isinstance(found, Member):
            current = CurrentMembers()
            current.members[found.key] = found
            self.holdings.fill(current, [found.key], self.raw)
        return found

    def _verify_visible(self, username: str) -> None:
        """Confirm that a member is really absent: the portal also hides existing members from anonymous requests.

        Raises:
            AnonymousError, PermissionDenied: If the sign-in is not effective.
        """
        account = self.organization.account
        if account.is_application:
            self.count()
        elif account.key != member_key(username) and self._shown(account.username) is None:
            raise self._hidden_error(account.username)

    def _shown(self, username: str) -> Member | str | None:
        user = self.raw(username)
        if user is None:
            return None
        organization = user.get("orgId")
        if organization != self.organization.id and (organization or self.organization.is_online):
            return str(user["username"])
        member = Member(str(user["username"]), self._values(user))
        texts = self.memberships.from_page(user) if self.memberships is not None else None
        if texts is not None:
            member.values["groups"] = texts
        if not member.values["role"]:
            raise self._hidden_error(member.username)
        return member

    def _hidden_error(self, username: str) -> PortalOpsError:
        """Return the error for a member without a role.

        Every member has a role, so such a response was made for an anonymous or unprivileged request, and other
        fields can be missing too.
        """
        account = self.organization.account
        if not account.has_any("portal:admin:viewUsers"):
            return PermissionDenied(
                f"{username}: Account {account.username} sees only the public page of this member: it lacks the "
                "privilege portal:admin:viewUsers.",
                privilege="portal:admin:viewUsers",
                remedy="Run as an administrator.",
            )
        return AnonymousError(
            f"{username}: The portal handled the request as anonymous.",
            remedy="Check that no proxy removes the header X-Esri-Authorization.",
        )

    def raw(self, username: str) -> dict[str, Any] | None:
        """Read the user resource as it is, or None if the user does not exist."""
        try:
            user = self.client.read(f"community/users/{user_path(username)}")
        except NotFound:
            return None
        # The resource also answers for a user ID; a name that is the ID of another member is not that member.
        found = user.get("username")
        if not isinstance(found, str) or not found:
            raise UnexpectedAnswer(f"The response for {username} contains no username.")
        key = member_key(username)
        if member_key(found) == key:
            return user
        if str(user.get("id")).casefold() == key:
            return None
        raise UnexpectedAnswer(f"The portal answered for another member than {username}.")

    def _values(self, user: dict[str, Any]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, key, forms in self._plain:
            value = user.get(key)
            kind = value.__class__
            values[name] = forms[value] if kind is str or kind is bool else forms.of(value)
        for name, read in self._others:
            values[name] = read(user)
        return values

    def count(self) -> int:
        """Read how many members the organization has."""
        answer = self.client.read("portals/self/users", {"start": 1, "num": 1, "excludeSystemUsers": True})
        total = answer.get("total")
        if isinstance(total, bool) or not isinstance(total, int) or total < 0:
            raise UnexpectedAnswer("The list of members does not tell how many there are.")
        return total

    def usernames(self, current: CurrentMembers) -> list[str]:
        """Return usernames to suggest for one that does not exist: those that were read, or of the first pages."""
        if current.is_complete or len(current.members) > PAGE_SIZE:
            return [member.username for member in current.members.values()]
        page = self.client.first_page("portals/self/users", "users", _LISTING)
        rows = page.rows
        if page.total <= MAX_SUGGESTED:
            rows = rows + self.client.other_pages(page)[0]
        return [str(row["username"]) for row in rows if row.get("username")]

    def administrators(self) -> set[str]:
        """Read the keys of the enabled administrators, if the organization was not read as a whole."""
        current = CurrentMembers()
        rows, _total = self.client.pages("portals/self/users", "users", {**_LISTING, "role": "org_admin"})
        for row in rows:
            if row.get("username"):
                member = Member(str(row["username"]), self._values(row), is_listed=True)
                current.members[member.key] = member
        return current.administrators()

    def lookalikes(self, newcomer: dict[str, Any]) -> list[dict[str, Any]]:
        """Read rows of members whose last name is that of a person to create; ``{username, email}`` each."""
        try:
            answer = self.client.read(
                "portals/self/users",
                {**_LISTING, "lastname": str(newcomer.get("last_name") or ""), "start": 1, "num": PAGE_SIZE},
            )
        except (Refused, PermissionDenied, NotFound):
            return []
        rows = answer.get("users")
        return [
            row for row in (rows if isinstance(rows, list) else ()) if isinstance(row, dict) and row.get("username")
        ]

    # -- what a member is in and holds ------------------------------------------------------------------------------

    def groups(self, username: str) -> list[GroupRow]:
        """Read the groups of a member; listings leave them out, so the member's own page is read."""
        groups = (self.raw(username) or {}).get("groups")
        key = member_key(username)
        return [
            GroupRow(
                str(group.get("id")),
                str(group.get("title") or group.get("id")),
                "updateitemcontrol" in (group.get("capabilities") or ()),
                member_key(str(group.get("owner") or "")) == key,
            )
            for group in (groups if isinstance(groups, list) else ())
            if isinstance(group, dict)
        ]

    def has_esri_access(self, username: str) -> bool:
        """Read whether a member can use Esri's own sites (``userType``: ``both``), which blocks a removal."""
        return (self.raw(username) or {}).get("userType") == "both"

    def add_ons(self, username: str, require_all: bool = False) -> dict[str, list[str]]:
        """Read item IDs of the add-on licenses (``listings``) and app bundles (``bundles``) of a member.

        Args:
            username: The member.
            require_all: Whether a response without a list is an error. Else it counts as none, which a removal
                survives: the portal then refuses it.
        """
        return {
            "listings": self._license_ids(username, "provisionedListings", require_all),
            "bundles": self._license_ids(username, "appBundles", require_all),
        }

    def _license_ids(self, username: str, kind: str, require_all: bool) -> list[str]:
        try:
            answer = self._license_rows(username, kind)
        except PortalOpsError as error:
            if error.code in ("refused", "not_found") and kind not in self._known_kinds:
                # Portals without add-on licenses do not have the resource.
                return []
            raise
        rows = answer if isinstance(answer, list) else []
        ids = [str(row.get("itemId") or row.get("id") or "") if isinstance(row, dict) else "" for row in rows]
        if require_all and (rows is not answer or "" in ids):
            raise UnexpectedAnswer(f"The portal does not show the add-on licenses of {username} ({kind}).")
        self._known_kinds.add(kind)
        self.license_titles.update(
            (item, title)
            for item, row in zip(ids, rows)
            if item and isinstance(row, dict) and isinstance(title := row.get("title") or row.get("name"), str)
        )
        # A listing that is licensed to all members is not the member's own (portal-rest-api-2.md, section 11, 16).
        for_all = {str(row.get("itemId")) for row in rows if isinstance(row, dict) and is_for_all(row)}
        return [item for item in ids if item and item not in for_all]

    def _license_rows(self, username: str, kind: str) -> Any:
        """Read all pages of a list of licenses; the keys of paging can be missing."""
        parts = list(next_pages(self.client.read, f"community/users/{user_path(username)}/{kind}", kind))
        is_list = isinstance(parts[0], list)
        return [row for part in parts if isinstance(part, list) for row in part] if is_list else parts[0]


def _is_name(value: Any) -> bool:
    """Return whether a username is possible: with an impossible one, its owner would seem absent."""
    return isinstance(value, str) and 0 < len(value) <= LONGEST_NAME and value.isprintable()
