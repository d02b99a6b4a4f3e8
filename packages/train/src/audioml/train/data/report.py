"""What became of a data set, in one place: for people, and as JSON beside the corpus."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from audioml.core.corpus.splits import SPLITS
from audioml.core.files import shown, write_bytes

from .alignment import SURE
from .items import Problem

__all__ = ["REPORT", "FileReport", "Report", "SplitReport"]

REPORT = "report.json"
_SHOWN = 10
_LATE = 30.0  # ms: more than that is heard, and more than half of what scores forgive


@dataclass(frozen=True, slots=True)
class FileReport:
    """One recording that was used.

    ``offset_ms`` is above 0 where the sound comes later than its labels; ``confidence`` is from 0
    to 1; both are None where nothing can be told. ``covered`` is the share of the sound before the
    last label's end.
    """

    name: str
    split: str
    seconds: float
    offset_ms: float | None
    confidence: float | None
    corrected: bool
    covered: float | None

    @property
    def is_off(self) -> bool:
        """Return whether labels and sound are apart, as far as one can be sure."""
        sure = self.confidence is not None and self.confidence >= SURE
        return sure and not self.corrected and abs(self.offset_ms or 0.0) > _LATE


@dataclass(frozen=True, slots=True)
class SplitReport:
    """How much is in a split."""

    recordings: int
    groups: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a data set.

    ``digest`` is the SHA-256 of all samples and labels, which names the data of a run.
    """

    corpus: Path
    digest: str
    files: tuple[FileReport, ...]
    splits: dict[str, SplitReport]
    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        """Write it as JSON."""
        tree = asdict(self) | {"corpus": str(self.corpus)}
        text = json.dumps(tree, indent=1, ensure_ascii=False, default=str)
        write_bytes(path, text.encode("utf-8", "backslashreplace") + b"\n")

    @classmethod
    def read(cls, path: Path) -> Report:
        """Return the report that lies beside a corpus."""
        tree = json.loads(path.read_bytes())
        return cls(
            corpus=Path(tree["corpus"]),
            digest=tree["digest"],
            files=tuple(FileReport(**each) for each in tree["files"]),
            splits={name: SplitReport(**each) for name, each in tree["splits"].items()},
            problems=tuple(Problem(**each) for each in tree["problems"]),
            warnings=tuple(tree["warnings"]),
            settings=tree["settings"],
        )

    def lines(self) -> Iterator[str]:
        """Yield what a person wants to know, each a sentence."""
        yield from problem_lines(self.problems)
        for file in [f for f in self.files if f.is_off][:_SHOWN]:
            yield (
                f"{shown(file.name)}: the sound comes {file.offset_ms:+.0f} ms after its labels "
                f"(confidence {file.confidence:.2f}); align=correct takes that out"
            )
        yield from self.warnings
        for name in SPLITS:
            if split := self.splits.get(name):
                yield (
                    f"{name}: {split.recordings} recordings of {split.groups} groups, "
                    f"{split.seconds / 3600:.2f} h"
                )
        yield f"corpus written to {shown(self.corpus)}"


def problem_lines(problems: tuple[Problem, ...]) -> Iterator[str]:
    """Yield how many problems there are of each kind, and the first of them."""
    for kind, count in sorted(Counter(problem.kind for problem in problems).items()):
        these = [p for p in problems if p.kind == kind]
        yield f"{count} left out: {kind}"
        for problem in these[:_SHOWN]:
            named = "" if problem.file in problem.reason else f"{shown(problem.file)}: "
            yield f"  {named}{problem.reason}"
        if count > _SHOWN:
            yield f"  and {count - _SHOWN} more, see {REPORT}"
