"""How well what is near is found: recall at k and mean average precision.

Everything is measured on a sketch of the split whose size is bounded: of the recordings those with
the least hash, of each the windows with the least hash. So it is the same recordings each time,
in whatever order and from whatever process they come.
"""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat

from .nearness import are_liked, are_near

__all__ = ["KS", "Retrieval", "figures"]

KS = (1, 5, 10)
_BLOCK = 256  # queries at a time
_ROUNDING = 1e-6
_ODD = 0x1B873593CC9E2D51  # any large odd number
_Facts = dict[str, Tensor]


def figures(scores: Tensor, near: Tensor, left_out: Tensor, *, whole: bool = False) -> Tensor:
    """Return recall at each of `KS`, and average precision, of queries: shape (queries, 4).

    Where two scores are equal up to rounding, the one that is not near comes first: vectors that
    are all the same find nothing. A query to which nothing is near has no figures, but NaN.

    Parameters
    ----------
    scores
        Floating point, shape (queries, answers): the larger, the nearer.
    near
        bool, same shape: what is to be found.
    left_out
        bool, same shape: answers that do not count, such as the query itself.
    whole
        Whether recall is the share of what is to be found that is among the k best, as
        recommendation has it; else it is whether any of it is, as learning of metrics has it
        (Jégou et al. 2011).
    """
    near = near & ~left_out
    order = (scores.float() - _ROUNDING * near).masked_fill(left_out, float("-inf"))
    hits = near.gather(1, order.argsort(dim=1, descending=True, stable=True)).float()
    found, wanted = hits.cumsum(1), hits.sum(1)
    places = torch.arange(1, hits.shape[1] + 1, device=hits.device)
    precision = (found / places * hits).sum(1) / wanted
    at = [found[:, min(k, hits.shape[1]) - 1] for k in KS]
    recall = [each / wanted if whole else (each > 0).float() for each in at]
    return torch.stack([*recall, precision], 1).masked_fill((wanted == 0)[:, None], torch.nan)


class Retrieval(Metric):
    """Recall at 1, 5 and 10, and mean average precision, of nearest neighbours by cosine.

    Parameters
    ----------
    of
        ``near``: each window asks for all others; near are those of the same recording, or, where
        recordings have keys, those of *other* recordings that share one. ``classes``: near are
        those of other recordings that share a class. ``liked``: each recording, as the mean of its
        windows, asks for all others; near are those that the same users like, and recall is the
        share of them.
    recordings
        That are kept, at most.
    each
        Windows of a recording that are kept, at most.
    """

    full_state_update = False
    higher_is_better = True
    vectors: Any
    facts: Any

    def __init__(
        self,
        of: Literal["near", "classes", "liked"] = "near",
        *,
        recordings: int = 1000,
        each: int = 4,
    ) -> None:
        super().__init__()
        self.of, self.recordings, self.each = of, recordings, each
        self.add_state("vectors", default=[], dist_reduce_fx="cat")
        self.add_state("facts", default=[], dist_reduce_fx="cat")
        self.widths: dict[str, int] = {}

    def update(self, vectors: Tensor, **facts: Tensor) -> None:
        """Take in windows.

        Parameters
        ----------
        vectors
            Shape (n, size).
        facts
            int64: ``row`` and ``start``, shape (n,): the recording, and where in it the window
            begins; ``keys``, ``classes`` and ``liked``, see `Nearness`.
        """
        columns = {name: each.reshape(len(each), -1) for name, each in facts.items()}
        self.widths = {name: each.shape[1] for name, each in columns.items()}
        self.vectors.append(vectors.detach().float())
        self.facts.append(torch.cat([*columns.values()], 1))
        if sum(map(len, self.vectors)) > 2 * self.recordings * self.each:
            found, told = self.kept()
            self.vectors, self.facts = [found], [torch.cat([*told.values()], 1)]

    def kept(self) -> tuple[Tensor, _Facts]:
        """Return the windows of the sketch: vectors, and facts of shape (n, width)."""
        vectors, table = dim_zero_cat(self.vectors), dim_zero_cat(self.facts)
        parts = torch.split(table, [*self.widths.values()], 1)
        facts = dict(zip(self.widths, parts, strict=True))
        chosen = _sketch(facts["row"][:, 0], facts["start"][:, 0], self.recordings, self.each)
        return vectors[chosen], {name: each[chosen] for name, each in facts.items()}

    def compute(self) -> dict[str, Tensor]:
        """Return the figures, NaN where nothing is near to anything."""
        vectors, facts = self.kept()
        facts["row"] = facts["row"][:, 0]
        if self.of == "liked":
            vectors, facts = _joined(vectors, facts)
        unit = torch.nn.functional.normalize(vectors, dim=1)
        blocks = [self._block(unit, facts, first) for first in range(0, len(unit), _BLOCK)]
        names = [*(f"recall_at_{k}" for k in KS), "map"]
        return dict(zip(names, torch.cat(blocks).nanmean(0), strict=True))

    def _block(self, unit: Tensor, facts: _Facts, first: int) -> Tensor:
        asked = slice(first, first + _BLOCK)
        mine = {name: each[asked] for name, each in facts.items()}
        scores, same = unit[asked] @ unit.mT, mine["row"][:, None] == facts["row"][None]
        if self.of == "liked":
            return figures(scores, are_liked(mine, facts), same, whole=True)
        by = "keys" if self.of == "near" else "classes"
        near = are_near(mine, facts, by=by)
        if facts[by].shape[1]:
            return figures(scores, near, same)
        places = torch.arange(len(unit), device=unit.device)
        return figures(scores, near, places[asked, None] == places[None])


def _sketch(rows: Tensor, starts: Tensor, recordings: int, each: int) -> Tensor:
    """Return the places of the windows that are kept, in the order of rows and starts."""
    names, which = torch.unique(rows, return_inverse=True)
    chosen = torch.zeros(len(names), dtype=torch.bool, device=rows.device)
    chosen[_hash(names).argsort()[:recordings]] = True
    order = _hash(rows * _ODD + starts).argsort()
    order = order[which[order].argsort(stable=True)]  # by recording, within it by hash
    first = torch.searchsorted(which[order], which[order])
    place = torch.arange(len(order), device=rows.device) - first
    order = order[(place < each) & chosen[which[order]]]
    order = order[starts[order].argsort(stable=True)]
    return order[rows[order].argsort(stable=True)]


def _hash(numbers: Tensor) -> Tensor:
    """Return numbers that look random, int64, from whole numbers (Steele et al. 2014, SplitMix)."""
    mixed = numbers.long() * -7046029254386353131  # 2**64 over the golden ratio, as int64
    for shift, factor in ((30, -4658895280553007687), (27, -7723592293110705685)):
        mixed = (mixed ^ ((mixed >> shift) & ((1 << (64 - shift)) - 1))) * factor
    return mixed ^ ((mixed >> 31) & ((1 << 33) - 1))


def _joined(vectors: Tensor, facts: _Facts) -> tuple[Tensor, _Facts]:
    """Return one vector for each recording: the mean of those of its windows."""
    rows, which = torch.unique(facts["row"], return_inverse=True)
    sums = torch.zeros(len(rows), vectors.shape[1], device=vectors.device)
    sums.index_add_(0, which, vectors)
    first = torch.zeros(len(rows), dtype=torch.long, device=rows.device)
    first[which.flip(0)] = torch.arange(len(which), device=rows.device).flip(0)
    return sums, {name: each[first] for name, each in facts.items()}
