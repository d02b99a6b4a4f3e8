"""``audioml serve ping``: whether a server answers, is ready, and does its work."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from audioml.core.errors import AudiomlError
from audioml.core.values import Annotation, Frames, Prediction

from .client import Client
from .liveness import Ping

__all__ = ["ping"]

_PAUSE = 0.2  # seconds between two looks of --wait
_Line = tuple[bool, str, str]


@click.command()
@click.argument("url", required=False)
@click.option(
    "--wait",
    type=click.FloatRange(0),
    default=0.0,
    metavar="SECONDS",
    help="Wait until it is ready, this long at most.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    default=10.0,
    metavar="SECONDS",
    show_default=True,
    help="Give up on an answer that takes longer.",
)
@click.option(
    "--predict",
    type=(str, click.Path(path_type=Path)),
    default=None,
    metavar="MODEL FILE",
    help="Also let a model analyse a recording.",
)
def ping(url: str | None, wait: float, timeout: float, predict: tuple[str, Path] | None) -> int:
    """Find out whether the server at URL lives and is ready, and list its models.

    URL is that of AUDIOML_SERVE_URL or of this machine's port 8000 where it is left out; a key is
    taken from AUDIOML_API_KEY. The exit code is 0 if all is well, else 1.
    """
    with Client(url, timeout=timeout) as client:
        well = True
        for fine, what, said in _findings(client, _waited(client, wait), predict):
            click.echo(f"{'ok' if fine else '!!'} {what:<8}{said}")
            well = well and fine
    return 0 if well else 1


def _waited(client: Client, seconds: float) -> Ping:
    """Return what the server says once it is ready, or at the end of the time."""
    end = time.monotonic() + seconds
    while True:
        told = client.ping()
        if told.ready or time.monotonic() + _PAUSE > end:
            return told
        time.sleep(_PAUSE)


def _findings(client: Client, told: Ping, predict: tuple[str, Path] | None) -> Iterator[_Line]:
    if not told.live:
        yield False, "live", told.reason
        return
    version = f"audioml {told.version}, " if told.version else ""
    yield True, "live", f"{client.url}, {version}{told.latency * 1000:.0f} ms"
    yield told.ready, "ready", "yes" if told.ready else told.reason
    yield _tried("models", lambda: _models(client))
    if predict is not None:
        model, path = predict
        yield _tried("predict", lambda: _predicted(client, model, path))


def _tried(what: str, look: Callable[[], str]) -> _Line:
    try:
        return True, what, look()
    except AudiomlError as error:
        return False, what, str(error)


def _models(client: Client) -> str:
    return ", ".join(f"{model.name} {model.version}".strip() for model in client.models()) or "none"


def _predicted(client: Client, model: str, path: Path) -> str:
    began = time.perf_counter()
    prediction = client.predict(model, path)
    took = time.perf_counter() - began
    return f"{model}: {_shape(prediction)}, {took * 1000:.0f} ms"


def _shape(prediction: Prediction) -> str:
    """Return what came, in numbers."""
    return ", ".join(f"{name} {_size(value)}" for name, value in prediction.items()) or "nothing"


def _size(value: Frames | Annotation) -> str:
    if isinstance(value, Frames):
        return "x".join(str(length) for length in value.values.shape)
    return f"{len(value)} events"
