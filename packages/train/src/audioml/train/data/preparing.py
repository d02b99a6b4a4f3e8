"""From a folder of recordings to a corpus: paired, checked, split, and reported."""

from __future__ import annotations

import hashlib
import importlib.util
import math
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from audioml.core.cli.output import counting
from audioml.core.corpus import CorpusWriter
from audioml.core.corpus.splits import SPLITS
from audioml.core.errors import AudioError, AudiomlError, OutputError, ValidationError
from audioml.core.executor import Engine, run
from audioml.core.files import replacing_folder, shown, writing

from .grouping import splits_of
from .items import Item, Problem
from .labels import Labels
from .report import REPORT, FileReport, Report, SplitReport
from .settings import Settings
from .sources import parse
from .staging import LabelError, LabelTooLongError, Stage, Staged, is_corrected, stage_key
from .tables import KINDS, LabelWriter

__all__ = ["prepare"]

_UNMATCHED = ("ambiguous", "audio without labels", "labels without audio", "missing file")
_TOO_LONG = "labels too long"


def prepare(
    settings: Settings | None = None, *, engine: Engine | None = None, **given: Any
) -> Report:
    """Make a corpus of a folder of recordings, and return what became of each.

    Work that was interrupted is taken up where it was. Nothing stands at the destination before
    all of it does.

    Parameters
    ----------
    settings
        What is wanted; or its fields by name.
    engine
        Where the recordings are worked on, instead of this machine; it must see the same files.

    Raises
    ------
    NotFoundError
        If there are no recordings.
    ValidationError
        If none can be used, or one that cannot be used is to end the work.
    OutputError
        If something else stands at the destination, or the disk is full.
    """
    settings = settings or Settings.of(given)
    found = parse(settings)
    _refuse(found.problems if settings.unmatched == "stop" else (), _UNMATCHED)
    if not found.items:
        raise ValidationError(_nothing_left(found.problems))
    fingerprint = _fingerprint(found.items, settings)
    if (done := _before(settings, fingerprint)) is not None:
        return done
    folder = settings.destination_path
    work = folder.with_name(f".{folder.name}.preparing")
    with writing(shown(work)):
        work.mkdir(parents=True, exist_ok=True)
    ready, problems = _staged(found.items, settings, work, engine)
    problems = [*found.problems, *problems]
    _refuse(problems if settings.long_label == "stop" else (), (_TOO_LONG,))
    if not ready:
        raise ValidationError(_nothing_left(problems))
    made = _Corpus(settings, work, ready, tuple(problems), fingerprint).write()
    shutil.rmtree(work, ignore_errors=True)
    return made


def _nothing_left(problems: tuple[Problem, ...] | list[Problem]) -> str:
    first = f"{shown(problems[0].file)}: {problems[0].reason}" if problems else "nothing was found"
    return f"no recording can be used, {len(problems)} were left out, the first is {first}"


def _refuse(problems: tuple[Problem, ...] | list[Problem], kinds: tuple[str, ...]) -> None:
    wrong = [problem for problem in problems if problem.kind in kinds]
    if wrong:
        named = "; ".join(f"{shown(p.file)}: {p.reason}" for p in wrong[:5])
        more = f"; and {len(wrong) - 5} more" if len(wrong) > 5 else ""
        setting = "long_label" if _TOO_LONG in kinds else "unmatched"
        raise ValidationError(
            f"{len(wrong)} file(s) cannot be used ({named}{more}); {setting}=skip leaves them out"
        )


def _fingerprint(items: tuple[Item, ...], settings: Settings) -> str:
    """Return a hash of all that the corpus will be made of."""
    told = asdict(settings)
    for name in ("workers", "again", "destination_path"):
        told.pop(name)
    digest = hashlib.sha256(repr(sorted(told.items(), key=lambda pair: pair[0])).encode())
    for item in items:
        digest.update(f"{stage_key(item, settings)} {item.split} {item.piece}".encode())
    return digest.hexdigest()


def _before(settings: Settings, fingerprint: str) -> Report | None:
    """Return the report of the corpus that is there already, made of the same in the same way."""
    folder = settings.destination_path
    if settings.again or not folder.exists():
        return None
    try:
        report = Report.read(folder / REPORT)
        same = report.settings.get("fingerprint") == fingerprint
    except (OSError, ValueError, KeyError, TypeError):
        same = False
    if not same:
        raise OutputError(
            f"{shown(folder)} exists already and was made otherwise; "
            "again=true makes it anew, or choose another destination_path"
        )
    return report


def _workers(settings: Settings, items: int) -> int:
    if settings.workers is not None:
        return settings.workers
    if importlib.util.find_spec("joblib") is None:
        return 1
    return max(1, min(os.cpu_count() or 1, items))


def _staged(
    items: tuple[Item, ...], settings: Settings, work: Path, engine: Engine | None
) -> tuple[list[tuple[Item, Staged]], list[Problem]]:
    ready: list[tuple[Item, Staged]] = []
    problems: list[Problem] = []
    stage, workers = Stage(settings, work), _workers(settings, len(items))
    with counting(len(items), "preparing") as advance:
        for outcome in run(stage, items, workers=workers, engine=engine):
            item = outcome.item
            advance(item.name)
            if outcome.value is not None:
                ready.append((item, outcome.value))
            else:
                problems.append(_problem(item, outcome.error, settings))
    ready.sort(key=lambda pair: pair[0].name)
    return ready, sorted(problems, key=lambda problem: problem.file)


