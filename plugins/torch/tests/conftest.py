from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for `torch_models`


@pytest.fixture
def load():
    """A function that loads a model file."""
    from audioml_torch.backend import TorchBackend

    return TorchBackend().load


@pytest.fixture
def random():
    import numpy as np

    return np.random.default_rng(7)
