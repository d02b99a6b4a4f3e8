from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for `tflite_models`


@pytest.fixture(autouse=True)
def no_runtime_is_asked_for(monkeypatch):
    monkeypatch.delenv("AUDIOML_TFLITE_RUNTIME", raising=False)


@pytest.fixture
def load():
    """A function that loads a model file."""
    from audioml_tflite.backend import TFLiteBackend

    return TFLiteBackend().load


@pytest.fixture
def random():
    import numpy as np

    return np.random.default_rng(7)
