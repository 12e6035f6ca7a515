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
      - URL of the portal, as a browser shows it, for example V(https://example.maps.arcgis.com) or
        V(https://gis.example.com/portal). Required.
      - A page of the portal (V(/home/index.html)) or its REST root (V(/sharing/rest)) can follow. It is ignored.
      - Plain V(http://) is rejected, except for loopback addresses, unless O(allow_http=true).
      - If not set, E(ARCGIS_PORTAL_URL) is used.
    type: str
  portal_username:
    description:
      - Username of the account that signs in, together with O(portal_password). Case-sensitive.
      - The account must be a built-in account without multifactor authentication. For other accounts, use
        O(portal_token) or O(portal_client_id).
      - If the task sets no credentials, E(ARCGIS_PORTAL_USERNAME) is used.
    type: str
  portal_password:
    description:
      - Password of O(portal_username).
      - Each sign-in sends the password once. A sign-in that can have arrived is not repeated, so that a wrong
        password does not lock the account.
      - If the task sets no credentials, E(ARCGIS_PORTAL_PASSWORD) is used.
    type: str
  portal_token:
    description:
      - Token of the portal, used instead of a sign-in.
      - The token is never renewed or replaced. If it expires, the task fails with error code V(token_expired).
      - If the task sets no credentials, E(ARCGIS_PORTAL_TOKEN) is used.
    type: str
  portal_client_id:
    description:
      - Client ID of an OAuth 2.0 application that signs in, together with O(portal_client_secret).
      - The application needs the privileges for the task. ArcGIS Online and ArcGIS Enterprise 11.4 or later can
        assign privileges to applications.
      - If the task sets no credentials, E(ARCGIS_PORTAL_CLIENT_ID) is used.
    type: str
  portal_client_secret:
    description:
      - Client secret of O(portal_client_id).
      - If the task sets no credentials, E(ARCGIS_PORTAL_CLIENT_SECRET) is used.
    type: str
  validate_certs:
    description:
      - Verifies the TLS certificate of the portal.
      - If not set, E(ARCGIS_PORTAL_VALIDATE_CERTS) is used. If neither is set, the default is V(true).
    type: bool
  ca_path:
    description:
      - Path of a file or directory with trusted certificates, for a portal whose certificate a private authority
        signed.
      - If not set, E(ARCGIS_PORTAL_CA_PATH) is used.
    type: path
  allow_http:
    description:
      - Allows plain HTTP to other machines. Passwords and tokens are then sent unencrypted.
    type: bool
    default: false
  timeout:
    description:
      - Seconds to wait for the connection and for each part of a response, from 1 to 3600.
      - A complete response can take at most twice as long.
    type: int
    default: 30
  retries:
    description:
      - Number of times that a request is repeated, from 0 to 20, if the portal is unreachable, has a temporary
        failure, or asks for fewer requests. The pauses grow, and are at least as long as the portal asks for, up to
        60 seconds.
      - A write is repeated only if the portal did not act on it. A sign-in is repeated only if it did not arrive.
    type: int
    default: 4
  parallel:
    description:
      - Maximum number of concurrent requests, from 1 to 32.
    type: int
    default: 4
requirements:
  - requests >= 2.25.0
notes:
  - The credentials are one set. They come from the task, C(module_defaults) included, or from environment variables
    if the task sets none of them. Two kinds in one source, for example a token and a password, fail with error code
    V(invalid_input).
  - After a sign-in is renewed, the signed-in account must be the same.
  - An empty option or environment variable counts as not set.
  - Environment variables are read on the machine where the module runs, which is the control node for a play on
    V(localhost).
  - Tokens and passwords are sent in the body or in a header of a request, never in a URL. They are masked in all
    output.
"""
