"""The ledger: a row for each run, in SQLite or any database that SQLAlchemy speaks to."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, select

from audioml.core.errors import NotFoundError, UsageError
from audioml.core.files import shown

from .criteria import condition, names_in, order
from .engine import as_url, connect, file_of, open_engine
from .errors import LedgerError
from .filters import Name, parse, parse_name
from .manifest import MANIFEST, Manifest, read_manifest
from .plain import timestamp
from .rows import put, remove
from .tables import SCHEMA_VERSION, about, metadata, metrics, runs, settings

__all__ = ["Ledger", "Run"]


@dataclass(frozen=True, slots=True)
class Run:
    """A run of the ledger: where it lies, and its manifest as it was recorded."""

    folder: Path
    manifest: Manifest

    @property
    def id(self) -> str:
        """Return the id of the run."""
        return self.manifest.id

    @property
    def metrics(self) -> dict[str, float | None]:
        """Return the metrics; None for one that was not finite."""
        return self.manifest.metrics


class Ledger:
    """The runs that were recorded.

    Parameters
    ----------
    url
        A SQLAlchemy URL, or the path of an SQLite file. In SQLite, folders of runs below the folder
        of the file are kept relative to it, so that all may be moved together.
    create
        Whether to make the ledger where there is none.

    Raises
    ------
    NotFoundError
        If there is none and ``create`` is false.
    LedgerError
        If it cannot be opened, or is of a later schema.
    """

    def __init__(self, url: str | Path, *, create: bool = True) -> None:
        self.url = as_url(str(url))
        file = file_of(self.url)
        self.root = file.parent if file else None
        if file is not None and not create and not file.exists():
            raise NotFoundError(
                f"no run has been recorded in {shown(file)}; name another ledger by --ledger, or "
                "read the runs on disk by `audioml train runs --rebuild`"
            )
        self._engine = open_engine(self.url)
        self._prepare()

    def add(self, manifest: Manifest, *, folder: str | Path) -> None:
        """Write a run, in the place of what was known of it.

        Raises
        ------
        LedgerError
            If it cannot be written.
        """
        with connect(self._engine) as connection:
            put(connection, manifest, self._kept(Path(folder)))

    def runs(
        self,
        *,
        task: str | None = None,
        status: str | None = None,
        since: datetime | float | str | None = None,
        where: str | None = None,
        order_by: str = "-started",
        limit: int | None = None,
    ) -> list[Run]:
        """Return runs, the latest first unless ``order_by`` says otherwise.

        Parameters
        ----------
        since
            Started at this time or later; a text is ISO 8601 in UTC, or the beginning of it.
        where
            A condition such as ``metrics.f1 > 0.9 and config.optimizer.lr < 1e-3``; see `filters`.
        order_by
            A field, ``metrics.NAME`` or ``config.NAME``, descending after a ``-``. Runs that have
            no such value come last.

        Raises
        ------
        UsageError
            If the condition or the order cannot be read, or no run has such a metric.
        """
        node = parse(where) if where and where.strip() else None
        by, descending = parse_name(order_by.removeprefix("-")), order_by.startswith("-")
        chosen = select(runs.c.folder, runs.c.manifest)
        if task is not None:
            chosen = chosen.where(runs.c.task == task)
        if status is not None:
            chosen = chosen.where(runs.c.status == status)
        if since is not None:
            chosen = chosen.where(
                runs.c.started >= (since if isinstance(since, str) else timestamp(since))
            )
        if node is not None:
            chosen = chosen.where(condition(node))
        chosen = chosen.order_by(
            *order(by, descending=descending), runs.c.started.desc(), runs.c.id
        )
        with connect(self._engine, reading=True) as connection:
            _check_names(connection, [by, *(names_in(node) if node else ())])
            return [self._run(row) for row in connection.execute(chosen.limit(limit))]

    def find(self, name: str | Path) -> Run:
        """Return a run by its id, the beginning of its id, or its folder.

        Where its folder has gone, one that was moved below the ledger's own is found again.

        Raises
        ------
        NotFoundError
            If there is no such run.
        UsageError
            If several ids begin so.
        """
        text = str(name)
        if os.path.isdir(name) and os.path.isfile(Path(name, MANIFEST)):
            return Run(Path(name).resolve(), read_manifest(Path(name)))
        begins = select(runs.c.folder, runs.c.manifest).where(
            runs.c.id.startswith(text, autoescape=True)
        )
        with connect(self._engine, reading=True) as connection:
            found = [self._run(row) for row in connection.execute(begins.limit(20))]
        exact = [run for run in found if run.id == text] or found
        if not text or not exact:
            raise NotFoundError(
                f"no run is called {text!r} and none lies there; `audioml train runs` lists them"
            )
        if len(exact) > 1:
            ids = ", ".join(run.id for run in exact[:5])
            raise UsageError(f"several runs begin with {text!r}: {ids}; give more of the id")
        return self._present(exact[0])

    def forget(self, ids: Iterable[str]) -> None:
        """Remove runs from the ledger; nothing on disk is touched."""
        with connect(self._engine) as connection:
            for name in ids:
                remove(connection, name)

    def _present(self, run: Run) -> Run:
        from .rebuilding import manifests

        if self.root is None or (run.folder / MANIFEST).is_file():
            return run
        for folder, manifest in manifests(self.root):
            if manifest is not None and manifest.id == run.id:
                self.add(manifest, folder=folder)
                return Run(folder, manifest)
        return run

    def _prepare(self) -> None:
        try:
            with connect(self._engine, reading=True) as connection:
                version = _version(connection)
        except LedgerError:
            version = None  # there are no tables yet, or it fails again and says why
        if version is None or version < SCHEMA_VERSION:
            with connect(self._engine) as connection:
                version = _version(connection) if _has_tables(connection) else None
                if version is None or version < SCHEMA_VERSION:
                    self._make(connection, again=version is not None)
                    version = SCHEMA_VERSION
        if version > SCHEMA_VERSION:
            raise LedgerError(
                f"the ledger has schema {version}, this version knows {SCHEMA_VERSION}: upgrade "
                "audioml-train, or name another ledger"
            )

    def _make(self, connection: Connection, *, again: bool) -> None:
        """Make the tables; those of an older schema are made anew from the manifests in them."""
        kept: list[Any] = []
        if again:
            kept = list(connection.execute(select(runs.c.folder, runs.c.manifest)))
            metadata.drop_all(connection)
        metadata.create_all(connection)
        connection.execute(insert(about).values(version=SCHEMA_VERSION))
        for row in kept:
            put(connection, Manifest.from_json(row.manifest), row.folder)

    def _run(self, row: Any) -> Run:
        folder = Path(row.folder)
        return Run(self.root / folder if self.root else folder, Manifest.from_json(row.manifest))

    def _kept(self, folder: Path) -> str:
        whole = folder.resolve()
        if self.root is not None and whole.is_relative_to(self.root):
            return whole.relative_to(self.root).as_posix()
        return str(whole)


def _has_tables(connection: Connection) -> bool:
    return connection.dialect.has_table(connection, about.name)


def _version(connection: Connection) -> int | None:
    return connection.execute(select(about.c.version)).scalar()


def _check_names(connection: Connection, names: Iterable[Name]) -> None:
    """Say so where no run has a metric or setting that is asked for: most likely it is a slip."""
    for name in names:
        if name.scope == "run":
            continue
        table = metrics if name.scope == "metrics" else settings
        known = list(connection.execute(select(table.c.name).distinct()).scalars())
        if known and name.name not in known:
            raise UsageError(_unknown(name, known))


def _unknown(name: Name, known: list[str]) -> str:
    import difflib

    close = difflib.get_close_matches(name.name, known, n=3) or [
        other for other in known if other.endswith(f"/{name.name}")
    ]
    hint = f"did you mean {' or '.join(close)}?" if close else f"there are {', '.join(known[:8])}"
    what = "metric" if name.scope == "metrics" else "setting"
    return f"no run has a {what} {name.name!r}; {hint}"
