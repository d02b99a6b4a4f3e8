"""The board, and the sink that pins to it."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from audioml.core.testing import Check, parametrize_with_checks
from audioml.edge.sinks.base import Event
from audioml.edge.testing import SinkExample
from audioml_noticeboard import plugin
from audioml_noticeboard.board import read
from audioml_noticeboard.sink import Noticeboard


def heard(second: int, **scores: float) -> Event:
    time = f"2026-05-01T12:00:{second:02}.000Z"
    data = {"kind": "window", "name": "kitchen.wav", "time": time, "scores": scores}
    return Event(f"{second}", data)


@parametrize_with_checks([plugin, SinkExample(lambda folder: Noticeboard("b", folder=folder))])
def test_every_rule_is_kept(check: Check) -> None:
    check()


EVENTS = (heard(1, kettle=0.9), heard(2, kettle=0.2, door=0.6), heard(3, kettle=0.7))


@pytest.mark.parametrize("order", [*itertools.permutations(EVENTS)])
def test_the_board_says_when_each_was_heard_last(order: tuple[Event, ...], tmp_path: Path) -> None:
    sink = Noticeboard(folder=tmp_path)
    for event in order:
        sink.deliver([event])
    sink.deliver(order)  # again, as after a crash
    board = read(tmp_path / "noticeboard.json")
    assert {label: notice["time"][17:19] for label, notice in board.items()} == {
        "kettle": "03",
        "door": "02",
    }
    assert board["kettle"]["score"] == 0.7


def test_what_is_below_the_threshold_was_not_heard(tmp_path: Path) -> None:
    Noticeboard("board.json", folder=tmp_path, threshold=0.95).deliver(EVENTS)
    assert read(tmp_path / "board.json") == {}


def test_records_of_whole_files_are_not_pinned(tmp_path: Path) -> None:
    whole = Event("1", {**EVENTS[0].data, "kind": "file"})
    Noticeboard("board.json", folder=tmp_path).deliver([whole])
    assert read(tmp_path / "board.json") == {}
