from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for `vggish_tiny`

import vggish_tiny


@pytest.fixture
def fixtures() -> Path:
    """Files of a tiny VGGish, written by TensorFlow 1.15.4 and torch 2.13.0."""
    return vggish_tiny.FIXTURES


@pytest.fixture
def pca_file(tmp_path) -> Path:
    """The whitening of the tiny VGGish, as AudioSet publishes its own."""
    import numpy as np

    path = tmp_path / "vggish_pca_params.npz"
    np.savez(path, **vggish_tiny.pca())
    return path


@pytest.fixture(scope="session", params=["car-horn", "dog", "piano"])
def recording(request, reference_data):
    """A recording at 16 kHz, and what the original makes of it."""
    import numpy as np

    return np.load(reference_data / "vggish" / f"{request.param}.npz", allow_pickle=False)
