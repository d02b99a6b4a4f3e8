"""How fast training data are read: windows of 4 s in a second on one core, and memory flat.

``python packages/train/benchmarks/loader.py --minutes 60 --seconds 5`` makes a corpus of noise
(115 MB for an hour at 16 kHz) and reads it in each way that a training run does: the samples as
they lie on the disk; as floats; with a piano roll made of notes; and by torch, here and in worker
processes.
CPU seconds are those of this process and of its workers. Linux only.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from audioml.core.corpus import CorpusWriter, WindowSampler
from audioml.train.data import (
    Labels,
    PianoRoll,
    Prepared,
    RandomLoader,
    RandomPlaces,
    WindowReader,
)
from audioml.train.data.tables import KINDS, LabelWriter

__all__ = ["Speed", "anonymous_memory", "main", "make_corpus", "measure"]

RATE, WINDOW, BATCH, NOTES = 16000, 4 * 16000, 32, 600


@dataclass(frozen=True)
class Speed:
    """Windows read in a second of CPU and of wall time."""

    name: str
    per_cpu: float
    per_wall: float


def make_corpus(path: Path, *, minutes: int) -> Prepared:
    """Make a corpus of one-minute recordings of noise, each with ten notes a second."""
    random = np.random.default_rng(0)
    sizes = dict.fromkeys(KINDS, 0) | {"notes": NOTES * minutes}
    with CorpusWriter(path, rate=RATE) as corpus, tempfile.TemporaryDirectory() as aside:
        labels = LabelWriter(Path(aside) / "labels", sizes)
        for minute in range(minutes):
            onsets = np.sort(random.uniform(0, 59, NOTES))
            pitches = random.integers(21, 108, NOTES)
            notes = np.stack([onsets, onsets + 0.5, pitches, np.full(NOTES, 80)], axis=1)
            columns = labels.append(Labels.of(notes=notes))
            samples = random.integers(-9000, 9000, 60 * RATE, np.int16)
            facts = {"split": "train", "classes": None, "values": None}
            corpus.append(f"{minute}", samples, **columns, **facts)
        labels.close()
        corpus_labels = {p.name: p.read_bytes() for p in (Path(aside) / "labels").iterdir()}
    (path / "labels").mkdir()
    for name, data in corpus_labels.items():
        (path / "labels" / name).write_bytes(data)
    return Prepared.open(path)


def _cpu() -> float:
    """Return the CPU seconds of this process and of its workers that live."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    ticks = 0
    for worker in multiprocessing.active_children():
        fields = Path(f"/proc/{worker.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])  # utime and stime, see proc(5)
    return own.ru_utime + own.ru_stime + ticks / os.sysconf("SC_CLK_TCK")


def anonymous_memory() -> float:
    """Return the memory that is this process's own, in MiB: mapped files are not."""
    status = Path("/proc/self/status").read_text("ascii")
    line = next(line for line in status.splitlines() if line.startswith("RssAnon"))
    return int(line.split()[1]) / 1024


def measure(name: str, batches: Callable[[], Iterator[object]], *, seconds: float) -> Speed:
    """Return how fast batches come, after a first pass that warms the disk's cache."""
    cpu, began, count = _cpu(), time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        for _ in batches():
            count += BATCH
            if time.perf_counter() - began >= seconds:
                break
    wall = time.perf_counter() - began
    return Speed(name, count / max(_cpu() - cpu, 1e-9), count / wall)


def _raw(prepared: Prepared) -> Callable[[], Iterator[object]]:
    sampler = WindowSampler(prepared.corpus, length=WINDOW)
    return lambda: (sampler.batch(BATCH) for _ in range(len(sampler) // BATCH))


def _read(prepared: Prepared, reader: WindowReader) -> Callable[[], Iterator[object]]:
    places = RandomPlaces(prepared, length=WINDOW)
    return lambda: (reader[places.draw(BATCH)] for _ in range(len(places) // BATCH))


def _torch(prepared: Prepared, reader: WindowReader, workers: int) -> RandomLoader:
    places = RandomPlaces(prepared, length=WINDOW)
    return RandomLoader(reader, places, batch_size=BATCH, num_workers=workers)


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        prepared = make_corpus(Path(folder) / "corpus", minutes=given.minutes)
        plain = WindowReader(prepared, length=WINDOW)
        rolls = WindowReader(prepared, length=WINDOW, targets=PianoRoll())
        ways = {
            "samples as kept": _raw(prepared),
            "floats": _read(prepared, plain),
            "floats and piano rolls": _read(prepared, rolls),
            "torch, this process": _torch(prepared, plain, 0).__iter__,
            f"torch, {given.workers} worker(s)": _torch(prepared, plain, given.workers).__iter__,
        }
        for batches in ways.values():
            for _ in batches():
                pass
        print(f"{'windows of 4 s':30}{'per CPU s':>12}{'per wall s':>12}{'own MiB':>10}")
        for name, batches in ways.items():
            speed = measure(name, batches, seconds=given.seconds)
            memory = anonymous_memory()
            print(f"{name:30}{speed.per_cpu:12,.0f}{speed.per_wall:12,.0f}{memory:10,.0f}")


if __name__ == "__main__":
    main()
