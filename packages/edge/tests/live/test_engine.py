from __future__ import annotations

import logging
import queue
import threading
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from live_fakes import RATE, Levels, blocks, model, noise, stream

from audioml.core.errors import AudioError
from audioml.core.features import PCM, LogMel
from audioml.core.stages import Estimator, ModelSpec
from audioml.core.values import Annotation, Audio, Prediction, concatenate
from audioml.edge.live.base import Block
from audioml.edge.live.engine import analyse, lock_for
from audioml.edge.sonyc import sonyc_v1

LOGMEL = LogMel(
    rate=RATE, window=0.5, hop=0.1, n_fft=64, hop_length=20, n_mels=8, power=1.0, top_db=80.0
)
EXTRACTORS = {
    "pcm": PCM(rate=RATE, window=0.5, hop=0.1),
    "dropping": PCM(rate=RATE, window=0.5, hop=0.2, pad="drop"),
    "logmel": LOGMEL,
    "whole": replace(LOGMEL, window=None, hop=None),
}
CUTS = st.lists(st.integers(0, 1730), max_size=12)


def joined(results):
    return concatenate(r.prediction for r in results)["scores"]


def assert_same(found, expected, *, shift=0.0):
    assert found.values.shape == expected.values.shape
    np.testing.assert_allclose(found.values, expected.values, rtol=0, atol=2e-6)
    assert found.start == pytest.approx(expected.start + shift, abs=1e-9)


@pytest.mark.parametrize("name", EXTRACTORS)
@given(cuts=CUTS)
@settings(max_examples=25, deadline=None)
def test_a_stream_gives_what_the_whole_gives_however_it_is_cut(name, cuts) -> None:
    sound, levels = noise(1730), model(EXTRACTORS[name])
    results = list(analyse(stream(blocks(sound, cuts)), levels))
    assert_same(joined(results), levels.predict(Audio(sound, RATE))["scores"])


@given(cuts=st.lists(st.integers(0, 16_000), max_size=12))
@settings(max_examples=15, deadline=None)
def test_the_features_of_sonyc_are_exact_for_whole_hops(cuts) -> None:
    sound, levels = noise(16_000), model(sonyc_v1())
    results = list(analyse(stream(blocks(sound, cuts, rate=8000)), levels))
    assert_same(joined(results), levels.predict(Audio(sound, 8000))["scores"])


@given(cuts=st.lists(st.integers(0, 1730 * 3), max_size=12))
@settings(max_examples=15, deadline=None)
def test_another_rate_and_more_channels_are_brought_to_the_model(cuts) -> None:
    sound, levels = noise(1730 * 3, channels=2), model()
    results = list(analyse(stream(blocks(sound, cuts, rate=3000)), levels))
    assert_same(joined(results), levels(Audio(sound, 3000))["scores"])
    assert {(r.rate, r.channels) for r in results} == {(3000, 2)}
    assert all("resampled" in r.flags for r in results)


@pytest.mark.parametrize("name", EXTRACTORS)
@given(cuts=CUTS, others=CUTS)
@settings(max_examples=15, deadline=None)
def test_after_a_gap_everything_begins_anew(name, cuts, others) -> None:
    sound, levels = noise(1730), model(EXTRACTORS[name])
    second = noise(1730, seed=1)
    source = [*blocks(sound, cuts), *blocks(second, others, start=2.23, lost=0.5)]
    results = list(analyse(stream(source), levels))
    at = next(i for i, r in enumerate(results) if "gap" in r.flags)
    assert [i for i, r in enumerate(results) if "gap" in r.flags] == [at]
    assert_same(joined(results[:at]), levels.predict(Audio(sound, RATE))["scores"])
    alone = levels.predict(Audio(second, RATE))["scores"]
    assert_same(joined(results[at:]), alone, shift=2.23)
    assert len({r.key for r in results}) == len(results)


def test_a_resampler_begins_anew_after_a_gap() -> None:
    sound, second, levels = noise(5000), noise(5000, seed=1), model()
    source = [*blocks(sound, [], rate=3000), *blocks(second, [7], rate=3000, start=9.0, lost=7.3)]
    results = list(analyse(stream(source), levels))
    at = next(i for i, r in enumerate(results) if "gap" in r.flags)
    assert_same(joined(results[at:]), levels(Audio(second, 3000))["scores"], shift=9.0)


def test_results_say_what_they_cover_and_when() -> None:
    sound = noise(1000)
    found = list(analyse(stream(blocks(sound, range(100, 1000, 100))), model()))
    assert [r.duration for r in found] == pytest.approx([0.5] + [0.1] * 5)
    assert [r.recorded for r in found] == [1000] * 6  # from where their times are counted
    assert [r.first for r in found] == [0, 1, 2, 3, 4, 5]
    assert all(r.seconds > 0 and r.name == "s" and r.flags == () for r in found)
    again = list(analyse(stream(blocks(sound, range(100, 1000, 100))), model()))
    assert [r.key for r in found] == [r.key for r in again]


