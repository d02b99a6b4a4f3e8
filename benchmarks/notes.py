"""What it costs to write down three minutes of piano: the whole command, cold, on one core.

``python benchmarks/notes.py`` lets the piano that is built in play 180 s, writes them as wav at
44.1 kHz, and runs ``audioml analyze song.wav --estimators notes`` on the last core that this
process may use. The real-time factor is seconds of CPU for each second of sound.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

import soxr
from measure import Cost, best, interleaved, median, table

from audioml.core import Audio, load
from audioml.core.audio import write
from audioml_transcription.synth.recordings import RATE, Recipe, recording

AUDIOML = str(Path(sys.executable).with_name("audioml"))
SECONDS = 180.0


def song(path: Path) -> None:
    """Write the recording."""
    made = recording(Recipe(seed=1, seconds=SECONDS), 0)
    samples = soxr.resample(made.samples, RATE, 44100)
    write(path, Audio(samples[None, : int(SECONDS * 44100)], 44100))


def told(name: str, cost: Cost) -> str:
    """Return the real-time factors of a run as a line."""
    return f"{name}: {cost.cpu / SECONDS:.4f} by CPU, {cost.wall / SECONDS:.4f} by wall time"


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-n", "--repeats", type=int, default=5)
    parser.add_argument("--song", type=Path, help="another recording, of 180 s")
    options = parser.parse_args()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # of the commands too
    loaded = ", ".join(f"{x:.1f}" for x in os.getloadavg())
    with tempfile.TemporaryDirectory() as folder:
        path = options.song or Path(folder) / "song.wav"
        if options.song is None:
            song(path)
        command = [AUDIOML, "-q", "analyze", "--no-cache", str(path), "--estimators", "notes"]
        sides = {"notes": [*command, "-o", f"{folder}/song.jams"], "--help": [AUDIOML, "--help"]}
        costs = interleaved(sides, repeats=options.repeats)
    spec = load("notes").spec
    print(f"{spec.name} {spec.version}; load {loaded}\n")
    print(table(costs))
    print("\nreal-time factor")
    print(told("best", best(costs["notes"])))
    print(told("median", median(costs["notes"])))


if __name__ == "__main__":
    main()
