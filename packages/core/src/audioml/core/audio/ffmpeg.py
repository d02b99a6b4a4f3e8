"""Decodes through the ``ffmpeg`` command where it is installed."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import numpy as np

from ..errors import AudioError
from ..files import shown
from ..values import Audio
from .riff import read_header

__all__ = ["available", "read_blocks"]

log = logging.getLogger(__name__)
_CONTAINERS = (  # ffmpeg also opens playlists, which name other files to read
    *("aac", "ac3", "aiff", "amr", "ape", "asf", "au", "avi", "caf", "dsf", "dts", "eac3"),
    *("flac", "flv", "loas", "matroska", "mov", "mp3", "mpc", "mpc8", "mpeg", "mpegts", "ogg"),
    *("tak", "tta", "w64", "wav", "wv"),
)
_CUT = ("partial file", "ended prematurely")
_TAIL = 8192  # bytes of complaints that are looked at


def available() -> bool:
    """Return whether ``ffmpeg`` is on the PATH."""
    return shutil.which("ffmpeg") is not None


def read_blocks(
    path: Path, *, block: int, damaged: Callable[[str], None] = log.warning
) -> Iterator[Audio]:
    """Yield a file in blocks of ``block`` frames, as ffmpeg decodes it.

    ``damaged`` is called with a sentence on what ffmpeg complains about while it decodes.

    Raises
    ------
    AudioError
        If ffmpeg finds no audio in it.
    """
    with (
        tempfile.TemporaryFile() as problems,
        subprocess.Popen(_command(path), stdout=subprocess.PIPE, stderr=problems) as process,
    ):
        assert process.stdout is not None
        end = 0.0
        try:
            for audio in _blocks(process.stdout, block):
                yield audio
                end = audio.end
            code = process.wait()
        finally:
            process.kill()  # where nobody wants the rest; `with` waits for it
        _judge(path, end, code, _tail(problems), damaged)


def _command(path: Path) -> list[str]:
    # a crafted playlist must neither reach the network nor other files
    command = ["ffmpeg", "-nostdin", "-v", "error", "-protocol_whitelist", "file,pipe"]
    command += ["-format_whitelist", ",".join(_CONTAINERS)]
    command += ["-i", f"file:{path}", "-vn", "-map", "0:a:0", "-f", "wav"]
    return [*command, "-c:a", "pcm_f32le", "-bitexact", "pipe:1"]


def _blocks(stream: IO[bytes], block: int) -> Iterator[Audio]:
    try:
        rate, channels, _ = read_header(stream)  # type: ignore[arg-type]
    except ValueError:
        return
    count = 0
    while data := stream.read(block * channels * 4):
        whole = len(data) // (4 * channels)
        frames = np.frombuffer(data, "<f4", whole * channels).reshape(whole, channels)
        if whole:
            yield Audio(frames.T, rate, count / rate)
        count += whole


def _judge(
    path: Path, end: float, code: int, said: list[str], damaged: Callable[[str], None]
) -> None:
    """Raise if nothing came, and tell if ffmpeg was not content."""
    reason = said[-1] if said else f"ffmpeg ended with status {code}"
    if any("not on whitelist" in line for line in said):
        reason = f"it is not one of {', '.join(_CONTAINERS)}"
    if not end:
        reason = reason if said or code else "no samples"
        raise AudioError(f"{shown(path)} cannot be decoded as audio: {reason}")
    if any(words in line for words in _CUT for line in said):
        damaged(f"{shown(path)} is cut short; its first {end:.2f} s are used")
    elif said or code:
        damaged(f"{shown(path)} is damaged ({reason}); {end:.2f} s of it are used")


def _tail(problems: IO[bytes]) -> list[str]:
    """Return the last complaints, without the part of ffmpeg that each comes from."""
    problems.seek(max(0, problems.seek(0, os.SEEK_END) - _TAIL))
    lines = problems.read().decode(errors="replace").strip().splitlines()
    told = [line.rsplit(": ", maxsplit=1)[-1] for line in lines if "Last message" not in line]
    return [line.partition("] ")[2] if line.startswith("[") else line for line in told]
