from __future__ import annotations

import pytest


@pytest.fixture
def load():
    """A function that loads a model."""
    from audioml_tensorflow.backend import TensorflowBackend

    return TensorflowBackend().load
