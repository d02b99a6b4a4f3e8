"""The sound of a recording as a corpus keeps it: mono, at one rate, in 8 or 16 bits, checked."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audioml.core.audio import conform_blocks, read_blocks
from audioml.core.corpus import decode, encode
from audioml.core.errors import AudioError
from audioml.core.files import shown
from audioml.core.stages import ModelSpec

__all__ = ["Form", "sound_of"]

_QUIET = 1e-3  # -60 dB: of which mu-law keeps a handful of steps
_CODES = np.arange(1 << 16, dtype=np.uint16).view(np.int16)  # of the place that bincount gives them


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How a recording is kept, and which is refused; see `Settings`."""

    rate: int
    encoding: str
    min_seconds: float
    keep_damaged: bool


def sound_of(path: Path, form: Form, /) -> NDArray[Any]:
    """Return the samples of a recording, encoded, shape (n,).

    Raises
    ------
    AudioError
        If it cannot be decoded, is damaged or too short, or holds no sound.
    """
    damage: list[str] = []
    spec = ModelSpec("corpus", "1", "corpus", "", rate=form.rate, channels=1)
    blocks = conform_blocks(read_blocks(path, damaged=damage.append), spec)
    kept = np.concatenate([encode(block.samples[0], form.encoding) for block in blocks])
    if damage and not form.keep_damaged:
        raise AudioError(damage[0])
    seconds = len(kept) / form.rate
    if seconds < form.min_seconds:
        raise AudioError(
            f"{shown(path)} lasts {seconds:.2f} s, which is less than {form.min_seconds:g} s"
        )
    if problem := _no_sound(kept, form):
        raise AudioError(f"{shown(path)} {problem}")
    return kept


def _no_sound(kept: NDArray[Any], form: Form) -> str:
    """Return why samples are no sound, nothing if they are."""
    edge = form.rate // 10  # where resampling makes a step of what was constant
    inner = kept[edge:-edge] if len(kept) > 4 * edge else kept
    codes = np.arange(256, dtype=np.uint8) if kept.dtype == np.uint8 else _CODES
    counts = np.bincount(inner if kept.dtype == np.uint8 else inner.view(np.uint16))
    levels = decode(codes[: len(counts)], form.encoding).astype(np.float64)
    mean = float(counts @ levels) / len(inner)
    deviation = math.sqrt(float(counts @ (levels - mean) ** 2) / len(inner))
    if deviation >= _QUIET:
        return ""
    if np.count_nonzero(counts) == 1:
        return f"holds no sound: every sample is {mean:.3g}"
    if abs(mean) >= _QUIET:
        return f"holds no sound: it stays within {deviation:.2g} of {mean:.2g}"
    return f"is silent: its level is {20 * math.log10(deviation):.0f} dB"
