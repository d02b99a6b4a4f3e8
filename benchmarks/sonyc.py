"""One side of `edge.py`, in a process of its own: CPU milliseconds per second of sound, as JSON.

``python sonyc.py SIDE MODEL WAV REPEATS``. The side ``original`` is SONYC's algorithm in its own
steps (librosa for each window, one invocation each), ``bare`` the interpreter alone on features
that are there, ``audioml`` what ``audioml edge watch`` does with a file, and ``read``,
``resampled`` (reading included), ``features`` and ``network`` its stages alone. The first two run
on ``ai_edge_litert`` or ``tflite_runtime``, whichever is installed. `edge.py` sets one BLAS thread.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

_RATE, _WINDOW, _HOP = 8000, 8000, 800


def interpreter(model: str) -> Any:
    """Return an interpreter with one thread."""
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError:
        from tflite_runtime.interpreter import Interpreter
    made = Interpreter(model, num_threads=1)
    made.allocate_tensors()
    return made


def invoker(model: str) -> Callable[[Any], Any]:
    """Return a function from features of shape (64, 51) to the model's output."""
    made = interpreter(model)
    taken = made.get_input_details()[0]["index"]
    given = made.get_output_details()[0]["index"]

    def invoke(features: Any) -> Any:
        made.set_tensor(taken, features[np.newaxis, :, :, np.newaxis])
        made.invoke()
        return made.get_tensor(given)

    return invoke


def original(model: str, wav: str, out: Path) -> Callable[[], int]:
    """Return SONYC's way with a file; called, it returns the number of windows."""
    import librosa
    import soundfile

    invoke = invoker(model)

    def logmel(window: Any) -> Any:
        spectrum = np.abs(librosa.stft(window, n_fft=1024, hop_length=160, pad_mode="constant"))
        mel = librosa.feature.melspectrogram(S=spectrum, sr=_RATE, n_mels=64, htk=True)
        return librosa.power_to_db(mel, amin=1e-10)

    def run() -> int:
        samples, rate = soundfile.read(wav, dtype="float32")
        samples = librosa.resample(samples, orig_sr=rate, target_sr=48000)  # as AudioModel loads
        samples = librosa.resample(samples, orig_sr=48000, target_sr=_RATE)
        size = int(np.ceil((len(samples) - _WINDOW) / _HOP) * _HOP + _WINDOW)
        samples = librosa.util.pad_center(samples, size=size)
        windows = librosa.util.frame(samples, frame_length=_WINDOW, hop_length=_HOP).T
        features = np.stack([logmel(window) for window in windows])
        embedding = np.stack([invoke(each.astype(np.float32)) for each in features])
        np.savez(out / "o.npz", embedding=embedding)
        return len(windows)

    return run


def bare(model: str, wav: str, out: Path) -> Callable[[], int]:
    """Return the interpreter alone: what nothing that runs this model can go below."""
    invoke = invoker(model)
    features = np.random.default_rng(0).standard_normal((91, 64, 51)).astype(np.float32)

    def run() -> int:
        for each in features:
            invoke(each)
        return len(features)

    return run


def audioml(model: str, wav: str, out: Path) -> Callable[[], int]:
    """Return what the watcher does with a file: read, analyse, write."""
    from audioml.core import load
    from audioml.edge.inputs import analyse
    from audioml.edge.sinks.npz import Npz
    from audioml.edge.watch.scan import look

    estimator, sink = load(Path(model)), Npz(folder=out)
    folder, name = Path(wav).parent, Path(wav).name

    def run() -> int:
        found = look(folder, name)
        assert found is not None
        result = analyse(folder, found, estimator)
        sink.write(result, out / "a.npz")
        return len(result.starts)

    return run


def stage(side: str, model: str, wav: str) -> Callable[[], int]:
    """Return one stage of what the watcher does with a file, alone."""
    from audioml.core import load
    from audioml.core.audio import conform, conform_blocks, read, read_blocks

    estimator = load(Path(model))
    sound = conform(read(wav), estimator.spec)
    rows = estimator.transform(sound)
    steps: dict[str, Callable[[], object]] = {
        "read": lambda: list(read_blocks(wav)),
        "resampled": lambda: list(conform_blocks(read_blocks(wav), estimator.spec)),
        "features": lambda: estimator.transform(sound),
        "network": lambda: estimator.run(rows),
    }

    def run() -> int:
        steps[side]()
        return len(rows)

    return run


def main() -> None:
    """Measure one side and print it."""
    side, model, wav, repeats = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    with tempfile.TemporaryDirectory() as folder:
        whole = {"original": original, "bare": bare, "audioml": audioml}
        run = whole[side](model, wav, Path(folder)) if side in whole else stage(side, model, wav)
        windows = run()
        best = float("inf")
        for _ in range(repeats):
            began = time.process_time()
            run()
            best = min(best, time.process_time() - began)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    seconds = 10.0 * windows / 91
    print(json.dumps({"cpu_ms": best / seconds * 1000, "rss": peak, "windows": windows}))


if __name__ == "__main__":
    main()
