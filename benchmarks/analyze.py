"""``audioml analyze`` against crema 0.2.0: the whole command, cold, both in one run.

``python benchmarks/analyze.py`` makes a three-minute mp3 and a ten-second wav, builds the
original's environments where they are not there yet (see `originals`), and runs the commands in
turn. ``--no-originals`` measures audioml alone; ``--song x.mp3`` takes another recording.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import originals
from measure import Cost, best, interleaved, table

from audioml.core import Audio
from audioml.core.audio import write
from audioml.core.testing import music
from audioml.core.testing.sounds import PROGRESSION

AUDIOML = str(Path(sys.executable).with_name("audioml"))


def recordings(folder: Path) -> dict[str, Path]:
    """Return the two recordings, made in ``folder``: 180 s of stereo mp3, 10 s of wav."""
    song, _ = music(PROGRESSION * 11 + PROGRESSION[:2], bar=2.0)
    short, _ = music(PROGRESSION[:5], bar=2.0, seed=1)
    paths = {"180 s mp3": folder / "song180.mp3", "10 s wav": folder / "ten.wav"}
    write(paths["180 s mp3"], song)
    write(paths["10 s wav"], short)
    return paths


def hour(folder: Path) -> Path:
    """Return an hour of stereo wav, made in ``folder``."""
    part, _ = music(PROGRESSION, bar=2.0)
    stereo = Audio(np.repeat(part.samples, 2, axis=0), part.rate)
    path = folder / "hour.wav"
    write(path, (stereo for _ in range(int(3600 / part.duration))))
    return path


def commands(path: Path, pythons: Mapping[str, Path], out: Path) -> dict[str, list[str]]:
    """Return the command of each side for one recording."""
    ours = [AUDIOML, "-q", "analyze", "--no-cache", str(path), "-o", str(out)]
    sides = {"audioml": ours}
    for name, python in pythons.items():
        sides[name] = [str(python), "-m", "crema.analyze", str(path), "-o", str(out)]
    return sides


def ratios(costs: Mapping[str, Sequence[Cost]]) -> str:
    """Return by how much less the first side costs than each of the others, best against best."""
    names = list(costs)
    ours = best(costs[names[0]])
    lines = []
    for name in names[1:]:
        theirs = best(costs[name])
        lines.append(
            f"{name} / {names[0]}: CPU {theirs.cpu / ours.cpu:.1f}, "
            f"wall {theirs.wall / ours.wall:.1f}, memory {theirs.rss / ours.rss:.1f}"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure and print tables and ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-n", "--repeats", type=int, default=5)
    parser.add_argument("--song", type=Path, help="another recording than the two made here")
    parser.add_argument("--no-originals", action="store_true")
    parser.add_argument("--hour", action="store_true", help="also an hour of stereo wav (635 MB)")
    options = parser.parse_args()
    names = [] if options.no_originals else ["crema-A", "crema-B"]
    pythons = {name: originals.build(name) for name in names}
    subprocess.run([AUDIOML, "models", "pull", "crema-chord"], check=True, stdout=sys.stderr)
    load = ", ".join(f"{x:.1f}" for x in os.getloadavg())
    print(f"{os.cpu_count()} cores, load {load}; best / median of {options.repeats} cold runs\n")
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder)
        found = {options.song.name: options.song} if options.song else recordings(where)
        for title, path in found.items():
            sides = commands(path, pythons, where / "out.jams")
            costs = interleaved(sides, repeats=options.repeats)
            print(f"## {title}\n\n{table(costs)}\n\n{ratios(costs)}\n")
        if options.hour:
            path = hour(where)
            ours = {"audioml": commands(path, {}, where / "out.lab")["audioml"]}
            print(f"## An hour of wav\n\n{table(interleaved(ours, repeats=1))}\n")
    looking = interleaved({"audioml --help": [AUDIOML, "--help"]}, repeats=options.repeats)
    print(f"## Looking around\n\n{table(looking)}")


if __name__ == "__main__":
    main()
