# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The HTTP side: one handler for every path, the troubles of connections, and the life of the process."""

from __future__ import annotations

import asyncio
import html
import json
import signal
import traceback
from typing import TYPE_CHECKING, Any, Optional

from aiohttp import web

from . import inspection, operations
from .call import Call, form_pairs
from .errors import PortalError
from .faults import AFTER, Fault, spoil
from .routing import find, segments
from .world import Body, Html, JsonText, Redirect, World, operation_name

if TYPE_CHECKING:
    from .tls import Certificate

JSON = "application/json; charset=utf-8"
HTML = "text/html; charset=utf-8"
JSON_FORMATS = ("json", "pjson")
INSPECTION = "_sandbox"
MAX_BODY = 64 * 1024 * 1024
PAGE = "<html><head><title>{title}</title></head><body><h1>{title}</h1><pre>{text}</pre></body></html>"
NO_MACHINES = "The web adaptor could not access any portal machines. Contact your portal administrator."


class Reset(Exception):
    """The server must break the connection instead of answering."""


class Server:
    def __init__(self, world: World) -> None:
        self.world = world
        operations.load()

    # -- aiohttp's entry -------------------------------------------------------------------------------------------
    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        parts = segments(request.raw_path.partition("?")[0])
        if parts and parts[0] == INSPECTION:
            return await self.inspect(request, parts[1:])
        root, rest = self.root_of(parts)
        if root is None:
            return page("Not found", "HTTP Status 404", 404)
        call = await read_call(request, root, self.world.base)
        call.operation, call.args = find(root, rest)
        try:
            return await self.serve(request, call)
        except Reset:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)
        except Exception:
            traceback.print_exc()
            return page("Internal Server Error", "The sandbox failed; its standard error tells why.", 500)

    def root_of(self, parts: list[str]) -> tuple[Optional[str], list[str]]:
        """Which root the path lies under, and the rest of it."""
        context = self.world.product.context.lower()
        if context:
            if not parts or parts[0].lower() != context:
                return None, []
            parts = parts[1:]
        lowered = [part.lower() for part in parts[:2]]
        if lowered == ["sharing", "rest"]:
            return "sharing", parts[2:]
        if lowered[:1] == ["sharing"]:
            return "sharing", parts[1:]
        if lowered[:1] == ["portaladmin"] and self.world.product.is_portal:
            return "admin", parts[1:]
        return ("server", parts) if lowered in (["info"], ["rest", "info"]) else (None, [])

    # -- one call --------------------------------------------------------------------------------------------------
    async def serve(self, request: web.BaseRequest, call: Call) -> web.StreamResponse:
        world = self.world
        world.count(call)
        if world.options.latency_ms:
            await asyncio.sleep(world.options.latency_ms / 1000)
        if world.rate.exceeded():
            return self.done(call, too_many(1), False)
        fault = world.faults.meet(operation_name(call), world.is_write(call)) if world.faults.rules else None
        if fault is not None and fault.kind == "slow":
            await asyncio.sleep(float(fault.settings.get("delay", 1.0)))
        if fault is not None:
            early = self.trouble(call, fault)
            if early is not None:
                return self.done(call, early, False)
        body, effect = world.run(call, fault)
        late = fault if fault is not None and fault.kind in AFTER else None
        return self.done(call, await self.respond(request, call, body, late, effect), effect)

    def done(self, call: Call, response: web.StreamResponse, effect: bool) -> web.StreamResponse:
        self.world.record(call, response.status, effect)
        return response

    def trouble(self, call: Call, fault: Fault) -> Optional[web.Response]:
        """The answer of a fault that keeps the operation from running; None where it runs."""
        kind, settings = fault.kind, fault.settings
        if kind == "reset_before":
            self.world.record(call, 0, False)
            raise Reset
        if kind in ("throttle", "throttle_200"):
            return too_many(settings.get("retry_after", 1), 429 if kind == "throttle" else 200)
        if kind == "unavailable":
            retry_after = settings.get("retry_after")
            headers = {"Retry-After": str(retry_after)} if retry_after is not None else {}
            return page("Service Unavailable", "The server is temporarily unable to serve your request.", 503, headers)
        if kind == "edge_403":
            return page("403 Forbidden", "Request blocked. Reference #18.2d351ab8", 403)
        if kind == "html":
            return page("ArcGIS Web Adaptor", NO_MACHINES, 200)
        if kind == "redirect":
            location = settings.get("location", "https://other.example.com/sharing/rest/")
            return web.Response(status=302, headers={"Location": location})
        if kind == "token_revoked":
            self.world.access.revoke_all()
        if kind in ("token_expired", "token_revoked"):
            return answer(json.dumps({"error": {"code": 498, "message": "Invalid token.", "details": []}}))
        if kind == "error":
            code = settings.get("code", 500)
            message = settings.get("message", "Unable to complete operation.")
            return answer(json.dumps({"error": {"code": code, "message": message, "details": []}}))
        return None

    async def respond(
        self, request: web.BaseRequest, call: Call, body: Body, fault: Optional[Fault], effect: bool
    ) -> web.StreamResponse:
        if fault is not None:
            return self.spoilt(call, body, fault, effect)
        if isinstance(body, Html):
            return web.Response(body=body.encode(), headers={"Content-Type": HTML})
        if isinstance(body, Redirect):
            return web.Response(status=302, headers={"Location": body})
        form = call.params.get("f", "html").lower()
        if form not in JSON_FORMATS:
            return page("ArcGIS Portal Directory", pretty(body), 200)
        text = pretty(body) if form == "pjson" else compact(body)
        encoding = self.world.switches["encoding"]
        response = answer(text)
        if encoding == "gzip" and "gzip" in request.headers.get("Accept-Encoding", ""):
            response.enable_compression(web.ContentCoding.gzip)
        elif encoding == "chunked":
            return await chunked(request, text)
        return response

    def spoilt(self, call: Call, body: Body, fault: Fault, effect: bool) -> web.Response:
        """The operation has run; its answer does not arrive as it should."""
        text = compact(body)
        if fault.kind == "reset_after":
            self.world.record(call, 0, effect)
            raise Reset
        if fault.kind == "truncated":
            return answer(text[: max(1, len(text) // 2)])
        if fault.kind == "empty":
            return answer("")
        return answer(json.dumps(spoil(json.loads(text), fault.settings.get("variant", "wrong_types"))))

    # -- the inspection side ---------------------------------------------------------------------------------------
    async def inspect(self, request: web.BaseRequest, parts: list[str]) -> web.Response:
        try:
            text = await request.text()
            sent = json.loads(text) if text else {}
            query = dict(form_pairs(request.query_string))
            found = inspection.answer(self.world, request.method, parts, sent, query)
        except inspection.Missing as error:
            return answer(json.dumps({"error": str(error)}), 404)
        except (ValueError, TypeError, KeyError, PortalError) as error:
            return answer(json.dumps({"error": f"{type(error).__name__}: {error}"}), 400)
        return answer(json.dumps(found))


# -- requests and answers ------------------------------------------------------------------------------------------
async def read_call(request: web.BaseRequest, root: str, base: str) -> Call:
    pairs = form_pairs(request.query_string)
    body: list[tuple[str, str]] = []
    files: dict[str, bytes] = {}
    if request.method == "POST" and request.body_exists:
        if request.content_type.startswith("multipart/"):
            for name, value in (await request.post()).items():
                if isinstance(value, str):
                    body.append((name, value))
                elif isinstance(value, web.FileField):
                    files[name] = value.file.read()
        else:
            body = form_pairs((await request.read()).decode("utf-8", "replace"))
    return Call(
        method=request.method,
        path=request.raw_path.partition("?")[0],
        root=root,
        headers=request.headers,
        remote=request.remote or "",
        base=base,
        pairs=pairs + body,
        body_names=frozenset(name for name, _value in body),
        files=files,
    )


def compact(body: Body) -> str:
    return str(body) if isinstance(body, str) else json.dumps(body)


def pretty(body: Body) -> str:
    return json.dumps(json.loads(body) if isinstance(body, JsonText) else body, indent=2)


def answer(text: str, status: int = 200) -> web.Response:
    return web.Response(body=text.encode(), status=status, headers={"Content-Type": JSON, "Cache-Control": "no-cache"})


def page(title: str, text: str, status: int, headers: Optional[dict[str, str]] = None) -> web.Response:
    body = PAGE.format(title=html.escape(title), text=html.escape(text)).encode()
    return web.Response(body=body, status=status, headers={"Content-Type": HTML, **(headers or {})})


def too_many(retry_after: Any, status: int = 429) -> web.Response:
    message = f"Too many requests, please try again in {retry_after} sec."
    response = answer(json.dumps({"error": {"code": 429, "message": message, "details": []}}), status)
    response.headers["Retry-After"] = str(retry_after)
    return response


async def chunked(request: web.BaseRequest, text: str) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": JSON})
    response.enable_chunked_encoding()
    await response.prepare(request)
    data = text.encode()
    for start in range(0, len(data), 8192):
        await response.write(data[start : start + 8192])
    await response.write_eof()
    return response


def roomy_request(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
    """A request that can be as large as a long category tree or a picture."""
    loop = asyncio.get_running_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=MAX_BODY)


# -- the process ---------------------------------------------------------------------------------------------------
async def serve(world: World, host: str, port: int, certificate: Optional[Certificate], ready: Any) -> None:
    """Serve until SIGTERM, SIGINT or a true answer of ``ready`` (awaited with the bound port)."""
    server = web.Server(Server(world).handle, request_factory=roomy_request, access_log=None, keepalive_timeout=300)
    runner = web.ServerRunner(server, handle_signals=False, shutdown_timeout=0.5)
    await runner.setup()
    context = certificate.context() if certificate else None
    site = web.TCPSite(runner, host, port, ssl_context=context, backlog=512)
    await site.start()
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    bound = runner.addresses[0][1]
    ready(bound, stopped)
    await stopped.wait()
    await runner.cleanup()
