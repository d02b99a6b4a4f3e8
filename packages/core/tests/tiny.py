"""A tiny plugin whose model can be followed by hand: the loudness of each half second."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from audioml.core.features.windows import mono
from audioml.core.files import sha256
from audioml.core.models.manifest import FileEntry, Manifest, Part, Runtime
from audioml.core.options import Option
from audioml.core.pipeline import check_audio
from audioml.core.plugins import Component, hookimpl
from audioml.core.stages import Estimator, FeatureExtractor, ModelSpec, TensorSpec
from audioml.core.values import Annotation, Audio, Frames, Prediction, Rows

RATE = 1000


class Halves(FeatureExtractor):
    rate, window, hop = RATE, 0.5, 0.5

    def stream(self):
        return _HalvesStream()


class _HalvesStream:
    def __init__(self):
        self.reset()

    def reset(self):
        self._left, self._start, self._count = np.zeros(0, np.float32), None, 0

    def push(self, audio):
        if self._start is None:
            self._start = audio.start
        samples = np.concatenate([self._left, mono(audio, RATE)])
        rows = len(samples) // 500
        self._left = samples[rows * 500 :]
        return self._rows(samples[: rows * 500].reshape(rows, 500))

    def finish(self):
        rows = np.zeros((1 if len(self._left) else 0, 500), np.float32)
        if len(rows):
            rows[0, : len(self._left)] = self._left
        return self._rows(rows)

    def _rows(self, rows):
        starts = (self._start or 0.0) + (self._count + np.arange(len(rows))) * 0.5
        self._count += len(rows)
        return Rows({"audio": rows}, starts)


class Gain:
    def load(self, path: Path, /, *, device="cpu", threads=None):
        return _Session(json.loads(path.read_text())["gain"])


class _Session:
    inputs = {"audio": TensorSpec((None, 500), "float32")}
    outputs = {"level": TensorSpec((None, 1), "float32")}
    concurrent = True

    def __init__(self, gain):
        self._gain = gain

    def run(self, feeds, /):
        return {"level": self._gain * np.abs(feeds["audio"]).max(axis=1, keepdims=True)}


class Loud:
    def __init__(self, threshold: float = 0.25):
        self._threshold = threshold

    def __call__(self, outputs, /, *, starts, end):
        level = outputs["level"]
        loud = starts[level[:, 0] > self._threshold]
        return Prediction(
            {
                "level": Frames(level, 0.5, starts[0] if len(starts) else 0.0, ("level",)),
                "loud": Annotation("onset", np.stack([loud, loud], 1), [None] * len(loud)),
            }
        )


class Scale:
    """Imports what some other system would leave: a file that begins with SCALE."""

    def recognises(self, paths, /):
        return len(paths) == 1 and paths[0].read_bytes().startswith(b"SCALE")

    def write(self, paths, folder, /, *, name=None, options):
        write_folder(folder, name=name or "scale", version=options.get("version", "1.0"))


SCALE = Scale()


class Peak(Estimator):
    spec = ModelSpec("peak", "1", "peak", "MIT", rate=None, channels=None)

    def predict(self, audio: Audio, /) -> Prediction:
        check_audio(audio, self.spec)
        value = float(np.abs(audio.samples).max())
        return Prediction(
            {"peak": Annotation("tag_open", [[audio.start, audio.end]], [f"{value:.2f}"])}
        ).stamped(self.spec.stamp)


@hookimpl
def components():
    here = __name__
    yield Component("extractor", "halves", f"{here}:Halves", "half seconds")
    yield Component("backend", "gain", f"{here}:Gain", "multiplies")
    yield Component("decoder", "loud", f"{here}:Loud", "loud half seconds")
    yield Component("importer", "scale", f"{here}:SCALE", "scales")
    yield Component("estimator", "peak", f"{here}:Peak", "largest sample", task="peak")


def write_folder(folder: Path, *, name="tiny-loud", version="1.0", golden=None) -> Path:
    """Write the model folder of the tiny model."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "gain.json").write_text('{"gain": 2.0}')
    (folder / "half.json").write_text('{"gain": 1.0}')
    manifest = Manifest(
        name=name,
        version=version,
        task="loud",
        license="MIT",
        rate=RATE,
        extractor=Part("halves"),
        decoder=Part("loud"),
        runtimes=(
            Runtime("gain", "gain.json"),
            Runtime("gain", "half.json", precision="int8", parity=0.5),
        ),
        variants={"deaf": {"decoder": {"threshold": 9.0}}},
        options={
            "above": Option("decoder", 0.25, "threshold", maximum=1.0, description="what is loud")
        },
        streaming=True,
        files={
            path.name: FileEntry(sha256(path), path.stat().st_size)
            for path in (folder / "gain.json", folder / "half.json")
        },
        golden=golden,
    )
    (folder / "model.json").write_text(manifest.to_json(), encoding="utf-8")
    return folder
