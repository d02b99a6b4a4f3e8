"""The spectra of a corpus, computed once and mapped from then on."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from audioml.core.corpus import Corpus
from audioml.core.errors import ValidationError
from audioml.core.files import replacing_folder, shown

from ..cqt import RATE
from .spectra import ALL_BINS, SHIFTS, frames_of, log_power, loudest, shifted

__all__ = ["Spectra"]

_NAME = ".chord-spectra"  # hidden: what can be made again is no part of the data
_VERSION = 1


class Spectra:
    """The spectra of all rows of a corpus, as files in its folder; none of them is loaded whole.

    It can be pickled, to be read in other processes.
    """

    def __init__(self, folder: Path, lengths: NDArray[np.int64]) -> None:
        self.frames = np.array([frames_of(n) for n in lengths.tolist()], np.int64)
        self._folder, self._starts = folder, np.cumsum(self.frames) - self.frames
        self._maps: dict[str, NDArray[np.float32]] = {}

    @classmethod
    def of(cls, corpus: Corpus) -> Self:
        """Return the spectra of a corpus, which are computed if they are not there.

        Raises
        ------
        ValidationError
            If the corpus is not at 44.1 kHz.
        OutputError
            If they cannot be written.
        """
        if corpus.rate != RATE:
            raise ValidationError(
                f"the corpus in {shown(corpus.path)} is at {corpus.rate} Hz, but chords are learnt "
                f"at {RATE} Hz; prepare it again with sample_rate={RATE}"
            )
        folder, key = corpus.path / _NAME, _key(corpus)
        found = cls(folder, corpus.lengths)
        if not (folder / key).is_file():
            with replacing_folder(folder, again=True) as temporary:
                found._write(corpus, temporary)
                (temporary / key).touch()
        return found

    def features(
        self, row: int, semitones: int = 0, first: int = 0, last: int | None = None
    ) -> NDArray[np.float32]:
        """Return frames of a row, transposed: float32, shape (last - first, 216, 2), dB."""
        count, start = int(self.frames[row]), int(self._starts[row])
        last = count if last is None else min(last, count)
        logs = self._map("logs")[start + first : start + last]
        return shifted(logs, self._map("loudest")[row], semitones)

    def _write(self, corpus: Corpus, folder: Path) -> None:
        total, rows = int(self.frames.sum()), len(self.frames)
        logs = _new(folder / "logs.npy", (total, ALL_BINS))
        peaks = _new(folder / "loudest.npy", (rows, len(SHIFTS), 2))
        for row, start in enumerate(self._starts.tolist()):

            def read(first: int, last: int, row: int = row) -> NDArray[np.float32]:
                samples: NDArray[np.float32] = corpus.audio(row, first, last).samples[0]
                return samples

            spectrum = log_power(read, int(corpus.lengths[row]))
            logs[start : start + len(spectrum)] = spectrum
            peaks[row] = loudest(spectrum)
        logs.flush()
        peaks.flush()

    def _map(self, name: str) -> NDArray[np.float32]:
        if name not in self._maps:
            path = self._folder / f"{name}.npy"
            self._maps[name] = np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
        return self._maps[name]

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_maps": {}}  # a map would be pickled with all that it shows


def _key(corpus: Corpus) -> str:
    """Return a name for the sound that the spectra are of."""
    sounds = zip(corpus.column("audio_sha256"), corpus.lengths.tolist(), strict=True)
    digest = hashlib.sha256(repr((_VERSION, list(sounds))).encode())
    return f"of-{digest.hexdigest()[:32]}"


def _new(path: Path, shape: tuple[int, ...]) -> Any:
    return np.lib.format.open_memmap(path, "w+", np.dtype("<f4"), shape)
