"""What the tests of the task share: corpora, and settings that train a tiny network in no time."""

from __future__ import annotations

import csv
import json
from importlib import import_module
from pathlib import Path

import numpy as np

from audioml.core.corpus import CorpusWriter

PLUGINS = {
    "core": "audioml.core.plugin",
    "train": "audioml.train.plugin",
    "wavenet": "audioml_wavenet.plugin",
}

TINY = (
    "task=wavenet",
    "trainer=cpu",
    "threads=1",
    "data.batch_size=2",
    "data.steps=3",
    "task.span=256",
    "task.samples.seconds=0.01",
    "model.network.dilations=[1,2,4,8]",
    "model.network.residual=8",
    "model.network.gate=8",
    "model.network.skip=8",
    "model.network.head=[16]",
    "trainer.max_epochs=2",
    "trainer.log_every_n_steps=1",
    "callbacks.last.every=1",
)
MADE = ("data.made={songs: 20, seconds: 5}", "task.rate=4000")


def plugins() -> dict[str, object]:
    return {name: import_module(path) for name, path in PLUGINS.items()}


def only_run(root: Path) -> Path:
    (folder,) = (root / "logs" / "wavenet" / "runs").iterdir()
    return folder


def state(folder: Path) -> dict:
    return json.loads((folder / "state.json").read_bytes())


def figures(folder: Path, *names: str) -> list[tuple[int, str, float]]:
    with (folder / "metrics.csv").open(newline="") as file:
        rows = [(int(r["step"]), r["name"], float(r["value"])) for r in csv.DictReader(file)]
    return [row for row in rows if not names or row[1] in names]


def write_corpus(path: Path, song, *, songs: int = 6, rate: int = 4000, encoding: str = "mulaw"):
    """Write a corpus: ``song(number)`` gives samples, floats or as they are kept."""
    splits = ("train", "train", "validation", "test")
    with CorpusWriter(path, rate=rate, encoding=encoding) as corpus:
        for number in range(songs):
            corpus.append(
                f"song-{number}",
                np.asarray(song(number)),
                split=splits[number % 4],
                genre=("folk", "rock")[number % 2],
                artist=f"artist {number}",
                licence="CC-BY-4.0" if number % 2 else "CC0-1.0",
            )
    return path
