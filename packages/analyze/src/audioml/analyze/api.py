"""``analyze``: the command's work as one function."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from numpy.typing import ArrayLike

from audioml.core.audio import as_audio, conform_blocks, read_blocks
from audioml.core.errors import UsageError
from audioml.core.files import sha256
from audioml.core.stages import Estimator
from audioml.core.store import Store
from audioml.core.values import Audio, Prediction, concatenate

from .analysis import Analysis, Recording
from .cache import Cache
from .estimators import load_estimator, variants_of
from .tags import Tags, read_tags

__all__ = ["analyze", "analyze_file"]


def analyze(
    source: str | Path | Audio | ArrayLike,
    sr: int | None = None,
    *,
    estimators: str | Sequence[str] = ("chord",),
    compat: str | None = None,
    cache: bool = True,
) -> Analysis:
    """Return the answers of estimators about a recording.

    Parameters
    ----------
    source
        The path of an audio file, an `Audio`, or an array ``y`` with its rate ``sr``: floating
        point, shape (n,) or (channels, n), in [-1, 1].
    estimators
        Short names such as ``chord``, model names, or model folders.
    compat
        Reproduce another system's answers to the letter, where an estimator can: ``crema``.
    cache
        Whether a file's earlier answers are used and new ones kept.

    Raises
    ------
    AudioError
        If the recording cannot be read or holds nothing that can be analysed.
    NotFoundError
        If an estimator is not known.
    """
    names = [estimators] if isinstance(estimators, str) else list(estimators)
    variants = variants_of(names, compat)
    if isinstance(source, str | Path):
        if sr is not None:
            raise UsageError("a file brings its own sample rate; leave sr out")
        return analyze_file(Path(source), variants, cache=cache)
    audio = as_audio(source, sr)
    predictions = {
        name: _predicted(load_estimator(name, variant), [audio])
        for name, variant in variants.items()
    }
    return Analysis(Recording(duration=audio.duration), predictions)


def analyze_file(
    path: Path, variants: Mapping[str, str | None], *, cache: bool, named: bool = True
) -> Analysis:
    """Return the answers about a file, each estimator reading it in blocks.

    ``named`` is False where the file only holds what came from elsewhere: it has no tags.
    """
    kept = Cache(Store().root / "cache" / "analyze") if cache else None
    tags = read_tags(path) if named and path.is_file() else Tags()
    digest = sha256(path) if kept and path.is_file() else ""
    predictions, duration = {}, 0.0
    for name, variant in variants.items():
        estimator = load_estimator(name, variant)
        key = Cache.key(digest, estimator.spec, variant)
        found = kept.get(key) if kept else None
        if found is None:
            blocks = _Timed(read_blocks(path))
            found = _predicted(estimator, blocks), blocks.end
            if kept:
                kept.put(key, *found)
        predictions[name], duration = found
    recording = Recording(
        duration=duration,
        path=path if named else None,
        title=tags.title,
        artist=tags.artist,
        release=tags.release,
        sha256=digest,
    )
    return Analysis(recording, predictions)


class _Timed:
    """Blocks, and where the last of them ended."""

    def __init__(self, blocks: Iterator[Audio]) -> None:
        self._blocks = blocks
        self.end = 0.0

    def __iter__(self) -> Iterator[Audio]:
        for block in self._blocks:
            self.end = block.end
            yield block


def _predicted(estimator: Estimator, blocks: Iterable[Audio]) -> Prediction:
    return concatenate(estimator.stream(conform_blocks(blocks, estimator.spec)))
