"""``analyze``: the command's work as one function."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from numpy.typing import ArrayLike

from audioml.core.analysis import Analysis, Recording
from audioml.core.audio import as_audio, check_readable, conform_blocks, read_blocks
from audioml.core.audio.stdin import regular
from audioml.core.errors import AudioError, PluginError, UsageError
from audioml.core.files import sha256, shown
from audioml.core.stages import Estimator
from audioml.core.store import Store
from audioml.core.values import Audio, Prediction, concatenate

from .cache import Cache
from .estimators import load_estimator, names_of, variants_of
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
        Short names such as ``chord``, model names, or model folders: a list, or text with commas
        between them; ``all`` for every one that can run.
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
    variants = variants_of(names_of(estimators), compat)
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
    path: Path,
    variants: Mapping[str, str | None],
    *,
    cache: bool,
    called: str | None = None,
    heard: Callable[[float], None] | None = None,
) -> Analysis:
    """Return the answers about a file, each estimator reading it in blocks.

    ``called`` says what the file is a copy of, such as standard input: then it has no tags, and
    errors name that. ``heard`` is told how many seconds have been read.
    """
    check_readable(path)
    with regular(path) as file:
        if file != path:  # it came through a pipe
            called = shown(path)
        known = called is None
        tags = read_tags(file) if known else Tags()
        digest = sha256(file) if cache else ""
        with _naming(called or shown(file), file):
            answers = {
                name: _answer(file, load_estimator(name, variant), variant, digest, heard)
                for name, variant in variants.items()
            }
    recording = Recording(
        duration=max(duration for _, duration in answers.values()),
        path=path if known else None,
        title=tags.title,
        artist=tags.artist,
        release=tags.release,
        sha256=digest,
    )
    return Analysis(recording, {name: prediction for name, (prediction, _) in answers.items()})


@contextlib.contextmanager
def _naming(called: str, file: Path) -> Iterator[None]:
    """Let errors about a file call it what the user does."""
    try:
        yield
    except AudioError as error:
        raise AudioError(str(error).replace(shown(file), called)) from error


def _answer(
    file: Path,
    estimator: Estimator,
    variant: str | None,
    digest: str,
    heard: Callable[[float], None] | None,
) -> tuple[Prediction, float]:
    """Return an estimator's prediction and the seconds that the file lasts.

    ``digest`` is empty where the cache is not to be used.
    """
    cache = Cache(Store().root / "cache" / "analyze")
    key = Cache.key(digest, estimator.spec, variant)
    kept = cache.get(key) if digest else None
    if kept is not None:
        return kept
    blocks = _Timed(read_blocks(file), heard)
    prediction = _predicted(estimator, blocks, where=shown(file))
    if digest:
        cache.put(key, prediction, blocks.end)
    return prediction, blocks.end


class _Timed:
    """Blocks, and where the last of them ended."""

    def __init__(
        self, blocks: Iterator[Audio], heard: Callable[[float], None] | None = None
    ) -> None:
        self._blocks = blocks
        self._heard = heard or (lambda _seconds: None)
        self.end = 0.0

    def __iter__(self) -> Iterator[Audio]:
        for block in self._blocks:
            self.end = block.end
            self._heard(self.end)
            yield block


def _predicted(
    estimator: Estimator, blocks: Iterable[Audio], *, where: str = "the audio"
) -> Prediction:
    try:
        parts = list(estimator.stream(conform_blocks(blocks, estimator.spec)))
    except SystemExit as error:
        raise PluginError(f"{estimator.spec.name} exited with {error.code!r}") from error
    except AudioError as error:
        if where in str(error):
            raise
        raise AudioError(f"{where}: {error}") from error
    for part in parts:
        if not isinstance(part, Prediction):
            raise PluginError(
                f"{estimator.spec.name} must answer with a Prediction, got {type(part).__name__}"
            )
    return concatenate(parts)
