# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The made-up organization, roster files, and the command line."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox import generator, products
from tests.sandbox.__main__ import main, parser
from tests.sandbox.faults import BAD_JSON, KINDS
from tests.sandbox.runner import ROOT, Sandbox, SandboxError
from tests.sandbox.store import Organization
from tests.sandbox.switches import TABLE
from tests.sandbox.world import Options

PRODUCTS = ("online", "enterprise", "enterprise-10.6")


def made(product: str = "online", **changes: Any) -> Organization:
    options = Options(product=product, password="x" * 20, **{"members": 600, **changes})
    return generator.organization(options, products.product(product, options.version))


@pytest.mark.parametrize("product", PRODUCTS)
def test_the_organization_is_lifelike(product: str) -> None:
    organization = made(product)
    members = organization.ordered
    assert len(members) == 600
    assert len({member.key for member in members}) == 600
    roles = Counter(member.role for member in members)
    assert roles["org_admin"] >= 3
    assert min(roles[name] for name in ("org_user", "org_publisher", products.VIEWER, products.DATA_EDITOR)) > 10
    assert sum(count for role, count in roles.items() if not organization.roles[role].built_in) > 10
    assert {member.provider for member in members} == {"arcgis", "enterprise"}
    assert [member for member in members if member.disabled]
    assert [member for member in members if member.last_login == -1]
    assert [member for member in members if member.description == "null"]
    assert [member for member in members if member.email is None]
    assert [member for member in members if member.first_name is None]
    assert [member for member in members if not (member.full_name or "").isascii()]
    assert organization.items
    assert organization.groups
    assert [member for member in members if member.entitlements]


@pytest.mark.parametrize("product", PRODUCTS)
def test_all_members_fit_and_have_a_seat(product: str) -> None:
    organization = made(product)
    for member in organization.ordered:
        assert products.role_fits_level(member.role, organization.level(member))
        assert organization.level(member) == "2" or not organization.owns(member)
    if product == "enterprise-10.6":
        for level, seats in organization.level_seats.items():
            assert 0 < seats - organization.level_counts[level] <= 5
        return
    for user_type, seats in organization.seats.items():
        assert 0 < seats - organization.type_counts[user_type] - organization.pending(user_type) <= 5


def test_usernames_keep_the_rules_of_the_product() -> None:
    assert all(6 <= len(m.username) <= 24 and m.username.isascii() for m in made("enterprise", members=3000).ordered)
    assert all(6 <= len(m.username) <= 128 and m.username.isascii() for m in made("online").ordered)


def test_the_same_seed_gives_the_same_members() -> None:
    def names(seed: int) -> list[str]:
        return [f"{member.username} {member.id} {member.role}" for member in made(seed=seed, members=50).ordered]

    assert names(3) == names(3) != names(4)


@pytest.mark.parametrize("size", [1, 2, 3, 9])
def test_small_organizations(size: int) -> None:
    organization = made(members=size)
    assert len(organization.ordered) == size
    assert organization.role_counts["org_admin"] == min(size, 3)


def test_seats_can_be_set() -> None:
    assert made(seats={"creatorUT": 999, "storytellerUT": 4}).seats["storytellerUT"] == 4


ROWS = [
    {
        "username": "jane_doe", "first_name": "Jane", "last_name": "Doe", "email": "jane@example.com",
        "role": "publisher", "user_type": "creatorUT", "credits": 50,
        "categories": ["/Department/Sales", "Shift/Night"], "tags": ["a"], "items": ["Parcels", "Hydrants"],
    },
    {"username": "night.watch", "role": "Watch", "user_type": "viewerUT", "enabled": False, "credits": "unlimited"},
    {"username": "gone_already", "state": "absent"},
]  # fmt: skip
CSV = """username,first_name,last_name,email,role,user_type,credits,categories,tags,enabled,state,items
jane_doe,Jane,Doe,jane@example.com,publisher,creatorUT,50,/Department/Sales;Shift/Night,a,,,Parcels;Hydrants
night.watch,,,,Watch,viewerUT,unlimited,,,false,present,
gone_already,,,,,,,,,,absent,
"""


