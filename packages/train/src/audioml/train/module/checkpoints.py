"""Checkpoints that are whole or absent, and that run no code when they are read."""

from __future__ import annotations

import io
import os
import pickle
import warnings
from pathlib import Path
from typing import Any, BinaryIO, cast

import torch
from lightning.fabric.plugins.io import CheckpointIO
from torch import Tensor

from audioml.core.errors import IntegrityError, NotFoundError, UntrustedError
from audioml.core.files import replacing, shown

__all__ = ["SafeCheckpointIO", "read", "weights"]


def read(path: str | os.PathLike[str], /, *, device: Any = "cpu") -> dict[str, Any]:
    """Return what a checkpoint holds: tensors and plain values, nothing else.

    Raises
    ------
    NotFoundError
        If there is no such file.
    UntrustedError
        If it holds more than tensors and plain values, and so would run code.
    IntegrityError
        If it is no checkpoint, or a part of one.
    """
    try:
        with warnings.catch_warnings(action="ignore"):  # of strange pickles, which are refused
            state = torch.load(path, map_location=device, weights_only=True)
    except FileNotFoundError as error:
        raise NotFoundError(f"there is no checkpoint {shown(path)}") from error
    except pickle.UnpicklingError as error:
        if "Unsupported global" in str(error) or "GLOBAL " in str(error):
            raise UntrustedError(
                f"{shown(path)} holds more than numbers and would run code, so it is not loaded; "
                "take a checkpoint that `audioml train` wrote"
            ) from error
        raise _broken(path) from error
    except (RuntimeError, EOFError, ValueError, KeyError, OSError) as error:
        raise _broken(path) from error
    if not isinstance(state, dict):
        raise _broken(path)
    return state


def _broken(path: str | os.PathLike[str]) -> IntegrityError:
    return IntegrityError(f"{shown(path)} is no checkpoint, or only a part of one")


def weights(path: str | os.PathLike[str], /, *, average: bool = True) -> dict[str, Tensor]:
    """Return the weights of the network of an `AudioModule` from its checkpoint.

    Those of the averaged network are returned where there are any, unless ``average`` is False.
    """
    state = read(path).get("state_dict", {})
    for prefix in ("average.", "network.") if average else ("network.",):
        found = {k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}
        if found:
            return found
    raise IntegrityError(f"{shown(path)} holds no network of an AudioModule")


class SafeCheckpointIO(CheckpointIO):
    """Writes beside and renames; reads nothing but tensors and plain values."""

    def save_checkpoint(
        self,
        checkpoint: dict[str, Any],
        path: str | os.PathLike[str],
        storage_options: Any | None = None,
    ) -> None:
        """Write a checkpoint, wholly or not at all.

        Raises
        ------
        OutputError
            If the disk is full, or the place cannot be written; what was there is still there.
        """
        with replacing(Path(path)) as temporary, temporary.open("wb") as file:
            _save(checkpoint, file)
            file.flush()
            os.fsync(file.fileno())

    def load_checkpoint(
        self,
        path: str | os.PathLike[str],
        map_location: Any | None = None,
        weights_only: bool | None = None,
    ) -> dict[str, Any]:
        """Return what `read` does, whatever ``weights_only`` is."""
        return read(path, device="cpu" if map_location is None else map_location)

    def remove_checkpoint(self, path: str | os.PathLike[str]) -> None:
        """Remove a checkpoint, if it is there."""
        Path(path).unlink(missing_ok=True)


class _Remembering(io.RawIOBase):
    """Keeps what the system said, which torch's writer turns into an error without words."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.error = file, cast("OSError | None", None)

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        try:
            return self._file.write(data)
        except OSError as error:
            self.error = self.error or error
            raise

    def flush(self) -> None:
        self._file.flush()


def _save(checkpoint: dict[str, Any], file: BinaryIO) -> None:
    through = _Remembering(file)
    try:
        torch.save(checkpoint, cast("BinaryIO", through))
    except RuntimeError:
        if through.error is not None:
            raise through.error from None
        raise
