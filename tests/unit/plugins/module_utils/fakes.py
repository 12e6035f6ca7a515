# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A portal in memory, a client that asks it, and modules that run against it: the pipeline without wire or Ansible.

The portal is strict where portals are (seats, fit of role and user type, owned content, last administrator) and keeps
every state in its own wire spelling. Forms go through the real client's encoder, so types in requests are real.
"""

from __future__ import annotations

import copy
import json
import re
from collections import Counter
from types import SimpleNamespace
from unittest import mock
from urllib.parse import unquote

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.portalops.arcgis.plugins.module_utils._apply import run as apply_run
from ansible_collections.portalops.arcgis.plugins.module_utils._errors import (
    NoAnswer,
    NotFound,
    PermissionDenied,
    Refused,
    Throttled,
    UnexpectedAnswer,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._module import info, invitations
from ansible_collections.portalops.arcgis.plugins.module_utils._module import pipeline as module_pipeline
from ansible_collections.portalops.arcgis.plugins.module_utils._module import task as module_task
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.client import PortalClient
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.form import form_fields
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.pages import Page

ORG_IDS = {"online": "OrgOnline0000001", "enterprise": "0123456789ABCDEF", "old": "0123456789ABCDEF"}
VERSION = {"online": "2025.1", "enterprise": "2025.1", "old": "5.4"}
VIEWER, EDITOR = "iAAAAAAAAAAAAAAA", "iBBBBBBBBBBBBBBB"
BASES = ("org_admin", "org_publisher", "org_user")
TYPES = {
    "viewerUT": "Viewer",
    "editorUT": "Contributor",
    "creatorUT": "Creator",
    "GISProfessionalStdUT": "Professional",
}
LEVELS = {"viewerUT": "1", "editorUT": "11"}
#: Levels that fit a role. A role without an entry fits all levels.
STANDS_ON = {**dict.fromkeys(BASES, ("2",)), EDITOR: ("11", "2")}
TREE = [
    {
        "title": "Categories",
        "categories": [
            {"title": "Department", "categories": [{"title": "Sales"}, {"title": "Survey"}]},
            {"title": "Region", "categories": [{"title": "North"}, {"title": "South"}]},
        ],
    }
]


def fold(name):
    """The key a portal finds a name under."""
    domain, backslash, user = name.partition("\\")
    return (f"{user}@{domain}" if backslash else name).casefold()


class Account:
    """One member in the portal's own terms; ``role`` is the effective role id."""

    def __init__(self, username, **fields):
        self.username = username
        self.profile = {"fullName": "", "firstName": "", "lastName": "", "email": "", "description": None}
        self.profile.update({"culture": "en-US", "region": "US", "units": "english", "access": "org", "tags": []})
        self.profile.update(provider="arcgis", idpUsername=None, lastLogin=-1, created=1_700_000_000_000)
        self.role = "org_user"
        self.userLicenseTypeId = "creatorUT"
        self.level = "2"
        self.disabled = False
        self.categories = []
        self.assigned = -1.0
        self.spent = 0.0
        self.password = None
        self.items = 0
        self.recycled = []
        self.groups = []
        self.joined = []
        self.listings = []
        self.bundles = []
        self.userType = "arcgisonly"
        self.orgId = None
        for name, value in fields.items():
            if hasattr(self, name):
                setattr(self, name, value)
            else:
                self.profile[name] = value


#: Built-in roles that can create content, which groups with shared update need (portal-rest-api-2.md, section 1.7).
CONTENT_ROLES = BASES
JOIN, CREATE_ITEM = "portal:user:joinGroup", "portal:user:createItem"
ASSIGN = "portal:admin:assignToGroups"
#: Names in one request about the members of a group, and groups that a member can be in (sections 1.3 and 1.5).
GROUP_BATCH, GROUPS_EACH = 25, 512


class Group:
    """One group in the portal's own terms.

    ``owner``, ``admins``, and ``users`` are usernames. Further fields are those of the group object (section 1.1).
    """

    def __init__(self, number, title, owner="admin", admins=(), users=(), **fields):
        self.id = number if isinstance(number, str) else f"{number:032x}"
        self.title, self.owner = title, owner
        self.admins, self.users = list(admins), list(users)
        self.access, self.capabilities, self.provider, self.orgId = "org", [], None, None
        self.hiddenMembers = False
        for name, value in fields.items():
            if not hasattr(self, name):
                raise TypeError(name)
            setattr(self, name, value)

    @property
    def is_shared_update(self):
        return "updateitemcontrol" in self.capabilities

    @property
    def is_linked(self):
        return self.provider == "enterprise"

    def kind(self, name):
        """Return the ``memberType`` of a member: owner, admin, member, or none."""
        key = fold(name or "")
        if key == fold(self.owner):
            return "owner"
        if key in map(fold, self.admins):
            return "admin"
        return "member" if key in map(fold, self.users) else "none"

    def leave(self, name):
        key = fold(name)
        self.admins = [each for each in self.admins if fold(each) != key]
        self.users = [each for each in self.users if fold(each) != key]

    def join(self, name, manager=False):
        self.leave(name)
        (self.admins if manager else self.users).append(name)

    def parts(self):
        """Return who is in the group, in the form of a comparison: the portal does not keep an order."""
        return {
            "owner": fold(self.owner),
            "admins": sorted(map(fold, self.admins)),
            "users": sorted(map(fold, self.users)),
        }


