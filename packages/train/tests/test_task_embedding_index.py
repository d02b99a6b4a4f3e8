"""Indices of recordings: made, brought up to date, asked, and refused where they do not fit."""

from __future__ import annotations

import json

import numpy as np
import pytest
import soundfile

from audioml.core.errors import IntegrityError, NotFoundError, UsageError, ValidationError
from audioml.core.stages import Estimator, ModelSpec
from audioml.core.values import Annotation, Frames, Prediction
from audioml.train.tasks.embedding.index.embedding import vector_of
from audioml.train.tasks.embedding.index.journal import Journal
from audioml.train.tasks.embedding.index.store import Identity, Index, unit

RATE = 8000


class Bands(Estimator):
    """Answers with the loudness of four bands of each tenth of a second."""

    def __init__(self, version="1"):
        self.spec = ModelSpec("bands", version, "embedding", "MIT", RATE, weights=f"w{version}")

    def predict(self, audio, /):
        windows = audio.samples[0][: audio.samples.shape[1] // 800 * 800].reshape(-1, 800)
        spectra = np.abs(np.fft.rfft(windows))[:, 1:]
        bands = spectra.reshape(len(windows), 4, 100).sum(2)
        return Prediction({"embedding": Frames(bands.astype(np.float32), 0.1)})


class Shelf:
    """The models there are, and what was heard by them."""

    def __init__(self):
        self.models, self.heard = {"bands": Bands()}, []

    def loaded(self, reference, threads=None):
        if reference not in self.models:
            raise NotFoundError(f"there is no model {reference!r}")
        return self

    @property
    def spec(self):
        return self.models["bands"].spec

    def predict_blocks(self, blocks):
        self.heard.append(1)
        return self.models["bands"].predict_blocks(blocks)


@pytest.fixture
def shelf(monkeypatch):
    made = Shelf()
    for place in ("embedding", "making", "asking"):
        monkeypatch.setattr(f"audioml.train.tasks.embedding.index.{place}.loaded", made.loaded)
    return made


def tone(path, frequency, *, seconds=1.0, seed=0):
    time = np.arange(round(seconds * RATE)) / RATE
    noise = np.random.default_rng(seed).normal(0, 0.01, len(time))
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, 0.3 * np.sin(2 * np.pi * frequency * time) + noise, RATE)


@pytest.fixture
def songs(tmp_path):
    """Return a folder of low and high tones."""
    for at in range(3):
        tone(tmp_path / "songs" / "low" / f"{at}.wav", 200 + 40 * at, seed=at)
        tone(tmp_path / "songs" / "high" / f"{at}.wav", 3100 + 40 * at, seed=at)
    return tmp_path / "songs"


@pytest.fixture
def made(audioml_cli, shelf, songs, tmp_path):
    done = audioml_cli("train", "index", "bands", str(songs), "-o", str(tmp_path / "index"))
    assert done.code == 0, done.err
    assert "6 recordings in" in done.err
    return tmp_path / "index"


def index_again(audioml_cli, songs, target, *more):
    return audioml_cli("train", "index", "bands", str(songs), "-o", str(target), "-j", "1", *more)


def test_what_is_alike_is_found(audioml_cli, made) -> None:
    done = audioml_cli("train", "similar", str(made), "low/1.wav", "-k", "2", "--json")
    assert done.code == 0, done.err
    found = json.loads(done.out)["similar"]
    assert {each["item"] for each in found} == {"low/0.wav", "low/2.wav"}
    assert found[0]["similarity"] >= found[1]["similarity"] > 0.9
    table = audioml_cli("train", "similar", str(made), "low/1.wav").out.splitlines()
    assert table[0].split() == ["similarity", "recording"]
    assert len(table) == 6  # all but the one that was asked for


def test_a_file_that_is_no_item_is_embedded(audioml_cli, made, tmp_path, shelf) -> None:
    tone(tmp_path / "new.wav", 3150)
    shelf.heard.clear()
    done = audioml_cli("train", "similar", str(made), str(tmp_path / "new.wav"), "-k", "1")
    assert "high/" in done.out
    assert len(shelf.heard) == 1
    inside = audioml_cli("train", "similar", str(made), str(tmp_path / "songs" / "low" / "0.wav"))
    assert "low/0.wav" not in inside.out  # it is an item, and not its own neighbour
    assert len(shelf.heard) == 1


