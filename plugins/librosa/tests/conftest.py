from __future__ import annotations

import numpy as np
import pytest

from audioml.core.values import Audio

RATE = 22050


@pytest.fixture(scope="session")
def clicks() -> Audio:
    """Twelve seconds of clicks at 120 BPM, the first at 0.25 s."""
    random = np.random.Generator(np.random.PCG64(0))
    click = random.uniform(-1, 1, 800) * np.exp(-np.arange(800) / 100)
    samples = np.zeros(12 * RATE, np.float32)
    for time in np.arange(0.25, 12, 0.5):
        at = round(time * RATE)
        samples[at : at + 800] = 0.8 * click
    return Audio(samples, RATE)
