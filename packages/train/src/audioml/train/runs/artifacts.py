"""What a run makes beside its model: plots, sound, MIDI, texts."""

from __future__ import annotations

import io
import json
import mimetypes
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audioml.core.analysis import Analysis, Recording
from audioml.core.audio import write
from audioml.core.errors import UsageError
from audioml.core.files import is_inside, write_bytes, writing
from audioml.core.values import Annotation, Audio, Prediction

from .manifest import Artifact
from .plain import plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["FOLDERS", "Artifacts", "describe"]

FOLDERS = ("artifacts", "plots", "audio", "midi")
"""The folders of a run whose files are its artifacts."""

_MEDIA = {
    ".flac": "audio/flac",
    ".json": "application/json",
    ".md": "text/markdown",
    ".mid": "audio/midi",
    ".midi": "audio/midi",
    ".ogg": "audio/ogg",
    ".wav": "audio/wav",
}


class Artifacts:
    """The folder of a run's artifacts, ``<run>/artifacts``; each method returns the path written.

    Names may hold ``/`` for folders; a name without a suffix gets the usual one. A name used again
    replaces the file. Nothing half-written stays.

    Raises
    ------
    UsageError
        If a name leads out of the folder.
    OutputError
        If a file cannot be written.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)

    def __iter__(self) -> Iterator[Path]:
        """Yield the files, in the order of their names."""
        for folder, folders, names in os.walk(self.folder):
            folders.sort()
            yield from (Path(folder, name) for name in sorted(names) if not name.endswith(".part"))

    def figure(self, name: str, figure: Figure | Callable[[Axes], object]) -> Path:
        """Write a matplotlib figure, or what a function draws on axes of its own, as PNG."""
        path = self._path(name, ".png")
        drawn = _drawn(figure) if callable(figure) else figure
        buffer = io.BytesIO()
        drawn.savefig(buffer, format=path.suffix[1:], bbox_inches="tight")
        write_bytes(path, buffer.getvalue())
        return path

    def audio(self, name: str, audio: Audio) -> Path:
        """Write sound, as 16-bit WAV unless the name's suffix says otherwise."""
        path = self._path(name, ".wav")
        with writing(str(path)):
            path.parent.mkdir(parents=True, exist_ok=True)
        write(path, audio)
        return path

    def midi(self, name: str, notes: Analysis | Prediction | Annotation | bytes) -> Path:
        """Write notes, or the bytes of a MIDI file."""
        path = self._path(name, ".mid")
        write_bytes(path, notes if isinstance(notes, bytes) else _midi(notes))
        return path

    def text(self, name: str, text: str) -> Path:
        """Write a text, in UTF-8."""
        path = self._path(name, ".txt")
        write_bytes(path, text.encode("utf-8", "replace"))
        return path

    def json(self, name: str, value: Any) -> Path:
        """Write mappings, sequences and numbers as JSON; see `audioml.train.runs.plain.plain`."""
        path = self._path(name, ".json")
        text = json.dumps(plain(value), indent=2, ensure_ascii=False)
        write_bytes(path, f"{text}\n".encode("utf-8", "replace"))
        return path

    def _path(self, name: str, suffix: str) -> Path:
        if not is_inside(name):
            raise UsageError(
                f"the name of an artifact must stay in its folder, as 'plots/loss', got {name!r}"
            )
        path = self.folder / name
        is_named = path.suffix[1:].isalpha()  # 'step.100' has no suffix
        return path if is_named else path.with_name(path.name + suffix)


def describe(path: Path, run: Path) -> Artifact | None:
    """Return a file as an artifact of the run in a folder; None where there is no such file."""
    try:
        size = path.stat().st_size
    except OSError:
        return None
    media = media_type(path)
    name = os.path.relpath(os.path.realpath(path), os.path.realpath(run))
    inside = not name.startswith(os.pardir)
    return Artifact(
        path=Path(name).as_posix() if inside else str(path),
        kind=_kind(media),
        media=media,
        bytes=size,
    )


def media_type(path: Path) -> str:
    """Return the media type that a file's suffix stands for."""
    known = _MEDIA.get(path.suffix.lower()) or mimetypes.guess_type(path.name, strict=False)[0]
    return known or "application/octet-stream"


def _kind(media: str) -> str:
    if media == "audio/midi":
        return "midi"
    return {"image": "plot", "audio": "audio", "text": "text"}.get(media.partition("/")[0], "data")


def _drawn(draw: Callable[[Axes], object]) -> Figure:
    from matplotlib.figure import Figure  # without pyplot: no window, nothing to close

    figure = Figure(layout="constrained")
    draw(figure.subplots())
    return figure


def _midi(notes: Analysis | Prediction | Annotation) -> bytes:
    from audioml.core.formats.midi import encode

    if isinstance(notes, Annotation):
        notes = Prediction({"notes": notes})
    if isinstance(notes, Prediction):
        ends = [float(a.intervals.max()) for a in notes.annotations.values() if len(a)]
        notes = Analysis(Recording(duration=max(ends, default=0.0)), {"notes": notes})
    return encode(notes)
