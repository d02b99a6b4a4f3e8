"""The songs of `audioml_wavenet` against other loops over the same networks, all in one run.

``python plugins/wavenet/benchmarks/wavenet.py`` runs everything; name parts to run only those:
``parity``, ``single``, ``batch``, ``threads``, ``start``. A rate is samples for a second of the
process's CPU time, the best and the median of short turns that all sides take in turn, so that a
busy machine meets all of them. ``--pytorch-wavenet FOLDER`` (a checkout of
vincentherrmann/pytorch-wavenet) measures its own fast generation too, and ``--original``
CS205-Waveforms' own loop over Keras 2.15, in the environment ``crema-B`` of `originals`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "benchmarks"))

import measure
import numpy as np
import wavenet_loops as loops

from audioml_wavenet.architecture import PRESETS, SILENCE
from audioml_wavenet.cs205.network import as_in_their_loop, read_network
from audioml_wavenet.engine import Sampling, Songs, uniforms
from audioml_wavenet.engine.compiled import CompiledSongs
from audioml_wavenet.engine.plain import PlainSongs
from audioml_wavenet.folder import About, write_folder
from audioml_wavenet.reference import forward
from audioml_wavenet.weights import Weights, random

PARTS = ("parity", "single", "batch", "threads", "start")
_PAUSE = 0.02  # seconds of CPU of a turn, about: shorter than what the scheduler gives at once
_FIRST_SOUND = """\
import sys
from audioml.core import load
from audioml.core.stages import GenerationOptions
block = next(iter(load(sys.argv[1]).start(GenerationOptions(seconds=10.0))))
assert block.samples.any()
"""


def networks(data: Path) -> dict[str, Weights]:
    """Return the networks to measure; CS205's own where its files are, else one of its sizes."""
    found = {name: random(PRESETS[name]) for name in ("std30", "small10")}
    files = [data / "wavenet" / f"basic_model_v2{suffix}" for suffix in (".json", ".h5")]
    if all(path.is_file() for path in files):
        found["cs205 v2"] = as_in_their_loop(read_network(*files))
    else:
        found["seed"] = random(PRESETS["seed"])
    return found


def parity(data: Path) -> None:
    """How far logits are from the definition in float64, and whether songs are the same."""
    print("\n| network | largest logit | logits are off by | equal samples of 400 |")
    print("|---|---|---|---|")
    for name, weights in networks(data).items():
        made = drawing(CompiledSongs(weights), 1)(400)
        wanted = forward(weights, np.concatenate([[SILENCE], made[0, :-1]]))
        told = CompiledSongs(weights).feed(made, logits=True)
        assert told is not None
        reached = np.cumsum(np.exp(wanted - wanted.max(axis=1, keepdims=True)), axis=1)
        drawn = uniforms(0, 0, 400)[:, np.newaxis] * reached[:, -1:]
        equal = int(((reached <= drawn).sum(axis=1) == made[0]).sum())
        off = np.abs(told[0] - wanted).max()
        print(f"| {name} | {np.abs(wanted).max():.1f} | {off:.1e} | {equal} |")


def drawing(begun: Songs, songs: int) -> Callable[[int], np.ndarray]:
    """Return what draws so many samples of each of some songs."""
    choices = [Sampling()] * songs
    return lambda count: begun.draw(
        np.stack([uniforms(seed, 0, count) for seed in range(songs)]), choices
    )


def rates(
    sides: Mapping[str, Callable[[int], object]],
    *,
    turns: int = 25,
    songs: Mapping[str, int] | None = None,
) -> dict[str, list[float]]:
    """Return samples a second of CPU time of every side, measured in turns.

    ``songs`` tells of sides that make several at once.
    """
    counts = {}
    for name, side in sides.items():
        side(2)  # warm
        start = time.process_time()
        side(4)
        taken = max((time.process_time() - start) / 4, 1e-6)
        counts[name] = max(4, int(_PAUSE / taken))
    found: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(turns):
        for name, side in sides.items():
            start = time.process_time()
            side(counts[name])
            made = counts[name] * (songs or {}).get(name, 1)
            found[name].append(made / (time.process_time() - start))
    return found


def told(name: str, found: Mapping[str, Sequence[float]], *, gain: str, of_first: bool) -> None:
    """Print rates, and by how much the first side beats each, or each beats the first.

    ``gain`` heads that column: the median of the ratios of single turns.
    """
    print(f"\n| {name} | samples/s of CPU, best | median | {gain} |\n|---|---|---|---|")
    first = next(iter(found.values()))
    for side, each in found.items():
        pairs = zip(first, each, strict=True)
        ratio = statistics.median(a / b if of_first else b / a for a, b in pairs)
        print(f"| {side} | {max(each):,.0f} | {statistics.median(each):,.0f} | {ratio:,.1f} |")


