# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""AnsibleModule, but for what it says when it refuses its options: an error with a code, and no secret in it."""

from __future__ import annotations

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import InputError
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import MIN_SECRET
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.responses import (
    SHORTEST_SECRET,
    scrub,
    secrets_in,
)

_REMEDY = "correct the options of the task: the documentation of the module lists them"


class Module(AnsibleModule):  # type: ignore[misc]
    """An AnsibleModule that knows its secrets also when it gives up before it has looked for them.

    A list of members that holds anything but mappings ends the search for secrets before the first one is noted: the
    result would show the password of the connection among the arguments (ansible-core 2.16 to 2.20).
    """

    _options_checked = False

    def __init__(self, **arguments: t.Any) -> None:
        super().__init__(**arguments)
        self._options_checked = True

    def fail_json(self, msg: t.Any, **details: t.Any) -> t.NoReturn:
        """End as a failure; before the options are checked with ``error`` and without the arguments."""
        short = {secret for secret in self.no_log_values if len(secret) < MIN_SECRET}
        if short:
            # They are what the task is refused for. Masked, they would leave nothing of the message that says so.
            self.no_log_values -= short
            details["invocation"] = {"module_args": {}}
        if not self._options_checked:
            secrets = {secret for secret in secrets_in(self.params) if len(secret) >= SHORTEST_SECRET}
            self.no_log_values.update(secrets)
            error = InputError(scrub(str(msg), secrets), remedy=_REMEDY)
            refusal = error.fail_args()
            msg = refusal.pop("msg")
            details.update(refusal, changed=False, api_calls={"read": 0, "write": 0}, invocation={"module_args": {}})
        super().fail_json(msg=msg, **details)
        raise SystemExit(1)
