"""Puts the parts together that the settings describe."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

from audioml.core.decoders import Windows
from audioml.core.errors import UsageError
from audioml.core.files import shown
from audioml.core.models.load import load
from audioml.core.pipeline import Pipeline
from audioml.core.stages import Estimator, Session
from audioml.core.values import Tensors

from .dispatch import Dispatcher
from .ending import Ending
from .journal import JOURNAL, Finished, Journal
from .lock import LOCK, locked
from .outputs import Outputs
from .records import Records
from .service.counts import Counts
from .service.disk import Housekeeper
from .service.notify import Notifier
from .settings import Settings, SinkSettings
from .sinks import make
from .sinks.base import EventSink, FileSink
from .watch.folder import Folder, Watching
from .watch.wanted import Wanted
from .watcher import Watcher
from .worker import Worker

__all__ = ["DEFAULT", "estimator", "records", "sinks", "watcher"]


def estimator(settings: Settings) -> Estimator:
    """Return the model that the settings name.

    Raises
    ------
    UsageError
        If they name none.
    """
    ref = settings.model.model
    if not ref:
        raise UsageError("name the model: --model model.tflite, or `model` in the configuration")
    beside = settings.place(ref)
    model: Estimator = load(
        beside if beside.exists() else ref,
        variant=settings.model.variant or None,
        threads=settings.model.threads,
    )
    return model


def records(settings: Settings, model: Estimator) -> Records:
    """Return what makes records of results."""
    told = settings.records
    threshold: Any = dict(told.thresholds) or (told.threshold if told.threshold >= 0 else None)
    labels = _labels(model)
    made = Records(
        # windows of a model without labels have nothing to say unless embeddings are wanted
        kind="files" if labels == () and not told.values else told.records,  # type: ignore[arg-type]
        threshold=threshold,
        smoothing=told.smoothing,
        top=told.top or None,
        window=getattr(getattr(model, "extractor", None), "window", None),
        values=told.values,
    )
    if labels is not None:
        made.check(labels)
    return made


def _labels(model: Estimator) -> tuple[str, ...] | None:
    """Return the labels of a model's scores; None where only its answers tell."""
    decoder = getattr(model, "decoder", None)
    if not isinstance(decoder, Windows):
        return None
    named = decoder.labels
    return tuple(chain.from_iterable(named.values())) if isinstance(named, Mapping) else named


def sinks(
    settings: Settings, default: Sequence[SinkSettings]
) -> tuple[list[FileSink], dict[str, EventSink]]:
    """Return the sinks that write files, and those that take records, by name."""
    files: list[FileSink] = []
    events: dict[str, EventSink] = {}
    for told in settings.sinks or default:
        sink = make(told.kind, told.to, folder=settings.output, options=told.options)
        if isinstance(sink, EventSink):
            events[f"{told.kind}:{told.to}" if told.to else told.kind] = sink
        else:
            files.append(sink)
    return files, events


class _Interruptible:
    """A session before each run of which something is called."""

    def __init__(self, session: Session, before: Callable[[], None]) -> None:
        self.inputs, self.outputs = session.inputs, session.outputs
        self.concurrent = session.concurrent
        self._session, self._before = session, before

    def run(self, feeds: Tensors, /) -> Tensors:
        self._before()
        return self._session.run(feeds)


@contextlib.contextmanager
def watcher(
    settings: Settings,
    *,
    once: bool = False,
    told: Callable[[Sequence[Finished]], None] = lambda _finished: None,
) -> Iterator[Watcher]:
    """Give a watcher, alone with its journal.

    Raises
    ------
    UsageError
        If a setting makes no sense, or another process watches with this journal.
    """
    folder, output = _folder(settings), settings.output
    archive = _archive(settings, folder)
    model = estimator(settings)
    file_sinks, event_sinks = sinks(settings, DEFAULT)
    watched = Folder(folder, _watching(settings))
    notifier, ending = Notifier(), Ending(watched.wake)
    outputs = Outputs(output, file_sinks)

    def check() -> None:
        notifier.progress()
        ending.check()

    written = outputs.exists
    with locked(output / LOCK), contextlib.closing(Journal(output / JOURNAL, written)) as journal:
        _forget_sinks(journal, event_sinks)
        worker = Worker(
            folder,
            journal=journal,
            estimator=_interruptible(model, check),
            outputs=outputs,
            records=records(settings, model),
            sinks=tuple(event_sinks),
            present=watched.present,
            check=check,
        )
        yield Watcher(
            folder=watched,
            worker=worker,
            journal=journal,
            dispatcher=Dispatcher(journal.path, event_sinks),
            housekeeper=Housekeeper(folder, journal, settings.files.after, archive, settings.disk),
            notifier=notifier,
            counts=Counts(),
            ending=ending,
            newest=settings.files.order == "newest",
            once=once,
            told=told,
        )


def _forget_sinks(journal: Journal, sinks: Mapping[str, EventSink]) -> None:
    """Drop what waits for sinks that there are no more; what was printed last time is such too."""
    dropped = journal.keep_outbox(name for name in sinks if name != "stdout")
    if dropped:
        log.info("%d records for sinks of before are dropped", dropped)


def _interruptible(model: Estimator, check: Callable[[], None]) -> Estimator:
    if isinstance(model, Pipeline):
        return replace(model, session=_Interruptible(model.session, check))
    return model


log = logging.getLogger(__name__)
DEFAULT = (SinkSettings(kind="npz"), SinkSettings(kind="jsonl"))


def _folder(settings: Settings) -> Path:
    """Return the folder to watch; one that was watched before may be away for the moment."""
    folder = settings.folder
    if folder.is_dir() or (settings.output / JOURNAL).exists():
        return folder
    if folder.exists():
        raise UsageError(f"{shown(folder)} is a file; name the folder to watch")
    raise UsageError(f"{shown(folder)} does not exist; make it, or name another folder to watch")


def _archive(settings: Settings, folder: Path) -> Path:
    told = settings.files.archive
    if settings.files.after == "archive" and not told:
        raise UsageError("`after = archive` needs `archive`, the folder for analysed audio")
    archive = settings.place(told)
    if told and archive.resolve().is_relative_to(folder.resolve()):
        raise UsageError(
            f"archive {shown(archive)} lies in the folder that is watched; move it out"
        )
    return archive


def _watching(settings: Settings) -> Watching:
    files = settings.files
    return Watching(
        wanted=Wanted(files.pattern, files.ignore),
        recursive=files.recursive,
        settle=files.settle,
        rescan=files.rescan,
        poll=files.poll or None,
    )
