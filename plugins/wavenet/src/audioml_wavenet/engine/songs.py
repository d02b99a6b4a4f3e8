"""Songs in the making: what an engine offers, and which one there is."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from audioml.core.errors import MissingDependencyError

from ..weights import Weights
from .sampling import Sampling

if TYPE_CHECKING:
    from .compiled import CompiledSongs
    from .device import DeviceSongs

__all__ = ["Songs", "songs"]

log = logging.getLogger("audioml.wavenet")


class Songs(Protocol):
    """Some songs that are made together, by one network, each of them alone in what it hears."""

    @property
    def last(self) -> NDArray[np.int64]:
        """Return the last amplitude of each, `SILENCE` at first.

        Before that, every layer's input was 0.
        """
        ...

    def feed(
        self, tokens: NDArray[np.integer], /, *, logits: bool = False
    ) -> NDArray[np.float32] | None:
        """Go on with amplitudes that are given, shape (songs, n).

        Returns the logits by which each was foretold from those before it, shape (songs, n, 256),
        or None where they are not wanted, which is quicker.
        """
        ...

    def draw(
        self, uniforms: NDArray[np.float64], choices: Sequence[Sampling], /
    ) -> NDArray[np.uint8]:
        """Go on with amplitudes that are drawn: shape (songs, n), as that of ``uniforms``."""
        ...

    def memory(self, song: int, /) -> NDArray[np.float32]:
        """Return all that a song's future depends on besides ``last``.

        Shape (sum of dilations, residual channels): the last inputs of each layer, oldest first.
        """
        ...

    def recall(self, song: int, memory: NDArray[np.float32], last: int, /) -> None:
        """Go back to a `memory`, of these songs or of others of the network."""
        ...


def songs(
    weights: Weights, conditions: Sequence[int | None] = (None,), *, device: str = "cpu"
) -> Songs:
    """Return new songs, one for each of ``conditions``: the number of its genre, or None.

    They are made by compiled code where numba is installed, and by numpy where it is not; on
    another ``device`` than ``cpu``, by torch.

    Raises
    ------
    MissingDependencyError
        If another device is wanted, and torch is not installed.
    UsageError
        If there is no such device.
    """
    if device != "cpu":
        return _elsewhere()(weights, conditions, device=device)
    try:
        return _compiled()(weights, conditions)
    except ImportError as error:
        from .plain import PlainSongs

        log.warning(
            "songs are made by numpy, far slower than by compiled code (%s); "
            'run: pip install "audioml-wavenet[fast]"',
            error,
        )
        return PlainSongs(weights, conditions)


def _elsewhere() -> type[DeviceSongs]:
    try:
        from .device import DeviceSongs
    except ImportError as error:
        raise MissingDependencyError(
            f"another device than the processor needs torch ({error}); see pytorch.org"
        ) from error
    return DeviceSongs


def _compiled() -> type[CompiledSongs]:
    if os.environ.get("NUMBA_DISABLE_JIT", "0") not in {"", "0"}:
        raise ImportError("NUMBA_DISABLE_JIT is set")
    from .compiled import CompiledSongs

    return CompiledSongs
