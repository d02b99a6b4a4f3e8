"""The corpus that a task's configuration means: one that is there, a folder, or made-up sounds."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from audioml.core.errors import UsageError
from audioml.core.files import replacing_folder, shown, writing
from audioml.train.data import CorpusData, Prepared, Report, Settings
from audioml.train.data.report import problem_lines

from .synthesis import TABLE

__all__ = ["MadeUp", "corpus", "loaded", "opened", "plain_settings"]

_log = logging.getLogger("audioml.train")
_SETTINGS = tuple(f.name for f in fields(Settings) if f.name != "workers")  # those are loaders'


@dataclass(frozen=True, slots=True)
class MadeUp:
    """Sounds for a task that is only tried out.

    Parameters
    ----------
    write
        Writes them into a folder with a table `TABLE`, as ``data.made`` says; ``rate`` is added.
    label_column, label_kind
        Of the table, see `audioml.train.data.Settings`.
    """

    write: Callable[[Path, Mapping[str, Any]], None]
    label_column: tuple[str, ...]
    label_kind: str


def corpus(cfg: Any, made: MadeUp, *, first: bool = True) -> Path:
    """Return the folder of the corpus that ``cfg.data`` means, which is made where it must be.

    ``data.path`` is a corpus of `audioml train prepare`. ``data.source_path`` is a folder that is
    prepared into ``paths.data`` now, or was by a run before. Else ``data.made`` describes sounds
    that ``made`` writes; they are prepared as recordings are. ``first`` says whether the run
    looks for the first time: then ``data.again`` is heeded, and what was left out is warned of.

    Raises
    ------
    UsageError
        If none of them is given, or two of them are.
    AudiomlError
        As `audioml.train.data.prepare`.
    """
    data = plain_settings(cfg.data)
    given = [name for name in ("path", "source_path") if data.get(name)]
    if len(given) > 1:
        raise UsageError("data.path and data.source_path are given: one of them is the data")
    if data.get("path"):
        return Path(data["path"]).expanduser()
    if data.get("source_path"):
        return _prepared(data, Path(cfg.paths.data), first=first)
    if data.get("made"):
        return _sounds(cfg, data, made)
    raise UsageError(
        "there is nothing to learn from: give data.path=CORPUS, made by `audioml train prepare`, "
        "data.source_path=FOLDER with recordings, or experiment=quick, which makes sounds up"
    )


def opened(path: Path, *, rate: int) -> Prepared:
    """Return the corpus in a folder.

    Raises
    ------
    UsageError
        If it has another sample rate than the task.
    NotFoundError, IntegrityError
        As `Prepared.open`.
    """
    prepared = Prepared.open(path)
    if prepared.rate != rate:
        raise UsageError(
            f"the corpus in {shown(path)} is at {prepared.rate} Hz, but task.rate is {rate}; give "
            f"task.rate={prepared.rate}, or prepare it with sample_rate={rate}"
        )
    return prepared


def loaded(cfg: Any, path: Path, targets: Any) -> CorpusData:
    """Return the batches of a corpus: windows of ``task.window`` seconds."""
    data = cfg.data
    return CorpusData(
        path,
        window=float(cfg.task.window),
        batch_size=int(data.batch_size),
        eval_batch_size=data.get("eval_batch_size"),
        targets=targets,
        steps=data.get("steps"),
        seed=int(cfg.seed),
        short=data.get("short", "pad"),
        workers=int(data.workers),
    )


def plain_settings(node: Any) -> dict[str, Any]:
    """Return a part of a configuration as a plain dictionary."""
    from omegaconf import OmegaConf

    found: Any = OmegaConf.to_container(node, resolve=True) if OmegaConf.is_config(node) else node
    return dict(found or {})


def _prepared(data: Mapping[str, Any], below: Path, *, first: bool) -> Path:
    source = Path(data["source_path"]).expanduser()
    given = {name: data[name] for name in _SETTINGS if data.get(name) is not None}
    given.setdefault("destination_path", below / (source.resolve().name or "recordings"))
    if not data.get("parser"):
        given["parser"] = "table" if data.get("metadata") else "folders"
    given["label_ext"] = data.get("label_ext")  # None is not the default there
    given["again"] = first and bool(data.get("again"))
    return _done(Settings.of(given), first=first)


def _done(settings: Settings, *, first: bool) -> Path:
    from audioml.train.data import prepare

    folder: Path = settings.destination_path
    with _alone(folder):
        report: Report = prepare(settings)
    for line in (*problem_lines(report.problems), *report.warnings) if first else ():
        _log.warning("%s", line)
    return folder


def _sounds(cfg: Any, data: Mapping[str, Any], made: MadeUp) -> Path:
    """Return the corpus of made-up sounds; others, or of another rate, are another one."""
    told = {**data["made"], "rate": int(cfg.task.rate)}
    name = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:8]
    folder = Path(cfg.paths.data) / f"made-{cfg.task.name}-{name}"
    sounds = folder / "sounds"
    with _alone(folder):
        if not sounds.is_dir():
            with replacing_folder(sounds) as temporary:
                made.write(temporary, told)
    settings = Settings(
        source_path=sounds,
        destination_path=folder / "corpus",
        metadata=sounds / TABLE,
        parser="table",
        label_ext=None,
        label_column=made.label_column,
        label_kind=made.label_kind,
        sample_rate=told["rate"],
        align="off",
        workers=1,
    )
    return _done(settings, first=False)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one process at a time prepare a folder: those of one run all come by here."""
    try:
        import fcntl
    except ImportError:  # pragma: no cover - not on Windows, where a run is one process
        yield
        return
    lock = folder.with_name(f".{folder.name}.lock")
    with writing(shown(lock)):
        lock.parent.mkdir(parents=True, exist_ok=True)
        file = lock.open("w")
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
