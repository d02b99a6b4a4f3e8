"""Sound that a server makes, block by block while it comes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, cast

import urllib3

from audioml.core.audio.pcm import PCM
from audioml.core.audio.wavstream import read_form
from audioml.core.errors import AudioError, WorkerError
from audioml.core.values import Audio

from .body import Body
from .sound import Upload
from .transport import Transport, query

__all__ = ["blocks_of"]

_MOST = 1 << 16  # bytes of one block


def blocks_of(
    transport: Transport, path: str, wanted: Mapping[str, Any], heard: Upload | None = None
) -> Iterator[Audio]:
    """Yield the blocks of a WAV stream as they come, each with its time.

    What is ``wanted`` is told as JSON, or in the query where sound is to be ``heard`` before.

    Raises
    ------
    WorkerError
        If the stream breaks off, or is none.
    """
    body: Body | BinaryIO | bytes = json.dumps(wanted).encode()
    kind = "application/json"
    if heard is not None:
        path, body, kind = query(path, options=wanted), heard.body, heard.media
    headers = {"Content-Type": kind, "Accept": "audio/wav"}
    response = transport.call("POST", path, body=body, headers=headers, stream=True)
    try:
        yield from _read(response)
    except urllib3.exceptions.HTTPError as error:
        raise transport.failure(error) from error
    finally:
        response.close()


def _read(response: urllib3.BaseHTTPResponse) -> Iterator[Audio]:
    try:
        form = read_form(cast("BinaryIO", response))
    except AudioError as error:
        raise WorkerError(f"expected sound from the server: {error}") from error
    pcm = PCM(form.format, form.channels)
    frames, left = 0, form.size
    while left is None or left:
        data = response.read1(_MOST if left is None else min(_MOST, left))
        if not data:
            break
        left = None if left is None else left - len(data)
        samples = pcm.push(data)
        if samples.shape[1]:
            yield Audio(samples, form.rate, frames / form.rate)
            frames += samples.shape[1]
    if left:
        raise WorkerError(f"the server's sound broke off after {frames / form.rate:g} s")
