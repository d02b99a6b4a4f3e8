"""The blocks of one stream out of the events that bring it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from audioml.core.audio.pcm import FORMATS, PCM, check_form
from audioml.core.audio.wavstream import Form
from audioml.core.errors import AudioError, AudiomlError, UsageError
from audioml.core.values import Audio

from .base import Block
from .continuity import Continuity
from .wyoming import Event

__all__ = ["Chunks", "form_of"]

_WIDTHS = {1: "u8", 2: "s16le", 3: "s24le", 4: "s32le"}
_TOLD = ("rate", "width", "channels", "format")


class Chunks:
    """Iterates over the blocks of a stream; at the end, ``broken`` is what was wrong, if anything.

    Parameters
    ----------
    first
        The event that the stream begins with.
    following
        Returns the next event of sound, or None at the end.

    Raises
    ------
    AudioError
        If the first event does not say what samples follow.
    """

    def __init__(self, first: Event, following: Callable[[], Event | None]) -> None:
        self.form = form_of(first.data)
        self.broken: AudiomlError | None = None
        self.held: Event | None = None
        self._first, self._following = first, following
        self._told = {key: first.data[key] for key in _TOLD if key in first.data}
        self._pcm = PCM(self.form.format, self.form.channels)
        self._continuity = Continuity()
        self._count, self._missing, self._lost = 0, 0.0, 0.0

    def __iter__(self) -> Iterator[Block]:
        """Yield blocks; what came before a mistake is still worth its results."""
        event: Event | None = self._first
        try:
            while event is not None and event.type != "audio-stop":
                if event.type == "audio-start" and event is not self._first:
                    self.held = event
                    return
                self._check_same(event.data)
                if event.type == "audio-chunk" and (block := self._block(event)):
                    yield block
                event = self._following() if event.whole else None
        except AudiomlError as error:
            self.broken = error

    def _block(self, event: Event) -> Block | None:
        rate = self.form.rate
        seconds = len(event.payload) / (self._pcm.frame * rate)
        gap = self._continuity.lost(event.data, seconds)
        if gap:
            self._pcm.reset()
        self._lost, self._missing = self._lost + gap, self._missing + gap
        samples = self._pcm.push(event.payload)
        if not samples.shape[1]:
            return None
        block = Block(Audio(samples, rate, self._missing + self._count / rate), self._lost)
        self._count, self._lost = self._count + samples.shape[1], 0.0
        return block

    def _check_same(self, data: Mapping[str, Any]) -> None:
        for key in _TOLD:
            if key in data and data[key] != self._told.get(key):
                break
        else:
            return
        now = form_of({**self._told, **data})
        if now != self.form:
            raise AudioError(
                f"the stream was {_shown(self.form)} and is now {_shown(now)}; "
                "send 'audio-stop' and 'audio-start' where the form changes"
            )


def form_of(data: Mapping[str, Any]) -> Form:
    """Return the form of the samples that an event tells of.

    Raises
    ------
    AudioError
        If it does not, or contradicts itself.
    """
    try:
        rate, channels = check_form(data.get("rate"), data.get("channels", 1))
    except UsageError as error:
        raise AudioError(f"an audio stream must say its form: {error}") from error
    named, width = data.get("format"), data.get("width")
    found = _WIDTHS.get(width, "") if named is None and isinstance(width, int) else named
    if not isinstance(found, str) or found not in FORMATS:
        raise AudioError(
            f"an audio stream must have a 'width' of 1 to 4 bytes or a 'format' out of "
            f"{', '.join(FORMATS)}, got {width!r} and {named!r}"
        )
    if width is not None and width != FORMATS[found]:
        raise AudioError(f"'format' {found!r} has {FORMATS[found]} bytes, but 'width' is {width!r}")
    return Form(found, rate, channels)


def _shown(form: Form) -> str:
    return f"{form.format}, {form.rate} Hz, {form.channels} channel(s)"
