"""librosa's pYIN as an estimator. librosa is imported when it first hears sound."""

from __future__ import annotations

import numpy as np

from audioml.core import Audio, Estimator, Frames, ModelSpec, Prediction
from audioml.core.pipeline import check_audio

__all__ = ["Pitch"]

_HOP = 512  # samples
_LOWEST, _HIGHEST = 65.4, 2093.0  # Hz, C2 and C7: what voices and most instruments reach


class Pitch(Estimator):
    """The fundamental frequency of each 23 ms in Hz, 0 where there is none, and how sure that is.

    Source: Mauch and Dixon 2014, "pYIN: a fundamental frequency estimator using probabilistic
    threshold distributions".
    """

    spec = ModelSpec(
        "pitch",
        "0.1.0",
        task="pitch",
        license="ISC",
        rate=22050,
        source="https://librosa.org",
        answers=("pitch",),
    )

    def predict(self, audio: Audio, /) -> Prediction:
        """Return the pitch of a whole signal; a row is about the moment at which it starts."""
        check_audio(audio, self.spec)
        import librosa

        hertz, _, voiced = librosa.pyin(
            audio.samples[0],
            sr=audio.rate,
            fmin=_LOWEST,
            fmax=_HIGHEST,
            hop_length=_HOP,
            resolution=0.2,  # semitones, twice the default: a quarter of the time
            fill_na=0.0,
        )
        rows = np.stack([hertz, voiced], axis=1).astype(np.float32)
        found = Frames(rows, _HOP / audio.rate, audio.start, ("Hz", "voiced"))
        return Prediction({"pitch": found}).stamped(self.spec.stamp)
