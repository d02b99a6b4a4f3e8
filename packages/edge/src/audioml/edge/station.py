"""Puts the parts together that the settings describe."""

from __future__ import annotations

import contextlib
import logging
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from audioml.core.errors import UsageError
from audioml.core.files import shown
from audioml.core.pipeline import Pipeline
from audioml.core.stages import Estimator, Session
from audioml.core.values import Tensors

from .database import JOURNAL, Database
from .dispatch import Dispatcher
from .ending import Ending
from .journal import Journal
from .lock import LOCK, locked
from .outbox import Outbox
from .outputs import Outputs
from .parts import DEFAULT, check_fit, estimator, records, sinks
from .pickled import process
from .rows import Finished
from .service.counts import Counts
from .service.disk import Housekeeper
from .service.notify import Notifier
from .settings import Settings
from .sinks.base import EventSink
from .watch.folder import Folder, Watching
from .watch.wanted import Wanted
from .watcher import Watcher
from .worker import DELAYS, Worker

__all__ = ["archive_folder", "watcher"]

log = logging.getLogger(__name__)


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
    outputs = Outputs(output, file_sinks)
    with locked(output / LOCK), contextlib.closing(Database(output / JOURNAL)) as database:
        journal = Journal(database, outputs.exists)
        _look_back(database, journal, event_sinks, model)
        yield _assembled(
            settings,
            model,
            database=database,
            journal=journal,
            outputs=outputs,
            sinks=event_sinks,
            archive=archive,
            once=once,
            told=told,
        )


def _assembled(
    settings: Settings,
    model: Estimator,
    *,
    database: Database,
    journal: Journal,
    outputs: Outputs,
    sinks: Mapping[str, EventSink],
    archive: Path,
    once: bool,
    told: Callable[[Sequence[Finished]], None],
) -> Watcher:
    folder = settings.folder
    watched = Folder(folder, _watching(settings))
    notifier, ending = Notifier(), Ending(watched.wake)

    def check() -> None:
        notifier.progress()
        ending.check()

    worker = Worker(
        folder,
        journal=journal,
        estimator=_interruptible(model, check),
        outputs=outputs,
        records=records(settings, model),
        sinks=tuple(sinks),
        present=watched.present,
        check=check,
        changed=watched.settle,
        delays=(0.0, 0.0) if once else DELAYS,
    )
    housekeeper = Housekeeper(
        folder,
        journal,
        after=settings.files.after,
        archive=archive,
        disk=settings.disk,
        present=watched.present,
    )
    return Watcher(
        folder=watched,
        worker=worker,
        database=database,
        journal=journal,
        dispatcher=Dispatcher(database.path, sinks, limit=settings.service.outbox),
        housekeeper=housekeeper,
        notifier=notifier,
        counts=Counts(),
        ending=ending,
        newest=settings.files.order == "newest",
        once=once,
        told=told,
    )


def _look_back(
    database: Database, journal: Journal, sinks: Mapping[str, EventSink], model: Estimator
) -> None:
    """Say what is left of before: records of sinks that are not there now, another model."""
    outbox, place = Outbox(database), shown(database.path.parent)
    outbox.trim("stdout", 0)  # what nobody read then, nobody waits for now
    for sink, number in outbox.unsent().items():
        if sink not in sinks:
            log.warning(
                "%d records wait for %s, which is no sink now; to drop them: "
                "audioml edge forget %s --sink %s",
                *(number, sink, place, shlex.quote(sink)),
            )
    if bad := journal.count("bad"):
        log.warning(
            "%d recordings were given up before; to try them again: audioml edge retry %s",
            *(bad, place),
        )
    now, before = model.spec.manifest, database.told("model")
    if before not in (None, now) and journal.count("done"):
        log.warning(
            "files that are known were analysed with another model and are not analysed again; "
            "to analyse all of them with this one, choose another --output"
        )
    database.note("model", now)


def _interruptible(model: Estimator, check: Callable[[], None]) -> Estimator:
    process.while_waiting = check
    if isinstance(model, Pipeline):
        return replace(model, session=_Interruptible(model.session, check))
    return model


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
