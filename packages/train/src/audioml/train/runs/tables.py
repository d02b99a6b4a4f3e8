"""The tables of the ledger, the same in every database that SQLAlchemy speaks to."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Double,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.dialects.mysql import MEDIUMTEXT

__all__ = ["SCHEMA_VERSION", "about", "metadata", "metrics", "runs", "settings"]

SCHEMA_VERSION = 1
_NAME = 255  # characters; MySQL wants a length for what is part of a key
metadata = MetaData()

about = Table(
    "audioml_ledger",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
)

runs = Table(
    "audioml_runs",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("task", String(_NAME), nullable=False, index=True),
    Column("status", String(32), nullable=False, index=True),
    Column("started", String(32), nullable=False, index=True),
    Column("ended", String(32)),
    Column("seconds", Double),
    Column("error", Text),
    Column("model", Text),
    Column("commit", String(64)),
    Column("branch", Text),
    Column("dirty", Boolean(create_constraint=False)),
    Column("folder", Text, nullable=False),
    # the whole manifest: what the other columns and tables hold can be made of it again
    Column("manifest", Text().with_variant(MEDIUMTEXT(), "mysql", "mariadb"), nullable=False),
)


def _of_run() -> Column[str]:
    return Column(
        "run", String(64), ForeignKey("audioml_runs.id", ondelete="CASCADE"), primary_key=True
    )


metrics = Table(
    "audioml_run_metrics",
    metadata,
    _of_run(),
    Column("name", String(_NAME), primary_key=True, index=True),
    Column("value", Double),
)

settings = Table(
    "audioml_run_settings",
    metadata,
    _of_run(),
    Column("name", String(_NAME), primary_key=True, index=True),
    Column("text", Text),
    Column("number", Double),
)
