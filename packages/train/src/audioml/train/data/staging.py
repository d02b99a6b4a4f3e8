"""What is done for one recording: decoded, brought to rate and one channel, its labels read.

The result lies in a working folder until the corpus is written, under a name that is made of
what went into it. So a run that was killed goes on where it was, and an item may be done twice.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audioml.core.audio import conform_blocks, read_blocks
from audioml.core.corpus import encode
from audioml.core.errors import AudioError, ValidationError
from audioml.core.files import replacing
from audioml.core.stages import ModelSpec

from .alignment import SURE, Alignment, estimate_offset, onset_strength
from .items import Item
from .labels import Labels, read_labels
from .settings import Settings

__all__ = ["LabelError", "LabelTooLongError", "Stage", "Staged", "is_corrected", "stage_key"]

_VERSION = 1
_SLACK = 2.0  # seconds that labels may go on after the sound: a last note that is held
_SHARE = 0.02


class LabelError(ValidationError):
    """Labels that cannot be read."""


class LabelTooLongError(ValidationError):
    """Labels that go on long after the audio has ended."""


@dataclass(frozen=True, slots=True)
class Staged:
    """What lies ready for one recording: its samples, and how many labels of each kind."""

    key: str
    samples: int
    notes: int
    pedal: int
    segments: int
    end: float
    digest: str
    alignment: Alignment | None
    damage: str
    labelled: bool

    def audio(self, folder: Path) -> NDArray[np.int16]:
        """Return the samples, as a map of the file."""
        if not self.samples:
            return np.empty(0, np.int16)
        return np.memmap(folder / f"{self.key}.pcm", np.dtype("<i2"), "r")

    def labels(self, folder: Path) -> Labels:
        """Return the labels."""
        with np.load(folder / f"{self.key}.npz", allow_pickle=False) as kept:
            fields = {name: kept[name] for name in kept.files}
        for name in ("texts", "namespaces", "classes", "values"):
            fields[name] = tuple(fields[name].tolist())
        return Labels(**fields)


def stage_key(item: Item, settings: Settings) -> str:
    """Return a name for all that the result depends on."""
    told = item.labels and [item.labels.classes, item.labels.values, item.labels.notes.tolist()]
    about: list[Any] = [_VERSION, item.name, settings.sample_rate, settings.corrupt == "keep"]
    about += [settings.align, settings.max_offset, told]
    for path in (item.audio, item.label):
        found = path.stat() if path is not None and path.exists() else None
        about += [str(path), found and found.st_size, found and found.st_mtime_ns]
    return hashlib.sha256(json.dumps(about).encode("utf-8", "surrogateescape")).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Stage:
    """Makes ready one recording after the other; sent to the processes that work."""

    settings: Settings
    folder: Path

    def __call__(self, item: Item, /) -> Staged:
        """Return what lies ready for a recording.

        Raises
        ------
        AudioError
            If its audio cannot be used.
        LabelError, LabelTooLongError
            If its labels cannot.
        """
        key = stage_key(item, self.settings)
        staged = self._done(key) or self._made(item, key)
        seconds = staged.samples / self.settings.sample_rate
        if staged.end > seconds + max(_SLACK, _SHARE * seconds):
            raise LabelTooLongError(
                f"the labels end at {staged.end:.1f} s, but the audio after {seconds:.1f} s"
            )
        return staged

    def _done(self, key: str) -> Staged | None:
        try:
            kept = json.loads((self.folder / f"{key}.json").read_bytes())
            alignment = kept.pop("alignment")
            return Staged(alignment=Alignment(**alignment) if alignment else None, **kept)
        except (OSError, ValueError, TypeError):
            return None

    def _made(self, item: Item, key: str) -> Staged:
        labels = _labels(item)  # first: it is the quicker to fail
        damage: list[str] = []
        pcm = self.folder / f"{key}.pcm"
        with replacing(pcm) as temporary:
            count, digest = self._decode(item.audio, temporary, damage.append)
            if damage and self.settings.corrupt != "keep":
                raise AudioError(damage[0])
        samples = np.memmap(pcm, np.dtype("<i2"), "r")
        alignment = self._aligned(samples, labels)
        if alignment is not None and is_corrected(self.settings, alignment):
            labels = labels.shifted(alignment.offset)
        staged = Staged(
            key=key,
            samples=count,
            notes=len(labels.notes),
            pedal=len(labels.pedal),
            segments=len(labels.segments),
            end=labels.end,
            digest=digest,
            alignment=alignment,
            damage=" ".join(damage),
            labelled=item.label is not None or item.labels is not None,
        )
        self._keep(staged, labels)
        return staged

    def _decode(self, path: Path, target: Path, damaged: Callable[[str], None]) -> tuple[int, str]:
        spec = ModelSpec("corpus", "1", "corpus", "", rate=self.settings.sample_rate, channels=1)
        count, digest = 0, hashlib.sha256()
        with target.open("wb") as file:
            for block in conform_blocks(read_blocks(path, damaged=damaged), spec):
                kept = encode(block.samples[0], "int16")
                file.write(kept.data)
                digest.update(kept.data)
                count += len(kept)
        return count, digest.hexdigest()

    def _aligned(self, samples: NDArray[np.int16], labels: Labels) -> Alignment | None:
        if self.settings.align == "off" or not len(labels.onsets):
            return None
        strength, hop = onset_strength(samples, self.settings.sample_rate)
        return estimate_offset(strength, hop, labels.onsets, limit=self.settings.max_offset)

    def _keep(self, staged: Staged, labels: Labels) -> None:
        with (
            replacing(self.folder / f"{staged.key}.npz") as temporary,
            temporary.open("wb") as file,
        ):
            np.savez(
                file,
                notes=labels.notes,
                pedal=labels.pedal,
                segments=labels.segments,
                texts=np.array(labels.texts, np.str_),
                namespaces=np.array(labels.namespaces, np.str_),
                classes=np.array(labels.classes, np.str_),
                values=np.array(labels.values, np.float64),
            )
        with replacing(self.folder / f"{staged.key}.json") as temporary:  # last: now it is done
            temporary.write_text(json.dumps(asdict(staged)))


def _labels(item: Item) -> Labels:
    if item.label is None:
        return item.labels or Labels()
    try:
        return read_labels(item.label).joined(item.labels)
    except ValidationError as error:
        raise LabelError(str(error)) from error


def is_corrected(settings: Settings, alignment: Alignment) -> bool:
    """Return whether the labels are moved by what was estimated."""
    return settings.align == "correct" and alignment.confidence >= SURE
