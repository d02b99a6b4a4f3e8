"""How long `audioml --help` takes with many plugins installed beside those that are here.

``python benchmarks/plugins.py`` prints the quickest and the median run of both, and how long the
processor worked for one, in milliseconds.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from audioml.core.plugins.scaffold import write_plugin

KINDS = ("command", "estimator", "extractor", "generator")


def install(count: int, site: Path) -> None:
    """Put whole plugins into a folder, as pip would: their packages and their entry points."""
    for index in range(count):
        name = f"many-{index}"
        project, _ = write_plugin(name, KINDS[index % len(KINDS)], site / "projects")
        package = f"audioml_many_{index}"
        (project / "src" / package).rename(site / package)
        about = site / f"{package}-0.1.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.4\nName: {name}\nVersion: 0.1.0\n")
        (about / "entry_points.txt").write_text(f"[audioml]\n{name} = {package}.plugin\n")


def milliseconds(environment: Mapping[str, str], runs: int) -> tuple[float, float, float]:
    """Return the quickest and the median run, and the mean work of the processor."""
    took, worked = [], 0.0
    for run in range(-1, runs):  # the first warms up
        before, began = os.times(), time.perf_counter()
        command = [sys.executable, "-m", "audioml.core.cli", "--help"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
        if run >= 0:
            took.append(1000 * (time.perf_counter() - began))
            after = os.times()
            worked += after.children_user + after.children_system
            worked -= before.children_user + before.children_system
    return min(took), statistics.median(took), 1000 * worked / runs


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--plugins", type=int, default=20)
    options.add_argument("--runs", type=int, default=20)
    told = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder)
        install(told.plugins, site)
        here = dict(os.environ)
        many = {**here, "PYTHONPATH": os.pathsep.join([str(site), here.get("PYTHONPATH", "")])}
        for what, environment in (("as it is", here), (f"{told.plugins} plugins more", many)):
            figures = milliseconds(environment, told.runs)
            print(f"{what:18}", *(f"{figure:6.0f}" for figure in figures))


if __name__ == "__main__":
    main()
