# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the proofs under tests/trust have found wrong once, each as one short test."""

from __future__ import annotations

import json
import time

import pytest
from ansible.module_utils import basic

from ansible_collections.portalops.arcgis.plugins.module_utils import _errors as errors
from ansible_collections.portalops.arcgis.plugins.module_utils._current import add_ons
from ansible_collections.portalops.arcgis.plugins.module_utils._errors import InputError
from ansible_collections.portalops.arcgis.plugins.module_utils._module import pipeline
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.client import Connection, PortalClient
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.responses import number
from ansible_collections.portalops.arcgis.plugins.module_utils._roster.reader import read_roster
from tests.unit.plugins.module_utils.fakes import Account, FakePortal, Fault, play

NO_ACCOUNT = {"portal_username": "", "portal_password": ""}


def leaving(**held):
    """A portal with a departing member, and a recipient."""
    return FakePortal("online", [Account("departing", **held), Account("recipient_of_all")])


def removed(portal):
    return play(portal, "portal_user", username="departing", state="absent", transfer_to="recipient_of_all")


def gone(form):
    raise errors.NotFound("User does not exist or is inaccessible.")


def refused(form):
    raise errors.TokenExpired("Token required.")


class TestErrors:
    @pytest.mark.parametrize(
        "kind",
        [
            errors.NoAnswer, errors.AnonymousError, errors.PermissionDenied, errors.NotFound, errors.Refused,
            errors.Throttled, errors.UnexpectedAnswer, errors.Unverified,
        ],
    )  # fmt: skip
    def test_what_a_portal_causes_has_a_remedy(self, kind):
        error = kind("It went wrong.")
        assert error.facts()["remedy"] == kind.usual_remedy
        assert kind.usual_remedy[1:] in error.fail_args()["msg"]
        assert kind("It went wrong.", remedy="do this").facts()["remedy"] == "do this"

    def test_texts_of_a_portal_do_not_move_the_cursor(self):
        error = errors.Refused("the role \x1b[2Jred\x00 \u202eis lost\nand more")
        assert error.fail_args()["error"]["message"] == "the role  [2Jred   is lost\nand more"
        assert str(error) == error.message


class TestSignIn:
    def test_a_token_that_no_header_can_hold_is_none(self):
        with pytest.raises(InputError, match="portal_token is not a valid token"):
            PortalClient(Connection("https://gis.example.com", token="x" * 9000))

    @pytest.mark.parametrize("value", [10**400, -(10**400), 1e308, float("inf"), "9" * 400])
    def test_a_number_that_no_clock_can_hold_is_none(self, value):
        assert number(value) is None


class TestTree:
    @pytest.mark.parametrize("answer", [{}, {"memberCategorySchema": None}, {"memberCategorySchema": []}])
    def test_a_tree_that_the_portal_does_not_show_is_not_replaced(self, answer):
        portal = FakePortal("online")
        portal.answers["schema"] = answer
        result = play(portal, "portal_member_categories", mode="merged", state="present", categories=[{"title": "New"}])
        assert result.failed and result.code == "unexpected_answer"
        assert not portal.calls("assign_schema")

    @pytest.mark.parametrize("title", ["Categories\x01", "Categories" * 200])
    def test_a_tree_with_titles_that_no_category_bears_is_not_replaced(self, title):
        portal = FakePortal("online", tree=[{"title": title, "categories": [{"title": "Region"}]}])
        result = play(portal, "portal_member_categories", mode="replaced", state="present", categories=[{"title": "N"}])
        assert result.failed and result.code == "unexpected_answer"
        assert not portal.calls("assign_schema")

    @pytest.mark.parametrize("answer", [{}, {"memberCategorySchema": None}])
    def test_a_tree_that_is_not_shown_afterwards_is_unverified(self, answer):
        portal = FakePortal("online")
        portal.on_write = lambda operation, form: portal.answers.update(schema=answer)
        result = play(portal, "portal_member_categories", mode="merged", state="present", categories=[{"title": "New"}])
        assert result.failed and result.code == "unverified" and result["changed"]

    def test_a_tree_can_be_deleted_whatever_the_portal_then_answers(self):
        portal = FakePortal("online")
        result = play(portal, "portal_member_categories", mode="replaced", state="absent", categories=None)
        assert not result.failed and result["changed"] and portal.tree == []


