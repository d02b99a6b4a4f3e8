"""Whether a station is ready to work: everything that is better known before than after."""

from __future__ import annotations

import os
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from audioml.core.errors import AudiomlError
from audioml.core.files import shown
from audioml.core.stages import Estimator
from audioml.core.values import Audio

from .parts import DEFAULT, check_fit, estimator, records
from .settings import Settings
from .sinks import make
from .sinks.address import Address
from .station import archive_folder
from .watch.mounts import is_remote

__all__ = ["Finding", "findings"]

_TEST_SECONDS = 5.0
_PATIENCE = 3.0  # seconds
_EARLIEST = 1_767_225_600  # 2026-01-01: a clock that shows less was never set


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at, and how it is."""

    what: str
    state: str
    well: bool = True


def findings(settings: Settings) -> Iterator[Finding]:
    """Yield what is found, good or not."""
    yield from _found("model", lambda: _model(settings))
    yield from _found("folder", lambda: _folder(settings))
    yield from _found("output", lambda: _output(settings))
    for told in settings.sinks or DEFAULT:
        name = f"sink {told.kind}"
        options = {"folder": settings.output, "options": told.options}
        yield from _found(name, lambda t=told, o=options: _sink(t.kind, t.to, o))  # type: ignore[misc]
    yield from _found("clock", _clock)
    yield from _found("threads", _threads)


def _found(what: str, look: Callable[[], Iterator[str]]) -> Iterator[Finding]:
    try:
        for state in look():
            yield Finding(what, state)
    except (AudiomlError, OSError) as error:
        yield Finding(what, str(error), well=False)


def _model(settings: Settings) -> Iterator[str]:
    began = time.perf_counter()
    model = estimator(settings)
    spec = model.spec
    yield f"{spec.name} {spec.version} ({spec.weights[:12]}), {time.perf_counter() - began:.2f} s"
    yield f"takes {spec.rate or 'any'} Hz, {spec.channels or 'any'} channel(s)"
    check_fit(model)
    yield _speed(model)
    records(settings, model)  # whose thresholds must be for labels that there are


def _speed(model: Estimator) -> str:
    rate = model.spec.rate or 48000
    noise = np.random.default_rng(0).uniform(-0.1, 0.1, int(rate * _TEST_SECONDS))
    audio = Audio(noise.astype(np.float32), rate)
    model(audio)  # the first time is slower
    began = time.perf_counter()
    answered = model(audio)
    took = time.perf_counter() - began
    heads = ", ".join(f"{name} {f.values.shape}" for name, f in answered.frames.items())
    return f"{_TEST_SECONDS / took:.0f} times real time here; {_TEST_SECONDS:g} s give {heads}"


def _folder(settings: Settings) -> Iterator[str]:
    folder = settings.folder
    if not folder.is_dir():
        raise NotADirectoryError(f"{shown(folder)} is not a folder")
    if not os.access(folder, os.R_OK | os.X_OK):
        raise PermissionError(f"{shown(folder)} cannot be read by this user")
    archive_folder(settings, folder)
    changing = settings.files.after != "keep" or settings.disk.when_full != "wait"
    if changing and not os.access(folder, os.W_OK):
        raise PermissionError(
            f"{shown(folder)} cannot be written, and audio shall be deleted there"
        )
    how = "looked through (a network mount)" if is_remote(folder) else "watched by events"
    yield f"{shown(folder)}, {how}"
    usage = shutil.disk_usage(folder)
    used = 1.0 - usage.free / usage.total
    unit, size = ("GB", 1e9) if usage.free >= 1e9 else ("MB", 1e6)
    room = f"{usage.free / size:.1f} {unit} free, {used:.0%} used"
    if used >= settings.disk.high:
        raise OSError(f"{room}: the disk counts as full from {settings.disk.high:.0%}")
    yield room


def _output(settings: Settings) -> Iterator[str]:
    output = settings.output
    existing = next(p for p in (output, *output.absolute().parents) if p.exists())
    if not os.access(existing, os.W_OK | os.X_OK):
        raise PermissionError(f"{shown(existing)} cannot be written by this user")
    yield shown(output)


def _sink(kind: str, to: str | None, options: dict[str, object]) -> Iterator[str]:
    sink = make(kind, to, **options)  # type: ignore[arg-type]
    if kind == "mqtt":
        address = Address.of(to)
        try:
            socket.create_connection((address.host, address.port), _PATIENCE).close()
        except OSError as error:
            raise OSError(f"{address} does not answer: {error}") from error
        yield f"{address} answers"
    else:
        yield to or "ready"
    close = getattr(sink, "close", None)
    if close is not None:
        close()


def _clock() -> Iterator[str]:
    now = time.time()
    text = time.strftime("%Y-%m-%d %H:%M:%S %Z", time.localtime(now))
    if now < _EARLIEST:
        raise OSError(f"{text}: the clock was never set; enable NTP (timedatectl set-ntp true)")
    synchronized = Path("/run/systemd/timesync/synchronized")
    kept = Path("/run/systemd/timesync").is_dir() and not synchronized.exists()
    yield text + (", not synchronised yet" if kept else "")


def _threads() -> Iterator[str]:
    yield f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.2f}"
