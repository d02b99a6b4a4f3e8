"""Makes an index of a folder, or brings one up to date."""

from __future__ import annotations

import importlib.util
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audioml.core.cli.output import counting
from audioml.core.errors import AudiomlError, NotFoundError, OutputError, ValidationError
from audioml.core.executor import run
from audioml.core.files import shown
from audioml.train.data.files import beneath

from .embedding import Embed, loaded
from .journal import Done, Journal
from .store import Identity, Index, is_index

__all__ = ["Made", "make_index"]

_log = logging.getLogger("audioml.train")
_ENDINGS = (
    *(".aac", ".aif", ".aifc", ".aiff", ".au", ".caf", ".flac", ".m4a", ".mp2", ".mp3", ".mp4"),
    *(".oga", ".ogg", ".opus", ".w64", ".wav", ".webm", ".wma"),
)


@dataclass(frozen=True, slots=True)
class Made:
    """What became of a folder: items of the index, how many are new, and what was left out."""

    items: int
    new: int
    left_out: int


def make_index(
    model: str, folder: Path, target: Path, *, workers: int | None = None, again: bool = False
) -> Made:
    """Embed the recordings below a folder, and write an index of them.

    Recordings that an index at the target has already, unchanged and by the same model, are taken
    over, as are those of an attempt that was interrupted. What cannot be read is left out with a
    warning.

    Parameters
    ----------
    model
        Reference of a model that answers with vectors.
    folder
        Of any structure.
    target
        The index to be.
    workers
        Processes; by default as many as there are processors.
    again
        Whether an index that is there is made anew, whichever model made it.

    Raises
    ------
    NotFoundError
        If there are no recordings.
    OutputError
        If something else stands at the target, or the index of another model.
    UsageError
        If the model does not answer with vectors.
    ValidationError
        If no recording can be embedded.
    """
    identity = Identity.of(loaded(model).spec)
    files = {item: _file(folder / item) for item in _recordings(folder)}
    known = _known(target, identity, again=again)
    reference = str(Path(model).resolve()) if Path(model).exists() else model
    with Journal(target.with_name(f".{target.name}.indexing"), identity) as journal:
        known |= journal.done()
        known = {item: done for item, done in known.items() if files.get(item) == done[0]}
        fresh: Done = {}
        waiting = [item for item in files if item not in known]
        for item, vector in _embedded(model, folder, waiting, workers):
            fresh[item] = (files[item], vector)
            journal.add(item, *fresh[item])
        _index(known | fresh, identity, reference, folder).write(target)
    items = len(known) + len(fresh)
    return Made(items, len(fresh), len(files) - items)


def _embedded(
    model: str, folder: Path, items: list[str], workers: int | None
) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Yield items with their vectors as they are made; those that cannot be are told."""
    count = workers or _workers(len(items))
    embed = Embed(model, 1 if count > 1 else None, logging.getLogger("audioml").level)
    with counting(len(items), "embedding") as advance:
        for outcome in run(embed, [folder / item for item in items], workers=count):
            item = items[outcome.index]
            advance(item)
            if outcome.value is None:
                _leave_out(item, outcome.error)
            else:
                yield item, outcome.value


def _recordings(folder: Path) -> list[str]:
    if not folder.is_dir():
        raise NotFoundError(f"{shown(folder)} is not a folder of recordings")
    items = beneath(folder, _ENDINGS)
    if not items:
        raise NotFoundError(f"{shown(folder)} holds no audio file ({', '.join(_ENDINGS)})")
    return items


def _file(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return 0, 0  # reading it says what is wrong
    return found.st_size, found.st_mtime_ns


def _known(target: Path, identity: Identity, *, again: bool) -> Done:
    """Return what an index has that is there already, which nothing else may be."""
    if not target.exists():
        return {}
    if not is_index(target):
        raise OutputError(f"{shown(target)} exists already and is no index; choose another name")
    if again:
        return {}
    index = Index.read(target)
    if index.model != identity:
        raise OutputError(
            f"the index in {shown(target)} was made by {index.model}, but this is {identity}, "
            "whose vectors cannot be compared with those; --again makes it anew"
        )
    return {
        item: ((int(size), int(changed)), vector)
        for item, (size, changed), vector in zip(
            index.items, index.files, np.array(index.vectors), strict=True
        )
    }


def _workers(items: int) -> int:
    if importlib.util.find_spec("joblib") is None:
        return 1
    return max(1, min(os.cpu_count() or 1, items // 4))  # starting one takes a second


def _leave_out(item: str, error: BaseException | None) -> None:
    """Warn of a recording that cannot be used; raise what concerns all of them."""
    if error is None or (isinstance(error, AudiomlError) and error.exit_code != 1):
        raise error or ValidationError(f"nothing came back for {item!r}")
    what = "" if isinstance(error, AudiomlError) else f"{type(error).__name__}: "
    _log.warning("%s is left out: %s%s", shown(item), what, error)


def _index(known: Done, identity: Identity, reference: str, folder: Path) -> Index:
    if not known:
        raise ValidationError(f"no recording below {shown(folder)} can be embedded")
    items = sorted(known)
    return Index(
        items,
        np.stack([known[item][1] for item in items]).astype(np.float32),
        np.array([known[item][0] for item in items], np.int64),
        identity,
        reference,
        str(folder.resolve()),
    )
