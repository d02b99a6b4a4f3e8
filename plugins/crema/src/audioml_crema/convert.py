"""Turns the network that crema publishes into a model folder. None of its code is run."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from audioml.core.errors import IntegrityError
from audioml.core.models.manifest import Golden, Manifest, Part, Runtime
from audioml.core.models.write import write_manifest

from .card import CARD
from .model import CHORD

__all__ = ["golden", "manifest", "weights", "write_folder"]

_LAYERS = {f"norm{n}": f"batch_normalization_{n}" for n in range(1, 6)}
_LAYERS |= {"conv1": "conv2d_1", "conv2": "conv2d_2"}
_LAYERS |= {name: f"chord_{name}" for name in ("pitch", "root", "bass", "tag")}
_LAYERS |= {
    f"gru{n}.{way}": f"bidirectional_{n}/{way}_gru_{n}"
    for n in (1, 2)
    for way in ("forward", "backward")
}
_PARTS = {"recurrent_kernel": "recurrent", "moving_mean": "mean", "moving_variance": "variance"}


def weights(path: Path) -> dict[str, NDArray[np.float32]]:
    """Return the arrays of a ``model.h5`` of crema that inference needs, under shorter names.

    Raises
    ------
    IntegrityError
        If the file is not such a model.
    """
    found = {}
    try:
        with h5py.File(path, "r") as file:
            for name, layer in _LAYERS.items():
                group = file[f"model_weights/{layer.partition('/')[0]}/{layer}"]
                for key in group:
                    part = key.partition(":")[0]
                    found[f"{name}.{_PARTS.get(part, part)}"] = group[key][...]
    except (OSError, KeyError) as error:
        raise IntegrityError(f"{path} is not the chord model of crema: {error}") from error
    return found


def write_folder(fetched: Path, folder: Path) -> None:
    """Fill ``folder`` from crema's ``model.h5``.

    Raises
    ------
    IntegrityError
        If ``fetched`` is not such a file.
    """
    np.savez(folder / "weights.npz", **weights(fetched))  # type: ignore[arg-type]
    (folder / "MODEL_CARD.md").write_text(CARD, encoding="utf-8")
    write_manifest(folder, manifest())


def golden() -> Golden:
    """Return the self-test: what crema 0.2.0 itself, on TensorFlow 2.8, gives for its sound."""
    text = resources.files(__package__).joinpath("golden.json").read_text(encoding="utf-8")
    return Golden(**json.loads(text))


def manifest() -> Manifest:
    """Return what the folder says of itself, but for its files."""
    compat = {"compat": True}
    return Manifest(
        name=CHORD.name,
        version=CHORD.version,
        task=CHORD.task,
        license=CHORD.license,
        source="https://github.com/bmcfee/crema",
        description=CHORD.description,
        rate=44100,
        channels=1,
        extractor=Part("crema-hcqt"),
        decoder=Part("crema-chord"),
        runtimes=(Runtime("crema", "weights.npz"),),
        variants={"crema": {"extractor": compat, "decoder": compat}},
        streaming=False,
        batching="none",
        answers=CHORD.answers,
        metrics=CHORD.metrics or {},
        golden=golden(),
    )