class Fault:
    """What goes wrong at the nth write (or read) of an operation.

    kind: ``before`` and ``after`` break off around the effect, ``html`` answers uncertainly after it, ``busy``
    uncertainly without it, ``refuse`` refuses, ``ignore`` accepts without effect, ``crash`` breaks as no portal does.
    """

    def __init__(self, kind, operation=None, nth=1, count=1, effect=True):
        self.kind, self.operation, self.effect = kind, operation, effect
        self.nth, self.count = nth, count
        self.seen = 0

    def strikes(self, operation, effect):
        if effect is not self.effect or (self.operation is not None and operation != self.operation):
            return False
        self.seen += 1
        return self.nth <= self.seen < self.nth + self.count


class FakePortal:
    """State and operations. ``seats`` by user type (or level), None without limit."""

    def __init__(self, product="online", accounts=(), seats=None, **settings):
        self.product = product
        self.id = ORG_IDS[product]
        self.seats = dict(seats or {})
        self.roles = {VIEWER: ("Viewer", "org_user"), EDITOR: ("Data Editor", "org_user")}
        self.privileges = {}
        self.types = dict(TYPES)
        self.tree = [] if product == "old" else json.loads(json.dumps(TREE))
        self.budgeting = product == "online"
        self.default_credits = -1.0
        self.pool = 10_000.0
        self.pool_reserved = False
        self.pending = []
        self.pending_hold = True
        self.outsiders = {}
        self.deleted = set()
        self.row_lacks = ()
        self.total_off = 0
        self.page_lag = {}
        self.refuses_for = {}
        self.portal_self = {}
        self.answers = {}
        self.faults = []
        self.log = []
        self.overdrawn = []
        self.replayed = []
        self.on_write = lambda operation, form: None
        self.on_read = lambda operation, form: None
        self.caller = "admin"
        self.groups = {}
        # What the search index shows where it lags behind: titles by group ID, and groups that it does not know yet.
        self.index_titles, self.not_indexed = {}, set()
        # Open questions of the reference (section 12); None: userList does not repeat the owner.
        self.has_user_list = product != "old"
        self.user_list_owner = None
        self.users_overlap = False
        self.linked_add = "not_added"
        self.most_names = []
        self.accounts = {}
        admin = Account("admin", role="org_admin", userLicenseTypeId="GISProfessionalStdUT", fullName="Ad Min")
        for account in (admin, *accounts):
            self.add(account)
        for name, value in settings.items():
            setattr(self, name, value)

    # -- state -------------------------------------------------------------------------------------------------------

    @property
    def has_types(self):
        return self.product != "old"

    @property
    def has_categories(self):
        return self.product != "old"

    def add(self, account):
        account.orgId = self.id
        self.accounts[fold(account.username)] = account
        return account

    def add_group(self, number, title, owner="admin", **fields):
        group = Group(number, title, owner, **fields)
        if group.orgId is None:
            group.orgId = self.id
        self.groups[group.id] = group
        return group

    def __getitem__(self, name):
        return self.accounts[fold(name)]

    def seat(self, account):
        return account.userLicenseTypeId if self.has_types else account.level

    def level(self, account):
        return LEVELS.get(account.userLicenseTypeId, "2") if self.has_types else account.level

    def used(self):
        return Counter(self.seat(account) for account in self.accounts.values())

    def room(self, seat):
        limit = self.seats.get(seat)
        held = self.pending.count(seat) if self.pending_hold else 0
        return limit is None or self.used()[seat] + held < limit

    def reserved(self):
        return sum(account.assigned for account in self.accounts.values() if account.assigned >= 0)

    def administrators(self):
        return [a for a in self.accounts.values() if a.role == "org_admin" and not a.disabled]

    def state(self):
        """Everything that a write can change, to be compared."""
        members = {key: json.loads(json.dumps(vars(account))) for key, account in self.accounts.items()}
        groups = {key: group.parts() for key, group in self.groups.items()}
        budget = [self.budgeting, self.default_credits]
        return {"members": members, "tree": self.tree, "budget": budget, "groups": groups}

    # -- views -------------------------------------------------------------------------------------------------------

    def view(self, account, row=False):
        name = account.username
        found = {"username": name, "id": f"id-of-{fold(name)}", "orgId": account.orgId, **account.profile}
        custom = account.role not in BASES
        found["role"] = self.roles.get(account.role, ("", "org_user"))[1] if custom else account.role
        if custom:
            found["roleId"] = account.role
        found.update(level=self.level(account), disabled=account.disabled, userType=account.userType, groups=[])
        if self.has_types:
            found["userLicenseTypeId"] = account.userLicenseTypeId
        if self.has_categories:
            found["categories"] = list(account.categories)
        if self.product == "online" and self.budgeting:
            left = self.pool if account.assigned < 0 else account.assigned - account.spent
            found.update(assignedCredits=account.assigned, availableCredits=left)
        if row:
            return {name: value for name, value in found.items() if name not in self.row_lacks}
        found["groups"] = [{"id": name, "owner": account.username} for name in account.groups]
        found["groups"] += [dict(group) for group in account.joined]
        found["groups"].append({"id": "joined", "owner": "another_owner"})
        found["groups"] += [self.group_view(group, name) for group in self.groups_of(name)]
        return found

    def groups_of(self, name):
        return [group for group in self.groups.values() if group.kind(name) != "none"]

    def group_view(self, group, name):
        """A group object; ``name`` is whose membership it shows."""
        row = {"id": group.id, "title": group.title, "owner": group.owner, "access": group.access}
        row.update(capabilities=list(group.capabilities), provider=group.provider, hiddenMembers=group.hiddenMembers)
        if self.product == "online":
            row["orgId"] = group.orgId
        return {**row, "userMembership": {"username": name, "memberType": group.kind(name), "applications": 0}}

    def itself(self):
        me = self.accounts.get(fold(self.caller or ""))
        found = {"id": self.id, "name": "City", "isPortal": self.product != "online"}
        found["currentVersion"] = VERSION[self.product]
        found["hasMemberCategorySchema"] = bool(self.tree)
        if me is not None:
            found["user"] = {**self.view(me), "privileges": self.privileges.get(me.role)}
        if self.product == "online":
            found["availableCredits"] = self.pool
            found["defaultUserCreditAssignment"] = self.default_credits
            found["subscriptionInfo"] = {"userLicenseTypes": {k: v for k, v in self.seats.items() if v is not None}}
            if self.budgeting:
                found["creditAssignments"] = "enabled"
        if self.product == "old":
            found["subscriptionInfo"] = {"maxUsersPerLevel": {k: v for k, v in self.seats.items() if v is not None}}
        found.update(self.portal_self)
        return found

    # -- requests ----------------------------------------------------------------------------------------------------

    def answer(self, effect, path, form, root):
        """The answer to one request, or the exception of the client that its faults and refusals come to."""
        for pattern, name, method in _ROUTES:
            match = pattern.fullmatch(path)
            if match and root == ("admin" if name in _ADMIN else "sharing"):
                return self._serve(effect, name, method, [unquote(part) for part in match.groups()], form)
        raise Refused(f"no such operation: {path}", portal_code=400)

    def _serve(self, effect, name, method, args, form):
        if effect is not (name in _WRITES):
            raise AssertionError(f"{name} is {'no ' if effect else 'a '}write")
        self.log.append((name, args, form))
        fault = next((fault for fault in self.faults if fault.strikes(name, effect)), None)
        kind = fault.kind if fault else None
        if kind == "crash":
            raise RuntimeError("secret internals")
        if kind in ("before", "busy", "refuse"):
            raise _broken(kind, effect)
        (self.on_write if effect else self.on_read)(name, form)
        if name in self.answers:
            return self.answers[name](form) if callable(self.answers[name]) else self.answers[name]
        before = copy.deepcopy((self.accounts, self.groups)) if kind == "ignore" else None
        found = method(self, *args, form)
        if before is not None:
            self.accounts, self.groups = before
        if kind in ("after", "html"):
            raise _broken(kind, effect)
        return found

    def find(self, name):
        account = self.accounts.get(fold(name))
        if account is None:
            raise NotFound("User does not exist or is inaccessible.", portal_code=400, message_code="COM_0018")
        return account

    def calls(self, *names):
        """The writes that reached the portal (or the requests of these names), in order."""
        return [name for name, _args, _form in self.log if (name in names if names else name in _WRITES)]

    # -- reads -------------------------------------------------------------------------------------------------------

    def self_(self, form):
        return self.itself()

    def user(self, name, form):
        account = self.accounts.get(fold(name)) or self.outsiders.get(fold(name))
        ids = {f"id-of-{key}": found for key, found in self.accounts.items()}
        return self.view(account or ids.get(name) or self.find(name))

    def users(self, form):
        rows = sorted(self.accounts.values(), key=lambda account: fold(account.username))
        if form.get("role"):
            rows = [account for account in rows if account.role == form["role"]]
        if form.get("username"):
            rows = [account for account in rows if fold(form["username"]) in fold(account.username)]
        if form.get("lastname"):
            part = form["lastname"].casefold()
            rows = [account for account in rows if part in str(account.profile["lastName"]).casefold()]
        if form.get("excludeSystemUsers") == "true":
            rows = [account for account in rows if not account.username.startswith("esri_")]
        start, num = int(form["start"]), min(int(form["num"]), 100)
        chosen = [self._row(account) for account in rows[start - 1 : start - 1 + num]]
        follows = start + num if start - 1 + num < len(rows) else -1
        return {"total": len(rows) + self.total_off, "start": start, "nextStart": follows, "users": chosen}

    def _row(self, account):
        return {**self.view(account, row=True), **self.page_lag.get(fold(account.username), {})}

    def list_roles(self, form):
        rows = [{"id": key, "name": name, "description": ""} for key, (name, _base) in self.roles.items()]
        return {"total": len(rows), "start": 1, "nextStart": -1, "roles": rows}

    def role_privileges(self, role, form):
        return {"privileges": self.privileges.get(role, [])}

    def user_types(self, form):
        return {"userLicenseTypes": [{"id": key, "name": name} for key, name in self.types.items()], "nextStart": -1}

    def counts(self, form):
        return {"results": [{"key": key, "count": count} for key, count in self.used().items()], "nextStart": -1}

    def license(self, form):
        used = self.used()
        limited = {key: limit for key, limit in self.seats.items() if limit is not None}
        return {
            "userTypes": [
                {"id": key, "maximumRegisteredMembers": limit, "currentRegisteredMembers": used[key]}
                for key, limit in limited.items()
            ]
        }

    def invitations(self, form):
        rows = [
            {"id": str(index), "userLicenseType": kind, "accepted": False} for index, kind in enumerate(self.pending)
        ]
        return {"total": len(rows), "start": 1, "nextStart": -1, "invitations": rows}

    def check_usernames(self, form):
        rows = []
        for name in form["usernames"].split(","):
            if fold(name) not in self.deleted:
                taken = fold(name) in self.accounts or fold(name) in self.outsiders
                rows.append({"requested": name, "suggested": f"{name}1" if taken else name})
        return {"usernames": rows}

    def schema(self, form):
        return {"memberCategorySchema": self.tree}

    def content(self, name, form):
        account = self.find(name)
        if form.get("inRecycleBin") == "true":
            rows = [{"id": item} for item in account.recycled]
            return {"username": account.username, "total": len(rows), "start": 1, "nextStart": -1, "items": rows}
        start, num = int(form.get("start", 1)), int(form.get("num", 10))
        rows = [{"id": f"{fold(name)}-{index}", "title": f"Item {index}"} for index in range(account.items)]
        follows = start + num if start - 1 + num < len(rows) else -1
        rows = rows[start - 1 : start - 1 + num]
        return {"username": account.username, "total": account.items, "nextStart": follows, "items": rows}

    def can_reassign_items(self, name, form):
        self.find(form["targetUsername"])
        return {"results": [{"itemId": item, "success": True} for item in form["items"].split(",")]}

    def listings(self, name, form):
        rows = [{"itemId": item} for item in self.find(name).listings]
        start, num = int(form.get("start", 1)), int(form.get("num", 10))
        follows = start + num if start - 1 + num < len(rows) else -1
        return {"provisionedListings": rows[start - 1 : start - 1 + num], "nextStart": follows}

    def app_bundles(self, name, form):
        return {"appBundles": [{"id": item} for item in self.find(name).bundles]}

    # -- groups ------------------------------------------------------------------------------------------------------

    def caller_can(self, privilege):
        role = self[self.caller].role
        return role == "org_admin" or privilege in (self.privileges.get(role) or ())

    def find_group(self, group_id):
        group = self.groups.get(group_id)
        is_member = group is not None and group.kind(self.caller) != "none"
        is_own = group is not None and group.orgId == self.id
        if group is None or not (
            is_member
            or group.access == "public"
            or (is_own and (group.access == "org" or self.caller_can("portal:admin:viewGroups")))
        ):
            raise NotFound("Group does not exist or is inaccessible.", portal_code=400, message_code="COM_0003")
        return group

    def group(self, group_id, form):
        return self.group_view(self.find_group(group_id), self.caller)

    def search_groups(self, form):
        assert form["q"] == f"orgid:{self.id}", "a title search does not find one group reliably"
        rows = []
        for group in self.groups.values():
            if group.orgId != self.id or group.id in self.not_indexed:
                continue
            try:
                row = self.group_view(self.find_group(group.id), self.caller)
            except NotFound:
                continue
            rows.append({**row, "title": self.index_titles.get(group.id, group.title)})
        rows.sort(key=lambda row: row["title"].casefold())
        start, num = int(form["start"]), min(int(form["num"]), 100)
        follows = start + num if start - 1 + num < len(rows) else -1
        return {"total": len(rows), "start": start, "nextStart": follows, "results": rows[start - 1 : start - 1 + num]}

    def sees_members(self, group):
        is_manager = group.kind(self.caller) in ("owner", "admin")
        return not group.hiddenMembers or is_manager or self[self.caller].role == "org_admin"

    def user_list(self, group_id, form):
        if not self.has_user_list:
            raise Refused("There is no such operation.", portal_code=400)
        group = self.find_group(group_id)
        rows = [(name, "admin") for name in group.admins]
        rows += [(name, "member") for name in group.users] if self.sees_members(group) else []
        rows += [(group.owner, self.user_list_owner)] if self.user_list_owner else []
        rows.sort(key=lambda row: fold(row[0]))
        start, num = int(form.get("start", 1)), min(int(form.get("num", 25)), 100)
        return {
            "total": len(rows), "start": start, "num": num,
            "nextStart": start + num if start - 1 + num < len(rows) else -1,
            "owner": {"username": group.owner, "fullName": "Owner"},
            "users": [{"username": name, "memberType": kind} for name, kind in rows[start - 1 : start - 1 + num]],
        }  # fmt: skip

    def group_users(self, group_id, form):
        group = self.find_group(group_id)
        if group.kind(self.caller) == "none" and not self.caller_can("portal:admin:viewGroups"):
            raise PermissionDenied("You do not have permissions to access this resource.", portal_code=403)
        users = list(group.users) if self.sees_members(group) else []
        more = [group.owner, *group.admins] if self.users_overlap else []
        return {"owner": group.owner, "admins": list(group.admins), "users": [*more, *users]}

    def _sent_names(self, group_id, form):
        """Return a group and the names of a request, each with whether it becomes a manager."""
        group = self.find_group(group_id)
        if group.kind(self.caller) not in ("owner", "admin") and not (
            group.orgId == self.id and self.caller_can(ASSIGN)
        ):
            raise PermissionDenied("You do not have permissions to perform this operation.", portal_code=403)
        names = [
            (name, key == "admins") for key in ("users", "admins") for name in form.get(key, "").split(",") if name
        ]
        if not names:
            raise Refused("'users' parameter is missing.", portal_code=400)
        self.most_names.append(len(names))
        if len(names) > GROUP_BATCH:
            raise Refused(
                "Exceeded maximum number of users allowed per call.", portal_code=400, message_code="ORG_3100"
            )
        return group, names

    def can_join(self, group, account):
        """Return whether a member can be added to a group; the portal never gives a reason (section 1.7)."""
        privileges = self.privileges.get(account.role) or ()
        can_create = account.role in CONTENT_ROLES or CREATE_ITEM in privileges
        return (
            group.kind(account.username) == "none"
            and group.orgId == self.id
            and (account.role in (*BASES, VIEWER, EDITOR) or JOIN in privileges)
            and (can_create or not group.is_shared_update)
            and len(self.view(account)["groups"]) < GROUPS_EACH
        )

    def add_users(self, group_id, form):
        group, names = self._sent_names(group_id, form)
        if group.is_linked and self.linked_add == "error":
            raise Refused("Unable to add users.", portal_code=400)
        refused = []
        for name, manager in names:
            account = self.accounts.get(fold(name))
            is_refused = account is None or name in self.refuses_for or not self.can_join(group, account)
            if is_refused or (group.is_linked and self.linked_add == "not_added"):
                refused.append(name)
            else:
                group.join(account.username, manager)
        return {"notAdded": refused}

    def remove_users(self, group_id, form):
        group, names = self._sent_names(group_id, form)
        refused = []
        for name, _manager in names:
            if group.kind(name) not in ("admin", "member") or name in self.refuses_for:
                refused.append(name)
            else:
                group.leave(name)
        return {"notRemoved": refused}

    def update_users(self, group_id, form):
        group, names = self._sent_names(group_id, form)
        rows = []
        for name, manager in names:
            is_known = group.kind(name) in ("admin", "member") and name not in self.refuses_for
            if is_known:
                group.join(self[name].username, manager)
            rows.append({"username": name, "success": is_known})
        return {"results": rows}

    # -- writes ------------------------------------------------------------------------------------------------------

    def create(self, form):
        if fold(form["username"]) in self.accounts:
            self.replayed.append(form["username"])
            raise Refused("User already exists.")
        account = Account(form["username"].partition("\\")[2] + "@" + form["username"].partition("\\")[0])
        if "\\" not in form["username"]:
            account.username = form["username"]
        missing = [name for name in ("firstname", "lastname", "email") if not form.get(name)]
        if missing or (form["provider"] == "arcgis" and not form.get("password")):
            raise Refused("a parameter is missing")
        account.userLicenseTypeId = form.get("userLicenseTypeId", "")
        account.level = form.get("level", "2")
        account.profile["description"] = form.get("description")
        return self._enter(account, form, form["provider"], {"status": "success"})

    def invite(self, form):
        rows = json.loads(form["invitationList"])["invitations"]
        if len(rows) > 25:
            raise Refused("too many invitations")
        before = dict(self.accounts)
        try:
            return {"success": True, "notInvited": [row["username"] for row in rows if not self._invite(row)]}
        except Refused:
            # One invitation that is refused takes the whole request with it.
            self.accounts = before
            raise

    def _invite(self, sent):
        name = sent["username"]
        if fold(name) in {*self.accounts, *self.outsiders, *self.deleted}:
            self.replayed.append(name)
            return False
        if sent["applyActUserDefaults"] is not False:
            raise Refused("New-member defaults would assign what the request does not contain.")
        if sent["role"] == "org_admin":
            raise Refused("New members cannot be administrators.")
        account = Account(name, fullName=sent["fullname"], userLicenseTypeId=sent["userLicenseType"])
        value = sent.get("userCreditAssignment", self.default_credits)
        if self.budgeting and value >= 0:
            if self.pool_reserved and self.reserved() + value > self.pool:
                self.overdrawn.append(name)
                raise Refused("not enough credits")
            account.assigned = float(value)
        return self._enter(account, sent, sent.get("targetUserProvider", "arcgis"), True)

    def _enter(self, account, sent, provider, answer):
        account.role = sent["role"]
        account.password = sent.get("password")
        account.profile.update(firstName=sent["firstname"], lastName=sent["lastname"], email=sent.get("email"))
        account.profile["fullName"] = account.profile["fullName"] or f"{sent['firstname']} {sent['lastname']}"
        account.profile.update(provider=provider, idpUsername=sent.get("idpUsername"))
        self._take_seat(account, self.seat(account))
        self.add(account)
        return answer

    def _take_seat(self, account, seat):
        known = self.types if self.has_types else ("1", "2", "11")
        if seat not in known:
            raise Refused("Unrecognized user license type id")
        level = LEVELS.get(seat, "2") if self.has_types else seat
        if level not in STANDS_ON.get(account.role, (level,)):
            raise Refused("role and user type do not fit")
        if not self.room(seat):
            self.overdrawn.append(account.username)
            raise Refused("no seat is left")

    def update(self, name, form):
        account = self.find(name)
        clears = form.get("clearEmptyFields") == "true"
        for sent, own in {"fullname": "fullName", **{key: key for key in _PROFILE}}.items():
            if sent in form and (form[sent] or clears):
                account.profile[own] = form[sent] or None
        if "tags" in form and (form["tags"] or clears):
            account.profile["tags"] = [tag for tag in form["tags"].split(",") if tag]
        if "categories" in form and (form["categories"] or clears):
            account.categories = json.loads(form["categories"] or "[]")
        account.password = form.get("password", account.password)
        account.userType = form.get("userType", account.userType)
        return {"success": True, "username": account.username}

    def update_enterprise(self, form):
        self.find(form["username"]).profile["idpUsername"] = form["idpUsername"]
        return {"status": "success"}

    def set_role(self, form):
        account = self.find(form["user"])
        role = form["role"]
        if role not in self.roles and role not in BASES:
            raise Refused("Role does not exist.")
        if self.level(account) not in STANDS_ON.get(role, (self.level(account),)):
            raise Refused("The role does not fit the user type.")
        self._keep_administrator(account, role != "org_admin")
        self._keep_group_rights(account, role)
        account.role = role
        return {"success": True}

    def _keep_group_rights(self, account, role):
        """Groups with shared update stand in the way of a narrower role (portal-rest-api-2.md, section 1.7)."""
        privileges = self.privileges.get(role) or ()
        for group in self.groups_of(account.username):
            is_owner = group.kind(account.username) == "owner"
            can_create = role in CONTENT_ROLES or CREATE_ITEM in privileges
            can_own = role == "org_admin" or "portal:admin:createUpdateCapableGroup" in privileges
            if group.is_shared_update and not (can_own if is_owner else can_create):
                raise Refused("The role is not compatible with the groups of the user.")

    def _keep_administrator(self, account, loses):
        if loses and self.administrators() == [account]:
            raise Refused("The organization must have an administrator.")

    def set_type(self, form):
        rows = []
        for name in json.loads(form["users"]):
            rows.append({"username": name, "status": name not in self.refuses_for and self._move(name, form)})
        return {"results": rows}

    def _move(self, name, form):
        account = self.find(name)
        seat = form["userLicenseType"]
        if seat == account.userLicenseTypeId:
            return True
        if LEVELS.get(seat) == "1" and self.owns(account):
            return False
        try:
            self._take_seat(account, seat)
        except Refused:
            return False
        account.userLicenseTypeId = seat
        return True

    def set_level(self, form):
        account = self.find(form["user"])
        if form["level"] != account.level:
            if form["level"] == "1" and self.owns(account):
                raise Refused("User must not own items or groups.", message_code="ORG_1084")
            self._take_seat(account, form["level"])
            account.level = form["level"]
        return {"success": True}

    def assign(self, form):
        rows = json.loads(form["userAssignments"])
        if len(rows) > 100:
            raise Refused("too many users")
        return {"success": True, "notAssignedUsers": [row["username"] for row in rows if not self._assign(row)]}

    def _assign(self, row):
        account = self.accounts.get(fold(row["username"]))
        if account is None or row["username"] in self.refuses_for or not self.budgeting or row["credits"] < 0:
            return False
        if self.pool_reserved and self.reserved() - max(account.assigned, 0) + row["credits"] > self.pool:
            self.overdrawn.append(account.username)
            return False
        account.assigned = float(row["credits"])
        return True

    def unassign(self, form):
        refused = []
        for name in json.loads(form["usernames"]):
            if name in self.refuses_for:
                refused.append(name)
            else:
                self.find(name).assigned = -1.0
        return {"success": True, "notUnAssignedUsers": refused}

    def enable(self, name, form):
        self.find(name).disabled = False
        return {"success": True}

    def disable(self, name, form):
        account = self.find(name)
        self._keep_administrator(account, True)
        account.disabled = True
        return {"success": True}

    def enable_all(self, form):
        return self._switch(form, self.enable)

    def disable_all(self, form):
        return self._switch(form, self.disable)

    def _switch(self, form, one):
        names = form["users"].split(",")
        if len(names) > 25:
            raise Refused("too many users")
        rows = []
        for name in names:
            status = name not in self.refuses_for
            if status:
                one(name, {})
            rows.append({"username": name, "status": status})
        return {"results": rows}

    def owns(self, account):
        return account.items or account.groups or self.owned_groups(account)

    def owned_groups(self, account):
        return [group for group in self.groups.values() if group.kind(account.username) == "owner"]

    def reassign(self, name, form):
        account, recipient = self.find(name), self.find(form["targetUsername"])
        for group in self.owned_groups(account):
            # The former owner stays in the group (section 1.6).
            group.leave(recipient.username)
            group.owner = recipient.username
            group.admins.append(account.username)
        recipient.items += account.items
        recipient.groups = [*recipient.groups, *account.groups]
        account.items, account.groups = 0, []
        return {"success": True}

    def reassign_items(self, name, form):
        account, recipient = self.find(name), self.find(form["targetUsername"])
        items = form["items"].split(",")
        account.items -= len(items)
        recipient.items += len(items)
        return {"results": [{"itemId": item, "success": True} for item in items]}

    def restore(self, name, item, form):
        account = self.find(name)
        account.recycled.remove(item)
        account.items += 1
        return {"success": True, "itemId": item}

    def delete_items(self, name, form):
        account = self.find(name)
        assert form["permanentDelete"] == "true"
        for item in form["items"].split(","):
            account.recycled.remove(item)
        return {"success": True}

    def delete(self, name, form):
        account = self.find(name)
        self._keep_administrator(account, True)
        if self.owns(account) or account.recycled:
            raise Refused("User must not own items or groups.")
        if account.listings or account.bundles or account.userType == "both":
            raise Refused("User must not have licenses assigned.")
        del self.accounts[fold(name)]
        for group in self.groups.values():
            group.leave(account.username)
        if self.product == "online":
            self.deleted.add(fold(name))
        return {"success": True, "username": account.username}

    def entitlements(self, item, form):
        for name in json.loads(form["userEntitlements"])["users"]:
            if name not in self.refuses_for:
                self.find(name).listings.remove(item)
        return {"success": True}

    def bundle(self, item, form):
        for name in form["users"].split(","):
            self.find(name).bundles.remove(item)
        return {"success": True}

    def update_portal(self, form):
        if "creditAssignments" in form:
            self.budgeting = form["creditAssignments"] == "enabled"
        if "defaultUserCreditAssignment" in form:
            self.default_credits = float(form["defaultUserCreditAssignment"])
        return {"success": True}

    def assign_schema(self, form):
        self.tree = json.loads(form["memberCategorySchema"])["memberCategorySchema"]
        if not self.tree:
            raise Refused("Unable to assign member category schema.", message_code="ORG_1132")
        return {"success": True}

    def delete_schema(self, form):
        self.tree = []
        return {"success": True}


