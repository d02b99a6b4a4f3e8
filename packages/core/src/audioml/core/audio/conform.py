"""Brings audio to the rate and the channels of a model, once, at the front door."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import AudioError, UsageError
from ..stages import ModelSpec
from ..values import Audio

__all__ = ["as_audio", "conform", "conform_blocks"]

log = logging.getLogger(__name__)
_LOWEST = 100  # Hz; soxr ends the process at 1
_LARGEST = 1 << 22  # samples of a block at the model's rate: 16 MB a channel
_CHANNELS = 64  # more than that are samples, in an array that lies on its side


def as_audio(audio: Audio | ArrayLike, sr: int | None = None) -> Audio:
    """Return ``(y, sr)`` as `Audio`; `Audio` itself passes through.

    Raises
    ------
    UsageError
        If an array comes without its sample rate, or an `Audio` with one.
    """
    if isinstance(audio, Audio):
        if sr is not None and sr != audio.rate:
            raise UsageError(f"the audio is at {audio.rate} Hz, but sr={sr!r} was given")
        return audio
    if sr is None:
        raise UsageError("an array needs its sample rate: model(y, sr)")
    samples = np.asarray(audio)
    if samples.ndim == 2 and samples.shape[0] > max(_CHANNELS, samples.shape[1]):
        raise UsageError(f"expected samples of shape (channels, n), got {samples.shape}: try y.T")
    return Audio(samples, sr)


def conform(audio: Audio, spec: ModelSpec, /) -> Audio:
    """Return audio at the rate and with the channels that a model takes.

    Raises
    ------
    AudioError
        If there are no samples, some are not finite, or the channels cannot be brought to fit.
    """
    parts = list(conform_blocks([audio], spec))
    if len(parts) == 1:
        return parts[0]
    return Audio(np.concatenate([p.samples for p in parts], axis=1), parts[0].rate, audio.start)


def conform_blocks(blocks: Iterable[Audio], spec: ModelSpec, /) -> Iterator[Audio]:
    """Yield blocks of one signal at the rate and with the channels that a model takes.

    The mean of the channels serves a mono model; resampling is soxr's high quality
    (https://sourceforge.net/projects/soxr), the same for blocks as for the whole.
    """
    resampler: _Resampler | None = None
    started = False
    for block in _bounded(blocks, spec):
        _check_finite(block)
        fitted = _with_channels(block, spec)
        if spec.rate is not None and block.rate != spec.rate:
            if block.rate < _LOWEST:
                raise AudioError(
                    f"a sample rate of {block.rate} Hz is not one of sound; "
                    f"expected {_LOWEST} Hz at least"
                )
            if resampler is None:
                log.info("resampling from %d to %d Hz", block.rate, spec.rate)
                resampler = _Resampler(fitted, spec.rate)
            fitted = resampler.push(fitted.samples)
        if fitted.samples.shape[1]:
            started = True
            yield fitted
    if resampler is not None:
        rest = resampler.finish()
        started = started or rest.samples.shape[1] > 0
        if rest.samples.shape[1]:
            yield rest
    if not started:
        raise AudioError("the audio holds no samples")


def _bounded(blocks: Iterable[Audio], spec: ModelSpec) -> Iterator[Audio]:
    """Yield blocks cut so that none becomes very large at the model's rate."""
    for block in blocks:
        grown = max(1.0, (spec.rate or block.rate) / block.rate)
        size = max(1, int(_LARGEST / grown))
        for first in range(0, block.samples.shape[1], size):
            if first == 0 and size >= block.samples.shape[1]:
                yield block
            else:
                part = block.samples[:, first : first + size]
                yield Audio(part, block.rate, block.start + first / block.rate)


class _Resampler:
    """A signal resampled as it comes; the clock of the first block carries on."""

    def __init__(self, first: Audio, rate: int) -> None:
        import soxr

        self._stream = soxr.ResampleStream(
            first.rate, rate, first.channels, dtype="float32", quality="HQ"
        )
        self._rate, self._start = rate, first.start
        self._channels = first.channels
        self._count = 0

    def push(self, samples: NDArray[np.float32], *, last: bool = False) -> Audio:
        block = np.ascontiguousarray(samples.T)
        out = self._stream.resample_chunk(block if self._channels > 1 else block[:, 0], last=last)
        resampled = out.T if out.ndim == 2 else out[np.newaxis]
        start = self._start + self._count / self._rate
        self._count += resampled.shape[1]
        return Audio(resampled, self._rate, start)

    def finish(self) -> Audio:
        return self.push(np.zeros((self._channels, 0), np.float32), last=True)


def _check_finite(block: Audio) -> None:
    # the sum of squares is finite unless a sample is not: one pass, no temporary
    flat = block.samples.reshape(-1)
    with np.errstate(over="ignore"):
        if np.isfinite(np.dot(flat, flat)):
            return
    bad = ~np.isfinite(block.samples)
    if not bad.any():
        raise AudioError(
            f"samples reach {np.abs(flat).max():.3g}, expected about [-1, 1]; "
            "scale the recording, or read it as what it is"
        )
    at = block.start + int(bad.any(axis=0).argmax()) / block.rate
    raise AudioError(
        f"sample at {at:.3f} s is not a finite number ({int(bad.sum())} such in this block); "
        "repair the recording, for instance by replacing them with zeros"
    )


def _with_channels(block: Audio, spec: ModelSpec) -> Audio:
    if spec.channels is None or block.channels == spec.channels:
        return block
    if spec.channels == 1:
        return block.mono()
    if block.channels == 1:
        return Audio(np.repeat(block.samples, spec.channels, axis=0), block.rate, block.start)
    raise AudioError(
        f"{spec.name} takes {spec.channels} channels, got {block.channels}; mix them first"
    )
