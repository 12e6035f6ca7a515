# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The privileges that SECURITY.md names: of every module, none that no portal knows, and all that the plan asks for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from ansible_collections.portalops.arcgis.plugins.doc_fragments.fields import ModuleDocFragment
from tests.sandbox.products import ADMINISTRATOR_PRIVILEGES

ROOT = Path(__file__).resolve().parents[3]
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("portal_*.py"))
PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
PRIVILEGE = re.compile(r"portal:(?:admin|user):\w+")
ROWS = [
    tuple(cell.strip() for cell in line.strip("|").split("|"))
    for line in PAGE.partition("| Module | Task | Privileges |")[2].splitlines()
    if line.startswith("| `portal_")
]


def named_in(path):
    """Return the administrative privileges that a file names. Others can be those of members."""
    return {name for name in PRIVILEGE.findall(path.read_text(encoding="utf-8")) if name.startswith("portal:admin:")}


def documented_privileges(module):
    return {privilege for name, _what, cell in ROWS if name == f"`{module}`" for privilege in PRIVILEGE.findall(cell)}


def test_the_table_has_all_modules_and_no_other():
    assert len(MODULES) == 14
    assert sorted({name.strip("`") for name, _what, _cell in ROWS}) == MODULES


def test_the_table_names_privileges_that_portals_know():
    assert set(PRIVILEGE.findall(PAGE)) <= set(ADMINISTRATOR_PRIVILEGES)
    for name, what, cell in ROWS:
        assert PRIVILEGE.search(cell) or cell == "none" or cell.startswith("as "), (name, what)


def test_the_table_names_what_the_plugins_ask_for():
    asked = set().union(*(named_in(path) for path in (ROOT / "plugins" / "module_utils").rglob("*.py")))
    assert asked and asked <= set(PRIVILEGE.findall(PAGE))


@pytest.mark.parametrize("module", [name for name in MODULES if name not in ("portal_info", "portal_members")])
def test_the_documentation_of_a_module_names_no_others(module):
    documented = named_in(ROOT / "plugins" / "modules" / f"{module}.py")
    slices = {"portal_user": ("portal_user_role", "portal_user_level")}
    assert documented <= documented_privileges(module).union(
        *(documented_privileges(name) for name in slices.get(module, ()))
    )


def test_options_of_the_table_are_options():
    for name, what, _cell in ROWS:
        text = (ROOT / "plugins" / "modules" / f"{name.strip('`')}.py").read_text(encoding="utf-8")
        documentation = text.split('DOCUMENTATION = r"""')[1].split('"""')[0]
        fragment = yaml.safe_load(getattr(ModuleDocFragment, name.strip("`").upper(), "{}"))
        options = {*yaml.safe_load(documentation).get("options", ()), *fragment.get("options", ())}
        for word in re.findall(r"`(\w+)[^`]*`", what):
            assert word in options or word in ("portal_user", "transferred"), (name, word)


def test_vulnerabilities_are_reported_where_the_repository_is():
    repository = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["repository"]
    assert f"<{repository}/security/advisories/new>" in PAGE
