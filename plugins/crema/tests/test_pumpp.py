import numpy as np
import pytest

from audioml.core.errors import AudioError, UsageError
from audioml.core.testing import checks_for, sounds
from audioml.core.values import Audio
from audioml_crema.features import HCQT
from audioml_crema.pumpp import PumppExtractor

pumpp = pytest.importorskip("pumpp", reason="pumpp is not installed: pip install pumpp")
SONG = sounds.music(bar=0.5)[0]


def hcqt():
    """The feature of crema's own pump."""
    return pumpp.feature.HCQTMag(
        name="cqt", sr=44100, hop_length=4096, n_octaves=6, over_sample=3, harmonics=[1, 2],
        log=True, conv="tf",
    )  # fmt: skip


@pytest.mark.parametrize(
    "feature",
    [
        pumpp.feature.Mel("mel", 44100, 1024),
        pumpp.feature.STFTMag("stft", 44100, 1024, log=True, n_fft=2048),
        pumpp.feature.Tempogram("tempo", 44100, 1024, win_length=384),
        hcqt(),
    ],
    ids=lambda feature: feature.name,
)
def test_a_feature_gives_what_its_own_transform_gives(feature):
    rows = PumppExtractor(feature)(SONG)
    expected = feature.transform(SONG.samples[0], 44100)
    assert set(rows.tensors) == set(expected)
    for name, tensor in expected.items():
        np.testing.assert_array_equal(rows.tensors[name], tensor)


def test_a_pump_gives_the_features_of_all_its_operators():
    mel = pumpp.feature.Mel("mel", 44100, 1024)
    stft = pumpp.feature.STFTMag("stft", 44100, 1024, 2048)
    pump = pumpp.Pump(mel, stft, pumpp.task.BeatTransformer(sr=44100, hop_length=1024))
    extractor = PumppExtractor(pump)
    assert (extractor.rate, extractor.hop) == (44100, 1024 / 44100)
    expected = pumpp.Pump(mel, stft).transform(y=SONG.samples[0], sr=44100)
    got = extractor(SONG).tensors
    assert set(got) == set(expected)
    for name, tensor in expected.items():
        np.testing.assert_array_equal(got[name], tensor)


def test_operators_of_different_rates_have_none_in_common():
    pump = pumpp.Pump(pumpp.feature.Mel("a", 44100, 1024), pumpp.feature.Mel("b", 22050, 1024))
    extractor = PumppExtractor(pump)
    assert (extractor.rate, extractor.hop) == (None, None)


@pytest.mark.parametrize("check", checks_for(PumppExtractor(hcqt())), ids=str)
def test_the_contract(check):
    check()


def test_cremas_own_pump_and_our_extractor_agree():
    theirs = PumppExtractor(hcqt(), names={"cqt/mag": "cqt_mag"})(SONG).tensors["cqt_mag"]
    ours = HCQT(compat=True)(SONG).tensors["cqt_mag"]
    assert theirs.shape == ours.shape
    assert np.abs(theirs - ours).mean() < 0.05  # dB; librosa decimates otherwise since 0.10


def test_what_has_no_features_is_refused():
    with pytest.raises(UsageError, match="has no feature extractors"):
        PumppExtractor(pumpp.Pump(pumpp.task.BeatTransformer()))


def test_another_rate_is_refused():
    with pytest.raises(AudioError, match="takes mono at 44100 Hz, got 1 channel"):
        PumppExtractor(hcqt())(Audio(SONG.samples, 48000))
