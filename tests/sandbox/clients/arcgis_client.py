# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Esri's own Python client against the sandbox, over TLS: does it take the sandbox for a portal?

Run from the root of the repository, in an environment with ``clients/requirements.txt``:
``python -m tests.sandbox.clients.arcgis_client``. Prints one line a check, and fails on the first that does not hold.
"""

from __future__ import annotations

import sys
import warnings
from typing import Any

from ..runner import Sandbox


class CheckFailed(Exception):
    """The client did not see what the sandbox holds."""


def check(what: str, found: Any, wanted: Any = True) -> None:
    if found != wanted:
        raise CheckFailed(f"{what}: {found!r}, not {wanted!r}")
    print(f"  ok  {what}")


def connect(portal: Sandbox, gen_token: bool) -> Any:
    from arcgis.gis import GIS  # type: ignore[import-not-found,import-untyped,unused-ignore]

    return GIS(portal.url, portal.username, portal.password, verify_cert=False, use_gen_token=gen_token)


def plain_member(portal: Sandbox, **wanted: Any) -> str:
    """A built-in member with these values who owns nothing."""
    for row in portal.inspect("GET", "members"):
        bare = not row["items"] and not row["ownedGroups"] and not row["entitlements"] and not row["appBundles"]
        if bare and row["provider"] == "arcgis" and all(row[name] == value for name, value in wanted.items()):
            return str(row["username"])
    raise CheckFailed(f"the sandbox has no member with {wanted}")


def reading(portal: Sandbox, gis: Any) -> None:
    check("who am I", gis.users.me.username, portal.username)
    check("the portal's id", gis.properties.id, portal.inspect("GET", "organization")["id"])
    check("one member", gis.users.get(portal.username).role, "org_admin")
    check("a member who is not there", gis.users.get("unknown_at_all"), None)
    names = {user.username for user in gis.users.search(max_users=500)}
    check("all members", names, {row["username"] for row in portal.inspect("GET", "members")})
    check("roles", len(gis.users.roles.all()), len(portal.inspect("GET", "organization")["roles"]) - 3)
    check("user types", {row["id"] for row in gis.users.license_types} >= {"creatorUT", "viewerUT"})
    check("counts", gis.users.counts("user_type", as_df=False) != [])


def roles(portal: Sandbox, gis: Any) -> None:
    name = plain_member(portal, effectiveRole="org_user", userLicenseTypeId="creatorUT", disabled=False)
    user = gis.users.get(name)
    check("role changed", user.update_role("org_publisher"))
    check("role held", portal.member(name)["effectiveRole"], "org_publisher")
    custom = next(role for role in gis.users.roles.all() if role.name == "Field Lead")
    check("custom role changed", user.update_role(custom))
    check("custom role held", portal.member(name)["effectiveRole"], custom.role_id)
    check("user type changed", user.update_license_type("GISProfessionalStdUT"))
    check("user type held", portal.member(name)["userLicenseTypeId"], "GISProfessionalStdUT")
    created = gis.users.roles.create("Night shift", "made by a client", ["portal:user:viewOrgItems"])
    check("role created", gis.users.roles.get_role(created.role_id).privileges, ["portal:user:viewOrgItems"])
    check("role deleted", created.delete())


def profiles(portal: Sandbox, gis: Any) -> None:
    name = plain_member(portal, effectiveRole="org_user", userLicenseTypeId="creatorUT", disabled=False)
    user = gis.users.get(name)
    check("profile updated", user.update(description="seen by a client", tags=["a", "b"]))
    check("profile held", portal.member(name)["description"], "seen by a client")
    check("disabled", bool(gis.users.disable_users([name])))
    check("disabled held", portal.member(name)["disabled"])
    check("enabled", user.enable())
    check("enabled held", portal.member(name)["disabled"], False)
    path = "/Categories/Department/Sales"
    gis.users.assign_categories(users=[user], categories=[path])
    check("categories held", portal.member(name)["categories"], [path])


def tree(portal: Sandbox, gis: Any) -> None:
    check("the tree has one root", [node["title"] for node in gis.users.categories], ["Categories"])
    wanted = [{"title": "Categories", "categories": [{"title": "Night"}, {"title": "Day"}]}]
    gis.users.categories = {"memberCategorySchema": wanted}
    check("the tree is held", portal.inspect("GET", "organization")["memberCategorySchema"], wanted)


def credits(portal: Sandbox, gis: Any) -> None:
    name = plain_member(portal, assignedCredits=-1.0, disabled=False)
    manager = gis.admin.credits
    check("budgeting", manager.is_enabled)
    check("credits allocated", manager.allocate(name, 50))
    check("credits held", portal.member(name)["assignedCredits"], 50.0)
    check("credits deallocated", manager.deallocate(name))
    check("credits unlimited", portal.member(name)["assignedCredits"], -1.0)


def accounts(portal: Sandbox, gis: Any) -> None:
    name = "client_made_1"
    gis.users.create(
        username=name, password="a-Long-password-7", firstname="Client", lastname="Made", email="made@example.com",
        role="org_user", user_type="creatorUT",
    )  # fmt: skip
    check("account created", portal.member(name)["userLicenseTypeId"], "creatorUT")
    check("account deleted", gis.users.get(name).delete())
    check("account gone", gis.users.get(name), None)


def run(product: str, gen_token: bool) -> None:
    way = "generateToken" if gen_token else "the OAuth sign-in page"
    print(f"{product}, signed in by {way}")
    with Sandbox(product=product, members=230, tls=True, switch={"search_lag": "0"}) as portal:
        gis = connect(portal, gen_token)
        reading(portal, gis)
        roles(portal, gis)
        profiles(portal, gis)
        tree(portal, gis)
        accounts(portal, gis)
        if product == "online":
            credits(portal, gis)
        if portal.trouble():
            raise CheckFailed(portal.trouble())


def main() -> int:
    warnings.simplefilter("ignore")
    try:
        for product in ("online", "enterprise"):
            for gen_token in (True, False):
                run(product, gen_token)
    except CheckFailed as error:
        print(f"FAILED  {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
