"""The generator of a model folder: songs as blocks of sound, as they are made."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audioml.core.audio.conform import conform
from audioml.core.corpus.encoding import decode, encode
from audioml.core.errors import ManifestError, UsageError
from audioml.core.models.manifest import Manifest
from audioml.core.stages import GenerationOptions, ModelSpec
from audioml.core.values import Audio

from .architecture import LEVELS, SILENCE, Architecture
from .cs205.network import as_in_their_loop
from .engine import Sampling, Songs, songs, uniforms
from .state import State
from .weights import FILE, Weights

__all__ = ["Making", "MakingMany", "WaveNet", "build"]

log = logging.getLogger("audioml.wavenet")
_BLOCK = 0.1  # seconds of a block
_AT_ONCE = 16384  # samples whose costs are reckoned together, so that memory is bounded
_EXTRA = ("compat", "device", "genre", "state")


def build(
    folder: Path | None = None,
    manifest: Manifest | None = None,
    *,
    architecture: Mapping[str, Any] | None = None,
    genres: Sequence[str] = (),
    compat: str = "",
) -> WaveNet:
    """Return the generator of a model folder.

    ``architecture`` is that of the network, see `Architecture`; ``genres`` are the names of its
    conditions; ``compat`` names the system whose loop can be repeated with it.

    Raises
    ------
    UsageError
        If there is no folder: ``wavenet`` is a kind of model, and none by itself.
    ManifestError
        If the manifest does not tell what the network is made of.
    IntegrityError
        If the weights are damaged, or those of another network.
    """
    if folder is None or manifest is None or architecture is None:
        raise UsageError("'wavenet' is a kind of model: name a model folder, or one in the store")
    network = Architecture.from_params(architecture)
    if len(genres) != network.conditions:
        raise ManifestError(
            f"'genres' must name the {network.conditions} conditions of the network, got "
            f"{len(genres)} names"
        )
    entry = manifest.files.get(FILE)
    spec = replace(manifest.spec, weights=entry.sha256 if entry else "")
    return WaveNet(spec, Weights.read(folder / FILE, network), tuple(genres), compat=compat)


class WaveNet:
    """A `Generator`, see `audioml.core.stages`.

    Options beyond the usual: ``genre``, one of ``genres``; and ``state``, what `Making.state` was,
    with which a song goes on as if it had never stopped: its seed goes on, and so does its genre
    unless another is named. ``device`` is where they are made: ``cpu``, or another that torch has,
    such as ``cuda``. With ``compat="cs205"``, a model of CS205-Waveforms hears its own
    samples as in its authors' loop, one class too low.
    """

    encoding = "mulaw"

    def __init__(
        self,
        spec: ModelSpec,
        weights: Weights,
        genres: tuple[str, ...] = (),
        *,
        compat: str = "",
    ) -> None:
        if spec.rate is None:
            raise ManifestError(f"{spec.name} makes sound, so its manifest must tell the rate")
        self.spec = spec
        self.genres = genres
        self.rate: int = spec.rate
        self._weights = weights
        self._compat = compat

    @property
    def receptive_field(self) -> int:
        """Return how many samples of a prompt are heard, the last ones."""
        return self._weights.architecture.receptive_field

    def costs(self, samples: NDArray[Any], /, *, genre: str | None = None) -> NDArray[np.float64]:
        """Return what each sample costs in bits, shape (n,), see `audioml.core.foretelling`.

        Raises
        ------
        UsageError
            If the genre is unknown.
        """
        begun = songs(self._weights, [_numbered(genre, self.genres)])
        first = self._weights.architecture.inputs - LEVELS
        begun.feed(np.full((1, self.receptive_field), SILENCE + first))
        found = np.empty(len(samples))
        for at in range(0, len(samples), _AT_ONCE):
            part = np.asarray(samples[at : at + _AT_ONCE], np.int64)
            logits = begun.feed(part[np.newaxis] + first, logits=True)
            assert logits is not None
            found[at : at + len(part)] = _bits(logits[0].astype(np.float64), part)
        return found

    def start(self, options: GenerationOptions, /) -> Making:
        """Return a new song, from silence, from the prompt or from a saved state.

        A prompt is brought to the model's rate and channel. What it is shorter than the receptive
        field is taken as silence before it; of a longer one, the end is heard.

        Raises
        ------
        UsageError
            If an option is unknown or out of range.
        AudioError
            If the prompt holds no samples, or some that are not finite.
        """
        return Making(self.start_many([options]))

    def start_many(self, options: Sequence[GenerationOptions], /) -> MakingMany:
        """Return songs that are made together, which is quicker, each as it would be alone.

        They may differ in everything but their length.
        """
        if not options:
            raise UsageError("there is no song to make: give the options of one at least")
        for each in options:
            _check(each)
        if any(_shared(each) != _shared(options[0]) for each in options):
            raise UsageError(
                "songs that are made together must be as long as each other, on one device"
            )
        return MakingMany(self, self._network(options[0].extra.get("compat")), options)

    def _network(self, compat: str | None) -> Weights:
        if compat is None:
            return self._weights
        if compat != self._compat:
            known = self._compat or "none"
            raise UsageError(
                f"{self.spec.name} cannot repeat the loop of {compat!r} (it can: {known})"
            )
        return as_in_their_loop(self._weights)


class MakingMany:
    """Songs being made together: iterate for blocks of each, in their order."""

    def __init__(
        self, generator: WaveNet, weights: Weights, options: Sequence[GenerationOptions]
    ) -> None:
        self._generator = generator
        self._choices = [Sampling(each.temperature, each.top_k, each.top_p) for each in options]
        self._states = [self._restored(weights, each) for each in options]
        self._songs = self._begun(weights, options)
        self._left = round(options[0].seconds * generator.rate)

    def __iter__(self) -> Iterator[tuple[Audio, ...]]:
        """Yield blocks of 0.1 s as they are made, the last one shorter."""
        rate = self._generator.rate
        while self._left:
            count = min(self._left, max(1, round(_BLOCK * rate)))
            numbers = np.stack([uniforms(s.seed, s.made, count) for s in self._states])
            drawn = self._songs.draw(numbers, self._choices)
            starts = [state.made / rate for state in self._states]
            self._states = [replace(state, made=state.made + count) for state in self._states]
            self._left -= count
            yield tuple(
                Audio(decode(song, "mulaw"), rate, start)
                for song, start in zip(drawn, starts, strict=True)
            )

    @property
    def states(self) -> tuple[bytes, ...]:
        """Return where each song is, to go on from there."""
        now = (
            replace(state, last=int(self._songs.last[at]), memory=self._songs.memory(at))
            for at, state in enumerate(self._states)
        )
        return tuple(state.to_bytes() for state in now)

    def _restored(self, weights: Weights, options: GenerationOptions) -> State:
        """Return the state that a song begins with; without a memory where it is a new one."""
        name = options.extra.get("genre")
        _numbered(name, self._generator.genres)  # refuses what is unknown
        compat, kept = options.extra.get("compat"), options.extra.get("state")
        digest = self._generator.spec.weights
        if kept is None:
            uniforms(options.seed, 0, 0)  # refuses what is no seed
            nothing = np.empty((0, 0), np.float32)
            return State(digest, options.seed, 0, SILENCE, nothing, name, compat)
        if options.prompt is not None:
            raise UsageError("a song goes on from a prompt or from a state, not from both")
        state = State.from_bytes(kept, weights=digest, architecture=weights.architecture)
        if state.compat != compat:
            raise UsageError(
                f"the song of this state began with compat={state.compat!r}: go on with the same"
            )
        return state if name is None else replace(state, genre=name)

    def _begun(self, weights: Weights, options: Sequence[GenerationOptions]) -> Songs:
        genres = self._generator.genres
        conditions = [_numbered(state.genre, genres) for state in self._states]
        begun = songs(weights, conditions, device=options[0].extra.get("device", "cpu"))
        if any(not state.memory.size for state in self._states):
            first = weights.architecture.inputs - LEVELS
            prompts = {id(each.prompt): each.prompt for each in options}  # often one for all
            heard = {key: self._heard(prompt) + first for key, prompt in prompts.items()}
            begun.feed(np.stack([heard[id(each.prompt)] for each in options]))
        for at, state in enumerate(self._states):
            if state.memory.size:
                begun.recall(at, state.memory, state.last)
        return begun

    def _heard(self, prompt: Audio | None) -> NDArray[np.int64]:
        """Return the amplitudes that come before the song, as many as the network hears."""
        heard = np.full(self._generator.receptive_field, SILENCE, np.int64)
        if prompt is not None:
            sound = conform(prompt, self._generator.spec).samples[0, -len(heard) :]
            if len(sound) < len(heard):
                seconds = [len(each) / self._generator.rate for each in (sound, heard)]
                log.warning(
                    "the prompt lasts %.3f s and the model hears %.3f s: silence stands before it",
                    *seconds,
                )
            heard[len(heard) - len(sound) :] = encode(sound, "mulaw")
        return heard


class Making:
    """A song being made: iterate for blocks; ``state`` continues it to the last bit."""

    def __init__(self, many: MakingMany) -> None:
        self._many = many

    def __iter__(self) -> Iterator[Audio]:
        """Yield blocks as they are made."""
        for (block,) in self._many:
            yield block

    @property
    def state(self) -> bytes:
        """Return where the song is, to go on from there."""
        return self._many.states[0]


def _shared(options: GenerationOptions) -> tuple[object, ...]:
    """Return what songs that are made together have in common."""
    extra = options.extra
    return options.seconds, extra.get("compat"), extra.get("device", "cpu")


def _numbered(genre: str | None, genres: Sequence[str]) -> int | None:
    if genre is not None and genre not in genres:
        known = ", ".join(genres) or "none"
        raise UsageError(f"genre {genre!r} is unknown to the model (it knows: {known})")
    return None if genre is None else genres.index(genre)


def _bits(logits: NDArray[np.float64], told: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return minus the logarithm, to base 2, of the chance of what came, shape (n,)."""
    logits -= logits.max(axis=1, keepdims=True)
    total = np.log(np.exp(logits).sum(axis=1))
    return np.asarray((total - logits[np.arange(len(told)), told]) / math.log(2), np.float64)


def _check(options: GenerationOptions) -> None:
    if not (math.isfinite(options.seconds) and options.seconds >= 0):
        raise UsageError(f"a song's length must be 0 seconds or more, got {options.seconds!r}")
    if unknown := sorted(set(options.extra) - set(_EXTRA)):
        raise UsageError(f"WaveNets have no option {unknown[0]!r} (they have: {', '.join(_EXTRA)})")
