"""A model with the outside of VGGish, small enough to be written down by a test.

Its network is a fixed random projection of what a log-mel window is like on the whole: enough to
tell sounds of different kinds apart.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from audioml.core.models.manifest import Manifest, Part, Runtime
from audioml.core.models.write import write_manifest
from audioml.core.options import Option
from audioml.core.plugins import Component, hookimpl
from audioml.core.stages import TensorSpec
from audioml.core.values import Frames, Prediction

MELS, SIZE, HOP = 64, 128, 0.96


class Projections:
    def load(self, path, /, *, device="cpu", threads=None):
        return Projection(int(path.read_text()))


class Projection:
    inputs = {"logmel": TensorSpec((None, MELS, None), "float32")}
    outputs = {"embedding": TensorSpec((None, SIZE), "float32")}
    concurrent = True

    def __init__(self, seed):
        weights = np.random.default_rng(seed).standard_normal((2 * MELS, SIZE))
        self._weights = (weights / np.sqrt(2 * MELS)).astype(np.float32)

    def run(self, feeds, /):
        rows = feeds["logmel"]
        about = np.concatenate([rows.mean(axis=2), rows.std(axis=2)], axis=1)
        return {"embedding": (about / 2 + 1) @ self._weights}


class Embedding:
    def __init__(self, output="raw"):
        self._output = output

    def __call__(self, outputs, /, *, starts, end):
        values = outputs["embedding"]
        if self._output == "uint8":
            values = ((np.clip(values, -2, 2) + 2) * (255 / 4)).astype(np.uint8)
        start = float(starts[0]) if len(starts) else 0.0
        return Prediction({"embedding": Frames(values, HOP, start)})


@hookimpl
def components():
    yield Component("backend", "projection", f"{__name__}:Projections", "random projections")
    yield Component("decoder", "embedding", f"{__name__}:Embedding", "rows as they are")


def use(put) -> None:
    """Put the plugins that this model needs in place of the installed ones."""
    from audioml.core import plugin as core
    from audioml.serve import plugin as serve

    put(core=core, serve=serve, tiny=sys.modules[__name__])


def write_folder(folder: Path, *, name="tiny-vggish") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "seed.txt").write_text("7")
    features = {
        "rate": 16000,
        "window": 0.975,
        "hop": HOP,
        "n_fft": 512,
        "win_length": 400,
        "hop_length": 160,
        "center": False,
        "n_mels": MELS,
        "fmin": 125.0,
        "fmax": 7500.0,
        "power": 1.0,
        "log": "ln",
        "offset": 0.01,
        "pad": "drop",
    }
    manifest = Manifest(
        name=name,
        version="1.0",
        task="embedding",
        license="MIT",
        rate=16000,
        extractor=Part("logmel", features),
        decoder=Part("embedding"),
        runtimes=(Runtime("projection", "seed.txt"),),
        options={"output": Option("decoder", "raw", choices=("raw", "uint8"))},
        streaming=True,
        batching="rows",
        answers=("embedding",),
    )
    write_manifest(folder, manifest)
    return folder
