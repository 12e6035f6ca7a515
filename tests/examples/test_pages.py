# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every block of README.md, of the roles and of the guides is executed, or stands in exceptions.yml with a reason."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from .blocks import Block, blocks, pages
from .stage import DISK, HERE, ExampleFailed, Stage, seeded

EXCEPTIONS: list[dict[str, str]] = yaml.safe_load((HERE / "exceptions.yml").read_text(encoding="utf-8"))["exceptions"]
STAGES: dict[str, Any] = yaml.safe_load((HERE / "stages.yml").read_text(encoding="utf-8"))


def exceptions_of(block: Block) -> list[dict[str, str]]:
    """A block is known by the start of its first line, or with all others of its page by their language."""
    return [
        each
        for each in EXCEPTIONS
        if each["page"] == block.page
        and each.get("language", block.language) == block.language
        and block.first_line.startswith(each.get("starts", ""))
    ]


def shell_syntax(text: str) -> None:
    commands = "\n".join(line.removeprefix("$ ") for line in text.splitlines())
    done = subprocess.run(["bash", "-n"], input=commands, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ExampleFailed(done.stderr)


READERS: dict[str, Callable[[str], Any]] = {
    "yaml": lambda text: list(yaml.safe_load_all(text)),
    "yaml+jinja": lambda text: list(yaml.safe_load_all(text)),
    "json": json.loads,
    "python": ast.parse,
    "shell": shell_syntax,
    "sh": shell_syntax,
    "bash": shell_syntax,
}
"""What still reads a block that is not executed: it is of its language at least."""


@pytest.mark.timeout(900)
@pytest.mark.parametrize("page", pages())
def test_page(page: str) -> None:
    found = blocks(page)
    folder = Path(tempfile.mkdtemp(prefix="examples-", dir=DISK))
    options = {"product": "online", **STAGES.get(page, {})}
    try:
        with seeded(**options) as portal:
            with Stage(folder, portal) as stage:
                for number, block in enumerate(found):
                    play(stage, block, "\n".join(other.text for other in found[number + 1 :]))
            assert portal.trouble() == ""
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def play(stage: Stage, block: Block, later: str) -> None:
    try:
        for exception in exceptions_of(block):
            READERS.get(block.language.lower(), str)(block.text)
            if "instead" in exception:
                stage.run(exception["instead"])
            return
        stage.play(block, later)
    except ExampleFailed as error:
        pytest.fail(f"{block.place}: {error}", pytrace=False)


def test_every_exception_is_about_a_block_and_has_a_reason() -> None:
    for exception in EXCEPTIONS:
        about = [block for block in blocks(exception["page"]) if exception in exceptions_of(block)]
        assert len(about) == 1 or (about and "language" in exception), exception
        assert exception["reason"].strip()


def test_every_stage_is_of_a_page() -> None:
    assert set(STAGES) <= set(pages())
