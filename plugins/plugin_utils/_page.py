# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. It can change in any release.

"""Pages of report data: Jinja2 templates in a separate environment that escapes all values."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import unicodedata
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_environment
from markupsafe import Markup, escape

from ansible_collections.portalops.arcgis.plugins.plugin_utils._plan_text import ACTIONS

MAX_SHOWN = 1000
"""Characters of one value that a page shows. JSON has the whole value."""

# Characters that a reader does not see, or that change the direction of the text around them.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffc]"
)
_TICKS = re.compile("`+")


def render(document: dict[str, Any], template: str) -> str:
    """Return the page of a document. ``template`` is the path of an HTML or a Markdown template."""
    folder, name = os.path.split(template)
    environment = Environment(
        loader=FileSystemLoader(folder or "."),
        autoescape=name.endswith((".html", ".html.j2")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        visible=visible,
        plain_visible=plain_visible,
        code=code,
        amount=amount,
        label=label,
        action_word=action_word,
        source=source,
        digest=digest,
    )
    return environment.get_template(name).render(document=document)


# -- filters of the templates --------------------------------------------------------------------------------------


@pass_environment
def source(environment: Environment, name: str) -> Markup:
    """Return the unescaped text of a file beside the template: style and script of a page."""
    text, _path, _fresh = environment.loader.get_source(environment, name)  # type: ignore[union-attr]
    return Markup(text)


def digest(text: str) -> str:
    """Return the checksum with which the policy of a page admits exactly this style or script."""
    return "sha256-" + base64.b64encode(hashlib.sha256(str(text).encode()).digest()).decode()


def visible(value: Any) -> Markup:
    """Return text for HTML: escaped, shortened, with marks for characters that hide text or change its direction."""
    text, more = _cut(str(value))
    found = Markup("")
    at = 0
    for match in _INVISIBLE.finditer(text):
        found += escape(text[at : match.start()])
        found += Markup('<span class="mark" title="{}">{}</span>').format(*_named(match.group()))
        at = match.end()
    return found + escape(text[at:] + more)


def plain_visible(value: Any) -> str:
    """Return text without markup: shortened, and with names for characters that hide text or change its direction."""
    text, more = _cut(str(value))
    return _INVISIBLE.sub(lambda match: f"[{_named(match.group())[1]}]", text) + more


def _named(character: str) -> tuple[str, str]:
    number = f"U+{ord(character):04X}"
    return unicodedata.name(character, number).capitalize(), number


def _cut(text: str) -> tuple[str, str]:
    more = len(text) - MAX_SHOWN
    return (text, "") if more <= 0 else (text[:MAX_SHOWN], f" … and {more:,} characters more")


def code(value: Any) -> str:
    """Return text for a Markdown table cell that contains no markup, no mention, and no link."""
    text = plain_visible(value).replace("\r", "").replace("\n", " ⏎ ").replace("\t", " ").replace("|", "\\|")
    if not text.strip():
        return "*(empty)*"
    fence = "`" * (max((len(run) for run in _TICKS.findall(text)), default=0) + 1)
    edge = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{edge}{text}{edge}{fence}"


def amount(value: Any) -> str:
    """Return a number with groups of thousands, and with one decimal only if it has decimals."""
    number = float(value)
    return f"{number:,.0f}" if number.is_integer() else f"{number:,.1f}"


def label(value: str) -> str:
    """Return the label of a field."""
    return {"state": "Account", "idp_username": "Identity provider name", "add_ons": "Add-on licenses"}.get(
        value, value.replace("_", " ").capitalize()
    )


def action_word(action: str, kind: str) -> str:
    """Return the word for an action: a verb in a plan, a participle in a result."""
    _sign, verb, participle = ACTIONS[action]
    if kind == "applied":
        return participle
    return "not applied" if action == "skipped" else verb
