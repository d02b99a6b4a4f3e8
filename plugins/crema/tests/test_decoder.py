import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audioml.core.errors import ValidationError
from audioml.core.testing import DecoderExample, parametrize_with_checks
from audioml_crema.decoder import ChordDecoder, segments
from audioml_crema.labels import LABELS, ROOTS

HOP = 4096 / 44100


def heads(chords, certainty=0.9):
    """Heads of frames that each say one chord; a chord may name its bass after a slash."""
    frames = len(chords)
    tag = np.full((1, frames, 170), (1 - certainty) / 169, np.float32)
    bass = np.full((1, frames, 13), 0.01, np.float32)
    for frame, chord in enumerate(chords):
        label, _, low = chord.partition("/")
        tag[0, frame, LABELS.index(label)] = certainty
        bass[0, frame, ROOTS.index(low or label.partition(":")[0][:2].rstrip(":"))] = 0.9
    return {
        "chord_tag": tag,
        "chord_bass": bass,
        "chord_root": np.full((1, frames, 13), 1 / 13, np.float32),
        "chord_pitch": np.full((1, frames, 12), 0.5, np.float32),
    }


def decode(outputs, *, end, start=0.0, compat=False):
    return ChordDecoder(compat=compat)(outputs, starts=np.array([start]), end=end)


@parametrize_with_checks(
    [DecoderExample(ChordDecoder(), heads(["C:maj"] * 10 + ["A:min"] * 8), hop=18 * HOP)]
)
def test_the_decoder_keeps_every_rule(check):
    check()


def test_runs_become_segments_that_end_with_the_sound():
    outputs = heads(["C:maj"] * 10 + ["A:min/C"] * 8)
    chord = decode(outputs, end=1.7, start=0.0)["chord"]
    assert chord.values == ("C:maj", "A:min/b3")
    np.testing.assert_allclose(chord.intervals, [[0, 10 * HOP], [10 * HOP, 1.7]])
    np.testing.assert_allclose(chord.confidence, 0.9, atol=1e-6)


def test_crema_ends_a_frame_late_and_counts_a_frame_too_many():
    outputs = heads(["C:maj"] * 10 + ["A:min/C"] * 8)
    chord = decode(outputs, end=1.7, compat=True)["chord"]
    assert chord.values == ("C:maj", "A:min/b3")
    assert chord.intervals[-1, 1] == 19 * 4096 / 44100
    assert chord.intervals[-1, 1] > 1.7
    np.testing.assert_allclose(chord.confidence[0], (10 * 0.9 + 0.1 / 169) / 11, atol=1e-6)


def test_a_flicker_is_smoothed_away():
    outputs = heads(["C:maj"] * 10 + ["G:maj"] + ["C:maj"] * 10)
    assert decode(outputs, end=3.0)["chord"].values == ("C:maj",)


def test_how_readily_chords_change_is_set():
    outputs = heads(["C:maj"] * 10 + ["G:maj"] + ["C:maj"] * 10)
    restless = ChordDecoder(stay=1 / 170)(outputs, starts=np.zeros(1), end=3.0)["chord"]
    assert restless.values == ("C:maj", "G:maj", "C:maj")
    for wrong in (0.0, 1.1):
        with pytest.raises(ValidationError, match=r"'stay' must be in \[1 / 170, 1\], got"):
            ChordDecoder(stay=wrong)


def test_the_heads_come_along_as_frames():
    prediction = decode(heads(["N"] * 4), end=2.5, start=2.0)
    assert list(prediction) == ["chord", "tag", "pitch", "root", "bass"]
    assert [len(prediction[n].labels) for n in ("tag", "pitch", "root", "bass")] == [
        170,
        12,
        13,
        13,
    ]
    assert prediction["tag"].start == 2.0
    assert prediction["tag"].hop == HOP
    assert prediction["chord"].intervals[0, 0] == 2.0


def test_a_sound_shorter_than_its_frames_is_not_passed():
    chord = decode(heads(["C:maj"]), end=0.05)["chord"]
    assert chord.intervals.tolist() == [[0, 0.05]]


def test_a_bass_that_is_never_heard_does_no_harm():
    outputs = heads(["C:maj"] * 3)
    outputs["chord_bass"][:] = 0
    assert decode(outputs, end=0.3)["chord"].values == ("C:maj",)


@pytest.mark.parametrize("shape", [(2, 5, 170), (0, 5, 170), (1, 0, 170), (5, 170)])
def test_only_one_signal_is_decoded(shape):
    outputs = heads(["N"] * 5) | {"chord_tag": np.zeros(shape, np.float32)}
    with pytest.raises(ValidationError, match=r"'chord_tag' must have shape \(1, t, labels\), got"):
        decode(outputs, end=1.0)


@settings(deadline=None)
@given(st.lists(st.integers(0, 3), min_size=1, max_size=60))
def test_segments_are_the_runs(path):
    spans = segments(np.array(path))
    assert [s for first, last in spans for s in path[first:last]] == path
    assert all(len(set(path[first:last])) == 1 for first, last in spans)
    assert all(path[a[0]] != path[b[0]] for a, b in itertools.pairwise(spans))


@settings(deadline=None)
@given(
    chords=st.lists(st.sampled_from(LABELS[:6]), min_size=1, max_size=50),
    start=st.floats(-5, 100),
    rest=st.floats(0, 0.2),
    compat=st.booleans(),
)
def test_segments_follow_each_other_from_start_to_end(chords, start, rest, compat):
    end = start + len(chords) * HOP + rest
    chord = decode(heads(chords), start=start, end=end, compat=compat)["chord"]
    assert chord.intervals[0, 0] == start
    np.testing.assert_array_equal(chord.intervals[1:, 0], chord.intervals[:-1, 1])
    assert compat or chord.intervals[-1, 1] == end
    assert ((chord.confidence >= 0) & (chord.confidence <= 1)).all()
