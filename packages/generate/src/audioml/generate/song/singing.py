"""What ``audioml generate song`` does: songs into files while they are made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from audioml.core.audio.read import read
from audioml.core.errors import OutputError, UsageError
from audioml.core.files import sha256, shown, write_bytes
from audioml.core.stages import Generator
from audioml.core.values import Audio

from .files import STDOUT, numbered, opened
from .interrupt import heeding
from .making import Songs, songs
from .model import find
from .progress import Pace, drawing
from .provenance import provenance, tags
from .request import Request, check
from .wav import check_length

__all__ = ["Sung", "sing"]

_TOGETHER = 16  # songs; more of them gain nothing, and each needs memory and an open file


@dataclass(slots=True)
class Sung:
    """What came of it: seconds of sound, their pace, and whether somebody interrupted."""

    pace: Pace
    paths: list[Path] = field(default_factory=list)
    interrupted: bool = False


def sing(request: Request) -> Sung:
    """Make songs, and write them while they are made.

    Raises
    ------
    UsageError
        If what is asked for makes no sense.
    OutputError
        If something cannot be written; the sound so far stays, and can be played.
    """
    check(request)
    generator, given = find(request.model), _given(request)
    targets = _numbered(request.out, request.count)
    states = _numbered(str(request.save_state or ""), request.count)
    made: list[dict[str, Any]] = []
    with drawing(request.seconds * request.count) as pace:
        sung = Sung(pace)
        for first in range(0, request.count, _TOGETHER):
            some = slice(first, first + _TOGETHER)
            group = _songs(generator, request, given, first=first, count=len(targets[some]))
            told = [provenance(group.spec, o, prompt=given.digest) for o in group.options]
            _write(group, request, targets[some], told, sung)
            made += told
            for path, state in zip(filter(None, states[some]), group.states, strict=False):
                write_bytes(Path(path), state)
            if sung.interrupted:
                break
    sung.paths = [Path(t) for t in targets[: len(made)] if t and t != STDOUT]
    if request.report is not None:
        from .report import write_report

        write_report(request.report, list(zip(sung.paths, made, strict=True)))
    return sung


def _numbered(target: str | None, count: int) -> list[str]:
    """Return the target of each song; an empty one where nothing is to be written."""
    if not target or target == STDOUT:
        return [target or ""] * count
    return [str(path) for path in numbered(Path(target), count)]


@dataclass(frozen=True, slots=True)
class _Given:
    """What came before: a prompt and the SHA-256 of its file, or a state."""

    prompt: Audio | None
    digest: str
    state: bytes | None


def _given(request: Request) -> _Given:
    prompt = None if request.prompt is None else read(request.prompt)
    digest = "" if request.prompt is None else sha256(request.prompt)
    return _Given(prompt, digest, None if request.state is None else _state(request.state))


def _state(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"the state {shown(path)} cannot be read: {error.strerror}") from error


def _songs(
    generator: Generator, request: Request, given: _Given, *, first: int, count: int
) -> Songs:
    return songs(
        generator,
        count=count,
        seconds=request.seconds,
        seed=(request.seed or 0) + first,
        temperature=request.temperature,
        top_k=request.top_k,
        top_p=request.top_p,
        prompt=given.prompt,
        genre=request.genre,
        compat=request.compat,
        device=request.device,
        state=given.state,
    )


def _write(
    group: Songs, request: Request, targets: Sequence[str], told: Sequence[dict[str, Any]],
    sung: Sung,
) -> None:  # fmt: skip
    """Write songs until they end or somebody interrupts."""
    blocks = iter(group)
    first = next(blocks, None)  # what is wrong with the options shows before a file is touched
    if first is None or request.out is None:
        return
    if Path(targets[0]).suffix.lower() == ".wav":
        check_length(request.seconds, first[0].rate, first[0].channels)
    frames = round(request.seconds * first[0].rate)
    labels = [tags(each) for each in told]
    try:
        with (
            opened(targets, first, frames=frames, tags=labels, raw=request.raw) as sinks,
            heeding() as interrupted,
        ):
            for each in chain([first], blocks):
                for sink, block in zip(sinks, each, strict=True):
                    sink.write(block)
                sung.pace.add(sum(block.duration for block in each))
                if interrupted():
                    sung.interrupted = True
                    return
    except OutputError as error:
        raise _so_far(error, request, sung) from error


def _so_far(error: OutputError, request: Request, sung: Sung) -> OutputError:
    if request.out == STDOUT or not sung.pace.made:
        return error
    return OutputError(f"{error}; what was made so far, {sung.pace.made:.1f} s, can be played")
