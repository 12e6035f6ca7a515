# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the libraries alone take to read a roster: the least time that reading its entries costs."""

from __future__ import annotations

import csv
import gc
import json
import time

import yaml


def _yaml(path: str) -> None:
    with open(path, "rb") as file:
        # Events are the cheapest that PyYAML has; to build values of them takes it ten times as long.
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(file)
        while loader.get_event().__class__ is not yaml.StreamEndEvent:
            pass


def _json(path: str) -> None:
    with open(path, encoding="utf-8") as file:
        json.load(file)


def _csv(path: str) -> None:
    with open(path, encoding="utf-8", newline="") as file:
        for _row in csv.reader(file):
            pass


_READERS = {"yml": _yaml, "json": _json, "csv": _csv}


def seconds(path: str, form: str) -> float:
    """Seconds to read a roster of that form, and to do nothing with it."""
    gc.disable()
    try:
        begun = time.perf_counter()
        _READERS[form](path)
        return time.perf_counter() - begun
    finally:
        gc.enable()
