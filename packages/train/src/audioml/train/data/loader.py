"""Batches in torch, read by worker processes; where the training stands is one number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from torch.utils.data import DataLoader

from audioml.core.errors import ValidationError

from .windows import Place, RandomPlaces, WindowReader, places_side_by_side

__all__ = ["EvaluationLoader", "RandomLoader"]


class _Batches:
    """Batches of random places, from where the sampler stands."""

    def __init__(self, places: RandomPlaces, size: int, steps: int) -> None:
        self._places, self._size, self._steps = places, size, steps

    def __len__(self) -> int:
        return self._steps

    def __iter__(self) -> Iterator[list[Place]]:
        for _ in range(self._steps):
            yield self._places.draw(self._size)


class RandomLoader:
    """Batches of random windows: each pass goes on where the last one was left.

    Batches that workers have made ready and nobody has taken are not counted: after
    `load_state_dict` the next batch is the one that would have come.

    Parameters
    ----------
    reader, places
        What is read, and where.
    batch_size
        Windows of a batch.
    steps
        Batches of a pass; by default as many as an epoch of the sampler has.
    options
        Of `torch.utils.data.DataLoader`, such as ``num_workers``.
    """

    def __init__(
        self,
        reader: WindowReader,
        places: RandomPlaces,
        *,
        batch_size: int,
        steps: int | None = None,
        **options: Any,
    ) -> None:
        self.batch_size, self._places, self._drawn = batch_size, places, 0
        self._steps = steps or max(1, len(places) // batch_size)
        batches: Any = _Batches(places, batch_size, self._steps)
        self._loader = _loader(reader, batches, options)

    def __len__(self) -> int:
        """Return the batches of a pass."""
        return self._steps

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield the batches of a pass."""
        self._places.seek(self._drawn)
        for batch in self._loader:
            self._drawn += self.batch_size
            yield batch

    def state_dict(self) -> dict[str, int]:
        """Return where this stands."""
        return {"drawn": self._drawn, **self._places.identity}

    def load_state_dict(self, state: Mapping[str, Any], /) -> None:
        """Go on where a loader of the same corpus, window, seed and number of processes stood.

        Raises
        ------
        ValidationError
            If it was another.
        """
        for name, ours in self._places.identity.items():
            if state.get(name) != ours:
                raise ValidationError(
                    f"the data of the checkpoint have {name}={state.get(name)!r}, but here it is "
                    f"{ours!r}; resume with the same data, seed and number of processes"
                )
        self._drawn = int(state["drawn"])


class EvaluationLoader:
    """The same windows each time, side by side; the last batch may be smaller.

    Parameters
    ----------
    reader
        What is read.
    batch_size
        Windows of a batch.
    hop
        Samples from one window to the next; by default the window's length.
    rank, world
        See `places_side_by_side`.
    options
        Of `torch.utils.data.DataLoader`.

    Raises
    ------
    ValidationError
        If one of several processes would get no window.
    """

    def __init__(
        self,
        reader: WindowReader,
        *,
        batch_size: int,
        hop: int | None = None,
        rank: int = 0,
        world: int = 1,
        **options: Any,
    ) -> None:
        lengths = reader.prepared.lengths
        self.batch_size = batch_size
        self.places = [
            *places_side_by_side(lengths, length=reader.length, hop=hop, rank=rank, world=world)
        ]
        if not self.places and world > 1:
            raise ValidationError(
                f"there are fewer windows to evaluate on than the {world} processes that share "
                "them: take fewer processes, or more recordings"
            )
        batches: Any = [
            self.places[first : first + batch_size]
            for first in range(0, len(self.places), batch_size)
        ]
        self._batches = len(batches)
        self._loader = _loader(reader, batches, options)

    def __len__(self) -> int:
        """Return the number of batches."""
        return self._batches

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield the batches."""
        yield from self._loader


def _loader(reader: WindowReader, batches: Any, options: Mapping[str, Any]) -> DataLoader[Any]:
    options = dict(options)
    if options.get("num_workers"):
        options.setdefault("persistent_workers", True)
    source: Any = reader
    return DataLoader(source, batch_size=None, sampler=batches, **options)
