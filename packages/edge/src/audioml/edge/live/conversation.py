"""What a client says in Wyoming events, and what it is answered."""

from __future__ import annotations

import itertools
import logging
import re
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from audioml.core.errors import AudiomlError

from .base import Handler, Stream
from .chunks import Chunks
from .wyoming import Event, pack, read_event

__all__ = ["Conversation", "Names"]

log = logging.getLogger(__name__)

_SOUND = ("audio-start", "audio-chunk", "audio-stop")
_SERVICES = ("asr", "tts", "handle", "intent", "wake", "mic", "snd")  # what clients look for


class Conversation:
    """One client, from its first event to its last; its streams come one after another.

    Results go back as events of type ``result``; ``done`` says that a stream has had its last.

    Parameters
    ----------
    stream
        What the client says.
    send
        Takes bytes for the client; raises OSError where it does not listen.
    names
        Gives streams their names.
    info
        Goes with the answer to ``describe``.
    """

    def __init__(
        self,
        stream: BinaryIO,
        send: Callable[[bytes], None],
        *,
        names: Names,
        info: Mapping[str, Any] | None = None,
    ) -> None:
        self._stream, self._send, self._names = stream, send, names
        self._info = {**{kind: [] for kind in _SERVICES}, **(info or {})}
        self._sending = threading.Lock()
        self._listens = True

    def run(self, handle: Handler) -> None:
        """Hand every stream over; return when the client has nothing more to say.

        Raises
        ------
        AudiomlError
            If it does not keep to the protocol, or a stream could not be handled; it was told.
        """
        try:
            event = self._next()
            while event is not None:
                held = self._hand_over(event, handle) if event.type != "audio-stop" else None
                event = held or self._next()
        except AudiomlError as error:
            self.say("error", {"text": str(error), "code": type(error).__name__})
            raise

    def say(self, kind: str, data: Mapping[str, Any]) -> None:
        """Send an event; a client that did not take one gets no more of them."""
        with self._sending:
            if not self._listens:
                return
            try:
                self._send(pack(Event(kind, data)))
            except OSError as error:
                self._listens = False
                log.warning("a client takes no more replies: %s", error)

    def _hand_over(self, event: Event, handle: Handler) -> Event | None:
        """Have one stream handled; return the event that begins the next, if it was read."""
        chunks = Chunks(event, self._next)
        name = self._names.new(event.data.get("stream_id"))
        rest = iter(chunks)
        if (first := next(rest, None)) is not None:  # its clock begins when sound does
            blocks = itertools.chain([first], rest)
            handle(Stream(name, blocks, time.time(), lambda record: self.say("result", record)))
        for _ in rest:  # what was not wanted must not begin the next stream
            pass
        if chunks.broken is not None:
            raise chunks.broken
        self.say("done", {"stream": name})
        return chunks.held

    def _next(self) -> Event | None:
        """Return the next event of sound, and answer those before it."""
        while (event := read_event(self._stream)) is not None:
            if event.type in _SOUND:
                return event
            if event.type == "describe":
                self.say("info", self._info)
            elif event.type == "ping":
                self.say("pong", {"text": event.data.get("text")})
        return None


class Names:
    """Names for the streams of a source, no two alike: what the client calls it, and a number."""

    def __init__(self, default: str) -> None:
        self._default = default
        self._numbers = itertools.count(1)

    def new(self, given: object) -> str:
        """Return a name that may stand in a path."""
        asked = re.sub(r"[^A-Za-z0-9._-]", "_", str(given or ""))[:64].lstrip(".")
        return f"{asked or self._default}-{next(self._numbers)}"
