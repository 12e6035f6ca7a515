# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a reader of the report sees, on a screen, on a phone and on paper."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from ansible_collections.portalops.arcgis.plugins.plugin_utils._page import render
from tests.browser.conftest import HOSTILE, LONG, ROOT, Screen, report
from tests.sandbox.runner import Sandbox

TEMPLATE = str(ROOT / "roles/members_report/templates/report.html.j2")

# The lowest contrast of any text against what is painted behind it, and where it is.
CONTRAST = """() => {
  const parse = (text) => { const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number); return [r, g, b, a]; };
  const light = ([r, g, b]) => {
    const part = (v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const behind = (element) => {
    for (; element; element = element.parentElement) {
      const colour = parse(getComputedStyle(element).backgroundColor);
      if (colour[3] > 0) return colour;
    }
    return [255, 255, 255, 1];
  };
  let worst = [99, ''];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const style = getComputedStyle(element);
    const hidden = !walker.currentNode.data.trim() || !element.checkVisibility({ opacityProperty: true })
      || element.closest('.unseen, script, style, option');
    if (hidden) continue;
    const [a, b] = [light(parse(style.color)), light(behind(element))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < worst[0]) worst = [ratio, element.outerHTML.slice(0, 200)];
  }
  return worst;
}"""


def document(page: Path) -> dict[str, Any]:
    return dict(json.loads(page.with_suffix(".json").read_text(encoding="utf-8")))


def shown_actions(page: Page) -> list[str]:
    bodies = page.locator("#changes tbody:visible")
    return [body.get_attribute("data-action") or "" for body in bodies.all()]


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_the_page_tells_what_the_plan_does(plan: Path, open_page: Any) -> None:
    screen: Screen = open_page(plan)
    page, facts = screen.page, document(plan)
    expect(page.get_by_role("heading", level=1)).to_have_text("Sandbox County")
    expect(page.locator("#status")).to_have_text(f"{len(facts['members'])} members would change.")
    for action in ("created", "changed", "disabled", "removed"):
        assert facts["counts"][action] > 0
        expect(page.locator(f".tiles .{action} b")).to_have_text(str(facts["counts"][action]))
    assert len(shown_actions(page)) == len(facts["members"])
    expect(page.locator("#shown")).to_have_text(f"{len(facts['members'])} shown")
    assert fits(page)
    screen.shot("plan")


def test_charts_show_the_numbers_of_the_document(plan: Path, open_page: Any) -> None:
    page, facts = open_page(plan).page, document(plan)
    for name, rows in (("Members by role", "roles"), ("User types and seats", "seats")):
        table = page.get_by_role("table", name=name)
        assert len(table.get_by_role("rowheader").all()) == len(facts[rows])
    seat = facts["seats"][0]
    row = page.get_by_role("table", name="User types and seats").get_by_role("row").nth(1)
    expect(row).to_contain_text(f"of {seat['seats']}")
    filled = row.locator("svg rect.fill, svg rect.full").first
    whole = max(seat["seats"], seat["used"], seat["after"])
    share = 100 * min(seat["used"], seat["after"]) / whole
    assert float(filled.get_attribute("width")) == pytest.approx(share, abs=0.01)
    credits_left = round(facts["credits"]["available"])
    expect(page.locator(".pool")).to_contain_text(f"{credits_left:,}")
    most = facts["roles"][0]
    first = page.get_by_role("table", name="Members by role").get_by_role("row").nth(1)
    expect(first).to_contain_text(f"{most['members']} → {most['after']}")


