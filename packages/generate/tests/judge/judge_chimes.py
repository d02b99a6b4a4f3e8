"""A generator whose songs and chances are known: chimes, told from the sample before."""

from __future__ import annotations

import numpy as np

from audioml.core.corpus import CorpusWriter
from audioml.core.models.manifest import Manifest, Part
from audioml.core.models.write import write_manifest
from audioml.core.plugins import Component, hookimpl
from audioml.core.stages import Estimator, ModelSpec
from audioml.core.values import Audio, Frames, Prediction

RATE = 4000
ABOUT = {"name": "chimes", "version": "1", "task": "song", "license": "CC0-1.0", "rate": RATE}


@hookimpl
def components():
    yield Component("generator", "chimes", "judge_chimes:build", "chimes")
    yield Component("estimator", "loudness", "judge_chimes:Loudness", "how loud it is")


def build(folder=None, manifest=None, **made):
    return Chimes(manifest.spec, **made)


def write_folder(folder, **made):
    folder.mkdir()
    (folder / "weights.bin").write_bytes(b"none")
    write_manifest(folder, Manifest(kind="generator", builder=Part("chimes", made), **ABOUT))
    return folder


def chime(seed, seconds):
    """Strokes at random times and pitches, float32, shape (n,)."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * RATE)) / RATE
    out = rng.normal(0, 0.003, len(time))
    for at in np.arange(0.1, seconds, 0.4):
        after = np.maximum(time - at, 0)
        tone = np.sin(2 * np.pi * rng.uniform(200, 1200) * after)
        out += rng.uniform(0.1, 0.3) * (time >= at) * np.exp(-6 * after) * tone
    return out.astype(np.float32)


def write_corpus(path, *, rate=RATE, encoding="mulaw", songs=8, seconds=6.0, song=chime):
    splits = ("train", "train", "validation", "test")
    with CorpusWriter(path, rate=rate, encoding=encoding) as corpus:
        for number in range(songs):
            corpus.append(
                f"chime-{number}",
                song(number, seconds),
                split=splits[number % 4],
                genre="bells" if number < 4 else "gongs",
            )
    return path


class Chimes:
    """Songs are chimes of other seeds, or what is ``planted``; each level is as likely."""

    encoding = "mulaw"
    receptive_field = 100

    def __init__(self, spec, planted=None, gain=1.0):
        self.spec: ModelSpec = spec
        self.genres = ("bells",)
        self.planted, self.gain = planted, gain

    def costs(self, samples, /, *, genre=None):
        return np.full(len(samples), 3.0 if genre == "bells" else 5.0)

    def start(self, options, /):
        seconds = options.seconds
        song = chime(options.seed + 1000, seconds)
        if self.planted is not None:
            song[: RATE * 3] = self.gain * chime(self.planted, 6.0)[RATE : 4 * RATE]
        return _Song(np.clip(song, -1, 1))


class _Song:
    state = b""

    def __init__(self, samples):
        self.samples = samples

    def __iter__(self):
        for at in range(0, len(self.samples), 400):
            yield Audio(self.samples[None, at : at + 400], RATE, at / RATE)


class Loudness(Estimator):
    spec = ModelSpec("loudness", "1", "loudness", "CC0-1.0", RATE)

    def __init__(self, folder=None, manifest=None):
        pass

    def predict(self, audio, /):
        frames = audio.samples[0][: audio.samples.shape[1] // 400 * 400].reshape(-1, 400)
        values = np.stack([np.abs(frames).mean(1), frames.std(1)], 1).astype(np.float32)
        return Prediction({"loudness": Frames(values, hop=0.1)})