def _problem(item: Item, error: BaseException | None, settings: Settings) -> Problem:
    """Return what is wrong with a recording, or raise it where that ends the work."""
    reason = str(error)
    root = settings.source_path
    if isinstance(error, LabelTooLongError):
        return Problem(_TOO_LONG, _relative(item.label or item.audio, root), reason)
    if isinstance(error, LabelError):
        if settings.unmatched == "stop":
            raise error
        return Problem("unreadable labels", _relative(item.label or item.audio, root), reason)
    if isinstance(error, AudioError):
        if settings.corrupt == "stop":
            raise AudioError(f"{reason}; corrupt=skip leaves such files out") from error
        return Problem("corrupt audio", _relative(item.audio, root), reason)
    if isinstance(error, AudiomlError) or error is None:
        raise error or ValidationError(f"nothing came back for {item.name!r}")
    raise error


def _relative(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


@dataclass(frozen=True, slots=True)
class _Corpus:
    """Writes what lies ready as a corpus."""

    settings: Settings
    work: Path
    ready: list[tuple[Item, Staged]]
    problems: tuple[Problem, ...]
    fingerprint: str

    def write(self) -> Report:
        settings = self.settings
        items = [item for item, _ in self.ready]
        digests = {item.name: staged.digest for item, staged in self.ready}
        splits, warnings = splits_of(items, digests, settings)
        sizes = {name: sum(getattr(s, name) for _, s in self.ready) for name in KINDS}
        facts = sorted({name for item in items for name in item.facts})
        whole = hashlib.sha256()
        folder = settings.destination_path
        with replacing_folder(folder, again=settings.again) as made:
            labels = LabelWriter(made / "labels", sizes)
            inner = made / "corpus"
            with CorpusWriter(
                inner, rate=settings.sample_rate, shard_bytes=settings.shard_bytes
            ) as corpus:
                for item, staged in self.ready:
                    known = staged.labels(self.work)
                    columns = labels.append(known) | self._columns(item, staged, known)
                    group, split = splits[item.name]
                    columns |= {"group": group, "split": split}
                    columns |= {f"fact_{name}": _text(item.facts.get(name)) for name in facts}
                    corpus.append(item.name, staged.audio(self.work), **columns)
                    whole.update(_digest(item, staged, known, split))
            labels.close()
            for path in inner.iterdir():
                path.rename(made / path.name)
            inner.rmdir()
            report = self._report(splits, warnings, whole.hexdigest())
            report.write(made / REPORT)
        return report

    def _columns(self, item: Item, staged: Staged, labels: Labels) -> dict[str, Any]:
        found = staged.alignment
        return {
            "path": _relative(item.audio, self.settings.source_path),
            "labelled": staged.labelled,
            "piece": item.piece,
            "artist": item.artist,
            "classes": list(labels.classes) or None,
            "values": list(labels.values) or None,
            "offset": found.offset if found else math.nan,  # a column keeps its type
            "confidence": found.confidence if found else math.nan,
        }

    def _report(
        self, splits: Mapping[str, tuple[str, str]], warnings: list[str], digest: str
    ) -> Report:
        files = tuple(self._files(splits))
        found = {
            split: SplitReport(
                sum(f.split == split for f in files),
                len({splits[f.name][0] for f in files if f.split == split}),
                round(sum(f.seconds for f in files if f.split == split), 3),
            )
            for split in SPLITS
        }
        told = {name: str(value) for name, value in asdict(self.settings).items()}
        return Report(
            self.settings.destination_path,
            digest,
            files,
            found,
            self.problems,
            (*warnings, *self._damaged()),
            {**told, "fingerprint": self.fingerprint},
        )

    def _damaged(self) -> Iterator[str]:
        yield from (staged.damage for _, staged in self.ready if staged.damage)

    def _files(self, splits: Mapping[str, tuple[str, str]]) -> Iterator[FileReport]:
        for item, staged in self.ready:
            seconds, found = staged.samples / self.settings.sample_rate, staged.alignment
            has_times = staged.notes or staged.segments
            yield FileReport(
                name=item.name,
                split=splits[item.name][1],
                seconds=round(seconds, 3),
                offset_ms=round(found.offset * 1000, 1) if found else None,
                confidence=round(found.confidence, 3) if found else None,
                corrected=found is not None and is_corrected(self.settings, found),
                covered=round(min(staged.end / seconds, 1.0), 3) if has_times else None,
            )


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _digest(item: Item, staged: Staged, labels: Labels, split: str) -> bytes:
    digest = hashlib.sha256(f"{item.name} {staged.digest} {split}".encode())
    for table in (labels.notes, labels.pedal, labels.segments):
        digest.update(table.tobytes())
    digest.update(repr((labels.texts, labels.classes, labels.values)).encode())
    return digest.digest()