class TestOrganization:
    @pytest.mark.parametrize("wrong", ["Id\x01", "x" * 100, ["Id"], 7])
    def test_members_are_not_taken_for_outsiders(self, wrong):
        portal = FakePortal("online", [Account("omar")])
        portal.portal_self = {"id": wrong}
        result = play(portal, "portal_user", username="omar", state="absent")
        assert result.failed and result.code in ("unexpected_answer", "not_signed_in")

    def test_a_budget_that_the_portal_omits_afterwards_is_unverified(self):
        portal = FakePortal("online")
        answer = {"defaultUserCreditAssignment": float("nan")}
        portal.on_write = lambda operation, form: portal.portal_self.update(answer)
        result = play(portal, "portal_credits", default_credits=70)
        assert result.failed and result.code == "unverified" and result["changed"]


class TestMembers:
    @pytest.mark.parametrize("name", ["m" * 300, "om\x01ar"])
    def test_a_listing_with_impossible_names_is_rejected(self, name):
        portal = FakePortal("online", [Account("omar"), Account("omaya")])
        portal.answers["users"] = {
            "total": 2, "nextStart": -1, "users": [{"username": name}, {"username": "omaya", "orgId": portal.id}],
        }  # fmt: skip
        members = [{"username": "omar", "state": "absent"}, {"username": "omaya", "state": "absent"}]
        result = play(portal, "portal_user", members=members)
        assert result.failed and result.code == "unexpected_answer"
        assert not result["changed"]

    def test_an_answer_for_another_member_is_no_absence(self):
        portal = FakePortal("online", [Account("omar")])
        portal.answers["user"] = {"username": "another_member", "id": "abc", "orgId": portal.id}
        result = play(portal, "portal_user", username="omar", state="absent")
        assert result.failed and result.code == "unexpected_answer"


class TestRemoval:
    """Transfers and revoked licenses are reported as the portal shows them, not as it answered."""

    def test_a_transfer_that_is_only_accepted_is_no_change(self):
        portal = leaving(items=3)
        portal.faults += [Fault("ignore", "reassign"), Fault("ignore", "reassign_items")]
        result = removed(portal)
        assert result.failed and "Still owns 3 items after the transfer" in result["msg"]
        assert not result["changed"] and not result.lines["departing"]["changed"]

    def test_a_transfer_without_an_answer_is_a_change(self):
        portal = leaving(items=3)
        portal.faults += [Fault("after", "reassign"), Fault("refuse", "delete")]
        result = removed(portal)
        assert result.failed and result["changed"] and portal["recipient_of_all"].items == 3

    def test_a_transfer_that_never_answers_is_verified_in_the_end(self):
        portal = leaving(items=3)
        portal.faults.append(Fault("before", "reassign", count=9))
        assert not removed(portal)["changed"]
        late = leaving(items=3)
        late.faults.append(Fault("before", "reassign", count=9))
        late.on_write = lambda operation, form: None
        seen = iter([3, 3, 3, 3, 3, 0, 0, 0, 0])

        def content(form):
            items = [{"id": f"item-{index}"} for index in range(next(seen))]
            return {"total": len(items), "items": items}

        late.answers["content"] = content
        result = removed(late)
        assert result["changed"]

    @pytest.mark.parametrize(
        ("held", "operation"),
        [({"listings": ["pro"]}, "entitlements"), ({"bundles": ["b"]}, "bundle"), ({"userType": "both"}, "update")],
    )
    def test_what_is_revoked_only_in_words_is_no_change(self, held, operation):
        portal = leaving(**held)
        portal.faults += [Fault("ignore", operation), Fault("refuse", "delete")]
        assert not removed(portal)["changed"]

    @pytest.mark.parametrize(
        ("held", "operation"),
        [({"listings": ["pro"]}, "entitlements"), ({"bundles": ["b"]}, "bundle"), ({"userType": "both"}, "update")],
    )
    def test_what_is_revoked_without_an_answer_is_a_change(self, held, operation):
        portal = leaving(**held)
        portal.faults += [Fault("after", operation), Fault("refuse", "delete")]
        result = removed(portal)
        assert result.failed and result["changed"]

    @pytest.mark.parametrize("nothing", [{}, {"total": None, "items": None}])
    def test_content_that_the_portal_omits_is_not_none(self, nothing):
        portal = leaving(items=3)
        portal.answers["content"] = nothing
        result = removed(portal)
        assert result.failed and result.code == "unexpected_answer" and not portal.calls()

    @pytest.mark.parametrize(
        ("kind", "answer"), [("listings", {}), ("app_bundles", {}), ("app_bundles", {"appBundles": [{"id": None}]})]
    )
    def test_licenses_that_the_portal_omits_are_not_none(self, kind, answer):
        portal = leaving(listings=["pro"], bundles=["b"])
        portal.answers[kind] = answer
        result = play(portal, "portal_user", username="departing", state="transferred", transfer_to="recipient_of_all")
        assert result.failed and result.code == "unexpected_answer" and not portal.calls()

    def test_licenses_that_are_refused_to_be_read_back_are_not_revoked(self):
        portal = leaving(bundles=["b"])
        portal.faults = [Fault("ignore", "bundle"), Fault("refuse", "app_bundles", nth=2, count=9, effect=False)]
        result = play(portal, "portal_user", username="departing", state="transferred", transfer_to="recipient_of_all")
        assert result.failed and "licenses" not in result.lines["departing"]["changes"]


