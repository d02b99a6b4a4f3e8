"""Trains tasks from the command line, and runs their model folders by every command."""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import time
from pathlib import Path

import numpy as np

from audioml.core import load
from audioml.core.formats.json import decode
from audioml.core.testing import checks_for

PLUGINS = {
    "core": "audioml.core.plugin",
    "train": "audioml.train.plugin",
    "onnx": "audioml_onnx.plugin",
    "tflite": "audioml_tflite.plugin",
    "analyze": "audioml.analyze.plugin",
    "edge": "audioml.edge.plugin",
    "serve": "audioml.serve.plugin",
}

NO_TFLITE = next(
    (
        f"{name} is not installed"
        for name in ("litert_torch", "ai_edge_quantizer", "audioml_tflite")
        if importlib.util.find_spec(name) is None
    ),
    "",
)
"""What TFLite in int8 lacks here. It is not imported: absl, which comes with it, keeps the stderr
of the moment it is imported, here that of pytest, and closes it later."""


def plugins():
    """Return those of the plugins that are installed."""
    found = {}
    for name, module in PLUGINS.items():
        try:
            found[name] = importlib.import_module(module)
        except ImportError:
            continue
    return found


def the_run(folder: Path, task: str) -> Path:
    """Return the folder of the only run below a folder."""
    (run,) = (folder / "logs" / task / "runs").iterdir()
    return run


def figures(run: Path) -> dict[str, float]:
    """Return what a run reached."""
    return json.loads((run / "manifest.json").read_bytes())["metrics"]


def keeps_the_rules(model: Path):
    """Check a model folder by the rules of the contract, and return the model."""
    made = load(model)
    for check in checks_for(made):
        check()
    return made


def analysed(cli, model: Path, sound: Path, name: str) -> np.ndarray:
    """Return what `audioml analyze` answers."""
    out = sound.with_suffix(".json")
    done = cli("analyze", str(sound), "--estimators", str(model), "-o", str(out))
    assert done.code == 0, done.err
    (answers,) = decode(out.read_bytes()).predictions.values()
    return answers[name].values


def served(model: Path, sound: Path, name: str) -> np.ndarray:
    """Return what `audioml serve` answers."""
    from audioml.serve.service import build
    from audioml.serve.settings import Settings

    service = build(Settings(models=(str(model),)))
    try:
        (called,) = service.catalog
        reply = service.app.test_client().post(
            f"/v1/models/{called}/predict", data=sound.read_bytes(), content_type="audio/wav"
        )
        assert reply.status_code == 200, reply.data
        (answers,) = decode(reply.data).predictions.values()
        return answers[name].values
    finally:
        service.close()


def watched(cli, model: Path, sound: Path) -> np.ndarray:
    """Return what `audioml edge watch` answers."""
    folder = sound.parent / "street"
    folder.mkdir()
    copy = folder / sound.name
    copy.write_bytes(sound.read_bytes())
    before = time.time() - 3600
    os.utime(copy, (before, before))
    done = cli("edge", "watch", str(folder), "-m", str(model), "--once", "--to", "npz")
    assert done.code == 0, done.err
    with np.load(sound.parent / "street-results" / f"{sound.stem}.npz") as arrays:
        return arrays["embedding"][:, 0]  # as it calls the first head, whatever its name


def runs_everywhere(cli, model: Path, sound: Path, name: str) -> np.ndarray:
    """Check that all commands answer a sound alike, and return the answer."""
    answer = analysed(cli, model, sound, name)
    for package, asked in (
        ("audioml.serve", lambda: served(model, sound, name)),
        ("audioml.edge", lambda: watched(cli, model, sound)),
    ):
        if importlib.util.find_spec(package):
            np.testing.assert_allclose(asked(), answer, atol=1e-5, rtol=1e-5)
    return answer
