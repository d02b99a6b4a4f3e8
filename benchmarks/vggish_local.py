"""VGGish in one process, for as many seconds as standard input asks: what servers could do.

``python benchmarks/vggish_local.py bare|pipeline MODEL PRECISION CLIP``. ``bare`` runs the model on
the clip's examples and does nothing else; ``pipeline`` reads the clip's bytes, makes features, runs
the model, spells the answer as IBM MAX does, and begins anew. Each line of standard input is a
number of seconds; the answer is a line of JSON: how many clips in how many seconds.
"""

from __future__ import annotations

import io
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import soundfile

from audioml.core import Audio, load
from audioml.core.audio import conform

__all__ = ["main"]


def heard(data: bytes) -> Audio:
    """Return the sound of a file."""
    samples, rate = soundfile.read(io.BytesIO(data), dtype="float32", always_2d=True)
    return Audio(np.ascontiguousarray(samples.T), rate)


def work(what: str, name: str, precision: str, clip: Path) -> Callable[[], object]:
    """Return what is done for one clip."""
    model = load(name, precision=precision).configured(output="uint8")
    data = clip.read_bytes()
    if what == "bare":
        tensors = model.transform(conform(heard(data), model.spec)).tensors
        return lambda: model.session.run(tensors)

    def pipeline() -> str:
        found = model.predict(conform(heard(data), model.spec))["embedding"]
        rows = found.values.astype(np.float64).tolist()
        return json.dumps({"status": "ok", "embedding": rows})

    return pipeline


def main(argv: Sequence[str] | None = None) -> None:
    """Work whenever a line asks for it."""
    what, name, precision, clip = argv or sys.argv[1:]
    once = work(what, name, precision, Path(clip))
    once()
    print("ready", flush=True)
    for line in sys.stdin:
        count, cpu, start = 0, sum(os.times()[:2]), time.perf_counter()
        while (seconds := time.perf_counter() - start) < float(line):
            once()
            count += 1
        used = sum(os.times()[:2]) - cpu
        print(json.dumps({"count": count, "seconds": seconds, "cpu": used}), flush=True)


if __name__ == "__main__":
    main()