class TestPrivileges:
    """Missing privileges are reported before the first write, and only those that the plan needs."""

    NEW = {
        "username": "new_one", "first_name": "New", "last_name": "One", "email": "new@example.com",
        "role": "org_user", "user_type": "creatorUT",
    }  # fmt: skip

    @staticmethod
    def portal(*privileges, **held):
        portal = leaving(**held)
        portal.roles.update(Rman=("Manager", "org_user"), Rodd=("Odd", "org_user"))
        # No invitation takes an administrative role.
        portal.privileges["Rodd"] = ["portal:admin:viewUsers"]
        portal.privileges["Rman"] = [f"portal:admin:{name}" for name in ("viewUsers", *privileges)]
        portal["admin"].role = "Rman"
        portal.add(Account("boss", role="org_admin", userLicenseTypeId="creatorUT"))
        return portal

    @pytest.mark.parametrize(
        ("wanted", "privilege"), [({"tags": ["a"]}, "updateUsers"), ({"role": "Rodd"}, "changeUserRoles")]
    )
    def test_what_a_creation_does_not_carry_needs_its_own(self, wanted, privilege):
        portal = self.portal("inviteUsers")
        result = play(portal, "portal_user", **{**self.NEW, **wanted})
        assert result.failed and result["error"]["privilege"] == f"portal:admin:{privilege}" and not portal.calls()
        assert not play(self.portal("inviteUsers", privilege), "portal_user", **{**self.NEW, **wanted}).failed

    @pytest.mark.parametrize("state", ["absent", "transferred"])
    def test_absence_needs_the_privilege_to_view_members(self, state):
        portal = self.portal("deleteUsers", "reassignUsers")
        assert not play(portal, "portal_user", username="unknown", state=state, transfer_to="recipient_of_all").failed
        portal.privileges["Rman"].remove("portal:admin:viewUsers")
        result = play(portal, "portal_user", username="unknown", state=state, transfer_to="recipient_of_all")
        assert result.failed and result["error"]["privilege"] == "portal:admin:viewUsers" and not portal.calls()

    def test_what_it_carries_does_not(self):
        assert not play(self.portal("inviteUsers"), "portal_user", **self.NEW).failed

    def test_a_transfer_needs_its_own_privilege_and_no_other(self):
        wanted = {"username": "departing", "state": "transferred", "transfer_to": "recipient_of_all"}
        portal = self.portal("updateUsers", items=3)
        result = play(portal, "portal_user", **wanted)
        assert result.failed and result["error"]["privilege"] == "portal:admin:reassignUsers" and not portal.calls()
        assert not play(self.portal("reassignUsers", items=3), "portal_user", **wanted).failed


class TestLevels:
    """A change to level 1 that the portal would refuse is blocked in the plan."""

    @pytest.mark.parametrize("held", [{"listings": ["pro"]}, {"bundles": ["b", "c"]}])
    def test_who_holds_licenses_does_not_fall(self, held):
        portal = FakePortal("old", [Account("omar", level="2", role="iAAAAAAAAAAAAAAA", **held)])
        result = play(portal, "portal_user_level", check=True, username="omar", level="1")
        assert result.failed and result.code == "blocked" and "add-on license" in result["msg"]

    def test_who_holds_none_does(self):
        portal = FakePortal("old", [Account("omar", level="2", role="iAAAAAAAAAAAAAAA")])
        assert play(portal, "portal_user_level", username="omar", level="1")["changed"] and portal["omar"].level == "1"


