"""What was heard before is found, and where."""

import numpy as np
import pytest

from audioml.generate.judge.copying import cut, nearest


def noise(seed, count):
    return np.random.default_rng(seed).normal(0, 0.1, count).astype(np.float32)


def test_a_planted_copy_is_found_louder_or_softer_at_its_place():
    songs = [("a", noise(0, 5000)), ("b", noise(1, 7000))]
    planted = 0.3 * songs[1][1][1234:2234]
    copy, other = nearest([planted, noise(2, 1000)], songs)
    assert (copy.id, copy.start) == ("b", 1234)
    assert copy.likeness == pytest.approx(1, abs=1e-5)
    assert other.likeness < 0.2


def test_a_copy_under_noise_is_as_like_as_their_powers_say():
    song = noise(0, 5000)
    (found,) = nearest([song[100:2100] + noise(3, 2000)], [("a", song)])
    assert found.start == 100
    assert found.likeness == pytest.approx(0.5**0.5, abs=0.05)


def test_silence_is_like_nothing():
    quiet = np.zeros(5000, np.float32)
    quiet[:100] = noise(0, 100)
    (found,) = nearest([noise(1, 1000)], [("quiet", quiet), ("short", noise(2, 10))])
    assert found.likeness < 0.3
    assert cut([np.zeros(5000, np.float32)], length=1000, most=4) == []


def test_windows_are_spread_over_the_songs():
    songs = [np.full(4000, number, np.float32) for number in (1, 2, 3)]
    windows = cut(songs, length=1000, most=6)
    assert [int(window[0]) for window in windows] == [1, 1, 2, 2, 3, 3]
