"""From a checkpoint to a model folder whose answer is the encoder's vector of each window."""

from __future__ import annotations

from pathlib import Path

from audioml.train.export import Card
from audioml.train.features import FACTS, LogMel, settings
from audioml.train.module import read, weights

from ..cards import data_of, training_of
from ..embedding.vectors import write_vectors
from ..figures import kept
from .network import Learner

__all__ = ["export"]


def export(checkpoint: Path, folder: Path) -> None:
    """Write the model folder of a checkpoint."""
    state = read(checkpoint)
    config, facts = state["audioml"]["config"], state[FACTS]
    task = config["task"]
    features = LogMel(**settings(task))
    network = Learner.of(features.shape, int(task["expanded"]), task["network"])
    network.load_state_dict(weights(checkpoint))
    card = Card(
        use="Turns sound into numbers from which other things can be learnt with few labels, by a "
        "linear layer on them, or by `audioml train task=classification "
        "task.encoder=CHECKPOINT` with the checkpoint that this was made of. It is for sounds of "
        "the kind that it was trained on.",
        data=data_of(facts["recordings"], config["data"]),
        training=training_of(config) + " No label was looked at.",
        limits=("Sounds unlike those it was trained on: other microphones, rooms and levels.",),
        measured="On windows of the test split, which was not trained on; what is found is another "
        "window of the same recording (retrieval), and a recording of the same class, where there "
        "are classes:",
    )
    write_vectors(network, features, task, folder, figures=kept(checkpoint), card=card)
