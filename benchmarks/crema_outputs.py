"""Writes what crema itself says of recordings, beside them, for `parity`.

Run by the original's own interpreter:
``$(python benchmarks/originals.py crema-A) benchmarks/crema_outputs.py song.mp3 …``
"""

from __future__ import annotations

import sys
from pathlib import Path

import librosa
import numpy as np
from crema.analyze import analyze
from crema.models.chord import ChordModel


def main() -> None:
    """Write ``NAME_EXT.jams`` and ``NAME_EXT.npz`` for every file named."""
    model = ChordModel()
    for name in sys.argv[1:]:
        path = Path(name)
        stem = str(path.with_name(path.name.replace(".", "_")))
        analyze(filename=name).save(f"{stem}.jams")
        samples, rate = librosa.load(name, sr=None, mono=True)
        features = model.pump.transform(y=samples, sr=rate)["cqt/mag"][0]
        heads = {f"out_{head}": values for head, values in model.outputs(filename=name).items()}
        np.savez_compressed(f"{stem}.npz", cqt_mag=features, **heads)


if __name__ == "__main__":
    main()
