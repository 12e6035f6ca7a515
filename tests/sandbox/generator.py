# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A made-up organization: the same seed gives the same members, roles, seats, content, credits and categories."""

from __future__ import annotations

import random
import string
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_DNS, uuid5

from . import names, roster_source
from .groups import Group
from .licenses import PRO_EXTENSIONS, PRO_ID, PRO_LEVELS, PRO_TITLE, Bundle, Listing
from .products import (
    ADMINISTRATOR,
    ADMINISTRATOR_PRIVILEGES,
    DATA_EDITOR,
    MEMBER_ADMIN_PRIVILEGES,
    OTHER_ORG_ID,
    PRIVILEGES_OF_BASE_ROLE,
    PUBLISHER,
    SOLD_USER_TYPES,
    SYSTEM_ACCOUNTS,
    USER,
    VIEWER,
    Product,
)  # fmt: skip
from .store import UNLIMITED, App, Invitation, Item, Member, Organization, Role, now_ms

if TYPE_CHECKING:
    from .world import Options

DAY = 24 * 3600 * 1000
SPARE_SEATS = 3
SPARE_LICENSES = 3
# Share of the members who can hold ArcGIS Pro as an add-on.
PRO_SHARE = 0.05
PENDING = 3
ROOT = "Categories"
CREDIT_LIMITS = (0.0, 50.0, 100.0, 100.0, 250.0, 500.0, 1000.0)


