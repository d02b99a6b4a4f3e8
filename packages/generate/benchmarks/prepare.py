"""What preparing a corpus costs, how it scales with workers, and whether memory stays flat.

``python packages/generate/benchmarks/prepare.py cost`` measures the CPU seconds of a song of 60 s,
step by step, beside ffmpeg's for the same way, by turns. ``scaling`` prepares the same songs with
each engine and one and two workers, by turns, commands from start to end. ``memory`` prepares
corpora of some gigabytes and draws training batches of them. The load of the machine is printed:
wall times are those of a machine that others use too. Linux only.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import soundfile

from audioml.core.audio import conform_blocks, read_blocks
from audioml.core.corpus import Corpus, WindowSampler, encode
from audioml.core.stages import ModelSpec
from audioml.core.testing import sounds
from audioml.generate.prepare.songs import Song
from audioml.generate.prepare.sound import Form
from audioml.generate.prepare.units import Unit, Work

__all__ = ["cost", "main", "memory", "scaling"]

RATE, SECONDS = 16000, 60
FORM = Form(rate=RATE, encoding="mulaw", min_seconds=5.0, keep_damaged=False)
SPEC = ModelSpec("corpus", "1", "corpus", "", rate=RATE, channels=1)


def make_mp3(path: Path, seed: int = 0) -> Path:
    """Write 60 s of chords and noise, stereo at 44.1 kHz."""
    audio, _ = sounds.music(rate=44100)
    song = np.tile(audio.samples[0], 10)[: SECONDS * 44100]
    noise = 0.02 * np.random.default_rng(seed).standard_normal((2, len(song)), np.float32)
    soundfile.write(path, (0.5 * song + noise).T, 44100, format="MP3")
    return path


def _cpu(work: Callable[[], object]) -> float:
    """Return the CPU milliseconds of this process and of the commands that it runs."""

    def spent() -> float:
        return sum(
            resource.getrusage(who).ru_utime + resource.getrusage(who).ru_stime
            for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        )

    began = spent()
    work()
    return 1000 * (spent() - began)


def _ffmpeg(path: Path) -> None:
    words = ["ffmpeg", "-v", "error", "-threads", "1", "-i", str(path), "-ac", "1"]
    words += ["-ar", str(RATE), "-c:a", "pcm_mulaw", "-f", "wav", "-y", "/dev/null"]
    subprocess.run(words, check=True)


def cost(song: Path | None, rounds: int) -> None:
    """Print what a song costs: best and median of the rounds."""
    with tempfile.TemporaryDirectory() as folder:
        path = song or make_mp3(Path(folder) / "song.mp3")
        blocks = list(read_blocks(path))
        fitted = list(conform_blocks(iter(blocks), SPEC))
        unit = Unit((Song(id="song", file=str(path), path=path.name),))
        work = Work(FORM, Path(folder), {})
        ways: dict[str, Callable[[], object]] = {
            "decode": lambda: [None for _ in read_blocks(path)],
            "mono and resample": lambda: [None for _ in conform_blocks(iter(blocks), SPEC)],
            "mu-law": lambda: [encode(block.samples[0], "mulaw") for block in fitted],
            "hash of the file": lambda: hashlib.sha256(path.read_bytes()).digest(),
            "all, as a part of Parquet": lambda: work(unit),
        }
        if shutil.which("ffmpeg"):
            ways["ffmpeg, the same way"] = lambda: _ffmpeg(path)
        seconds = sum(block.samples.shape[1] for block in blocks) / blocks[0].rate
        print(f"{path.name}: {seconds:.1f} s, {path.stat().st_size / 1e6:.2f} MB; {_load()}")
        spent: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(rounds + 1):
            for name, way in ways.items():
                spent[name].append(_cpu(way))
        print(f"{'CPU ms':28}{'best':>8}{'median':>8}")
        for name, each in spent.items():
            print(f"{name:28}{min(each[1:]):8.1f}{statistics.median(each[1:]):8.1f}")


def _load() -> str:
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def _command(raw: Path, out: Path, *arguments: str) -> list[str]:
    words = [sys.executable, "-m", "audioml.core.cli", "-q", "generate", "prepare"]
    return [*words, str(raw), "-o", str(out), *arguments]


def scaling(songs: int, rounds: int, engines: Sequence[str], master: str | None) -> None:
    """Print how long a corpus takes, by engine and workers."""
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "raw"
        raw.mkdir()
        for n in range(songs):
            make_mp3(raw / f"{n}.mp3", n)
        spent: dict[tuple[str, int], list[float]] = {}
        for _ in range(rounds):
            for engine in engines:
                for workers in (1, 2):
                    out, began = Path(folder) / "out", time.perf_counter()
                    words = _command(raw, out, "--engine", engine, "-j", str(workers))
                    words += ["--master", master] if master and engine == "spark" else []
                    subprocess.run(words, check=True, stderr=subprocess.DEVNULL)
                    each = time.perf_counter() - began
                    spent.setdefault((engine, workers), []).append(each)
                    shutil.rmtree(out)
        print(f"{songs} songs of {SECONDS} s; {_load()}")
        print(f"{'engine':10}{'workers':>8}{'best s':>9}{'s/song':>9}{'speed-up':>10}")
        for (engine, workers), found in spent.items():
            best, alone = min(found), min(spent[engine, 1])
            print(f"{engine:10}{workers:8}{best:9.1f}{best / songs:9.3f}{alone / best:10.2f}")


def _anonymous(pid: int) -> float:
    """Return the memory of a process that is its own, in MiB: mapped files are not."""
    try:
        status = Path(f"/proc/{pid}/status").read_text("ascii")
    except OSError:
        return 0.0
    found = [line for line in status.splitlines() if line.startswith("RssAnon")]
    return int(found[0].split()[1]) / 1024 if found else 0.0


def _most(words: Sequence[str]) -> float:
    """Run a command, and return the most memory that was its own."""
    most = 0.0
    with subprocess.Popen(words) as process:
        while process.poll() is None:
            most = max(most, _anonymous(process.pid))
            time.sleep(0.02)
    if process.returncode:
        raise SystemExit(f"{words} ended with {process.returncode}")
    return most


def _write_songs(raw: Path, gigabytes: float) -> int:
    """Write songs of a minute, 16 bits at 16 kHz, that differ from one another."""
    raw.mkdir()
    random = np.random.default_rng(0)
    noise = random.integers(-9000, 9000, 2 * SECONDS * RATE, np.int16)
    count = round(gigabytes * 1e9 / (2 * SECONDS * RATE))
    for n in range(count):
        first = int(random.integers(SECONDS * RATE))
        soundfile.write(raw / f"{n}.wav", noise[first : first + SECONDS * RATE], RATE)
    return count


def _drawn(path: Path, batches: int) -> float:
    """Return the most memory of this process while it draws training batches of 16 windows."""
    sampler = WindowSampler(Corpus.open(path), length=RATE + 385)
    most = 0.0
    for _ in range(batches):
        sampler.batch(16)
        most = max(most, _anonymous(os.getpid()))
    return most


def memory(gigabytes: Sequence[float]) -> None:
    """Print the memory of preparing, and of drawing batches, for corpora of some sizes."""
    print(f"{'GB':>6}{'songs':>8}{'preparing: MiB':>16}{'drawing: MiB':>14}{'s':>8}")
    for size in gigabytes:
        with tempfile.TemporaryDirectory() as folder:
            raw, out = Path(folder) / "raw", Path(folder) / "out"
            count = _write_songs(raw, size)
            began = time.perf_counter()
            prepared = _most(_command(raw, out, "--encoding", "int16", "-j", "1"))
            wall = time.perf_counter() - began
            draw = [sys.executable, __file__, "draw", str(out)]
            done = subprocess.run(draw, check=True, capture_output=True, text=True)
            print(f"{size:6.2g}{count:8}{prepared:16.0f}{float(done.stdout):14.0f}{wall:8.0f}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    below = parser.add_subparsers(dest="what", required=True)
    each = below.add_parser("cost")
    each.add_argument("--song", type=Path)
    each.add_argument("--rounds", type=int, default=7)
    each = below.add_parser("scaling")
    each.add_argument("--songs", type=int, default=32)
    each.add_argument("--rounds", type=int, default=2)
    each.add_argument("--engines", nargs="+", default=["local", "spark", "ray"])
    each.add_argument("--master")
    below.add_parser("memory").add_argument("gigabytes", type=float, nargs="+")
    below.add_parser("draw").add_argument("corpus", type=Path)
    given = parser.parse_args()
    if given.what == "cost":
        cost(given.song, given.rounds)
    elif given.what == "scaling":
        scaling(given.songs, given.rounds, given.engines, given.master)
    elif given.what == "memory":
        memory(given.gigabytes)
    else:
        print(_drawn(given.corpus, 500))


if __name__ == "__main__":
    main()
