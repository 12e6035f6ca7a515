# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked of the portal before a transfer, against a portal in memory."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ansible_collections.portalops.arcgis.plugins.module_utils._current.content import ContentReader, refusal_reasons
from ansible_collections.portalops.arcgis.plugins.module_utils._errors import (
    NotFound,
    PermissionDenied,
    Refused,
    UnexpectedAnswer,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.content import Item
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.responses import parse_response
from tests.unit.plugins.module_utils.fakes import Account, FakePortal, play

TASK = {"username": "departing", "state": "transferred", "transfer_to": "recipient_of_all"}
RECEIVE, CREATE = "portal:user:receiveItems", "portal:user:createItem"


def raising(error):
    def answer(form):
        raise error

    return answer


def city(**settings):
    return FakePortal("online", [Account("departing", items=3), Account("recipient_of_all")], **settings)


def item(name, folder=None):
    return Item(name, name.title(), folder, False)


class Client:
    """Answers questions from a table by the end of their path."""

    def __init__(self, **answers):
        self.answers = answers
        self.asked = []

    def ask(self, path, data):
        self.asked.append(path)
        answer = self.answers[path.rsplit("/", 1)[1]]
        answer = answer(path, data) if callable(answer) else answer
        if isinstance(answer, Exception):
            raise answer
        return answer

    @staticmethod
    def map(function, items):
        return [function(item) for item in items]


def reader(**answers):
    client = Client(**answers)
    return ContentReader(SimpleNamespace(client=client)), client


def verdict(text):
    error = Refused(f"The portal refused the request: {text}")
    error.is_verdict = True
    return error


MISSING = Refused("The portal refused the request: Invalid URL.")


def test_items_are_asked_in_hundreds():
    content, client = reader(canReassignItems=lambda path, data: {"results": [{"itemId": "x", "success": True}]})
    assert content.refusals("jane", "bob", [item(f"i{number}") for number in range(201)]) == {}
    assert client.asked == ["content/users/jane/canReassignItems"] * 3


def test_refused_items_have_the_reason_of_the_portal():
    rows = [
        {"itemId": "a", "success": True}, {"itemId": "b", "success": False, "error": {"message": "No."}},
        {"itemId": "c", "success": False}, {"itemId": "d", "success": "true"}, None,
    ]  # fmt: skip
    assert refusal_reasons({"results": rows}) == {"b": "No.", "c": ""}


def test_portals_without_the_operation_are_asked_for_each_item_with_its_folder():
    content, client = reader(
        canReassignItems=MISSING,
        canReassign=lambda path, data: verdict("Not this one.") if "/b/" in path else {"success": True},
    )
    assert content.refusals("jane", "bob", [item("a"), item("b", "folder")]) == {"b": "Not this one."}
    assert client.asked[-1] == "content/users/jane/folder/items/b/canReassign"
    # The operation is tried once.
    content.refusals("jane", "bob", [item("a")])
    assert sum(path.endswith("canReassignItems") for path in client.asked) == 1


@pytest.mark.parametrize("missing", [MISSING, NotFound("The portal does not find it: x.")])
def test_nothing_is_known_if_the_portal_has_neither_operation(missing):
    content, _client = reader(canReassignItems=missing, canReassign=missing)
    assert content.refusals("jane", "bob", [item("a"), item("b")]) == {}


def test_a_recipient_that_the_portal_refuses_costs_two_questions():
    content, client = reader(
        canReassignItems=Refused("The portal refused the request: Bob cannot own items (400)."),
        canReassign=verdict("Bob cannot own items (400)."),
    )
    items = [item("a"), item("b"), item("c")]
    assert content.refusals("jane", "bob", items) == dict.fromkeys("abc", "Bob cannot own items (400).")
    assert len(client.asked) == 2


def test_a_verdict_is_an_answer_of_the_operation():
    body = b'{"success": false, "itemId": "a", "error": {"code": 400, "message": "No."}}'
    with pytest.raises(Refused) as refused:
        parse_response(200, "application/json", body)
    assert refused.value.is_verdict
    with pytest.raises(Refused) as refused:
        parse_response(200, "application/json", b'{"error": {"code": 400, "message": "Invalid URL"}}')
    assert not refused.value.is_verdict


# -- through the module --------------------------------------------------------------------------------------------


def test_a_portal_that_cannot_be_asked_transfers_nevertheless():
    portal = city(answers={"can_reassign_items": raising(MISSING)})
    run = play(portal, "portal_user", **TASK)
    assert not run.failed and portal["recipient_of_all"].items == 3


def test_an_account_that_must_not_ask_gets_a_warning():
    portal = city(answers={"can_reassign_items": raising(PermissionDenied("no"))})
    run = play(portal, "portal_user", check=True, **TASK)
    (warning,) = run.lines["departing"]["warnings"]
    assert "does not check whether each item can be transferred" in warning and "portal:admin:reassignItems" in warning


def test_an_answer_without_rows_is_no_permission_to_transfer():
    portal = city(answers={"can_reassign_items": {"success": True}})
    run = play(portal, "portal_user", **TASK)
    assert run.failed and run.code == UnexpectedAnswer.code and not portal.calls()


@pytest.mark.parametrize(("known", "fails"), [(True, True), (False, False)])
def test_the_recipient_needs_the_privilege_to_receive_where_portals_have_it(known, fails):
    roles = {"org_admin": [CREATE, *([RECEIVE] if known else [])], "custom": [CREATE, "portal:user:joinGroup"]}
    portal = city(privileges=roles, roles={"custom": ("Custom", "org_user")})
    portal["recipient_of_all"].role = "custom"
    run = play(portal, "portal_user", check=True, **TASK)
    assert run.failed is fails
    if fails:
        assert "cannot receive content: role custom lacks the privilege portal:user:receiveItems" in run["msg"]


@pytest.mark.parametrize(("role", "fails"), [("org_publisher", True), ("org_admin", False)])
def test_owned_groups_whose_members_update_all_items_need_a_recipient_who_can_own_them(role, fails):
    portal = city()
    portal.add_group(1, "Shared update", owner="departing", capabilities=["updateitemcontrol"])
    portal["recipient_of_all"].role = role
    run = play(portal, "portal_user", check=True, **TASK)
    assert run.failed is fails
    if fails:
        assert "cannot own groups whose members can update all items (Shared update)" in run["msg"]


def test_the_role_of_the_recipient_after_the_run_counts():
    portal = city(roles={"custom": ("Custom", "org_user")}, privileges={"custom": ["portal:user:joinGroup"]})
    members = [TASK, {"username": "recipient_of_all", "role": "custom"}]
    run = play(portal, "portal_members", members=members)
    assert run.failed and "cannot own content with role custom" in run["msg"] and not portal.calls()


def test_items_that_the_portal_counts_and_does_not_show_are_content():
    portal = city(answers={"content": {"total": 2, "items": []}})
    run = play(portal, "portal_user", check=True, **TASK)
    assert run.lines["departing"]["changes"]["content"] == {"before": "2 items", "after": "recipient_of_all"}
