"""Corpora and windows of the task, and what is refused."""

import numpy as np
import pytest
from hydra import compose, initialize_config_module
from wavenet_task import MADE, TINY, write_corpus

from audioml.core.corpus import Corpus, CorpusWriter
from audioml.core.errors import ManifestError, NotFoundError, UsageError, ValidationError
from audioml_wavenet.task.building import architecture_of, data, genres_of, module
from audioml_wavenet.task.made import Made, write_made
from audioml_wavenet.task.songs import facts_of


def noise(number):
    return np.random.default_rng(number).integers(0, 256, 2000).astype(np.uint8)


def settings(folder, *arguments):
    path = "hydra.searchpath=[pkg://audioml_wavenet.conf]"
    with initialize_config_module("audioml.train.conf", version_base="1.3"):
        given = (*TINY, *arguments, f"paths.root={folder}", "paths.output=.")
        return compose("train", [*given, path])


@pytest.fixture
def corpus(tmp_path):
    return write_corpus(tmp_path / "corpus", noise, songs=8)


def songs_of(tmp_path, path, *arguments):
    return data(settings(tmp_path, f"data.path={path}", "task.rate=4000", *arguments))


def test_every_sample_of_the_test_split_is_foretold_once(tmp_path, corpus):
    songs = songs_of(tmp_path, corpus)
    rows = Corpus.open(corpus).filter(split="test")
    told = [window[songs.field :] for window in songs.heard("test")]
    wanted = [rows.read(row)[songs.field :] for row in range(len(rows))]
    np.testing.assert_array_equal(np.concatenate(told), np.concatenate(wanted))
    counted = sum(int((b["valid"] - songs.field).sum()) for b in songs.test_dataloader())
    assert counted == sum(map(len, wanted))


def test_those_that_are_validated_on_are_spread_over_the_split(tmp_path, corpus):
    songs = songs_of(tmp_path, corpus, "data.held_out=4")
    starts = [(int(b["genre"][0]), len(b["audio"])) for b in songs.val_dataloader()]
    assert sum(count for _, count in starts) == 4
    assert len(list(songs.heard("validation"))) == 4


def test_windows_are_parts_of_the_songs_and_come_with_their_genre(tmp_path, corpus):
    songs = songs_of(tmp_path, corpus, "task.genres=[rock]")
    batch = next(iter(songs.train_dataloader()))
    rows = Corpus.open(corpus).filter(split="train")
    kept = {row["id"]: rows.read(row["id"]).tobytes() for row in rows.rows()}
    for window, genre in zip(batch["audio"].numpy(), batch["genre"].tolist(), strict=True):
        (name,) = [name for name, song in kept.items() if window.tobytes() in song]
        assert genre == (0 if rows.row(name)["genre"] == "rock" else -1)


def test_the_loader_goes_on_where_it_stood(tmp_path, corpus):
    songs = songs_of(tmp_path, corpus, "data.steps=4")
    loader = iter(songs.train_dataloader())
    next(loader)
    stood = songs.state_dict()
    wanted = [batch["audio"].numpy() for batch in loader]
    other = songs_of(tmp_path, corpus, "data.steps=4")
    other.load_state_dict(stood)
    again = [batch["audio"].numpy() for batch in other.train_dataloader()]
    np.testing.assert_array_equal(np.stack(again[:3]), np.stack(wanted))


def test_all_genres_are_those_of_what_is_trained_on(tmp_path, corpus):
    cfg = settings(tmp_path, f"data.path={corpus}", "task.rate=4000", "task.genres=all")
    assert genres_of(cfg) == ("folk", "rock")
    assert architecture_of(cfg).conditions == 2


def test_facts_tell_of_licences_and_artists(corpus):
    facts = facts_of(Corpus.open(corpus))
    trained = [fact for fact in facts if fact["split"] == "train"]
    assert [(f["licence"], f["songs"]) for f in trained] == [("CC-BY-4.0", 2), ("CC0-1.0", 2)]
    assert trained[0]["artists"] == ["artist 1", "artist 5"]
    assert trained[0]["seconds"] == pytest.approx(1.0)


