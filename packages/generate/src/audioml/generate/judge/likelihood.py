"""Bits that a sample of a song costs which the model has not heard."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from audioml.core.errors import UsageError
from audioml.core.foretelling import Baselines, Foreteller
from audioml.core.stages import Generator

from .held import Excerpt

__all__ = ["bits"]

_COUNTED = 2_000_000  # samples that the baselines are learnt from


def bits(model: Generator, held: Sequence[Excerpt], train: Sequence[Excerpt]) -> dict[str, Any]:
    """Return what a sample costs by the model and by the baselines, on the very same samples.

    What the receptive field is filled with is not counted. ``genres`` has the figures of each
    genre that the songs have.

    Raises
    ------
    UsageError
        If the model cannot tell what samples cost.
    """
    if not isinstance(model, Foreteller):
        raise UsageError(
            f"{model.spec.name} cannot tell how likely a sample is, so no bits are to be measured"
        )
    field, known = model.receptive_field, set(getattr(model, "genres", ()))
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for each in held:
        genre = each.genre if each.genre in known else None
        costs = model.costs(each.samples, genre=genre)[field:]
        for name in ("", each.genre or ""):
            sums[name][0] += float(costs.sum())
            sums[name][1] += len(costs)
            if not each.genre:
                break
    baselines = Baselines.of((each.samples for each in train), most=_COUNTED)
    whole, count = sums.pop("")
    return {
        "model": whole / count,
        **baselines.bits((each.samples for each in held), first=field),
        "samples": int(count),
        "genres": {name: total / n for name, (total, n) in sorted(sums.items()) if n},
    }
