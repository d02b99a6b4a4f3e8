from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

from audioml.core.errors import OutputError, UsageError
from audioml.core.features import LogMel
from audioml.core.plugins import registry
from audioml.core.values import Audio
from audioml.edge.pickled import PickledExtractor, export
from audioml.edge.pickled.allowed import pins
from audioml.edge.pickled.export import export_features
from audioml.edge.sonyc import sonyc_v1


def described(path) -> LogMel:
    told = tomllib.loads(path.read_text())["extractor"]
    return registry().find("extractor", told["name"]).load()(**told.get("params", {}))


def test_sonycs_own_parameters_are_named_as_such(tmp_path):
    path = export_features(tmp_path / "x.toml")
    assert tomllib.loads(path.read_text()) == {"extractor": {"name": "sonyc-v1"}}
    assert "# n_mels = 64" in path.read_text()
    assert described(path) == sonyc_v1()


def test_other_parameters_are_spelled_out(tmp_path):
    path = export_features(
        tmp_path / "x.toml", duration=2, hop_size=0.5, target_sr=16000, n_mels=40, fmax=7000
    )
    assert described(path) == sonyc_v1(rate=16000, window=2, hop=0.5, n_mels=40, fmax=7000)
    params = tomllib.loads(path.read_text())["extractor"]["params"]
    assert params["top_db"] == 80.0
    assert params["power"] == 1.0


@pytest.mark.parametrize("count", [3000, 8000, 8001, 12345, 24000])
def test_the_pickle_makes_the_features_of_sonyc(tmp_path, count):
    path = export_features(tmp_path / "x.pkl")
    pins().allow(path)
    extractor = PickledExtractor(path, rate=8000)
    samples = np.random.default_rng(0).standard_normal(count).astype(np.float32) * 0.1
    got, want = extractor(Audio(samples, 8000)), sonyc_v1()(Audio(samples, 8000))
    extractor.close()
    np.testing.assert_allclose(
        got.tensors["features"], want.tensors["logmel"][..., 0], rtol=0, atol=1e-4
    )
    np.testing.assert_allclose(got.starts, want.starts, atol=0.5 / 8000 + 1e-9)


def test_the_pickle_has_the_parameters_that_were_asked_for(tmp_path):
    wanted = {"duration": 0.5, "hop_size": 0.2, "target_sr": 16000, "n_mels": 40, "fmax": 6000.0}
    path = export_features(tmp_path / "x.pkl", **wanted)
    pins().allow(path)
    extractor = PickledExtractor(path, rate=16000)
    assert (extractor.window, extractor.hop) == (0.5, 0.2)
    audio = Audio(np.random.default_rng(0).standard_normal(20000).astype(np.float32), 16000)
    want = sonyc_v1(rate=16000, window=0.5, hop=0.2, n_mels=40, fmax=6000.0)(audio)
    np.testing.assert_allclose(
        extractor(audio).tensors["features"], want.tensors["logmel"][..., 0], rtol=0, atol=1e-4
    )
    extractor.close()


def test_the_pickle_stands_alone(tmp_path):
    path = export_features(tmp_path / "x.pkl")
    script = f"""
import sys
sys.modules["audioml"] = None
import dill, numpy
with open({str(path)!r}, "rb") as file:
    get_features = dill.load(file)
assert get_features(numpy.ones(9600), 8000).shape == (3, 64, 51)
assert get_features(numpy.ones(9600), 8000, hop_size=0.2).shape == (2, 64, 51)
assert get_features(numpy.ones((2, 57600)), 48000).shape == (3, 64, 51)
assert not [name for name in sys.modules if name.startswith("audioml.") or name == "librosa"]
"""
    subprocess.run([sys.executable, "-I", "-c", script], check=True, cwd=tmp_path)
    assert str(Path(export.__file__).parent).encode() not in path.read_bytes()


def test_files_of_other_kinds_and_impossible_numbers_are_refused(tmp_path):
    with pytest.raises(UsageError, match=r"written to a \.toml or a \.pkl"):
        export_features(tmp_path / "x.json")
    with pytest.raises(UsageError, match="'hop_length' at least 1"):
        export_features(tmp_path / "x.pkl", mel_hop_len=0)
    assert not list(tmp_path.glob("x.*"))


def test_a_file_that_is_there_stays_unless_forced(tmp_path):
    path = tmp_path / "x.toml"
    path.write_text("mine")
    with pytest.raises(OutputError, match="replace it with --force"):
        export_features(path)
    assert path.read_text() == "mine"
    export_features(path, force=True)
    assert described(path) == sonyc_v1()