def test_the_filter_narrows_and_widens(plan: Path, open_page: Any) -> None:
    screen: Screen = open_page(plan)
    page, facts = screen.page, document(plan)
    total = len(facts["members"])
    removed = page.get_by_role("button", name=re.compile("remove"))
    removed.click()
    expect(removed).to_have_attribute("aria-pressed", "true")
    assert set(shown_actions(page)) == {"removed"}
    expect(page.locator("#shown")).to_have_text(f"{facts['counts']['removed']} of {total} shown")
    screen.shot("filtered")
    page.get_by_role("button", name=re.compile("disable")).click()
    assert set(shown_actions(page)) == {"removed", "disabled"}
    page.get_by_role("button", name="Clear filters").click()
    assert len(shown_actions(page)) == total

    page.get_by_label("Find a member or value").fill("NEW_person viewer")
    expect(page.locator("#changes tbody:visible th").first).to_have_text("new_person")
    assert shown_actions(page) == ["created"]
    page.keyboard.press("Escape")
    assert len(shown_actions(page)) == total

    page.locator("#field").select_option(label="Role")
    fields = page.locator("#changes tbody tr:visible .field").all_inner_texts()
    assert set(fields) == {"Role"}
    expect(page.locator("#changes tbody tr:visible").first).to_have_class("first")
    assert screen.troubles == []


def test_the_filter_works_by_keyboard(plan: Path, open_page: Any) -> None:
    page = open_page(plan).page
    page.get_by_label("Find a member or value").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert len(set(shown_actions(page))) == 1


def test_nothing_breaks_out_of_its_cell(plan: Path, open_page: Any) -> None:
    screen: Screen = open_page(plan)
    page = screen.page
    expect(page.get_by_text(HOSTILE)).to_be_visible()
    expect(page.get_by_text(LONG.strip())).to_be_visible()
    assert page.title() == "Member plan: Sandbox County"
    assert page.locator("script").count() == 1
    assert page.locator("img").count() == 0
    expect(page.locator(".mark", has_text="U+202E").first).to_be_visible()
    expect(page.locator(".value", has_text="line one")).to_have_text("line one\nline two", use_inner_text=True)
    expect(page.locator("li.in", has_text="<b>bold</b>").first).to_be_visible()
    assert screen.troubles == []


def test_nothing_is_loaded_and_nothing_is_sent(plan: Path, open_page: Any) -> None:
    screen: Screen = open_page(plan)
    screen.page.get_by_label("Find a member or value").fill("x")
    assert [url for url in screen.requests if not url.startswith(("file:", "data:"))] == []
    assert screen.troubles == []


def test_the_policy_of_the_page_refuses_other_scripts(plan: Path, open_page: Any, tmp_path: Path) -> None:
    page = tmp_path / "tampered.html"
    text = plan.read_text(encoding="utf-8").replace("</main>", "<script>document.title = 'broken'</script></main>")
    page.write_text(text, encoding="utf-8")
    screen: Screen = open_page(page)
    assert screen.page.title() != "broken"
    assert any("Content Security Policy" in trouble for trouble in screen.troubles)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_text_can_be_read(plan: Path, open_page: Any, scheme: str, width: int) -> None:
    screen: Screen = open_page(plan, width=width, scheme=scheme)
    screen.page.get_by_role("button", name=re.compile("change")).click()
    ratio, where = screen.page.evaluate(CONTRAST)
    assert ratio >= 4.5, where
    screen.shot(f"{scheme}-{width}")


@pytest.mark.parametrize("width", [320, 390, 768])
def test_a_phone_shows_all_of_it(plan: Path, open_page: Any, width: int) -> None:
    screen: Screen = open_page(plan, width=width)
    page = screen.page
    assert fits(page)
    expect(page.locator("#changes tbody").first.locator("td.after").first).to_be_visible()
    for button in page.locator("#tools button, #tools input, #tools select").all():
        assert button.bounding_box()["height"] >= 44
    sizes = page.evaluate(
        "[...document.querySelectorAll('td, th, p')].map((e) => parseFloat(getComputedStyle(e).fontSize))"
    )
    assert min(sizes) >= 13
    page.get_by_role("button", name=re.compile("create")).click()
    assert shown_actions(page) == ["created"]
    # The table remains one for who listens to it.
    assert page.get_by_role("table").last.get_by_role("rowheader").count() > 0
    screen.shot(f"phone-{width}")


