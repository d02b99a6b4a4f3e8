"""From a checkpoint to a model folder of the form that the published weights have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from audioml.core.files import replacing_folder
from audioml.core.models.manifest import Manifest, Part, Runtime
from audioml.core.models.write import write_manifest
from audioml.train.export import Card, check, exportable
from audioml.train.export.card import CARD
from audioml.train.module import read, weights
from audioml.train.tasks.figures import kept

from ..network import BINS, HARMONICS
from .network import ChordNetwork, Probabilities, arrays

__all__ = ["export"]

_FILE = "weights.npz"
_FRAMES = 50  # of the example on which network and export are compared


def export(checkpoint: Path, folder: Path) -> None:
    """Write the model folder of a checkpoint, and compare it with the network.

    Raises
    ------
    IntegrityError
        If the folder answers otherwise than the network, or the checkpoint is damaged.
    """
    state = read(checkpoint)
    config, task = state["audioml"]["config"], state["audioml"]["config"]["task"]
    network = ChordNetwork(filters=task["filters"], units=task["units"])
    network.load_state_dict(weights(checkpoint))
    stay = float(state["state_dict"]["stay"])
    described = _manifest(task, stay=stay, figures=kept(checkpoint))
    random = torch.Generator().manual_seed(0)
    example = {"cqt_mag": -80 * torch.rand(1, _FRAMES, BINS, HARMONICS, generator=random)}
    moving = {"cqt_mag": {1: "frames"}}
    ready = exportable(Probabilities(network), example, moving=moving)
    with replacing_folder(folder, again=True) as temporary:
        np.savez(temporary / _FILE, **arrays(network))  # type: ignore[arg-type]
        (runtime,) = described.runtimes
        off = check(ready, temporary, runtime)
        described = replace(described, runtimes=(replace(runtime, parity=float(f"{off:.3g}")),))
        text = _card(config, int(state["global_step"])).text(described)
        (temporary / CARD).write_text(text, encoding="utf-8")
        write_manifest(temporary, described)


def _manifest(task: Mapping[str, Any], *, stay: float, figures: Mapping[str, float]) -> Manifest:
    return Manifest(
        name=task["model"],
        version=task["version"],
        task="chord",
        license=task["license"],
        description="170 chords with inversions, by crema's convolutional-recurrent network",
        rate=44100,
        channels=1,
        extractor=Part("crema-hcqt"),
        decoder=Part("crema-chord", {"stay": round(stay, 6)}),
        runtimes=(Runtime("crema", _FILE),),
        answers=("chord",),
        metrics=figures,
    )


def _card(config: Mapping[str, Any], steps: int) -> Card:
    data, task = config["data"], config["task"]
    rendered = data["rendered"]
    source = f"Recordings with chord labels, `{data['source_path'] or data['path']}`."
    if rendered:
        source = "{recordings} progressions of {seconds} s, seed {seed}, rendered by numpy.".format(
            **{"seed": 0, **rendered}
        )
    low, high = data["shifts"]
    limits = [
        "It needs the whole recording before it answers: its features are relative to the maximum.",
        "Rare qualities are found less often than major and minor.",
    ]
    if rendered:
        limits.append("It was trained on rendered chords alone, and never tried on recordings.")
    return Card(
        use="Chords of tonal music with simultaneous notes: root, one of fourteen qualities, and "
        "inversion, every 93 ms. Check the answer before you print or judge anything by it.",
        data=f"{source} Patches of {data['window']:g} s, transposed by {low} to {high} semitones.",
        training=f"`audioml train task=chords`, seed {config['seed']}, {steps} steps of "
        f"{data['batch_size']} patches; {task['filters']} filters, {task['units']} units.",
        limits=limits,
        measured="Means of mir_eval's weighted chord symbol recalls over the test split, whose "
        "recordings were not trained on. Names that end in `_inv` count the inversion too.",
        more={
            "Method": "McFee and Bello, *Structured training for large-vocabulary chord "
            "recognition*, ISMIR 2017, as in crema 0.2 (<https://github.com/bmcfee/crema>)."
        },
    )
