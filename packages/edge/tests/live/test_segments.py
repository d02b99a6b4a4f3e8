from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from live_fakes import RATE, blocks, noise

from audioml.core.values import Audio
from audioml.edge.live.base import Block
from audioml.edge.live.segments import repaired, segments


def test_a_gap_cuts() -> None:
    sound = noise(300)
    found = [
        (s.gap, s.start, sum(a.samples.shape[1] for a in s))
        for s in segments(
            [*blocks(sound, [100]), *blocks(sound, [20, 20], start=1.0, lost=0.7)],
        )
    ]
    assert found == [(False, 0.0, 300), (True, 1.0, 300)]


def test_what_is_not_taken_of_a_segment_is_skipped() -> None:
    source = [*blocks(noise(300), [100]), *blocks(noise(30), [], start=1.0, lost=0.7)]
    assert [s.start for s in segments(source)] == [0.0, 1.0]


@settings(deadline=None)
@given(
    bad=st.lists(
        st.tuples(st.integers(0, 99), st.sampled_from([np.nan, np.inf, 1e30])), max_size=4
    ),
    cuts=st.lists(st.integers(0, 100), max_size=5),
)
def test_bad_samples_become_lost_time_and_no_good_time_is_moved(bad, cuts) -> None:
    sound = noise(100, channels=2)
    for at, value in bad:
        sound[at % 2, at] = value
    clock = 0.0
    for block in repaired(blocks(sound, cuts)):
        clock += block.lost
        first = round(clock * RATE)
        assert block.audio.start == pytest.approx(clock)
        kept = block.audio.samples
        assert np.abs(kept).max() < 1
        assert kept.tolist() == sound[:, first : first + kept.shape[1]].tolist()
        clock = block.audio.end
    assert bad or clock == pytest.approx(0.1)


def test_blocks_without_samples_pass_on_what_was_lost() -> None:
    empty = Audio(np.zeros((1, 0)), RATE, 0.5)
    (found,) = repaired([Block(empty, 0.5), Block(Audio(np.zeros((1, 3)), RATE, 0.5), 0.0)])
    assert found.lost == 0.5
