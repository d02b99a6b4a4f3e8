"""Tiny models whose answers can be followed by hand, and that fail when they are told to."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from pathlib import Path

import numpy as np

from audioml.core.models.manifest import Manifest, Part, Runtime
from audioml.core.models.write import write_manifest
from audioml.core.options import Option
from audioml.core.plugins import Component, hookimpl
from audioml.core.stages import Estimator, ModelSpec, TensorSpec
from audioml.core.values import Annotation, Audio, Frames, Prediction

RATE = 4000
RUNS: list[int] = []
"""Rows of each run of the tiny session since `reset`."""
SEEN: list[float] = []
"""First level of each run since `reset`."""
HOLD = threading.Event()
"""Cleared, every run waits for it."""
FAIL: set[float] = set()
"""Levels at which a run fails."""


def reset() -> None:
    RUNS.clear()
    SEEN.clear()
    FAIL.clear()
    HOLD.set()


class Level:
    """A backend: the largest sample of each window."""

    def load(self, path: Path, /, *, device="cpu", threads=None):
        return LevelSession(json.loads(path.read_text())["gain"])


class LevelSession:
    inputs = {"windows": TensorSpec((None, None), "float32")}
    outputs = {"level": TensorSpec((None, 1), "float32")}
    concurrent = True

    def __init__(self, gain=1.0):
        self._gain = gain

    def run(self, feeds, /):
        windows = feeds["windows"]
        RUNS.append(len(windows))
        SEEN.extend(round(float(x), 2) for x in windows[:1, 0])
        HOLD.wait()
        level = np.abs(windows).max(axis=1, keepdims=True) if len(windows) else windows[:, :1]
        if FAIL & {round(float(x), 2) for x in level[:, 0]}:
            raise RuntimeError("the accelerator is on fire")
        return {"level": self._gain * level}


class Levels:
    """A decoder: the levels, or only the highest."""

    def __init__(self, pool: str = "none", scale: float = 1.0):
        self._pool, self._scale = pool, scale

    def __call__(self, outputs, /, *, starts, end):
        level = outputs["level"] * np.float32(self._scale)
        if self._pool == "max" and len(level):
            level = level.max(axis=0, keepdims=True)
        first = float(starts[0]) if len(starts) else 0.0
        return Prediction({"level": Frames(level, 0.5, first, ("level",))})


class Whole(Estimator):
    """An estimator of whole signals: how long they are."""

    spec = ModelSpec(
        "tiny-whole", "1", "length", "MIT", rate=RATE, description="how long", answers=("tag_open",)
    )

    def predict(self, audio: Audio, /) -> Prediction:
        HOLD.wait()
        time.sleep(0)
        text = f"{audio.duration:.2f} s"
        found = Annotation("tag_open", [[audio.start, audio.end]], [text])
        return Prediction({"length": found}).stamped(self.spec.stamp)


class Trouble(Estimator):
    """An estimator that does what the length of a recording in seconds says: 2 fails, 3 hangs,
    4 ends the process, 5 takes a second.
    """

    spec = ModelSpec("tiny-trouble", "1", "trouble", "MIT", rate=RATE, description="trouble")

    def predict(self, audio: Audio, /) -> Prediction:
        seconds = round(audio.duration)
        if seconds == 2:
            raise RuntimeError("the accelerator is on fire")
        if seconds == 3:
            time.sleep(3600)
        if seconds == 4:
            os.kill(os.getpid(), signal.SIGKILL)
        if seconds == 5:
            time.sleep(1)
        found = Annotation("tag_open", [[0.0, audio.end]], ["fine"])
        return Prediction({"trouble": found}).stamped(self.spec.stamp)


class Noise:
    """A generator of noise, the same for the same seed, as loud as what came before."""

    spec = ModelSpec("tiny-noise", "1", "noise", "MIT", rate=RATE, description="noise")

    def start(self, options, /):
        return _Noise(options)


class _Noise:
    state = b""

    def __init__(self, options):
        self._options = options

    def __iter__(self):
        random, prompt = np.random.default_rng(self._options.seed), self._options.prompt
        loud = 0.5 if prompt is None else float(np.abs(prompt.samples).max())
        loud *= {"calm": 0.1}.get(self._options.extra.get("genre"), 1.0)
        for at in np.arange(0, self._options.seconds, 0.1):
            yield Audio(random.uniform(-loud, loud, (1, RATE // 10)), RATE, float(at))


@hookimpl
def components():
    here = __name__
    yield Component("backend", "level", f"{here}:Level", "largest samples")
    yield Component("decoder", "levels", f"{here}:Levels", "levels")
    yield Component("estimator", "tiny-whole", f"{here}:Whole", "how long", task="length")
    yield Component("estimator", "tiny-trouble", f"{here}:Trouble", "trouble", task="trouble")
    yield Component("generator", "tiny-noise", f"{here}:Noise", "noise")
    yield Component("route", "hello", f"{here}:hello", "says hello")


def hello(service):
    from flask import Blueprint

    routes = Blueprint("hello", __name__)

    @routes.get("/")
    def greet():
        return {"models": list(service.catalog)}

    return routes


def write_folder(folder: Path) -> Path:
    """Write the model folder of `tiny-level`: windows of half a second at 4 kHz."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "gain.json").write_text('{"gain": 1.0}')
    manifest = Manifest(
        name="tiny-level",
        version="1.0",
        task="level",
        license="MIT",
        description="the largest sample of each half second",
        rate=RATE,
        extractor=Part("pcm", {"rate": RATE, "window": 0.5, "tensor": "windows"}),
        decoder=Part("levels"),
        runtimes=(Runtime("level", "gain.json"),),
        options={
            "pool": Option("decoder", "none", choices=("none", "max"), description="one for all"),
            "scale": Option("decoder", 1.0, minimum=0.0, maximum=10.0, description="times"),
        },
        streaming=True,
        batching="rows",
        answers=("level",),
    )
    write_manifest(folder, manifest)
    return folder
