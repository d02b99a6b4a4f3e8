"""Rules of feature extractors."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ...stages import FeatureExtractor, FeatureStream, ModelSpec
from ...values import Audio, Rows
from .comparing import assert_refused, blocks, song
from .kit import Rules

__all__ = [
    "RULES",
    "extracts_at_its_rate_only",
    "extracts_deterministically",
    "extracts_in_blocks",
    "extracts_numbers",
    "starts_anew_after_a_reset",
    "starts_with_the_clock",
]


def extracts_deterministically(extractor: FeatureExtractor) -> None:
    """The same sound gives the same rows, and stays as it is."""
    audio = _heard_by(extractor)
    own = audio.samples.copy()
    one, other = extractor(replace(audio, samples=own)), extractor(audio)
    for name, tensor in one.tensors.items():
        np.testing.assert_array_equal(tensor, other.tensors[name])
    np.testing.assert_array_equal(audio.samples, own)


def extracts_in_blocks(extractor: FeatureExtractor) -> None:
    """The rows of blocks, joined, are the rows of the whole, however it is cut."""
    audio = _heard_by(extractor)
    whole = extractor(audio)
    for size in (4096, 10007):
        _assert_same(_streamed(extractor.stream(), audio, size), whole)


def starts_anew_after_a_reset(extractor: FeatureExtractor) -> None:
    """After `reset` a stream gives what a new one gives, whatever came before."""
    audio = _heard_by(extractor)
    stream = extractor.stream()
    stream.push(replace(audio, samples=audio.samples[:, : audio.rate]))
    stream.reset()
    _assert_same(_streamed(stream, audio, 10007), _streamed(extractor.stream(), audio, 10007))


def starts_with_the_clock(extractor: FeatureExtractor) -> None:
    """Rows of audio that starts later start later by as much."""
    audio = _heard_by(extractor)
    later = extractor(replace(audio, start=10.0))
    np.testing.assert_allclose(later.starts, extractor(audio).starts + 10.0, atol=1e-6)


def extracts_numbers(extractor: FeatureExtractor) -> None:
    """Features of silence are finite numbers, as those of music are."""
    audio = _heard_by(extractor)
    for heard in (audio, replace(audio, samples=np.zeros_like(audio.samples))):
        for name, tensor in extractor(heard).tensors.items():
            assert np.isfinite(tensor).all(), f"tensor {name!r} holds what is not a finite number"


def extracts_at_its_rate_only(extractor: FeatureExtractor) -> None:
    """Audio at another rate is refused, never resampled silently."""
    audio = _heard_by(extractor)
    other = replace(audio, rate=audio.rate + 1)
    said = assert_refused(lambda: extractor(other), "audio at another rate")
    assert str(extractor.rate) in said, f"{said!r} does not name the rate expected"


def _streamed(stream: FeatureStream, audio: Audio, size: int) -> Rows:
    parts = [*(stream.push(block) for block in blocks(audio, size)), stream.finish()]
    full = [part for part in parts if len(part)]
    tensors = {n: np.concatenate([p.tensors[n] for p in full]) for n in full[0].tensors}
    return Rows(tensors, np.concatenate([p.starts for p in full]))


def _assert_same(one: Rows, other: Rows) -> None:
    np.testing.assert_allclose(one.starts, other.starts, atol=1e-6, err_msg="starts of rows")
    for name, tensor in other.tensors.items():
        np.testing.assert_allclose(one.tensors[name], tensor, atol=1e-4, err_msg=name)


def _heard_by(extractor: FeatureExtractor) -> Audio:
    return song(ModelSpec("extractor", "0", "", "none", rate=extractor.rate, channels=1))


def _is_extractor(component: Any) -> bool:
    return isinstance(component, FeatureExtractor)


def _has_a_rate(component: Any) -> bool:
    return _is_extractor(component) and component.rate is not None


RULES = (
    Rules(
        _is_extractor,
        (
            extracts_deterministically,
            extracts_in_blocks,
            starts_anew_after_a_reset,
            starts_with_the_clock,
            extracts_numbers,
        ),
    ),
    Rules(_has_a_rate, (extracts_at_its_rate_only,)),
)
