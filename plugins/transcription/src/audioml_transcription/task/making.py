"""Makes data sets, and keeps beside each what it is made of."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from audioml.core.errors import NotFoundError, UsageError
from audioml.core.files import shown, write_bytes

from ..synth import corpus, soundfonts
from ..synth.dataset import make
from ..synth.recordings import BUILT_IN, Recipe

__all__ = ["Wanted", "made"]

RECIPE = "recipe.json"
_log = logging.getLogger("audioml.transcription")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A data set that shall be there.

    Parameters
    ----------
    path
        Its folder.
    recordings
        How many; they are made ``each`` at a time, so there may be some more.
    seconds, seed, families, borrowed, allow_reserved
        See `Recipe`.
    scores
        File of scores out of music21's corpus, which is made where it is not there; or None.
    valid
        Share of the recordings that are for validation.

    Raises
    ------
    UsageError
        If a number makes no sense, or a timbre is not known.
    """

    path: Path
    recordings: int = 600
    seconds: float = 60.0
    seed: int = 0
    families: Mapping[str, float] = field(default_factory=lambda: {BUILT_IN: 1.0})
    scores: Path | None = None
    borrowed: float = 0.4
    valid: float = 0.05
    each: int = 10
    allow_reserved: bool = False

    def __post_init__(self) -> None:
        for name, least in (("recordings", 1), ("seconds", 2), ("each", 1), ("seed", 0)):
            if not getattr(self, name) >= least:
                raise UsageError(f"{name!r} must be at least {least}, got {getattr(self, name)!r}")
        for name in ("borrowed", "valid"):
            if not 0 <= getattr(self, name) <= 1:
                raise UsageError(f"{name!r} must be from 0 to 1, got {getattr(self, name)!r}")
        if not self.families or min(self.families.values()) < 0 or not sum(self.families.values()):
            raise UsageError(f"'families' must have weights above 0, got {dict(self.families)!r}")

    @classmethod
    def of(cls, given: Mapping[str, Any], /) -> Self:
        """Return what the settings of a data set say.

        Raises
        ------
        UsageError
            If one is not known.
        """
        known = {each.name for each in fields(cls)}
        if odd := sorted(set(given) - known):
            raise UsageError(
                f"a data set that is made has no setting {', '.join(odd)}; "
                f"there is {', '.join(sorted(known))}"
            )
        paths = {n: Path(given[n]) for n in ("path", "scores") if given.get(n) is not None}
        return cls(**{**given, **paths})

    @property
    def parts(self) -> list[Path]:
        """Return the parts that it has when it is whole."""
        count = -(-self.recordings // self.each)
        return [self.path / f"part-{index:05d}" for index in range(count)]

    @property
    def recipe(self) -> Recipe:
        """Return what it is made of."""
        return Recipe(
            seed=self.seed,
            seconds=self.seconds,
            families=dict(self.families),
            scores=self.scores,
            borrowed=self.borrowed,
            allow_reserved=self.allow_reserved,
        )


def made(wanted: Wanted, *, processes: int = 1) -> list[Path]:
    """Return the parts of a data set, those that were not there having been made.

    Raises
    ------
    UsageError
        If what is there was made of something else, or a soundfont or a score is kept for tests.
    NotFoundError
        If a soundfont is not installed.
    """
    _check_recipe(wanted)
    if all(part.exists() for part in wanted.parts):
        return wanted.parts
    _check_families(wanted)
    _check_scores(wanted)
    if wanted.scores is not None and not wanted.scores.exists():
        _log.info("scores are taken out of music21's corpus, which takes some minutes")
        found = corpus.gathered(seed=wanted.seed, reserved=wanted.allow_reserved)
        corpus.write(wanted.scores, found)
    if not any(wanted.path.glob("part-*")):
        write_bytes(wanted.path / RECIPE, json.dumps(_told(wanted), indent=1).encode())
    return _made(wanted, processes)


def _made(wanted: Wanted, processes: int) -> list[Path]:
    from audioml.core.cli.output import counting

    found = []
    with counting(len(wanted.parts), f"making {shown(wanted.path)}") as advance:
        for part in make(
            wanted.path,
            wanted.recipe,
            recordings=wanted.recordings,
            each=wanted.each,
            valid=wanted.valid,
            processes=processes,
        ):
            _log.info("%s", part)
            advance(part.name)
            found.append(part)
    return found


def _told(wanted: Wanted) -> dict[str, Any]:
    told = asdict(wanted)
    for name in ("path", "recordings"):
        told.pop(name)
    scores = told["scores"]
    return {**told, "scores": None if scores is None else Path(scores).name}


def _check_recipe(wanted: Wanted) -> None:
    """Refuse to go on with recordings of another kind."""
    path = wanted.path / RECIPE
    if not path.is_file():
        return
    known, asked = json.loads(path.read_bytes()), _told(wanted)
    for name, value in asked.items():
        if known.get(name) != value:
            raise UsageError(
                f"{shown(wanted.path)} was made with {name}={known.get(name)!r}, now it is "
                f"{value!r}; take another folder, or remove that one"
            )


def _check_families(wanted: Wanted) -> None:
    fonts = {font.family: font for font in soundfonts.installed()}
    for name in wanted.families:
        if name in soundfonts.RESERVED and not wanted.allow_reserved:
            raise UsageError(f"the soundfont {name!r} is kept for tests; take another")
        if name != BUILT_IN and name not in fonts:
            there = ", ".join([BUILT_IN, *fonts])
            raise NotFoundError(f"no soundfont {name!r} is installed (there is: {there})")


def _check_scores(wanted: Wanted) -> None:
    if wanted.allow_reserved or wanted.scores is None or not wanted.scores.exists():
        return
    for score in corpus.read(wanted.scores):
        if corpus.is_reserved(score.source):
            raise UsageError(
                f"{shown(wanted.scores)} holds {score.source}, which is kept for tests; name "
                "another file, and scores are gathered there"
            )
