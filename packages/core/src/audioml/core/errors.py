"""The errors that audioml raises on purpose, each with its exit code on the command line."""

from __future__ import annotations

__all__ = [
    "AudioError",
    "AudiomlError",
    "IntegrityError",
    "ManifestError",
    "MissingDependencyError",
    "NotFoundError",
    "OfflineError",
    "OutputError",
    "PluginError",
    "UntrustedError",
    "UsageError",
    "ValidationError",
    "WorkerError",
]


class AudiomlError(Exception):
    """An expected failure; its text is one sentence a user can act on."""

    exit_code = 1


class UsageError(AudiomlError, ValueError):
    """The caller asked for something that makes no sense, such as an unknown option value."""

    exit_code = 2


class ValidationError(AudiomlError, ValueError):
    """A value does not have the shape, dtype or range that its type promises."""


class AudioError(AudiomlError, ValueError):
    """Audio that cannot be read, written or used by a model."""


class OutputError(AudiomlError, OSError):
    """A result could not be written; nothing half-written stays behind."""


class ManifestError(AudiomlError, ValueError):
    """A ``model.json`` that is malformed or of a schema this version does not know."""


class IntegrityError(AudiomlError, ValueError):
    """A file or a model that is not what its hash or its self-test says."""


class UntrustedError(AudiomlError, PermissionError):
    """A file that would run code when loaded and that the user has not allowed by its hash."""


class WorkerError(AudiomlError, RuntimeError):
    """A worker process ended while it worked on an item, or sent back what cannot be read."""


class NotFoundError(AudiomlError, LookupError):
    """A model, plugin or component that is not here."""

    exit_code = 3


class OfflineError(NotFoundError, ConnectionError):
    """Something must be fetched, and the network is off or does not answer."""


class PluginError(AudiomlError, RuntimeError):
    """A plugin that breaks the contract."""

    exit_code = 3


class MissingDependencyError(AudiomlError, ImportError):
    """A package that the component at hand needs is not installed."""

    exit_code = 3
