"""How far audioml's chords, as crema gives them, are from crema's own outputs.

``python benchmarks/parity.py FOLDER`` compares every recording of a folder that has crema's outputs
beside it: ``NAME_EXT.jams`` (its annotation) and ``NAME_EXT.npz`` (its features and heads).
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from audioml.core import Annotation, Pipeline, load
from audioml.core.audio import conform, read


@dataclass(frozen=True)
class Difference:
    """One recording: whether the answer is the same, and by how much each stage is off."""

    name: str
    segments: str
    labels: bool
    frames: float
    confidence: float
    features: float
    net: float

    def row(self) -> str:
        """Return a line of a Markdown table."""
        same = "identical" if self.labels else "differ"
        return (
            f"| {self.name} | {self.segments} | {same} | {self.frames:.2g} | {self.confidence:.1e} "
            f"| {self.features:.2g} | {self.net:.1e} |"
        )


def compare(model: Pipeline, path: Path) -> Difference:
    """Return how far our answer for a recording is from crema's."""
    stem = path.with_name(path.name.replace(".", "_"))
    theirs = json.loads(Path(f"{stem}.jams").read_text())["annotations"][0]["data"]
    audio = conform(read(path), model.spec)
    ours = model.predict(audio)["chord"]
    assert isinstance(ours, Annotation)
    assert ours.confidence is not None
    with np.load(f"{stem}.npz", allow_pickle=False) as arrays:
        features = np.abs(model.transform(audio).tensors["cqt_mag"][0] - arrays["cqt_mag"])
        net = _net(model, arrays)
    same = list(ours.values) == [event["value"] for event in theirs]
    hop = 4096 / 44100
    times = np.array([event["time"] for event in theirs])
    sure = np.array([event["confidence"] for event in theirs])
    return Difference(
        path.name,
        f"{len(ours)} / {len(theirs)}",
        same,
        float(np.abs(ours.intervals[:, 0] - times).max() / hop) if same else np.nan,
        float(np.abs(ours.confidence - sure).max()) if same else np.nan,
        float(np.quantile(features, 0.99)),
        net,
    )


def _net(model: Pipeline, arrays: Any) -> float:
    """Return the largest difference of any head, given crema's own features."""
    heads = model.session.run({"cqt_mag": arrays["cqt_mag"][np.newaxis]})
    return max(float(np.abs(head[0] - arrays[f"out_{name}"]).max()) for name, head in heads.items())


def main() -> None:
    """Print a table of all recordings of a folder."""
    folder = Path(sys.argv[1])
    model = load("crema-chord", variant="crema")
    print(
        "| recording | segments, ours / crema's | labels | boundaries, frames | confidence "
        "| features, dB (p99) | net alone |\n|---|---|---|---|---|---|---|"
    )
    for path in sorted(folder.iterdir()):
        if Path(str(path.with_name(path.name.replace(".", "_"))) + ".npz").exists():
            print(compare(model, path).row())


if __name__ == "__main__":
    main()
