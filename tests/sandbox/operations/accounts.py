# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writing accounts: profile, enable and disable, removal, transfer, one by one and in bulk."""

from __future__ import annotations

import json
from typing import Any, Optional

from ..call import Call
from ..errors import PortalError, forbidden, invalid_request
from ..products import ADMINISTRATOR
from ..routing import operation
from ..store import PROFILE, Member
from ..world import World
from .members import missing

BULK_SWITCH_LIMIT = 25
REMOVE_LIMIT = 100
CATEGORIES_EACH = 20
PASSWORD_LENGTH = 8
# The profile update spells one parameter in another way than the responses.
PARAMETERS = {"fullname" if key == "fullName" else key: name for name, key in PROFILE.items()}
CHOICES = {"access": ("private", "org", "public"), "userType": ("both", "arcgisonly")}
# what the identity provider owns of an enterprise account
FROM_PROVIDER = ("full_name", "email", "password")


def target(call: Call, name: Optional[str] = None) -> Member:
    """The member that a write is about: of this organization, or it does not exist."""
    found = call.portal.organization.find(name if name is not None else call.args["user"])
    if found is None:
        raise missing(call.portal)
    return found


def guard_administrators(call: Call, member: Member) -> None:
    """Only Administrators change administrators."""
    caller = call.caller
    if member.role == ADMINISTRATOR and (caller is None or not (caller.administrator or caller.is_member(member))):
        raise forbidden()


def guard_loss(call: Call, member: Member, what: str) -> None:
    """Neither oneself nor the last administrator."""
    if call.caller is not None and call.caller.is_member(member):
        raise PortalError(f"Unable to {what} user. You cannot {what} your own account.")
    guard_last_administrator(call, member, what)


def guard_last_administrator(call: Call, member: Member, what: str) -> None:
    organization = call.portal.organization
    if member.role == ADMINISTRATOR and not member.disabled and organization.administrators() <= 1:
        raise PortalError(f"Unable to {what} user. The organization must have at least one administrator.")


# -- profile -------------------------------------------------------------------------------------------------------
@operation("community/users/{user}/update", "updateUser", write=True)
def update(call: Call) -> Any:
    """Named properties change; unknown ones are ignored with success; empty text clears only with clearEmptyFields."""
    member = target(call)
    caller = call.caller
    if caller is None or not (caller.is_member(member) or caller.can("portal:admin:updateUsers")):
        raise forbidden()
    guard_administrators(call, member)
    changes = profile_changes(call, member)
    if "tags" in call.params:
        changes.update(tag_changes(call))
    if "categories" in call.params and call.portal.product.has_categories:
        if not caller.can("portal:admin:updateUsers"):
            raise forbidden()
        changes.update(category_changes(call, member))
    changes.update(special_changes(call, member))
    if member.provider != "arcgis":
        changes = {name: value for name, value in changes.items() if name not in FROM_PROVIDER}
    call.portal.organization.change(member, **changes)
    return {"success": True, "username": member.username}


def profile_changes(call: Call, member: Member) -> dict[str, Any]:
    clears = call.flag("clearEmptyFields")
    changes: dict[str, Any] = {}
    for name, own in PARAMETERS.items():
        if name not in call.params or (call.params[name] == "" and not clears):
            continue
        value = call.params[name]
        if name in CHOICES and value not in CHOICES[name]:
            raise invalid_request(f"'{name}' must be one of {', '.join(CHOICES[name])}.")
        changes[own] = value if value else None
    if call.portal.switches["fullname"] == "recomputed" and "full_name" not in changes:
        first = changes.get("first_name", member.first_name)
        last = changes.get("last_name", member.last_name)
        if (first, last) != (member.first_name, member.last_name):
            changes["full_name"] = " ".join(part for part in (first, last) if part)
    return changes


def tag_changes(call: Call) -> dict[str, Any]:
    """A comma list; "," alone clears; empty text clears with clearEmptyFields."""
    sent = call.params["tags"]
    tags = tuple(part.strip() for part in sent.split(",") if part.strip())
    if not tags and "," not in sent and not call.flag("clearEmptyFields"):
        return {}
    return {"tags": tags}


def category_changes(call: Call, member: Member) -> dict[str, Any]:
    """A JSON list or a comma list of paths, stored without any check but their number."""
    world, sent = call.portal, call.params["categories"].strip()
    paths = category_paths(sent)
    if not paths:
        return {"categories": []} if category_cleared(world, sent, call.flag("clearEmptyFields")) else {}
    if world.switches["category_root"] == "bare_paths":
        paths = [path if path.startswith("/Categories/") else f"/Categories{path}" for path in paths]
    if world.switches["category_write"] == "append":
        paths = [*member.categories, *(path for path in paths if path not in member.categories)]
    if len(paths) > CATEGORIES_EACH:
        raise PortalError(
            "Unable to update user.", 400, None, [f"A member can have at most {CATEGORIES_EACH} categories."]
        )
    return {"categories": list(dict.fromkeys(paths))}


def category_paths(sent: str) -> list[str]:
    if sent.startswith("["):
        try:
            return [str(path) for path in json.loads(sent)]
        except ValueError:
            raise invalid_request("'categories' parameter is not valid JSON.") from None
    return [part.strip() for part in sent.split(",") if part.strip()]


def category_cleared(world: World, sent: str, flag: bool) -> bool:
    how = world.switches["category_clear"]
    return flag or (how == "empty_list" and sent == "[]") or (how == "empty_text" and sent == "")


