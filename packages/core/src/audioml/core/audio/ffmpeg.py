"""Decodes through the ``ffmpeg`` command where it is installed."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ..errors import AudioError
from ..files import shown
from ..values import Audio
from .riff import read_header

__all__ = ["available", "read_blocks"]


def available() -> bool:
    """Return whether ``ffmpeg`` is on the PATH."""
    return shutil.which("ffmpeg") is not None


def read_blocks(path: Path, *, block: int) -> Iterator[Audio]:
    """Yield a file in blocks of ``block`` frames, as ffmpeg decodes it.

    Raises
    ------
    AudioError
        If ffmpeg finds no audio in it.
    """
    # the protocol white-list keeps a crafted playlist from reaching the network
    command = ["ffmpeg", "-nostdin", "-v", "error", "-protocol_whitelist", "file,pipe"]
    command += ["-i", f"file:{path}", "-vn", "-map", "0:a:0", "-f", "wav"]
    command += ["-c:a", "pcm_f32le", "-bitexact", "pipe:1"]
    with (
        tempfile.TemporaryFile() as problems,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=problems) as process,
    ):
        assert process.stdout is not None
        try:
            rate, channels, _ = read_header(process.stdout)  # type: ignore[arg-type]
            yield from _blocks(process.stdout, rate, channels, block)
        except ValueError:
            process.wait()
            problems.seek(0)
            lines = problems.read().decode(errors="replace").strip().splitlines()
            reason = lines[-1].rsplit(": ", maxsplit=1)[-1] if lines else "no audio stream"
            raise AudioError(f"{shown(path)} cannot be decoded as audio: {reason}") from None
        finally:
            process.kill()


def _blocks(stream: object, rate: int, channels: int, block: int) -> Iterator[Audio]:
    count = 0
    size = block * channels * 4
    while data := stream.read(size):  # type: ignore[attr-defined]
        whole = len(data) // (4 * channels)
        frames = np.frombuffer(data, "<f4", whole * channels).reshape(whole, channels)
        if whole:
            yield Audio(frames.T, rate, count / rate)
        count += whole
    if not count:
        raise ValueError("no samples")