def single(data: Path, *, checkout: Path | None, original: bool) -> None:
    """One song at a time."""
    for name, weights in networks(data).items():
        sides: dict[str, Callable[[int], object]] = {
            "audioml": drawing(CompiledSongs(weights), 1),
            "audioml, numpy alone": drawing(PlainSongs(weights), 1),
            "torch, cached, operators as in pytorch-wavenet": loops.cached_loop(weights),
        }
        if checkout is not None and weights.architecture.adds:
            sides["pytorch-wavenet, generate_fast"] = loops.pytorch_wavenet(
                checkout, weights.architecture
            )
        if name in {"cs205 v2", "seed"}:
            sides["torch, a whole window for each sample"] = loops.window_loop(weights)
        told(name, rates(sides), gain="audioml is faster by", of_first=True)
        if original and name == "cs205 v2":
            keras(data, weights, sides["audioml"])


def keras(data: Path, weights: Weights, ours: Callable[[int], object]) -> None:
    """CS205-Waveforms' own loop, turn by turn with ours; and whether both make the same song."""
    with loops.KerasLoop(data / "wavenet" / "basic_model_v2") as theirs:
        found = rates({"audioml": ours, "CS205's loop, Keras 2.15": theirs.go_on}, turns=5)
        found["CS205's loop, Keras 2.15"] = theirs.rates[-5:]
        told("cs205 v2", found, gain="audioml is faster by", of_first=True)
        heard, made = theirs.song()
    begun = CompiledSongs(weights)
    begun.feed(heard[np.newaxis])
    again = begun.draw(uniforms(0, 0, len(made))[np.newaxis], [Sampling()])[0]
    print(
        f"\nequal samples of both, for equal uniform numbers: {(again == made).sum()}/{len(made)}"
    )


def batch(data: Path) -> None:
    """Sixteen songs at once, on one core."""
    for name, weights in networks(data).items():
        songs = {"one song": 1, "4 songs, total": 4, "16 songs, total": 16}
        sides = {n: drawing(CompiledSongs(weights, [None] * c), c) for n, c in songs.items()}
        told(name, rates(sides, songs=songs), gain="times one song", of_first=False)


def threads(data: Path) -> None:
    """Two songs in two threads, against one after the other: by the clock, best of some turns."""
    weights = networks(data)["std30"]
    sides = [drawing(CompiledSongs(weights), 1) for _ in range(2)]
    after, beside = [], []
    for _ in range(15):
        start = time.perf_counter()
        for side in sides:
            side(400)
        after.append(time.perf_counter() - start)
        both = [threading.Thread(target=side, args=(400,)) for side in sides]
        start = time.perf_counter()
        for each in both:
            each.start()
        for each in both:
            each.join()
        beside.append(time.perf_counter() - start)
    print("\n| std30, two songs | ms, best | median |\n|---|---|---|")
    for name, times in (("one after the other", after), ("two threads", beside)):
        print(f"| {name} | {min(times) * 1e3:.0f} | {statistics.median(times) * 1e3:.0f} |")
    print(f"\ntwo threads are faster by {min(after) / min(beside):.2f}")


def start(data: Path) -> None:
    """From the start of a process to its first tenth of a second of sound."""
    print("\n| first sound | CPU s, best | median | wall s, best | median |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="audioml-bench-") as name:
        place = Path(name)
        env = {**os.environ, "AUDIOML_HOME": str(place / "home")}
        env["NUMBA_CACHE_DIR"] = str(place / "compiled")
        for preset in ("std30", "small10"):
            folder = place / preset
            folder.mkdir()
            about = About(
                name=preset, version="1", license="CC0-1.0", rate=16000, description="noise"
            )
            write_folder(random(PRESETS[preset]), folder, about, card="# Noise\n")
            command = [sys.executable, "-c", _FIRST_SOUND, str(folder)]
            runs = [measure.run_cold(command, env=env) for _ in range(6)]
            for kind, those in (("the first time", runs[:1]), ("from then on", runs[1:])):
                low, mid = measure.best(those), measure.median(those)
                print(
                    f"| {preset}, {kind} | {low.cpu:.2f} | {mid.cpu:.2f} | {low.wall:.2f} | "
                    f"{mid.wall:.2f} |"
                )


def main(argv: Sequence[str] | None = None) -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=" ".join(PARTS))
    parser.add_argument("--data", type=Path, help="folder of the originals' outputs")
    parser.add_argument("--pytorch-wavenet", type=Path, metavar="FOLDER", help="its checkout")
    parser.add_argument("--original", action="store_true", help="measure CS205's own loop too")
    options = parser.parse_args(argv)
    near = Path(__file__).resolve().parents[4] / "shared" / "data"
    data = options.data or Path(os.environ.get("AUDIOML_TEST_DATA", near))
    for part in options.parts or PARTS:
        if part == "single":
            single(data, checkout=options.pytorch_wavenet, original=options.original)
        else:
            {"parity": parity, "batch": batch, "threads": threads, "start": start}[part](data)
    print(f"\n{time.process_time():.0f} s of CPU")


if __name__ == "__main__":
    main()
