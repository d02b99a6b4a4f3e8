"""What is asked of ``audioml generate song``, and what of it can be refused at once."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from audioml.core.errors import UsageError
from audioml.core.files import shown

from .files import STDOUT, check_target
from .model import DEFAULT

__all__ = ["Request", "check"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to make and where to put it.

    Parameters
    ----------
    model, count, seconds, seed, temperature, top_k, top_p, genre, compat, device
        See `audioml.generate.song.songs`; ``seed`` is 0 where it is None.
    out
        A path that ends in .wav, .flac or .ogg, ``-`` for standard output, or None for no sound.
        Of several songs, the names get numbers; so do those of ``save_state``.
    raw
        Whether standard output gets bare samples of 16 bits instead of WAV.
    prompt
        The path of what came before.
    state, save_state
        Where the state is from which to go on, and where to leave the one at the end.
    report
        Where to write a page that draws and plays the songs.
    """

    model: str | Path = DEFAULT
    out: str | None
    count: int = 1
    seconds: float = 10.0
    seed: int | None = None
    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None
    genre: str | None = None
    compat: str | None = None
    device: str | None = None
    raw: bool = False
    prompt: Path | None = None
    state: Path | None = None
    save_state: Path | None = None
    report: Path | None = None


def check(request: Request) -> None:
    """Refuse what makes no sense whatever the model.

    Raises
    ------
    UsageError
        With the first reason that there is.
    """
    for wrong, sentence in _reasons(request):
        if wrong:
            raise UsageError(sentence)
    for given in (request.prompt, request.state):
        if given is not None and _same(given, request.out):
            raise UsageError(f"-o would overwrite {shown(given)}, which is read: name another file")
    targets = [Path(each) for each in (request.out, request.save_state, request.report) if each]
    if len(set(targets)) < len(targets):
        raise UsageError("-o, --save-state and --report write a file each: give them other names")
    if request.out is not None:
        check_target(request.out)


def _reasons(request: Request) -> tuple[tuple[bool, str], ...]:
    nowhere, piped = request.out is None, request.out == STDOUT
    return (
        (
            nowhere and request.save_state is None,
            "-o names the file of the song, such as song.wav, or - for standard output",
        ),
        (
            nowhere and request.seconds != 0,
            "without -o there is no sound: name a file, or say --seconds 0 for the state alone",
        ),
        (
            not nowhere and request.seconds == 0,
            "a song of 0 seconds has no sound: expected more, such as 10",
        ),
        (
            request.state is not None and request.seed is not None,
            "a state goes on with its own seed: leave --seed out",
        ),
        (
            piped and request.count > 1,
            "standard output takes one song: leave -n out, or name a file",
        ),
        (
            (nowhere or piped) and request.report is not None,
            "a report draws a file: name one with -o",
        ),
        (request.raw and not piped, "--raw is for standard output: say -o -"),
    )


def _same(path: Path, target: str | None) -> bool:
    with contextlib.suppress(OSError):
        return target is not None and path.samefile(target)
    return False