_PROFILE = ("firstName", "lastName", "email", "description", "access", "culture", "region", "units", "idpUsername")


def _broken(kind, effect):
    if kind == "refuse":
        return Refused("refused on purpose", portal_code=400)
    error = {
        "before": NoAnswer("broke off"),
        "after": NoAnswer("broke off"),
        "html": UnexpectedAnswer("not JSON"),
        "busy": Throttled("busy"),
    }[kind]
    error.uncertain = effect
    return error


_ROUTES = [
    (re.compile(pattern.replace("*", "([^/]+)")), method.__name__, method)
    for pattern, method in {
        "portals/self": FakePortal.self_,
        "community/users/*": FakePortal.user,
        "portals/self/users": FakePortal.users,
        "portals/self/roles": FakePortal.list_roles,
        "portals/self/roles/*/privileges": FakePortal.role_privileges,
        "portals/self/userLicenseTypes": FakePortal.user_types,
        "portals/self/users/counts": FakePortal.counts,
        "license": FakePortal.license,
        "portals/self/invitations": FakePortal.invitations,
        "community/checkUsernames": FakePortal.check_usernames,
        "portals/self/memberCategorySchema": FakePortal.schema,
        "content/users/*": FakePortal.content,
        "content/users/*/canReassignItems": FakePortal.can_reassign_items,
        "community/users/*/provisionedListings": FakePortal.listings,
        "community/users/*/appBundles": FakePortal.app_bundles,
        "community/groups": FakePortal.search_groups,
        "community/groups/*": FakePortal.group,
        "community/groups/*/userList": FakePortal.user_list,
        "community/groups/*/users": FakePortal.group_users,
        "security/users/createUser": FakePortal.create,
        "security/users/updateEnterpriseUser": FakePortal.update_enterprise,
        "portals/self/invite": FakePortal.invite,
        "community/users/*/update": FakePortal.update,
        "portals/self/updateUserRole": FakePortal.set_role,
        "portals/self/updateUserLicenseType": FakePortal.set_type,
        "portals/self/updateUserLevel": FakePortal.set_level,
        "portals/self/assignUserCredits": FakePortal.assign,
        "portals/self/unassignUserCredits": FakePortal.unassign,
        "community/users/*/enable": FakePortal.enable,
        "community/users/*/disable": FakePortal.disable,
        "portals/self/enableUsers": FakePortal.enable_all,
        "portals/self/disableUsers": FakePortal.disable_all,
        "community/users/*/reassign": FakePortal.reassign,
        "community/users/*/delete": FakePortal.delete,
        "content/users/*/reassignItems": FakePortal.reassign_items,
        "content/users/*/items/*/restore": FakePortal.restore,
        "content/users/*/deleteItems": FakePortal.delete_items,
        "content/listings/*/provisionUserEntitlements": FakePortal.entitlements,
        "content/listings/*/provisionUserAppBundle": FakePortal.bundle,
        "community/groups/*/addUsers": FakePortal.add_users,
        "community/groups/*/updateUsers": FakePortal.update_users,
        "community/groups/*/removeUsers": FakePortal.remove_users,
        "portals/self/update": FakePortal.update_portal,
        "portals/self/assignMemberCategorySchema": FakePortal.assign_schema,
        "portals/self/deleteMemberCategorySchema": FakePortal.delete_schema,
    }.items()
]
_NAMES = [name for _pattern, name, _method in _ROUTES]
_WRITES = frozenset(_NAMES[_NAMES.index("create") :])
_ADMIN = ("license", "create", "update_enterprise")