def test_paper_has_everything_but_the_tools(plan: Path, open_page: Any) -> None:
    screen: Screen = open_page(plan, scheme="dark")
    page = screen.page
    pdf = page.pdf(format="A4", print_background=True)
    assert len(re.findall(rb"/Type\s*/Page[^s]", pdf)) >= 2
    page.emulate_media(media="print")
    expect(page.locator("#tools")).to_be_hidden()
    expect(page.locator("#changes thead")).to_be_visible()
    ratio, where = page.evaluate(CONTRAST)
    assert ratio >= 4.5, where
    white = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert white == "rgb(255, 255, 255)"
    screen.shot("paper")


def test_without_scripts_the_whole_table_is_there(plan: Path, open_page: Any) -> None:
    screen: Screen = open_page(plan, javascript=False)
    expect(screen.page.locator("#tools")).to_be_hidden()
    assert screen.page.locator("#changes tbody:visible").count() == len(document(plan)["members"])


def test_headings_go_down_one_step_at_a_time(plan: Path, open_page: Any) -> None:
    page = open_page(plan).page
    levels = page.evaluate("[...document.querySelectorAll('h1, h2, h3')].map((e) => Number(e.tagName[1]))")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(levels, levels[1:]))
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((e) => e.id)")
    assert len(ids) == len(set(ids))


def test_a_blocked_plan_says_why(
    portal: Sandbox, members: list[dict[str, Any]], tmp_path: Path, open_page: Any
) -> None:
    full = {
        "first_name": "Not",
        "last_name": "Enough",
        "email": "x@example.com",
        "user_type": "viewerUT",
        "role": "Viewer",
    }
    crowd = [{"username": f"crowd_{number}", **full} for number in range(40)]
    page = report(portal, tmp_path, members_report_roster=[*members, *crowd])
    screen: Screen = open_page(page)
    expect(screen.page.locator("#status")).to_have_text(re.compile(r"The plan is blocked by \d+ problems?\."))
    expect(screen.page.get_by_role("region", name="Problems")).to_contain_text("viewerUT")
    assert document(page)["status"]["word"] == "blocked"
    screen.shot("blocked")


def test_an_organization_in_sync_says_so(
    portal: Sandbox, members: list[dict[str, Any]], tmp_path: Path, open_page: Any
) -> None:
    page = report(portal, tmp_path, members_report_roster=members, members_report_kind="drift")
    screen: Screen = open_page(page)
    expect(screen.page.locator("#status")).to_have_text("No changes. The organization matches the roster.")
    assert screen.page.locator("#changes").count() == 0
    assert screen.troubles == []


@pytest.mark.parametrize("product", ["enterprise", "enterprise-10.6"])
def test_an_enterprise_portal_has_no_credits_and_may_have_levels(product: str, tmp_path: Path, open_page: Any) -> None:
    with Sandbox(product=product, members=30) as enterprise:
        page = report(enterprise, tmp_path)
    screen: Screen = open_page(page)
    expect(screen.page.locator(".eyebrow")).to_have_text("Member inventory")
    assert screen.page.get_by_text("Credits allocated").count() == 0
    seats = "Levels and seats" if product == "enterprise-10.6" else "User types and seats"
    expect(screen.page.get_by_role("heading", name=seats)).to_be_visible()
    assert fits(screen.page)
    screen.shot(product)


def test_ten_thousand_changes_are_filtered_at_once(plan: Path, open_page: Any, tmp_path: Path) -> None:
    facts = document(plan)
    entry = next(entry for entry in facts["members"] if entry["action"] == "changed")
    facts["members"] = [{**entry, "username": f"member_{number}"} for number in range(10_000)]
    path = tmp_path / "many.html"
    path.write_text(render(facts, TEMPLATE), encoding="utf-8")
    page = open_page(path).page
    began = time.monotonic()
    page.get_by_label("Find a member or value").fill("member_4321")
    expect(page.locator("#shown")).to_have_text("1 of 10000 shown")
    assert time.monotonic() - began < 5
