import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from train_sounds import RATE, midi, write_wav

from audioml.core.errors import IntegrityError, UsageError, ValidationError
from audioml.train.data import Labels, PianoRoll, Prepared, RandomPlaces, Window, WindowReader
from audioml.train.data import prepare as prepare_
from audioml.train.data.targets import targets_of
from audioml.train.data.windows import places_side_by_side


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Three recordings of 3, 5 and 0.5 seconds; in each a note at 1 s."""
    root = tmp_path_factory.mktemp("windows")
    for seed, seconds in enumerate((3.0, 5.0, 0.5)):
        write_wav(root / f"in/{seed}.wav", seconds=seconds, seed=seed)
        (root / f"in/{seed}.mid").write_bytes(midi([(1.0, 1.5, 60 + seed, 80)]))
    prepare_(
        source_path=root / "in",
        destination_path=root / "corpus",
        label_ext=".mid",
        sample_rate=RATE,
        workers=1,
        align="off",
    )
    return Prepared.open(root / "corpus")


def test_a_batch_is_what_the_corpus_holds(prepared):
    reader = WindowReader(prepared, length=RATE)
    batch = reader[[(1, 100), (0, 2 * RATE)]]
    expected = prepared.corpus.audio(1, 100, 100 + RATE).samples[0]
    np.testing.assert_array_equal(batch["audio"][0], expected)
    assert batch["audio"].dtype == np.float32
    assert batch["labels"] is None
    assert batch["row"].tolist() == [1, 0]
    assert batch["start"].tolist() == [100 / RATE, 2.0]
    assert batch["valid"].tolist() == [RATE, RATE]


def test_what_is_beyond_the_end_is_silent(prepared):
    batch = WindowReader(prepared, length=RATE)[[(2, 0)]]
    assert batch["valid"].tolist() == [RATE // 2]
    assert np.abs(batch["audio"][0, : RATE // 2]).max() > 0
    assert not batch["audio"][0, RATE // 2 :].any()


def test_targets_see_the_labels_of_their_window(prepared):
    seen = []
    reader = WindowReader(prepared, length=RATE, targets=lambda w: seen.append(w) or np.zeros(2))
    assert reader[[(0, RATE // 2), (1, 3 * RATE)]]["labels"].shape == (2, 2)
    assert seen[0].labels.notes.tolist() == [[0.5, 1.0, 60, 80]]
    assert len(seen[1].labels.notes) == 0


def test_targets_of_unequal_shapes_are_refused(prepared):
    reader = WindowReader(prepared, length=RATE, targets=lambda w: np.zeros(len(w.labels.notes)))
    with pytest.raises(ValidationError, match="targets must have one shape for all windows"):
        reader[[(0, RATE // 2), (1, 3 * RATE)]]


def test_what_goes_to_a_worker_holds_no_samples(prepared):
    reader = WindowReader(prepared, length=RATE)
    reader[[(0, 0)]]
    packed = pickle.dumps(reader)
    assert len(packed) < 20_000 < prepared.lengths.sum()
    again = pickle.loads(packed)
    np.testing.assert_array_equal(again[[(1, 7)]]["audio"], reader[[(1, 7)]]["audio"])
    assert again.prepared.labels(1).notes.tolist() == [[1.0, 1.5, 61, 80]]


def test_a_sampler_goes_on_where_it_was(prepared):
    whole = RandomPlaces(prepared, length=RATE, seed=3)
    drawn = whole.draw(40)
    assert len(drawn) == 40 > 3 * len(whole)
    for at in (0, 5, len(whole), 17):
        other = RandomPlaces(prepared, length=RATE, seed=3)
        other.draw(2)
        other.seek(at)
        assert other.draw(40 - at) == drawn[at:]
    assert RandomPlaces(prepared, length=RATE, seed=4).draw(40) != drawn


def test_short_rows_are_padded_or_dropped(prepared):
    padded = RandomPlaces(prepared, length=RATE)
    assert {row for row, _ in padded.draw(len(padded))} == {0, 1, 2}
    dropped = RandomPlaces(prepared, length=RATE, short="drop")
    assert {row for row, _ in dropped.draw(len(dropped))} == {0, 1}
    with pytest.raises(UsageError, match="'short' must be"):
        RandomPlaces(prepared, length=RATE, short="repeat")


def test_processes_share_an_epoch(prepared):
    both = [RandomPlaces(prepared, length=RATE // 2, rank=r, world=2) for r in (0, 1)]
    drawn = [place for each in both for place in each.draw(len(each))]
    assert len(set(drawn)) == len(drawn)


lengths = st.lists(st.integers(0, 50), max_size=6).map(lambda n: np.array(n, np.int64))


@given(lengths, st.integers(1, 20), st.integers(1, 20), st.integers(1, 3))
def test_windows_side_by_side_cover_every_sample_once(rows, length, hop, world):
    shares = [
        list(places_side_by_side(rows, length=length, hop=hop, rank=r, world=world))
        for r in range(world)
    ]
    places = sorted(place for share in shares for place in share)
    assert len(set(places)) == len(places)
    for row, total in enumerate(rows.tolist()):
        starts = [start for at, start in places if at == row]
        covered = {s for start in starts for s in range(start, min(start + length, total))}
        if hop <= length:
            assert covered == set(range(total))
        assert all(start < max(total, 1) for start in starts)


def roll(notes, *, seconds=1.0, hop=0.1):
    labels = Labels.of(notes=notes)
    window = Window(labels, round(seconds * RATE), RATE, round(seconds * RATE))
    return PianoRoll(hop=hop, lowest=60, highest=62)(window)


def test_a_piano_roll_shows_what_sounds():
    found = roll([(0.0, 0.3, 60, 80), (0.5, 2.0, 61, 80), (-1.0, 0.1, 62, 80), (0.2, 0.9, 70, 80)])
    assert found["frames"].shape == (10, 3)
    assert found["frames"][:, 0].tolist() == [1, 1, 1] + [0] * 7
    assert found["frames"][:, 1].tolist() == [0] * 5 + [1] * 5
    assert found["frames"][:, 2].tolist() == [1] + [0] * 9
    assert np.argwhere(found["onsets"]).tolist() == [[0, 0], [5, 1]]


def test_a_piano_roll_keeps_overlapping_and_very_short_notes():
    found = roll([(0.1, 0.5, 60, 80), (0.3, 0.7, 60, 80), (0.95, 0.951, 61, 80)])
    assert found["frames"][:, 0].tolist() == [0, 1, 1, 1, 1, 1, 1, 0, 0, 0]
    assert np.argwhere(found["onsets"][:, 0]).tolist() == [[1], [3]]
    assert found["frames"][:, 1].sum() <= 1


def test_targets_by_name_must_be_known(prepared):
    with pytest.raises(UsageError, match="'targets' must be 'class', 'multi', 'value', None or a"):
        targets_of("classes", prepared)


def test_labels_that_are_lost_are_missed(prepared, tmp_path):
    import shutil

    shutil.copytree(prepared.path, tmp_path / "copy")
    (tmp_path / "copy/labels/notes.npy").unlink()
    with pytest.raises(IntegrityError, match=r"notes.npy is missing or damaged"):
        Prepared.open(tmp_path / "copy").labels(0)


def test_a_corpus_of_another_maker_is_refused(tmp_path):
    from audioml.core.corpus import CorpusWriter

    with CorpusWriter(tmp_path / "c", rate=RATE) as corpus:
        corpus.append("x", np.zeros(5, np.int16))
    with pytest.raises(
        IntegrityError, match="has no column classes, notes_first, split; make it w"
    ):
        Prepared.open(tmp_path / "c")
