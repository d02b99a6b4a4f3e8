"""Sound that is piped in: ``arecord -t raw -f S16_LE -r 48000 | audioml edge run - ...``."""

from __future__ import annotations

import io
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from audioml.core.audio.pcm import FORMATS, PCM, check_form
from audioml.core.audio.wavstream import Form, read_form
from audioml.core.errors import AudioError, UsageError
from audioml.core.values import Audio

from .base import Block, Handler, Stream
from .conversation import Conversation, Names
from .waiting import reading

__all__ = ["Pipe"]


class Pipe:
    """A source with one stream; or, where Wyoming events come, with those of a parent process.

    Parameters
    ----------
    stream
        Standard input as bytes, of which nothing was read yet.
    format
        ``wav``; ``wyoming`` (events in, results out on ``replies``); one of `pcm.FORMATS`; or
        ``auto``, which tells the first two apart.
    rate
        Hz; for samples without a header.
    channels
        For samples without a header.
    block
        The longest block in seconds; shorter ones are handed over as they come.
    replies
        Where events go; standard output by default.
    name
        Name of the stream.
    info
        Goes with the answer to ``describe``.
    """

    def __init__(
        self,
        stream: BinaryIO,
        *,
        format: str = "auto",  # noqa: A002 - named as the option
        rate: int | None = None,
        channels: int = 1,
        block: float = 0.1,
        replies: BinaryIO | None = None,
        name: str = "stdin",
        info: Mapping[str, Any] | None = None,
    ) -> None:
        self._stream, self._replies = stream, replies
        self._format, self._rate, self._channels = format, rate, channels
        self._block, self._name, self._info = block, name, info

    def run(self, handle: Handler, stop: threading.Event, /) -> None:
        """Take the pipe to its end.

        Raises
        ------
        UsageError
            If nobody says what the bytes are.
        AudioError
            If they are not what they should be, or there are none.
        """
        self._check()
        reader = reading(self._stream, stop)
        first = reader.peek(1)[:1]
        if not first:
            if not stop.is_set():
                raise AudioError(f"{self._name} ended before any sound came")
            return
        kind = _kind(first) if self._format == "auto" else self._format
        if kind == "wyoming":
            names = Names(self._name)
            Conversation(reader, self._send, names=names, info=self._info).run(handle)
            return
        form = read_form(reader) if kind == "wav" else self._raw(kind)
        handle(Stream(self._name, self._blocks(reader, form), time.time()))

    def _check(self) -> None:
        if self._format in ("auto", "wav", "wyoming"):
            return
        if self._format not in FORMATS:
            raise UsageError(
                f"unknown format {self._format!r}; "
                f"expected one of auto, wav, wyoming, {', '.join(FORMATS)}"
            )
        if self._rate is None:
            raise UsageError(f"samples as {self._format} need their rate, such as --rate 48000")
        check_form(self._rate, self._channels)

    def _raw(self, format: str) -> Form:  # noqa: A002 - named as the option
        return Form(format, *check_form(self._rate, self._channels))

    def _blocks(self, reader: io.BufferedReader, form: Form) -> Iterator[Block]:
        pcm, count, taken = PCM(form.format, form.channels), 0, 0
        size = max(1, round(self._block * form.rate)) * pcm.frame
        while form.size is None or taken < form.size:
            data = reader.read1(size if form.size is None else min(size, form.size - taken))
            if not data:
                return
            samples, taken = pcm.push(data), taken + len(data)
            if samples.shape[1]:
                yield Block(Audio(samples, form.rate, count / form.rate))
                count += samples.shape[1]

    def _send(self, data: bytes) -> None:
        out = self._replies or sys.stdout.buffer
        out.write(data)
        out.flush()


def _kind(first: bytes) -> str:
    if first == b"R":
        return "wav"
    if first == b"{":
        return "wyoming"
    raise UsageError(
        "what is piped in is neither a WAV stream nor Wyoming events; "
        "say what it is, such as --format s16le --rate 48000 --channels 1"
    )
