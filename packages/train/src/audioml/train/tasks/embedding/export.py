"""From a checkpoint to a model folder whose answer is a unit vector for each window."""

from __future__ import annotations

from pathlib import Path

from audioml.train.export import Card
from audioml.train.features import FACTS, LogMel, settings
from audioml.train.module import read, weights

from ..cards import data_of, training_of
from ..figures import kept
from .network import Embedder
from .vectors import write_vectors

__all__ = ["export"]


def export(checkpoint: Path, folder: Path) -> None:
    """Write the model folder of a checkpoint."""
    state = read(checkpoint)
    config, facts = state["audioml"]["config"], state[FACTS]
    task = config["task"]
    features = LogMel(**settings(task))
    network = Embedder.of(features.shape, int(task["size"]), task["network"])
    network.load_state_dict(weights(checkpoint))
    near = (
        "those of one recording" if task["near"] == "recording" else f"those of one {task['near']}"
    )
    card = Card(
        use=f"Puts {near} near each other, to find like sounds: compare vectors by their cosine, "
        "or let `audioml train index` and `audioml train similar` do so. It is for sounds of the "
        "kind that it was trained on.",
        data=data_of(facts["recordings"], config["data"]),
        training=training_of(config),
        limits=("Sounds unlike those it was trained on: other microphones, rooms and levels.",),
        measured="On windows of the test split, which was not trained on; what is near there is "
        f"{near}:",
    )
    write_vectors(network, features, task, folder, figures=kept(checkpoint), card=card)
