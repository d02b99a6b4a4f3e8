"""What can be wrong with a ledger or a manifest."""

from __future__ import annotations

from audioml.core.errors import AudiomlError

__all__ = ["LedgerError", "RunManifestError"]


class LedgerError(AudiomlError, RuntimeError):
    """A ledger that cannot be opened, read or written; the manifests of the runs are unharmed."""


class RunManifestError(AudiomlError, ValueError):
    """A ``manifest.json`` that is not that of a run, or of a schema this version does not know."""
