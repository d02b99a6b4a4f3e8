from __future__ import annotations

import importlib.util
import sys

import pytest

from audioml.train.runs.curves import draw_curves

ROWS = [
    *((step, "step/loss", 1 / (step + 1)) for step in range(40)),
    *((step, f"{stage}/loss", 0.5) for step in (19, 39) for stage in ("train", "val")),
    (19, "val/f1", 0.5),
    (39, "val/f1", float("nan")),
    (40, "test/f1", 0.9),
    (39, "lr-AdamW", 1e-3),
    (39, "odd", 3.0),
]


@pytest.fixture
def measured(tmp_path):
    rows = [f"{step},,{name},{value}" for step, name, value in ROWS]
    (tmp_path / "metrics.csv").write_text("\n".join(["step,epoch,name,value", *rows]) + "\n")
    return tmp_path


def test_each_figure_has_a_panel_and_each_stage_a_line(measured, monkeypatch):
    figures = pytest.importorskip("matplotlib.figure", reason="matplotlib is not installed")
    drawn = []

    class Kept(figures.Figure):
        def __init__(self, *arguments, **given):
            super().__init__(*arguments, **given)
            drawn.append(self)

    monkeypatch.setattr(figures, "Figure", Kept)
    path = draw_curves(measured)
    assert path == measured / "plots" / "curves.png"
    assert path.read_bytes()[:4] == b"\x89PNG"
    panels = {axes.get_title(): axes for axes in drawn[0].axes if axes.get_title()}
    assert list(panels) == ["loss", "f1", "odd", "lr-AdamW"]
    lines = {line.get_label(): line.get_xydata().tolist() for line in panels["loss"].lines}
    assert list(lines) == ["step", "train", "val"]
    assert lines["step"][:2] == [[0, 1], [1, 0.5]]
    assert [line.get_xydata().tolist() for line in panels["f1"].lines] == [[[19, 0.5]], [[40, 0.9]]]


def test_nothing_is_drawn_of_nothing_or_without_matplotlib(measured, tmp_path, monkeypatch):
    assert draw_curves(tmp_path / "elsewhere") is None
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "metrics.csv").write_text("step,epoch,name,value\n")
    assert draw_curves(tmp_path / "empty") is None
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    assert draw_curves(measured) is None
    assert not (measured / "plots").exists()
