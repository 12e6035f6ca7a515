# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change in any release.

"""Documents as pages: templates of Jinja2 in an environment of their own, which escapes whatever it is given."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import unicodedata

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_environment
from markupsafe import Markup, escape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_SHOWN = 1000
"""So many characters of one value are shown; JSON has the whole of it."""

# What a reader does not see, or what turns the direction of the text around it.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffc]"
)
_TICKS = re.compile("`+")


def render(document: dict[str, Any], template: str) -> str:
    """The page of a document; C(template) is the path of an HTML or a Markdown template."""
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
        source=source,
        digest=digest,
    )
    return environment.get_template(name).render(document=document)


# -- filters of the templates --------------------------------------------------------------------------------------


@pass_environment
def source(environment: Environment, name: str) -> Markup:
    """The text of a file beside the template, as it is: style and script of a page."""
    text, _path, _fresh = environment.loader.get_source(environment, name)  # type: ignore[union-attr]
    return Markup(text)


def digest(text: str) -> str:
    """The checksum by which a page's policy admits a style or a script, and nothing else."""
    return "sha256-" + base64.b64encode(hashlib.sha256(str(text).encode()).digest()).decode()


def visible(value: Any) -> Markup:
    """Text for HTML: escaped, not too long, and with characters shown that would otherwise hide or turn it around."""
    text, more = _cut(str(value))
    found = Markup("")
    at = 0
    for match in _INVISIBLE.finditer(text):
        found += escape(text[at : match.start()])
        found += Markup('<span class="mark" title="{}">{}</span>').format(*_named(match.group()))
        at = match.end()
    return found + escape(text[at:] + more)


def plain_visible(value: Any) -> str:
    """Text without markup: not too long, and with characters named that would otherwise hide or turn it around."""
    text, more = _cut(str(value))
    return _INVISIBLE.sub(lambda match: f"[{_named(match.group())[1]}]", text) + more


def _named(character: str) -> tuple[str, str]:
    number = f"U+{ord(character):04X}"
    return unicodedata.name(character, number).capitalize(), number


def _cut(text: str) -> tuple[str, str]:
    more = len(text) - MAX_SHOWN
    return (text, "") if more <= 0 else (text[:MAX_SHOWN], f" … and {more:,} characters more")


def code(value: Any) -> str:
    """Text for a cell of a Markdown table, in which nothing is taken for markup, for a name to notify or for a link."""
    text = plain_visible(value).replace("\r", "").replace("\n", " ⏎ ").replace("\t", " ").replace("|", "\\|")
    if not text.strip():
        return "*(empty)*"
    fence = "`" * (max((len(run) for run in _TICKS.findall(text)), default=0) + 1)
    edge = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{edge}{text}{edge}{fence}"


def amount(value: Any) -> str:
    """A number for people: with groups of thousands, and decimals only if it has some."""
    number = float(value)
    return f"{number:,.0f}" if number.is_integer() else f"{number:,.1f}"


def label(value: str) -> str:
    """A field's name for people."""
    return {"state": "Account", "idp_username": "Identity provider name"}.get(
        value, value.replace("_", " ").capitalize()
    )
