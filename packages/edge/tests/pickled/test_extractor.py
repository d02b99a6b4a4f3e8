from __future__ import annotations

import os
import pickle

import numpy as np
import pytest

from audioml.core.errors import (
    AudioError,
    NotFoundError,
    PluginError,
    UntrustedError,
    ValidationError,
)
from audioml.core.plugins import registry
from audioml.core.values import Audio
from audioml.edge.pickled import PickledExtractor
from audioml.edge.pickled.allowed import pins

MEANS = """
def get_features(y, sr, hop_size=0.1, duration=1):
    import numpy as np
    length, hop = round(duration * sr), round(hop_size * sr)
    starts = range(0, max(len(y) - length, 0) + 1, hop)
    return np.array([[[y[s : s + length].mean()], [float(len(y))]] for s in starts])
"""


@pytest.fixture
def means(pickle_of):
    extractor = PickledExtractor(pickle_of(MEANS, duration=0.5, hop_size=0.25), rate=100)
    yield extractor
    extractor.close()


def audio(seconds: float, *, start: float = 0.0) -> Audio:
    return Audio(np.arange(round(seconds * 100), dtype=np.float32), 100, start)


def test_window_and_hop_are_read_without_loading_anything(means):
    assert (means.rate, means.window, means.hop) == (100, 0.5, 0.25)
    assert means._worker.pid is None


def test_without_keywords_window_and_hop_are_those_of_sonyc(pickle_of):
    extractor = PickledExtractor(pickle_of(MEANS))
    assert (extractor.rate, extractor.window, extractor.hop) == (48000, 1.0, 0.1)


def test_a_whole_signal_is_one_call_and_its_windows_lie_centred(means):
    rows = means(audio(1.1, start=3.0))
    assert rows.tensors["features"].shape == (3, 2, 1)
    assert rows.tensors["features"].dtype == np.float32
    assert (rows.tensors["features"][:, 1] == 110).all()
    np.testing.assert_allclose(rows.starts, 3.0 + 0.05 + np.array([0, 0.25, 0.5]))


def test_blocks_of_a_whole_signal_are_one_call_too(means):
    (rows,) = means.whole([audio(0.6), Audio(np.zeros(50, np.float32), 100, 0.6)])
    assert (rows.tensors["features"][:, 1] == 110).all()


def test_a_signal_shorter_than_a_window_begins_before_itself(means):
    assert means(audio(0.3)).starts == pytest.approx([-0.1])


def test_a_stream_hands_on_each_window_alone(means):
    stream = means.stream()
    assert len(stream.push(audio(0.3))) == 0
    rows = stream.push(Audio(np.ones(50, np.float32), 100, 0.3))
    assert (rows.tensors["features"][:, 1] == 50).all()
    np.testing.assert_allclose(rows.starts, [0.0, 0.25])
    last = stream.finish()
    np.testing.assert_allclose(last.starts, [0.5])
    assert last.tensors["features"].shape == (1, 2, 1)


def test_a_hop_that_is_given_is_handed_on(pickle_of):
    path = pickle_of(MEANS, duration=0.5, hop_size=0.25)
    with_hop = PickledExtractor(path, rate=100, hop=0.1)
    assert len(with_hop(audio(1.0))) == 6
    with_hop.close()


def test_a_window_that_is_not_the_pickles_is_refused_in_a_stream(pickle_of):
    extractor = PickledExtractor(pickle_of(MEANS, duration=0.5), rate=100, window=1.0)
    with pytest.raises(PluginError, match="returns 6 rows for a window of 1 s, expected 1"):
        extractor.stream().push(audio(1.0))
    extractor.close()


def test_other_rates_and_channels_are_refused(means):
    with pytest.raises(AudioError, match="100 Hz, got 200 Hz"):
        means(Audio(np.zeros(200, np.float32), 200))
    with pytest.raises(AudioError, match="1 channel"):
        means(Audio(np.zeros((2, 200), np.float32), 100))


def test_a_pickle_that_was_not_allowed_is_never_loaded(tmp_path):
    path, mark = tmp_path / "x.pkl", tmp_path / "evil"

    class Evil:
        def __reduce__(self):
            return os.system, (f"touch {mark}",)

    path.write_bytes(pickle.dumps(Evil()))
    with pytest.raises(UntrustedError, match="run: audioml edge allow"):
        PickledExtractor(path)
    pins().allow(path)
    extractor = PickledExtractor(path)
    assert not mark.exists()
    with pytest.raises(PluginError, match="holds an object of type int"):
        extractor(Audio(np.zeros(4800, np.float32), 48000))
    assert mark.exists()  # what being allowed means


def test_a_pickle_that_changed_by_one_byte_is_refused(pickle_of):
    path = pickle_of(MEANS)
    data = bytearray(path.read_bytes())
    data[-10] ^= 1
    path.write_bytes(data)
    with pytest.raises(UntrustedError, match="changed since it was allowed"):
        PickledExtractor(path)


def test_what_runs_is_what_was_checked(pickle_of):
    path = pickle_of(MEANS, duration=0.5, hop_size=0.25)
    extractor = PickledExtractor(path, rate=100)
    path.write_bytes(b"changed meanwhile")
    assert len(extractor(audio(1.0))) == 3
    extractor.close()


def test_a_missing_file_and_wrong_numbers_are_said(tmp_path, pickle_of):
    with pytest.raises(NotFoundError, match="is not a file"):
        PickledExtractor(tmp_path / "none.pkl")
    with pytest.raises(ValidationError, match="'timeout' and 'memory_mb'"):
        PickledExtractor(pickle_of(MEANS), timeout=0)


def test_the_plugin_names_it(pickle_of):
    assert registry().find("extractor", "pickle").load() is PickledExtractor
