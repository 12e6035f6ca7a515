# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it may change in any release.

"""Members as the portal has them, in normal form: by page or by name, whichever costs fewer calls."""

from __future__ import annotations

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import (
    AnonymousError,
    NotFound,
    PermissionDenied,
    PortalOpsError,
    UnexpectedAnswer,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import (
    BY_NAME,
    Forms,
    Reads,
    member_key,
    stored_name,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.address import quote_segment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Callable

    from ansible_collections.portalops.arcgis.plugins.module_utils._current.organization import Organization
    from ansible_collections.portalops.arcgis.plugins.module_utils._portal.client import PortalClient

PAGE = 100
"""The portal gives 100 members a page at most."""

LONGEST_NAME = 256
"""Longer than any username that a portal takes."""

SYSTEM_PREFIXES = ("esri_", "system_publisher")


class Member:
    """A member: the portal's spelling of the name, and the fields that were asked for, in normal form."""

    __slots__ = ("key", "username", "values")

    def __init__(self, username: str, values: dict[str, Any]) -> None:
        self.username = username
        self.key = member_key(username)
        self.values = values

    @property
    def is_system(self) -> bool:
        """Accounts of the portal's own, which nobody manages."""
        return self.key.startswith(SYSTEM_PREFIXES)


class Current:
    """What was read: members by key; C(foreign) accounts of other organizations; C(total) members of the organization
    (None: not read); C(complete) when the whole organization was read."""

    def __init__(self) -> None:
        self.members: dict[str, Member] = {}
        self.foreign: dict[str, str] = {}
        self.total: int | None = None
        self.complete = False


class Directory:
    """Reads fields of members: those in C(columns) surely, those in C(observed) as far as a listing tells them."""

    def __init__(
        self,
        client: PortalClient,
        organization: Organization,
        columns: Iterable[str],
        observed: Iterable[str] = (),
        progress: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.client = client
        self.organization = organization
        self.progress = progress
        # Every plan looks at these, whatever it changes.
        wanted = {"role", "enabled", *columns}
        fields = [BY_NAME[name] for name in sorted({*wanted, *observed})]
        # One key each, and the normal forms of what stands under it; the others look at several keys.
        self._plain = [
            (field.name, field.read.key, Forms(field.read.form)) for field in fields if isinstance(field.read, Reads)
        ]
        self._others = [
            (field.name, field.read) for field in fields if field.read is not None and not isinstance(field.read, Reads)
        ]
        # Pages of the whole organization, once a listing has told.
        self._pages: int | None = None
        # Kinds of licenses that the portal has told of, and so knows.
        self._told: set[str] = set()
        self._row_keys = {row for row in (BY_NAME[name].row for name in wanted) if row and self._has(row)}

    def _has(self, row_key: str) -> bool:
        """Whether the product has the field at all; a row is not expected to hold it otherwise."""
        organization = self.organization
        return {"userLicenseTypeId": organization.has_user_types, "categories": organization.has_categories}.get(
            row_key, True
        )

    def read(
        self,
        names: dict[str, str],
        *,
        whole: bool = False,
        surely: bool = False,
        confirm: Callable[[str], bool] = lambda key: False,
    ) -> Current:
        """Members by key of C(names); C(whole) reads everybody, C(surely) with all columns of everybody.

        Absence from a listing is confirmed by name for keys that C(confirm) picks, because something is created then.
        """
        current = Current()
        if whole or len(names) > (1 if self._pages is None else self._pages):
            self._read_listing(current, names, whole, surely)
        unsure = current.total is not None and current.complete and len(current.members) < current.total
        missing = [
            name
            for key, name in names.items()
            if key not in current.members and (not current.complete or unsure or confirm(key))
        ]
        self._read_by_name(current, missing)
        return current

    def _read_listing(self, current: Current, names: dict[str, str], whole: bool, surely: bool) -> None:
        """The first page tells how many there are; the rest follows only if it is cheaper than asking by name."""
        query = {"excludeSystemUsers": True, "sortField": "username", "sortOrder": "asc"}
        thin: list[str] = []

        def convert(row: dict[str, Any]) -> tuple[Member, bool] | None:
            username = row.get("username")
            if not isinstance(username, str) or not _is_name(username):
                return None
            member = Member(username, self._values(row))
            return member, bool(member.values["role"]) and self._row_keys <= row.keys()

        first = self.client.first_page("portals/self/users", "users", query, convert)
        current.total = first.total
        self._pages = -(-first.total // PAGE)

        def concerns(member: Member) -> bool:
            # Whom a purge may touch has to be seen for who it is.
            return surely or member.key in names or (whole and not member.values["role"])

        self._take(current, first.rows, concerns, thin)
        waiting = sum(1 for key in names if key not in current.members)
        pages_left = -(-max(first.total - len(first.rows), 0) // PAGE)
        if whole or pages_left <= waiting:
            rows, current.total = self.client.other_pages(first, self._advance(first.total))
            self._take(current, rows, concerns, thin)
            current.complete = True
        self._hydrate(current, thin)

    def _advance(self, total: int) -> Callable[[int], None]:
        return lambda pages: self.progress(f"{min((pages + 1) * PAGE, total)} of {total} members read")

    @staticmethod
    def _take(
        current: Current,
        rows: Iterable[tuple[Member, bool] | None],
        concerns: Callable[[Member], bool],
        thin: list[str],
    ) -> None:
        for row in rows:
            if row is None:
                raise UnexpectedAnswer("the list of members has an entry without a username")
            member, believable = row
            current.members[member.key] = member
            if not believable and concerns(member):
                thin.append(member.username)

    def _hydrate(self, current: Current, usernames: list[str]) -> None:
        """Reads by name those whose rows lack a field; organizations differ in what their listing carries."""
        for member in self._map(usernames):
            if isinstance(member, Member):
                current.members[member.key] = member

    def _read_by_name(self, current: Current, usernames: list[str]) -> None:
        found = self._map(usernames)
        if None in found:
            self._believe(usernames[found.index(None)])
        for username, member in zip(usernames, found):
            if isinstance(member, Member):
                current.members[member.key] = member
            elif member is not None:
                current.foreign[member_key(username)] = member

    def _map(self, usernames: list[str]) -> list[Any]:
        found = self.client.map(self._shown, usernames)
        for item in found:
            if isinstance(item, Exception):
                raise item
        return found

    def one(self, username: str) -> Member | str | None:
        """A member by name; the name as text if the account is of another organization; None if there is none."""
        found = self._shown(username)
        if found is None:
            self._believe(username)
        return found

    def _believe(self, username: str) -> None:
        """That there is no such member, which a stranger is told of members too: raises if the caller is taken for one.

        The caller's own page tells; an application has none, and asks for what strangers are refused.
        """
        caller = self.organization.caller
        if caller.is_application:
            self.count()
        elif caller.key != member_key(username) and self._shown(caller.username) is None:
            raise self._hidden(caller.username)

    def _shown(self, username: str) -> Member | str | None:
        user = self.raw(username)
        if user is None:
            return None
        organization = user.get("orgId")
        if organization != self.organization.id and (organization or self.organization.is_online):
            return str(user["username"])
        member = Member(str(user["username"]), self._values(user))
        if not member.values["role"]:
            raise self._hidden(member.username)
        return member

    def _hidden(self, username: str) -> PortalOpsError:
        """Everybody has a role: whom the portal shows without one it shows as to a stranger, and all else may lack."""
        caller = self.organization.caller
        if not caller.may("portal:admin:viewUsers"):
            return PermissionDenied(
                f"{caller.username} may not view {username} in full (portal:admin:viewUsers)",
                privilege="portal:admin:viewUsers",
                remedy="run with an administrator's account",
            )
        return AnonymousError(
            f"the portal shows {username} as to somebody who is not signed in",
            remedy="check that nothing between here and the portal removes the header X-Esri-Authorization",
        )

    def raw(self, username: str) -> dict[str, Any] | None:
        """The user resource as it is, or None if there is no such user."""
        try:
            user = self.client.read(f"community/users/{user_path(username)}")
        except NotFound:
            return None
        # The resource also answers for a user id; a name that is somebody else's id is not that member.
        found = user.get("username")
        if not isinstance(found, str) or not found:
            raise UnexpectedAnswer(f"the answer for {username} has no username")
        key = member_key(username)
        if member_key(found) == key:
            return user
        if str(user.get("id")).casefold() == key:
            return None
        raise UnexpectedAnswer(f"the portal answered for another member than {username}")

    def _values(self, user: dict[str, Any]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, key, forms in self._plain:
            value = user.get(key)
            kind = value.__class__
            values[name] = forms[value] if kind is str or kind is bool else forms.of(value)
        for name, read in self._others:
            values[name] = read(user)
        return values

    def owned(self, username: str) -> tuple[int, int]:
        """How many items and groups a member owns."""
        answer = self.client.read(f"content/users/{user_path(username)}", {"foldersContent": True, "num": 1})
        listed = answer.get("items")
        items = answer.get("total", len(listed) if isinstance(listed, list) else None)
        if not isinstance(items, int) or items < 0:
            raise UnexpectedAnswer(f"the content of {username} is not told")
        return items, len(self.owned_groups(username))

    def owned_groups(self, username: str) -> list[str]:
        """Ids of the groups a member owns; listings leave groups out, so the user itself is asked."""
        user = self.raw(username)
        groups = (user or {}).get("groups")
        key = member_key(username)
        return [
            str(group.get("id"))
            for group in (groups if isinstance(groups, list) else ())
            if isinstance(group, dict) and member_key(str(group.get("owner") or "")) == key
        ]

    def licenses(self, username: str, surely: bool = False) -> dict[str, list[str]]:
        """Item ids of add-on licenses (C(listings)) and app bundles (C(bundles)) of a member, which block a removal.

        An answer without a list counts as none, which a removal survives: the portal refuses it then. C(surely) is for
        those who stay: nobody else would notice.
        """
        return {
            "listings": self._license_ids(username, "provisionedListings", surely),
            "bundles": self._license_ids(username, "appBundles", surely),
        }

    def _license_ids(self, username: str, kind: str, surely: bool) -> list[str]:
        try:
            answer = self.client.read(f"community/users/{user_path(username)}/{kind}")
        except PortalOpsError as error:
            if error.code in ("refused", "not_found") and kind not in self._told:
                # Portals without add-on licenses do not know the resource.
                return []
            raise
        rows = answer.get(kind)
        listed = rows if isinstance(rows, list) else []
        ids = [str(row.get("itemId") or row.get("id") or "") if isinstance(row, dict) else "" for row in listed]
        if surely and (listed is not rows or "" in ids):
            raise UnexpectedAnswer(f"the add-on licenses of {username} are not told ({kind})")
        self._told.add(kind)
        return [item for item in ids if item]

    def count(self) -> int:
        """How many members the organization has."""
        answer = self.client.read("portals/self/users", {"start": 1, "num": 1, "excludeSystemUsers": True})
        total = answer.get("total")
        if isinstance(total, bool) or not isinstance(total, int) or total < 0:
            raise UnexpectedAnswer("the list of members does not say how many there are")
        return total

    def administrators(self) -> set[str]:
        """Keys of the enabled administrators, where the organization was not read as a whole."""
        rows, _total = self.client.pages("portals/self/users", "users", {"role": "org_admin"})
        return {
            member_key(str(row["username"]))
            for row in rows
            if row.get("username")
            and not row.get("disabled")
            and not row.get("roleId")
            and row.get("role") == "org_admin"
        }


def _is_name(value: Any) -> bool:
    """Whether a username can be one: what no account bears would make its owner seem absent."""
    return isinstance(value, str) and 0 < len(value) <= LONGEST_NAME and value.isprintable()


def user_path(username: str) -> str:
    """Return a username as a segment of a path."""
    return quote_segment(stored_name(username))