def test_made_up_songs_are_the_same_from_the_same_seed(tmp_path):
    made = Made(songs=20, seconds=5, rate=4000)
    write_made(tmp_path / "a", made)
    write_made(tmp_path / "b", made)
    one, two = Corpus.open(tmp_path / "a"), Corpus.open(tmp_path / "b")
    assert one.column("audio_sha256") == two.column("audio_sha256")
    assert set(one.column("split")) == {"train", "validation", "test"}
    held = one.filter(split="test")
    assert set(held.column("genre")) == {"calm", "lively"}
    assert 0.01 < held.audio(0).samples.std() < 0.5
    assert Made(songs=20, seconds=5, seed=1, rate=4000).name != made.name


def test_an_empty_corpus_is_refused(tmp_path):
    with CorpusWriter(tmp_path / "empty", rate=4000, encoding="mulaw"):
        pass
    with pytest.raises(ValidationError, match="empty is empty; make one by `audioml generate"):
        songs_of(tmp_path, tmp_path / "empty").train_dataloader()


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"rate": 8000}, r"at 8000 Hz, but task.rate is 4000; give task.rate=8000"),
        ({"encoding": "int16"}, "keeps samples as int16, but a WaveNet learns mulaw"),
    ],
)
def test_a_corpus_of_another_kind_is_refused(tmp_path, changed, sentence):
    path = write_corpus(tmp_path / "other", lambda number: np.zeros(3000), **changed)
    with pytest.raises(UsageError, match=sentence):
        songs_of(tmp_path, path).train_dataloader()


def test_songs_shorter_than_the_receptive_field_are_refused(tmp_path):
    path = write_corpus(tmp_path / "short", lambda number: noise(number)[:15])
    songs = songs_of(tmp_path, path)
    with pytest.raises(ValidationError, match="longer than the receptive field, 16 samples; the"):
        songs.test_dataloader()


def test_a_corpus_without_a_split_to_train_on_is_refused(tmp_path):
    path = write_corpus(tmp_path / "few", noise, songs=2)
    with pytest.raises(ValidationError, match="has no songs of split 'validation'"):
        songs_of(tmp_path, path).val_dataloader()


def test_there_must_be_something_to_learn_from(tmp_path):
    with pytest.raises(UsageError, match="nothing to learn from: give data.path=CORPUS"):
        data(settings(tmp_path))
    with pytest.raises(NotFoundError, match="there is no corpus"):
        songs_of(tmp_path, tmp_path / "absent").train_dataloader()


@pytest.mark.parametrize(
    ("argument", "error", "sentence"),
    [
        ("data.made.songs=5", UsageError, "ten or more of each"),
        ("+data.made.song=20", UsageError, "data.made has no setting 'song'"),
        ("+data.made.genres=[polka]", UsageError, "composed in genre 'polka'"),
        ("model.network.preset=huge", UsageError, "no network 'huge' .there is: small10, seed"),
        ("model.network.skip=0", ManifestError, "'skip' must be whole numbers from 1"),
        ("augmentation=waveform", UsageError, "leave augmentation at none"),
    ],
)
def test_settings_that_make_no_sense_are_refused(tmp_path, argument, error, sentence):
    with pytest.raises(error, match=sentence):
        cfg = settings(tmp_path, *MADE, argument)
        data(cfg)
        module(cfg)


@pytest.mark.parametrize(("name", "layers"), [("small10", 10), ("std30", 30), ("cs205", 10)])
def test_presets_are_those_of_the_architecture(tmp_path, name, layers):
    given = [a for a in TINY if not a.startswith("model.")]
    path = "hydra.searchpath=[pkg://audioml_wavenet.conf]"
    with initialize_config_module("audioml.train.conf", version_base="1.3"):
        cfg = compose("train", [*given, f"model={name}", *MADE, f"paths.root={tmp_path}", path])
    assert architecture_of(cfg).layers == layers


def test_songs_of_one_length_are_not_all_validated_on_at_one_place():
    from audioml_wavenet.task.data import _spread

    places = _spread(24 * 39, 24)  # 24 songs of 39 windows each, one window of each
    assert [at // 39 for at in places] == list(range(24))
    assert len({at % 39 for at in places}) > 18
    assert _spread(5, 5) == list(range(5))
