"""Files of sound that are written while it is made, and can be played at any time."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, Self

from audioml.core.errors import OutputError, UsageError
from audioml.core.files import native, shown, writing
from audioml.core.values import Audio

from .wav import WavWriter, pcm

__all__ = ["STDOUT", "SUFFIXES", "Sink", "check_target", "numbered", "opened"]

STDOUT = "-"
SUFFIXES = (".wav", ".flac", ".ogg")


class Sink(Protocol):
    """What takes the blocks of a song."""

    def write(self, block: Audio, /) -> None:
        """Write a block, of the rate and the channels of the first one."""
        ...


def check_target(target: str) -> None:
    """Refuse what is no file of a known format, and no standard output.

    Raises
    ------
    UsageError
        If the suffix is unknown.
    """
    if target != STDOUT and Path(target).suffix.lower() not in SUFFIXES:
        raise UsageError(
            f"cannot write {shown(target)}: expected a name that ends in .wav, .flac or .ogg, "
            "or - for standard output"
        )


def numbered(target: Path, count: int) -> list[Path]:
    """Return a path for each of ``count`` files: the one given, or with numbers in their names."""
    if count == 1:
        return [target]
    width = len(str(count))
    return [target.with_stem(f"{target.stem}-{i:0{width}}") for i in range(1, count + 1)]


@contextlib.contextmanager
def opened(
    targets: Sequence[str], first: Sequence[Audio], *, frames: int,
    tags: Sequence[Mapping[str, str]], raw: bool = False,
) -> Iterator[list[Sink]]:  # fmt: skip
    """Give a sink for each target, for blocks such as the ``first`` ones.

    Raises
    ------
    OutputError
        If a file cannot be written; what was written of it stays, and can be played.
    """
    with contextlib.ExitStack() as stack:
        sinks: list[Sink] = []
        for target, block, told in zip(targets, first, tags, strict=True):
            if target == STDOUT and raw:
                sinks.append(_Raw())
                continue
            form = {"rate": block.rate, "channels": block.channels, "frames": frames}
            if target == STDOUT:
                stream: Any = _Stdout()
                sinks.append(WavWriter(stream, **form, tags=told, patched=False))
                continue
            sinks.append(stack.enter_context(_to_file(Path(target), told, **form)))
        yield sinks


def _to_file(
    path: Path, told: Mapping[str, str], **form: int
) -> contextlib.AbstractContextManager[Sink]:
    if path.suffix.lower() == ".wav":
        return _Wav(path, told, **form)
    return _Encoded(path, told, **form)


class _Wav:
    """A WAV file."""

    def __init__(self, path: Path, told: Mapping[str, str], **form: int) -> None:
        self._path = path
        with writing(shown(path)):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("wb")
            self._writer = WavWriter(self._file, **form, tags=told, patched=os.path.isfile(path))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with writing(shown(self._path)):
            self._file.close()

    def write(self, block: Audio, /) -> None:
        with writing(shown(self._path)):
            self._writer.write(block)


class _Encoded:
    """A file that libsndfile writes."""

    def __init__(
        self, path: Path, told: Mapping[str, str], *, rate: int, channels: int, frames: int
    ) -> None:
        import soundfile

        self._path = path
        with writing(shown(path)):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.open("wb").close()  # the system says better than libsndfile what is wrong
        kind = path.suffix[1:].upper()
        with self._sentences():
            self._file = soundfile.SoundFile(native(path), "w", rate, channels, format=kind)
            for name, text in told.items():
                setattr(self._file, name, text)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._sentences():
            self._file.close()

    def write(self, block: Audio, /) -> None:
        with self._sentences():
            self._file.write(block.samples.T)  # and no flush, which would wait for the disk

    @contextlib.contextmanager
    def _sentences(self) -> Iterator[None]:
        import soundfile

        try:
            yield
        except (soundfile.LibsndfileError, AssertionError) as error:  # fewer samples than asked
            reason = getattr(error, "error_string", "") or "the disk takes no more"
            reason = reason.removeprefix("Error : ").rstrip(".").lower()
            raise OutputError(f"cannot write {shown(self._path)}: {reason}") from error


class _Stdout:
    """Standard output as a stream that a `WavWriter` takes."""

    @staticmethod
    def write(data: bytes) -> None:
        from audioml.core.cli.output import write_result

        write_result(data)

    def flush(self) -> None:
        pass


class _Raw(_Stdout):
    """Samples without a header, 16 bits each."""

    def write(self, block: Audio, /) -> None:  # type: ignore[override]
        super().write(pcm(block))
