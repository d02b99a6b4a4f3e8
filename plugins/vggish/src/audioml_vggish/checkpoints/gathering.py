"""From files to one network: which of them holds the weights, and which the whitening."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from audioml.core.errors import AudiomlError, UsageError
from audioml.core.files import shown

from ..network import LAYERS, NAMES
from . import safetensors, tensorflow, torch
from .pca import PCA, is_npz, read_npz
from .reading import Arrays

__all__ = ["Gathered", "are_vggish", "gathered"]

_PCA_IN_STATE = {f"pproc.{name}": name for name in PCA}


def _torch_names() -> dict[str, str]:
    """Return torch's name of each of TensorFlow's arrays; the numbers count ReLU and pooling."""
    names, number, part = {}, 0, "features"
    for layer, following in LAYERS.items():
        if following == "dense" and part == "features":
            part, number = "embeddings", 0
        names[f"vggish/{layer}/weights"] = f"{part}.{number}.weight"
        names[f"vggish/{layer}/biases"] = f"{part}.{number}.bias"
        number += 3 if following == "pool" else 2
    return names


_TORCH = _torch_names()


@dataclass(frozen=True, slots=True)
class Gathered:
    """The arrays of a network as TensorFlow names them, and those of its whitening if there."""

    network: Arrays
    pca: Arrays | None
    files: tuple[Path, ...]
    """All that was read, the weights first."""


def are_vggish(paths: Sequence[Path]) -> bool:
    """Return whether files are a VGGish: its weights, and perhaps its whitening."""
    try:
        kinds = [_kind(path) for path in _without_data(paths)]
    except AudiomlError:
        return False
    return kinds.count("weights") == 1 and kinds.count("pca") == len(kinds) - 1 <= 1


def gathered(paths: Sequence[Path]) -> Gathered:
    """Return the network that files hold.

    Raises
    ------
    UsageError
        If there is not one file of weights, or there is more than one of PCA parameters.
    IntegrityError
        If a file is damaged.
    """
    kinds = {path: _kind(path) for path in _without_data(paths)}
    for path, kind in kinds.items():
        if not kind:
            raise UsageError(
                f"{shown(path)} holds neither VGGish's weights nor its PCA parameters; expected a "
                "TensorFlow checkpoint, a state dict of torchvggish, or an npz file"
            )
    weights = [path for path, kind in kinds.items() if kind == "weights"]
    others = [path for path, kind in kinds.items() if kind == "pca"]
    if len(weights) != 1 or len(others) > 1:
        raise UsageError(
            f"expected one file of weights and at most one of PCA parameters, "
            f"got {len(weights)} and {len(others)}"
        )
    network, pca = _network(weights[0])
    if others:
        pca = _pca(others[0])
    return Gathered(network, pca, (*_all_of(weights[0]), *others))


def _without_data(paths: Sequence[Path]) -> list[Path]:
    """Return what the paths mean, each once: a checkpoint's index stands for its data."""
    meant = [tensorflow.index_of(p) if tensorflow.is_checkpoint(p) else p for p in paths]
    return list(dict.fromkeys(meant))


def _all_of(path: Path) -> list[Path]:
    if path.suffix != ".index":
        return [path]
    return [*sorted(path.parent.glob(f"{path.stem}.data-*")), path]


def _kind(path: Path) -> str:
    """Return ``weights``, ``pca`` or nothing."""
    if tensorflow.is_checkpoint(path):
        return "weights" if set(NAMES) <= tensorflow.names(path) else ""
    if is_npz(path):
        return "pca"
    arrays = _state(path)
    if set(_TORCH.values()) <= set(arrays):
        return "weights"
    return "pca" if set(PCA) <= set(arrays) else ""


def _state(path: Path) -> Arrays:
    if torch.is_saved(path):
        return torch.read(path)
    return safetensors.read(path) if safetensors.is_safetensors(path) else {}


def _network(path: Path) -> tuple[Arrays, Arrays | None]:
    if tensorflow.is_checkpoint(path):
        return tensorflow.read(path, NAMES), None
    state = _state(path)
    pca = {ours: state[name] for name, ours in _PCA_IN_STATE.items() if name in state}
    return {name: _as_tensorflow(state[ours]) for name, ours in _TORCH.items()}, pca or None


def _as_tensorflow(array: NDArray[Any]) -> NDArray[Any]:
    """Return torch's (out, in, 3, 3) as (3, 3, in, out), and (out, in) as (in, out)."""
    return array.transpose(2, 3, 1, 0) if array.ndim == 4 else array.T


def _pca(path: Path) -> Arrays:
    arrays = read_npz(path) if is_npz(path) else _state(path)
    return {name: arrays[name] for name in PCA}
