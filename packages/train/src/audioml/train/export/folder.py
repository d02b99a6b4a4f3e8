"""From a network to a model folder that every command runs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from torch import Tensor, nn

from audioml.core.errors import UsageError
from audioml.core.files import replacing_folder
from audioml.core.models import golden
from audioml.core.models.load import assemble
from audioml.core.models.manifest import Manifest, Runtime
from audioml.core.models.write import write_manifest
from audioml.core.plugins import Registry

from . import parity
from .card import CARD, Card
from .int8file import write_int8
from .network import Exportable, Moving, exportable
from .onnxfile import write_onnx
from .tflitefile import write_tflite
from .torchfile import write_torch

__all__ = ["FORMS", "write_folder"]


_SELF_TEST = 1e-3
Rows = Sequence[Tensor] | None


def _as_onnx(network: Exportable, stem: Path, rows: Rows) -> Runtime:
    write_onnx(network, stem.with_suffix(".onnx"))
    return Runtime("onnx", f"{stem.name}.onnx")


def _as_torch(network: Exportable, stem: Path, rows: Rows) -> Runtime:
    return Runtime("torch", write_torch(network, stem).name)


def _as_tflite(network: Exportable, stem: Path, rows: Rows) -> Runtime:
    write_tflite(network, stem.with_suffix(".tflite"))
    return Runtime("tflite", f"{stem.name}.tflite")


def _as_int8(network: Exportable, stem: Path, rows: Rows) -> Runtime:
    path = stem.with_name(f"{stem.name}.int8.tflite")
    write_int8(network, path, rows, tflite=stem.with_suffix(".tflite"))
    return Runtime("tflite", path.name, "int8")


FORMS = {"onnx": _as_onnx, "tflite": _as_tflite, "torch": _as_torch, "int8": _as_int8}


def write_folder(
    network: nn.Module,
    example: Tensor | Sequence[Tensor] | Mapping[str, Tensor],
    folder: Path,
    manifest: Manifest,
    *,
    forms: Sequence[str] = ("onnx",),
    inputs: Sequence[str] = (),
    outputs: Sequence[str] = (),
    moving: Moving | None = None,
    tolerance: float = parity.TOLERANCE,
    representative: Sequence[Tensor] | None = None,
    card: Card | str = "",
    stem: str = "model",
    plugins: Registry | None = None,
) -> Manifest:
    """Write a model folder, compare every form with the network, and return its manifest.

    The folder appears when all is well, and takes the place of one that was there.

    Parameters
    ----------
    network, example, inputs, outputs, moving
        See `audioml.train.export.network.exportable`.
    manifest
        What the folder says of itself; its runtimes and files are filled in here.
    forms
        Of `FORMS`, the one to be preferred first.
    tolerance
        The largest difference of any number that a form may have from the network; the self-test
        allows ten times as much on other machines, and at least 1e-3. Of int8 the difference is
        only told; where it comes before other forms of TFLite, the self-test allows for it too.
    representative
        Rows of each input, for int8, such as windows of the training split.
    card
        The model card, or what is needed to write one.
    stem
        Name of the model files.

    Raises
    ------
    UsageError
        If a form is unknown or the network cannot be written in it.
    MissingDependencyError, NotFoundError
        If a converter or a backend is not installed.
    IntegrityError
        If a form answers otherwise than the network.
    """
    unknown = [form for form in forms if form not in FORMS]
    if unknown or not forms:
        raise UsageError(f"'forms' must be some of {', '.join(FORMS)}, got {list(forms)!r}")
    ready = exportable(network, example, inputs=inputs, outputs=outputs, moving=moving)
    with replacing_folder(folder, again=True) as temporary:
        runtimes = []
        for form in forms:
            runtime = FORMS[form](ready, temporary / stem, representative)
            allowed = tolerance if runtime.precision == "float32" else math.inf
            off = parity.check(ready, temporary, runtime, tolerance=allowed, plugins=plugins)
            runtimes.append(replace(runtime, parity=float(f"{off:.3g}")))
        described = replace(manifest, runtimes=tuple(runtimes))
        text = card.text(described) if isinstance(card, Card) else card
        if text:
            (temporary / CARD).write_text(text, encoding="utf-8")
        allowed = _allowed(temporary, described, max(_SELF_TEST, 10 * tolerance), plugins)
        return write_manifest(temporary, described, tolerance=allowed, plugins=plugins)


def _allowed(folder: Path, manifest: Manifest, tolerance: float, plugins: Registry | None) -> float:
    """Return how far the self-test may be off, so that int8 passes it wherever it runs first."""
    first: dict[str, Runtime] = {}
    for runtime in manifest.runtimes:
        first.setdefault(runtime.backend, runtime)
    coarse = [r.parity or 0.0 for r in first.values() if r.precision != "float32"]
    if not coarse:
        return tolerance
    precisions = dict.fromkeys(runtime.precision for runtime in manifest.runtimes)
    models = [assemble(folder, manifest, precision=each, plugins=plugins) for each in precisions]
    one, *others = (golden.make(model).expected for model in models)
    apart = [
        float(np.abs(np.subtract(each[name], one[name])).max(initial=0.0))
        for each in others
        for name in one
    ]
    return tolerance + 2 * max(*coarse, *apart, 0.0)
