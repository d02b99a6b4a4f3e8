"""Records a run: its manifest in its folder, and its row in the ledger."""

from __future__ import annotations

import dataclasses
import logging
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from audioml.core.errors import AudiomlError, UsageError
from audioml.core.files import shown

from .artifacts import FOLDERS, Artifacts, describe
from .fingerprint import data_in, fingerprint
from .git import git_state
from .machine import libraries, machine
from .manifest import STATUSES, Artifact, Manifest, RunId, read_manifest, write_manifest
from .plain import numbers, plain, sentence, timestamp
from .redaction import redacted, redacted_text

__all__ = ["default_ledger", "record"]

_LOG = logging.getLogger("audioml.train")


def record(
    folder: str | Path,
    *,
    task: str,
    config: Any,
    metrics: Mapping[str, Any],
    model: str | Path | None,
    checkpoints: Mapping[str, str | Path | None] | Iterable[str | Path],
    artifacts: Artifacts | Iterable[str | Path] | None,
    status: str,
    started: datetime | float,
    ended: datetime | float | None,
    error: BaseException | str | None = None,
    data: Mapping[str, str | Path] | None = None,
    source: str | Path | None = None,
    ledger: str | None = None,
) -> RunId:
    """Write down a run and return its id.

    A run may be recorded when it starts, as ``running``, and again when it ends: it keeps its id,
    and the states of code and data are those of its start.

    Parameters
    ----------
    folder
        The folder of the run.
    config
        The configuration, of OmegaConf or plain; what looks like a credential is not kept.
    metrics
        Numbers, also of numpy or torch, also nested; names are joined by ``/``.
    checkpoints
        By name, such as ``best`` and ``last``; or files, named by their stems.
    artifacts
        Files; None for all in the folders ``artifacts``, ``plots``, ``audio`` and ``midi`` of the
        run.
    status
        ``running``, ``completed``, ``failed`` or ``interrupted``.
    started, ended
        Seconds since 1970, or datetimes.
    error
        What ended the run, kept as one sentence.
    data
        Files or folders to be hashed, by name; None for what ``config.data`` names.
    source
        The working directory whose state in git is kept; None for the current one.
    ledger
        The SQLAlchemy URL of the ledger; None for ``runs.sqlite`` in the folder of all logs (the
        one named ``logs`` above ``folder``, else that which holds ``folder``).

    Raises
    ------
    UsageError
        If the status is unknown.
    OutputError
        If the manifest cannot be written. A ledger that cannot be written is a warning: it can be
        rebuilt from the manifests.
    """
    if status not in STATUSES:
        raise UsageError(f"the status of a run is one of {', '.join(STATUSES)}, got {status!r}")
    folder = Path(folder).resolve()
    settings = plain(config) or {}
    manifest = Manifest(
        **_identity(folder, started, settings, data, source),
        task=task,
        status=status,
        started=timestamp(started) or "",
        ended=timestamp(ended),
        seconds=_seconds(started, ended),
        error=redacted_text(sentence(error) or "") or None,
        metrics=numbers(metrics),
        model=_below(model, folder) if model else None,
        checkpoints=_checkpoints(checkpoints, folder),
        artifacts=_artifacts(artifacts, folder),
        config=redacted(settings),
        libraries=libraries(),
        machine=machine(),
        folder=str(folder),
    )
    write_manifest(folder, manifest)
    _note(manifest, folder, ledger)
    return RunId(manifest.id)


def default_ledger(folder: Path) -> str:
    """Return the URL of the ledger of a run's folder: in ``logs`` above it, else beside it."""
    above = [parent for parent in folder.parents if parent.name == "logs"]
    return f"sqlite:///{(above[0] if above else folder.parent) / 'runs.sqlite'}"


def _identity(
    folder: Path,
    started: datetime | float,
    settings: Any,
    data: Mapping[str, str | Path] | None,
    source: str | Path | None,
) -> dict[str, Any]:
    """Return the id of the run, and the states of its code and data as they were at its start."""
    before = _before(folder)
    name = before.id if before else secrets.token_hex(6)
    if before and before.status == "running" and before.started == timestamp(started):
        return {"id": name, "git": before.git, "data": before.data}
    state = git_state(Path(source) if source else Path.cwd())
    return {
        "id": name,
        "git": dataclasses.asdict(state) if state else None,
        "data": _fingerprints(data_in(settings) if data is None else data),
    }


def _before(folder: Path) -> Manifest | None:
    """Return what was recorded of the run before; a copy of another run's folder is a new run."""
    try:
        before = read_manifest(folder)
    except AudiomlError:
        return None
    original = Path(before.folder)
    if original == folder:
        return before
    try:
        return None if read_manifest(original).id == before.id else before
    except AudiomlError:
        return before  # it was moved here


def _fingerprints(data: Mapping[str, str | Path]) -> dict[str, dict[str, Any]]:
    found = {}
    for name, path in data.items():
        try:
            found[name] = fingerprint(Path(path))
        except OSError as error:
            _LOG.warning("the data in %s has no hash: %s", shown(path), error.strerror)
    return found


def _seconds(started: datetime | float, ended: datetime | float | None) -> float | None:
    if ended is None:
        return None
    begin, end = (t if isinstance(t, int | float) else t.timestamp() for t in (started, ended))
    return round(end - begin, 3)


def _below(path: str | Path, folder: Path) -> str:
    """Return a path as it is seen from a run's folder, absolute where it lies elsewhere."""
    whole = Path(path).parent.resolve() / Path(path).name  # a link keeps its name
    return whole.relative_to(folder).as_posix() if whole.is_relative_to(folder) else str(whole)


def _checkpoints(
    given: Mapping[str, str | Path | None] | Iterable[str | Path], folder: Path
) -> dict[str, str]:
    pairs = given.items() if isinstance(given, Mapping) else [(Path(p).stem, p) for p in given]
    return {name: _below(path, folder) for name, path in pairs if path}


def _artifacts(
    given: Artifacts | Iterable[str | Path] | None, folder: Path
) -> tuple[Artifact, ...]:
    if given is None:
        given = (path for name in FOLDERS for path in Artifacts(folder / name))
    found = []
    for path in given:
        artifact = describe(Path(path), folder)
        if artifact is None:
            _LOG.warning("the artifact %s is not there and is left out", shown(path))
        else:
            found.append(artifact)
    return tuple(found)


def _note(manifest: Manifest, folder: Path, url: str | None) -> None:
    from .ledger import Ledger

    try:
        Ledger(url or default_ledger(folder)).add(manifest, folder=folder)
    except AudiomlError as error:
        _LOG.warning(
            "%s; the manifest is written, `audioml train runs --rebuild` reads it later", error
        )
