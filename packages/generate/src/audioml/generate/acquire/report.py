"""What became of the items of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["Report"]

_TOLD = 20  # reasons of failures that are told


@dataclass(slots=True)
class Report:
    """Counts, and the reasons of failures.

    Parameters
    ----------
    fetched, bytes
        Recordings that were got in this run, and their size.
    before
        Those that had been got before.
    refused
        Those that were not asked for, by their licences.
    failed
        The name and the reason of each that could not be had.
    """

    fetched: int = 0
    bytes: int = 0
    before: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def kept(self) -> int:
        """Return how many recordings of those asked for are there now."""
        return self.fetched + self.before

    def failures(self) -> Iterator[str]:
        """Yield a line for each reason of failures, up to twenty."""
        names: dict[str, list[str]] = {}
        for name, reason in self.failed.items():
            names.setdefault(reason, []).append(name)
        for reason, group in [*names.items()][:_TOLD]:
            more = f" and {len(group) - 1} more" if len(group) > 1 else ""
            yield f"failed: {group[0]}{more}: {reason}"
        if len(names) > _TOLD:
            rest = sum(map(len, [*names.values()][_TOLD:]))
            yield f"failed: {rest} more for other reasons; -v tells each as it happens"

    def summary(self) -> str:
        """Return all counts in one line."""
        text = f"{self.fetched} fetched ({_size(self.bytes)}), {self.before} there before, "
        text += f"{self.refused.total()} refused by licence"
        often = ", ".join(f"{name}: {n}" for name, n in self.refused.most_common())
        return f"{text}{f' ({often})' if often else ''}, {len(self.failed)} failed"


def _size(count: int) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            break
        count /= 1000  # type: ignore[assignment]
    return f"{count:.3g} {unit}" if count < 1000 else f"{count:.0f} {unit}"
