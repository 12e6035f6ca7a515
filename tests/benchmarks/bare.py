# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The floor: a client of requests that signs in and sends given requests over some connections, and nothing else.

Reads a job as JSON from standard input: {"url", "username", "password", "parallel", "pages", "writes": [[path, data]]}.
Prints {"calls", "bytes", "seconds"} as JSON; the seconds are those of the requests after the sign-in.
"""

from __future__ import annotations

import json
import queue
import sys
import threading
import time
from typing import Any

import requests


class Worker(threading.Thread):
    """One connection that takes the next request until none is left."""

    def __init__(self, root: str, headers: dict[str, str], waiting: queue.SimpleQueue[tuple[str, Any]]) -> None:
        super().__init__()
        self.root, self.headers, self.waiting = root, headers, waiting
        self.calls = self.bytes = 0

    def run(self) -> None:
        with requests.Session() as session:
            session.trust_env = False
            session.headers.update(self.headers)
            while True:
                try:
                    path, data = self.waiting.get_nowait()
                except queue.Empty:
                    return
                if data is None:
                    answer = session.get(f"{self.root}/{path}")
                else:
                    answer = session.post(f"{self.root}/{path}", data={"f": "json", **data})
                if "error" in answer.json():
                    raise RuntimeError(f"{path}: {answer.text[:300]}")
                self.calls += 1
                self.bytes += len(answer.content)


def main() -> None:
    job = json.load(sys.stdin)
    root, referer = f"{job['url']}/sharing/rest", f"{job['url']}/"
    sign_in = {
        "f": "json", "username": job["username"], "password": job["password"], "client": "referer", "referer": referer,
    }  # fmt: skip
    token = requests.post(f"{root}/generateToken", data=sign_in).json()["token"]
    query = "f=json&num=100&sortField=username&sortOrder=asc&excludeSystemUsers=true"
    waiting: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
    for page in range(job.get("pages", 0)):
        waiting.put((f"portals/self/users?{query}&start={page * 100 + 1}", None))
    for path, data in job.get("writes", ()):
        waiting.put((path, data))
    headers = {"X-Esri-Authorization": f"Bearer {token}", "Referer": referer}
    workers = [Worker(root, headers, waiting) for _number in range(job["parallel"])]
    begun = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    seconds = time.perf_counter() - begun
    done = sum(worker.calls for worker in workers)
    if not waiting.empty() or done != job.get("pages", 0) + len(job.get("writes", ())):
        raise SystemExit("not every request was answered")
    print(json.dumps({"calls": done + 1, "bytes": sum(worker.bytes for worker in workers), "seconds": seconds}))


if __name__ == "__main__":
    main()