def special_changes(call: Call, member: Member) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    world = call.portal
    user_type = call.text("userType")
    if user_type and not world.product.is_portal:
        if user_type not in CHOICES["userType"]:
            raise invalid_request("'userType' must be one of both, arcgisonly.")
        changes["user_type"] = user_type
    takes_idp_username = not world.product.is_portal and world.switches["online_idp_username"] == "changed"
    if "idpUsername" in call.params and takes_idp_username:
        changes["idp_username"] = call.text("idpUsername") or None
    if call.text("password"):
        check_password(call.text("password"), member.username)
        changes.update(password=call.text("password"), password_expired=False)
    if "thumbnail" in call.files:
        changes["thumbnail"] = "thumbnail.png"
    if bool(call.text("securityQuestionIdx")) != bool(call.text("securityAnswer")):
        raise invalid_request("'securityQuestionIdx' and 'securityAnswer' go together.")
    return changes


def check_password(password: str, username: str) -> None:
    """The password policy: 8 characters or more, a letter and a digit or sign, not the username."""
    if len(password) < PASSWORD_LENGTH:
        raise PortalError(f"Password must contain at least {PASSWORD_LENGTH} characters.")
    if password.casefold() == username.casefold():
        raise PortalError("Password must not match the username.")
    if not any(letter.isalpha() for letter in password) or all(letter.isalpha() for letter in password):
        raise PortalError("Password must contain at least one letter and one number or special character.")


@operation("community/users/{user}/expirePassword", "expirePassword", write=True, privilege="portal:admin:updateUsers")
def expire_password(call: Call) -> Any:
    member = target(call)
    guard_administrators(call, member)
    call.portal.organization.change(member, password_expired=True)
    return {"success": True}


@operation("community/users/{user}/reset", "resetUser", write=True, privilege="portal:admin:updateUsers")
def reset(call: Call) -> Any:
    """Send a mail with a link that resets the password."""
    member = target(call)
    guard_administrators(call, member)
    call.portal.organization.send_mail(member.email, "reset", username=member.username)
    return {"success": True}


# -- enable and disable --------------------------------------------------------------------------------------------
@operation("community/users/{user}/enable", "enableUser", write=True, privilege="portal:admin:disableUsers")
def enable(call: Call) -> Any:
    return switch_one(call, False)


@operation("community/users/{user}/disable", "disableUser", write=True, privilege="portal:admin:disableUsers")
def disable(call: Call) -> Any:
    return switch_one(call, True)


def switch_one(call: Call, disabled: bool) -> Any:
    member = target(call)
    set_disabled(call, member, disabled)
    form = call.portal.switches["enable_answer"]
    if form == "status":
        return {"status": "success"}
    return {"success": True, "itemId": member.id} if form == "itemId" else {"success": True}


def set_disabled(call: Call, member: Member, disabled: bool) -> None:
    guard_administrators(call, member)
    if disabled:
        guard_loss(call, member, "disable")
    call.portal.organization.change(member, disabled=disabled)


@operation(
    "portals/{portal}/enableUsers", "enableUsers", write=True, privilege="portal:admin:disableUsers", names="users"
)
def enable_users(call: Call) -> Any:
    return switch_many(call, False)


@operation(
    "portals/{portal}/disableUsers", "disableUsers", write=True, privilege="portal:admin:disableUsers", names="users"
)
def disable_users(call: Call) -> Any:
    return switch_many(call, True)


def switch_many(call: Call, disabled: bool) -> Any:
    need_bulk(call)
    names = at_most(call.names("users"), BULK_SWITCH_LIMIT)
    rows = []
    for name in names:
        status = not call.refuses(name)
        if status:
            try:
                set_disabled(call, target(call, name), disabled)
            except PortalError:
                status = False
        rows.append({"username": name, "status": status})
    return {"results": rows}


def need_bulk(call: Call) -> None:
    if not call.portal.product.has_user_types:
        raise invalid_request("There is no such operation.")


def at_most(names: list[str], most: int) -> list[str]:
    if len(names) > most:
        raise PortalError(f"Too many users. A request can hold at most {most} users.")
    return names


# -- removal -------------------------------------------------------------------------------------------------------
@operation("community/users/{user}/delete", "deleteUser", write=True, privilege="portal:admin:deleteUsers")
def delete(call: Call) -> Any:
    member = target(call)
    remove(call, member)
    return {"success": True, "username": member.username}


def remove(call: Call, member: Member) -> None:
    """Take a member out of the organization, unless something still hangs on the account."""
    world = call.portal
    guard_administrators(call, member)
    guard_loss(call, member, "delete")
    if world.organization.owns(member):
        raise PortalError("Unable to delete user. User must not own items or groups.")
    if member.entitlements or member.bundles:
        raise PortalError("Unable to delete user. User must not have licenses assigned.")
    if not world.product.is_portal:
        if world.organization.bins_of.get(member.key) and world.organization.settings.get("recycleBinEnabled"):
            raise PortalError("Unable to delete user. User must not have items in the recycle bin.")
        if member.user_type != "arcgisonly":
            raise PortalError("Unable to delete user. Esri access must be disabled.")
    world.organization.remove(member)


@operation(
    "portals/{portal}/removeUsers", "removeUsers", write=True, privilege="portal:admin:deleteUsers", names="users"
)
def remove_users(call: Call) -> Any:
    """No success key: the portal did not remove the listed members."""
    left = []
    for name in at_most(call.names("users"), REMOVE_LIMIT):
        if call.refuses(name):
            left.append(name)
            continue
        try:
            remove(call, target(call, name))
        except PortalError:
            left.append(name)
    return {"notRemoved": left}
