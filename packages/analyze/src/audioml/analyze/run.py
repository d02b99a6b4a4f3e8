"""One call of ``audioml analyze``: from what was asked to what is written and the exit code."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from audioml.core.audio import check_readable
from audioml.core.audio.stdin import spooled
from audioml.core.cli import output
from audioml.core.errors import AudiomlError, UsageError
from audioml.core.files import shown, write_bytes
from audioml.core.formats import find_format

from .api import analyze_file
from .batch import Job, analyze_all, targets_of
from .destination import is_folder, refuse_overwriting
from .estimators import load_estimator, names_of, variants_of
from .inputs import Input, expand
from .ledger import is_answered, note_answers
from .progress import listening
from .tags import missing_tags

__all__ = ["Request", "run"]

log = logging.getLogger(__name__)
_BINARY = (".npz", ".mid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the command line asked for."""

    recordings: tuple[str, ...]
    out: str | None
    formats: tuple[str, ...]
    estimators: str
    report: bool
    compat: str | None
    jobs: int
    resume: bool
    cache: bool


def run(request: Request) -> int:
    """Analyse what was asked for and return the exit code."""
    if "-" in request.recordings:
        return _standard_input(request)
    items = expand(request.recordings)
    several = len(items) > 1 or os.path.isdir(request.recordings[0])
    if request.out is None and several:
        raise UsageError(f"{len(items)} recordings need a folder to write to: -o FOLDER")
    if request.out is None and len(request.formats) > 1:
        raise UsageError("several formats need a folder to write to: -o FOLDER")
    into_folder = is_folder(request.out, several=several or len(request.formats) > 1)
    if not several:
        check_readable(items[0].path)  # before anything is fetched
    variants = _loaded(request)
    if into_folder:
        return _many(request, items, variants)
    return _one(request, items[0].path, variants)


def _loaded(request: Request) -> dict[str, str | None]:
    """Return the estimators wanted, fetched and checked once, before any work starts."""
    variants = variants_of(names_of(request.estimators), request.compat)
    for name, variant in variants.items():
        load_estimator(name, variant)
    return variants


def _standard_input(request: Request) -> int:
    if len(request.recordings) > 1:
        raise UsageError("- stands alone: standard input is one recording")
    if len(request.formats) > 1:
        raise UsageError("standard input is written in one format; give one with -f")
    if sys.stdin is not None and sys.stdin.isatty():
        output.say("reading a recording from the terminal (Ctrl-D ends it)")
    with spooled() as path:
        return _one(request, path, _loaded(request), called="standard input")


def _one(
    request: Request,
    path: Path,
    variants: Mapping[str, str | None],
    *,
    called: str | None = None,
) -> int:
    target = Path(request.out) if request.out and request.out != "-" else None
    chosen = find_format(request.formats[0])
    if target is None and output.is_terminal() and chosen.suffix in _BINARY:
        raise UsageError(f"{request.formats[0]} is not text; name a file with -o")
    page = (target or Path(path.name)).with_suffix(".html") if request.report else None
    written = [p for p in (target, page) if p is not None]
    refuse_overwriting([path], written)
    if request.resume and target is not None and is_answered(path, written, variants):
        return 0
    with listening(path) as heard, contextlib.redirect_stdout(sys.stderr):
        analysis = analyze_file(path, variants, cache=request.cache, called=called, heard=heard)
        data = chosen.encode(analysis)
    missing = missing_tags(analysis.recording)
    if analysis.recording.path is not None and missing:
        log.warning("%s has no tag for %s", shown(path), ", ".join(missing))
    if page is not None:
        write_bytes(page, find_format("html").encode(analysis))
        if not output.is_quiet():
            output.say(f"report written to {shown(page)}")
    if target is None:
        output.write_result(data)
        return 0
    write_bytes(target, data)
    note_answers(path, written, variants)
    return 0


def _many(request: Request, items: list[Input], variants: Mapping[str, str | None]) -> int:
    formats = (*request.formats, *(("html",) if request.report else ()))
    job = Job(
        variants,
        tuple(dict.fromkeys(formats)),
        Path(request.out or "."),
        resume=request.resume,
        cache=request.cache,
        log_level=output.level(),
    )
    targets = [target for item in items for target in targets_of(item, job).values()]
    refuse_overwriting([item.path for item in items], targets)
    tally = _Tally()
    try:
        with output.counting(len(items)) as advance, contextlib.redirect_stdout(sys.stderr):
            for outcome in analyze_all(items, job, workers=min(request.jobs, len(items))):
                advance(shown(outcome.item.path.name))
                if outcome.error is not None:
                    tally.failed.append(_failure(outcome.item, outcome.error))
                    if not isinstance(outcome.error, AudiomlError):
                        log.info("%s", outcome.traceback)
                elif outcome.value is not None:
                    tally.skipped += outcome.value.skipped
                    tally.done += not outcome.value.skipped
                    tally.untagged += outcome.value.untagged
    finally:
        for line in tally.lines():
            output.say(line)
    return 1 if tally.failed else 0


def _failure(item: Input, error: BaseException) -> str:
    """Return one sentence; what is not an error of audioml's own is a bug, and named as such."""
    ours = isinstance(error, AudiomlError)
    text = " ".join(str(error).split())
    sentence = text if ours else f"{type(error).__name__}: {text} (a bug; -v tells where)"
    name = shown(item.path)
    return sentence if name in sentence else f"{name}: {sentence}"


class _Tally:
    """What became of a batch."""

    def __init__(self) -> None:
        self.done = self.skipped = self.untagged = 0
        self.failed: list[str] = []

    def lines(self) -> Iterator[str]:
        for failure in self.failed:
            yield f"failed: {failure}"
        if output.is_quiet():
            return
        if self.untagged:
            yield f"{self.untagged} without a tag for title, artist or album"
        yield f"{self.done} analysed, {self.skipped} done before, {len(self.failed)} failed"
