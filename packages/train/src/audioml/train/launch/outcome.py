"""What became of the runs of one command line."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from audioml.core.files import shown

from .state import State

__all__ = ["Launched", "gathering", "replace_all", "report"]


@dataclass(slots=True)
class Launched:
    """Folders of the runs, what they reached, and why some failed."""

    folders: list[Path] = field(default_factory=list)
    states: list[State] = field(default_factory=list)
    error: Exception | None = None

    @property
    def metric(self) -> float | None:
        """Return the optimised figure of the last run."""
        return self.states[-1].metric if self.states else None

    @property
    def failed(self) -> list[str]:
        """Return a sentence for each run of a sweep that failed."""
        pairs = zip(self.folders, self.states, strict=True)
        return [
            f"the run in {shown(folder)} did not end well: {state.error or state.status}"
            for folder, state in pairs
            if state.status != "done"
        ]

    @property
    def all_failed(self) -> bool:
        """Return whether no run ended well, so that a sweeper had nothing to choose from."""
        return bool(self.states) and len(self.failed) == len(self.states)

    @property
    def exit_code(self) -> int:
        """Return 1 if a run of a sweep has failed."""
        return 1 if self.failed else 0


_now: list[Launched] = []


@contextlib.contextmanager
def gathering() -> Iterator[Launched]:
    """Give what the runs within the block report to."""
    done = Launched()
    _now.append(done)
    try:
        yield done
    finally:
        _now.remove(done)


def report(folder: Path, state: State, error: Exception | None = None) -> None:
    """Tell how a run ended, to whoever started it in this process."""
    if _now:
        _now[-1].folders.append(folder)
        _now[-1].states.append(state)
        _now[-1].error = error


def replace_all(ended: list[tuple[Path, State]]) -> None:
    """Tell how all runs ended, whatever was told before."""
    if _now:
        _now[-1].folders[:] = [folder for folder, _ in ended]
        _now[-1].states[:] = [state for _, state in ended]
