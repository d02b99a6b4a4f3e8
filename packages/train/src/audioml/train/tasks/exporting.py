"""From a checkpoint to a model folder, for tasks whose answer is numbers of each window."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torchmetrics import Metric

from audioml.core.errors import MissingDependencyError, UsageError
from audioml.core.files import write_bytes
from audioml.core.models.load import assemble
from audioml.core.models.manifest import Manifest, Part, Runtime
from audioml.core.models.write import write_manifest
from audioml.train.data import CorpusData
from audioml.train.export import FORMS, Card, write_folder
from audioml.train.export.card import CARD
from audioml.train.features import LogMel

__all__ = ["Compared", "Exported", "check_forms", "forms_of", "represented"]

_log = logging.getLogger("audioml.train")
_REPRESENTATIVE = 200  # windows that int8 is fitted to
_COMPARED = 4096  # windows of the test split that int8 is compared on


_NEEDED = {
    "onnx": {"onnx": "onnx", "audioml_onnx": "audioml-onnx"},
    "torch": {"audioml_torch": "audioml-torch"},
    "tflite": {"litert_torch": "litert-torch", "audioml_tflite": "audioml-tflite"},
}
_NEEDED["int8"] = {**_NEEDED["tflite"], "ai_edge_quantizer": "ai-edge-quantizer"}


def forms_of(task: Mapping[str, Any]) -> list[str]:
    """Return the forms that the model is written in: ``task.forms``, and int8 if so wanted."""
    more = ["int8"] if task["int8"] else []
    return list(dict.fromkeys([*task["forms"], *more]))


def check_forms(task: Mapping[str, Any]) -> None:
    """Refuse forms that cannot be written here, before anything is trained.

    Raises
    ------
    UsageError
        If a form is unknown, or there is none.
    MissingDependencyError
        If a package is not installed that one needs.
    """
    forms = forms_of(task)
    if not forms or set(forms) - set(FORMS):
        raise UsageError(f"'task.forms' must be some of {', '.join(FORMS)}, got {forms!r}")
    needed = {module: package for form in forms for module, package in _NEEDED[form].items()}
    missing = [package for module, package in needed.items() if find_spec(module) is None]
    if missing:
        raise MissingDependencyError(
            f"writing the model as {', '.join(forms)} needs {', '.join(missing)}; "
            f"run: pip install {' '.join(missing)}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """How int8 is compared with float.

    Parameters
    ----------
    name
        Of the figure.
    metric
        A new one, updated with answers and labels of batches.
    allowed
        By how much it may be worse before that is warned of.
    worse
        By how much int8's figure, the second, is worse than the first.
    """

    name: str
    metric: Callable[[], Metric]
    allowed: float
    worse: Callable[[float, float], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What becomes a model folder.

    Parameters
    ----------
    network
        Takes spectrograms and gives the answers.
    output
        Name of the answers, in the files and in predictions.
    labels
        Names along the last axis of the answers.
    features
        What the spectrograms are made by.
    task
        ``task`` of the configuration.
    figures
        That were measured.
    tolerance
        See `write_folder`.
    """

    network: nn.Module
    output: str
    labels: Sequence[str]
    features: LogMel
    task: Mapping[str, Any]
    figures: Mapping[str, float]
    tolerance: float

    def write(
        self, folder: Path, card: Card, *, data: CorpusData | None, compared: Compared
    ) -> Manifest:
        """Write the model folder; ``data`` is needed where int8 is asked for."""
        forms = forms_of(self.task)
        written = write_folder(
            self.network.eval(),
            {self.output_of_features: self._example()},
            folder,
            self._manifest(),
            forms=forms,
            outputs=[self.output],
            tolerance=self.tolerance,
            representative=[represented(data, self.features)] if "int8" in forms and data else None,
            card=card,
        )
        if "int8" not in forms or data is None:
            return written
        return self._with_int8(folder, written, card, data, compared)

    @property
    def output_of_features(self) -> str:
        """Return the name of the spectrograms."""
        return self.features.made.tensor

    def _example(self) -> Tensor:
        noise = torch.randn(2, self.features.samples, generator=torch.Generator().manual_seed(0))
        return self.features(0.1 * noise)  # type: ignore[no-any-return]

    def _manifest(self) -> Manifest:
        task, told = self.task, dict(self.task["model"])
        hop = float(task["hop"])
        decoder = {"hop": hop, "labels": list(self.labels), "names": {self.output: self.output}}
        return Manifest(
            name=str(told["name"]),
            version=str(told["version"]),
            license=str(told["license"]),
            description=str(told["description"] or ""),
            task=str(task["name"]),
            rate=int(task["rate"]),
            extractor=self.features.part(),
            decoder=Part("windows", decoder),
            runtimes=(Runtime("onnx", "model.onnx"),),  # those that are written stand here later
            streaming=True,
            batching="rows",
            answers=(self.output,),
            metrics=dict(self.figures),
        )

    def _with_int8(
        self, folder: Path, written: Manifest, card: Card, data: CorpusData, compared: Compared
    ) -> Manifest:
        """Measure int8 beside float, and let the folder tell it."""
        figures = self._measured(folder, written, data, compared)
        if not figures:
            return written
        exact, coarse = figures.values()
        lost = compared.worse(exact, coarse)
        name = compared.name
        text = (
            f"{name} on at most {_COMPARED} windows of the test split: {exact:.4g} of the network, "
            f"{coarse:.4g} of int8; {compared.allowed:g} may be lost, {max(lost, 0.0):.4g} is."
        )
        if lost > compared.allowed:
            _log.warning("int8 loses much: %s", text)
        told = replace(written, metrics={**written.metrics, f"{name}_int8": coarse})
        full = replace(card, more={**card.more, "Int8": text})
        write_bytes(folder / CARD, full.text(told).encode())
        return write_manifest(folder, told)

    def _measured(
        self, folder: Path, written: Manifest, data: CorpusData, compared: Compared
    ) -> dict[str, float]:
        session = assemble(folder, written, precision="int8").session
        exact, coarse = compared.metric(), compared.metric()
        seen = 0
        for batch in data.test_dataloader():
            spectra = self.features(batch["audio"])
            with torch.no_grad():
                exact.update(self.network(spectra), batch["labels"])
            answers = session.run({self.output_of_features: spectra.numpy()})
            coarse.update(torch.from_numpy(next(iter(answers.values()))), batch["labels"])
            seen += len(spectra)
            if seen >= _COMPARED:
                break
        if not seen:
            return {}
        return {"float": float(exact.compute()), "int8": float(coarse.compute())}


def represented(data: CorpusData, features: LogMel) -> Tensor:
    """Return spectrograms of random windows of the training split, at most 200."""
    found: list[Tensor] = []
    for batch in data.train_dataloader():
        found.append(features(batch["audio"]))
        if sum(map(len, found)) >= _REPRESENTATIVE:
            break
    return torch.cat(found)[:_REPRESENTATIVE]
