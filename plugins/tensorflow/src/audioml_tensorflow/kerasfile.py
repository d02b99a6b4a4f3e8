"""Files of Keras 3, ``.keras``."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from audioml.core.errors import IntegrityError, NotFoundError, UntrustedError, ValidationError
from audioml.core.files import shown

from .network import Network, tensor

__all__ = ["read"]

_CONFIG = "config.json"
# what a configuration may name: parts of networks, and nothing that fetches, reads or runs
_MODULES = re.compile(
    r"keras|builtins|keras(\.src)?\.(activations|constraints|dtype_policies|initializers|layers|"
    r"losses|metrics|models|ops|optimizers|regularizers)(\.\w+)*"
)
_RUNNING = frozenset({"Lambda", "__lambda__", "TorchModuleWrapper", "TFSMLayer", "JaxLayer"})


def read(path: Path, tensorflow: Any) -> Network:
    """Return the network of a file.

    Raises
    ------
    NotFoundError
        If it cannot be read.
    IntegrityError
        If it is no file of Keras.
    UntrustedError
        If it names Python code.
    """
    _check(path)
    model = tensorflow.keras.models.load_model(str(path), compile=False, safe_mode=True)
    if not getattr(model, "inputs", None):
        raise ValidationError(f"{shown(path)} must tell its inputs: build the model and save it")
    names = [t.name for t in model.inputs]
    outputs = _named(model)
    graph = tensorflow.function(lambda *tensors: model(list(tensors), training=False))
    if len(names) == 1:
        graph = tensorflow.function(lambda only: model(only, training=False))

    def call(feeds: Mapping[str, Any]) -> Mapping[str, Any]:
        given = tensorflow.nest.flatten(graph(*(feeds[name] for name in names)))
        return dict(zip(outputs, given, strict=True))

    return Network(
        tuple(tensor(n, t) for n, t in zip(names, model.inputs, strict=True)),
        tuple(tensor(n, t) for n, t in zip(outputs, model.outputs, strict=True)),
        call,
    )


def _named(model: Any) -> list[str]:
    """Return the names of the outputs: keys where it returns a mapping, else names of layers."""
    given = model.output
    if isinstance(given, Mapping):
        return sorted(given)  # the order in which a nest is flattened
    if len(model.outputs) == 1:
        return [
            model.layers[-1].name if not hasattr(model, "output_names") else model.output_names[0]
        ]
    return list(model.output_names)


def _check(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            config = json.loads(archive.read(_CONFIG))
    except OSError as error:
        raise NotFoundError(f"cannot read {shown(path)}: {error.strerror or error}") from error
    except (zipfile.BadZipFile, KeyError, ValueError, RecursionError) as error:
        raise IntegrityError(
            f"{shown(path)} is no file of Keras 3: wanted an archive with {_CONFIG}; save the "
            "model again, as .keras"
        ) from error
    if len(set(names)) < len(names):
        raise IntegrityError(f"{shown(path)} holds records of the same name twice")
    for problem in _problems(config):
        raise UntrustedError(
            f"{shown(path)} is refused, as it could run code of its own: it names {problem}; "
            "wanted a network of Keras's own layers"
        )


def _problems(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        kind, module = value.get("class_name"), value.get("module")
        if kind in _RUNNING:
            yield repr(kind)
        if module is not None and not _MODULES.fullmatch(str(module)):
            yield repr(str(module))
        for each in value.values():
            yield from _problems(each)
    elif isinstance(value, list):
        for each in value:
            yield from _problems(each)
