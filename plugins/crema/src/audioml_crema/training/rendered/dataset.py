"""A folder of rendered recordings, each with a JAMS file beside it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from audioml.core.analysis import Analysis, Recording
from audioml.core.audio import write
from audioml.core.errors import OutputError, ValidationError
from audioml.core.files import replacing_folder, shown, write_bytes
from audioml.core.formats import jams
from audioml.core.values import Annotation, Audio, Prediction

from ...cqt import RATE
from .playing import played
from .progressions import progression
from .sound import Band, sounded

__all__ = ["Rendering", "recording", "render"]

_VERSION = 1  # of what is rendered for a seed
_ABOUT = "rendered.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """What is rendered.

    Parameters
    ----------
    recordings
        How many; a tenth each, and one at least, is kept for validation and for test.
    seconds
        Length of each.
    seed
        Of all that is random; each recording follows from it and its number alone.
    """

    recordings: int
    seconds: float
    seed: int = 0

    def __post_init__(self) -> None:
        if self.recordings < 3 or self.seconds <= 0:
            raise ValidationError(
                "at least 3 recordings of some length are rendered, one for each split; got "
                f"{self.recordings} of {self.seconds} s"
            )

    def split(self, number: int) -> str:
        """Return the split of a recording."""
        kept = max(1, self.recordings // 10)
        if number < self.recordings - 2 * kept:
            return "train"
        return "validation" if number < self.recordings - kept else "test"


def render(rendering: Rendering, folder: Path) -> None:
    """Fill a folder with recordings, ``SPLIT/NUMBER.wav`` and ``.jams``, unless it has them.

    Raises
    ------
    OutputError
        If something else stands there, or it cannot be written.
    """
    about = json.dumps({"version": _VERSION, **asdict(rendering)}) + "\n"
    if folder.exists():
        made = folder / _ABOUT
        if not made.is_file() or made.read_text(encoding="utf-8") != about:
            raise OutputError(f"{shown(folder)} exists already and holds something else; remove it")
        return
    with replacing_folder(folder) as temporary:
        for number in range(rendering.recordings):
            audio, chords = recording(rendering, number)
            stem = temporary / rendering.split(number) / f"{number:04d}"
            stem.parent.mkdir(exist_ok=True)
            write(stem.with_suffix(".wav"), audio)
            known = {"chord": Prediction({"chord": chords})}
            document = Analysis(Recording(duration=audio.duration), known)
            write_bytes(stem.with_suffix(".jams"), jams.encode(document))
        (temporary / _ABOUT).write_text(about, encoding="utf-8")


def recording(rendering: Rendering, number: int) -> tuple[Audio, Annotation]:
    """Return a recording and its chords."""
    random = np.random.default_rng((rendering.seed, number))
    beat = float(random.uniform(0.4, 0.9))
    chords = progression(random, beat=beat, seconds=rendering.seconds)
    notes = played(random, chords, beat=beat)
    band = Band.drawn(random)
    samples = sounded(random, notes, band, beat=beat, seconds=rendering.seconds)
    spans = np.array([(chord.start, chord.end) for chord in chords])
    known = Annotation("chord", spans, [chord.label for chord in chords])
    return Audio(samples, RATE), known
