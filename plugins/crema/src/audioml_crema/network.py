"""crema's chord network in numpy: a convolution, two bidirectional GRUs, and four heads.

McFee and Bello, "Structured training for large-vocabulary chord recognition", ISMIR 2017,
section 4, the model with structured outputs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .gru import BidirectionalGRU

__all__ = ["BINS", "HARMONICS", "HEADS", "Network"]

Array = NDArray[np.float32]
BINS, HARMONICS = 216, 2
HEADS = {"chord_pitch": 12, "chord_root": 13, "chord_bass": 13}
"""The heads that the one for ``chord_tag`` sees, and their numbers of labels."""
_REACH = 5  # the first convolution sees 5 frames and 5 bins
_EPSILON = 1e-3  # of Keras' batch norm
_FRAMES = 512  # convolved at once
_BAND = 36  # bins of one product of the first convolution


@dataclass(frozen=True, slots=True)
class Network:
    """The network with its batch norms folded into the layers around them.

    Parameters
    ----------
    padding
        float32, shape (2,), dB: what lies around the features, zero for the network.
    bands, offset
        The first convolution: float32, shape (5, 80, 36), a banded matrix for each of 5 frames
        that takes 40 bins of two harmonics to 36 bins; and its bias.
    kernel, bias
        The second: float32, shapes (216, 72) and (72,).
    first, second
        The recurrent layers.
    heads_kernel, heads_bias, tag_kernel, tag_bias
        The heads: float32, shapes (256, 38) and (38,), (294, 170) and (170,).
    """

    padding: Array
    bands: Array
    offset: np.float32
    kernel: Array
    bias: Array
    first: BidirectionalGRU
    second: BidirectionalGRU
    heads_kernel: Array
    heads_bias: Array
    tag_kernel: Array
    tag_bias: Array

    @classmethod
    def from_weights(cls, weights: Mapping[str, Array]) -> Network:
        """Return the network for the arrays of ``weights.npz``."""
        norms = [_norm(weights, f"norm{n}") for n in range(1, 6)]
        scale, shift = norms[0]
        conv = weights["conv1.kernel"][..., 0] * scale
        (scale2, shift2), kernel2 = norms[1], weights["conv2.kernel"][0, :, 0]
        heads = [name.replace("chord_", "") for name in HEADS]
        tag_scale, tag_shift = norms[4]
        tag_kernel = weights["tag.kernel"]
        return cls(
            padding=-shift / scale,
            bands=_bands(conv),
            offset=weights["conv1.bias"][0] + (shift * weights["conv1.kernel"][..., 0]).sum(),
            kernel=kernel2 * scale2,
            bias=weights["conv2.bias"] + shift2 @ kernel2.sum(axis=0, keepdims=True),
            first=_gru(weights, "gru1", norms[2]),
            second=_gru(weights, "gru2", norms[3]),
            heads_kernel=np.concatenate([weights[f"{h}.kernel"] for h in heads], axis=1),
            heads_bias=np.concatenate([weights[f"{h}.bias"] for h in heads]),
            tag_kernel=tag_kernel * tag_scale[:, np.newaxis],
            tag_bias=weights["tag.bias"] + tag_shift @ tag_kernel,
        )

    def __call__(self, features: Array) -> dict[str, Array]:
        """Return the heads for one signal's features, float32, shape (t, 216, 2), dB."""
        local = self._convolved(features)
        memory = self.second(self.first(local))
        heads = memory @ self.heads_kernel + self.heads_bias
        pitch, root, bass = np.split(heads, [12, 25], axis=1)
        outputs = {
            "chord_pitch": 1 / (1 + np.exp(-pitch)),
            "chord_root": _softmax(root),
            "chord_bass": _softmax(bass),
        }
        seen = np.concatenate([memory, *outputs.values()], axis=1)
        tag = _softmax(seen @ self.tag_kernel + self.tag_bias)
        return {"chord_tag": tag, **outputs}

    def _convolved(self, features: Array) -> Array:
        """Return both convolutions, each rectified; float32, shape (t, 72)."""
        out = np.empty((len(features), self.kernel.shape[1]), np.float32)
        half = _REACH // 2
        for start in range(0, len(features), _FRAMES):
            stop = min(start + _FRAMES, len(features))
            first, last = max(start - half, 0), min(stop + half, len(features))
            around = np.empty((stop - start + 2 * half, BINS + 2 * half, HARMONICS), np.float32)
            around[:] = self.padding
            at = first - start + half
            around[at : at + last - first, half:-half] = features[first:last]
            out[start:stop] = self._bins(around.reshape(len(around), -1)) @ self.kernel
        out += self.bias
        return np.maximum(out, 0, out=out)

    def _bins(self, around: Array) -> Array:
        """Return the first convolution of padded frames; float32, shape (t, 216)."""
        count = len(around) - _REACH + 1
        out = np.full((count, BINS), self.offset, np.float32)
        width = self.bands.shape[1]
        for low in range(0, BINS, _BAND):
            for later, band in enumerate(self.bands):
                window = around[later : later + count, 2 * low : 2 * low + width]
                out[:, low : low + _BAND] += window @ band
        return np.maximum(out, 0, out=out)


def _norm(weights: Mapping[str, Array], name: str) -> tuple[Array, Array]:
    """Return a batch norm as a factor and a summand, float32, shape (channels,) each."""
    scale = weights[f"{name}.gamma"] / np.sqrt(weights[f"{name}.variance"] + np.float32(_EPSILON))
    return scale, weights[f"{name}.beta"] - weights[f"{name}.mean"] * scale


def _bands(kernel: Array) -> Array:
    """Return a convolution's kernel (5 frames, 5 bins, 2 harmonics) as banded matrices."""
    bands = np.zeros((_REACH, _BAND + _REACH - 1, HARMONICS, _BAND), np.float32)
    for low in range(_BAND):
        bands[:, low : low + _REACH, :, low] = kernel
    return bands.reshape(_REACH, -1, _BAND)


def _gru(weights: Mapping[str, Array], name: str, norm: tuple[Array, Array]) -> BidirectionalGRU:
    kernel, bias, recurrent = (
        np.stack([weights[f"{name}.{way}.{part}"] for way in ("forward", "backward")])
        for part in ("kernel", "bias", "recurrent")
    )
    return BidirectionalGRU.folded(kernel, bias, recurrent, scale=norm[0], shift=norm[1])


def _softmax(logits: Array) -> Array:
    out: Array = np.exp(logits - logits.max(axis=1, keepdims=True))
    out /= out.sum(axis=1, keepdims=True)
    return out