class TestAnonymousView:
    """Without a token a portal shows members as to anonymous clients: what is missing there is not empty."""

    def test_categories_that_are_not_shown_are_not_overwritten(self):
        portal = FakePortal("online", [Account("omar", categories=["/Categories/Region/North"])])
        shown = {"username": "omar", "id": "abc", "orgId": portal.id, "fullName": "Omar", "groups": []}
        portal.answers["user"] = shown
        result = play(portal, "portal_user_categories", username="omar", categories={"add": ["/Department/Sales"]})
        assert result.failed and result.code == "not_signed_in"
        assert portal["omar"].categories == ["/Categories/Region/North"]

    def test_it_is_rejected_after_a_write(self):
        portal = FakePortal("online", [Account("omar"), Account("omaya")])
        shown = {"username": "omar", "id": "abc", "orgId": portal.id}
        portal.on_write = lambda operation, form: portal.answers.update(user=shown)
        result = play(portal, "portal_user_role", username="omar", role="org_publisher")
        assert result.failed and result.code == "unverified" and result["changed"]

    def test_absence_is_verified(self):
        portal = FakePortal("online", [Account("omar")])
        portal.answers["user"] = gone
        result = play(portal, "portal_user", username="omar", state="absent")
        assert result.failed and result.code == "not_signed_in" and not portal.calls()

    def test_absence_is_verified_after_a_write(self):
        portal = FakePortal("online", [Account("omar")])
        portal.on_write = lambda operation, form: portal.answers.update(user=gone)
        result = play(portal, "portal_user_role", username="omar", role="org_publisher")
        assert result.failed and result.code == "unverified" and result["changed"]

    def test_absence_is_verified_of_an_application(self):
        portal = FakePortal("online", [Account("omar")], caller=None)
        portal.portal_self = {"appInfo": {"appId": "app", "privileges": ["portal:admin:deleteUsers"]}}
        portal.answers["user"] = gone
        portal.answers["users"] = refused
        result = play(portal, "portal_user", username="omar", state="absent")
        assert result.failed and result.code == "token_expired" and not portal.calls()

    def test_a_purge_knows_its_members(self):
        portal = FakePortal("online", [Account("omar"), Account("boss", role="org_admin")])
        portal.row_lacks = ("role", "roleId")
        result = play(portal, "portal_members", members=[{"username": "omar"}, {"username": "admin"}], purge="delete")
        assert result.lines["boss"]["changes"]["state"] == {"before": "present", "after": "absent"}
        assert len(portal.calls("user")) >= 3

    def test_a_caller_without_the_privilege_to_view_members_gets_an_error(self):
        portal = FakePortal("online", [Account("omar"), Account("omaya", role="org_user")], caller="omaya")
        portal.portal_self = {"user": {"username": "omaya", "orgId": portal.id, "role": "org_user", "privileges": []}}
        portal.answers["user"] = {"username": "omar", "id": "abc", "orgId": portal.id}
        result = play(portal, "portal_user_role", username="omar", role="org_publisher")
        assert result.failed and result.code == "permission"
        assert result["error"]["privilege"] == "portal:admin:viewUsers"


class TestRefusedOptions:
    """ansible-core forgets every secret of a task whose list of members holds anything but mappings."""

    @pytest.mark.parametrize("members", [["ada", "bob"], [1], [["username", "ada"]], "ada", 5, [None]])
    @pytest.mark.parametrize("name", ["portal_members", "portal_user_role"])
    def test_passwords_are_not_shown(self, name, members, capsys, monkeypatch):
        options = {
            "portal_url": "https://gis.example.com",
            "portal_password": "Portal-Wombat-31",
            "portal_token": "a" * 40 + "Token-Wombat",
            "portal_client_secret": "Client-Wombat-41",
            "members": members,
        }
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": options}).encode())
        monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
        with pytest.raises(SystemExit):
            pipeline.run_members(name)
        printed = capsys.readouterr().out
        assert "Wombat" not in printed
        result = json.loads(printed)
        assert result["failed"] and result["error"]["code"] == "invalid_input" and result["error"]["remedy"]
        assert result["api_calls"] == {"read": 0, "write": 0} and result["changed"] is False


