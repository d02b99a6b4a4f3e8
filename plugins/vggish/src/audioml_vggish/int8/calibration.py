"""What a network in integers is fitted to, and what it is then tried on: never the same sounds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audioml.core.audio import conform, read_blocks
from audioml.core.errors import AudioError, MissingDependencyError, UsageError
from audioml.core.files import shown
from audioml.core.stages import ModelSpec, concatenated
from audioml.core.values import Audio

from ..features import TENSOR, VGGishLogMel
from ..spectra import BANDS, FRAMES, RATE
from .sounds import sounds

__all__ = ["Calibration", "made", "recorded"]

_FITTED = 84  # sounds of four examples
_TRIED = 42
_MOST = 400  # examples of recordings
_HEARD = 60.0  # seconds of each recording
_TRIED_OF = 4  # one recording in so many is kept to try the network on


@dataclass(frozen=True, slots=True)
class Calibration:
    """Examples to fit to, examples to try, and what they are, in words."""

    fitted: NDArray[np.float32]
    tried: NDArray[np.float32]
    about: str


def made() -> Calibration:
    """Return sounds made by rule."""
    features = VGGishLogMel()

    def examples(count: int, seed: int) -> NDArray[np.float32]:
        made_of = (features(Audio(s, RATE)).tensors[TENSOR] for s in sounds(count, seed=seed))
        return np.concatenate(list(made_of))

    return Calibration(
        examples(_FITTED, 1),
        examples(_TRIED, 2),
        "sounds made by rule (notes, voices, noises, clicks, chirps, mixtures, silence)",
    )


def recorded(folder: Path) -> Calibration:
    """Return examples of the recordings in a folder, a minute of each at most.

    Raises
    ------
    UsageError
        If there are fewer than four that can be read.
    """
    if not folder.is_dir():
        raise UsageError(f"{shown(folder)} is not a folder of recordings to calibrate on")
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    chosen = paths[:: max(1, len(paths) // _MOST)]
    each = max(2, _MOST // max(len(chosen), 1))
    parts = [part for path in chosen if len(part := _thinned(path, each))]
    if len(parts) < _TRIED_OF:
        raise UsageError(
            f"{shown(folder)} holds {len(parts)} recordings that can be read; "
            f"expected {_TRIED_OF} at least, for one in {_TRIED_OF} is kept to try the network on"
        )
    tried = parts[::_TRIED_OF]
    fitted = [part for index, part in enumerate(parts) if index % _TRIED_OF]
    about = f"{len(parts)} of the user's own recordings, of which {len(tried)} were only tried"
    return Calibration(np.concatenate(fitted), np.concatenate(tried), about)


def _thinned(path: Path, most: int) -> NDArray[np.float32]:
    """Return some examples of a recording, evenly spread; none where it is no sound."""
    spec = ModelSpec("vggish", "", "", "", RATE)
    try:
        audio = conform(concatenated(_beginning(path)), spec)
    except (AudioError, MissingDependencyError):
        return np.empty((0, FRAMES, BANDS), np.float32)
    examples = VGGishLogMel(pad="repeat")(audio).tensors[TENSOR]
    spread = np.linspace(0, len(examples) - 1, min(most, len(examples))).astype(int)
    thinned: NDArray[np.float32] = examples[spread]
    return thinned


def _beginning(path: Path) -> Iterator[Audio]:
    for block in read_blocks(path, damaged=lambda _: None):
        yield block
        if block.end >= _HEARD:
            return
