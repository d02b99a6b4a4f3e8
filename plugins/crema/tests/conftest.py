from __future__ import annotations

import json
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


@pytest.fixture(
    scope="session",
    params=["guitar.wav", "love_theme.ogg", "piano.wav", "wanderer120.mp3"],
)
def recording(request, reference_data) -> Recording:
    import soundfile

    from audioml.core.audio.conform import conform
    from audioml.core.values import Audio
    from audioml_crema.model import CHORD

    path = reference_data / "crema" / request.param
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
def chord_folder(pulled_weights) -> Path:
    """The model folder of the published weights."""
    from audioml.core.store import Store

    return Store(pulled_weights).find("crema-chord")


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
