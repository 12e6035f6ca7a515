# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps in CONTRIBUTING.md add a field: a copy of the collection follows them and passes the tests of fields."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
COPIED = ("plugins", "roles", "playbooks", "tools", "tests", "meta", "changelogs", "LICENSES")
FILES = ("SECURITY.md", "README.md", "galaxy.yml", "pyproject.toml", "LICENSE", "REUSE.toml")
BLOCK = re.compile(r"^   ```(\w+)\n(.*?)^   ```$", re.DOTALL | re.MULTILINE)
TESTED = (
    "tests/unit/plugins/modules/test_documentation.py",
    "tests/unit/plugins/module_utils/test_fields.py",
    "tests/unit/plugins/module_utils/test_desired.py",
    "tests/unit/plugins/module_utils/test_info.py",
    "tests/unit/plugins/module_utils/test_export_plans_to_nothing.py",
    "tests/unit/plugins/test_security_page.py",
    "tests/unit/roles/test_members.py",
    "tests/unit/tools/test_generate_docs.py",
)
# Plans and exports the new field in the copy, with the code of the copy.
USE = """
import json
from ansible_collections.portalops.arcgis.plugins.module_utils._model import fields
field = fields.FIELDS_BY_NAME["preferred_view"]
print(json.dumps({
    "specs": [name for name in ("portal_user", "portal_members") if "preferred_view" in fields.member_spec(name)],
    "parsed": field.parse(" Web "),
    "read": field.read({"preferredView": "Web"}),
    "written as": field.update,
}))
"""


def blocks(heading):
    """Return language and text of the blocks below a heading of CONTRIBUTING.md."""
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = re.split(r"\n##+ ", page.partition(f"# {heading}\n")[2])[0]
    return [(language, textwrap.dedent(text)) for language, text in BLOCK.findall(section)]


@pytest.fixture(scope="module")
def steps():
    return blocks("Add a field of members")


# Sends the request of the new field, and asks what rejects it and which operation the sandbox portal has.
USE_REQUEST = """
import json
from types import SimpleNamespace
from ansible_collections.portalops.arcgis.plugins.module_utils._apply.requests import REQUESTS
from ansible_collections.portalops.arcgis.plugins.module_utils._model import fields
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.unsupported import unsupported_fields
from tests.sandbox.operations import load
from tests.sandbox.routing import NAMES
sent = []
request = REQUESTS[fields.FIELDS_BY_NAME["preferred_view"].request]
portal = SimpleNamespace(client=SimpleNamespace(write=lambda *words: sent.append(words)))
job = SimpleNamespace(entries=[SimpleNamespace(name="jane", wanted={"preferred_view": "Web"})])
organization = SimpleNamespace(is_online=False, has_user_types=True, has_categories=True)
load()
print(json.dumps({
    "refused": request.send(portal, job),
    "sent": sent,
    "privileges": request.required_privileges(organization, job),
    "rejected": [str(error) for error in unsupported_fields(["preferred_view"], organization)],
    "sandbox": "setPreferredView" in NAMES,
}))
"""


@pytest.fixture(scope="module")
def copy(steps, tmp_path_factory):
    """A copy of the collection in which the steps were followed."""
    root = tmp_path_factory.mktemp("copy") / "ansible_collections" / "portalops" / "arcgis"
    for name in COPIED:
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy2(ROOT / name, root / name)
    (_python, row), (_yaml, documented), (_shell, command), (_fragment, fragment) = steps
    assert command == "make generate\n"
    insert(
        root / "plugins/module_utils/_model/fields.py", "FIELDS: tuple[Field, ...] = (\n", textwrap.indent(row, "    ")
    )
    with (root / "tools/reference/member_options.yml").open("a", encoding="utf-8") as stream:
        stream.write(documented)
    (root / "changelogs/fragments/42-preferred-view.yml").write_text(fragment, encoding="utf-8")
    run(root, "tools/generate_docs.py")
    return root


def insert(path, mark, added, *, before=False):
    """Insert text after a mark that a file contains once, or before it."""
    text = path.read_text(encoding="utf-8")
    assert text.count(mark) == 1
    path.write_text(text.replace(mark, added + mark if before else mark + added), encoding="utf-8")


def run(root, *words):
    """Run Python in the copy, with the collection of the copy; return what it printed."""
    settings = {**os.environ, "PYTHONPATH": str(root.parents[2]), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, *words], cwd=root, env=settings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    return done.stdout


def test_the_field_reaches_every_stage(copy):
    assert json.loads(run(copy, "-c", USE)) == {
        "specs": ["portal_user", "portal_members"],
        "parsed": "Web",
        "read": "Web",
        "written as": "preferredView",
    }


def test_the_field_is_documented_everywhere(copy):
    fragment = (copy / "plugins/doc_fragments/fields.py").read_text(encoding="utf-8")
    assert fragment.count("preferred_view: &preferred_view") == fragment.count("preferred_view: *preferred_view") == 2
    assert "preferred_view:" in (copy / "roles/members/meta/argument_specs.yml").read_text(encoding="utf-8")
    assert "members_defaults.preferred_view" in (copy / "roles/members/tasks/roster.yml").read_text(encoding="utf-8")
    assert "`preferred_view`" in (copy / "SECURITY.md").read_text(encoding="utf-8")


def test_the_tests_of_fields_pass(copy):
    # The settings of the checkout would find the collection of the checkout.
    settings = (
        (copy / "pyproject.toml").read_text(encoding="utf-8").replace('".build/collections"', f'"{copy.parents[2]}"')
    )
    (copy / "pyproject.toml").write_text(settings, encoding="utf-8")
    printed = run(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *TESTED)
    assert re.search(r"^\d+ passed", printed, re.MULTILINE)


def test_the_changelog_takes_the_fragment(copy):
    sections = yaml.safe_load((copy / "changelogs/config.yaml").read_text(encoding="utf-8"))["sections"]
    fragment = yaml.safe_load((copy / "changelogs/fragments/42-preferred-view.yml").read_text(encoding="utf-8"))
    assert fragment and set(fragment) <= {name for name, _title in sections}


def test_the_new_file_has_a_license(copy):
    reuse = Path(sys.executable).with_name("reuse")
    if not reuse.exists():
        pytest.skip("reuse is not installed with this ansible-core")
    done = subprocess.run(
        [reuse, "lint-file", "changelogs/fragments/42-preferred-view.yml"],
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_field_with_its_own_request_is_sent(tmp_path):
    root = tmp_path / "ansible_collections" / "portalops" / "arcgis"
    for name in ("plugins", "tests"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    texts = [text for _language, text in blocks("Add a field with its own request")]
    request, entry, row, rule, operation = texts
    requests, model = root / "plugins/module_utils/_apply/requests.py", root / "plugins/module_utils/_model/fields.py"
    insert(requests, "REQUESTS: dict[str, Request] = {\n", f"{request}\n\n", before=True)
    insert(requests, "REQUESTS: dict[str, Request] = {\n", entry)
    insert(model, "FIELDS: tuple[Field, ...] = (\n", row)
    insert(root / "plugins/module_utils/_plan/unsupported.py", "    rules = (\n", rule)
    insert(root / "tests/sandbox/operations/accounts.py", "# -- enable and disable", operation, before=True)
    assert json.loads(run(root, "-c", USE_REQUEST)) == {
        "refused": {},
        "sent": [["community/users/jane/setPreferredView", {"view": "Web"}]],
        "privileges": [["set preferred viewers", "portal:admin:updateUsers"]],
        "rejected": ["preferred_view: ArcGIS Enterprise does not have a preferred viewer."],
        "sandbox": True,
    }
