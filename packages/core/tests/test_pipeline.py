from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import tiny as tiny_plugin

from audioml.core import Audio, load
from audioml.core.errors import AudioError, UsageError
from audioml.core.testing import parametrize_with_checks
from audioml.core.values import concatenate


@pytest.fixture
def model(tiny, tmp_path):
    return load(tiny.write_folder(tmp_path))


def test_the_stages_are_there_one_by_one(model) -> None:
    audio = Audio(np.full(1200, 0.25), 1000, start=3.0)
    rows = model.transform(audio)
    assert rows.starts.tolist() == [3.0, 3.5, 4.0]
    assert rows.tensors["audio"].shape == (3, 500)
    outputs = model.outputs(audio, batch_size=2)
    assert outputs["level"].tolist() == [[0.5], [0.5], [0.5]]
    assert model.decode(outputs, starts=rows.starts, end=audio.end)["level"].start == 3.0


def test_predict_refuses_what_it_was_not_made_for(model) -> None:
    with pytest.raises(AudioError, match="takes audio at 1000 Hz, got 8000 Hz"):
        model.predict(Audio(np.zeros(10), 8000))
    with pytest.raises(AudioError, match="takes 1 channel"):
        model.predict(Audio(np.zeros((2, 10)), 1000))
    with pytest.raises(AudioError, match="no samples"):
        model.predict(Audio(np.zeros(0), 1000))


def test_calling_brings_any_audio_to_the_model(model) -> None:
    tone = np.sin(np.arange(48000) * 0.01) * 0.5
    both = model(np.stack([tone, tone]), 48000)
    assert len(both["level"]) == 2
    with pytest.raises(UsageError, match="needs its sample rate"):
        model(tone)
    with pytest.raises(UsageError, match="is at 1000 Hz, but sr=5"):
        model(Audio(np.zeros(10), 1000), 5)


def test_streaming_yields_as_it_goes(model) -> None:
    blocks = [Audio(np.full(600, 0.3), 1000, i * 0.6) for i in range(5)]
    parts = list(model.stream(blocks))
    assert len(parts) > 3
    whole = model.predict(Audio(np.full(3000, 0.3), 1000))
    assert concatenate(parts)["loud"].intervals.tolist() == whole["loud"].intervals.tolist()


def test_a_stream_of_nothing_is_refused(model) -> None:
    with pytest.raises(AudioError, match="no samples"):
        list(model.stream([]))


@parametrize_with_checks([tiny_plugin.Peak(), tiny_plugin.Halves()])
def test_the_tiny_plugin_keeps_the_contract(check) -> None:
    check()


def test_the_tiny_model_keeps_the_contract(model) -> None:
    from audioml.core.testing import checks_for

    for check in checks_for(model):
        check()


def test_a_signal_in_blocks_gives_what_it_gives_in_one_piece(model) -> None:
    sound = np.random.default_rng(0).uniform(-1, 1, 2600).astype(np.float32)
    blocks = [Audio(sound[i : i + 700], 1000, i / 1000) for i in range(0, 2600, 700)]
    one, other = model.predict(Audio(sound, 1000)), model.predict_blocks(blocks)
    assert list(one) == list(other)
    np.testing.assert_array_equal(one["level"].values, other["level"].values)
    with pytest.raises(AudioError, match="takes audio at 1000 Hz"):
        model.predict_blocks([Audio(sound, 500)])


def test_a_session_is_not_asked_about_nothing_where_there_is_something(model) -> None:
    class Strict:
        inputs, outputs, concurrent = model.session.inputs, model.session.outputs, True

        def run(self, feeds, /):
            assert len(feeds["audio"])
            return model.session.run(feeds)

    strict = replace(model, session=Strict())
    blocks = [Audio(np.full(100, 0.3), 1000, i * 0.1) for i in range(5)]
    whole = model.predict(Audio(np.full(500, 0.3), 1000))
    assert strict.predict_blocks(blocks)["level"].values.tolist() == whole["level"].values.tolist()