def test_several_are_asked_for_by_their_mean(audioml_cli, made) -> None:
    asked = ("low/0", "low/1.wav")
    done = audioml_cli("train", "similar", str(made), *asked, "-k", "1", "--json")
    assert json.loads(done.out)["similar"][0]["item"] == "low/2.wav"


def test_what_is_indexed_is_not_embedded_again(audioml_cli, made, songs, shelf) -> None:
    shelf.heard.clear()
    tone(songs / "low" / "3.wav", 300)
    tone(songs / "low" / "0.wav", 3000, seconds=1.2)  # changed
    (songs / "high" / "2.wav").unlink()
    done = index_again(audioml_cli, songs, made)
    assert "6 recordings in" in done.err
    assert ": 2 new" in done.err
    assert len(shelf.heard) == 2
    assert "high/2.wav" not in Index.read(made).items


def test_an_interrupted_index_goes_on(audioml_cli, songs, shelf, tmp_path, monkeypatch) -> None:
    predict = shelf.predict_blocks

    def interrupted(blocks):
        if len(shelf.heard) == 4:
            raise KeyboardInterrupt
        return predict(blocks)

    target = tmp_path / "index"
    monkeypatch.setattr(shelf, "predict_blocks", interrupted)
    assert index_again(audioml_cli, songs, target).code == 130
    assert not target.exists()
    (journal,) = tmp_path.glob(".index.indexing")
    with journal.open("a") as file:
        file.write('{"item": "low/2.wav", "bytes": 1')  # cut by a power failure
    monkeypatch.setattr(shelf, "predict_blocks", predict)
    shelf.heard.clear()
    done = index_again(audioml_cli, songs, target)
    assert done.code == 0, done.err
    assert len(shelf.heard) == 2
    assert len(Index.read(target).items) == 6
    assert not journal.exists()


def test_what_cannot_be_read_is_left_out_and_told(audioml_cli, songs, shelf, tmp_path) -> None:
    (songs / "broken.mp3").write_bytes(b"no sound at all")
    tone(songs / "short.wav", 440, seconds=0.05)
    soundfile.write(songs / "silent.wav", np.zeros(RATE), RATE)
    done = index_again(audioml_cli, songs, tmp_path / "index")
    assert done.code == 0
    assert "6 recordings in" in done.err
    assert "3 left out" in done.err
    for name, said in {
        "broken.mp3": "broken.mp3",
        "short.wav": "too short for a window",
        "silent.wav": "zeros only",
    }.items():
        (line,) = [each for each in done.err.splitlines() if f"{name} is left out" in each]
        assert said in line


def test_a_folder_without_recordings(audioml_cli, shelf, tmp_path) -> None:
    (tmp_path / "empty").mkdir()
    done = index_again(audioml_cli, tmp_path / "empty", tmp_path / "index")
    assert done.code == 3
    assert "holds no audio file" in done.err
    assert not (tmp_path / "index").exists()


