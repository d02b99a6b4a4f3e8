"""What the loop is fed with: segments that follow from numbers, recordings of any origin."""

import dataclasses

import numpy as np
import pytest
import torch
from transcription_tiny import SMALL, plugins, settings, tone

from audioml.core.audio import write
from audioml.core.errors import NotFoundError, UsageError, ValidationError
from audioml.core.plugins import Registry, using
from audioml.core.values import Audio
from audioml_transcription import midi
from audioml_transcription.decoding import Thresholds
from audioml_transcription.notes import Notes, Pedal
from audioml_transcription.synth import dataset
from audioml_transcription.synth.dataset import Row, make, opened
from audioml_transcription.synth.recordings import Recipe
from audioml_transcription.targets import targets
from audioml_transcription.task.answering import Heads
from audioml_transcription.task.building import module
from audioml_transcription.task.data import Pieces
from audioml_transcription.task.families import family_of
from audioml_transcription.task.module import _middle
from audioml_transcription.task.segments import Segments
from audioml_transcription.task.sets import excerpt, rows, rows_of
from audioml_transcription.task.tuning import Answered, scores_of

HARMONIC, CRNN = ({"network": {"name": name}} for name in ("harmonic", "crnn"))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    list(make(folder, Recipe(seed=1, seconds=5.0), recordings=2, each=2, valid=0))
    return opened(folder)


@pytest.fixture(autouse=True)
def only_what_is_needed():
    with using(Registry(plugins())):
        yield


def test_features_are_made_in_full_precision_whatever_the_trainer_does(made, tmp_path):
    transcriber = module(settings(*SMALL, folder=tmp_path))
    segments = Segments(made, family=transcriber.family, frames=30, items=2)
    batch = torch.utils.data.default_collate([segments[0], segments[1]])
    seen = []
    transcriber._answer = lambda features: seen.append(features) or transcriber.network(features)
    with torch.autocast("cpu", torch.bfloat16):
        transcriber.step(batch, "train")
    expected = transcriber.front(batch["audio"])
    torch.testing.assert_close(seen[0], expected)


def test_the_crnn_hears_recordings_as_loud_as_they_are(made):
    family = family_of(CRNN)
    item = Segments(made, family=family, frames=101, items=2).numbered(9)
    assert item["audio"].shape == (16000,)
    assert item["labels"]["onset"].shape == (101, 88)
    whole = np.concatenate([row.samples for row in made]).astype(np.float32) / 32768
    assert np.abs(item["audio"]).max() <= np.abs(whole).max()
    assert (item["audio"][8000] == whole).any()


@pytest.mark.parametrize("semitones", [-2, 3])
def test_an_augmentation_that_moves_pitch_moves_the_labels(semitones):
    from audioml.train.augment import PitchShift

    family = family_of(HARMONIC)
    spans = Notes.of([[1.0, 1.5, 60, 80], [2.2, 2.6, 67, 40]])
    samples = (32767 * tone(spans.table, 5)).astype(np.int16)
    row = Row("x", samples, spans, spans, Pedal.none(), "", "", "train")
    item = Segments([row], family=family, frames=250, items=1)[0]
    batch = torch.utils.data.default_collate([item])
    change = PitchShift(sample_rate=16000, semitones=(semitones, semitones), detune=0, p=1)
    audio, labels = change(batch["audio"], batch["labels"])
    notes, _, pedal = _middle(labels, 250)
    heads = Heads(notes[0, :4].numpy(), pedal[0].T.numpy(), 50.0)
    found = heads.decoded_notes(Thresholds())
    assert found.pitch.tolist() == [60 + semitones, 67 + semitones]
    power = audio[0].numpy() ** 2
    loud = np.flatnonzero(power > 0.01 * power.max())[0] / 16000 - 4096 / 16000
    assert found.onset[0] == pytest.approx(loud, abs=0.02)


