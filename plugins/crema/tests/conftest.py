from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest


@dataclass(frozen=True)
class Recording:
    """A recording, and what crema 0.2.0 itself says of it."""

    audio: object
    features: np.ndarray
    heads: dict[str, np.ndarray]
    chords: list[dict[str, object]]


def _reference_folder() -> Path:
    given = os.environ.get("AUDIOML_TEST_DATA")
    if given:
        return Path(given, "crema")
    checkout = Path(__file__).resolve().parents[3]
    return checkout.parent / "shared" / "data" / "crema"


@pytest.fixture(
    scope="session",
    params=["guitar.wav", "love_theme.ogg", "piano.wav", "wanderer120.mp3"],
)
def recording(request) -> Recording:
    import soundfile
    from audioml.core.audio.conform import conform
    from audioml.core.values import Audio
    from audioml_crema.model import CHORD

    path = _reference_folder() / request.param
    if not path.exists():
        pytest.skip(f"no reference data: {path} is missing; set AUDIOML_TEST_DATA")
    stem = str(path.with_name(path.name.replace(".", "_")))
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    arrays = np.load(f"{stem}.npz", allow_pickle=False)
    return Recording(
        conform(Audio(samples.T, rate), _spec(CHORD)),
        arrays["cqt_mag"],
        {n.removeprefix("out_"): arrays[n] for n in arrays.files if n.startswith("out_")},
        json.loads(Path(f"{stem}.jams").read_text())["annotations"][0]["data"],
    )


def _spec(published):
    from audioml.core.stages import ModelSpec

    return ModelSpec(published.name, published.version, "chord", published.license, rate=44100)


@pytest.fixture(scope="session")
def wheel(request, tmp_path_factory) -> Path:
    """The wheel of crema: AUDIOML_CREMA_WHEEL, or downloaded once and kept in pytest's cache."""
    given = os.environ.get("AUDIOML_CREMA_WHEEL")
    if given:
        return Path(given)
    cache = getattr(request.config, "cache", None)
    folder = Path(cache.mkdir("crema") if cache else tmp_path_factory.mktemp("crema"))
    if not list(folder.glob("crema-0.2.0-*.whl")):
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"]
        command += ["--quiet", "--retries", "1", "--dest", str(folder), "crema==0.2.0"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode:
            pytest.skip("crema's wheel cannot be downloaded: " + done.stderr.strip()[-200:])
    return next(folder.glob("crema-0.2.0-*.whl"))


@pytest.fixture(scope="session")
def chord_folder(wheel, tmp_path_factory) -> Path:
    """The model folder of the published weights, made as the store makes it."""
    from audioml.core.store.store import Store
    from audioml_crema.model import CHORD

    return Store(tmp_path_factory.mktemp("store")).pull(CHORD, given=wheel)


@pytest.fixture(scope="session")
def chords(chord_folder):
    """A function that puts the model together, as it is or as a variant."""
    from audioml.core.models.load import assemble
    from audioml.core.models.manifest import Manifest
    from audioml.core.plugins import Registry
    from audioml_crema import plugin

    plugins = Registry({"crema": plugin})
    manifest = Manifest.read(chord_folder)
    return lambda variant=None: assemble(chord_folder, manifest, variant=variant, plugins=plugins)
