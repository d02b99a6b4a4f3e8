"""A loader that goes on in the middle of an epoch without reading what was seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sized
from typing import Any, cast

import numpy as np
import torch.distributed
from torch.utils.data import DataLoader, Dataset, Sampler

from audioml.core.errors import ValidationError

from .seeding import seed_all, seed_of

__all__ = ["ResumableLoader"]


class ResumableLoader:
    """Batches of a dataset, in an order that follows from seed and epoch alone.

    Each item is drawn with the generators of Python, numpy and torch seeded by its epoch and its
    index, whatever process reads it. So an epoch that is taken up again, or is read by another
    number of workers, gives the same batches. Of several processes each gets its own share, all of
    the same length; when shuffled, what does not fill a batch is left out. For random windows of a
    corpus there is `audioml.train.data.RandomLoader`, which reads whole batches at a time.

    Parameters
    ----------
    dataset
        With a length.
    batch_size
        Items of a batch, in each process.
    seed
        Of all that is random.
    shuffle
        Whether the order is another in each epoch.
    workers
        Processes that read.
    collate
        Makes a batch of items; None: torch's own way.
    """

    def __init__(
        self,
        dataset: Dataset[Any],
        *,
        batch_size: int,
        seed: int = 0,
        shuffle: bool = False,
        workers: int = 0,
        collate: Callable[[list[Any]], Any] | None = None,
        pin_memory: bool = False,
    ) -> None:
        self.batch_sampler = _Batches(
            len(cast("Sized", dataset)), batch_size, seed=seed, shuffle=shuffle
        )
        self._loader = DataLoader(
            _Seeded(dataset, seed),
            batch_sampler=self.batch_sampler,
            num_workers=workers,
            collate_fn=collate,
            persistent_workers=workers > 0,
            pin_memory=pin_memory,
        )
        self._done = self._begin_at = 0

    def __len__(self) -> int:
        """Return the batches of a whole epoch."""
        return len(self.batch_sampler)

    def __iter__(self) -> Iterator[Any]:
        """Yield the batches of an epoch, or what is left of it."""
        self._done, self._begin_at = self._begin_at, 0
        self.batch_sampler.begin_at = self._done
        for batch in self._loader:
            self._done += 1
            yield batch

    def state_dict(self) -> dict[str, int]:
        """Return how far the epoch is."""
        return {"batches": self._done, "length": len(self)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Begin the next epoch where another loader was.

        Raises
        ------
        ValidationError
            If that loader's epochs had another length.
        """
        if state["length"] != len(self):
            raise ValidationError(
                f"the checkpoint was written within an epoch of {state['length']} batches, but now "
                f"an epoch has {len(self)}: train with the same data, batch size and processes"
            )
        self._begin_at = int(state["batches"]) % max(len(self), 1)


class _Epoch:
    """What Lightning tells the epoch to."""

    def __init__(self) -> None:
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch


class _Batches(Sampler[list[tuple[int, int]]]):
    """Epoch and index of each item of a batch."""

    def __init__(self, items: int, size: int, *, seed: int, shuffle: bool) -> None:
        if size < 1:
            raise ValidationError(f"'batch_size' must be at least 1, got {size}")
        self._items, self._size, self._seed, self._shuffle = items, size, seed, shuffle
        self.sampler, self.begin_at = _Epoch(), 0

    def _share(self) -> tuple[int, int]:
        if torch.distributed.is_available() and torch.distributed.is_initialized():
            return torch.distributed.get_rank(), torch.distributed.get_world_size()
        return 0, 1

    def __len__(self) -> int:
        mine = (
            self._items // self._share()[1]
            if self._shuffle
            else -(-self._items // self._share()[1])
        )
        full = mine // self._size
        return full if self._shuffle and full else -(-mine // self._size)

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        rank, world = self._share()
        epoch = self.sampler.epoch
        order = np.arange(self._items)
        if self._shuffle:
            np.random.default_rng((self._seed, epoch)).shuffle(order)
        elif self._items % world:  # all processes must take as many steps
            order = np.concatenate([order, order[: world - self._items % world]])
        mine = order[rank::world]
        begin, self.begin_at = self.begin_at, 0
        for at in range(begin, len(self)):
            yield [(epoch, int(i)) for i in mine[at * self._size : (at + 1) * self._size]]


class _Seeded(Dataset[Any]):
    """Draws each item with generators that are seeded for it."""

    def __init__(self, dataset: Dataset[Any], seed: int) -> None:
        self._dataset, self._seed = dataset, seed

    def __getitem__(self, place: tuple[int, int]) -> Any:
        epoch, index = place
        seed_all(seed_of(self._seed, 1 + epoch, index))
        return self._dataset[index]
