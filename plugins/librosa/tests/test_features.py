from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import librosa
import numpy as np
import pytest

from audioml.core.errors import AudioError, UsageError
from audioml.core.stages import FeatureExtractor
from audioml.core.testing import parametrize_with_checks
from audioml.core.testing.checks import Check
from audioml.core.values import Audio
from audioml_librosa import features

# each with parameters that are not librosa's defaults
DIRECT: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "mel": (librosa.feature.melspectrogram, {"n_mels": 40, "hop_length": 256, "power": 1.0}),
    "cqt": (librosa.cqt, {"n_bins": 48, "fmin": 65.4}),
    "chroma": (librosa.feature.chroma_cqt, {"n_octaves": 5, "tuning": 0.0}),
    "mfcc": (librosa.feature.mfcc, {"n_mfcc": 13, "n_mels": 64}),
}


@parametrize_with_checks([getattr(features, name)() for name in DIRECT])
def test_the_contract_holds(check: Check) -> None:
    check()


@pytest.mark.parametrize("name", DIRECT)
def test_the_numbers_are_those_of_librosa(name: str, clicks: Audio) -> None:
    function, params = DIRECT[name]
    extractor = getattr(features, name)(**params)
    rows = extractor(clicks)
    expected = np.abs if name == "cqt" else np.asarray
    direct = function(y=clicks.samples[0], sr=22050, **params)
    assert isinstance(extractor, FeatureExtractor)
    assert list(rows.tensors) == [name]
    assert rows.tensors[name].dtype == np.float32
    np.testing.assert_array_equal(rows.tensors[name], expected(direct)[np.newaxis])


def test_the_rate_is_librosas_sr(clicks: Audio) -> None:
    assert features.mel(sr=16000).rate == 16000
    with pytest.raises(AudioError, match="16000 Hz, got 22050 Hz"):
        features.mel(sr=16000)(clicks)


def test_channels_stand_before_the_feature(clicks: Audio) -> None:
    stereo = replace(clicks, samples=np.repeat(clicks.samples, 2, axis=0))
    assert features.mel()(stereo).tensors["mel"].shape[:3] == (1, 2, 128)


def test_a_stream_answers_once_and_starts_anew_after_a_reset(clicks: Audio) -> None:
    stream = features.mel().stream()
    assert len(stream.push(clicks)) == 0
    stream.reset()
    assert len(stream.finish()) == 0
    stream.push(replace(clicks, start=7.0))
    assert stream.finish().starts.tolist() == [7.0]
    assert len(stream.finish()) == 0


@pytest.mark.parametrize("params", [{"n_bands": 3}, {"y": 1}, {"hop_length": -1}])
def test_parameters_librosa_does_not_take_are_an_error_that_names_them(
    params: dict[str, Any], clicks: Audio
) -> None:
    with pytest.raises(UsageError, match=f"'mel'.*{next(iter(params))}"):
        features.mel(**params)(clicks)


def test_no_samples_are_refused() -> None:
    with pytest.raises(AudioError, match="no samples"):
        features.mel()(Audio(np.zeros((1, 0), np.float32), 22050))
