"""A network of CS205-Waveforms, as one of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audioml.core.errors import IntegrityError, ManifestError, ValidationError
from audioml.core.files import shown

from ..architecture import LEVELS, Architecture
from ..weights import Weights
from .graph import Graph, Layer, read_graph

__all__ = ["as_in_their_loop", "read_network"]

_Floats = NDArray[np.float32]
_Kernels = Mapping[str, tuple[_Floats, _Floats]]


def read_network(graph: Path, weights: Path, *, every: bool = False) -> Weights:
    """Return the network of a graph (``.json``) and its weights (``.h5``).

    ``every`` gives every layer a part in the sum, whatever the graph says: the graphs that the
    authors keep leave the first one out, while their code (``create_wavenet``) does not.

    The network hears its input as a number, the class of the amplitude counted from 1; that is an
    embedding whose rows are 1, 2, 3 and so on. The first layer hears one channel of it, and where
    layers add their input, all channels have it, as Keras's broadcasting does. What a layer gives
    is both the next one's input and its part of the sum, so it stands in our weights twice.

    Raises
    ------
    IntegrityError
        If a file is damaged, or they are not one network of CS205-Waveforms.
    """
    found = read_graph(graph)
    if every:
        found = replace(found, layers=tuple(replace(each, skips=True) for each in found.layers))
    kernels = _kernels(weights)
    try:
        return _assembled(found, kernels)
    except KeyError as error:
        raise IntegrityError(f"{shown(weights)} lacks the weights of {error}") from error
    except (ValueError, IndexError, ValidationError, ManifestError) as error:
        raise IntegrityError(
            f"{shown(weights)} does not hold the weights of {shown(graph)}: {error}"
        ) from error


def as_in_their_loop(weights: Weights) -> Weights:
    """Return a network that hears its own samples as in the authors' loop: one class too low.

    They are drawn from classes 0 to 255 and fed back as such, while what it was trained on, and
    what a prompt holds, are classes 1 to 256. So it tells 257 amplitudes from each other, and a
    prompt's count from 1.
    """
    embedding = weights["embedding"]
    lower = np.concatenate([embedding[:1] - np.float32(1), embedding])
    architecture = replace(weights.architecture, inputs=len(lower))
    return Weights(architecture, {**weights.arrays, "embedding": lower})


def _kernels(path: Path) -> dict[str, tuple[_Floats, _Floats]]:
    """Return kernel and bias of every layer in a file, the bias 0 where there is none."""
    import h5py

    try:
        with h5py.File(path, "r") as file:
            return {name: _pair(file[name]) for name in map(_text, file.attrs["layer_names"])
                    if len(file[name].attrs["weight_names"])}  # fmt: skip
    except (OSError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise IntegrityError(
            f"{shown(path)} does not hold weights as Keras 2 wrote them"
        ) from error


def _pair(group: Any) -> tuple[_Floats, _Floats]:
    kernel, *bias = (np.asarray(group[_text(n)], np.float32) for n in group.attrs["weight_names"])
    return kernel, bias[0] if bias else np.zeros(kernel.shape[-1], np.float32)


def _text(name: bytes | str) -> str:
    return name.decode() if isinstance(name, bytes) else name


def _assembled(graph: Graph, kernels: _Kernels) -> Weights:
    wide = kernels[graph.layers[0].out][0].shape[-1]
    head = [kernels[name] for name in graph.head]
    architecture = Architecture(
        dilations=tuple(layer.dilation for layer in graph.layers),
        residual=wide,
        gate=kernels[graph.layers[0].filter][0].shape[-1],
        skip=wide,
        head=tuple(kernel.shape[-1] for kernel, _ in head[:-1]),
        adds=graph.layers[0].adds,
        rectifies=False,
    )
    if len({layer.adds for layer in graph.layers[:-1]}) > 1:
        raise ValueError("some layers add their input, and others do not")
    gates = [[kernels[layer.filter], kernels[layer.gate]] for layer in graph.layers]
    past, now = ([_tap(both, tap, wide) for both in gates] for tap in (0, 1))
    out = [_twice(kernels[layer.out][0][0], layer) for layer in graph.layers]
    arrays = {
        "embedding": np.repeat(np.arange(1, LEVELS + 1, dtype=np.float32)[:, None], wide, axis=1),
        "past": np.stack(past),
        "now": np.stack(now),
        "bias": np.stack([np.stack([bias for _, bias in both]) for both in gates]),
        "out": np.stack(out),
        "out.bias": np.stack([_twice(kernels[layer.out][1], layer) for layer in graph.layers]),
    }
    for place, (kernel, bias) in enumerate(head):
        arrays[f"head.{place}"], arrays[f"head.{place}.bias"] = kernel[0], bias
    return Weights(architecture, arrays)


def _tap(both: list[tuple[_Floats, _Floats]], tap: int, inputs: int) -> _Floats:
    """Return one tap of filter and gate, shape (inputs, 2, gate); input channels are completed."""
    taps = np.stack([kernel[tap] for kernel, _ in both], axis=1)
    return np.pad(taps, [(0, inputs - len(taps)), (0, 0), (0, 0)])


def _twice(array: _Floats, layer: Layer) -> _Floats:
    """Return what a layer gives, and its part of the sum, beside each other."""
    return np.concatenate([array, array if layer.skips else np.zeros_like(array)], axis=-1)
