"""Opens the database of a ledger so that several processes may write at once."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool, StaticPool

from audioml.core.errors import MissingDependencyError, UsageError
from audioml.core.files import shown, writing

from .errors import LedgerError
from .redaction import redacted_text

__all__ = ["as_url", "connect", "file_of", "open_engine", "saying"]

_PATIENCE = 60.0  # seconds that a writer waits for the others


def as_url(text: str) -> URL:
    """Return a SQLAlchemy URL; a path is that of an SQLite file.

    Raises
    ------
    UsageError
        If it is neither.
    """
    if "://" not in text:
        return URL.create("sqlite", database=str(Path(text).resolve()))
    try:
        return make_url(text)
    except (ArgumentError, ValueError):
        raise UsageError(  # without the text: where its password stands, nobody knows
            "a ledger is a path or a URL such as sqlite:///logs/runs.sqlite; it was given neither"
        ) from None


def file_of(url: URL) -> Path | None:
    """Return the file of an SQLite URL; None for other databases and for one in memory."""
    name = url.database
    if url.get_backend_name() != "sqlite" or not name or name == ":memory:" or name[:5] == "file:":
        return None
    return Path(name).resolve()


def open_engine(url: URL) -> Engine:
    """Return an engine; SQLite files get write-ahead logging, a waiting time and early locks."""
    file = file_of(url)
    if file is not None:
        with writing(shown(file)):
            file.parent.mkdir(parents=True, exist_ok=True)
    sqlite = url.get_backend_name() == "sqlite"
    options: dict[str, Any] = {"poolclass": StaticPool if sqlite and file is None else NullPool}
    if sqlite:
        options["connect_args"] = {"timeout": _PATIENCE}
    try:
        engine = create_engine(url, hide_parameters=True, **options)
    except (NoSuchModuleError, ImportError) as error:
        raise MissingDependencyError(
            f"the ledger {_name(url)} needs a driver that is not installed: {error}"
        ) from error
    if sqlite:
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
    return engine


@contextlib.contextmanager
def connect(engine: Engine, *, reading: bool = False) -> Iterator[Connection]:
    """Give a connection in one transaction, which is kept if the block succeeds.

    Raises
    ------
    LedgerError
        In the place of what SQLAlchemy and the driver raise.
    """
    with saying(engine.url), engine.connect() as opened:
        connection = opened.execution_options(audioml_reading=reading)
        with connection.begin():
            yield connection


@contextlib.contextmanager
def saying(url: URL) -> Iterator[None]:
    """Turn what SQLAlchemy raises into one sentence that names the ledger, not its password."""
    try:
        yield
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()
        first = redacted_text(reason[0]) if reason else type(error).__name__
        if url.password:
            first = first.replace(str(url.password), "***")
        raise LedgerError(f"the ledger {_name(url)} does not work: {first}") from None


def _name(url: URL) -> str:
    file = file_of(url)
    return shown(file) if file is not None else url.render_as_string(hide_password=True)


def _prepare(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # or the driver would begin, and later than it should
    cursor = connection.cursor()
    try:
        cursor.execute("PRAGMA foreign_keys=ON")
        if cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            with contextlib.suppress(Exception):  # another process does it, or the disk cannot
                cursor.execute("PRAGMA journal_mode=WAL")
    finally:
        cursor.close()


def _begin(connection: Connection) -> None:
    reading = connection.get_execution_options().get("audioml_reading")
    # who reads first and writes later may find the other's lock in between, and never get it
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
