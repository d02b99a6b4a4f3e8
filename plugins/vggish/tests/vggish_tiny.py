"""A VGGish of a few channels, whose checkpoints are in `fixtures`, and a reference for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

FIXTURES = Path(__file__).parent / "fixtures"
SIZE = 8
SHAPES = {
    "conv1": (3, 3, 1, 2),
    "conv2": (3, 3, 2, 3),
    "conv3/conv3_1": (3, 3, 3, 4),
    "conv3/conv3_2": (3, 3, 4, 4),
    "conv4/conv4_1": (3, 3, 4, 5),
    "conv4/conv4_2": (3, 3, 5, 4),
    "fc1/fc1_1": (96, 6),
    "fc1/fc1_2": (6, 7),
    "fc2": (7, SIZE),
}
FULL = {
    "conv1": (3, 3, 1, 64),
    "conv2": (3, 3, 64, 128),
    "conv3/conv3_1": (3, 3, 128, 256),
    "conv3/conv3_2": (3, 3, 256, 256),
    "conv4/conv4_1": (3, 3, 256, 512),
    "conv4/conv4_2": (3, 3, 512, 512),
    "fc1/fc1_1": (12288, 4096),
    "fc1/fc1_2": (4096, 4096),
    "fc2": (4096, 128),
}


def arrays(shapes=SHAPES, seed=7):
    """The network that the fixtures hold, or another."""
    random = np.random.RandomState(seed)
    found = {}
    for name, shape in shapes.items():
        scale = np.sqrt(2 / np.prod(shape[:-1]))
        weights, biases = random.standard_normal(shape), random.standard_normal(shape[-1:])
        found[f"vggish/{name}/weights"] = (weights * scale).astype(np.float32)
        found[f"vggish/{name}/biases"] = (biases * 0.05).astype(np.float32)
    return found


def pca(size=SIZE):
    """The PCA parameters that the fixtures hold."""
    random = np.random.RandomState(3)
    vectors = random.standard_normal((size, size))
    return {"pca_eigen_vectors": vectors, "pca_means": random.standard_normal((size, 1))}


def embedding(network, examples):
    """The network in double precision, written down as the paper has it."""
    values = examples.astype(np.float64)[..., np.newaxis]
    for name in SHAPES:
        weights = network[f"vggish/{name}/weights"].astype(np.float64)
        if weights.ndim == 4:
            values = np.maximum(_convolved(values, weights) + network[f"vggish/{name}/biases"], 0)
            if name not in {"conv3/conv3_1", "conv4/conv4_1"}:
                n, h, w, c = values.shape
                values = values.reshape(n, h // 2, 2, w // 2, 2, c).max(axis=(2, 4))
        else:
            flat = values.reshape(len(values), -1)
            values = np.maximum(flat @ weights + network[f"vggish/{name}/biases"], 0)
    return values


def _convolved(values, weights):
    padded = np.pad(values, ((0, 0), (1, 1), (1, 1), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
    return np.einsum("nhwcij,ijco->nhwo", windows, weights)
