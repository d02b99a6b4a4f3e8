"""How fast training data are read, what share of a step that is, and whether memory stays flat.

``python packages/train/benchmarks/loader.py --minutes 60 --seconds 5`` makes a corpus of noise
(115 MB for an hour at 16 kHz) and reads windows of 4 s from it in each way that a training run
does: the samples as they lie on the disk; as floats; with a piano roll made of notes; and by torch,
here and in worker processes. With ``--gigabytes 0.5 3`` it makes corpora of these sizes instead,
and hears each once, in a process of its own: how much memory is the process's own in the end and at
most, and what share a batch of 8 takes of a step of the smallest network that the package trains,
`audioml.train.networks.Encoder` as the task classification has it, if no worker reads ahead. CPU
seconds are those of this process and of its workers. Linux only.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
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

__all__ = ["Speed", "anonymous_memory", "grown", "heard", "main", "make_corpus", "measure", "step"]

RATE, WINDOW, BATCH, NOTES = 16000, 4 * 16000, 32, 600
STEP = 8  # windows of the batches whose reading is compared with a step


@dataclass(frozen=True)
class Speed:
    """Windows read in a second of CPU and of wall time."""

    name: str
    per_cpu: float
    per_wall: float


def make_corpus(path: Path, *, minutes: int) -> Prepared:
    """Make a corpus of one-minute recordings of noise, each with ten notes a second."""
    random = np.random.default_rng(0)
    noise = random.integers(-9000, 9000, 61 * RATE, np.int16)
    sizes = dict.fromkeys(KINDS, 0) | {"notes": NOTES * minutes}
    with CorpusWriter(path, rate=RATE) as corpus, tempfile.TemporaryDirectory() as aside:
        labels = LabelWriter(Path(aside) / "labels", sizes)
        for minute in range(minutes):
            onsets = np.sort(random.uniform(0, 59, NOTES))
            pitches = random.integers(21, 108, NOTES)
            notes = np.stack([onsets, onsets + 0.5, pitches, np.full(NOTES, 80)], axis=1)
            columns = labels.append(Labels.of(notes=notes))
            start = int(random.integers(RATE))
            facts = {"split": "train", "classes": None, "values": None}
            corpus.append(f"{minute}", noise[start : start + 60 * RATE], **columns, **facts)
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


def heard(path: Path) -> tuple[float, float, float]:
    """Return the CPU milliseconds of a batch, and this process's memory in MiB: last, most.

    The corpus is heard once, with piano rolls.
    """
    prepared = Prepared.open(path)
    reader = WindowReader(prepared, length=WINDOW, targets=PianoRoll())
    places = RandomPlaces(prepared, length=WINDOW)
    loader, most = RandomLoader(reader, places, batch_size=STEP), 0.0
    began = _cpu()
    for count, _ in enumerate(loader):
        most = max(most, anonymous_memory()) if count % 100 == 0 else most
    return 1000 * (_cpu() - began) / len(loader), anonymous_memory(), most


def step() -> float:
    """Return the CPU milliseconds of a training step, without the reading."""
    import torch

    from audioml.train.features import LogMel
    from audioml.train.networks import Encoder

    torch.set_num_threads(1)
    features = LogMel(rate=RATE, n_fft=1024, hop_length=256, n_mels=64, fmin=30.0)
    encoder = Encoder(64).train()
    optimizer = torch.optim.AdamW(encoder.parameters())
    audio, cost = torch.randn(STEP, WINDOW), []
    for _ in range(8):
        began = _cpu()
        optimizer.zero_grad()
        encoder(features(audio)).square().mean().backward()
        optimizer.step()
        cost.append(1000 * (_cpu() - began))
    return statistics.median(cost)


def grown(gigabytes: Sequence[float]) -> None:
    """Print what hearing corpora of some sizes costs."""
    spawn = multiprocessing.get_context("spawn")
    with spawn.Pool(1) as alone:
        whole = alone.apply(step)
    print(f"a step takes {whole:.0f} ms")
    print(f"{'GB':>6}{'recordings':>12}{'own MiB':>10}{'at most':>9}{'ms a batch':>12}{'share':>8}")
    for size in gigabytes:
        minutes = round(size * 1e9 / (60 * RATE * 2))
        with tempfile.TemporaryDirectory() as folder, spawn.Pool(1) as alone:
            make_corpus(Path(folder) / "corpus", minutes=minutes)
            cost, last, most = alone.apply(heard, (Path(folder) / "corpus",))
        share = f"{cost / whole:.1%}"
        print(f"{size:6.2g}{minutes:12}{last:10.0f}{most:9.0f}{cost:12.2f}{share:>8}")


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--gigabytes", type=float, nargs="+")
    given = parser.parse_args()
    if given.gigabytes:
        grown(given.gigabytes)
        return
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
