"""Windows of a corpus: where they lie, and what is in them, a batch at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from audioml.core.corpus import WindowSampler, decode
from audioml.core.errors import UsageError, ValidationError

from .labels import Labels
from .prepared import Prepared

__all__ = ["Place", "RandomPlaces", "Targets", "Window", "WindowReader", "places_side_by_side"]

Place = tuple[int, int]
"""A row of the corpus, and the first sample of a window in it."""


@dataclass(frozen=True, slots=True)
class Window:
    """What a target is made of.

    Parameters
    ----------
    labels
        Of the window; times are counted from its first sample, and nothing is clipped.
    samples
        Its length.
    rate
        Hz.
    valid
        Samples that are of the recording; what follows is padding.
    """

    labels: Labels
    samples: int
    rate: int
    valid: int

    @property
    def seconds(self) -> float:
        """Return its length in seconds."""
        return self.samples / self.rate


Targets = Callable[[Window], Any]
"""Makes arrays of a window's labels: one array, or several by name, of equal shapes each time."""


class WindowReader:
    """Batches of windows by their places.

    Parameters
    ----------
    prepared
        The rows.
    length
        Samples of a window; where a row ends before, zeros follow.
    targets
        Makes arrays of the labels; without, the labels of a batch are None.
    """

    def __init__(self, prepared: Prepared, *, length: int, targets: Targets | None = None) -> None:
        self.prepared, self.length, self.targets = prepared, length, targets

    def __getitem__(self, places: Sequence[Place], /) -> dict[str, Any]:
        """Return a batch.

        ``audio``: float32, shape (batch, length). ``labels``: what the targets are, stacked, or
        None. ``row``: int64, shape (batch,), of the corpus. ``start``: float64, seconds.
        ``valid``: int64, the samples that are not padding.
        """
        audio = np.empty((len(places), self.length), np.float32)
        valid = np.empty(len(places), np.int64)
        for at, (row, start) in enumerate(places):
            valid[at] = self._read(row, start, audio[at])
        rows = np.array([row for row, _ in places], np.int64)
        starts = np.array([start for _, start in places], np.float64) / self.prepared.rate
        batch = {"audio": audio, "row": rows, "start": starts, "valid": valid}
        return batch | {"labels": self._targets(places, valid)}

    def _read(self, row: int, start: int, out: NDArray[np.float32]) -> int:
        corpus = self.prepared.corpus
        stop = min(start + self.length, int(corpus.lengths[row]))
        kept, count = corpus.read(row, start, stop), stop - start
        if corpus.encoding == "int16":
            np.multiply(kept, np.float32(1 / 32768), out=out[:count])
        else:
            out[:count] = decode(kept, corpus.encoding)
        out[count:] = 0
        return count

    def _targets(self, places: Sequence[Place], valid: NDArray[np.int64]) -> Any:
        if self.targets is None:
            return None
        rate, found = self.prepared.rate, []
        for (row, start), count in zip(places, valid.tolist(), strict=True):
            begin = start / rate
            labels = self.prepared.labels(row).window(begin, begin + self.length / rate)
            found.append(self.targets(Window(labels, self.length, rate, count)))
        return _stacked(found)


def _stacked(found: list[Any]) -> Any:
    first = found[0]
    if first is None:
        return None
    if isinstance(first, dict):
        return {name: _stacked([each[name] for each in found]) for name in first}
    shapes = {np.shape(each) for each in found}
    if len(shapes) > 1:
        raise ValidationError(
            f"targets must have one shape for all windows, got {sorted(shapes)}; pad them"
        )
    return np.stack([np.asarray(each) for each in found])


class _Padded:
    """A corpus whose short rows are as long as a window, for the sampler to draw from."""

    def __init__(self, prepared: Prepared, length: int) -> None:
        self.encoding = prepared.corpus.encoding
        self.lengths = np.where(prepared.lengths > 0, np.maximum(prepared.lengths, length), 0)


class RandomPlaces:
    """Places of random windows without end; where it stands is one number.

    Each epoch covers every row once, from a new first sample, in a new order; all follows from
    the seed.

    Parameters
    ----------
    prepared
        The rows.
    length
        Samples of a window.
    seed
        Of what is drawn.
    short
        Rows shorter than a window are padded with zeros (``pad``), or left out (``drop``).
    rank, world
        Of ``world`` processes that share the windows, this is number ``rank``.
    """

    def __init__(
        self,
        prepared: Prepared,
        *,
        length: int,
        seed: int = 0,
        short: Literal["pad", "drop"] = "pad",
        rank: int = 0,
        world: int = 1,
    ) -> None:
        if short not in ("pad", "drop"):
            raise UsageError(f"'short' must be 'pad' or 'drop', got {short!r}")
        source: Any = _Padded(prepared, length) if short == "pad" else prepared.corpus
        self._sampler = WindowSampler(source, length=length, seed=seed, rank=rank, world=world)
        state = self._sampler.state
        self._identity = {n: v for n, v in state.items() if n not in ("epoch", "cursor")}

    def __len__(self) -> int:
        """Return the windows of an epoch that this process draws."""
        return len(self._sampler)

    @property
    def identity(self) -> dict[str, int]:
        """Return what tells this sampler from others."""
        return dict(self._identity)

    def seek(self, drawn: int, /) -> None:
        """Go to where ``drawn`` windows have been drawn."""
        epoch, cursor = divmod(drawn, len(self))
        self._sampler.restore({"epoch": epoch, "cursor": cursor, **self._identity})

    def draw(self, count: int, /) -> list[Place]:
        """Return the next places."""
        return self._sampler.draw(count)


def places_side_by_side(
    lengths: NDArray[np.int64],
    *,
    length: int,
    hop: int | None = None,
    rank: int = 0,
    world: int = 1,
) -> Iterator[Place]:
    """Yield the same places each time: every row from its start to its end, one after the other.

    Parameters
    ----------
    lengths
        Samples of each row.
    length, hop
        Samples of a window, and from one to the next; by default the window's length. The last
        window of a row reaches beyond its end.
    rank, world
        Of ``world`` processes that share the windows, this is number ``rank``; no window is
        given twice.
    """
    step, count = hop or length, 0
    for row, total in enumerate(lengths.tolist()):
        windows = -(-max(total - length, 0) // step) + 1
        windows = min(windows, -(-total // step))  # none begins after the end, however wide the hop
        for at in range(windows):
            if count % world == rank:
                yield row, at * step
            count += 1
