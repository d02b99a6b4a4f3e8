"""Sound that is sent while it is made."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import numpy as np
from flask import Blueprint, Response, request, stream_with_context

from audioml.core.errors import UsageError
from audioml.core.stages import Generation, GenerationOptions, Generator
from audioml.core.values import Audio

from ..batching import Call, calling
from ..problems import Problem

if TYPE_CHECKING:
    from ..service import Service

__all__ = ["blueprint"]

_FIELDS = {"seconds", "seed", "temperature", "top_k", "top_p"}


def blueprint(service: Service) -> Blueprint:
    """Return the routes."""
    routes = Blueprint("generate", __name__)

    @routes.post("/v1/models/<name>/generate")
    def generated(name: str) -> Response:
        served = service.catalog[name]
        if not isinstance(served.model, Generator):
            raise UsageError(f"{served.spec.name} answers about sound; ask for /predict")
        options = _options(service.settings.max_generated)
        generation = served.model.start(options)
        gone = request.environ.get("audioml.disconnected") or bool
        call = Call(deadline=math.inf, gone=gone)

        def sound() -> Iterator[bytes]:
            with calling(call), served.turns.turn():
                yield from _wav(generation, options.seconds, call)

        with ExitStack() as admission:
            admission.enter_context(service.admitted(name))
            body = sound()
            first = next(body)  # what is wrong at the start is told with a status
            response = Response(stream_with_context(_after(first, body)), mimetype="audio/wav")
            response.call_on_close(admission.pop_all().close)
        return response

    return routes


def _after(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _options(longest: float) -> GenerationOptions:
    told = request.get_json(silent=True)
    if not isinstance(told, dict):
        raise Problem(400, 'what to make is told as JSON: {"seconds": 10}')
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
    )


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


def _wav(generation: Generation, seconds: float, call: Call) -> Iterator[bytes]:
    """Yield a WAV file of 16 bits whose header knows its length before its samples are made."""
    left = 0
    for index, block in enumerate(generation):
        call.check()
        if index == 0:
            left = round(seconds * block.rate)
            yield _header(left, block)
        count = min(left, block.samples.shape[1])
        left -= count
        if count:
            yield _bytes(block.samples[:, :count])
        if not left:
            return
    while left:  # it ended early: what the header promised is silence
        count = min(left, 1 << 15)
        left -= count
        yield _bytes(np.zeros((block.channels, count), np.float32))


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
