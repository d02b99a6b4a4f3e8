"""Puts the parts together that the settings describe."""

from __future__ import annotations

import contextlib
import logging
import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np

from audioml.core.decoders import Windows
from audioml.core.errors import AudiomlError, UsageError
from audioml.core.files import shown
from audioml.core.models.load import load
from audioml.core.pipeline import Pipeline
from audioml.core.stages import Estimator, Session
from audioml.core.values import Audio, Tensors

from .dispatch import Dispatcher
from .ending import Ending
from .journal import JOURNAL, Finished, Journal
from .lock import LOCK, locked
from .outputs import Outputs
from .pickled import process
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
from .worker import DELAYS, Worker

__all__ = ["DEFAULT", "archive_folder", "check_fit", "estimator", "records", "sinks", "watcher"]


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


def check_fit(model: Estimator) -> None:
    """Run a model on a window of silence: what does not fit is told before a file is blamed.

    Raises
    ------
    UsageError
        If the model cannot be run on its features.
    """
    window = getattr(getattr(model, "extractor", None), "window", None)
    rate = model.spec.rate
    if not isinstance(model, Pipeline) or window is None or rate is None:
        return
    try:
        silence = np.zeros((model.spec.channels or 1, round(window * rate)), np.float32)
        model.predict(Audio(silence, rate))
    except AudiomlError as error:
        raise UsageError(f"{model.spec.name} does not fit its description: {error}") from error


def records(settings: Settings, model: Estimator) -> Records:
    """Return what makes records of results.

    Raises
    ------
    UsageError
        If a threshold is for a label that the model has not.
    """
    told = settings.records
    labels = _labels(model)
    made = Records(
        # windows of a model without labels have nothing to say unless embeddings are wanted
        kind="files" if labels == () and not told.values else told.records,  # type: ignore[arg-type]
        threshold=_threshold(settings, labels or ()),
        smoothing=told.smoothing,
        top=told.top or None,
        window=getattr(getattr(model, "extractor", None), "window", None),
        values=told.values,
    )
    if labels is not None:
        made.check(labels)
    return made


def _threshold(settings: Settings, labels: Sequence[str]) -> float | dict[str, float] | None:
    told = settings.records
    common = told.threshold if told.threshold >= 0 else None
    if not told.thresholds:
        return common
    return {**(dict.fromkeys(labels, common) if common is not None else {}), **told.thresholds}


def _labels(model: Estimator) -> tuple[str, ...] | None:
    """Return the labels of a model's scores; None where only its answers tell."""
    decoder = getattr(model, "decoder", None)
    if not isinstance(decoder, Windows):
        return None
    named = decoder.labels
    return tuple(chain.from_iterable(named.values())) if isinstance(named, Mapping) else named


def sinks(
    settings: Settings, model: Estimator, default: Sequence[SinkSettings]
) -> tuple[list[FileSink], dict[str, EventSink]]:
    """Return the sinks that write files, and those that take records, by name."""
    files: list[FileSink] = []
    events: dict[str, EventSink] = {}
    for told in settings.sinks or default:
        options = dict(told.options)
        if told.kind == "csv" and _labels(model):
            options.setdefault("labels", _labels(model))
        sink = make(told.kind, told.to, folder=settings.output, options=options)
        if isinstance(sink, EventSink):
            events[public(told)] = sink
        else:
            files.append(sink)
    return files, events


def public(told: SinkSettings) -> str:
    """Return what a sink is called, without the user and the password that may be in its URL."""
    if not told.to:
        return told.kind
    return f"{told.kind}:{_SECRET.sub('//', told.to)}"


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
    archive = archive_folder(settings, folder)
    model = estimator(settings)
    check_fit(model)
    file_sinks, event_sinks = sinks(settings, model, DEFAULT)
    watched = Folder(folder, _watching(settings))
    notifier, ending = Notifier(), Ending(watched.wake)
    outputs = Outputs(output, file_sinks)

    def check() -> None:
        notifier.progress()
        ending.check()

    written = outputs.exists
    with locked(output / LOCK), contextlib.closing(Journal(output / JOURNAL, written)) as journal:
        _look_back(journal, event_sinks, model)
        worker = Worker(
            folder,
            journal=journal,
            estimator=_interruptible(model, check),
            outputs=outputs,
            records=records(settings, model),
            sinks=tuple(event_sinks),
            present=watched.present,
            check=check,
            changed=watched.settle,
            delays=(0.0, 0.0) if once else DELAYS,
        )
        yield Watcher(
            folder=watched,
            worker=worker,
            journal=journal,
            dispatcher=Dispatcher(journal.path, event_sinks, limit=settings.service.outbox),
            housekeeper=Housekeeper(
                folder,
                journal,
                after=settings.files.after,
                archive=archive,
                disk=settings.disk,
                present=watched.present,
            ),
            notifier=notifier,
            counts=Counts(),
            ending=ending,
            newest=settings.files.order == "newest",
            once=once,
            told=told,
        )


def _look_back(journal: Journal, sinks: Mapping[str, EventSink], model: Estimator) -> None:
    """Say what is left of before: records of sinks that are not there now, another model."""
    journal.trim("stdout", 0)  # what nobody read then, nobody waits for now
    for sink, number in journal.unsent().items():
        if sink not in sinks:
            log.warning(
                "%d records wait for %s, which is no sink now; to drop them: "
                "audioml edge forget %s --sink %s",
                *(number, sink, shown(journal.path.parent), shlex.quote(sink)),
            )
    bad = journal.given_up()
    if bad:
        log.warning(
            "%d recordings were given up before; to try them again: audioml edge retry %s",
            *(bad, shown(journal.path.parent)),
        )
    now, before = model.spec.manifest, journal.told("model")
    if before not in (None, now) and journal.analysed():
        log.warning(
            "files that are known were analysed with another model and are not analysed again; "
            "to analyse all of them with this one, choose another --output"
        )
    journal.note("model", now)


def _interruptible(model: Estimator, check: Callable[[], None]) -> Estimator:
    process.while_waiting = check
    if isinstance(model, Pipeline):
        return replace(model, session=_Interruptible(model.session, check))
    return model


log = logging.getLogger(__name__)
_SECRET = re.compile(r"//[^/@]*(:[^/@]*)?@")
DEFAULT = (SinkSettings(kind="npz"), SinkSettings(kind="jsonl"))


def _folder(settings: Settings) -> Path:
    """Return the folder to watch; one that was watched before may be away for the moment."""
    folder = settings.folder
    if folder.is_dir() or (settings.output / JOURNAL).exists():
        return folder
    if folder.exists():
        raise UsageError(f"{shown(folder)} is a file; name the folder to watch")
    raise UsageError(f"{shown(folder)} does not exist; make it, or name another folder to watch")


def archive_folder(settings: Settings, folder: Path) -> Path:
    """Return where analysed audio goes.

    Raises
    ------
    UsageError
        If it shall go somewhere and nowhere is named, or the place is watched too.
    """
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
