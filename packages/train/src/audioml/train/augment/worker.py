"""Transforms of `audiomentations`, one example at a time, for use in a data set's worker."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audioml.core.errors import MissingDependencyError, UsageError

__all__ = ["PerExample"]

# what moves sound in time or pitch, where labels would stay behind
_MOVING = frozenset(
    {
        "AdjustDuration", "Padding", "PitchShift", "RepeatPart", "Reverse", "Shift", "TimeMask",
        "TimeStretch", "Trim",
    }
)  # fmt: skip


class PerExample:
    """A transform of audiomentations, or several, with random numbers that come again.

    audiomentations draws from Python's and numpy's global generators. Here both are set for each
    example from the seed, the epoch and the example's number, and put back afterwards.

    Parameters
    ----------
    *transforms
        Of audiomentations, or anything that is called as ``transform(samples, sample_rate)``.
    sample_rate
        Of the audio, in Hz.
    moving
        Whether transforms may move sound in time or pitch, as none may where labels tell these.

    Raises
    ------
    UsageError
        If a transform moves sound and may not.
    """

    def __init__(
        self, *transforms: Callable[..., Any], sample_rate: int, seed: int = 0, moving: bool = False
    ) -> None:
        found = sorted({n for t in transforms for n in _names(t)} & _MOVING)
        if found and not moving:
            raise UsageError(
                f"{', '.join(found)} would move the sound and leave its labels behind; use "
                "audioml.train.augment on batches, or say moving=True where labels do not mind"
            )
        self.transforms, self.sample_rate, self.seed = transforms, sample_rate, seed
        self.epoch = 0

    @classmethod
    def named(
        cls, *specs: tuple[str, dict[str, Any]], sample_rate: int, seed: int = 0
    ) -> PerExample:
        """Return transforms of audiomentations by name, each with its parameters.

        Raises
        ------
        MissingDependencyError
            If audiomentations is not installed.
        UsageError
            If it has no transform of a name.
        """
        try:
            import audiomentations
        except ImportError as error:
            raise MissingDependencyError(
                "audiomentations is not installed; run: pip install audiomentations"
            ) from error
        unknown = [name for name, _ in specs if not hasattr(audiomentations, name)]
        if unknown:
            raise UsageError(f"audiomentations has no transform {unknown[0]!r}")
        made = [getattr(audiomentations, name)(**params) for name, params in specs]
        return cls(*made, sample_rate=sample_rate, seed=seed)

    def __call__(self, samples: NDArray[np.float32], index: int = 0) -> NDArray[np.float32]:
        """Return one example changed; what came in stays as it is.

        Parameters
        ----------
        samples
            float32 (n,) or (channels, n), in [-1, 1].
        index
            Number of the example in its data set.
        """
        made = np.array(samples, np.float32)
        with _seeded(self.seed, self.epoch, index):
            for transform in self.transforms:
                made = transform(made, self.sample_rate)
        return np.asarray(made, np.float32)


def _names(transform: Any) -> Iterator[str]:
    yield type(transform).__name__
    for inner in getattr(transform, "transforms", ()):
        yield from _names(inner)


@contextlib.contextmanager
def _seeded(*key: int) -> Iterator[None]:
    python, state = random.getstate(), np.random.get_state()  # noqa: NPY002
    (seed,) = np.random.SeedSequence([int(k) for k in key]).generate_state(1)
    random.seed(int(seed))
    np.random.seed(int(seed))  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(state)  # noqa: NPY002
