"""Components that cannot be tried by themselves, with what they are tried on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...stages import Backend, Decoder
from ...values import Tensors

__all__ = ["BackendExample", "DecoderExample"]


@dataclass(frozen=True, slots=True)
class BackendExample:
    """A backend, and a model file that it loads.

    ``feeds`` are inputs of at least two rows, where the model does not tell what it takes; else
    they are made up.
    """

    backend: Backend
    file: Path
    feeds: Tensors | None = None

    def __str__(self) -> str:
        return type(self.backend).__name__


@dataclass(frozen=True, slots=True)
class DecoderExample:
    """A decoder, and outputs of a model: a row every ``hop`` seconds, the first at 0 s."""

    decoder: Decoder
    outputs: Tensors
    hop: float = 1.0

    def __str__(self) -> str:
        return type(self.decoder).__name__
