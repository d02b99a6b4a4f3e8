from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest

from audioml.core.errors import OutputError, PluginError, UntrustedError
from audioml.core.plugins import registry
from audioml.core.values import Audio
from audioml.edge.pickled import PickledExtractor, export
from audioml.edge.pickled.allowed import pins
from audioml.edge.pickled.convert import convert
from audioml.edge.pickled.export import export_features
from audioml.edge.sonyc import sonyc_v1

from . import sonyc


def test_our_own_pickle_is_found_again(tmp_path):
    path = export_features(tmp_path / "x.pkl", n_mels=32, hop_size=0.25, fmax=3000.0)
    pins().allow(path)
    found = convert(path)
    assert found.path == tmp_path / "x.toml"
    assert found.features == sonyc_v1(n_mels=32, hop=0.25, fmax=3000.0)
    assert found.difference < 1e-3
    told = tomllib.loads(found.path.read_text())["extractor"]
    load = registry().find("extractor", told["name"]).load()
    assert load(**told["params"]) == found.features


def test_the_originals_pickle_is_sonyc_v1(pickle_of):
    pytest.importorskip("librosa")
    found = convert(pickle_of(sonyc.source(), **sonyc.KEYWORDS))
    assert found.features == sonyc_v1()
    assert found.difference < 1e-3
    assert found.resampled < 0.1
    assert 'name = "sonyc-v1"' in found.path.read_text()


def test_powers_are_told_from_magnitudes(pickle_of):
    pytest.importorskip("librosa")
    found = convert(pickle_of(sonyc.source(power="np.square"), **sonyc.KEYWORDS))
    assert found.features == sonyc_v1(power=2.0)


def test_what_no_description_does_is_said_with_the_nearest(pickle_of, tmp_path):
    path = pickle_of(
        """
def get_features(y, sr, hop_size=0.1):
    import numpy as np
    n = max(0, -(-(len(y) - sr) // round(sr * hop_size))) + 1
    return np.zeros((n, 64, 51))
"""
    )
    with pytest.raises(PluginError, match=r"nearest \(power=.*\) is off by \d+\S* dB; keep"):
        convert(path)
    assert not (tmp_path / "x.toml").exists()


def test_another_shape_is_said(pickle_of):
    path = pickle_of(
        """
def get_features(y, sr, hop_size=0.1):
    import numpy as np
    return np.zeros((3, 5))
"""
    )
    with pytest.raises(PluginError, match="has other shapes, .*; keep the pickle"):
        convert(path)


def test_what_toml_cannot_say_is_said(pickle_of):
    alone = Path(export.__file__).with_name("standalone.py").read_text()
    bare = alone.replace(" * (2.0 / (edges[2:] - edges[:-2]))[:, None]", "")
    assert bare != alone
    with pytest.raises(PluginError, match="these features have no 'norm'"):
        convert(pickle_of(bare))


def test_a_description_that_is_there_stays_unless_forced(tmp_path):
    path = export_features(tmp_path / "x.pkl")
    pins().allow(path)
    (tmp_path / "x.toml").write_text("mine")
    with pytest.raises(OutputError, match="is there already"):
        convert(path)
    assert (tmp_path / "x.toml").read_text() == "mine"
    convert(path, force=True)
    assert "sonyc-v1" in (tmp_path / "x.toml").read_text()


def test_a_pickle_that_was_not_allowed_is_not_run(tmp_path):
    path = export_features(tmp_path / "x.pkl")
    with pytest.raises(UntrustedError):
        convert(path)


@pytest.mark.parity
@pytest.mark.parametrize("name", ["03_000965", "05_001577", "07_002400"])
def test_street_recordings_have_the_originals_features(reference_data, pickle_of, name):
    pytest.importorskip("librosa")
    soundfile, soxr = pytest.importorskip("soundfile"), pytest.importorskip("soxr")
    samples, rate = soundfile.read(reference_data / "edge" / f"{name}.wav", dtype="float32")
    wanted = np.load(reference_data / "edge" / f"{name}.npz")["features"]
    extractor = PickledExtractor(pickle_of(sonyc.source(), **sonyc.KEYWORDS), rate=rate)
    got = extractor(Audio(samples, rate)).tensors["features"]
    extractor.close()
    np.testing.assert_allclose(got, wanted, rtol=0, atol=1e-3)
    ours = sonyc_v1()(Audio(soxr.resample(samples, rate, 8000), 8000)).tensors["logmel"][..., 0]
    np.testing.assert_allclose(got, ours, rtol=0, atol=1e-3)