class FakeClient:
    """The client's interface over a portal in memory; ``shuffle`` reorders what real threads would reorder."""

    base = "https://fake.example.com"

    def __init__(self, portal, shuffle=None):
        self.portal = portal
        self.shuffle = shuffle or (lambda order: None)
        self.calls = {"read": 0, "write": 0}
        self.closed = False

    def read(self, path, params=None, root="sharing"):
        self.calls["read"] += 1
        return self.portal.answer(False, path, form_fields(params), root)

    def ask(self, path, data):
        return self.read(path, data)

    def write(self, path, data, root="sharing"):
        self.calls["write"] += 1
        return self.portal.answer(True, path, form_fields(data), root)

    def map(self, function, items, done=None):
        items = list(items)
        order = list(range(len(items)))
        self.shuffle(order)
        results = [None] * len(items)
        for count, index in enumerate(order, 1):
            try:
                results[index] = function(items[index])
            except Exception as error:
                results[index] = error
            if done is not None:
                done(count)
        return results

    def first_page(self, path, key, params=None, convert=None):
        answer = self.read(path, {**(params or {}), "start": 1, "num": 100})
        listing = SimpleNamespace(path=path, key=key, params=params or {}, convert=convert)
        return Page(listing, self._rows(listing, answer), answer["total"], answer.get("nextStart", -1))

    def other_pages(self, page, done=None):
        rows, listing, following, count = [], page.listing, page.next_start, 0
        while following > 0:
            answer = self.read(listing.path, {**listing.params, "start": following, "num": 100})
            rows += self._rows(listing, answer)
            following = answer["nextStart"]
            count += 1
            if done is not None:
                done(count)
        return rows, page.total

    def pages(self, path, key, params=None, convert=None, done=None):
        page = self.first_page(path, key, params, convert)
        rows, total = self.other_pages(page, done)
        return page.rows + rows, total

    @staticmethod
    def _rows(listing, answer):
        rows = answer.get(listing.key)
        if not isinstance(rows, list):
            raise UnexpectedAnswer(f"The list of {listing.key} is missing.")
        return rows if listing.convert is None else [listing.convert(row) for row in rows]

    def scrub(self, text):
        return text.replace("sesame-open-now", "***")

    def close(self):
        self.closed = True


