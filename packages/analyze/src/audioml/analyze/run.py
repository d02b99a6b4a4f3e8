"""One call of ``audioml analyze``: from what was asked to what is written and the exit code."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from audioml.core.audio.stdin import spooled
from audioml.core.cli import output
from audioml.core.errors import AudiomlError, UsageError
from audioml.core.files import shown, write_bytes
from audioml.core.plugins import registry
from audioml.core.store import Store

from .api import analyze_file
from .batch import Job, analyze_all, find_format, targets_of
from .cache import Cache
from .estimators import Listing, listings, load_estimator, names_of, variants_of
from .inputs import Input, expand
from .progress import counting

__all__ = ["Request", "formats_of", "listing", "run"]

log = logging.getLogger(__name__)


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
    quiet: bool


def formats_of(named: str | None, out: str | None) -> tuple[str, ...]:
    """Return the formats asked for: by name, or by the suffix of the output file, or jams.

    Raises
    ------
    UsageError
        If a format is not known.
    """
    known = {c.name: c for c in registry().components("format")}
    if named is None:
        suffix = Path(out).suffix if out and not Path(out).is_dir() else ""
        return (_format_of(suffix, list(known)),)
    names = tuple(dict.fromkeys(n.strip() for n in named.split(",") if n.strip()))
    for name in names:
        if name not in known:
            raise UsageError(f"format {name!r} is not one of {', '.join(sorted(known))}")
    if not names:
        raise UsageError(f"-f names no format; it takes {', '.join(sorted(known))}")
    return names


def _format_of(suffix: str, known: list[str]) -> str:
    if suffix[1:] in known:  # most are called by their suffix, and need not be imported
        return suffix[1:]
    by_suffix = {find_format(name).suffix: name for name in known} if suffix else {}
    return by_suffix.get(suffix, "jams")


def run(request: Request) -> int:
    """Analyse what was asked for and return the exit code."""
    variants = variants_of(names_of(request.estimators), request.compat)
    if "-" in request.recordings:
        return _standard_input(request, variants)
    items = expand(request.recordings)
    for name, variant in variants.items():
        load_estimator(name, variant)  # fetched and checked once, before any work starts
    several = len(items) > 1 or Path(request.recordings[0]).is_dir()
    if request.out is None and several:
        raise UsageError(f"{len(items)} recordings need a folder to write to: -o FOLDER")
    if several or _is_folder(request):
        return _many(request, items, variants)
    return _one(request, items[0].path, variants, named=True)


def _is_folder(request: Request) -> bool:
    """Tell whether -o means a folder: it is one, ends like one, or several formats go there."""
    out = request.out
    if out is None:
        return False
    return Path(out).is_dir() or out.endswith(("/", "\\")) or len(request.formats) > 1


def _standard_input(request: Request, variants: dict[str, str | None]) -> int:
    if len(request.recordings) > 1:
        raise UsageError("- stands alone: standard input is one recording")
    if len(request.formats) > 1:
        raise UsageError("standard input is written in one format; give one with -f")
    with spooled() as path:
        return _one(request, path, variants, named=False)


def _one(request: Request, path: Path, variants: dict[str, str | None], *, named: bool) -> int:
    if request.out is None and len(request.formats) > 1:
        raise UsageError("several formats need a folder to write to: -o FOLDER")
    target = Path(request.out) if request.out else None
    chosen = find_format(request.formats[0])
    if target is None and sys.stdout.isatty() and chosen.suffix in (".npz", ".mid"):
        raise UsageError(f"{request.formats[0]} is not text; name a file with -o")
    page = (target or Path(path.name)).with_suffix(".html") if request.report else None
    _refuse_overwriting([path], [p for p in (target, page) if p is not None])
    analysis = analyze_file(path, variants, cache=request.cache, named=named)
    data = chosen.encode(analysis)
    if page is not None:
        write_bytes(page, find_format("html").encode(analysis))
        if not request.quiet:
            print(f"audioml: report written to {shown(page)}", file=sys.stderr)
    if target is None:
        output.write_result(data)
    else:
        write_bytes(target, data)
    return 0


def _many(request: Request, items: list[Input], variants: dict[str, str | None]) -> int:
    formats = (*request.formats, *(("html",) if request.report else ()))
    folder = Path(request.out or ".")
    job = Job(variants, tuple(dict.fromkeys(formats)), folder, request.resume, request.cache)
    targets = [target for item in items for target in targets_of(item, job).values()]
    _refuse_overwriting([item.path for item in items], targets)
    done = skipped = 0
    failures: list[str] = []
    code = 0
    try:
        with counting(len(items)) as advance:
            for outcome in analyze_all(items, job, workers=min(request.jobs, len(items))):
                advance(shown(outcome.item.path.name))
                if outcome.error is not None:
                    failures.append(_failure(outcome.item, outcome.error))
                    if not isinstance(outcome.error, AudiomlError):
                        log.info("%s", outcome.traceback)
                    code = 1
                elif outcome.value is not None and outcome.value.skipped:
                    skipped += 1
                else:
                    done += 1
    finally:
        for line in _summary(done, skipped, failures, quiet=request.quiet):
            output.problem(line)
        if request.cache:
            Cache(Store().root / "cache" / "analyze").trim()
    return code


def _refuse_overwriting(recordings: list[Path], targets: list[Path]) -> None:
    sources = {path.resolve() for path in recordings}
    for target in targets:
        if target.resolve() in sources:
            raise UsageError(f"{shown(target)} is a recording and would be overwritten")


def _failure(item: Input, error: BaseException) -> str:
    """Return one sentence; what is not an error of audioml's own is a bug, and named as such."""
    ours = isinstance(error, AudiomlError)
    sentence = str(error) if ours else f"{type(error).__name__}: {error} (a bug; -v tells where)"
    name = shown(item.path)
    return sentence if name in sentence else f"{name}: {sentence}"


def _summary(done: int, skipped: int, failures: list[str], *, quiet: bool) -> Iterator[str]:
    for failure in failures:
        yield f"failed: {failure}"
    if not quiet:
        yield f"{done} analysed, {skipped} done before, {len(failures)} failed"


def listing() -> str:
    """Return the manifest of estimators as a table."""
    rows = [
        [each.name, each.model, each.version, each.license, each.state, each.answers]
        for each in listings()
    ]
    if not rows:
        return "no estimator is installed: pip install audioml-crema"
    text = output.table(["name", "model", "version", "licence", "state", "answers"], rows)
    figures = [_figures(each) for each in listings() if each.metrics]
    return "\n".join([text, "", *figures]) if figures else text


def _figures(each: Listing) -> str:
    figures = ", ".join(f"{name} {value:g}" for name, value in each.metrics.items())
    return f"{each.model}, as its authors measured it: {figures}"