class Builder:
    def __init__(self, options: Options, product: Product) -> None:
        self.options = options
        self.product = product
        self.random = random.Random(f"{options.seed}-{product.name}")
        self.today = now_ms() // DAY * DAY
        self.organization = Organization(product, "Sandbox County", "sandbox")

    def hexadecimal(self) -> str:
        return f"{self.random.getrandbits(128):032x}"

    def identifier(self) -> str:
        return "".join(self.random.choices(string.ascii_letters + string.digits, k=16))

    # -- the parts -------------------------------------------------------------------------------------------------
    def roles(self) -> None:
        user = PRIVILEGES_OF_BASE_ROLE[USER]
        publisher = PRIVILEGES_OF_BASE_ROLE[PUBLISHER]
        viewer = PRIVILEGES_OF_BASE_ROLE[VIEWER]
        rows = (
            ("Member Manager", "Looks after accounts", USER, sorted({*user, *MEMBER_ADMIN_PRIVILEGES})),
            ("Field Lead", "Publishes field work", PUBLISHER, publisher),
            ("Student", "Coursework, autumn", USER, user[:8]),
            ("Student", "Coursework, spring", USER, viewer),
            ("Site Operator", "Runs the site, not the members", ADMINISTRATOR,
             [p for p in ADMINISTRATOR_PRIVILEGES if p not in MEMBER_ADMIN_PRIVILEGES]),
        )  # fmt: skip
        for name, description, base, privileges in rows:
            role = Role(self.identifier(), name, description, base, list(privileges), self.today - 900 * DAY)
            self.organization.roles[role.id] = role

    def schema(self) -> None:
        def nodes(tree: dict[str, Any]) -> list[dict[str, Any]]:
            return [
                {"title": title, "categories": nodes(below)} if below else {"title": title}
                for title, below in tree.items()
            ]

        if self.product.has_categories:
            self.organization.schema = [{"title": ROOT, "categories": nodes(names.TREE)}]

    def paths(self) -> list[str]:
        def walk(tree: dict[str, Any], above: str) -> Iterator[str]:
            for title, below in tree.items():
                yield f"{above}/{title}"
                yield from walk(below, f"{above}/{title}")

        return list(walk(names.TREE, f"/{ROOT}")) if self.product.has_categories else []

    def administrator(self) -> Member:
        options = self.options
        return Member(
            options.username, self.hexadecimal(), first_name="Portal", last_name="Administrator",
            full_name="Portal Administrator", email="portal.admin@example.com", role=ADMINISTRATOR,
            license_type="GISProfessionalAdvUT", password=options.password, created=self.today - 1500 * DAY,
            modified=self.today - 30 * DAY, last_login=self.today - DAY, access="org", region="WO",
        )  # fmt: skip

    def role_and_type(self, position: int) -> tuple[str, str, str]:
        """A role, a user type that it fits, and the level of that type for portals without user types."""
        if position < 3:
            return ADMINISTRATOR, "GISProfessionalStdUT", "2"
        draw = self.random.random()
        if draw < 0.40:
            return USER, self.random.choice(("creatorUT", "creatorUT", "GISProfessionalStdUT")), "2"
        if draw < 0.58:
            return PUBLISHER, self.random.choice(("creatorUT", "GISProfessionalStdUT", "GISProfessionalAdvUT")), "2"
        if draw < 0.76:
            return VIEWER, "viewerUT", "1"
        if draw < 0.84:
            return DATA_EDITOR, self.random.choice(("editorUT", "fieldWorkerUT")), "2"
        if draw < 0.845:
            return ADMINISTRATOR, "GISProfessionalAdvUT", "2"
        return self.random.choice(self.custom), "creatorUT" if draw < 0.97 else "viewerUT", "2" if draw < 0.97 else "1"

    def username(self, first: str, last: str, taken: set[str]) -> str:
        plain = ascii_letters(first)[:1] + ascii_letters(last)
        stem = plain.lower() if self.random.random() < 0.93 else plain
        suffix = "" if self.product.is_portal else "_sandbox"
        name, number = (stem[:18] if self.product.is_portal else stem) + suffix, 1
        if len(name) < 6:
            name = name + "_gis"
        base = name
        while name.casefold() in taken:
            number += 1
            name = f"{base[: len(base) - len(suffix)]}{number}{suffix}" if suffix else f"{base}{number}"
        taken.add(name.casefold())
        return name

    def person(self, position: int, taken: set[str]) -> Member:
        draw = self.random
        first, last = draw.choice(names.FIRST), draw.choice(names.LAST)
        username = self.username(first, last, taken)
        role, user_type, level = self.role_and_type(position)
        created = self.today - draw.randrange(40, 2000) * DAY
        saml = position >= 3 and draw.random() < 0.2
        email = f"{ascii_letters(first)}.{ascii_letters(last)}{position}@example.com".lower()
        member = Member(
            username, f"{draw.getrandbits(128):032x}", first_name=first, last_name=last, full_name=f"{first} {last}",
            email=email, role=role, license_type=user_type, own_level=level, created=created,
            modified=created + 3 * DAY, last_login=self.last_login(created),
            provider="enterprise" if saml else "arcgis", idp_username=email if saml else None,
            access=draw.choice(("org", "org", "public", "private")),
            description=self.description(), tags=self.tags(), disabled=position >= 3 and draw.random() < 0.04,
        )  # fmt: skip
        if not saml:
            member.password = f"generated-{member.id}"
        if position >= 3:
            self.oddities(member)
        return member

    def oddities(self, member: Member) -> None:
        """What old organizations hold: missing names and mail, the word null, other cultures."""
        draw = self.random.random()
        if draw < 0.03:
            member.first_name = member.last_name = None
        elif draw < 0.05:
            member.email = None
        elif draw < 0.08:
            member.description = "null"
        elif draw < 0.15:
            member.culture, member.culture_format, member.region, member.units = "de", None, "DE", "metric"
        elif draw < 0.19:
            member.region = member.culture = None
        elif draw < 0.21:
            member.tags = ("hubEventGroupId|q7zPNeKmTWeh7Aor|61aca75b6be045a9", "on-call")
        if not self.product.is_portal and self.random.random() < 0.1:
            member.user_type = "both"
        if self.paths_known and self.random.random() < 0.6:
            member.categories = sorted(self.random.sample(self.paths_known, self.random.randint(1, 3)))
        if self.product.has_credits and self.random.random() < 0.4:
            limit = self.random.choice(CREDIT_LIMITS)
            member.assigned_credits = limit
            member.spent = round(limit * self.random.random() ** 3, 5)

    def last_login(self, created: int) -> int:
        draw = self.random.random()
        if draw < 0.08:
            return -1
        oldest = (self.today - created) // DAY
        return self.today - self.random.randrange(1, max(2, oldest if draw < 0.3 else min(60, oldest))) * DAY

    def description(self) -> Any:
        draw = self.random.random()
        if draw < 0.5:
            return None
        text = f"{self.random.choice(names.DEPARTMENTS)} {self.random.choice(names.TITLES)}"
        return f"{text} – Zürich/東京 ✓" if draw > 0.95 else text

    def tags(self) -> tuple[str, ...]:
        count = self.random.choice((0, 0, 0, 1, 2))
        return tuple(sorted(self.random.sample(("field", "gis", "intern", "2025", "on-call"), count)))

    def content(self) -> None:
        """Owners of items and groups, members of groups, holders of licences."""
        organization, draw = self.organization, self.random
        creators = [member for member in organization.ordered if organization.level(member) == "2"]
        for member in creators:
            if draw.random() < 0.15:
                for number in range(draw.randint(1, 4)):
                    self.item(member, number)
        owners = draw.sample(creators, min(len(creators), max(1, len(creators) // 50), 200))
        for number, owner in enumerate(owners):
            chosen = draw.sample(organization.ordered, min(len(organization.ordered), 6))
            others = [member.key for member in chosen if member is not owner]
            title = f"{names.DEPARTMENTS[number % len(names.DEPARTMENTS)]} team {number + 1}"
            joined = self.today - 90 * DAY
            admins, users = dict.fromkeys(others[:1], joined), dict.fromkeys(others[1:], joined)
            properties = {"access": "org", "isInvitationOnly": True, "tags": ("team",)}
            group = Group(self.hexadecimal(), title, owner.key, joined, admins, users, properties, organization.id)
            group.modified = joined
            organization.put_group(group)
        self.credentials_and_shares()
        self.licenses(creators)

    def item(self, member: Member, number: int) -> None:
        kind = self.random.choice(names.ITEM_TYPES)
        title = f"{kind} of {member.full_name} {number + 1}"
        self.organization.put_item(Item(self.hexadecimal(), member.key, title, kind, member.created))

    def credentials_and_shares(self) -> None:
        """A few items that hold credentials; and owners of groups share their items with them."""
        organization, own = self.organization, random.Random(f"{self.options.seed}-{self.product.name}-items")
        owners = [organization.members[key] for key, items in organization.items_of.items() if items]
        kinds = (("API Key", ("API Key",)), ("Application", ("Registered App",)), ("Web Map", ("Web Map",)))
        for member, (kind, keywords) in zip(owners, kinds):
            title = f"{kind} of {member.full_name}"
            item = Item(f"{own.getrandbits(128):032x}", member.key, title, kind, member.created, keywords=keywords)
            organization.put_item(item)
        for group in organization.groups.values():
            for key in organization.items_of.get(group.owner, {}):
                organization.items[key].access = "org"
                organization.items[key].groups.append(group.id)

    def licenses(self, members: list[Member]) -> None:
        organization = self.organization
        drone = Listing(self.hexadecimal(), "ArcGIS Drone2Map", {"drone2mapStandard": 0, "drone2mapAdvanced": 0})
        viewer = Listing(self.hexadecimal(), "Third-party viewer", {"viewer": 5}, is_third_party=True)
        bundle = Bundle(self.hexadecimal(), "Field apps")
        for member in members[3:]:
            draw = self.random.random()
            if draw < 0.04:
                organization.seed_licenses(member, entitlements={drone.id: [drone.entitlements[0]]})
            elif draw < 0.06:
                member.bundles = (bundle.id,)
        own = random.Random(f"{self.options.seed}-{self.product.name}-licenses")
        pro = self.pro(own, members[3:])
        trial = Listing(
            f"{own.getrandbits(128):032x}", "ArcGIS Business Analyst", {"BusinessAnlyst": 2},
            start=self.today - 400 * DAY, end=self.today - 35 * DAY,
        )  # fmt: skip
        shared = Listing(
            f"{own.getrandbits(128):032x}", "ArcGIS Community Maps", {"maps": 0}, license_by="licenseByOrg"
        )
        app_id = f"{own.getrandbits(128):032x}"
        bundle.apps = [{"id": app_id, "title": "ArcGIS Field Maps", "entitlements": ["fieldMaps"]}]
        organization.listings = {listing.id: listing for listing in (drone, viewer, pro, trial, shared)}
        organization.bundles = {bundle.id: bundle}
        for name in drone.num:
            drone.num[name] = organization.entitlement_counts[(drone.id, name)] + SPARE_LICENSES

    def pro(self, own: random.Random, members: list[Member]) -> Listing:
        """ArcGIS Pro with license levels and extensions. One extension is held more often than it is licensed."""
        organization = self.organization
        identifier = f"{own.getrandbits(128):032x}" if self.product.is_portal else PRO_ID
        for member in members:
            if member.entitlements or member.bundles or own.random() >= PRO_SHARE:
                continue
            names = own.sample(PRO_EXTENSIONS[:5], own.randint(1, 2))
            if member.license_type == "creatorUT":
                names = [own.choice(PRO_LEVELS[1:]), *names[1:]]
            logins = {identifier: self.today - own.randrange(1, 200) * DAY}
            organization.seed_licenses(member, entitlements={identifier: names}, app_logins=logins)
        counts = organization.entitlement_counts
        num = {name: counts[(identifier, name)] + SPARE_LICENSES for name in (*PRO_LEVELS, *PRO_EXTENSIONS)}
        short = PRO_EXTENSIONS[0]
        num[short] = max(0, counts[(identifier, short)] - 1)
        return Listing(identifier, PRO_TITLE, num, allowed_levels="2")

    def seats(self) -> None:
        organization = self.organization
        used = organization.type_counts
        for user_type in sorted({*SOLD_USER_TYPES, *(name for name, count in used.items() if count)}):
            organization.seats[user_type] = used[user_type] + organization.pending(user_type) + SPARE_SEATS
        organization.seats.update(self.options.seats)
        organization.level_seats = {level: organization.level_counts[level] + SPARE_SEATS for level in ("1", "2")}
        organization.max_members = max(sum(organization.seats.values()), len(organization.members) + 10)

    def invitations(self) -> None:
        for number in range(PENDING if self.options.members >= 10 else 0):
            invitation = Invitation(
                self.hexadecimal(), f"newcomer{number + 1}@example.com", USER, "creatorUT", self.today - DAY,
                self.today + 13 * DAY,
            )  # fmt: skip
            self.organization.invitations[invitation.id] = invitation

    def outsiders(self) -> None:
        """A user of another organization: on Online usernames are global."""
        if self.product.is_portal:
            return
        for username, access in (("outsider_elsewhere", "public"), ("hidden_elsewhere", "private")):
            outsider = Member(
                username, self.hexadecimal(), full_name="Out Sider", first_name="Out", last_name="Sider", access=access,
                org_id=OTHER_ORG_ID, created=self.today - 400 * DAY, modified=self.today - 40 * DAY,
            )  # fmt: skip
            self.organization.outsiders[outsider.key] = outsider
        self.organization.taken.add("once_deleted")

    def system_accounts(self) -> None:
        """Accounts of the portal itself, which are no members and take no seat."""
        organization = self.organization
        for username in SYSTEM_ACCOUNTS:
            name, role = username.replace("_", " ").title(), PUBLISHER if username == "system_publisher" else USER
            account = Member(
                username, f"{uuid5(NAMESPACE_DNS, username).hex}", full_name=name, role=role, access="public",
                org_id=organization.id, created=self.today - 1500 * DAY, modified=self.today - 1500 * DAY,
            )  # fmt: skip
            organization.system[account.key] = account

    def apps(self) -> None:
        owner = self.options.username
        granted = [*MEMBER_ADMIN_PRIVILEGES, "portal:admin:manageCredits", "portal:admin:manageSecurity"]
        for client_id, title, privileges in (
            (self.identifier(), "Member automation", granted),
            (self.identifier(), "Old app without privileges", []),
        ):
            app = App(client_id, self.hexadecimal(), title, owner, privileges)
            self.organization.apps[client_id] = app

    def settings(self) -> None:
        organization = self.organization
        organization.pool = 21839.219 if self.product.has_credits else 0.0
        organization.budgeting = self.product.has_credits and self.options.budgeting
        organization.default_credits = 100.0 if organization.budgeting else UNLIMITED
        organization.settings = {"isReadOnly": False, "recycleBinEnabled": not self.product.is_portal}
        organization.defaults = {
            "role": VIEWER, "userLicenseType": "viewerUT", "groups": [], "userType": "arcgisonly", "apps": [],
            "appBundles": [], "categories": [],
        }  # fmt: skip

    # -- the whole -------------------------------------------------------------------------------------------------
    def build(self) -> Organization:
        self.roles()
        self.custom = [role.id for role in self.organization.custom_roles() if role.id not in (VIEWER, DATA_EDITOR)][:4]
        self.schema()
        self.paths_known = self.paths()
        administrator = self.administrator()
        taken = {administrator.key}
        if self.options.source:
            rows = roster_source.present(self.options.source)
            members = roster_source.members(rows, self.organization, self.hexadecimal)
            self.organization.load([administrator, *(m for m in members if m.key != administrator.key)])
            for item in roster_source.items(rows, self.organization, self.hexadecimal):
                self.organization.put_item(item)
            for group in roster_source.groups(rows, self.organization, administrator, self.hexadecimal):
                self.organization.put_group(group)
        else:
            members = [self.person(position, taken) for position in range(1, max(1, self.options.members))]
            if self.options.esri_member and len(members) > 3:
                suffix = "" if self.product.is_portal else "_sandbox"
                members[-1].username = f"esri_liaison{suffix}"
                members[-1].key = members[-1].username
            self.organization.load([administrator, *members])
            self.content()
            self.invitations()
        self.seats()
        self.outsiders()
        self.system_accounts()
        self.apps()
        self.settings()
        if self.options.source:
            self.licenses([])
            roster_source.assign_add_ons(rows, self.organization, self.hexadecimal)
        return self.organization


@cache
def ascii_letters(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.replace("ł", "l").replace("Ł", "L").replace("ø", "o").replace("ı", "i"))
    return "".join(letter for letter in plain if letter.isascii() and letter.isalpha())


def organization(options: Options, product: Product) -> Organization:
    """A generated organization of that product, or one seeded from a roster file."""
    return Builder(options, product).build()
