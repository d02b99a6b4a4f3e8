"""The contracts: what an extractor, a backend, a decoder, an estimator, a generator and a task are.

Each is a protocol. `Estimator` and `FeatureExtractor` are to be derived from, for they bring the
methods that follow from the others. The rest need no base class.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import AudioError, UsageError
from .options import Option
from .values import Audio, Prediction, Rows, Source, Tensors

__all__ = [
    "Backend",
    "BatchGenerator",
    "Decoder",
    "DecoderStream",
    "Estimator",
    "FeatureExtractor",
    "FeatureStream",
    "Generation",
    "GenerationOptions",
    "Generations",
    "Generator",
    "ModelSpec",
    "Session",
    "Task",
    "TensorSpec",
    "concatenated",
]


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """Shape and dtype of a model's input or output; None stands for any length."""

    shape: tuple[int | None, ...]
    dtype: str


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """What a caller may know of a model before running it.

    ``rate`` is in Hz and ``channels`` is 1 for mono; None means that the model takes any.
    ``weights`` and ``manifest`` are SHA-256 of the weights and of ``model.json``.
    ``streaming`` promises that predictions of consecutive blocks, joined, equal the prediction of
    the whole. ``batching`` is ``rows`` where rows of different signals may share one run.
    """

    name: str
    version: str
    task: str
    license: str
    rate: int | None
    channels: int | None = 1
    description: str = ""
    source: str = ""
    weights: str = ""
    manifest: str = ""
    streaming: bool = False
    batching: Literal["rows", "none"] = "none"
    answers: tuple[str, ...] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)
    options: Mapping[str, Option] = field(default_factory=dict)
    precision: str = ""

    @property
    def stamp(self) -> Source:
        """Return the mark that every prediction of this model carries."""
        return Source(self.name, self.version, self.weights)


class FeatureStream(Protocol):
    """Features of a signal that arrives in blocks."""

    def push(self, audio: Audio, /) -> Rows:
        """Return the rows that became complete with this block."""
        ...

    def finish(self) -> Rows:
        """Return the rows that only the end of the signal completes."""
        ...

    def reset(self) -> None:
        """Forget everything: the next block begins a new signal, as after a gap."""
        ...


@runtime_checkable
class FeatureExtractor(Protocol):
    """Turns sound into model inputs, and owns the windowing.

    ``rate`` is in Hz (None: any), ``window`` and ``hop`` in seconds; a ``window`` of None makes
    the whole signal one row.
    """

    rate: int | None
    window: float | None
    hop: float | None

    def stream(self) -> FeatureStream:
        """Return a new stream."""
        ...

    def whole(self, blocks: Iterable[Audio], /) -> Iterator[Rows]:
        """Yield the rows of a whole signal that is read in blocks, a few at a time."""
        stream = self.stream()
        for block in blocks:
            yield stream.push(block)
        yield stream.finish()

    def __call__(self, audio: Audio, /) -> Rows:
        """Return the rows of a whole signal."""
        return _joined(list(self.whole([audio])))


def _joined(parts: list[Rows]) -> Rows:
    full = [part for part in parts if len(part)]
    if len(full) <= 1:
        return full[0] if full else parts[-1]
    tensors = {n: np.concatenate([p.tensors[n] for p in full]) for n in full[0].tensors}
    return Rows(tensors, np.concatenate([p.starts for p in full]))


@runtime_checkable
class Session(Protocol):
    """One loaded model. ``concurrent`` tells whether threads may call ``run`` at the same time."""

    inputs: Mapping[str, TensorSpec]
    outputs: Mapping[str, TensorSpec]
    concurrent: bool

    def run(self, feeds: Tensors, /) -> Tensors:
        """Return the outputs for the inputs, by name; axis 0 of each is the row."""
        ...


@runtime_checkable
class Backend(Protocol):
    """A runtime that loads model files."""

    def load(self, path: Path, /, *, device: str = "cpu", threads: int | None = None) -> Session:
        """Return a session for the model file at ``path``."""
        ...


class DecoderStream(Protocol):
    """Decoding with memory, such as smoothing or Viterbi with a fixed lag."""

    def push(self, outputs: Tensors, /, *, starts: NDArray[np.float64], end: float) -> Prediction:
        """Return what is settled by these rows."""
        ...

    def finish(self, *, end: float) -> Prediction:
        """Return the rest."""
        ...