class Left(BaseException):
    """How a module leaves: exit_json and fail_json end it, whatever it catches."""

    def __init__(self, failed, answer):
        super().__init__(answer)
        self.failed = failed
        self.answer = answer


class FakeModule:
    """AnsibleModule with the real argument validation and nothing else."""

    def __init__(self, options, check_mode, argument_spec, supports_check_mode, **rules):
        validated = ArgumentSpecValidator(argument_spec, **rules).validate(options)
        if validated.error_messages:
            raise Left(True, {"msg": "; ".join(validated.error_messages), "by_ansible": True})
        assert supports_check_mode
        self.params = validated.validated_parameters
        self.check_mode = check_mode
        self.no_log_values = set(validated._no_log_values)
        self.warnings = []

    def warn(self, text):
        self.warnings.append(text)

    def exit_json(self, **answer):
        raise Left(False, answer)

    def fail_json(self, **answer):
        raise Left(True, {**answer})


class Played(dict):
    """What a module answered, and how: ``failed``, the module and the client it used."""

    failed = False
    module = None
    client = None

    @property
    def code(self):
        return self.get("error", {}).get("code")

    @property
    def lines(self):
        return {line["username"]: line for line in self["members"]}


RUNNERS = {
    "portal_member_categories": module_pipeline.run_category_tree,
    "portal_invitations": invitations.run_invitations,
    "portal_invitations_info": invitations.run_invitations_info,
    "portal_info": info.run_info,
    "portal_members_info": info.run_members_info,
}