def test_silence_is_noticed() -> None:
    sound = np.zeros((1, 1000), np.float32)
    sound[:, 650] = 0.1
    found = analyse(stream(blocks(sound, range(100, 1000, 100))), model())
    assert ["silent" in r.flags for r in found] == [True, True, False, True, True, True]


def test_the_last_window_that_only_zeros_complete_is_not_silence() -> None:
    found = list(analyse(stream(blocks(noise(550), [])), model()))
    assert [r.duration for r in found] == pytest.approx([0.55, 0])
    assert [r.flags for r in found] == [(), ()]


def test_windows_are_out_before_the_next_block_is_asked_for() -> None:
    asked = []

    def source():
        for block in blocks(noise(1000), range(100, 1000, 100)):
            asked.append(block.audio.end)
            yield block

    for result in analyse(stream(source()), model()):
        assert result.starts[-1] + 0.5 == pytest.approx(asked[-1])


def test_a_bad_sample_is_a_gap() -> None:
    sound = noise(2000)
    sound[0, 1000] = np.nan
    found = list(analyse(stream(blocks(sound, range(100, 2000, 100))), model()))
    at = next(i for i, r in enumerate(found) if "gap" in r.flags)
    alone = model().predict(Audio(sound[:, 1001:], RATE))["scores"]
    assert_same(joined(found[at:]), alone, shift=1.001)


class Longest(Estimator):
    """Answers once; refuses what is short."""

    spec = ModelSpec("longest", "1", "peak", "MIT", rate=None, channels=None)

    def predict(self, audio, /):
        if audio.duration < 0.1:
            raise AudioError("too short")
        return Prediction({"all": Annotation("tag_open", [[audio.start, audio.end]], ["x"])})


def test_a_model_of_whole_signals_answers_for_every_segment(caplog) -> None:
    parts = [(0.0, 300), (1.0, 20), (2.0, 500)]
    source = [b for at, n in parts for b in blocks(noise(n), [10], start=at, lost=at and 0.5)]
    with caplog.at_level(logging.WARNING):
        found = list(analyse(stream(source), Longest()))
    assert [r.prediction["all"].intervals.tolist() for r in found] == [[[0, 0.3]], [[2, 2.5]]]
    assert [r.duration for r in found] == pytest.approx([0.3, 0.5])
    assert "0.020 s of sound between gaps gave nothing: too short" in caplog.text


def test_a_stream_without_a_gap_that_is_refused_is_an_error() -> None:
    with pytest.raises(AudioError, match="too short"):
        list(analyse(stream(blocks(noise(20), [])), Longest()))


def test_sound_that_no_block_of_could_serve_is_an_error() -> None:
    stereo = replace(model(), spec=replace(model().spec, channels=2))
    source = [*blocks(noise(200, channels=3), []), *blocks(noise(200, channels=3), [], lost=1)]
    with pytest.raises(AudioError, match="takes 2 channels, got 3"):
        list(analyse(stream(source), stereo))


def test_no_sound_gives_no_result() -> None:
    assert list(analyse(stream([]), model())) == []
    assert list(analyse(stream([Block(Audio(np.full((1, 9), np.nan), RATE))]), model())) == []


class Alone(Levels):
    """A session that notices company."""

    def __init__(self):
        super().__init__(concurrent=False)
        self.busy, self.most = 0, 0

    def run(self, feeds, /):
        self.busy += 1
        self.most = max(self.most, self.busy)
        time.sleep(0.002)
        self.busy -= 1
        return super().run(feeds)


def test_streams_share_a_session_one_at_a_time() -> None:
    levels = model(session=Alone())
    lock = lock_for(levels)

    def work(number):
        for _ in analyse(stream(blocks(noise(1500), range(50, 1500, 50))), levels, lock=lock):
            time.sleep(0)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(20)
    assert levels.session.most == 1
    assert not lock.locked()


def test_a_stream_that_waits_keeps_nobody_from_working() -> None:
    levels, sounds = model(session=Alone()), queue.Queue()
    lock = lock_for(levels)
    idle = threading.Thread(
        target=lambda: list(analyse(stream(iter(sounds.get, None)), levels, lock=lock))
    )
    idle.start()
    sounds.put(next(blocks(noise(700), [])))
    while not sounds.empty():
        time.sleep(0.001)
    assert len(list(analyse(stream(blocks(noise(1000), [500])), levels, lock=lock))) == 2
    assert idle.is_alive()
    sounds.put(None)
    idle.join(5)
    assert not idle.is_alive()


def test_the_lock_is_free_after_an_error() -> None:
    lock = threading.Lock()
    with pytest.raises(AudioError):
        list(analyse(stream(blocks(noise(20), [])), Longest(), lock=lock))

    def broken():
        yield from blocks(noise(700), [600])
        raise AudioError("the source broke")

    with pytest.raises(AudioError, match="broke"):
        list(analyse(stream(broken()), model(), lock=lock))
    assert not lock.locked()
    assert lock_for(model()) is None
    assert lock_for(Longest()) is not None