@runtime_checkable
class Decoder(Protocol):
    """Turns model outputs into a prediction.

    A decoder whose answer for one row depends on others either offers ``stream()``, which returns
    a `DecoderStream`, or its model is not a streaming one.
    """

    def __call__(
        self, outputs: Tensors, /, *, starts: NDArray[np.float64], end: float
    ) -> Prediction:
        """Return the prediction for rows that begin at ``starts`` of a signal that ends at ``end``.

        Both are in seconds.
        """
        ...


@runtime_checkable
class Estimator(Protocol):
    """What every command sees of a model that answers questions about sound."""

    spec: ModelSpec

    def predict(self, audio: Audio, /) -> Prediction:
        """Return the prediction for a whole signal at the model's own rate and channels.

        Raises
        ------
        AudioError
            If the audio has another rate or number of channels, or no samples.
        """
        ...

    def predict_blocks(self, blocks: Iterable[Audio], /) -> Prediction:
        """Return what `predict` does, for a whole signal that is read in blocks."""
        return self.predict(concatenated(blocks))

    def stream(self, blocks: Iterable[Audio], /) -> Iterator[Prediction]:
        """Yield predictions of a signal that arrives in blocks; joined, they equal `predict`."""
        yield self.predict(concatenated(blocks))

    def configured(self, **options: Any) -> Estimator:
        """Return the same model with other options, see ``spec.options``.

        Raises
        ------
        UsageError
            If the model has no such option, or the value does not fit.
        """
        for name in options:
            raise UsageError(f"{self.spec.name} has no option {name!r} (it has: none)")
        return self

    def __call__(self, audio: Audio | ArrayLike, sr: int | None = None, /) -> Prediction:
        """Return the prediction for audio of any rate, given as `Audio` or as ``(y, sr)``.

        ``y`` is floating point of shape (n,) or (channels, n), as librosa has it.
        """
        from .audio.conform import as_audio, conform

        return self.predict(conform(as_audio(audio, sr), self.spec))


def concatenated(blocks: Iterable[Audio]) -> Audio:
    """Return the blocks of one signal in one piece.

    Raises
    ------
    AudioError
        If there is none, or they differ in rate or channels.
    """
    parts = list(blocks)
    if not parts:
        raise AudioError("no audio: expected at least one block")
    forms = {(part.rate, part.channels) for part in parts}
    if len(forms) > 1:
        raise AudioError(f"blocks of one signal differ in rate or channels: {sorted(forms)}")
    samples = np.concatenate([p.samples for p in parts], axis=1) if parts[1:] else parts[0].samples
    return Audio(samples, parts[0].rate, parts[0].start)


@dataclass(frozen=True, slots=True)
class GenerationOptions:
    """What to generate: length in seconds, randomness, and what to continue."""

    seconds: float
    seed: int = 0
    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None
    prompt: Audio | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


class Generation(Protocol):
    """Sound being made: iterate for blocks; ``state`` continues it to the last bit."""

    @property
    def state(self) -> bytes:
        """Return where it is, to go on from there."""
        ...

    def __iter__(self) -> Iterator[Audio]:
        """Yield blocks as they are made."""
        ...


@runtime_checkable
class Generator(Protocol):
    """What every command sees of a model that makes sound."""

    spec: ModelSpec

    def start(self, options: GenerationOptions, /) -> Generation:
        """Return a new generation, from silence, from the prompt or from a saved state."""
        ...


class Generations(Protocol):
    """Sounds being made together: iterate for a block of each."""

    @property
    def states(self) -> tuple[bytes, ...]:
        """Return where each of them is, to go on from there to the last bit."""
        ...

    def __iter__(self) -> Iterator[tuple[Audio, ...]]:
        """Yield blocks of all of them as they are made, of one length."""
        ...


@runtime_checkable
class BatchGenerator(Generator, Protocol):
    """A generator that makes several sounds together, which is quicker than each by itself."""

    def start_many(self, options: Sequence[GenerationOptions], /) -> Generations:
        """Return new generations of one length, each of them as `start` would make it."""
        ...


@runtime_checkable
class Task(Protocol):
    """A thing that can be trained. It ends in a model folder that every command runs."""

    config: str

    def data(self, cfg: Any, /) -> Any:
        """Return the data module for a configuration."""
        ...

    def module(self, cfg: Any, /) -> Any:
        """Return the module to train."""
        ...

    def export(self, checkpoint: Path, folder: Path, /) -> None:
        """Write the model folder of a checkpoint."""
        ...
