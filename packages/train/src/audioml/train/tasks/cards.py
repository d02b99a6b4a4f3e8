"""What the model card of a task says of its data and its training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["data_of", "training_of"]


def data_of(recordings: Mapping[str, Mapping[str, int]], data: Mapping[str, Any]) -> str:
    """Return how many recordings of what there were.

    Parameters
    ----------
    recordings
        Of each split, how many there are of each class.
    data
        ``data`` of the configuration.
    """
    splits = [name for name in ("train", "validation", "test") if name in recordings]
    names = sorted({name for split in splits for name in recordings[split]})
    head = f"| recordings of | {' | '.join(splits)} |\n|---|{'---|' * len(splits)}"
    rows = "\n".join(
        f"| {name} | {' | '.join(str(recordings[s].get(name, 0)) for s in splits)} |"
        for name in names
    )
    return f"{source_of(data)}\n\n{head}\n{rows}"


def source_of(data: Mapping[str, Any]) -> str:
    """Return where the recordings are from."""
    if data.get("path"):
        return f"The corpus `{data['path']}`."
    if data.get("source_path"):
        return f"The folder `{data['source_path']}`."
    return (
        "Sounds that were made up by `experiment=quick`; nothing is known of how the model does on "
        "recordings."
    )


def training_of(config: Mapping[str, Any]) -> str:
    """Return how the network was trained."""
    task, trainer = config["task"], config["trainer"]
    begun = f", begun with the encoder of `{task['encoder']}`" if task.get("encoder") else ""
    return (
        f"`audioml train task={task['name']}`, seed {config['seed']}, at most "
        f"{trainer['max_epochs']} epochs in batches of {config['data']['batch_size']}{begun}; the "
        f"checkpoint with the best `{config['optimized_metric']}` was taken."
    )