class TestRosterFiles:
    """A library that takes quadratic time for nesting, and Python's own limit of recursion."""

    @pytest.mark.parametrize(
        "text",
        [
            "[" * 100_000, "- " * 20_000, "members: " + "[" * 100_000, "- {username: ada, tags: " + "[" * 50_000,
            "- {username: ada, unknown: " + "{a: " * 20_000, "- {<<: " + "[" * 20_000, "- {<<: {" * 5_000,
            "- {username: ada, tags: " + "{a: [" * 20_000, "- {? " + "[" * 20_000, "? " * 20_000,
        ],
    )  # fmt: skip
    def test_nesting_ends_soon(self, text, tmp_path):
        path = tmp_path / "roster.yml"
        path.write_text(text)
        began = time.monotonic()
        with pytest.raises((InputError, errors.MultipleErrors)) as caught:
            read_roster(str(path))
        assert time.monotonic() - began < 5
        assert caught.value.code == "invalid_input"

    @pytest.mark.parametrize(
        ("name", "options"),
        [
            ("portal_user", {"username": "ada_lovelace", "password": "a"}),
            ("portal_members", {"members": [{"username": "ada_lovelace", "password": "e"}]}),
            ("portal_user", {"username": "ada_lovelace", "portal_password": "o"}),
            ("portal_user", {"username": "ada_lovelace", "portal_token": "e", **NO_ACCOUNT}),
            ("portal_user", {"username": "ada", **NO_ACCOUNT, "portal_client_id": "x", "portal_client_secret": "a"}),
        ],
    )
    def test_the_error_about_a_short_secret_is_readable(self, name, options, capsys, monkeypatch):
        given = {"portal_url": "https://gis.example.com", "portal_username": "admin", "portal_password": "Wombat-31-x"}
        text = json.dumps({"ANSIBLE_MODULE_ARGS": {**given, **options}})
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", text.encode())
        monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
        with pytest.raises(SystemExit):
            pipeline.run_members(name)
        result = json.loads(capsys.readouterr().out)
        assert result["error"]["code"] == "invalid_input"
        assert "shorter than 8 characters" in result["msg"] and "*" not in result["msg"]
        assert not result.get("invocation", {}).get("module_args")


class TestCreations:
    NEWCOMER = {
        "username": "new_comer", "first_name": "New", "last_name": "Comer", "email": "new@example.com",
        "role": "Viewer", "user_type": "viewerUT", "password": "long-enough-1",
    }  # fmt: skip

    @pytest.mark.parametrize("product", ["online", "enterprise"])
    @pytest.mark.parametrize("kind", ["before", "busy"])
    def test_an_account_that_was_never_created_is_no_change(self, product, kind):
        portal = FakePortal(product)
        portal.faults.append(Fault(kind, count=99))
        result = play(portal, "portal_user", retries=2, **self.NEWCOMER)
        assert result.failed and "new_comer" not in portal.accounts
        assert result["changed"] is False and "uncertain" not in result
        assert result["members"][0]["changes"] == {}


@pytest.mark.parametrize("stated", ["x" * 5000, "licenseByUser\u0000", "by user"])
def test_a_license_whose_kind_is_unreadable_is_the_members_own(stated):
    assert not add_ons.is_for_all({"licenseBy": stated})
    assert add_ons.is_for_all({"licenseBy": "licenseByOrg"})


@pytest.mark.parametrize("text", ["0\x1f", "\x1c0", "a\u2028"])
@pytest.mark.parametrize("field", ["description", "first_name"])
def test_a_control_character_at_the_edge_is_rejected(field, text):
    portal = leaving()
    result = play(portal, "portal_user", username="departing", **{field: text})
    assert result.failed and result["api_calls"]["write"] == 0
    assert result["error"]["remedy"]


def test_a_username_that_is_too_long_has_a_remedy():
    result = play(leaving(), "portal_user", username="x" * 300, role="Viewer")
    assert result["error"]["remedy"] == "Correct the username."


class TestParts:
    """Groups need a request for each group: what the first one changed is not the whole change."""

    @staticmethod
    def portal():
        portal = FakePortal("online", [Account("jane")])
        portal.add_group(1, "Crews")
        portal.add_group(2, "Leads")
        return portal

    @staticmethod
    def run(portal):
        return play(portal, "portal_user_groups", username="jane", groups={"add": ["Crews", "Leads"]}, parallel=1)

    def test_a_part_is_reported_if_a_later_request_is_refused(self):
        portal = self.portal()
        portal.faults.append(Fault("refuse", "add_users", nth=2, count=9))
        run = self.run(portal)
        (line,) = run["members"]
        joined = [group.title for group in portal.groups.values() if group.kind("jane") == "member"]
        assert run.failed and line["action"] == "failed" and line["changed"] and len(joined) == 1
        assert line["changes"]["groups"] == {"before": [], "after": joined}

    def test_a_part_is_unknown_if_it_cannot_be_read_back(self):
        portal = self.portal()
        portal.faults.append(Fault("refuse", "add_users", nth=2, count=9))
        # The plan reads the member twice.
        portal.faults.append(Fault("refuse", "user", nth=3, count=99, effect=False))
        run = self.run(portal)
        (line,) = run["members"]
        assert run.failed and line["error"]["code"] == "unverified" and line["changed"] and line["changes"] == {}
        assert line["warnings"] == ["jane: refused on purpose"]
