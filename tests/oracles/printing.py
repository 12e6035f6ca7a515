# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Oracle of what can be printed: no secret, in no form, whatever happens.

From SECURITY.md (*Secrets*), guide_trust (*Secrets appear nowhere*), and design.md (*Quality gates*).
"""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote, quote_plus


def forms(secret: str) -> set[str]:
    """Return a secret as it is, and as common encodings and quotings show it."""
    data = secret.encode()
    found = {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1]}
    found |= {quote(secret, safe=""), quote_plus(secret), html.escape(secret), secret.replace("'", "''")}
    found |= {data.hex(), base64.b64encode(data).decode().rstrip("=")}
    # Base64 of a text that contains the secret at another offset.
    found |= {base64.b64encode(b"x" * shift + data).decode().rstrip("=")[4:-4] for shift in (1, 2)}
    return {form for form in found if len(form) >= 8}


def leaks(text: str, secrets: list[str]) -> list[str]:
    """Return each secret that occurs in the text, in any form or in another case."""
    folded = text.casefold()
    return [secret for secret in secrets if any(form.casefold() in folded for form in forms(secret))]
