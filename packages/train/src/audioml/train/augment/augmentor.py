"""What every augmentation is, and a chain of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from audioml.core.errors import UsageError

from .draws import Draws, place
from .labels import KINDS, Labels, batch_of, chosen_labels, merged_labels

__all__ = ["BatchAugmentation", "BatchAugmentor"]


class BatchAugmentor(nn.Module):
    """One augmentation of a batch: ``forward(audio, labels) -> (audio, labels)``.

    In training mode each example is changed with probability ``p``; in evaluation mode none is.
    What comes in is never written to. The numbers drawn depend on the seed, on the step, on the
    rank and on the loader worker, and on nothing else. Steps are counted here, and the count is
    part of ``state_dict``; whoever knows the step better tells it by `at`.

    Audio is floating point, of shape (batch, samples) or (batch, channels, samples); an
    augmentation of spectrograms takes (batch, ..., frames, bands). Arithmetic is in float32, the
    type of the answer that of the question.

    A subclass implements `change`, which gets the chosen examples only.

    Parameters
    ----------
    p
        Probability for each example.
    seed
        Whole number from 0.
    kinds
        How labels move: the name of an entry to its kind, see `audioml.train.augment.labels`.
        Labels that are one tensor go by the name ``labels``.
    """

    whole_batch = False  # whether `change` gets every example, so that all stay of one shape

    def __init__(
        self, *, p: float = 0.5, seed: int = 0, kinds: Mapping[str, str] | None = None
    ) -> None:
        super().__init__()
        if not 0.0 <= p <= 1.0:
            raise UsageError(f"'p' must be a probability from 0 to 1, got {p!r}")
        if seed < 0:
            raise UsageError(f"'seed' must be a whole number from 0, got {seed!r}")
        self.p = float(p)
        self.kinds = {**KINDS, **(kinds or {})}
        self.step = 0
        self._key: tuple[int, ...] = (int(seed),)
        self._rank: int | None = None

    def change(self, audio: Tensor, labels: Labels, draws: Draws) -> tuple[Tensor, Labels]:
        """Return the examples changed; ``audio`` is float32, and may not be written to."""
        raise NotImplementedError

    def at(self, step: int, *, rank: int | None = None) -> None:
        """Tell which step comes next, and the rank where it is not that of torch.distributed."""
        self.step, self._rank = int(step), rank

    def seeded(self, *key: int) -> None:
        """Take another seed, of one or several whole numbers."""
        self._key = key

    @torch.no_grad()
    def forward(self, audio: Tensor, labels: Labels = None) -> tuple[Tensor, Labels]:
        """Return the batch with some examples changed, and the labels that they have now."""
        if not self.training:
            return audio, labels
        _check(audio, labels)
        draws = self._draws(audio.device)
        picked = draws.chances(len(audio)) < self.p
        count = int(picked.sum())
        if not count and not self.whole_batch:
            return audio, labels
        with torch.autocast(audio.device.type, enabled=False):
            if self.whole_batch:
                changed, labels = self.change_all(audio.float(), labels, picked, draws)
                return changed.to(audio.dtype), labels
            if count == len(audio):
                changed, labels = self.change(audio.float(), labels, draws)
                return changed.to(audio.dtype), labels
            index = picked.nonzero()[:, 0].to(audio.device)
            part, moved = self.change(audio[index].float(), chosen_labels(labels, index), draws)
            whole = audio.index_copy(0, index, part.to(audio.dtype))
            return whole, merged_labels(labels, moved, index)

    def change_all(
        self, audio: Tensor, labels: Labels, picked: Tensor, draws: Draws
    ) -> tuple[Tensor, Labels]:
        """Return all examples, the ``picked`` ones changed; for those that change shapes."""
        raise NotImplementedError

    def _draws(self, device: torch.device) -> Draws:
        rank, worker = place()
        rank = rank if self._rank is None else self._rank
        key = (*self._key, self.step, rank, worker)
        self.step += 1
        return Draws(key, device)

    def get_extra_state(self) -> dict[str, int]:
        """Return what continues the random numbers."""
        return {"step": self.step}

    def set_extra_state(self, state: Any) -> None:
        """Continue the random numbers of `get_extra_state`."""
        self.step = int(state["step"])

    def extra_repr(self) -> str:
        """Return what is shown between the brackets."""
        return f"p={self.p}"


class BatchAugmentation(nn.Module):
    """Augmentations one after the other, as `torch.nn.Sequential` has it.

    Each gets random numbers of its own, which follow from ``seed`` and from its place; the seeds
    that they were made with are not looked at.
    """

    def __init__(self, *augmentors: BatchAugmentor | BatchAugmentation, seed: int = 0) -> None:
        super().__init__()
        self.augmentors = nn.ModuleList(augmentors)
        self.seeded(seed)

    def seeded(self, *key: int) -> None:
        """Take another seed, of one or several whole numbers."""
        for index, augmentor in enumerate(self):
            augmentor.seeded(*key, index)

    def at(self, step: int, *, rank: int | None = None) -> None:
        """Tell which step comes next, and the rank where it is not that of torch.distributed."""
        for augmentor in self:
            augmentor.at(step, rank=rank)

    def forward(self, audio: Tensor, labels: Labels = None) -> tuple[Tensor, Labels]:
        """Return the batch after all augmentations, and the labels that it has then."""
        for augmentor in self:
            audio, labels = augmentor(audio, labels)
        return audio, labels

    def __iter__(self) -> Iterator[BatchAugmentor | BatchAugmentation]:
        yield from self.augmentors  # type: ignore[misc]

    def __len__(self) -> int:
        return len(self.augmentors)


def _check(audio: Tensor, labels: Labels) -> None:
    if not audio.is_floating_point() or audio.ndim < 2:
        raise UsageError(
            "audio must be floating point of shape (batch, samples) or (batch, channels, samples), "
            f"got {audio.dtype} of shape {tuple(audio.shape)}"
        )
    wrong = {n: len(t) for n, t in batch_of(labels).items() if t.shape[:1] != audio.shape[:1]}
    if wrong:
        raise UsageError(f"labels must be of {len(audio)} examples as the audio is, got {wrong}")
