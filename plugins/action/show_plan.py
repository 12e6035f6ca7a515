# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controller side of show_plan, which is all of it: prints a plan or a result through Ansible's own display."""

from __future__ import annotations

import os
from typing import Any

from ansible import constants as C
from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils import color

from ansible_collections.portalops.arcgis.plugins.plugin_utils._plain import plain
from ansible_collections.portalops.arcgis.plugins.plugin_utils._plan_text import (
    Line,
    Segment,
    headline,
    is_blocked,
    plain_text,
    styled_lines,
)

#: Ansible setting of the color of each style of a line.
COLORS = {
    "created": "COLOR_DIFF_ADD",
    "changed": "COLOR_CHANGED",
    "disabled": "COLOR_WARN",
    "removed": "COLOR_DIFF_REMOVE",
    "failed": "COLOR_ERROR",
    "unknown": "COLOR_WARN",
    "skipped": "COLOR_SKIP",
    "unchanged": "COLOR_OK",
    "warning": "COLOR_WARN",
}
#: Smallest and largest width that lines are wrapped at, in terminal columns.
MIN_WIDTH = 60
MAX_WIDTH = 160
#: Callbacks that write JSON to standard output, where other text would break it.
JSON_CALLBACKS = ("json", "jsonl")

#: Keys of a result that are shown.
KEYS = (
    "changed",
    "members",
    "groups",
    "summary",
    "plan_checksum",
    "diff",
    "api_calls",
    "unmanaged",
    "error",
    "uncertain",
)

ARGUMENTS = {
    "result": {"type": "dict", "required": True},
    "check": {"type": "bool"},
    "limit": {"type": "int", "default": 200},
    "files": {"type": "list", "elements": "str", "default": []},
    "hint": {"type": "str", "default": ""},
}


class ActionModule(ActionBase):
    """One task that shows the result of another task."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_diff = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Print the plan and return its headline. Never fails because of what the plan contains."""
        answer: dict[str, Any] = super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec(argument_spec=ARGUMENTS)
        result = {name: plain(options["result"][name]) for name in KEYS if name in options["result"]}
        if not isinstance(result.get("members"), list) or not isinstance(result.get("summary"), dict):
            raise AnsibleActionFail(
                "result must be the registered result of a portalops.arcgis module that changes members."
            )
        check = self._task.check_mode if options["check"] is None else options["check"]
        if not self._task.no_log:
            files, hint = plain(options["files"]), plain(options["hint"])
            width = _width(self._display.columns)
            lines = styled_lines(result, check, options["limit"], width, files, hint)
            self._show(_with_host(lines, task_vars or {}))
        answer.update(changed=False, headline=headline(result, check), blocked=is_blocked(result))
        return answer

    def _show(self, lines: list[Line]) -> None:
        """Print all lines in one call, because other hosts print at the same time."""
        text = "\n".join(map(plain_text, lines))
        stderr = C.DEFAULT_STDOUT_CALLBACK.rpartition(".")[2] in JSON_CALLBACKS
        if not color.ANSIBLE_COLOR:
            self._display.display(text, stderr=stderr)
            return
        colored = "\n".join("".join(map(_colored, line)) for line in lines)
        self._display.display(colored, stderr=stderr, screen_only=True)
        self._display.display(text, log_only=True)


def _colored(segment: Segment) -> str:
    setting = COLORS.get(segment.style)
    return str(color.stringc(segment.text, getattr(C, setting))) if setting and segment.text.strip() else segment.text


def _with_host(lines: list[Line], task_vars: dict[str, Any]) -> list[Line]:
    """Put the name of the host in front if the play has several hosts."""
    if len(task_vars.get("ansible_play_hosts_all") or ()) < 2:
        return lines
    return [[Segment(f"[{plain(task_vars['inventory_hostname'])}]")], *lines]


def _width(columns: int) -> int:
    """Return the columns to use: those of COLUMNS, or of the terminal as Ansible knows it. Pipes count as 79."""
    told = os.environ.get("COLUMNS", "")
    return min(max(int(told) if told.isdecimal() and int(told) else columns, MIN_WIDTH), MAX_WIDTH)
