"""The parameters of the whitening, as they are published beside the weights."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from .reading import Arrays, begins, reading

__all__ = ["PCA", "is_npz", "read_npz"]

PCA = ("pca_eigen_vectors", "pca_means")
_LARGEST = 1 << 26  # bytes of an array


def is_npz(path: Path) -> bool:
    """Return whether a file is numpy's archive with both arrays."""
    try:
        with zipfile.ZipFile(path) as file:
            return begins(path, 2) == b"PK" and {f"{name}.npy" for name in PCA} <= set(
                file.namelist()
            )
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False


def read_npz(path: Path) -> Arrays:
    """Return both arrays; pickled objects are refused.

    Raises
    ------
    IntegrityError
        If the file is damaged.
    """
    with reading(path, "npz file"):
        with zipfile.ZipFile(path) as file:
            sizes = [file.getinfo(f"{name}.npy").file_size for name in PCA]
        if max(sizes) > _LARGEST:
            raise ValueError(f"an array of {max(sizes)} bytes")
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in PCA}
