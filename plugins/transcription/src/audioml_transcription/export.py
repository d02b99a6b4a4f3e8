"""From a trained network to a model folder: ONNX, card, manifest and self-test."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from audioml.core.errors import IntegrityError
from audioml.core.models.manifest import Manifest, Part, Runtime
from audioml.core.models.write import write_manifest
from audioml.core.options import Option
from audioml.core.plugins import Registry, registry

from .decoding import Thresholds
from .features import NAME
from .networks.harmonic import CONTEXT, HarmonicNet, Probabilities
from .spectrum import BINS, CHANNELS, RATE

__all__ = ["EXTRACTOR", "JOINING", "manifest", "write_folder", "write_onnx"]

EXTRACTOR = Part("harmonic-spectra", {"context": CONTEXT})
JOINING = {"context": CONTEXT}
"""Parameters of the decoder that go with the extractor's."""

_OPSET = 17
_CLOSE = 1e-4
_FILE = "notes.onnx"


def write_onnx(network: HarmonicNet, path: Path, *, plugins: Registry | None = None) -> float:
    """Write a network as ONNX, and return how far its answers are off there.

    Raises
    ------
    IntegrityError
        If they are off by more than 1e-4.
    """
    import torch

    answers = Probabilities(network.float().to(memory_format=torch.contiguous_format)).eval()  # type: ignore[call-overload]
    some = torch.linspace(-1, 1, CHANNELS * 160 * BINS).sin().reshape(1, CHANNELS, 160, BINS)
    # a row at a time: many at once take memory, and no less time
    moving = {name: {1: "frames"} for name in Probabilities.names}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the newer exporter needs a package more, for one graph
        torch.onnx.export(
            answers,
            (some,),
            str(path),
            input_names=[NAME],
            output_names=list(Probabilities.names),
            dynamic_axes={NAME: {2: "frames"}, **moving},
            opset_version=_OPSET,
            dynamo=False,
        )
    with torch.no_grad():
        expected = answers(some)
    off = _difference(path, some.numpy(), [head.numpy() for head in expected], plugins)
    if not off <= _CLOSE:
        raise IntegrityError(f"{path.name} answers otherwise than the network, by {off:.2g}")
    return off


def _difference(path: Path, features: Any, expected: list[Any], plugins: Registry | None) -> float:
    backend = (plugins or registry()).find("backend", "onnx").load()()
    found = backend.load(path).run({NAME: features})
    pairs = zip(Probabilities.names, expected, strict=True)
    return max(float(np.abs(found[name] - head).max()) for name, head in pairs)


def manifest(
    *,
    name: str,
    version: str,
    thresholds: Thresholds,
    metrics: dict[str, float] | None = None,
    extractor: Part = EXTRACTOR,
    joining: Mapping[str, Any] = JOINING,
) -> Manifest:
    """Return what the folder says of itself, but for its files.

    ``extractor`` and ``joining`` are of the network, those of the harmonic one by default.
    """
    chosen = {
        **joining,
        "onset": thresholds.onset,
        "offset": thresholds.offset,
        "frame": thresholds.frame,
        "pedal": thresholds.pedal,
    }
    threshold = Option(
        "decoder", thresholds.onset, "onset", minimum=0.01, maximum=0.99,
        description="probability from which an onset is a note: lower finds more",
    )  # fmt: skip
    return Manifest(
        name=name,
        version=version,
        task="notes",
        license="Apache-2.0",
        description="piano notes with velocities, and the sustain pedal",
        rate=RATE,
        channels=1,
        extractor=extractor,
        decoder=Part("piano-notes", chosen),
        runtimes=(Runtime("onnx", _FILE),),
        options={"threshold": threshold},
        streaming=False,
        batching="rows",
        answers=("note_midi", "pedal"),
        metrics=metrics or {},
    )


def write_folder(
    network: HarmonicNet, folder: Path, described: Manifest, *, card: str = "",
    plugins: Registry | None = None,
) -> Manifest:  # fmt: skip
    """Fill a folder with a network as ONNX, its card and ``model.json``."""
    folder.mkdir(parents=True, exist_ok=True)
    write_onnx(network, folder / _FILE, plugins=plugins)
    if card:
        (folder / "MODEL_CARD.md").write_text(card, encoding="utf-8")
    return write_manifest(folder, described, plugins=plugins)
