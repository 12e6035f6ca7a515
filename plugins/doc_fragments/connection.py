# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The connection options of every module."""

from __future__ import annotations


class ModuleDocFragment:
    """How a module finds the portal and signs in."""

    DOCUMENTATION = r"""
options:
  portal_url:
    description:
      - Address of the organization's portal, as a browser shows it, for example
        V(https://example.maps.arcgis.com) or V(https://gis.example.com/portal).
      - A page below it (V(/home/index.html)) or its REST root (V(/sharing/rest)) may follow; it is cut off.
      - Plain V(http://) is refused except to a loopback address, unless O(allow_http=true).
      - If it is not set, E(ARCGIS_PORTAL_URL) is used. One of the two is needed.
    type: str
  portal_username:
    description:
      - Name of the built-in account that signs in, in its exact spelling. The portal compares it with regard
        to case here.
      - An account that signs in through SAML or OpenID Connect, or that needs a second factor, cannot be
        used. Use O(portal_client_id) or O(portal_token) then.
      - If it is not set, E(ARCGIS_PORTAL_USERNAME) is used.
    type: str
  portal_password:
    description:
      - Password of O(portal_username).
      - A refused password is never tried again, so that the portal's lock-out is not fed.
      - If it is not set, E(ARCGIS_PORTAL_PASSWORD) is used.
    type: str
  portal_token:
    description:
      - A token of the portal that somebody else has asked for, used instead of signing in.
      - It cannot be renewed. When it expires during the run, the task fails with error code V(token_expired).
      - If it is not set, E(ARCGIS_PORTAL_TOKEN) is used.
    type: str
  portal_client_id:
    description:
      - Client id of an OAuth 2.0 application that signs in by its own credentials, together with
        O(portal_client_secret).
      - The application needs the privileges that the task needs. ArcGIS Online and ArcGIS Enterprise 11.4 or
        later can grant them.
      - If it is not set, E(ARCGIS_PORTAL_CLIENT_ID) is used.
    type: str
  portal_client_secret:
    description:
      - Client secret of O(portal_client_id).
      - If it is not set, E(ARCGIS_PORTAL_CLIENT_SECRET) is used.
    type: str
  validate_certs:
    description:
      - Whether the TLS certificate of the portal is verified.
      - If it is not set, E(ARCGIS_PORTAL_VALIDATE_CERTS) is used, and V(true) if that is not set either.
    type: bool
  ca_path:
    description:
      - File or directory with the certificate authorities to trust, for a portal whose certificate a private
        authority signed.
      - If it is not set, E(ARCGIS_PORTAL_CA_PATH) is used.
    type: path
  allow_http:
    description:
      - Allows plain HTTP to another machine. Passwords and tokens then travel readable.
    type: bool
    default: false
  timeout:
    description:
      - Seconds to wait for the portal's answer to one request, from 1 to 3600.
    type: int
    default: 30
  retries:
    description:
      - How often a request is repeated, from 0 to 20, when the portal asks to come back later or is out of
        reach.
      - A write is repeated only when repeating cannot harm. A creation is never repeated blindly.
    type: int
    default: 4
  parallel:
    description:
      - How many requests may be under way at once, from 1 to 32.
    type: int
    default: 4
requirements:
  - requests >= 2.25.0
notes:
  - An environment variable that is empty counts as not set.
  - Environment variables are read where the module runs, which is the control node for a play on
    V(localhost).
  - Tokens and passwords travel in the body or a header of a request, never in an address, and are masked in
    all output.
"""
