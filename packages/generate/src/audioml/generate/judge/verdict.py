"""The verdict as a table for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from audioml.core.cli.output import table

__all__ = ["lines"]

_NAMES = {
    "model": "the model",
    "lpc": "linear prediction",
    "markov": "the sample before",
    "unigram": "how often each is",
    "uniform": "nothing",
}


def lines(verdict: Mapping[str, Any]) -> str:
    """Return the figures of a verdict, aligned."""
    rows = [*_bits(verdict), *_distances(verdict), *_sounding(verdict), *_copying(verdict)]
    return table(["", "", "figure"], rows)


def _bits(verdict: Mapping[str, Any]) -> list[list[str]]:
    found = verdict.get("bits")
    if found is None:
        return []
    rows = [["bits a sample", f"by {text}", f"{found[key]:.3f}"] for key, text in _NAMES.items()]
    return rows + [
        ["", f"by the model, {name}", f"{value:.3f}"] for name, value in found["genres"].items()
    ]


def _distances(verdict: Mapping[str, Any]) -> list[list[str]]:
    found = verdict["distance"]
    names = {"songs": "songs", "real": "real songs", "noise": "white noise"}
    return [
        ["distance to what was trained on", text, f"{found[key]:.4g}"]
        for key, text in names.items()
    ]


def _sounding(verdict: Mapping[str, Any]) -> list[list[str]]:
    made, real = verdict["sounding"]["songs"], verdict["sounding"]["real"]
    units = {"loudness": "dB", "peak": "dB"}
    rows = []
    for name in ("loudness", "peak", "clipping", "silence"):
        for text, found in (("songs", made), ("real songs", real)):
            value = found[name]
            told = f"{value:.1f} dB" if name in units else f"{100 * value:.2f} %"
            rows.append([name, text, told])
    return rows


def _copying(verdict: Mapping[str, Any]) -> list[list[str]]:
    found = verdict["copying"]
    rows = [["likeness to the nearest of what was trained on", "songs", f"{found['songs']:.3f}"]]
    if "nearest" in found:
        near = found["nearest"]
        rows.append(["", "which is", f"{near['id']} at {near['start']:.2f} s"])
    return [*rows, ["", "real songs", f"{found['real']:.3f}"]]
