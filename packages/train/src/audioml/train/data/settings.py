"""What `prepare` is asked for, every option once."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

from audioml.core.corpus.splits import SPLITS
from audioml.core.errors import UsageError

from ..suggesting import suggestion

__all__ = ["Settings"]

_ALIKE = (
    frozenset({".mid", ".midi"}),
    frozenset({".wav", ".wave"}),
    frozenset({".aif", ".aiff"}),
)
_CHOICES = {
    "align": ("report", "correct", "off"),
    "corrupt": ("skip", "stop", "keep"),
    "unmatched": ("skip", "stop"),
    "long_label": ("stop", "skip"),
    "label_kind": ("auto", "class", "multi", "number"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a folder of recordings becomes a corpus.

    Parameters
    ----------
    source_path
        Folder of the audio and the labels, of any structure.
    destination_path
        The corpus to be.
    metadata
        A file that says more of the recordings: MAESTRO's, or a table with a column of files.
        Where there is none, audio and labels are paired by their names.
    audio_ext, label_ext
        Endings of the files, one or several; a ``label_ext`` of None is a set without labels.
    processed_ext
        ``.npy``: shards are that.
    sample_rate
        Hz.
    split
        Shares of train, validation and test (``80/10/10`` or ``[0.8, 0.1, 0.1]``), or ``given``.
        By default what the set gives where it gives it for all, else 80/10/10.
    group
        What never lies in two splits: ``piece``, ``artist``, ``folder``, ``file``, or any other
        column that the parser gives.
    piece
        A regular expression whose first group is the piece in a row's name, as
        ``MUS-(.+)_[^_]+$`` for MAPS; by default the name without its take, microphone or part.
    seed
        Of the split.
    parser
        Who reads the set: ``pairs``, ``maestro``, ``table``, ``folders``, a plugin's, or
        ``module:function``. By default what the metadata looks like.
    label_column, label_kind, separator
        For tables: the column or columns of the label; what it is (``class``, ``multi``,
        ``number``), else seen from the cells; and what stands between several labels of a cell.
    align
        Whether the offset between labels and sound is told (``report``), also taken out where it
        is sure (``correct``), or not looked for (``off``).
    max_offset
        Seconds: how far it is looked for.
    corrupt
        Audio that cannot be read, or not to its end, is left out (``skip``), ends the work
        (``stop``), or is used as far as it goes (``keep``).
    unmatched
        Files without a partner, or with several, are left out or end the work.
    long_label
        Labels that go on long after the audio has ended end the work, or are left out.
    workers
        Processes; by default as many as there are processors.
    again
        Whether a corpus that is there already is made anew.
    shard_bytes
        Size of a shard at most.
    """

    source_path: Path
    destination_path: Path = Path("data/preprocessed")
    metadata: Path | None = None
    audio_ext: tuple[str, ...] = (".wav",)
    label_ext: tuple[str, ...] | None = (".midi",)
    processed_ext: str = ".npy"
    sample_rate: int = 16000
    split: str | tuple[float, ...] | None = None
    group: str = "piece"
    piece: str | None = None
    seed: int = 0
    parser: str | Callable[..., Any] | None = None
    label_column: tuple[str, ...] = ()
    label_kind: str = "auto"
    separator: str = ";|"
    align: str = "report"
    max_offset: float = 2.0
    corrupt: str = "skip"
    unmatched: str = "skip"
    long_label: str = "stop"
    workers: int | None = None
    again: bool = False
    shard_bytes: int = 256 * 2**20

    def __post_init__(self) -> None:
        """Bring what was given into its form.

        Raises
        ------
        UsageError
            If it has none.
        """
        if not self.source_path:
            raise UsageError("'source_path' must name the folder of the data set")
        changed: dict[str, Any] = {
            "source_path": Path(self.source_path).expanduser(),
            "destination_path": Path(self.destination_path).expanduser(),
            "metadata": Path(self.metadata).expanduser() if self.metadata else None,
            "audio_ext": _endings("audio_ext", self.audio_ext),
            "label_ext": _endings("label_ext", self.label_ext) if self.label_ext else None,
            "label_column": _texts(self.label_column),
            "split": _split(self.split),
        }
        for name, value in changed.items():
            object.__setattr__(self, name, value)
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise UsageError(
                    f"{name!r} must be one of {', '.join(choices)}, got {getattr(self, name)!r}"
                )
        self._check()

    def _check(self) -> None:
        if self.processed_ext != ".npy":
            raise UsageError(
                f"'processed_ext' must be '.npy', as the shards are, got {self.processed_ext!r}"
            )
        for name, least in (("sample_rate", 100), ("max_offset", 0), ("shard_bytes", 1)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or value < least:
                raise UsageError(f"{name!r} must be a number of at least {least}, got {value!r}")
        try:
            groups = re.compile(self.piece or "()").groups
        except re.error as error:
            raise UsageError(f"'piece' {self.piece!r} is no regular expression: {error}") from error
        if groups < 1:
            raise UsageError(f"'piece' {self.piece!r} needs a group, such as (.+)_take")
        if self.workers is not None and self.workers < 1:
            raise UsageError(f"'workers' must be at least 1, got {self.workers!r}")

    @classmethod
    def of(cls, given: Mapping[str, Any], /) -> Self:
        """Return settings from names and values, such as a file or a command line has them.

        Raises
        ------
        UsageError
            If a name is not one of the settings; the sentence says which is close.
        """
        known = [field.name for field in fields(cls)]
        for name in given:
            if name not in known:
                hint = suggestion(name, known) or f"; there is {', '.join(known)}"
                raise UsageError(f"prepare has no setting {name!r}{hint}")
        if not given.get("source_path"):
            raise UsageError("prepare needs the folder of the data set: source_path=FOLDER")
        return cls(**given)


def _texts(given: Any) -> tuple[str, ...]:
    if not given:
        return ()
    return (given,) if isinstance(given, str) else tuple(str(each) for each in given)


def _endings(name: str, given: Any) -> tuple[str, ...]:
    """Return endings in lower case with their dot, each with those that mean the same."""
    texts = [part for each in _texts(given) for part in each.replace(",", " ").split()]
    if not texts:
        raise UsageError(f"{name!r} must be an ending such as '.wav', got {given!r}")
    found: dict[str, None] = {}
    for text in texts:
        ending = "." + text.lower().lstrip(".")
        alike = next((each for each in _ALIKE if ending in each), frozenset({ending}))
        found |= dict.fromkeys(sorted(alike))
    return tuple(found)


def _split(given: Any) -> str | tuple[float, ...] | None:
    """Return ``given``, None, or three shares that add up to 1."""
    if given is None or given == "given":
        return given  # type: ignore[no-any-return]
    shares = given.split("/") if isinstance(given, str) else given
    if isinstance(shares, Mapping):
        if odd := set(shares) - set(SPLITS):
            raise UsageError(f"'split' has {', '.join(sorted(odd))}, not only {', '.join(SPLITS)}")
        shares = [shares.get(name, 0) for name in SPLITS]
    try:
        numbers = [float(share) for share in shares]
    except (TypeError, ValueError):
        numbers = []
    total = sum(numbers)
    sound = all(math.isfinite(n) and n >= 0 for n in numbers) and total > 0
    whole = any(math.isclose(total, each, rel_tol=1e-6) for each in (1, 100))
    if len(numbers) != len(SPLITS) or not sound or not whole:
        raise UsageError(
            "'split' must be 'given' or the shares of train, validation and test, which add up "
            f"to 1 or 100, such as 80/10/10; got {given!r}"
        )
    return tuple(number / total for number in numbers)
