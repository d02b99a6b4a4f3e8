"""``audioml train evaluate``: models as everybody runs them, on data of any origin."""

import csv
import json

import numpy as np
import pytest
from transcription_tiny import plugins, tone

from audioml.core.audio import write
from audioml.core.errors import NotFoundError, UsageError
from audioml.core.plugins import Component, hookimpl
from audioml.core.stages import Estimator, ModelSpec
from audioml.core.values import Annotation, Audio, Prediction
from audioml_transcription import midi
from audioml_transcription.notes import Notes, Pedal, extended
from audioml_transcription.scoring import note_scores
from audioml_transcription.synth.dataset import make, opened
from audioml_transcription.synth.recordings import Recipe
from audioml_transcription.task.evaluation import measured, pieces

NOTES = Notes.of([[0.2, 0.7, 60, 64], [0.8, 1.0, 64, 90], [0.8, 1.4, 67, 30]])
PEDAL = Pedal(np.array([[0.5, 1.2]]))
SPEC = ModelSpec("oracle", "1", "notes", "Apache-2.0", rate=16000, channels=1)


class Oracle(Estimator):
    """Answers the same notes to every sound: the right ones to that of `recording`."""

    spec = SPEC

    def predict(self, audio):
        heard = extended(NOTES, PEDAL)
        spans = np.stack([heard.onset, heard.offset], axis=1)
        velocity = {"velocity": heard.velocity}
        notes = Annotation("note_midi", spans, heard.pitch.tolist(), None, velocity)
        pedal = Annotation("pedal", PEDAL.intervals, [None] * len(PEDAL))
        return Prediction({"notes": notes, "pedal": pedal})


class Deaf(Estimator):
    """Answers chords."""

    spec = SPEC

    def predict(self, audio):
        return Prediction({"chord": Annotation("chord", np.array([[0.0, 1.0]]), ["C:maj"])})


class Here:
    @hookimpl
    def components(self):
        yield Component("estimator", "oracle", f"{__name__}:Oracle", "the truth", task="oracle")
        yield Component("estimator", "deaf", f"{__name__}:Deaf", "chords", task="deaf")


def recording(folder, name, *, notes=NOTES, rate=44100):
    path = folder / f"{name}.wav"
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, Audio(tone(NOTES.table, 1.6, rate), rate))
    midi.write(path.with_suffix(".mid"), notes, PEDAL)


@pytest.fixture
def folder(tmp_path):
    recording(tmp_path, "set/right")
    recording(tmp_path, "set/below/late", notes=NOTES.shifted(0.1))
    return tmp_path / "set"


@pytest.fixture
def evaluate(audioml_cli, audioml_plugins, audioml_home, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, __name__, sys.modules[Oracle.__module__])
    audioml_plugins(**plugins(), here=Here())

    def run(*arguments, code=0):
        done = audioml_cli("train", "evaluate", *map(str, arguments))
        assert done.code == code, done.err
        return done

    return run


def test_the_truth_scores_one_and_the_rest_what_mir_eval_says(evaluate, folder, tmp_path):
    done = evaluate("oracle", folder, "-o", tmp_path / "figures.json")
    found = json.loads((tmp_path / "figures.json").read_bytes())
    assert set(found["pieces"]) == {"right", "below/late"}
    assert set(found["pieces"]["right"].values()) == {1.0}
    late = note_scores(extended(NOTES.shifted(0.1), PEDAL), extended(NOTES, PEDAL))
    assert found["pieces"]["below/late"]["onset"] == late["onset"] == 0
    assert found["mean"]["onset"] == 0.5
    assert found["model"].startswith("oracle 1")
    head, *rows = done.out.splitlines()
    assert head.split() == [
        "piece",
        "onset",
        "offset",
        "velocity",
        "frame",
        "pedal",
        "pedal_offset",
    ]
    assert rows[-1].startswith("mean of 2")
    assert rows[-1].split()[3] == "0.500"


def test_figures_are_written_as_a_table(evaluate, folder, tmp_path):
    evaluate("oracle", folder, "--only", "right", "-o", tmp_path / "f.csv")
    rows = list(csv.DictReader((tmp_path / "f.csv").open()))
    assert [row["piece"] for row in rows] == ["right", "mean"]
    assert rows[0]["onset_recall"] == "1.0000"