def test_where_nothing_can_be_read_there_is_no_index(audioml_cli, shelf, tmp_path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.mp3").write_bytes(b"no sound at all")
    done = index_again(audioml_cli, tmp_path / "in", tmp_path / "index")
    assert done.code == 1
    assert "no recording below" in done.err
    assert not (tmp_path / "index").exists()


def test_the_index_of_another_model_is_not_mixed(audioml_cli, made, songs, shelf, tmp_path) -> None:
    shelf.models["bands"] = Bands("2")
    done = index_again(audioml_cli, songs, made)
    assert done.code == 1
    assert "was made by bands 1 (w1), but this is bands 2 (w2)" in done.err
    tone(tmp_path / "new.wav", 3150)
    asked = audioml_cli("train", "similar", str(made), str(tmp_path / "new.wav"))
    assert asked.code == 1
    assert "cannot be compared; name the right one with --model" in asked.err
    assert index_again(audioml_cli, songs, made, "--again").code == 0
    assert Index.read(made).model.version == "2"


def test_a_model_that_is_gone_is_only_needed_for_new_recordings(
    audioml_cli, made, shelf, tmp_path
) -> None:
    del shelf.models["bands"]
    assert audioml_cli("train", "similar", str(made), "low/0.wav").code == 0
    tone(tmp_path / "new.wav", 3150)
    done = audioml_cli("train", "similar", str(made), str(tmp_path / "new.wav"))
    assert done.code == 3
    assert "is no more at bands" in done.err


def test_a_folder_that_is_no_index_is_never_replaced(audioml_cli, songs, shelf) -> None:
    done = index_again(audioml_cli, songs, songs, "--again")
    assert done.code == 1
    assert "exists already and is no index" in done.err
    assert (songs / "low" / "0.wav").exists()


def test_a_name_that_is_not_there(audioml_cli, made) -> None:
    done = audioml_cli("train", "similar", str(made), "low/7.wav")
    assert done.code == 3
    assert "did you mean 'low/" in done.err
    assert audioml_cli("train", "similar", str(made), "1.wav").code == 3  # low or high


@pytest.mark.parametrize("name", ["items.json", "vectors.npy", "index.json"])
def test_a_damaged_index_says_so(made, name) -> None:
    (made / name).write_bytes(b"[]")
    with pytest.raises(IntegrityError, match="damaged|does not know"):
        Index.read(made)


def test_no_index(tmp_path) -> None:
    with pytest.raises(NotFoundError, match="make one with: audioml train index"):
        Index.read(tmp_path)


def test_the_journal_of_another_model_is_begun_anew(tmp_path) -> None:
    path, one = tmp_path / "journal", Identity("a", "1", "w", "m")
    with pytest.raises(KeyboardInterrupt), Journal(path, one) as journal:
        journal.add("x", (1, 2), np.ones(3, np.float32))
        raise KeyboardInterrupt
    assert list(Journal(path, one).done()) == ["x"]
    assert Journal(path, Identity("a", "2", "w", "m")).done() == {}


def test_neighbours_are_those_of_all_cosines() -> None:
    random = np.random.default_rng(0)
    vectors = random.normal(size=(70_000, 6)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    files = np.zeros((len(vectors), 2), np.int64)
    names = [str(at) for at in range(len(vectors))]
    index = Index(names, vectors, files, Identity("a", "1", "", ""), "a", "/")
    asked = random.normal(size=6)
    expected = np.argsort(-(vectors @ unit(asked)))
    found = index.nearest(asked, count=5, without=(int(expected[1]),))
    assert [at for at, _ in found] == [int(expected[i]) for i in (0, 2, 3, 4, 5)]
    assert len(index.nearest(asked, count=10**6)) == 70_000


def frames(values, name="embedding"):
    return Prediction({name: Frames(np.asarray(values), 1.0)})


def test_a_vector_is_the_unit_mean_of_windows() -> None:
    assert np.allclose(vector_of(frames([[3.0, 0.0], [3.0, 8.0]]), "m"), [0.6, 0.8])


def test_vectors_in_eight_bits_have_their_zero_in_the_middle() -> None:
    found = vector_of(frames(np.array([[255, 0], [255, 0]], np.uint8)), "m")
    assert np.allclose(found, [0.5**0.5, -(0.5**0.5)])


def test_vectors_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(ValidationError, match="not finite"):
        vector_of(frames([[1.0, np.nan]]), "m")


def test_a_model_of_other_answers_is_refused() -> None:
    chords = Annotation("chord", np.array([[0.0, 1.0]]), ["C:maj"])
    with pytest.raises(UsageError, match="m does not answer with vectors of windows"):
        vector_of(Prediction({"chord": chords}), "m")
    scores = Prediction({"scores": Frames(np.ones((2, 2)), 1.0, labels=("a", "b"))})
    with pytest.raises(UsageError, match="it answers with scores"):
        vector_of(scores, "m")
