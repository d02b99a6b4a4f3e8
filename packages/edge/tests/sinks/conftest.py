from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from audioml.core.stages import ModelSpec
from audioml.core.values import Frames, Prediction
from audioml.edge.results import Result
from audioml.edge.sinks.base import Event

sys.path.insert(0, str(Path(__file__).parent))  # for `tiny_broker`


@pytest.fixture
def batch():
    """Return a function that makes events ``first`` up to ``last``, those of windows."""

    def make(first: int, last: int, **data) -> list[Event]:
        return [event(index, **data) for index in range(first, last)]

    return make


def event(index: int, **data) -> Event:
    name = f"{index:020x}"
    known = {"name": "a.wav", "t_start": index * 0.5, "scores": {"dog": 0.25, "music": 0.5}}
    return Event(name, {"kind": "window", "id": name, **known, **data})


@pytest.fixture
def result() -> Result:
    rng = np.random.default_rng(0)
    heads = {
        "l3": Frames(rng.normal(size=(5, 3)), 0.1, -0.5),
        "scores": Frames(rng.random((5, 2), np.float32), 0.1, -0.5, ("dog", "möwe")),
    }
    spec = ModelSpec("l3", "1", "embedding", "MIT", 8000, weights="ab" * 32)
    return Result(
        "k", "sub/ä.wav", Prediction(heads), spec, "truncated", ("silent", "short"), 48000, 1, 1.5
    )
