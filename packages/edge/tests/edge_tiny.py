"""A backend of a few lines, recordings, and the command line in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import wave
from pathlib import Path

import numpy as np

from audioml.core.plugins import Component, hookimpl
from audioml.core.stages import TensorSpec


class TinyBackend:
    """The model file holds a factor."""

    def load(self, path, /, *, device="cpu", threads=None):
        return TinySession(path.read_text())


class TinySession:
    """Level and peak of each window, times the factor; a factor in words does other things."""

    concurrent = True
    inputs = {"audio": TensorSpec((None, None), "float32")}
    outputs = {"scores": TensorSpec((None, 2), "float32")}

    def __init__(self, told: str) -> None:
        self._told = told.strip()

    def run(self, feeds, /):
        (rows,) = feeds.values()
        loud = np.abs(rows).max(axis=1)
        if self._told == "crash" and loud.max(initial=0) > 0.9:
            os.kill(os.getpid(), signal.SIGSEGV)
        if self._told == "raise" and loud.max(initial=0) > 0.9:
            raise RuntimeError("the model does not like this")
        if self._told == "slow":
            time.sleep(0.2)
        factor = float(self._told) if self._told.replace(".", "").isdecimal() else 1.0
        level = np.sqrt(np.mean(np.square(rows), axis=1))
        return {"scores": (factor * np.stack([level, loud], axis=1)).astype(np.float32)}


@hookimpl
def components():
    yield Component("backend", "tiny", "edge_tiny:TinyBackend", "levels")


def use(put) -> None:
    """Put the plugins that these tests need in place of the installed ones."""
    from audioml.core import plugin as core
    from audioml.edge import plugin as edge

    put(core=core, edge=edge, tiny=sys.modules[__name__])


def write_model(folder: Path, told: str = "1.0", *, rate: int = 8000, name: str = "level") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.tiny"
    path.write_text(told)
    path.with_suffix(".toml").write_text(
        f'[extractor]\nname = "pcm"\nparams = {{ rate = {rate}, window = 0.5, hop = 0.25 }}\n'
        '[decoder]\nparams.labels = ["level", "peak"]\n'
    )
    return path


def write_wav(path: Path, *, seconds: float = 1.0, rate: int = 8000, level: float = 0.5) -> Path:
    """Write a tone by the standard library, in one go."""
    path.parent.mkdir(parents=True, exist_ok=True)
    time_ = np.arange(int(seconds * rate)) / rate
    samples = (level * 32767 * np.sin(2 * np.pi * 440 * time_)).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return path


def age(*paths: Path, seconds: float = 3600.0) -> None:
    """Let files look as if they had been written a while ago."""
    for path in paths:
        at = time.time() - seconds
        os.utime(path, (at, at))


_RUN = """
import sys
sys.path.insert(0, {tests!r})
import edge_tiny
from audioml.core.plugins import Registry, using
from audioml.core.cli.main import main
plugins = {{}}
edge_tiny.use(lambda **given: plugins.update(given))
with using(Registry(plugins)):
    main()
"""


def started(*arguments: str, home: Path, **env: str) -> subprocess.Popen:
    """Start `audioml edge …` with these plugins in a process of its own."""
    code = _RUN.format(tests=str(Path(__file__).parent))
    return subprocess.Popen(
        [sys.executable, "-c", code, "edge", *arguments],
        env={**os.environ, "AUDIOML_HOME": str(home), **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def until(true, seconds: float = 20.0, step: float = 0.02):
    """Wait until something is true, and return it."""
    end = time.monotonic() + seconds
    while not (value := true()):
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(step)
    return value
