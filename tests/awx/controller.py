# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A controller in memory: as much of AWX's interface as the modules of awx.awx use to set one up."""

from __future__ import annotations

import itertools
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.awx.rules import credential_type_faults, survey_faults

RESOURCES = (
    "organizations", "credential_types", "projects", "inventories", "hosts", "job_templates", "workflow_job_templates",
    "workflow_job_template_nodes", "workflow_approval_templates", "schedules", "unified_job_templates",
    "execution_environments", "credentials", "labels", "instance_groups",
)  # fmt: skip
RELATED = (
    "survey_spec",
    "credentials",
    "labels",
    "instance_groups",
    "workflow_nodes",
    "success_nodes",
    "failure_nodes",
    "always_nodes",
    "create_approval_template",
    "notification_templates_success",
    "notification_templates_error",
    "notification_templates_started",
    "notification_templates_approvals",
)
TEMPLATES = ("job_templates", "workflow_job_templates", "projects", "workflow_approval_templates")
KINDS = {
    "job_templates": "job_template",
    "workflow_job_templates": "workflow_job_template",
    "projects": "project",
    "workflow_approval_templates": "workflow_approval_template",
}


class Controller:
    """State and rules. C(writes) are the requests that changed something, in their order."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[int, dict[str, Any]]] = {name: {} for name in RESOURCES}
        self.surveys: dict[tuple[str, int], dict[str, Any]] = {}
        self.links: dict[tuple[str, int, str], list[int]] = {}
        self.writes: list[tuple[str, str]] = []
        self.refused: list[str] = []
        self._ids = itertools.count(1)
        self.create("organizations", {"name": "Default"})
        self.writes.clear()

    def create(self, resource: str, data: dict[str, Any]) -> dict[str, Any]:
        number = next(self._ids)
        # A project has been fetched by the time a client asks.
        fetched = {"scm_revision": "1" * 40, "status": "successful"} if resource == "projects" else {}
        url = f"/api/v2/{resource}/{number}/"
        row = {**fetched, **data, "id": number, "type": KINDS.get(resource, resource.rstrip("s")), "url": url}
        row["related"] = {name: f"{url}{name}/" for name in RELATED}
        row["summary_fields"] = {}
        self.rows[resource][number] = row
        self.writes.append(("POST", resource))
        return row

    def faults(self, resource: str, data: dict[str, Any]) -> list[str]:
        """What the controller refuses of a row."""
        if resource == "credential_types":
            return credential_type_faults(data.get("kind", ""), data.get("inputs") or {}, data.get("injectors") or {})
        return []

    def listed(self, resource: str, query: dict[str, str]) -> list[dict[str, Any]]:
        names = TEMPLATES if resource == "unified_job_templates" else (resource,)
        rows = [row for name in names for row in self.rows[name].values()]
        for key, value in query.items():
            if key in ("page_size", "page", "order_by"):
                continue
            rows = [row for row in rows if self._matches(row, key, value)]
        return rows

    def _matches(self, row: dict[str, Any], key: str, value: str) -> bool:
        if key == "or__id" or key.startswith("or__"):
            return str(row.get(key[4:])) == value
        path = key.split("__")
        if len(path) > 1 and path[-1] in ("exact", "iexact"):
            path.pop()
        found: Any = row.get(path[0])
        if len(path) == 2 and isinstance(found, int):
            related = {"organization": "organizations", "inventory": "inventories"}.get(path[0])
            found = self.rows[related].get(found, {}).get(path[1]) if related else found
        return str(found) == value


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    controller: Controller

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """The tests look at the controller's state, not at its log."""

    def _reply(self, status: int, data: Any) -> None:
        body = b"" if data is None or status == 204 else json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-API-Product-Name", "AWX")
        self.send_header("X-API-Product-Version", "24.6.1")
        self.end_headers()
        self.wfile.write(body)

    def _body(self) -> dict[str, Any]:
        length = int(self.headers.get("Content-Length") or 0)
        return json.loads(self.rfile.read(length) or b"{}")

    def _handle(self) -> None:
        url = urlsplit(self.path)
        parts = [part for part in url.path.split("/") if part][2:]
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        if not parts or parts[0] in ("ping", "me", "config", "auth"):
            self._reply(200, {"version": "24.6.1", "results": [{"id": 1, "username": "admin"}], "count": 1})
        elif parts[0] == "tokens":
            # The modules sign in with a token of their own and give it back.
            self._reply(204 if self.command == "DELETE" else 201, {"id": 1, "token": "a-token-for-one-task"})
        elif len(parts) == 1:
            self._collection(parts[0], query)
        elif len(parts) == 2:
            self._row(parts[0], int(parts[1]))
        else:
            self._related(parts[0], int(parts[1]), parts[2], query)

    do_GET = do_POST = do_PATCH = do_DELETE = _handle

    def _collection(self, resource: str, query: dict[str, str]) -> None:
        if self.command == "POST":
            self._create(resource, self._body())
            return
        rows = self.controller.listed(resource, query)
        self._reply(200, {"count": len(rows), "next": None, "previous": None, "results": rows})

    def _create(self, resource: str, data: dict[str, Any]) -> None:
        faults = self.controller.faults(resource, data)
        self.controller.refused += faults
        if faults:
            self._reply(400, {"detail": "; ".join(faults)})
        else:
            self._reply(201, self.controller.create(resource, data))

    def _row(self, resource: str, number: int) -> None:
        row = self.controller.rows[resource].get(number)
        if row is None:
            self._reply(404, {"detail": "Not found."})
        elif self.command == "PATCH":
            row.update(self._body())
            self.controller.writes.append(("PATCH", resource))
            self._reply(200, row)
        else:
            self._reply(200, row)

    def _related(self, resource: str, number: int, name: str, query: dict[str, str]) -> None:
        controller = self.controller
        if name == "survey_spec":
            self._survey(resource, number)
        elif name == "create_approval_template":
            row = controller.create("workflow_approval_templates", self._body())
            controller.rows[resource][number]["unified_job_template"] = row["id"]
            self._reply(201, row)
        elif name == "workflow_nodes":
            rows = [
                row
                for row in controller.rows["workflow_job_template_nodes"].values()
                if row["workflow_job_template"] == number
            ]
            self._reply(200, {"count": len(rows), "next": None, "results": rows})
        else:
            self._links(resource, number, name)

    def _survey(self, resource: str, number: int) -> None:
        controller = self.controller
        if self.command == "GET":
            self._reply(200, controller.surveys.get((resource, number), {}))
            return
        survey = self._body()
        faults = survey_faults(survey)
        controller.refused += faults
        if faults:
            self._reply(400, {"error": "; ".join(faults)})
            return
        controller.surveys[resource, number] = survey
        controller.writes.append(("POST", f"{resource}/survey_spec"))
        self._reply(200, {})

    def _links(self, resource: str, number: int, name: str) -> None:
        controller = self.controller
        linked = controller.links.setdefault((resource, number, name), [])
        if self.command == "POST":
            linked.append(int(self._body()["id"]))
            controller.writes.append(("POST", f"{resource}/{name}"))
            self._reply(204, None)
            return
        rows = [row for rows in controller.rows.values() for key, row in rows.items() if key in linked]
        self._reply(200, {"count": len(rows), "next": None, "results": rows})


class Served:
    """The controller on a free port of this machine."""

    def __init__(self) -> None:
        self.controller = Controller()
        #: Output of the last run of the set-up.
        self.output = ""
        handler = type("Handler", (_Handler,), {"controller": self.controller})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Served:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
