"""The features of the SONYC sensor nodes."""

from __future__ import annotations

from typing import Any

from audioml.core.features import LogMel

__all__ = ["sonyc_v1"]


def sonyc_v1(**changed: Any) -> LogMel:
    """Return the log-mel windows that SONYC's models were trained on.

    One second at 8 kHz every 0.1 s: 64 HTK mels of the magnitude (not the power) of 51 frames,
    10 log10 of it, no more than 80 dB below the window's largest value; tensor float32, shape
    (rows, 64, 51, 1). A recording that is no whole number of hops is completed with zeros on both
    sides, which depends on its length: files are exact, streams are exact for whole hops
    (github.com/sonyc-project/pi_ml_container, ``sonyc_ml/features.py``).

    Parameters
    ----------
    changed
        Parameters of `LogMel` to be other than SONYC's.
    """
    params: dict[str, Any] = {
        "rate": 8000,
        "window": 1.0,
        "hop": 0.1,
        "n_fft": 1024,
        "hop_length": 160,
        "n_mels": 64,
        "htk": True,
        "power": 1.0,
        "top_db": 80.0,
        "pad": "center",
        "layout": "mt1",
    }
    return LogMel(**{**params, **changed})
