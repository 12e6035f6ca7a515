# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the target support_matrix with every ansible-core, target Python, and portal product that the machine has.

Prints one row for each pair of core and Python. The oldest Python of each core gets the oldest libraries that
requirements.txt allows. Newer Pythons get the newest libraries.
Usage: run_matrix.py [--jobs N]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PRODUCTS = ["online", "enterprise", "enterprise-10.6"]

# The target Pythons that each ansible-core supports, from 3.9 on, which the modules need.
CORES = {
    "oldest": ["3.9", "3.10", "3.11", "3.12"],
    "main": ["3.9", "3.10", "3.11", "3.12", "3.13"],
    "newest": ["3.9", "3.10", "3.11", "3.12", "3.13", "3.14"],
}


def output(*words: str) -> str:
    """What a command prints; nothing if it fails."""
    ran = subprocess.run(words, cwd=ROOT, check=False, stdout=subprocess.PIPE, text=True)
    return ran.stdout.strip() if ran.returncode == 0 else ""


def core_version(core: str) -> str:
    if subprocess.run(["sh", "tools/environment.sh", core], cwd=ROOT, check=False).returncode:
        return ""
    return output("sh", "tools/with.sh", core, "python", "-c", "import ansible.release as r; print(r.__version__)")


def target_python(version: str, libraries: str) -> str:
    """An environment that holds what the modules need on a target and nothing else; its interpreter."""
    python = output("sh", "tools/python.sh", version)
    if not python:
        return ""
    folder = f".build/env/target-{version}-{libraries}"
    uv = ["sh", "tools/uv.sh"]
    subprocess.run([*uv, "venv", "--quiet", "--allow-existing", "--python", python, folder], cwd=ROOT, check=True)
    install = ["pip", "install", "--quiet", "--python", folder, "--requirement", "requirements.txt"]
    if libraries == "lowest":
        install += ["--resolution", "lowest-direct"]
    subprocess.run([*uv, *install], cwd=ROOT, check=True)
    return str(ROOT / folder / "bin" / "python")


def passes(core: str, version: str, python: str, product: str) -> bool:
    words = ["sh", "tools/with.sh", core, "python", "tools/run_targets.py", "support_matrix", "--product", product]
    words += ["--logs", f".build/matrix/{core}-{version}-{product}", "--", "-e", f"ansible_python_interpreter={python}"]
    ran = subprocess.run(words, cwd=ROOT, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if ran.returncode:
        print(f"{core}, Python {version}, {product}:\n{ran.stdout}", flush=True)
    return ran.returncode == 0


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, default=2)
    jobs = parser.parse_args().jobs
    cases, left_out = [], []
    for core, versions in CORES.items():
        named = core_version(core)
        if not named:
            left_out.append(f"{core} ansible-core")
            continue
        for version in versions:
            libraries = "lowest" if version == versions[0] else "newest"
            python = target_python(version, libraries)
            if python:
                cases.append((core, named, version, libraries, python))
            else:
                left_out.append(f"Python {version} with ansible-core {named}")
    with ThreadPoolExecutor(jobs) as pool:
        runs = [(case[0], case[2], case[4], product) for case in cases for product in PRODUCTS]
        results = list(pool.map(lambda run: passes(*run), runs))
    print(f"\n{'ansible-core':14}{'target Python':15}{'libraries':11}" + "".join(f"{name:17}" for name in PRODUCTS))
    for row, (_core, named, version, libraries, _python) in enumerate(cases):
        words = ["passed" if good else "FAILED" for good in results[row * len(PRODUCTS) : (row + 1) * len(PRODUCTS)]]
        print(f"{named:14}{version:15}{libraries:11}" + "".join(f"{word:17}" for word in words).rstrip())
    if left_out:
        print("not to be had here: " + "; ".join(left_out))
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    sys.exit(0 if results and all(results) else 1)


if __name__ == "__main__":
    main()
