"""The data of a run: patches to train on, and whole recordings to validate and test on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning.pytorch import LightningDataModule
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from audioml.core.errors import UsageError, ValidationError
from audioml.core.files import shown
from audioml.train.module import ResumableLoader

from ..cqt import HOP_LENGTH, RATE
from ..features import RANGE
from .cache import Spectra
from .corpus import Recording, opened
from .sources import corpus_of
from .spectra import SHIFTS
from .targets import COLUMNS, IGNORED, stay, transposed

__all__ = ["ChordData"]


class _Patches(Dataset[dict[str, Any]]):
    """Patches that are drawn anew whenever they are read: recording, transposition and place.

    Each recording is drawn as often as any other, however long it is.
    """

    def __init__(
        self,
        spectra: Spectra,
        recordings: Sequence[Recording],
        *,
        count: int,
        frames: int,
        shifts: range,
    ) -> None:
        self._spectra, self._recordings = spectra, recordings
        self._count, self._frames, self._shifts = count, frames, shifts

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> dict[str, Any]:
        recording = self._recordings[_drawn(len(self._recordings))]
        semitones = self._shifts[_drawn(len(self._shifts))]
        first = _drawn(max(len(recording.targets) - self._frames, 0) + 1)
        last = first + self._frames
        features = self._spectra.features(recording.row, semitones, first, last)
        rows = transposed(recording.targets[first:last], semitones)
        lacking = ((0, self._frames - len(rows)), (0, 0))
        features = np.pad(features, (*lacking, (0, 0)), constant_values=-RANGE)
        return {
            "audio": torch.from_numpy(features),
            "labels": _labels(np.pad(rows, lacking, constant_values=IGNORED)),
        }


class _Whole(Dataset[dict[str, Any]]):
    """Recordings as they are, up to a number of frames."""

    def __init__(
        self, spectra: Spectra, recordings: Sequence[Recording], *, most: int | None
    ) -> None:
        self._spectra, self._recordings, self._most = spectra, recordings, most

    def __len__(self) -> int:
        return len(self._recordings)

    def __getitem__(self, index: int) -> dict[str, Any]:
        recording = self._recordings[index]
        features = self._spectra.features(recording.row, last=self._most)[np.newaxis]
        targets = recording.targets[np.newaxis, : self._most]
        is_cut = targets.shape[1] < len(recording.targets)
        end = targets.shape[1] * HOP_LENGTH / RATE if is_cut else recording.seconds
        return {
            "audio": torch.from_numpy(features),
            "labels": _labels(targets),
            "reference": recording.until(end),
        }


class ChordData(LightningDataModule):
    """Recordings with chords, of the corpus that ``cfg.data`` names or makes.

    A batch holds ``audio``, the features, float32, shape (batch, t, 216, 2), dB, and ``labels``:
    ``tag``, ``root`` and ``bass``, int64, shape (batch, t), and ``pitch``, float32, shape
    (batch, t, 12); what is not known is -1. One of validation or test is a whole recording, and
    has a ``reference``, see `audioml_crema.training.corpus.Recording.until`.

    Parameters
    ----------
    cfg
        The configuration of a run.

    Raises
    ------
    UsageError
        If transpositions are asked for that there are not.
    """

    def __init__(self, cfg: Any) -> None:
        super().__init__()
        low, high = cfg.data.shifts
        if not (low <= high and low in SHIFTS and high in SHIFTS):
            raise UsageError(
                f"'data.shifts' must be two semitones of {SHIFTS[0]} to {SHIFTS[-1]}, the lower "
                f"first, got {list(cfg.data.shifts)}"
            )
        self._cfg, self._shifts = cfg, range(low, high + 1)
        self._opened: tuple[Spectra, dict[str, tuple[Recording, ...]]] | None = None

    @property
    def path(self) -> Path:
        """Return the folder of the corpus."""
        return Path(self._cfg.data.path)

    def prepare_data(self) -> None:
        """Render, prepare and compute what is not there yet; one process does."""
        corpus_of(self._cfg.data)
        self.setup()

    def setup(self, stage: str | None = None) -> None:
        """Open the corpus."""
        if self._opened is None:
            self._opened = opened(self.path, tuple(self._cfg.data.namespaces))

    @property
    def stay(self) -> float:
        """Return how likely a chord of the training split goes on from frame to frame."""
        return stay(recording.targets for recording in self._split("train")[1])

    def train_dataloader(self) -> ResumableLoader:
        """Return patches, at random transpositions."""
        data = self._cfg.data
        spectra, recordings = self._split("train")
        if not recordings:
            raise ValidationError(
                f"no recording with chords in {shown(self.path)} is to be trained on; see its "
                "report.json"
            )
        patches = _Patches(
            spectra,
            recordings,
            count=data.steps * data.batch_size,
            frames=max(1, _frames(data.window)),
            shifts=self._shifts,
        )
        return ResumableLoader(
            patches,
            batch_size=data.batch_size,
            workers=data.workers,
            seed=self._cfg.seed,
            shuffle=True,
        )

    def val_dataloader(self) -> ResumableLoader | list[Any]:
        """Return the recordings of the split ``validation``, at most ``data.longest`` of each."""
        return self._whole("validation", most=max(1, _frames(self._cfg.data.longest)))

    def test_dataloader(self) -> ResumableLoader | list[Any]:
        """Return the recordings of the split ``test``."""
        return self._whole("test")

    def _whole(self, split: str, *, most: int | None = None) -> ResumableLoader | list[Any]:
        whole = _Whole(*self._split(split), most=most)
        if not len(whole):
            return []
        return ResumableLoader(whole, batch_size=1, workers=self._cfg.data.workers, collate=_only)

    def _split(self, name: str) -> tuple[Spectra, tuple[Recording, ...]]:
        self.setup()
        assert self._opened is not None
        spectra, splits = self._opened
        return spectra, splits.get(name, ())


def _drawn(count: int) -> int:
    return int(torch.randint(count, ()))


def _frames(seconds: float) -> int:
    return int(seconds * RATE) // HOP_LENGTH


def _labels(rows: NDArray[np.int16]) -> dict[str, Tensor]:
    """Return the targets of rows, shape (..., 15), as tensors."""
    found = {name: torch.from_numpy(rows[..., at].astype(np.int64)) for name, at in COLUMNS.items()}
    return {name: t.float() if name == "pitch" else t.squeeze(-1) for name, t in found.items()}


def _only(items: list[dict[str, Any]]) -> dict[str, Any]:
    return items[0]
