"""What became of the songs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from audioml.core.corpus.splits import SPLITS
from audioml.core.errors import IntegrityError
from audioml.core.files import shown, write_bytes

__all__ = ["REPORT", "Lost", "Report", "write_quarantine"]

REPORT = "prepare.json"
_QUARANTINE = "quarantine.csv"
_TOLD = 20


@dataclass(frozen=True, slots=True)
class Lost:
    """A song that is not in the corpus, and why."""

    id: str
    path: str
    reason: str


@dataclass(slots=True, kw_only=True)
class Report:
    """What a corpus holds, and what it does not.

    Parameters
    ----------
    fingerprint
        Of all that it was made of, and how.
    rate, encoding
        Of its samples.
    songs, seconds
        By split.
    licences
        Songs under each.
    quarantined
        The songs that could not be used.
    warnings
        What to think about.
    """

    fingerprint: str
    rate: int
    encoding: str
    songs: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    licences: dict[str, int] = field(default_factory=dict)
    quarantined: list[Lost] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def add(self, split: str, seconds: float, licence: str) -> None:
        """Count a song that is used."""
        self.songs[split] = self.songs.get(split, 0) + 1
        self.seconds[split] = self.seconds.get(split, 0.0) + seconds
        self.licences[licence] = self.licences.get(licence, 0) + 1

    def lines(self) -> Iterator[str]:
        """Yield what a person wants to know."""
        yield from self.failures()
        yield from (f"warning: {text}" for text in self.warnings)
        parts = [
            f"{split} {self.songs[split]} ({_time(self.seconds[split])})"
            for split in sorted(self.songs, key=_place)
        ]
        yield (
            f"{sum(self.songs.values())} songs at {self.rate} Hz in {self.encoding}: "
            f"{', '.join(parts)}; {len(self.quarantined)} quarantined"
        )

    def failures(self) -> Iterator[str]:
        """Yield why songs are quarantined, up to twenty of them."""
        yield from (f"quarantined: {lost.id}: {lost.reason}" for lost in self.quarantined[:_TOLD])
        if (more := len(self.quarantined) - _TOLD) > 0:
            yield f"quarantined: {more} more, see {_QUARANTINE} in the corpus"

    def write(self, folder: Path) -> None:
        """Write it, and the table of the quarantined, into the folder of the corpus."""
        write_bytes(folder / REPORT, json.dumps(asdict(self), indent=1).encode())
        write_quarantine(folder, self.quarantined)

    @classmethod
    def read(cls, folder: Path) -> Report:
        """Return the report in the folder of a corpus.

        Raises
        ------
        IntegrityError
            If there is none.
        """
        try:
            kept: dict[str, Any] = json.loads((folder / REPORT).read_bytes())
            kept["quarantined"] = [Lost(**each) for each in kept["quarantined"]]
            return cls(**kept)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise IntegrityError(f"there is no {REPORT} in {shown(folder)}") from error


def write_quarantine(folder: Path, lost: list[Lost]) -> None:
    """Write the table of the quarantined: a header alone where there are none."""
    text = io.StringIO(newline="")
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["id", "path", "reason"])
    table.writerows([each.id, each.path, each.reason] for each in lost)
    write_bytes(folder / _QUARANTINE, text.getvalue().encode("utf-8", "backslashreplace"))


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def _place(split: str) -> tuple[int, str]:
    """Return the place of a split among the others, those that are not ours last."""
    return (SPLITS.index(split) if split in SPLITS else len(SPLITS)), split
