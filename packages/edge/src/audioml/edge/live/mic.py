"""A microphone, by PortAudio."""

from __future__ import annotations

import importlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from audioml.core.errors import AudioError, MissingDependencyError
from audioml.core.values import Audio

from .backlog import Backlog
from .base import Block, Handler, Stream
from .waiting import POLL

__all__ = ["Microphone"]

_SILENCE = 5.0  # seconds without a block after which the device is taken for gone


class Microphone:
    """The sound of an input device; when the model is too slow, the oldest of it is dropped.

    Parameters
    ----------
    device
        Number of a device or part of its name; empty is the system's default.
    rate
        Hz; the device's own by default.
    channels
        How many to record.
    block
        Seconds of sound in a block.
    buffer
        Seconds of sound that may wait for the model.
    """

    def __init__(
        self,
        device: str | int | None = None,
        *,
        rate: int | None = None,
        channels: int = 1,
        block: float = 0.1,
        buffer: float = 5.0,
    ) -> None:
        text = "" if device is None else str(device)
        self._device = int(text) if text.isdigit() else text or None
        self._rate, self._channels = rate, channels
        self._block, self._buffer = block, buffer

    def run(self, handle: Handler, stop: threading.Event, /) -> None:
        """Record until ``stop`` is set.

        Raises
        ------
        MissingDependencyError
            If sounddevice or PortAudio is not installed.
        AudioError
            If the device cannot be opened, or goes away.
        """
        library = _sounddevice()
        try:
            rate = self._rate or self._native(library)
            backlog = Backlog(self._buffer, rate=rate)
            device = self._open(library, rate, backlog)
        except (library.PortAudioError, ValueError) as error:
            what = "the default microphone" if self._device is None else f"{self._device!r}"
            raise AudioError(
                f"cannot record from {what}: {error}; python -m sounddevice lists what is there"
            ) from error
        with device:
            blocks = _Blocks(backlog, rate, stop)
            handle(Stream("mic", iter(blocks), time.time()))
        if blocks.gone:
            raise AudioError(f"the microphone is gone: {blocks.gone}; is it plugged in?")

    def _native(self, library: Any) -> int:
        return int(library.query_devices(self._device, "input")["default_samplerate"])

    def _open(self, library: Any, rate: int, backlog: Backlog) -> Any:
        return library.InputStream(
            device=self._device,
            samplerate=rate,
            channels=self._channels,
            blocksize=max(1, round(self._block * rate)),
            dtype="float32",
            callback=_callback(backlog, rate),
            finished_callback=backlog.close,
        )


class _Blocks:
    """The blocks of a device until it is told to stop or gone; ``gone`` says why."""

    def __init__(self, backlog: Backlog, rate: int, stop: threading.Event) -> None:
        self.gone = ""
        self._backlog, self._rate, self._stop = backlog, rate, stop

    def __iter__(self) -> Iterator[Block]:
        count, missing, since = 0, 0.0, time.monotonic()
        while not self._stop.is_set():
            found = self._backlog.get(POLL)
            if found is not None:
                samples, lost = found
                missing += lost
                yield Block(Audio(samples, self._rate, missing + count / self._rate), lost)
                count, since = count + samples.shape[1], time.monotonic()
            elif self._backlog.closed:
                self.gone = "it was closed"
                return
            elif time.monotonic() - since > _SILENCE:
                self.gone = f"nothing came for {_SILENCE:g} s"
                return


def _callback(backlog: Backlog, rate: int) -> Callable[[Any, int, Any, Any], None]:
    """Return what PortAudio calls with every block, in a thread of its own."""
    due = [0.0]

    def take(indata: Any, frames: int, clock: Any, status: Any) -> None:
        seconds, at = frames / rate, float(clock.inputBufferAdcTime)
        lost = 0.0
        if status.input_overflow:  # how much, only the clock knows; where it stands still, a block
            lost = at - due[0] if due[0] and at > due[0] else seconds
        due[0] = at + seconds
        backlog.put(indata.T.copy(), lost=lost)

    return take


def _sounddevice() -> Any:
    try:
        sounddevice = importlib.import_module("sounddevice")
    except ImportError as error:
        raise MissingDependencyError(
            "a microphone needs sounddevice, which is not installed; "
            "run: pip install 'audioml-edge[mic]'"
        ) from error
    except OSError as error:
        raise MissingDependencyError(
            f"a microphone needs the PortAudio library ({error}); "
            "install it, on Debian by: apt install libportaudio2"
        ) from error
    return sounddevice
