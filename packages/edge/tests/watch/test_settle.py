from __future__ import annotations

import time

import pytest

from audioml.edge.rows import Found
from audioml.edge.watch.settle import Settling


class World:
    """Files and a clock that tests set."""

    def __init__(self) -> None:
        self.files: dict[str, Found] = {}
        self.open: dict[str, bool | None] = {}
        self.now = 100.0
        self.settling = Settling(
            2.0, look=self.files.get, writing=self.open.get, clock=lambda: self.now
        )

    def put(self, path: str, size: int, *, age: float = 0.0) -> Found:
        self.files[path] = Found(path, size, int((time.time() - age) * 1e9))
        return self.files[path]

    def settled(self, after: float) -> list[str]:
        self.now += after
        return [found.path for found in self.settling.settled()]


@pytest.fixture
def world() -> World:
    return World()


def test_an_old_file_is_whole_at_once(world) -> None:
    assert world.settling.admit(world.put("a.wav", 10, age=100))
    assert len(world.settling) == 0


def test_a_young_file_is_whole_once_it_stays_as_it_is(world) -> None:
    assert not world.settling.admit(world.put("a.wav", 10))
    assert world.settled(1.0) == []
    assert world.settled(1.1) == ["a.wav"]
    assert world.settled(9.0) == []


def test_a_file_that_grows_is_not_whole(world) -> None:
    world.settling.admit(world.put("a.wav", 10))
    for size in (20, 30, 40):
        world.put("a.wav", size)
        assert world.settled(2.5) == []
    assert world.settled(2.5) == ["a.wav"]


def test_a_file_that_somebody_has_open_is_not_whole_though_it_does_not_change(world) -> None:
    world.settling.admit(world.put("a.wav", 10))
    world.open["a.wav"] = True
    assert world.settled(10.0) == []
    world.open["a.wav"] = False
    assert world.settled(2.5) == ["a.wav"]


def test_a_file_of_some_seconds_is_whole_if_it_is_known_that_nobody_writes(world) -> None:
    found = world.put("a.wav", 10, age=5)
    assert not world.settling.admit(found)
    world.open["a.wav"] = False
    assert world.settling.admit(found)


def test_a_time_in_the_future_says_nothing(world) -> None:
    assert not world.settling.admit(world.put("a.wav", 10, age=-1000))
    assert world.settled(2.5) == ["a.wav"]


def test_a_file_that_vanishes_is_not_waited_for(world) -> None:
    world.settling.admit(world.put("a.wav", 10))
    del world.files["a.wav"]
    assert world.settled(2.5) == []
    assert len(world.settling) == 0
