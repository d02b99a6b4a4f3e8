import itertools
import json

import numpy as np
import pytest

from audioml.core.audio import read
from audioml.core.chords import parse
from audioml.core.errors import OutputError, ValidationError
from audioml_crema.cqt import RATE
from audioml_crema.labels import LABELS
from audioml_crema.training.rendered import Rendering, render
from audioml_crema.training.rendered.dataset import recording
from audioml_crema.training.rendered.playing import Note, played
from audioml_crema.training.rendered.progressions import progression
from audioml_crema.training.rendered.sound import Band, sounded


@pytest.mark.parametrize("seed", range(5))
def test_chords_follow_each_other_to_the_end(seed):
    chords = progression(np.random.default_rng(seed), beat=0.7, seconds=20.0)
    assert chords[0].start == 0
    assert chords[-1].end == 20
    for one, two in itertools.pairwise(chords):
        assert one.end == two.start
        assert one.label != two.label


def test_every_quality_and_no_chord_is_there_and_means_what_is_played():
    random = np.random.default_rng(0)
    chords = [c for _ in range(60) for c in progression(random, beat=0.5, seconds=30.0)]
    assert {c.label.partition("/")[0].partition(":")[2] for c in chords} == {
        label.partition(":")[2] for label in LABELS if label != "X"
    }
    assert any("/" in c.label for c in chords)
    for chord in chords:
        known = parse(chord.label)
        if known is None:
            assert (chord.label, chord.tones) == ("N", ())
            continue
        assert {(known.root + tone) % 12 for tone in known.tones} == set(chord.tones)
        assert (known.root + known.bass) % 12 == chord.bass


@pytest.mark.parametrize("seed", range(8))
def test_all_tones_sound_and_the_lowest_is_the_bass(seed):
    random = np.random.default_rng(seed)
    chords = progression(random, beat=0.6, seconds=12.0)
    notes = played(random, chords, beat=0.6)
    for chord in chords:
        inside = [n for n in notes if chord.start - 1e-9 <= n.start < chord.end - 1e-9]
        assert bool(inside) == bool(chord.tones)
        if inside:
            comping = {int(n.pitch) % 12 for n in inside if n.layer == "chords"}
            assert set(chord.tones) <= comping | {chord.bass}
            assert min(n.pitch for n in inside) % 12 == chord.bass


def test_a_note_has_its_frequency():
    band = Band.drawn(np.random.default_rng(0))
    band = Band(band.timbres, tuning=0.5)
    note = Note(0.0, 1.0, 69, 1.0, "chords")
    samples = sounded(np.random.default_rng(0), [note], band, beat=1.0, seconds=1.0)
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    peaks = np.flatnonzero(spectrum > 0.1 * spectrum.max()) * RATE / len(samples)
    wanted = 440 * 2 ** (0.5 / 12)
    assert all(abs(peak / wanted - round(peak / wanted)) < 0.01 for peak in peaks)
    assert 0.29 < np.abs(samples).max() < 0.96


def test_a_recording_follows_from_seed_and_number():
    (one, chords), (again, _) = (recording(Rendering(recordings=9, seconds=2.0), 4) for _ in "ab")
    np.testing.assert_array_equal(one.samples, again.samples)
    other, _ = recording(Rendering(recordings=9, seconds=2.0, seed=1), 4)
    assert not np.array_equal(one.samples, other.samples)
    assert chords.intervals[-1, 1] == one.duration


def test_a_folder_has_sound_and_jams_by_split(tmp_path):
    rendering = Rendering(recordings=4, seconds=1.5, seed=3)
    render(rendering, tmp_path / "made")
    names = sorted(p.relative_to(tmp_path / "made").as_posix() for p in tmp_path.rglob("*.wav"))
    assert names == ["test/0003.wav", "train/0000.wav", "train/0001.wav", "validation/0002.wav"]
    audio, chords = recording(rendering, 3)
    kept = read(tmp_path / "made" / "test" / "0003.wav")
    np.testing.assert_allclose(kept.samples, audio.samples, atol=1e-4)
    (known,) = json.loads((tmp_path / "made/test/0003.jams").read_bytes())["annotations"]
    assert known["namespace"] == "chord"
    assert [each["value"] for each in known["data"]] == list(chords.values)


def test_what_is_there_already_is_kept_and_what_is_not_ours_refused(tmp_path):
    rendering = Rendering(recordings=3, seconds=0.5)
    render(rendering, tmp_path / "made")
    before = (tmp_path / "made" / "train" / "0000.wav").stat().st_mtime_ns
    render(rendering, tmp_path / "made")
    assert (tmp_path / "made" / "train" / "0000.wav").stat().st_mtime_ns == before
    with pytest.raises(OutputError, match="exists already and holds something else"):
        render(Rendering(recordings=3, seconds=0.5, seed=1), tmp_path / "made")


@pytest.mark.parametrize(
    "given", [{"recordings": 2, "seconds": 1.0}, {"recordings": 5, "seconds": 0}]
)
def test_too_little_is_refused(given):
    with pytest.raises(ValidationError, match="at least 3 recordings of some length"):
        Rendering(**given)
