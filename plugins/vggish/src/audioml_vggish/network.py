"""VGGish's layers: what they are called, how they follow each other, and their weights.

Hershey et al. 2017, "CNN architectures for large-scale audio classification", and the code that
was published with AudioSet. The sizes are those of the arrays, so that small networks of the
same build serve as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audioml.core.errors import IntegrityError

from .spectra import BANDS, FRAMES

__all__ = ["FIRST_DENSE", "LAST", "LAYERS", "NAMES", "Layer", "Whitening", "layers", "whitening"]

LAYERS = {
    "conv1": "pool",
    "conv2": "pool",
    "conv3/conv3_1": "",
    "conv3/conv3_2": "pool",
    "conv4/conv4_1": "",
    "conv4/conv4_2": "pool",
    "fc1/fc1_1": "dense",
    "fc1/fc1_2": "dense",
    "fc2": "dense",
}
"""Every layer in its order, and whether a pooling follows it or it is a dense one."""

NAMES = tuple(f"vggish/{layer}/{part}" for layer in LAYERS for part in ("weights", "biases"))
"""The arrays of a network, as its checkpoint calls them."""

FIRST_DENSE = "fc1/fc1_1"
LAST = "fc2"
_POOLED = 2 ** sum(kind == "pool" for kind in LAYERS.values())
_CELLS = (FRAMES // _POOLED) * (BANDS // _POOLED)


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One layer, its weights laid out for ONNX.

    Parameters
    ----------
    name
        As in `LAYERS`.
    weights
        float32: shape (out, in, 3, 3) of a convolution, (in, out) of a dense layer.
    biases
        float32, shape (out,).
    """

    name: str
    weights: NDArray[np.float32]
    biases: NDArray[np.float32]

    @property
    def dense(self) -> bool:
        """Return whether this is a dense layer rather than a convolution."""
        return LAYERS[self.name] == "dense"

    @property
    def pooled(self) -> bool:
        """Return whether a pooling by two follows."""
        return LAYERS[self.name] == "pool"


@dataclass(frozen=True, slots=True, eq=False)
class Whitening:
    """What is done to an embedding before it is put into eight bits.

    Parameters
    ----------
    vectors
        float64, shape (size, size): each row an eigenvector, scaled.
    means
        float64, shape (size,).
    """

    vectors: NDArray[np.float64]
    means: NDArray[np.float64]


def layers(arrays: Mapping[str, NDArray[Any]]) -> Iterator[Layer]:
    """Yield the layers of a network that is given as TensorFlow keeps it.

    Each layer is laid out when it is asked for.

    Raises
    ------
    IntegrityError
        If an array is missing, of another shape, or holds what is no number.
    """
    missing = [name for name in NAMES if name not in arrays]
    if missing:
        raise IntegrityError(
            f"this is no VGGish: {len(missing)} of its {len(NAMES)} arrays are missing, "
            f"such as {missing[0]!r}"
        )
    into = 1
    for name, kind in LAYERS.items():
        weights, biases = (arrays[f"vggish/{name}/{part}"] for part in ("weights", "biases"))
        rows = into * _CELLS if name == FIRST_DENSE else into
        shape = (rows,) if kind == "dense" else (3, 3, rows)
        into = biases.shape[0] if biases.ndim == 1 else 0
        if not into or weights.shape != (*shape, into):
            raise IntegrityError(
                f"'vggish/{name}/weights' must have shape {(*shape, into or 'n')} after the layer "
                f"before it, with as many biases, got {weights.shape} and {biases.shape}"
            )
        yield Layer(name, _numbers(name, _for_onnx(weights)), _numbers(name, biases))


def _for_onnx(weights: NDArray[Any]) -> NDArray[Any]:
    return weights.transpose(3, 2, 0, 1) if weights.ndim == 4 else weights


def _numbers(name: str, array: NDArray[Any]) -> NDArray[np.float32]:
    numbers = np.ascontiguousarray(array, dtype=np.float32)
    if not np.isfinite(numbers).all():
        raise IntegrityError(f"'vggish/{name}' holds what is no number")
    return numbers


def whitening(arrays: Mapping[str, NDArray[Any]], *, size: int) -> Whitening:
    """Return the whitening of embeddings of ``size`` numbers out of its two published arrays.

    Raises
    ------
    IntegrityError
        If an array is missing, of another shape, or holds what is no number.
    """
    missing = {"pca_eigen_vectors", "pca_means"} - set(arrays)
    if missing:
        raise IntegrityError(f"the PCA parameters lack {min(missing)!r}")
    vectors = np.asarray(arrays["pca_eigen_vectors"], np.float64)
    means = np.asarray(arrays["pca_means"], np.float64)
    if vectors.shape != (size, size) or means.shape not in ((size,), (size, 1)):
        raise IntegrityError(
            f"PCA parameters for embeddings of {size} numbers must have shape {(size, size)} and "
            f"{(size,)}, got {vectors.shape} and {means.shape}"
        )
    if not (np.isfinite(vectors).all() and np.isfinite(means).all()):
        raise IntegrityError("the PCA parameters hold what is no number")
    return Whitening(vectors, means.reshape(-1))
