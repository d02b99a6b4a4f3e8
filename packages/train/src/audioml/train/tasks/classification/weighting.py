"""How much the classes count in the loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from audioml.core.errors import UsageError
from audioml.train.data import Prepared

from ..recordings import counted

__all__ = ["class_weights"]


def class_weights(
    given: Any, names: Sequence[str], prepared: Prepared, *, several: bool
) -> Tensor | None:
    """Return a weight for each class, float32, shape (classes,), or None.

    Parameters
    ----------
    given
        None; ``balanced``; or a mapping of classes to weights, 1 for those that are not in it.
    names
        The classes.
    prepared
        Whose recordings of the split ``train`` are counted.
    several
        Whether it is for classes that are each there or not: then ``balanced`` is how many
        recordings have not the class for each that has it, else it is one over the share of the
        class, so that all together have a mean of one over recordings.

    Raises
    ------
    UsageError
        If a class is unknown or a weight is not above 0.
    """
    if given is None:
        return None
    if given == "balanced":
        counts = counted(prepared)["train"]
        each = torch.tensor([float(counts[name]) for name in names])
        if several:
            return (len(prepared.filter(split="train")) - each).clamp_min(1.0) / each
        return each.sum() / (len(each) * each)
    if not isinstance(given, Mapping):
        raise UsageError(f"'task.class_weights' must be balanced or a mapping, got {given!r}")
    if unknown := [str(name) for name in given if name not in names]:
        raise UsageError(
            f"'task.class_weights' names {', '.join(unknown)}; the classes are {', '.join(names)}"
        )
    weights = [given.get(name, 1.0) for name in names]
    if wrong := [
        w for w in weights if isinstance(w, bool) or not isinstance(w, int | float) or w <= 0
    ]:
        raise UsageError(f"'task.class_weights' must be numbers above 0, got {wrong[0]!r}")
    return torch.tensor(weights, dtype=torch.float32)