def test_a_recording_that_cannot_be_read_is_left_out_and_told(evaluate, folder):
    (folder / "broken.wav").write_bytes(b"RIFF but no sound")
    midi.write(folder / "broken.mid", NOTES)
    done = evaluate("oracle", folder, code=1)
    assert "broken is left out" in done.err
    assert "mean of 2" in done.out


def test_so_many_pieces_at_most(evaluate, folder):
    assert "mean of 1" in evaluate("oracle", folder, "--limit", 1).out


def test_what_makes_no_sense_is_refused(evaluate, folder, tmp_path):
    assert "written to .json or .csv" in evaluate("oracle", folder, "-o", "x.txt", code=2).err
    assert "no such recordings" in evaluate("oracle", folder, "--only", "zz", code=3).err
    assert "is not a folder" in evaluate("oracle", tmp_path / "none", code=3).err
    done = evaluate("deaf", folder, code=2)
    assert "answers chord, no notes" in done.err
    assert done.out == ""


def test_a_data_set_that_was_made_is_measured_on_what_was_held_out(tmp_path):
    list(make(tmp_path, Recipe(seconds=4.0), recordings=2, each=1, valid=0.5))
    assert [row.split for row in opened(tmp_path)] == ["train", "valid"]
    (piece,) = pieces(tmp_path)
    assert piece.name == opened(tmp_path, split="valid")[0].id
    assert len(pieces(tmp_path, split="all")) == 2
    assert len(pieces(tmp_path, split="train")) == 1
    notes, _ = piece.played()
    assert (notes.table == opened(tmp_path, split="valid")[0].notes.table).all()
    with pytest.raises(NotFoundError, match="2 with labels, of the splits train, valid"):
        pieces(tmp_path, split="test")
    with pytest.raises(UsageError, match="a split must be one of"):
        pieces(tmp_path, split="tset")


def test_a_prepared_corpus_is_measured_on_its_tests(folder, tmp_path):
    from audioml.train.data import prepare

    given = {"audio_ext": ".wav", "label_ext": ".mid", "align": "off", "workers": 1}
    prepare(source_path=folder, destination_path=tmp_path / "c", split=(0, 0, 1), **given)
    found = {piece.name: piece for piece in pieces(tmp_path / "c")}
    assert set(found) == {"right", "below/late"}
    assert measured(Oracle(), found["right"])["offset"] == 1


def test_maestro_is_measured_on_its_test_split(tmp_path):
    rows = ["canonical_composer,canonical_title,split,year,midi_filename,audio_filename,duration"]
    for split in ("train", "test"):
        recording(tmp_path, f"2008/{split}")
        rows.append(f"Bach,{split},{split},2008,2008/{split}.mid,2008/{split}.wav,1.6")
    (tmp_path / "maestro-v3.0.0.csv").write_text("\n".join(rows))
    (piece,) = pieces(tmp_path)
    assert piece.name == "2008/test"
    assert measured(Oracle(), piece)["velocity"] == 1


def test_of_maps_the_pieces_of_music_are_measured(tmp_path):
    place = "MAPS/ENSTDkCl"
    recording(tmp_path, f"{place}/MUS/MAPS_MUS-alb_se3_ENSTDkCl")
    recording(tmp_path, f"{place}/ISOL/NO/MAPS_ISOL_NO_F_S0_M21_ENSTDkCl")
    (piece,) = pieces(tmp_path)
    assert piece.name.endswith("MAPS_MUS-alb_se3_ENSTDkCl")
    assert len(pieces(tmp_path, only="*ENSTDkCl*")) == 1


def test_silence_is_right_where_nothing_is_heard():
    from audioml_transcription.task.evaluation import Piece

    class Nothing(Estimator):
        spec = SPEC

        def predict(self, audio):
            none = np.empty((0, 2))
            return Prediction({"notes": Annotation("note_midi", none, [])})

    quiet = Piece(
        "quiet",
        "",
        lambda: Audio(np.zeros((1, 16000), np.float32), 16000),
        lambda: (Notes.none(), Pedal.none()),
    )
    assert set(measured(Nothing(), quiet).values()) == {1.0}
    assert measured(Oracle(), quiet)["onset"] == 0
    with pytest.raises(UsageError, match="no notes"):
        measured(Deaf(), quiet)
