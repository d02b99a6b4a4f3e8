"""A pickle of ``get_features(y, sr, hop_size=None)`` as the extractor of a model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audioml.core.errors import PluginError, ValidationError
from audioml.core.features import PCM
from audioml.core.features.windows import mono
from audioml.core.files import shown
from audioml.core.stages import FeatureExtractor, FeatureStream, concatenated
from audioml.core.values import Audio, Rows

from .allowed import allowed
from .reading import keywords, read
from .worker import Worker

__all__ = ["PickledExtractor"]

_WINDOW, _HOP, _RATE = 1.0, 0.1, 48000  # SONYC's, where the pickle tells none


class PickledExtractor(FeatureExtractor):
    """Features out of a pickle, as SONYC's nodes have them beside a model: tensor ``features``.

    The tensor is float32, shape (rows, ...), a row being what the pickle returns for a window.
    The windows of a whole signal are taken to lie centred in it, as SONYC's do: where the last one
    is completed with zeros, half of them stand before the signal.

    Parameters
    ----------
    path
        The pickle. It must have been allowed, see ``audioml edge allow``; the process that loads
        it is started when features are first asked for.
    rate
        Hz of the audio that it is called with. By default the keyword ``target_sr``, at which the
        function has nothing to resample, else 48 kHz: SONYC's nodes hand on all sound at that.
    window, hop
        Seconds. By default the keywords ``duration`` and ``hop_size`` of a pickled
        `functools.partial`, which are read without loading it, else 1 and 0.1. A ``hop`` that is
        given is handed on as ``hop_size``.
    timeout
        Seconds that loading may take, and each call.
    memory_mb
        MiB of address space that the process may have.

    Raises
    ------
    UntrustedError
        If the file was not allowed, or has changed since.
    PluginError
        If another Python made it.
    ValidationError
        If a parameter is not as above.
    """

    rate: int | None
    window: float | None
    hop: float | None

    def __init__(
        self,
        path: str | Path,
        *,
        rate: int | None = None,
        window: float | None = None,
        hop: float | None = None,
        timeout: float = 20.0,
        memory_mb: int = 2048,
    ) -> None:
        if timeout <= 0 or memory_mb < 1:
            raise ValidationError(
                f"'timeout' and 'memory_mb' must be above 0, got {timeout!r} and {memory_mb!r}"
            )
        data = allowed(Path(path))
        told = keywords(read(data))
        self._name = shown(path)
        if rate is None:
            rate = round(_positive(told, "target_sr", _RATE))
        self._rate, self._asked = rate, hop
        self._window = _positive(told, "duration", _WINDOW) if window is None else window
        self._hop = _positive(told, "hop_size", _HOP) if hop is None else hop
        self._pcm = PCM(rate=rate, window=self._window, hop=self._hop)
        self._worker = Worker(data, name=self._name, timeout=timeout, memory_mb=memory_mb)
        self.rate, self.window, self.hop = rate, self._window, self._hop

    def stream(self) -> FeatureStream:
        """Return a new stream: each window is handed to the pickle alone."""
        return _Stream(self, self._pcm.stream())

    def whole(self, blocks: Iterable[Audio], /) -> Iterator[Rows]:
        """Yield the rows of a whole signal, for which the pickle is called once."""
        yield self(concatenated(blocks))

    def __call__(self, audio: Audio, /) -> Rows:
        """Return the rows of a whole signal."""
        found = self._worker(mono(audio, self._rate), rate=self._rate, hop=self._asked)
        covered = (len(found) - 1) * self._hop + self._window
        start = audio.start + (audio.duration - covered) / 2
        starts = start + np.arange(len(found), dtype=np.float64) * self._hop
        return Rows({"features": found}, starts)

    def close(self) -> None:
        """End the process; features that are asked for later start another."""
        self._worker.close()

    def row(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the features of one window alone, shape (1, ...).

        Raises
        ------
        PluginError
            If the pickle makes more than one row of it.
        """
        found = self._worker(samples, rate=self._rate, hop=self._asked)
        if len(found) != 1:
            raise PluginError(
                f"{self._name} returns {len(found)} rows for a window of {self._window:g} s, "
                "expected 1; give the 'window' that it was made for"
            )
        return found


class _Stream:
    def __init__(self, extractor: PickledExtractor, windows: FeatureStream) -> None:
        self._extractor, self._windows = extractor, windows

    def push(self, audio: Audio, /) -> Rows:
        return self._rows(self._windows.push(audio))

    def finish(self) -> Rows:
        return self._rows(self._windows.finish())

    def reset(self) -> None:
        self._windows.reset()

    def _rows(self, windows: Rows) -> Rows:
        parts = [self._extractor.row(samples) for samples in windows.tensors["audio"]]
        found = np.concatenate(parts) if parts else np.zeros(0, np.float32)
        return Rows({"features": found}, windows.starts)


def _positive(told: Mapping[str, Any], name: str, usual: float) -> float:
    value = told.get(name)
    given = isinstance(value, int | float) and not isinstance(value, bool) and value > 0
    return float(value) if given and value is not None else usual
