"""All that is measured of a model, beside what makes the figures readable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from audioml.core.errors import UsageError
from audioml.core.foretelling import Foreteller
from audioml.core.stages import Generator

from .comparing import WINDOW, copies, distances
from .embedding import LOGMEL, embedding
from .held import excerpts, opened, split_of
from .likelihood import bits
from .sounding import sounding
from .sounds import made, real

__all__ = ["Settings", "judge"]

Told = Callable[[str], None]
"""Is told what is done next."""

_LEARNT = 2_000_000  # samples that the baselines are learnt from


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a model is judged.

    Parameters
    ----------
    split
        Of the corpus, by which it is judged.
    songs, seconds
        That the model makes, and the length of each; the genres that it knows take turns.
    seed, temperature
        Of these songs.
    held
        Seconds of the split that bits are measured on, spread over its songs.
    searched
        Seconds of what was trained on in which the songs are looked for.
    embedding
        See `audioml.generate.judge.embedding`.

    Raises
    ------
    UsageError
        If a number makes no sense.
    """

    split: str = "test"
    songs: int = 8
    seconds: float = 10.0
    seed: int = 0
    temperature: float = 1.0
    held: float = 60.0
    searched: float = 600.0
    embedding: str = LOGMEL

    def __post_init__(self) -> None:
        if self.songs < 1 or self.seed < 0:
            raise UsageError(
                f"'songs' must be at least 1 and 'seed' at least 0, got {self.songs} and "
                f"{self.seed}"
            )
        for name, least in (("seconds", 2 * WINDOW), ("held", 0.0), ("searched", 0.0)):
            if not least <= getattr(self, name) < float("inf"):
                raise UsageError(
                    f"{name!r} must be at least {least:g} seconds, got {getattr(self, name)!r}"
                )
        if self.split == "train":
            raise UsageError("a model is not judged by what it was trained on: take another split")


def judge(
    model: Generator, corpus: Path, settings: Settings, *, told: Told = lambda _: None
) -> dict[str, Any]:
    """Return the verdict: plain values by name.

    Parameters
    ----------
    model
        That makes songs.
    corpus
        Of its rate and encoding, with the splits ``train`` and ``settings.split``.
    settings
        See `Settings`.
    told
        Is told what is done next.

    Raises
    ------
    UsageError, ValidationError, NotFoundError, IntegrityError
        If corpus, model and settings do not go together.
    """
    whole = opened(corpus, model)
    rate, field = whole.rate, model.receptive_field if isinstance(model, Foreteller) else 0
    length = max(field, round(WINDOW * rate))
    held = split_of(whole, settings.split, longer_than=length)
    train = split_of(whole, "train", longer_than=length)
    embed = embedding(settings.embedding, rate=rate)
    spec = model.spec
    verdict: dict[str, Any] = {
        "model": {"name": spec.name, "version": spec.version, "weights": spec.weights},
        "corpus": {"path": str(corpus), "rate": rate, "split": settings.split},
        "settings": asdict(settings),
    }
    if isinstance(model, Foreteller):
        told("measuring bits of held-out songs")
        samples = round(settings.held * rate)
        some = list(excerpts(held, samples=samples, least=field + 1))
        verdict["bits"] = bits(model, some, list(excerpts(train, samples=_LEARNT)))
    told("making songs")
    songs = made(
        model,
        count=settings.songs,
        seconds=settings.seconds,
        seed=settings.seed,
        temperature=settings.temperature,
    )
    seconds = settings.songs * settings.seconds
    unheard, heard = (real(rows, seconds=seconds, least=2 * WINDOW) for rows in (held, train))
    both = {"songs": songs, "real": unheard}
    verdict["sounding"] = {name: sounding(each, rate=rate) for name, each in both.items()}
    told("comparing songs with real ones")
    verdict["distance"] = distances(embed, songs, unheard, heard, rate=rate)
    told("looking for copies")
    verdict["copying"] = copies(songs, unheard, train, seconds=settings.searched)
    return verdict
