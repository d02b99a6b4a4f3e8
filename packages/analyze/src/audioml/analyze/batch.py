"""Many recordings: each analysed and written by itself, failures kept apart."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from audioml.core.cli import output
from audioml.core.executor import Outcome, run
from audioml.core.files import write_bytes
from audioml.core.formats import find_format

from .api import analyze_file
from .inputs import Input
from .ledger import is_answered, note_answers
from .tags import missing_tags

__all__ = ["Job", "Written", "analyze_all", "targets_of"]


@dataclass(frozen=True, slots=True)
class Job:
    """How every recording of a run is analysed and written.

    ``variants`` maps each estimator to the variant that it is loaded in.
    """

    variants: Mapping[str, str | None]
    formats: tuple[str, ...]
    folder: Path
    resume: bool = False
    cache: bool = True
    log_level: int = 0


@dataclass(frozen=True, slots=True)
class Written:
    """What became of one recording; nothing was done where its outputs stood already."""

    paths: tuple[Path, ...]
    skipped: bool = False
    untagged: bool = False


def targets_of(item: Input, job: Job) -> dict[str, Path]:
    """Return the path that each format of a job writes for a recording."""
    stem = job.folder / item.stem
    return {f: stem.with_name(stem.name + find_format(f).suffix) for f in job.formats}


def analyze_all(
    items: Sequence[Input], job: Job, *, workers: int = 1
) -> Iterator[Outcome[Input, Written]]:
    """Yield what became of each recording, as they are done."""
    yield from run(functools.partial(_analyze_one, job), items, workers=workers)


def _analyze_one(job: Job, item: Input) -> Written:
    output.continue_logging(job.log_level)
    targets = targets_of(item, job)
    paths = tuple(targets.values())
    if job.resume and is_answered(item.path, paths, job.variants):
        return Written(paths, skipped=True)
    analysis = analyze_file(item.path, job.variants, cache=job.cache)
    encoded = {targets[name]: find_format(name).encode(analysis) for name in job.formats}
    for path, data in encoded.items():
        write_bytes(path, data)
    note_answers(item.path, paths, job.variants)
    return Written(paths, untagged=bool(missing_tags(analysis.recording)))
