"""Renders performances with the fluidsynth that is installed, and the soundfonts that are there."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audioml.core.audio.conform import conform
from audioml.core.errors import MissingDependencyError, UsageError
from audioml.core.files import shown
from audioml.core.stages import ModelSpec
from audioml.core.values import Audio

from .. import midi
from .perform import Performance

__all__ = ["RESERVED", "SoundFont", "families", "installed"]

RATE = 16000
_RENDERED = 44100  # 16 kHz at once would alias
_FOLDERS = ("/usr/share/sounds/sf2", "/usr/share/sounds/sf3", "/usr/share/soundfonts")
_PLACE = ModelSpec("dataset", "0", "", "none", rate=RATE, channels=1)

RESERVED = ("timgm", "csound")
"""The families that are kept for tests: nothing is trained or tuned on them.

The piano of csound's ``sf_GMbank`` is TimGM6mb's, recorded at twice the rate.
"""


@dataclass(frozen=True, slots=True)
class SoundFont:
    """A soundfont, its family, and the programs in it that are pianos."""

    path: Path
    family: str
    programs: tuple[int, ...] = (0, 0, 0, 1, 1, 3)

    def render(
        self,
        played: Performance,
        rng: np.random.Generator,
        *,
        seconds: float,
        allow_reserved: bool = False,
    ) -> NDArray[np.float32]:
        """Return the sound of a performance at 16 kHz, float32, shape (n,).

        Program, gain, reverb and chorus are drawn.

        Raises
        ------
        UsageError
            If the soundfont is kept for tests and that is not allowed.
        MissingDependencyError
            If fluidsynth is not installed.
        """
        if self.family in RESERVED and not allow_reserved:
            raise UsageError(f"soundfont {shown(self.path)} is kept for tests; take another")
        if shutil.which("fluidsynth") is None:
            raise MissingDependencyError("fluidsynth is not installed: apt install fluidsynth")
        program = int(self.programs[rng.integers(len(self.programs))])
        with tempfile.TemporaryDirectory(prefix="audioml-") as folder:
            score, raw = Path(folder, "score.mid"), Path(folder, "sound.raw")
            midi.write(score, played.keys, played.pedal, program=program)
            command = ["fluidsynth", "-niq", "-r", str(_RENDERED), "-T", "raw", "-O", "float"]
            command += [*_effects(rng), "-F", str(raw), str(self.path), str(score)]
            subprocess.run(command, check=True, capture_output=True)
            stereo = np.fromfile(raw, np.float32).reshape(-1, 2).T
        sound = conform(Audio(np.ascontiguousarray(stereo), _RENDERED), _PLACE).samples[0]
        return np.asarray(np.resize(np.pad(sound, (0, 16 * RATE)), int(seconds * RATE)), np.float32)


def _effects(rng: np.random.Generator) -> list[str]:
    effects = ["-g", "0.3", "-o", "synth.dynamic-sample-loading=1", "-C", "0"]
    if rng.random() < 0.5:
        return [*effects, "-R", "0"]
    room = (("room-size", rng.uniform(0.1, 0.8)), ("level", rng.uniform(0.1, 0.7)))
    effects += ["-R", "1", "-o", f"synth.reverb.damp={rng.uniform(0, 0.6):.2f}"]
    return effects + [part for n, v in room for part in ("-o", f"synth.reverb.{n}={v:.2f}")]


def installed() -> list[SoundFont]:
    """Return the soundfonts that are installed, one of each family, those for tests included."""
    found: dict[str, SoundFont] = {}
    for folder in map(Path, _FOLDERS):
        for path in sorted(folder.glob("*.sf[23]")):
            family = _family(path.name)
            if family and family not in found:
                found[family] = SoundFont(path, family)
    return list(found.values())


def _family(name: str) -> str:
    """Return what a font's piano is from; '' for other names, such as links."""
    known = {
        "fluidr3": "fluidr3",
        "musescore": "musescore",
        "timgm": "timgm",
        "sf_gmbank": "csound",
    }
    return next((f for prefix, f in known.items() if name.lower().startswith(prefix)), "")


def families() -> dict[str, SoundFont]:
    """Return what is installed and may be trained on, by family."""
    return {font.family: font for font in installed() if font.family not in RESERVED}
