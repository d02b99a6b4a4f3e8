"""Sound that is sent while it is made."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
from flask import Blueprint, Response, request, stream_with_context

from audioml.core.errors import UsageError
from audioml.core.stages import GenerationOptions, Generator, concatenated
from audioml.core.values import Audio

from ..batching import Call, calling
from ..errors import ModelError
from ..problems import Problem
from .uploads import options_text, uploads

if TYPE_CHECKING:
    from ..service import Service

__all__ = ["blueprint"]

_MOST = 16 << 10  # bytes of what is told
_ORDERS = ("", "application/json", "application/x-www-form-urlencoded")  # curl -d says the last
_NAMES = ("genre",)
_FIELDS = {"seconds", "seed", "temperature", "top_k", "top_p", *_NAMES}
_LONGEST_NAME = 100


def blueprint(service: Service) -> Blueprint:
    """Return the routes."""
    routes = Blueprint("generate", __name__)

    @routes.post("/v1/models/<name>/generate")
    def generated(name: str) -> Response:
        served = service.catalog[name]
        model = served.model
        if not isinstance(model, Generator):
            raise UsageError(f"{served.spec.name} answers about sound; ask for /predict")
        options = _options(_told(), service.settings.max_generated)
        prompt = None
        if request.mimetype not in _ORDERS:
            (upload,) = uploads(1)
            prompt = upload.file
        gone = request.environ.get("audioml.disconnected") or bool

        def started(heard: Audio | None) -> Iterator[Audio]:
            yield from model.start(replace(options, prompt=heard))

        def blocks() -> Iterator[Audio]:
            heard = None if prompt is None else concatenated(service.open(prompt).blocks())
            generation = started(heard)
            while True:  # a turn and a deadline for each block: a slow listener keeps nobody
                call = Call(deadline=service.deadline(None), gone=gone)
                with calling(call), served.turns.turn():
                    block = next(generation, None)
                if block is None:
                    return
                yield block

        with ExitStack() as admission:
            admission.enter_context(service.admitted("streams"))
            body = _wav(blocks(), options.seconds, served.spec.name)
            first = next(body)  # what is wrong at the start is told with a status
            response = Response(stream_with_context(chain([first], body)), mimetype="audio/wav")
            response.call_on_close(admission.pop_all().close)
        return response

    return routes


def _told() -> dict[str, Any]:
    """Return what is told in JSON, or beside the recording that is to be continued."""
    if request.mimetype not in _ORDERS:
        return {name: _parsed(name, text) for name, text in options_text().items()}
    request.max_content_length = _MOST
    try:
        told = request.get_json(silent=True)
    except RecursionError:
        told = None
    if not isinstance(told, dict):
        raise Problem(400, 'what to make is told as JSON: {"seconds": 10}')
    if request.args:
        raise Problem(400, "what to make is told in JSON or, beside a recording, in the query")
    return told


def _parsed(name: str, text: str) -> Any:
    """Return a number where one is wanted and told; what is none is refused like one in JSON."""
    if name in _NAMES:
        return text
    for kind in (int, float):
        with contextlib.suppress(ValueError):
            return kind(text)
    return text


def _options(told: dict[str, Any], longest: float) -> GenerationOptions:
    unknown = set(told) - _FIELDS
    if unknown:
        raise Problem(400, f"{min(unknown)!r} is none of {', '.join(sorted(_FIELDS))}")
    seconds = _number(told, "seconds", 10.0, most=longest)
    if seconds == 0:
        raise Problem(400, "'seconds' is above 0, got 0")
    return GenerationOptions(
        seconds=seconds,
        seed=_whole(told, "seed", 0, least=0, most=(1 << 63) - 1),
        temperature=_number(told, "temperature", 1.0, most=100.0),
        top_k=None if told.get("top_k") is None else _whole(told, "top_k", 1, most=(1 << 31) - 1),
        top_p=None if told.get("top_p") is None else _number(told, "top_p", 1.0, most=1.0),
        extra={name: _name(told, name) for name in _NAMES if told.get(name) is not None},
    )


def _name(told: dict[str, Any], name: str) -> str:
    value = told[name]
    if not isinstance(value, str) or len(value) > _LONGEST_NAME:
        raise Problem(400, f"{name!r} is a name of the model's, got {str(value)[:40]!r}")
    return value


def _number(told: dict[str, Any], name: str, default: float, *, most: float) -> float:
    value = told.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise Problem(400, f"{name!r} is a number from 0 to {most:g}, got {str(value)[:40]!r}")
    return float(value)


def _whole(told: dict[str, Any], name: str, default: int, *, least: int = 1, most: int) -> int:
    value = told.get(name, default)
    if isinstance(value, float) and value.is_integer():  # 1.0 is a whole number to JSON Schema
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise Problem(
            400, f"{name!r} is a whole number from {least} to {most}, got {str(value)[:40]!r}"
        )
    return value


def _wav(blocks: Iterator[Audio], seconds: float, name: str) -> Iterator[bytes]:
    """Yield a WAV file of 16 bits whose header knows its length before its samples are made."""
    first = next(blocks, None)
    if first is None:
        raise ModelError(f"{name} made no sound")
    left = round(seconds * first.rate)
    yield _header(left, first)
    for block in chain([first], blocks):
        if (block.rate, block.channels) != (first.rate, first.channels):
            raise ModelError(f"{name} changed its rate or its channels on the way")
        count = min(left, block.samples.shape[1])
        left -= count
        if count:
            yield _bytes(block.samples[:, :count])
        if not left:
            return
    while left:  # it ended early: what the header promised is silence
        count = min(left, 1 << 15)
        left -= count
        yield _bytes(np.zeros((first.channels, count), np.float32))


def _header(frames: int, block: Audio) -> bytes:
    width = 2 * block.channels
    size = frames * width
    form = struct.pack("<HHIIHH", 1, block.channels, block.rate, block.rate * width, width, 16)
    head = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", size)
    return b"RIFF" + struct.pack("<I", len(head) + size) + head


def _bytes(samples: np.ndarray[Any, np.dtype[np.float32]]) -> bytes:
    scaled = np.clip(np.rint(samples.T * 32768.0), -32768, 32767)
    data: bytes = scaled.astype("<i2").tobytes()
    return data
