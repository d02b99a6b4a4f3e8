import numpy as np
import pytest

from audioml.core.testing import checks_for, sounds

pytestmark = pytest.mark.weights


@pytest.mark.parametrize("variant", [None, "crema"])
def test_the_contract(chords, variant):
    rules = checks_for(chords(variant))
    for check in rules:
        if variant == "crema" and check.rule.__name__ == "stays_inside_the_audio":
            continue  # that it does not is one of the things the variant keeps
        check()


def test_silence_is_no_chord_and_to_crema_a_seventh(chords):
    for seconds in (0.05, 0.5, 10.0):
        quiet = sounds.silence(seconds)
        answer = chords().predict(quiet)["chord"]
        assert answer.values == ("N",)
        assert answer.intervals.tolist() == [[0, seconds]]
    answer = chords("crema").predict(sounds.silence(3.0))["chord"]
    assert answer.values == ("F:7/b7",)
    assert answer.confidence[0] == pytest.approx(0.256, abs=0.01)


def test_music_made_by_rule_is_understood(chords):
    song, truth = sounds.music(["C:maj", "A:min", "F:maj", "G:7", "C:maj"])
    answer = chords().predict(song)["chord"]
    middles = truth.intervals.mean(axis=1)
    found = [
        answer.values[int(np.searchsorted(answer.intervals[:, 1], middle))] for middle in middles
    ]
    assert [label.partition(":")[0] for label in found] == ["C", "A", "F", "G", "C"]


@pytest.mark.parity
def test_the_variant_answers_as_crema_does(chords, recording):
    answer = chords("crema").predict(recording.audio)["chord"]
    theirs = recording.chords
    assert list(answer.values) == [chord["value"] for chord in theirs]
    starts = [chord["time"] for chord in theirs]
    ends = [chord["time"] + chord["duration"] for chord in theirs]
    frame = 4096 / 44100
    np.testing.assert_allclose(answer.intervals, np.stack([starts, ends], axis=1), atol=frame)
    confidences = [chord["confidence"] for chord in theirs]
    np.testing.assert_allclose(answer.confidence, confidences, atol=0.01)


@pytest.mark.parity
def test_the_default_differs_at_the_end_only(chords, recording):
    ours = chords().predict(recording.audio)["chord"]
    theirs = chords("crema").predict(recording.audio)["chord"]
    assert ours.values == theirs.values
    np.testing.assert_array_equal(ours.intervals[:, 0], theirs.intervals[:, 0])
    assert ours.intervals[-1, 1] == recording.audio.end
