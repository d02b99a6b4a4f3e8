"""``audioml edge run`` and ``listen``."""

from __future__ import annotations

import contextlib
import inspect
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from audioml.core.cli import output as terminal
from audioml.core.errors import UsageError

from ..settings import Settings, SinkSettings
from .options import settings_from, with_settings

if TYPE_CHECKING:
    from ..live.base import Source

__all__ = ["listen", "run"]

_FORMATS = ("auto", "wav", "wyoming", "s16le", "s24le", "s32le", "u8", "f32le", "f64le")


def _output(function: Callable[..., Any]) -> Callable[..., Any]:
    return click.option("-o", "--output", help="Folder for results that are kept [default: here].")(
        function
    )


@click.command()
@click.argument("pipe")
@click.option("--format", "kind", type=click.Choice(_FORMATS), default="auto", show_default=True)
@click.option("--rate", type=int, help="Hz, of samples without a header.")
@click.option("--channels", type=int, default=1, show_default=True)
@_output
@with_settings("model", "records", without=("records",))
def run(
    pipe: str,
    config: Path | None,
    to: tuple[str, ...],
    *,
    kind: str,
    rate: int | None,
    channels: int,
    **given: Any,
) -> int:
    """Analyse the sound of PIPE, as it comes: - is standard input.

    It is a WAV file, samples without a header (--format s16le --rate 48000), or Wyoming events
    (--format wyoming): results then go back on standard output, as a parent process wants it.
    """
    if pipe != "-":
        raise UsageError(
            f"only '-', standard input, is a pipe; for a folder of recordings: "
            f"audioml edge watch {pipe}; for a socket: audioml edge listen unix:PATH"
        )
    if sys.stdin is None:
        raise UsageError("standard input is closed; expected sound on it")
    from ..live.stdin import Pipe

    def source(info: dict[str, Any]) -> Source:
        binary = sys.stdin.buffer
        return Pipe(binary, format=kind, rate=rate, channels=channels, info=info)

    settings = settings_from(config, to, given)
    return _bring(settings, "standard input", source, piped=True)


@click.command()
@click.argument("source")
@click.option(
    "--public", is_flag=True, default=None, help="Let a TCP port be reached from outside."
)
@click.option("--connections", type=int, help="How many may be open at a time [default: 16].")
@click.option("--idle", type=float, help="Seconds of silence on a connection after which it ends.")
@click.option("--rate", type=int, help="Hz, of a microphone.")
@click.option("--channels", type=int, help="Of a microphone.")
@_output
@with_settings("model", "records", without=("records",))
def listen(
    source: str,
    config: Path | None,
    to: tuple[str, ...],
    *,
    public: bool | None,
    connections: int | None,
    idle: float | None,
    rate: int | None,
    channels: int | None,
    **given: Any,
) -> int:
    """Analyse the sound that SOURCE brings: unix:PATH, tcp:PORT, mic, or one of a plugin.

    Sockets take Wyoming events: audio-start, audio-chunk, audio-stop; results go back.
    """
    options = {
        "public": public,
        "connections": connections,
        "idle": idle,
        "rate": rate,
        "channels": channels,
    }
    told = {name: value for name, value in options.items() if value is not None}
    settings = settings_from(config, to, given)
    return _bring(settings, source, lambda info: _source(source, told, info), piped=False)


def _source(text: str, options: dict[str, Any], info: dict[str, Any]) -> Source:
    """Return the source that a plugin offers under the name before the colon."""
    from audioml.core.plugins import registry

    name, _, where = text.partition(":")
    made = registry().find("source", name).load()
    known = inspect.signature(made).parameters
    for option in options:
        if option not in known:
            raise UsageError(f"source {name!r} takes no --{option}")
    if "info" in known:
        options = {**options, "info": info}
    if name in ("unix", "tcp") and not where:
        raise UsageError(f"say where: {name}:{'PATH' if name == 'unix' else 'PORT'}")
    source: Source = made(where, **options)
    return source


def _bring(
    settings: Settings, what: str, make: Callable[[dict[str, Any]], Source], *, piped: bool
) -> int:
    from ..parts import check_fit, estimator, records, sinks

    model = estimator(settings)
    default = (SinkSettings(kind="stdout"),)
    if not settings.sinks:
        settings = replace(settings, sinks=default)
    output = settings.place(settings.files.output or ".").absolute()
    settings = replace(settings, files=replace(settings.files, output=str(output)))
    file_sinks, event_sinks = sinks(settings, model, default)
    if file_sinks:
        raise UsageError("npz writes a file for each recording; for streams use jsonl or sqlite")
    spec = model.spec
    info = {"name": spec.name, "version": spec.version, "rate": spec.rate}
    told = replace(records(settings, model), kind="windows")
    if not _labelled(model):
        told = replace(told, values=True)  # nothing else would be in the records
    check_fit(model)
    from ..live.desk import opened

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        # not in the handler itself, which may have interrupted who holds the lock of the event
        signal.signal(number, lambda *_: threading.Thread(target=stop.set).start())
    if terminal.someone_looks() and not terminal.is_quiet():
        terminal.say(f"listening to {what}; Ctrl-C ends it")
    with (
        _journal(output, only=set(event_sinks)) as path,
        opened(path, model, told, event_sinks, stop=stop, replies_on_stdout=piped) as desk,
    ):
        make({"audioml": info}).run(desk.handle, stop)
        return 1 if desk.failures else 0


def _labelled(model: Any) -> bool:
    return bool(getattr(getattr(model, "decoder", None), "labels", True))


@contextlib.contextmanager
def _journal(output: Path, *, only: set[str]) -> Iterator[Path]:
    """Give the place of the outbox: with the results, or for a moment where none are kept."""
    from ..database import JOURNAL
    from ..lock import LOCK, locked

    if only <= {"stdout"}:
        with tempfile.TemporaryDirectory(prefix="audioml-") as folder:
            yield Path(folder, JOURNAL)
        return
    with locked(output / LOCK):
        yield output / JOURNAL
