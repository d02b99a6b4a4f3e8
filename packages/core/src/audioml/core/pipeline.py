"""The usual estimator: three stages put together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import AudioError, PluginError
from .options import checked
from .stages import (
    Decoder,
    DecoderStream,
    Estimator,
    FeatureExtractor,
    ModelSpec,
    Session,
    concatenated,
)
from .values import Audio, Prediction, Rows, Tensors

__all__ = ["Pipeline", "check_audio"]

_TURN = 1 << 17  # samples: 16 s at 8 kHz


def check_audio(audio: Audio, spec: ModelSpec) -> None:
    """Refuse audio that the model was not made for.

    Raises
    ------
    AudioError
        If the rate or the number of channels differs, or there are no samples.
    """
    if spec.rate is not None and audio.rate != spec.rate:
        raise AudioError(
            f"{spec.name} takes audio at {spec.rate} Hz, got {audio.rate} Hz; "
            "call the model itself, or conform() the audio first"
        )
    if spec.channels is not None and audio.channels != spec.channels:
        raise AudioError(f"{spec.name} takes {spec.channels} channel(s), got {audio.channels}")
    if audio.samples.shape[1] == 0:
        raise AudioError("the audio holds no samples")


@dataclass(frozen=True, slots=True, eq=False)
class Pipeline(Estimator):
    """Extractor, session and decoder, run one after the other.

    ``stages`` makes the extractor and the decoder for other options; without it there are none.
    """

    spec: ModelSpec
    extractor: FeatureExtractor
    session: Session
    decoder: Decoder
    stages: Callable[[Mapping[str, Any]], tuple[FeatureExtractor, Decoder]] | None = None

    def configured(self, **options: Any) -> Pipeline:
        """Return the same model with other options; the session is shared."""
        chosen = checked(self.spec.options, options, of=self.spec.name)
        if not chosen or self.stages is None:
            return self
        extractor, decoder = self.stages(chosen)
        return replace(self, extractor=extractor, decoder=decoder)

    def transform(self, audio: Audio, /) -> Rows:
        """Return the features."""
        check_audio(audio, self.spec)
        return self.extractor(audio)

    def outputs(self, audio: Audio, /, *, batch_size: int = 32) -> Tensors:
        """Return the raw heads: to plot, to calibrate, or to decode otherwise."""
        return self.run(self.transform(audio), batch_size=batch_size)

    def run(self, rows: Rows, /, *, batch_size: int = 32) -> Tensors:
        """Return the heads of rows, ``batch_size`` rows at a time."""
        if len(rows) <= batch_size:
            return self.session.run(rows.tensors)
        batches = range(0, len(rows), batch_size)
        return _stacked([self.session.run(rows[i : i + batch_size].tensors) for i in batches])

    def decode(self, outputs: Tensors, /, *, starts: NDArray[np.float64], end: float) -> Prediction:
        """Return the prediction for outputs, stamped with the model's name and weights."""
        return self._stamped(self.decoder(outputs, starts=starts, end=end))

    def predict(self, audio: Audio, /) -> Prediction:
        """Return the prediction for a whole signal."""
        rows = self.transform(audio)
        return self.decode(self.run(rows), starts=rows.starts, end=audio.end)

    def predict_blocks(self, blocks: Iterable[Audio], /) -> Prediction:
        """Return the prediction for a whole signal; its features are not kept.

        Nor is its sound, unless the extractor needs to know how long it is (``pad="center"``).
        """
        outputs: list[Tensors] = []
        starts, end = [], [0.0]

        def checked() -> Iterator[Audio]:
            for block in blocks:
                check_audio(block, self.spec)
                end[0] = block.end
                yield block

        rows = None
        for rows in self.extractor.whole(_gathered(checked())):
            if len(rows):
                outputs.append(self.run(rows))
                starts.append(rows.starts)
        if not outputs and rows is not None:  # too short for a row: the heads are empty, not absent
            outputs.append(self.run(rows))
            starts.append(rows.starts)
        return self.decode(_stacked(outputs), starts=np.concatenate(starts), end=end[0])

    def stream(self, blocks: Iterable[Audio], /) -> Iterator[Prediction]:
        """Yield predictions as blocks arrive.

        A model that does not stream yields one, at the end; even then only its features are
        kept, not the sound.
        """
        features, decoding = self.extractor.stream(), self._decoding()
        end = None
        for block in blocks:
            check_audio(block, self.spec)
            end = block.end
            rows = features.push(block)
            if len(rows):
                yield from self._pushed(decoding, rows, end)
        if end is None:
            raise AudioError("the audio holds no samples")
        rows = features.finish()
        if len(rows):
            yield from self._pushed(decoding, rows, end)
        last = decoding.finish(end=end)
        if last:
            yield self._stamped(last)

    def _pushed(self, decoding: DecoderStream, rows: Rows, end: float) -> Iterator[Prediction]:
        settled = decoding.push(self.run(rows), starts=rows.starts, end=end)
        if settled:
            yield self._stamped(settled)

    def _decoding(self) -> DecoderStream:
        offered = getattr(self.decoder, "stream", None)
        if offered is not None:
            stream: DecoderStream = offered()
            return stream
        return _EachRow(self.decoder) if self.spec.streaming else _AtTheEnd(self.decoder)

    def _stamped(self, prediction: Prediction) -> Prediction:
        if not isinstance(prediction, Prediction):
            raise PluginError(
                f"the decoder of {self.spec.name!r} must return a Prediction, "
                f"got {type(prediction).__name__}"
            )
        return prediction.stamped(self.spec.stamp)


def _gathered(blocks: Iterable[Audio]) -> Iterator[Audio]:
    """Yield blocks that are not small: features and network work better in longer turns."""
    parts: list[Audio] = []
    for block in blocks:
        parts.append(block)
        if sum(part.samples.shape[1] for part in parts) >= _TURN:
            yield concatenated(parts)
            parts = []
    if parts:
        yield concatenated(parts)


class _EachRow:
    """Decodes every group of rows by itself."""

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder

    def push(self, outputs: Tensors, /, *, starts: NDArray[np.float64], end: float) -> Prediction:
        return self._decoder(outputs, starts=starts, end=end)

    def finish(self, *, end: float) -> Prediction:
        return Prediction()


class _AtTheEnd:
    """Keeps the outputs and decodes them once the signal is over."""

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self._outputs: list[Tensors] = []
        self._starts: list[NDArray[np.float64]] = []

    def push(self, outputs: Tensors, /, *, starts: NDArray[np.float64], end: float) -> Prediction:
        self._outputs.append(outputs)
        self._starts.append(starts)
        return Prediction()

    def finish(self, *, end: float) -> Prediction:
        if not self._outputs:
            return Prediction()
        outputs = _stacked(self._outputs)
        return self._decoder(outputs, starts=np.concatenate(self._starts), end=end)


def _stacked(parts: list[Tensors]) -> Tensors:
    if len(parts) == 1:
        return parts[0]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
