"""``audioml edge`` against SONYC's algorithm and the bare interpreter, and against the clock.

``python benchmarks/edge.py`` runs everything; name parts to run only those: ``cpu``, ``stages``,
``start``, ``latency``, ``sustained``, ``backlog``. The L3 model is taken from ``--data``
(``AUDIOML_TEST_DATA``), the small int8 convolution and the recordings are made here. ``--original``
builds an environment with tflite-runtime, numpy 1.26 and librosa, the original's own stack.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import originals

HERE = Path(__file__).parent
AUDIOML = str(Path(sys.executable).with_name("audioml"))
_ONE_THREAD = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
DESCRIPTION = '[extractor]\nname = "sonyc-v1"\n'


def models(folder: Path, data: Path) -> dict[str, Path]:
    """Return the models by name, each with its description beside it."""
    sys.path.insert(0, str(HERE.parent / "plugins" / "tflite" / "tests"))
    from tflite_models import small_conv

    found = {"int8 conv, 36 kB": folder / "conv.tflite"}
    small_conv(found["int8 conv, 36 kB"])
    given = data / "edge" / "quantized_default_int8.tflite"
    if given.is_file():
        found["L3"] = folder / "l3.tflite"
        shutil.copyfile(given, found["L3"])
    for path in found.values():
        path.with_suffix(".toml").write_text(DESCRIPTION)
    return found


def recording(folder: Path, data: Path, *, seconds: float = 10.0, rate: int = 48000) -> Path:
    """Return a recording of ten seconds at 48 kHz, as the nodes make them."""
    path = folder / f"noise-{rate}-{seconds:g}.wav"
    samples = np.random.default_rng(0).normal(0, 3000, int(seconds * rate)).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return path


def cpu(folder: Path, data: Path, *, original: bool, repeats: int) -> None:
    """CPU per second of sound, each side in turn, relative to the bare interpreter."""
    wav = str(recording(folder, data))
    sides = {"bare": (sys.executable, "bare"), "audioml": (sys.executable, "audioml")}
    sides["original, LiteRT"] = (sys.executable, "original")
    if original:
        python = str(originals.build("sonyc"))
        sides |= {"original, its stack": (python, "original"), "bare, its stack": (python, "bare")}
    for name, model in models(folder, data).items():
        costs: dict[str, list[float]] = {side: [] for side in sides}
        peaks: dict[str, float] = {}
        for _ in range(3):
            for side, (python, what) in sides.items():
                told = measured(python, what, model, wav, repeats)
                costs[side].append(told["cpu_ms"])
                peaks[side] = told["rss"]
        print(f"\n| {name} | CPU ms per second of sound | of the bare interpreter | peak MB |")
        print("|---|---|---|---|")
        floor = min(costs["bare"])
        for side, runs in costs.items():
            print(f"| {side} | {min(runs):.2f} | {min(runs) / floor:.2f} | {peaks[side]:.0f} |")


def stages(folder: Path, data: Path, *, repeats: int) -> None:
    """What a file costs, stage by stage, each measured alone."""
    wav = str(recording(folder, data))
    steps = ("read", "resampled", "features", "network")
    print("\n| CPU ms per second of sound | read | and resampled | features | network |")
    print("|---|---|---|---|---|")
    for name, model in models(folder, data).items():
        told = [measured(sys.executable, step, model, wav, repeats)["cpu_ms"] for step in steps]
        print(f"| {name} | {' | '.join(f'{cost:.2f}' for cost in told)} |")


def measured(python: str, side: str, model: Path, wav: str, repeats: int) -> dict[str, float]:
    """Return what a process of its own says of one side, see `sonyc.py`."""
    command = [python, str(HERE / "sonyc.py"), side, str(model), wav, str(repeats)]
    done = subprocess.run(command, env=_ONE_THREAD, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    told: dict[str, float] = json.loads(done.stdout)
    return told


Running = tuple[subprocess.Popen[bytes], Path]


@contextmanager
def watcher(folder: Path, model: Path, *options: str) -> Iterator[Running]:
    """Give a watcher that runs, and its results; it is ended by SIGTERM."""
    out = folder.with_name(folder.name + "-results")
    command = [AUDIOML, "-q", "edge", "watch", str(folder), "-m", str(model), "-o", str(out)]
    command += ["--to", "npz", "--to", "jsonl", "--records", "files", *options]
    home = {"AUDIOML_HOME": str(folder.with_name("home"))}
    process = subprocess.Popen(command, env={**os.environ, **home})
    try:
        yield process, out
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def memory(process: subprocess.Popen[bytes], field: str = "VmHWM") -> float:
    """Return the peak resident size of a process in MB."""
    for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024 / 1e6
    raise LookupError(field)


def until(path: Path, *, step: float = 0.0005, seconds: float = 60.0) -> float:
    """Wait for a file, and return the time at which it was there."""
    end = time.monotonic() + seconds
    while not path.exists():
        if time.monotonic() > end:
            raise TimeoutError(path)
        time.sleep(step)
    return time.monotonic()


def start(folder: Path, data: Path) -> None:
    """From the start of the process to the first result; and the memory of a watcher."""
    wav = recording(folder, data)
    print("\n| cold start | first result s | peak MB |\n|---|---|---|")
    for name, model in models(folder, data).items():
        seconds, peaks = [], []
        for turn in range(7):
            watched = folder / f"start-{model.stem}-{turn}"
            watched.mkdir()
            shutil.copyfile(wav, watched / "a.wav")
            os.utime(watched / "a.wav", (1.7e9, 1.7e9))
            began = time.monotonic()
            with watcher(watched, model) as (process, out):
                seconds.append(until(out / "a.npz") - began)
                time.sleep(0.3)
                peaks.append(memory(process))
        print(f"| {name} | {statistics.median(seconds[1:]):.3f} | {max(peaks):.0f} |")


def latency(folder: Path, data: Path, *, files: int) -> None:
    """From the close of a file to its result, while nothing else is to be done."""
    wav = recording(folder, data, seconds=1.0, rate=8000)
    print("\n| close to result, idle | median ms | p99 ms | max ms |\n|---|---|---|---|")
    for name, model in models(folder, data).items():
        watched = folder / f"latency-{model.stem}"
        watched.mkdir()
        took = []
        with watcher(watched, model) as (_, out):
            until(out / ".journal.sqlite")
            time.sleep(1.0)
            content = wav.read_bytes()
            for number in range(files):
                (watched / f"{number}.wav").write_bytes(content)
                closed = time.monotonic()
                took.append((until(out / f"{number}.npz") - closed) * 1000)
                time.sleep(0.03)
        p50, p99 = np.percentile(took, [50, 99])
        print(f"| {name}, {files} files | {p50:.1f} | {p99:.1f} | {max(took):.1f} |")


def sustained(folder: Path, data: Path, *, rate: float, seconds: float) -> None:
    """Whether clips of one second that come at a rate are worked off as they come."""
    wav = recording(folder, data, seconds=1.0, rate=8000)
    content = wav.read_bytes()
    print("\n| sustained, 1 s clips | written /s | done /s | backlog | RSS growth MB |")
    print("|---|---|---|---|---|")
    for name, model in models(folder, data).items():
        watched = folder / f"sustained-{model.stem}"
        watched.mkdir()
        with watcher(watched, model) as (process, out):
            until(out / ".journal.sqlite")
            time.sleep(1.0)
            began, count, before = time.monotonic(), 0, 0.0
            while (now := time.monotonic() - began) < seconds:
                while count < now * rate:
                    part = watched / f"{count}.wav.part"
                    part.write_bytes(content)
                    part.rename(watched / f"{count}.wav")
                    count += 1
                if not before and now > seconds / 3:
                    before = memory(process, "VmRSS")
                time.sleep(0.005)
            done = sum(1 for _ in out.glob("*.npz"))
            grown = memory(process, "VmRSS") - before
        row = f"{count / seconds:.0f} | {done / seconds:.0f} | {count - done} | {grown:.1f}"
        print(f"| {name} | {row} |")


def backlog(folder: Path, data: Path, *, files: int) -> None:
    """How long a backlog takes, durable, and what memory."""
    wav = recording(folder, data, seconds=1.0, rate=8000)
    watched = folder / "backlog"
    watched.mkdir()
    content = wav.read_bytes()
    for number in range(files):
        path = watched / f"{number:05}.wav"
        path.write_bytes(content)
        os.utime(path, (1.7e9 + number, 1.7e9 + number))
    title = f"backlog of {files} clips of 1 s"
    print(f"\n| {title} | all done s | files/s | scan s | peak MB |\n|---|---|---|---|---|")
    for name, model in models(folder, data).items():
        began = time.monotonic()
        with watcher(watched, model) as (process, out):
            until(out / ".journal.sqlite")
            last = out / f"{files - 1:05}.npz"
            until(last, step=0.01, seconds=600)
            took = time.monotonic() - began
            peak = memory(process)
            time.sleep(6)
            status = [AUDIOML, "edge", "status", str(out), "--json"]
            told = json.loads(subprocess.run(status, capture_output=True, check=True).stdout)
        scan = told["watcher"]["scan_seconds"]
        print(f"| {name} | {took:.1f} | {files / took:.0f} | {scan:.2f} | {peak:.0f} |")
        shutil.rmtree(out)


def main(argv: Sequence[str] | None = None) -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help="cpu start latency …")
    parser.add_argument("--data", type=Path, help="folder of the originals' outputs")
    parser.add_argument("--original", action="store_true", help="measure the original's stack too")
    parser.add_argument("--files", type=int, default=10_000, help="of the backlog")
    parser.add_argument("--rate", type=float, default=150.0, help="files/s, sustained")
    parser.add_argument("--seconds", type=float, default=30.0, help="of the sustained rate")
    parser.add_argument("--repeats", type=int, default=7)
    told = parser.parse_args(argv)
    data = told.data or Path(
        os.environ.get("AUDIOML_TEST_DATA", HERE.parents[1] / "shared" / "data")
    )
    parts = told.parts or ["cpu", "stages", "start", "latency", "sustained", "backlog"]
    for part in parts:
        with tempfile.TemporaryDirectory(prefix="audioml-bench-") as name:
            folder = Path(name)
            if part == "cpu":
                cpu(folder, data, original=told.original, repeats=told.repeats)
            elif part == "stages":
                stages(folder, data, repeats=told.repeats)
            elif part == "start":
                start(folder, data)
            elif part == "latency":
                latency(folder, data, files=200)
            elif part == "sustained":
                sustained(folder, data, rate=told.rate, seconds=told.seconds)
            else:
                backlog(folder, data, files=told.files)


if __name__ == "__main__":
    main()
