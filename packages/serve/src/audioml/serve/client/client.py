"""The client: one class, one method for each thing that a server does."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any, Self

from audioml.core.errors import AudiomlError
from audioml.core.values import Audio, Prediction

from . import answers
from .batches import in_batches
from .duplex import exchange
from .generation import blocks_of
from .job import Job
from .liveness import Ping, ping_of
from .model import Model
from .sound import Sound, Upload, upload
from .transport import Transport, query

__all__ = ["Client"]

_HERE = "http://127.0.0.1:8000"


class Client:
    """A server of ``audioml serve``.

    Parameters
    ----------
    url
        Its address; else ``$AUDIOML_SERVE_URL``, else this machine's port 8000.
    key
        The API key; else ``$AUDIOML_API_KEY``, else none.
    timeout
        Seconds without a byte after which a request is given up.
    retries
        How often a request is tried again that the server was too busy for, or whose connection
        broke before an answer. The server's Retry-After is respected.

    Notes
    -----
    Every method raises `audioml.core.errors.OfflineError` where nobody answers, the error that
    fits the server's refusal, in its words, where it refuses (`BusyError` has ``retry_after``),
    and `LateError` where an answer takes too long. A client may be used by several threads.

    Examples
    --------
    >>> client = Client(retries=0)
    >>> client.predict("vggish", "song.flac", hop=0.48)  # doctest: +SKIP
    Prediction(embedding: Frames(187))
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        key: str | None = None,
        timeout: float = 60.0,
        retries: int = 3,
    ) -> None:
        self._transport = Transport(
            url or os.environ.get("AUDIOML_SERVE_URL") or _HERE,
            key=key or os.environ.get("AUDIOML_API_KEY"),
            timeout=timeout,
            retries=retries,
        )

    def __repr__(self) -> str:
        return f"Client({self.url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @property
    def url(self) -> str:
        """Return the server's address."""
        return self._transport.url

    def close(self) -> None:
        """Close its connections; the next request opens new ones."""
        self._transport.close()

    def ping(self) -> Ping:
        """Return whether the server lives and is ready; nobody there is an answer too."""
        return ping_of(self._transport)

    def models(self) -> list[Model]:
        """Return what the server offers."""
        listed = answers.tree(self._transport.call("GET", "/v1/models").data).get("models", [])
        return [Model.read(each) for each in listed]

    def model(self, name: str) -> Model:
        """Return what the server says of a model."""
        response = self._transport.call("GET", query("/v1/models/{}", name))
        return Model.read(answers.tree(response.data))

    def predict(
        self, model: str, audio: Sound, sr: int | None = None, **options: Any
    ) -> Prediction:
        """Return what a model says of a recording.

        Parameters
        ----------
        model
            Its name.
        audio
            A path, the bytes of an audio file or a file open for reading, of any format, rate and
            number of channels; an `Audio`; or an array of floats in [-1, 1], shape (n,) or
            (channels, n).
        sr
            The sample rate in Hz of an array.
        **options
            What the model lets callers set, see `Model.options`.
        """
        path = query("/v1/models/{}/predict", model, options=options)
        return answers.prediction(self._send(path, upload(audio, sr)))

    def predict_many(
        self, model: str, audios: Iterable[Sound], sr: int | None = None, **options: Any
    ) -> list[Prediction | AudiomlError]:
        """Return what a model says of several recordings, in their order.

        Several go in one request. A recording that cannot be read here or is refused there has
        its error in place of a prediction; the others are not touched by it.

        Raises
        ------
        AudiomlError
            If a whole request fails: nobody is there, the model is unknown, the key is wrong.
        """
        path = query("/v1/models/{}/predict", model, options=options)
        return in_batches(self._transport, path, audios, sr)

    def answer(
        self,
        model: str,
        audio: Sound,
        sr: int | None = None,
        *,
        format: str = "json",  # noqa: A002 - named as the option
        **options: Any,
    ) -> bytes:
        """Return what a model says of a recording as the bytes of a file.

        Parameters
        ----------
        model, audio, sr, **options
            As of `predict`.
        format
            One of `Model.answers`, such as ``jams``, ``csv``, ``midi`` or ``npz``.
        """
        given = {**options, "format": format}
        path = query("/v1/models/{}/predict", model, options=given)
        return self._send(path, upload(audio, sr))

    def job(self, model: str, audio: Sound, sr: int | None = None, **options: Any) -> Job:
        """Return a job that the server has accepted; for recordings that take long.

        It is sent once: where the connection breaks, nobody knows whether the server has it.
        """
        path = query("/v1/jobs", options={"model": model, **options})
        return Job(self._transport, answers.tree(self._send(path, upload(audio, sr), again=False)))

    def stream(self, model: str, blocks: Iterable[Audio], **options: Any) -> Iterator[Prediction]:
        """Yield what a model says of sound that is still coming, while it comes.

        Parameters
        ----------
        model
            The name of a model that is ``streaming``.
        blocks
            The sound, piece by piece, all of one rate and number of channels. It is consumed in a
            thread of its own, so that it may wait for a microphone.
        **options
            As of `predict`.
        """
        path = query("/v1/models/{}/stream", model, options=options)
        return answers.stream(exchange(self._transport, path, blocks))

    def generate(
        self,
        model: str,
        *,
        seconds: float,
        seed: int = 0,
        prompt: Sound | None = None,
        **options: Any,
    ) -> Iterator[Audio]:
        """Yield what a generator makes, block by block, while it is made.

        Parameters
        ----------
        model
            Its name.
        seconds
            How much is wanted.
        seed
            The same seed gives the same sound.
        prompt
            What came before, as the ``audio`` of `predict`; an array has no rate, so let it be an
            `Audio`. It is not part of the sound.
        **options
            What the model lets callers set, such as ``temperature`` and ``genre``.
        """
        given = {"seconds": seconds, "seed": seed, **options}
        wanted = {name: value for name, value in given.items() if value is not None}
        heard = None if prompt is None else upload(prompt)
        return blocks_of(self._transport, query("/v1/models/{}/generate", model), wanted, heard)

    def _send(self, path: str, sound: Upload, *, again: bool = True) -> bytes:
        headers = {"Content-Type": sound.media, "Accept": "application/json, */*;q=0.5"}
        data: bytes = self._transport.call(
            "POST", path, body=sound.body, headers=headers, again=again
        ).data
        return data
