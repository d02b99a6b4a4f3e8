"""Puts the report together: one file, nothing fetched from anywhere."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from html import escape
from importlib import resources
from pathlib import Path
from string import Template
from typing import Any

from audioml.core.files import write_bytes

from .picture import looks, outline, png

__all__ = ["html", "write_report"]

_TYPES = {".wav": "audio/wav", ".flac": "audio/flac", ".ogg": "audio/ogg"}
_LARGEST = 32 << 20  # bytes of sound that a page carries: 16 minutes of WAV at 16 kHz
_WORDS = {
    "weights": "SHA-256 of the weights",
    "license": "licence of the weights",
    "seconds": "seconds asked for",
    "top_k": "top-k",
    "top_p": "top-p",
    "prompt": "SHA-256 of the prompt",
    "state": "SHA-256 of the state before it",
}


def write_report(path: Path, songs: Sequence[tuple[Path, Mapping[str, Any]]]) -> None:
    """Write the report of songs: the file of each, and its provenance.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    write_bytes(path, html(songs))


def html(songs: Sequence[tuple[Path, Mapping[str, Any]]]) -> bytes:
    """Return the report as a page of HTML."""
    script = _asset("page.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    names = dict.fromkeys(f"{told['model']} {told['version']}" for _, told in songs)
    page = Template(_asset("page.html")).substitute(
        policy=(
            "default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'; "
            f"script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
        ),
        title=escape(", ".join(names)),
        style=_asset("page.css"),
        script=script,
        songs="".join(_song(path, told) for path, told in songs),
    )
    return page.encode(errors="replace")  # a file name may be no text


def _song(path: Path, told: Mapping[str, Any]) -> str:
    picture = looks(path)
    return Template(_asset("song.html")).substitute(
        name=escape(path.name),
        facts=f"{picture.seconds:.1f} s at {picture.rate} Hz",
        sound=_sound(path),
        wave=outline(picture),
        columns=len(picture.lows) - 1,
        spectrogram=_address(png(picture), "image/png"),
        highest=f"{picture.rate / 2000:g} kHz",
        rows="".join(
            f"<tr><th>{escape(_WORDS.get(name, name))}</th><td>{escape(str(value))}</td></tr>"
            for name, value in told.items()
        ),
    )


def _sound(path: Path) -> str:
    if path.stat().st_size > _LARGEST:
        return f"<p>The song is too long for a page to carry: play {escape(path.name)} itself.</p>"
    address = _address(path.read_bytes(), _TYPES[path.suffix.lower()])
    return f'<audio controls preload="auto" src="{address}"></audio>'


def _address(data: bytes, media_type: str) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def _asset(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text("utf-8")
