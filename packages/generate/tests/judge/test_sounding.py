"""Loudness, clipping and silence of what is known."""

import numpy as np
import pytest

from audioml.generate.judge.sounding import sounding


def test_a_sine_is_as_loud_as_it_is():
    song = (0.5 * np.sin(np.arange(8000) * 0.3)).astype(np.float32)
    found = sounding([song, song / 10], rate=4000)
    assert found["loudness"] == pytest.approx(-9.03 - 10 * np.log10(2 / 1.01), abs=0.05)
    assert found["quietest"] == pytest.approx(-29.03, abs=0.05)
    assert found["peak"] == pytest.approx(-6.02, abs=0.05)
    assert found["clipping"] == found["silence"] == 0


def test_shares_of_clipping_and_silence_are_those_of_all_songs():
    loud, silent = np.ones(1000, np.float32), np.zeros(3000, np.float32)
    found = sounding([loud, silent], rate=4000)
    assert found["clipping"] == 0.25
    assert found["silence"] == 0.75
    assert found["quietest"] == -120
