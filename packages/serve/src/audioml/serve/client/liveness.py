"""Whether a server lives, and whether it is ready to work."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

from audioml.core.errors import AudiomlError

from .transport import Transport

__all__ = ["Ping", "ping_of"]


@dataclass(frozen=True, slots=True)
class Ping:
    """What a server says of itself.

    ``live`` is whether it answers, ``ready`` whether its models are loaded and it takes work;
    ``latency`` is how long it took to say that it lives, in seconds. ``reason`` is one sentence
    where it is not ready.
    """

    live: bool
    ready: bool
    version: str = ""
    latency: float = 0.0
    reason: str = ""


def ping_of(transport: Transport) -> Ping:
    """Ask a server once; that nobody answers is an answer too."""
    began = time.perf_counter()
    try:
        version = _version(transport.call("GET", "/healthz", once=True).data)
    except AudiomlError as error:
        return Ping(live=False, ready=False, reason=str(error))
    latency = time.perf_counter() - began
    try:
        transport.call("GET", "/readyz", once=True)
    except AudiomlError as error:
        return Ping(live=True, ready=False, version=version, latency=latency, reason=str(error))
    return Ping(live=True, ready=True, version=version, latency=latency)


def _version(data: bytes) -> str:
    try:
        told = json.loads(data)
    except ValueError:
        return ""
    return str(told.get("version", "")) if isinstance(told, dict) else ""