def test_batches_follow_from_the_place_in_the_run(made, tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    cfg = settings(*SMALL, folder=tmp_path)
    one, two = Pieces(cfg), Pieces(cfg)
    one._rows["train"] = two._rows["train"] = made
    ours, theirs = one.train_dataloader(), two.train_dataloader()
    torch.manual_seed(1)
    first = [batch["audio"] for batch in ours]
    assert len(first) == 3
    assert not torch.equal(first[0], first[1])
    theirs.load_state_dict({"batches": 2, "length": 3})
    (last,) = theirs
    assert torch.equal(last["audio"], first[2])
    ours.batch_sampler.sampler.set_epoch(1)
    assert not torch.equal(next(iter(ours))["audio"], first[0])


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A corpus of recordings that are hard to label: what is odd is in their names."""
    from audioml.train.data import prepare

    folder = tmp_path_factory.mktemp("recordings")
    pieces = {
        "overlapping": [[0.5, 1.5, 60, 64], [1.0, 2.0, 60, 80], [1.0, 1.2, 64, 50]],
        "at_the_ends": [[0.0, 0.3, 40, 64], [2.9, 3.0, 41, 64]],
        "silence": [],
        "plain": [[0.5, 1.0, 70, 100]],
    }
    for name, notes in pieces.items():
        table = np.array(notes).reshape(-1, 4)
        write(folder / f"{name}.wav", Audio(tone(table, 3.0), 16000))
        midi.write(folder / f"{name}.mid", Notes.of(table), Pedal(np.array([[1.1, 1.9]])))
    path = folder / "corpus"
    given = {"audio_ext": ".wav", "label_ext": ".mid", "align": "off", "workers": 1}
    prepare(source_path=folder, destination_path=path, split=(1, 0, 0), **given)
    return path


def test_a_prepared_corpus_has_notes_as_they_are_heard(prepared):
    found = {row.id: row for row in rows(prepared)}
    assert set(found) == {"overlapping", "at_the_ends", "silence", "plain"}
    again = found["overlapping"].notes
    assert again.pitch.tolist() == [60, 60, 64]
    own = again[again.pitch == 60]
    assert own.offset[0] <= own.onset[1]  # struck again, it ends
    np.testing.assert_allclose(again.offset[again.pitch == 64], 1.9, atol=2e-3)  # the pedal holds
    assert len(found["silence"].notes) == 0
    assert found["at_the_ends"].notes.onset[0] == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("name", ["overlapping", "at_the_ends", "silence", "plain"])
def test_what_is_odd_is_learnt_and_found_again(prepared, name):
    row = next(row for row in rows(prepared) if row.id == name)
    segments = Segments([row], family=family_of(HARMONIC), frames=40, items=1)
    assert np.isfinite(segments[0]["audio"]).all()
    truth = targets(row.notes, row.pedal, frames=151, fps=50)
    heads = Heads(truth.notes[:4], truth.pedal, 50.0)
    scores = scores_of(Answered(heads, row.notes, row.pedal), Thresholds())
    assert scores["onset"] == scores["velocity"] == scores["pedal"] == 1


def test_a_corpus_at_another_rate_is_refused(tmp_path):
    from audioml.train.data import prepare

    write(tmp_path / "a.wav", Audio(np.zeros((1, 8000), np.float32), 8000))
    midi.write(tmp_path / "a.mid", Notes.none())
    given = {"audio_ext": ".wav", "label_ext": ".mid", "sample_rate": 8000, "workers": 1}
    prepare(source_path=tmp_path, destination_path=tmp_path / "c", **given)
    with pytest.raises(UsageError, match="prepare it with sample_rate=16000"):
        list(rows(tmp_path / "c"))


def test_no_data_set_is_said_so(tmp_path):
    with pytest.raises(NotFoundError, match="there is no data set"):
        list(rows(tmp_path))
    cfg = settings(*SMALL, folder=tmp_path)
    pieces = Pieces(cfg)
    pieces._rows["valid"] = []
    with pytest.raises(ValidationError, match="no recordings to valid"):
        pieces.val_dataloader()


def test_stages_take_their_splits(prepared, made):
    assert len(rows_of(prepared, "train")) == 4
    assert rows_of(prepared, "valid") == []


def test_what_is_kept_for_tests_is_only_tested_on(made, monkeypatch, tmp_path):
    (tmp_path / "part-00000").mkdir()
    for family, source in (("timgm", "made up"), ("numpy", "bach/bwv80.8.mxl")):
        row = dataclasses.replace(made[0], family=family, source=source, split="valid")
        monkeypatch.setattr(dataset, "rows", lambda _, row=row: iter([row]))
        assert rows_of(tmp_path, "test") == [row]
        for stage in ("train", "valid"):
            with pytest.raises(UsageError, match="is for tests only"):
                rows_of(tmp_path, stage)


def test_an_excerpt_ends_its_notes(made):
    row = excerpt(made[0], 2.0)
    assert len(row.samples) == 32000
    assert row.notes.end <= 2.0
    assert (row.notes.onset < 2.0).all()
    assert excerpt(made[0], None) is made[0]
