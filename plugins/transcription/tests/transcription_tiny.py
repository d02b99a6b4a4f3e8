"""What the tests of the task share: settings that train a network of a few numbers in no time."""

from __future__ import annotations

import csv
import json
from importlib import import_module
from pathlib import Path

import numpy as np

PLUGINS = {
    "core": "audioml.core.plugin",
    "train": "audioml.train.plugin",
    "onnx": "audioml_onnx.plugin",
    "transcription": "audioml_transcription.plugin",
}

_SETS = {
    "train": (2, 1),
    "valid": (2, 2),
    "test": (2, 3),
}

SMALL = (
    "task=transcription",
    "experiment=quick",
    "threads=1",
    "data.batch_size=2",
    "data.steps=3",
    "model.network.width=8",
    "model.network.stem=4",
    "model.frames=30",
    "trainer.max_epochs=2",
    "trainer.log_every_n_steps=1",
    "callbacks.last.every=1",
    *(
        f"data.{stage}.made-up.{name}={value}"
        for stage, (count, seed) in _SETS.items()
        for name, value in (("recordings", count), ("each", count), ("seconds", 5), ("seed", seed))
    ),
)

CRNN = (
    *(each for each in SMALL if not each.startswith("model.")),
    "model=crnn",
    "model.network.convolutions=[2,3,3,4]",
    "model.network.features=5",
    "model.network.recurrent=3",
    "model.frames=61",
)


def plugins() -> dict[str, object]:
    return {name: import_module(path) for name, path in PLUGINS.items()}


def only_run(root: Path) -> Path:
    (folder,) = (root / "logs" / "transcription" / "runs").iterdir()
    return folder


def figures(folder: Path, *names: str) -> list[tuple[int, str, float]]:
    """Rows of the table of figures, all or those of some names."""
    with (folder / "metrics.csv").open(newline="") as file:
        rows = [(int(r["step"]), r["name"], float(r["value"])) for r in csv.DictReader(file)]
    return [row for row in rows if not names or row[1] in names]


def state(folder: Path) -> dict:
    return json.loads((folder / "state.json").read_bytes())


def settings(*arguments: str, folder: Path) -> object:
    """Return the configuration that a command line makes, its data in a folder."""
    from hydra import compose, initialize_config_module

    path = "hydra.searchpath=[pkg://audioml_transcription.conf]"
    with initialize_config_module("audioml.train.conf", version_base="1.3"):
        return compose("train", [*arguments, f"paths.root={folder}", "paths.output=.", path])


def tone(notes: np.ndarray, seconds: float, rate: int = 16000) -> np.ndarray:
    """Return decaying tones: rows of notes are onset, offset, pitch and velocity."""
    out = np.zeros(round(seconds * rate), np.float32)
    for onset, offset, pitch, velocity in notes:
        at, end = round(onset * rate), min(round(offset * rate), len(out))
        time = np.arange(max(end - at, 0)) / rate
        hertz = 440 * 2 ** ((pitch - 69) / 12)
        out[at:end] += 0.2 * velocity / 127 * np.exp(-3 * time) * np.sin(2 * np.pi * hertz * time)
    return out
