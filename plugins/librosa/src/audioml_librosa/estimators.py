"""librosa's beat tracker, tempo estimator and onset detector as estimators.

All three read one curve, the onset strength: how much louder the spectrum gets from one frame to
the next (Böck and Widmer 2013, "Maximum filter vibrato suppression for onset detection"). Where
that curve is flat, as in silence, or the sound is shorter than one spectral frame (93 ms), there
is nothing to say and the annotations are empty; librosa itself would still name a default tempo.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audioml.core.errors import AudioError
from audioml.core.pipeline import check_audio
from audioml.core.stages import Estimator, ModelSpec
from audioml.core.values import Annotation, Audio, Prediction

__all__ = ["Beat", "Onset", "Tempo"]

RATE = 22050  # Hz; librosa's defaults below were tuned at this rate
HOP_LENGTH = 512  # samples
FRAME_LENGTH = 2048  # samples
TEMPO_SECONDS = 8.0  # the window in which librosa.feature.tempo looks for a period

Array = NDArray[Any]


def _spec(task: str, description: str, answers: tuple[str, ...]) -> ModelSpec:
    return ModelSpec(
        name=f"librosa-{task}",
        version=version("librosa"),
        task=task,
        license="ISC",
        rate=RATE,
        description=description,
        source="https://librosa.org",
        answers=answers,
    )


@dataclass(frozen=True, slots=True)
class Beat(Estimator):
    """Beats, and the tempo that they were looked for with.

    ``beat`` holds an instant for each beat, its value None: the place in the bar is not known.
    ``tempo`` is as `Tempo` gives it, from the curve that the tracker reads (the median over
    frequency, where `Tempo` has the mean), so the two may differ by a step of the grid.
    Source: Ellis 2007, "Beat tracking by dynamic programming".
    """

    spec: ModelSpec = field(
        default_factory=partial(_spec, "beat", "beats by dynamic programming", ("beat", "tempo"))
    )

    def predict(self, audio: Audio, /) -> Prediction:
        """Return ``beat`` and ``tempo`` of a whole signal."""
        strength = _onset_strength(audio, self.spec, aggregate=np.median)
        tempo = _tempo(strength, audio)
        times = _beats(strength, bpm=tempo.values[0]) if len(tempo) else np.zeros(0)
        beat = Annotation.instants("beat", audio.start + times)
        return Prediction({"beat": beat, "tempo": tempo}).stamped(self.spec.stamp)


@dataclass(frozen=True, slots=True)
class Tempo(Estimator):
    """One tempo in beats per minute, over the whole signal.

    Its confidence, in [0, 1], says how much of the onset strength repeats after one beat: the
    autocorrelation at the beat's period, averaged over the signal.
    """

    spec: ModelSpec = field(
        default_factory=partial(_spec, "tempo", "tempo by autocorrelation of onsets", ("tempo",))
    )

    def predict(self, audio: Audio, /) -> Prediction:
        """Return ``tempo`` of a whole signal."""
        tempo = _tempo(_onset_strength(audio, self.spec), audio)
        return Prediction({"tempo": tempo}).stamped(self.spec.stamp)


@dataclass(frozen=True, slots=True)
class Onset(Estimator):
    """Where notes begin: an instant each, its value None.

    Its confidence, in [0, 1], is its onset strength relative to the strongest frame of the signal.
    Strength is a rise in decibels, so a faint onset out of silence is as sure as a loud one.
    """

    spec: ModelSpec = field(
        default_factory=partial(_spec, "onset", "onsets by spectral flux", ("onset",))
    )

    def predict(self, audio: Audio, /) -> Prediction:
        """Return ``onset`` of a whole signal."""
        strength = _onset_strength(audio, self.spec)
        frames = _onsets(strength)
        confidence = strength[frames] / strength.max(initial=np.finfo(np.float32).tiny)
        onset = Annotation.instants("onset", audio.start + _times(frames), None, confidence)
        return Prediction({"onset": onset}).stamped(self.spec.stamp)


def _onset_strength(
    audio: Audio, spec: ModelSpec, *, aggregate: Callable[..., Any] | None = None
) -> Array:
    """Return the onset strength, float32, shape (t,); empty where the sound is too short."""
    check_audio(audio, spec)
    if audio.samples.shape[1] < FRAME_LENGTH:
        return np.zeros(0, np.float32)
    import librosa

    try:
        strength = librosa.onset.onset_strength(
            y=audio.samples[0], sr=RATE, hop_length=HOP_LENGTH, aggregate=aggregate
        )
    except librosa.ParameterError as error:  # samples that are not finite
        raise AudioError(f"{spec.name} cannot use the audio: {error}") from error
    return np.asarray(strength)


def _tempo(strength: Array, audio: Audio) -> Annotation:
    """Return the annotation of the tempo of an onset strength curve."""
    if not strength.any():
        return Annotation("tempo", np.zeros((0, 2)), (), np.zeros(0, np.float32))
    import librosa

    tempogram = librosa.feature.tempogram(
        onset_envelope=strength,
        sr=RATE,
        hop_length=HOP_LENGTH,
        win_length=int(TEMPO_SECONDS * RATE) // HOP_LENGTH,
    )
    tempo = librosa.feature.tempo(tg=tempogram, sr=RATE, hop_length=HOP_LENGTH)
    bpm = float(np.atleast_1d(tempo)[0])
    period = round(60 * RATE / HOP_LENGTH / bpm)  # frames
    confidence = np.clip(tempogram[period].mean(), 0, 1)
    whole = np.array([[audio.start, audio.end]])
    return Annotation("tempo", whole, [bpm], np.array([confidence], np.float32))


def _beats(strength: Array, *, bpm: float) -> Array:
    """Return the times of beats in seconds, float64, shape (n,)."""
    import librosa

    _, frames = librosa.beat.beat_track(
        onset_envelope=strength, sr=RATE, hop_length=HOP_LENGTH, bpm=bpm
    )
    return _times(np.asarray(frames))


def _onsets(strength: Array) -> Array:
    """Return the frames in which notes begin, integer, shape (n,)."""
    if not strength.any():
        return np.zeros(0, np.int64)
    import librosa

    frames = librosa.onset.onset_detect(onset_envelope=strength, sr=RATE, hop_length=HOP_LENGTH)
    return np.asarray(frames)


def _times(frames: Array) -> Array:
    """Return the times of frames in seconds from the first sample."""
    return frames * (HOP_LENGTH / RATE)