def play(portal, name, check=False, shuffle=None, **options):
    """Run a module against a portal in memory, through the real wiring. Returns what it would print."""
    kept = Played()
    account = {"portal_url": FakeClient.base, "portal_username": "admin", "portal_password": "sesame-open-now"}

    def client(connection, on_secret, warn):
        kept.client = FakeClient(portal, shuffle)
        kept.client.connection = connection
        on_secret("issued-token")
        return kept.client

    return _played(kept, client, name, check, {**account, **options})


def play_at(portal, name, check=False, sleep=lambda seconds: None, **options):
    """Run a module against a portal that listens: anything with an address, a username and a password."""
    kept = Played()
    account = {"portal_url": portal.url, "portal_username": portal.username, "portal_password": portal.password}

    def client(connection, on_secret, warn):
        kept.client = PortalClient(connection, on_secret, warn, sleep)
        return kept.client

    return _played(kept, client, name, check, {**account, **options})


def _played(kept, client, name, check, options):
    def module(**arguments):
        kept.module = FakeModule(options, check, **arguments)
        return kept.module

    with (
        mock.patch.multiple(module_task, AnsibleModule=module, PortalClient=client),
        mock.patch.object(apply_run, "pause_after", return_value=0),
    ):
        try:
            if name in RUNNERS:
                RUNNERS[name]()
            else:
                module_pipeline.run_members(name)
        except Left as left:
            kept.update(json.loads(json.dumps(left.answer)))
            kept.failed = left.failed
    assert kept, "the module did not leave through exit_json or fail_json"
    return kept
