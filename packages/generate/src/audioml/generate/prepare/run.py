"""Preparing: songs to Parquet on as many cores as there are, Parquet to a corpus on one."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from audioml.core.errors import (
    IntegrityError,
    NotFoundError,
    OutputError,
    UsageError,
    ValidationError,
    WorkerError,
)
from audioml.core.executor import Engine, engine_named, run
from audioml.core.files import shown, writing

from ..acquire.licences import UNKNOWN, identify
from ..progress import Told
from .exchange import Exchange, finish, is_exchange, is_finished
from .expanding import expand
from .report import Lost, Report
from .settings import Settings
from .songs import Song, songs_of
from .sound import Form
from .splits import warnings_of, with_splits
from .units import Unit, Work, key_of, units_of

__all__ = ["prepare"]

log = logging.getLogger(__name__)


def prepare(
    settings: Settings, *, engine: Engine | None = None, told: Told | None = None
) -> Report:
    """Make a corpus of recordings, and return what became of each.

    Work that was interrupted is taken up where it was. Nothing stands at the destination before
    all of it does.

    Parameters
    ----------
    settings
        What is wanted.
    engine
        Where the songs are worked on, instead of the engine that the settings name.
    told
        Hears how far it is.

    Raises
    ------
    NotFoundError
        If there are no recordings, or no such engine.
    ValidationError
        If not one of them can be used.
    OutputError
        If something else stands at the destination, or the disk is full.
    """
    told = told or Told()
    if not settings.source.exists():
        raise NotFoundError(f"{shown(settings.source)} does not exist")
    if is_exchange(settings.source):
        return _of_parquet(settings, told)
    return _Preparation(settings, engine, told).report()


def _of_parquet(settings: Settings, told: Told) -> Report:
    """Expand Parquet that is there already."""
    if settings.parquet is not None or settings.split is not None:
        raise UsageError(
            f"{shown(settings.source)} is Parquet, whose splits are settled; "
            "leave out --parquet and --split"
        )
    exchange = Exchange(settings.source)
    forms = {(row["rate"], row["encoding"]) for row in exchange.rows.values()}
    if len(forms) != 1:
        raise IntegrityError(f"{shown(settings.source)} has songs of {len(forms)} kinds, not of 1")
    ((rate, encoding),) = forms
    if settings.rate not in (None, rate) or settings.encoding not in (None, encoding):
        raise UsageError(
            f"{shown(settings.source)} has {encoding} at {rate} Hz; "
            "for another prepare the recordings again"
        )
    if settings.licence is not None:
        exchange.state(identify(settings.licence))
    known = [sorted((str(k), str(v)) for k, v in row.items()) for row in exchange.rows.values()]
    report = Report(fingerprint=_hash(sorted(known)), rate=rate, encoding=encoding)
    if (done := _before(settings, report.fingerprint)) is not None:
        return done
    _finish(exchange, settings, report, told)
    return report


class _Preparation:
    """One corpus in the making."""

    def __init__(self, settings: Settings, engine: Engine | None, told: Told) -> None:
        self._settings, self._told = settings, told
        self._engine = engine or engine_named(settings.engine, address=settings.master)
        self._form = Form(
            rate=settings.rate or 16000,
            encoding=settings.encoding or "mulaw",
            min_seconds=settings.min_seconds,
            keep_damaged=settings.keep_damaged,
        )
        folder = settings.destination
        self._parts = settings.parquet or folder.with_name(f".{folder.name}.preparing")
        self._failed: dict[str, str] = {}

    def report(self) -> Report:
        """Do the work that is left, and return what became of all."""
        settings, form = self._settings, self._form
        found = songs_of(settings.source, settings.licence)
        songs = with_splits(found.songs, settings)
        keys = {song.id: key_of(song, form) for song in songs}
        report = Report(
            fingerprint=_hash(sorted(keys.items())), rate=form.rate, encoding=form.encoding
        )
        done = _before(settings, report.fingerprint)
        if done is not None and (settings.parquet is None or is_finished(settings.parquet)):
            return done
        with writing(shown(self._parts)):
            self._parts.mkdir(parents=True, exist_ok=True)
        left = self._left(songs, keys)
        self._told.begin("preparing", len(songs))
        self._told.done(len(songs) - len(left))
        try:
            self._work(left, found.credits)
        except OutputError as error:
            hint = "what is ready is kept, and the same command goes on"
            raise OutputError(f"{error}; {hint}") from error
        report.quarantined += [
            Lost(s.id, s.path, self._failed[s.id]) for s in songs if s.id in self._failed
        ]
        exchange = Exchange(self._parts, finished=False)
        if not exchange.rows:
            first = report.quarantined[0].reason
            raise ValidationError(f"not one of {len(songs)} songs can be used; the first: {first}")
        finish(self._parts)
        if done is not None:  # the corpus was there, and its Parquet was not
            return done
        used = [song for song in found.songs if song.id in exchange.rows]
        report.warnings += warnings_of(used, settings)
        _finish(exchange, settings, report, self._told)
        if settings.parquet is None:
            shutil.rmtree(self._parts, ignore_errors=True)
        return report

    def _left(self, songs: Sequence[Song], keys: dict[str, str]) -> list[Song]:
        """Return the songs that are not in the Parquet yet; parts of other songs are removed."""
        wanted = set(keys.values())
        there: set[str] = set()
        for path in sorted(self._parts.glob("*.parquet")):
            found = {row.get("key") for row in Exchange(path, finished=False).rows.values()}
            if found <= wanted and not found & there:
                there |= found  # type: ignore[arg-type]  # None is never wanted
                continue
            if self._settings.parquet is not None and not self._settings.again:
                raise OutputError(
                    f"{shown(path)} holds other songs, or was made otherwise; "
                    "--again removes it, or choose another folder for --parquet"
                )
            with writing(shown(path)):
                path.unlink()
        if there:
            log.info("%d of %d songs are prepared already", len(there), len(songs))
        return [song for song in songs if keys[song.id] not in there]

    def _work(self, songs: Sequence[Song], credits_: dict[str, str]) -> None:
        if not songs:
            return
        work = Work(self._form, self._parts.absolute(), credits_)
        killed = self._run(work, units_of(songs, workers=self._settings.workers))
        for unit in killed:  # which of them was it?
            for lost in self._run(work, unit.alone()) if len(unit.songs) > 1 else [unit]:
                (song,) = lost.songs
                self._failed[song.id] = "its worker ended while it worked on it, again and again"
                self._told.done()

    def _run(self, work: Work, units: Iterable[Unit]) -> list[Unit]:
        """Do the work, and return the units whose workers died."""
        killed = []
        workers = self._settings.workers
        for outcome in run(work, units, workers=workers, engine=self._engine):
            unit: Unit = outcome.item
            if isinstance(outcome.error, WorkerError):
                log.warning("the worker of %s died: %s", unit.songs[0].id, outcome.error)
                killed.append(unit)
                continue
            done = outcome.unwrap()
            self._failed |= done.failed
            self._told.item(unit.songs[-1].id)
            self._told.done(len(unit.songs))
        return killed


def _finish(exchange: Exchange, settings: Settings, report: Report, told: Told) -> None:
    told.begin("writing", len(exchange.rows))
    unknown = sum(row["licence"] == UNKNOWN.id for row in exchange.rows.values())
    if unknown:
        report.warnings.append(
            f"the licence of {unknown} songs is unknown; state it with --licence"
        )
    expand(exchange, settings.destination, report, again=settings.again, told=told)


def _before(settings: Settings, fingerprint: str) -> Report | None:
    """Return the report of the corpus that is there already, made of the same in the same way."""
    folder: Path = settings.destination
    if settings.again or not folder.exists():
        return None
    try:
        report = Report.read(folder)
    except IntegrityError:
        report = None
    if report is None or report.fingerprint != fingerprint:
        raise OutputError(
            f"{shown(folder)} exists already and was made otherwise; "
            "--again makes it anew, or choose another name"
        )
    return report


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode("utf-8")).hexdigest()