@pytest.mark.parametrize("form", ["roster.json", "roster.yml", "roster.csv"])
def test_members_from_a_roster(tmp_path: Path, form: str) -> None:
    path = tmp_path / form
    path.write_text(CSV if form.endswith("csv") else json.dumps({"members": ROWS} if form.endswith("yml") else ROWS))
    organization = made(source=str(path))
    assert [member.username for member in organization.ordered] == ["jane_doe", "night.watch", "portal_admin"]
    jane, watch = organization.ordered[:2]
    assert (jane.full_name, jane.role, jane.assigned_credits, list(jane.tags)) == (
        "Jane Doe",
        "org_publisher",
        50.0,
        ["a"],
    )
    assert jane.categories == ["/Categories/Department/Sales", "/Categories/Shift/Night"]
    titles = [node["title"] for node in organization.schema[0]["categories"]]
    assert titles == ["Department", "Shift"]
    assert organization.roles[watch.role].name == "Watch"
    assert (watch.disabled, watch.assigned_credits, watch.license_type) == (True, -1.0, "viewerUT")
    assert organization.seats["viewerUT"] == 4
    assert [(item.owner, item.title) for item in organization.items.values()] == [
        ("jane_doe", "Parcels"),
        ("jane_doe", "Hydrants"),
    ]


def test_add_ons_of_a_roster(tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    path.write_text(
        "username,add_ons.ArcGIS Pro,add_ons.Site Scan,add_ons.Field apps\n"
        "jane_doe,desktopStdN; spatialAnalystN,[],true\nomar_haddad,,scan,false\nlena_fischer,none,,\n"
    )
    organization = made(source=str(path))
    pro, scan = (
        next(listing for listing in organization.listings.values() if listing.title == title)
        for title in ("ArcGIS Pro", "Site Scan")
    )
    jane, lena, omar = (organization.members[name] for name in ("jane_doe", "lena_fischer", "omar_haddad"))
    assert jane.entitlements == {pro.id: ["desktopStdN", "spatialAnalystN"]}
    assert [organization.bundles[key].name for key in jane.bundles] == ["Field apps"]
    assert omar.entitlements == {scan.id: ["scan"]} and not omar.bundles and not lena.entitlements
    assert scan.num == {"scan": 1} and organization.licenses_left(pro.id, "desktopStdN") > 0


def test_a_file_that_is_no_roster(tmp_path: Path) -> None:
    path = tmp_path / "odd.yml"
    path.write_text("just: text")
    with pytest.raises(SandboxError, match="expected a list of members"):
        Sandbox("online", 5, 1, **{"from": str(path)}).start()


# -- the command line ----------------------------------------------------------------------------------------------
def test_options_of_the_command_line() -> None:
    options: dict[str, Any] = {
        "version": "10.3", "context": "gis", "seats": {"creatorUT": 77}, "switch": {"counts": "missing"},
        "password": "a-Long-password-7", "username": "keeper", "frozen": True,
        "fault": '{"operation": "self", "kind": "throttle"}',
    }  # fmt: skip
    with Sandbox(product="enterprise", members=10, **options) as portal:
        assert portal.url.endswith("/gis")
        assert (portal.username, portal.password) == ("keeper", "a-Long-password-7")
        assert portal.inspect("GET", "switches")["counts"] == "missing"
        assert portal.inspect("GET", "organization")["seats"]["creatorUT"] == 77
        assert portal.inspect("GET", "organization")["version"] == "10.3"
        assert portal.inspect("GET", "frozen") == {"on": True}
        assert portal.inspect("GET", "faults")[0]["kind"] == "throttle"


@pytest.mark.parametrize(
    "words", [["--switch", "counts=many"], ["--switch", "odd"], ["--product", "desktop"], ["--from", "/none"]]
)
def test_wrong_options(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    try:
        status: object = main(words)
    except SystemExit as ended:
        status = ended.code
    assert status == 2
    assert capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_prints_its_address_and_stops_cleanly(number: signal.Signals) -> None:
    command = [sys.executable, "-u", "-m", "tests.sandbox", "--members", "5"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        lines = [process.stdout.readline() for _line in range(8)]
        process.send_signal(number)
        assert process.wait(20) == 0
        assert process.stderr.read() == ""
    assert "online sandbox with 5 members" in lines[0]
    assert any("http://127.0.0.1:" in line for line in lines)


def test_it_ends_with_its_parent() -> None:
    command = [sys.executable, "-m", "tests.sandbox", "--members", "5", "--json", "--until-stdin-closes"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["username"] == "portal_admin"
        process.stdin.close()
        assert process.wait(20) == 0


def test_the_readme_tells_every_switch_fault_and_option() -> None:
    text = (ROOT / "tests" / "sandbox" / "README.md").read_text(encoding="utf-8")
    for switch in TABLE:
        values = ", ".join(f"`{value}`" for value in switch.values)
        assert f"| `{switch.name}` | {values} | {switch.meaning} |" in text
    for kind in KINDS:
        assert f"| `{kind}` |" in text
    for variant in BAD_JSON:
        assert f"`{variant}`" in text
    for action in parser()._actions:
        long = [word for word in action.option_strings if word.startswith("--") and word != "--help"]
        assert not long or any(word in text for word in long), long
