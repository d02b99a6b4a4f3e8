"""``audioml edge watch`` on real street recordings, against the original's own outputs."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from audioml.core import load
from audioml.core.audio import conform, read

pytest.importorskip("audioml_tflite", reason="audioml-tflite is not installed")

CLASSES = (
    *("engine", "machinery-impact", "non-machinery-impact", "powered-saw"),
    *("alert-signal", "music", "human-voice", "dog"),
)
NAMES = ("03_000965", "05_001577", "07_002400")
_STEP = np.float32(0.3137255)  # dB, of the network's 8-bit input


@pytest.fixture(scope="module")
def references(reference_data) -> dict[str, dict[str, np.ndarray]]:
    return {name: dict(np.load(reference_data / "edge" / f"{name}.npz")) for name in NAMES}


@pytest.fixture
def street(reference_data, tmp_path) -> Path:
    """The chain of SONYC's two models, described in two small files."""
    for name in ("quantized_default_int8.tflite", "mlp_ust.tflite"):
        shutil.copyfile(reference_data / "edge" / name, tmp_path / name)
    (tmp_path / "street.chain").write_text(
        '[[step]]\nname = "embedding"\nfile = "quantized_default_int8.tflite"\n'
        '[[step]]\nname = "classes"\nfile = "mlp_ust.tflite"\n'
    )
    (tmp_path / "street.toml").write_text(
        f'[extractor]\nname = "sonyc-v1"\n[decoder]\nparams.labels = {list(CLASSES)}\n'
    )
    return tmp_path / "street.chain"


@pytest.mark.parity
@pytest.mark.parametrize("name", NAMES)
def test_features_are_librosas(reference_data, references, street, name) -> None:
    model = load(street)
    audio = conform(read(reference_data / "edge" / f"{name}.wav"), model.spec)
    features = model.transform(audio).tensors["logmel"][..., 0]
    assert np.abs(features - references[name]["features"]).max() <= 1e-4


@pytest.mark.parity
@pytest.mark.parametrize("block", [800, 4410, 44100])
def test_a_stream_gives_what_the_file_gives(reference_data, references, street, block) -> None:
    model, name = load(street), NAMES[0]
    audio = conform(read(reference_data / "edge" / f"{name}.wav"), model.spec)
    cuts = [
        type(audio)(audio.samples[:, i : i + block], audio.rate, i / audio.rate)
        for i in range(0, audio.samples.shape[1], block)
    ]
    parts = [p["classes"].values for p in model.stream(cuts)]
    np.testing.assert_array_equal(np.concatenate(parts), model.predict(audio)["classes"].values)
    recorded = references[name]["classes"][:, 0]
    np.testing.assert_allclose(np.concatenate(parts), recorded, atol=0.02)


def _alike(street, recording, recorded) -> np.ndarray:
    """Which windows the network hears as the original's did: after rounding to 8 bits.

    A value of a thousand or so lies so near a step that another processor's transform, which
    differs by 1e-5 dB, falls to its other side; five windows share the value.
    """
    model = load(street)
    ours = model.transform(conform(read(recording), model.spec)).tensors["logmel"][..., 0]
    steps = np.abs(np.rint(ours / _STEP) - np.rint(recorded / _STEP))
    assert steps.max() <= 1
    assert np.mean(steps > 0) < 1e-4
    return steps.max(axis=(1, 2)) == 0


@pytest.mark.parity
def test_watching_gives_the_originals_embeddings_and_classes(
    reference_data, references, street, tmp_path, audioml_home, audioml_cli
) -> None:
    recordings = tmp_path / "recordings"
    recordings.mkdir()
    for name in NAMES:
        shutil.copyfile(reference_data / "edge" / f"{name}.wav", recordings / f"{name}.wav")
        os.utime(recordings / f"{name}.wav", (1.7e9, 1.7e9))
    done = audioml_cli(
        *("edge", "watch", str(recordings), "-m", str(street)),
        *("--once", "--to", "npz", "--to", "jsonl"),
    )
    assert done.code == 0, done.err
    results = tmp_path / "recordings-results"
    for name in NAMES:
        with np.load(results / f"{name}.npz") as arrays:
            assert arrays["embedding"].shape == (91, 1, 256)
            off = np.abs(arrays["embedding"] - references[name]["embedding"]).max(axis=(1, 2))
            alike = _alike(street, recordings / f"{name}.wav", references[name]["features"])
            assert off[alike].max() == 0
            assert off.max() <= 0.15
            classes = np.abs(arrays["classes"] - references[name]["classes"]).max(axis=(1, 2))
            assert classes[alike].max() <= 1e-6
            assert classes.max() <= 0.02
            np.testing.assert_allclose(arrays["times"], np.arange(91) * 0.1, atol=1e-9)
    lines = (results / "results.jsonl").read_text().splitlines()
    windows = [r for r in map(json.loads, lines) if r["kind"] == "window"]
    assert len(windows) == 3 * 91
    assert list(windows[0]["scores"]) == list(CLASSES)


_TIME = np.arange(24000) / 8000
SOUNDS = {
    "a tone": 0.5 * np.sin(2 * np.pi * 440 * _TIME),
    "two tones 114 dB apart": 0.5 * np.sin(2 * np.pi * 440 * _TIME)
    + 1e-6 * np.sin(2 * np.pi * 3000 * _TIME),
    "noise": np.random.default_rng(0).normal(0, 0.1, 24000),
    "a chirp": 0.5 * np.sin(2 * np.pi * (50 * _TIME + 600 * _TIME**2)),
    "a click": (np.arange(24000) == 12000).astype(float),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", SOUNDS)
def test_every_bin_is_librosas(name, dtype) -> None:
    """Bins 80 dB below the loudest included, against librosa in double precision."""
    librosa = pytest.importorskip("librosa", reason="librosa is not installed")
    from audioml.core import Audio
    from audioml.edge.sonyc import sonyc_v1

    sound = SOUNDS[name].astype(np.float32)
    features = sonyc_v1(dtype=dtype)(Audio(sound, 8000)).tensors["logmel"][..., 0]
    mel = librosa.filters.mel(sr=8000, n_fft=1024, n_mels=64, htk=True).astype(np.float64)
    for index, found in enumerate(features):
        window = sound[index * 800 : index * 800 + 8000].astype(np.float64)
        spectrum = np.abs(librosa.stft(window, n_fft=1024, hop_length=160, pad_mode="constant"))
        wanted = librosa.power_to_db(mel @ spectrum, amin=1e-10, top_db=80.0)
        assert np.abs(found - wanted).max() <= 2e-5
