"""What stays of a run: its manifest and artifacts on disk, and a row in the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .artifacts import Artifacts
from .manifest import MANIFEST, STATUSES, Artifact, Manifest, RunId, read_manifest
from .recording import record

if TYPE_CHECKING:
    from .ledger import Ledger, Run

__all__ = [
    "MANIFEST",
    "STATUSES",
    "Artifact",
    "Artifacts",
    "Ledger",
    "Manifest",
    "Run",
    "RunId",
    "read_manifest",
    "record",
]


def __getattr__(name: str) -> Any:
    if name in ("Ledger", "Run"):  # with them comes SQLAlchemy, which a manifest does not need
        from . import ledger

        return getattr(ledger, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
