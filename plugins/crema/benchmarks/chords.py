"""How well models find chords, beside templates, which were never trained.

python plugins/crema/benchmarks/chords.py FOLDER MODEL...

FOLDER holds recordings with JAMS files beside; each MODEL is a model folder, or a name such as
crema-chord. `audioml train task=chords experiment=quick` leaves such a folder in data/, with its
test split in test/.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from audioml.core import load
from audioml.core.audio import read
from audioml.core.chords import PITCHES, QUALITIES
from audioml.core.values import Annotation, Audio
from audioml.train.data import read_labels
from audioml_crema.cqt import HOP_LENGTH, RATE
from audioml_crema.decoder import segments
from audioml_crema.features import HCQT
from audioml_crema.training.corpus import chords_of
from audioml_crema.training.scoring import recall
from audioml_crema.viterbi import viterbi_loop

SHOWN = ("root", "majmin", "majmin_inv", "mirex", "tetrads")
TRIADS = [(root, quality) for root in range(12) for quality in ("maj", "min")]


def templates(audio: Audio) -> Annotation:
    """Return the triads whose tones alone are nearest to the chroma, smoothed by Viterbi."""
    decibels = HCQT()(audio).tensors["cqt_mag"][0, ..., 0]
    bins = np.roll(10 ** (decibels / 20), 1, axis=1)  # a semitone's three bins side by side
    chroma = bins.reshape(-1, 6, 12, 3).sum(axis=(1, 3))
    wanted = np.zeros((len(TRIADS), 12))
    for row, (root, quality) in enumerate(TRIADS):
        wanted[row, [(root + tone) % 12 for tone in QUALITIES[quality]]] = 3**-0.5
    likeness = chroma @ wanted.T / (np.linalg.norm(chroma, axis=1, keepdims=True) + 1e-9)
    likely = np.exp(20 * likeness)
    path = viterbi_loop((likely / likely.sum(1, keepdims=True)).astype(np.float32), stay=0.95)
    spans = np.array(segments(path)) * HOP_LENGTH / RATE
    names = [f"{PITCHES[root]}:{quality}" for root, quality in TRIADS]
    return Annotation("chord", spans, [names[path[first]] for first, _ in segments(path)])


def model(name: str) -> Callable[[Audio], Annotation]:
    """Return what finds the chords by a model."""
    found = load(name)
    return lambda audio: found.predict(audio)["chord"]


def main(folder: Path, names: list[str]) -> None:
    """Print the means over the recordings of a folder."""
    finders = {"templates": templates, **{name: model(name) for name in names}}
    scores: dict[str, list[list[float]]] = {name: [] for name in finders}
    for path in sorted(folder.rglob("*.wav")):
        spans, labels = chords_of(read_labels(path.with_suffix(".jams")), ["chord"])
        reference, audio = {"segments": spans, "labels": list(labels)}, read(path)
        for name, find in finders.items():
            found = recall(reference, find(audio))
            scores[name].append([found[each] for each in SHOWN])
    print(" ".join(f"{each:>10}" for each in SHOWN), f" mean of {len(scores['templates'])}")
    for name, rows in scores.items():
        print(" ".join(f"{value:10.3f}" for value in np.mean(rows, axis=0)), f" {name}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
