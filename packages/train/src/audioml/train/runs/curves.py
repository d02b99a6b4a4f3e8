"""The figures of a run over its steps as one picture, from its ``metrics.csv``."""

from __future__ import annotations

import csv
import importlib.util
import math
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from .artifacts import Artifacts

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_curves"]

_MOST = 12  # panels
_STAGES = {"step": "0.75", "train": "tab:blue", "val": "tab:orange", "test": "tab:green"}
_Curve = list[tuple[int, float]]


def draw_curves(folder: Path) -> Path | None:
    """Write ``plots/curves.png`` of a run, and return its path: a panel for each figure.

    None is returned where matplotlib is not installed or nothing was measured.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    if importlib.util.find_spec("matplotlib") is None:
        return None
    panels = _panels(folder / "metrics.csv")
    if not panels:
        return None
    from matplotlib.figure import Figure  # without pyplot: no window, nothing to close

    wide = min(len(panels), 3)
    high = -(-len(panels) // wide)
    figure = Figure(figsize=(4 * wide, 2.8 * high), layout="constrained")
    axes = figure.subplots(high, wide, squeeze=False).flat
    for each, (name, curves) in zip(axes, panels.items(), strict=False):
        _draw(each, name, curves)
    for each in list(axes)[len(panels) :]:
        each.set_axis_off()
    return Artifacts(folder).figure("plots/curves", figure)


def _panels(table: Path) -> dict[str, dict[str, _Curve]]:
    """Return the curves of each figure by stage: of ``val/f1`` those of ``f1``, then ``val``."""
    panels: dict[str, dict[str, _Curve]] = defaultdict(lambda: defaultdict(list))
    if not table.is_file():
        return {}
    with table.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            stage, _, name = row["name"].partition("/")
            known = stage in _STAGES
            value = float(row["value"])
            if math.isfinite(value):
                curve = panels[name if known else row["name"]][stage if known else ""]
                curve.append((int(row["step"]), value))
    order = sorted(panels, key=lambda name: (name.startswith("lr-"), name != "loss", name))
    return {name: panels[name] for name in order[:_MOST]}


def _draw(axes: Axes, name: str, curves: dict[str, _Curve]) -> None:
    for stage in sorted(curves, key=list(_STAGES | {"": ""}).index):
        steps, values = zip(*sorted(curves[stage]), strict=True)
        few = len(steps) < 30
        colour = _STAGES.get(stage, "tab:blue")
        axes.plot(steps, values, marker="." if few else "", color=colour, label=stage, lw=1.2)
    axes.set_title(name)
    axes.set_xlabel("step")
    axes.locator_params("x", integer=True)
    axes.grid(alpha=0.3)
    if any(curves):
        axes.legend()
