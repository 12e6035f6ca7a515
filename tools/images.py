# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of the documentation, made from the demo: the plan on the terminal and the report of the plan.

Usage (inside with.sh, in the checkout): python -m tools.images
"""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from tests.sandbox.runner import Sandbox
from tools.demo import MEMBERS, ROOT, Demo, write_roster

TARGET = ROOT / "docs/images"
COMMAND = ("ansible-playbook", "portalops.arcgis.plan", "-e", "members_src=roster.yml")
#: Address and date in the pictures, so that two runs make the same pictures.
PORT = 8089
AS_OF = "2026-11-22"
#: Width and largest height of the report, in CSS pixels.
REPORT_SIZE = (1200, 1500)
#: Physical pixels for each CSS pixel of the terminal.
TERMINAL_SCALE = 1.5

# Colors of a dark terminal with a contrast of 4.5 or better. Order: the 8 colors of ANSI, then the 8 bright ones.
THEME = TerminalTheme(
    (22, 27, 34),
    (230, 237, 243),
    [
        (72, 79, 88), (255, 123, 114), (63, 185, 80), (227, 179, 65),
        (121, 192, 255), (210, 168, 255), (86, 212, 221), (177, 186, 196),
    ],
    [
        (110, 118, 129), (255, 161, 152), (86, 211, 100), (242, 204, 96),
        (165, 214, 255), (226, 197, 255), (179, 240, 255), (255, 255, 255),
    ],
)  # fmt: skip

PAGE = """<!DOCTYPE html>
<meta charset="utf-8">
<style>
body {{ margin: 0; background: transparent; display: inline-block; }}
.window {{ display: inline-block; background: {background}; color: {foreground}; border-radius: 10px; }}
.bar {{ padding: 12px 16px 0; line-height: 0; }}
.bar i {{ display: inline-block; width: 12px; height: 12px; margin-right: 7px; border-radius: 50%; }}
.bar i {{ background: #484f58; }}
pre {{ margin: 0; padding: 10px 24px 22px; font: 14px/20px "DejaVu Sans Mono", "Liberation Mono", monospace; }}
</style>
<div class="window"><div class="bar"><i></i><i></i><i></i></div><pre>{code}</pre></div>
"""


def terminal_page(command: str, lines: list[str]) -> str:
    """Return an HTML page that shows a command and its colored output as a terminal does."""
    console = Console(record=True, width=200, file=io.StringIO(), color_system="truecolor", force_terminal=True)
    console.print(Text.from_ansi("\n".join([f"$ {command}", "", *lines])))
    return console.export_html(theme=THEME, inline_styles=True, code_format=PAGE)


def demo_plan(demo: Demo) -> list[str]:
    """Make the plan of the demo and return its colored lines."""
    os.environ["DEMO_COLOR"] = "1"
    with contextlib.redirect_stdout(io.StringIO()):
        write_roster(demo)
        demo.playbook(*COMMAND[1:])
    return demo.shown


def demo_report(demo: Demo) -> Path:
    """Write the report of the demo's roster and return its path."""
    options = {"src": "roster.yml", "html": "report.html", "as_of": AS_OF}
    words = [part for name, value in options.items() for part in ("-e", f"members_report_{name}={value}")]
    with contextlib.redirect_stdout(io.StringIO()):
        demo.run("ansible-playbook", "portalops.arcgis.report", *words)
    return demo.folder / "report.html"


def take(browser: Browser, lines: list[str], report: Path) -> None:
    """Take both pictures."""
    page = browser.new_page(device_scale_factor=TERMINAL_SCALE)
    page.set_content(terminal_page(" ".join(COMMAND), lines))
    page.locator(".window").screenshot(path=TARGET / "plan.png", omit_background=True)
    width, height = REPORT_SIZE
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme="light")
    page.goto(report.as_uri())
    page.screenshot(path=TARGET / "report.png")


def main() -> int:
    TARGET.mkdir(parents=True, exist_ok=True)
    chromium = subprocess.run(["sh", "tests/browser/chromium.sh"], capture_output=True, text=True, cwd=ROOT, check=True)
    with Sandbox("online", members=MEMBERS, port=PORT) as portal:
        demo = Demo("online", portal, ROOT / ".build/demo/images")
        demo.folder.mkdir(parents=True, exist_ok=True)
        lines = demo_plan(demo)
        report = demo_report(demo)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium.stdout.strip())
            take(browser, lines, report)
            browser.close()
    for name in ("plan.png", "report.png"):
        print(f"{(TARGET / name).relative_to(ROOT)}: {(TARGET / name).stat().st_size // 1024} KiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
