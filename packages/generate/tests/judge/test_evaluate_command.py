"""The verdict on a generator whose songs and chances are known."""

import json

import numpy as np
import pytest
from judge_chimes import chime

from audioml.core.corpus import CorpusWriter

SHORT = ("-n", "3", "--seconds", "4", "--held", "8")


@pytest.fixture
def evaluate(audioml_cli, chimes, tmp_path):
    """A function: ``audioml generate evaluate`` of chimes, on a corpus of them."""

    def run(*options, model=None, corpus=None):
        model = model or chimes.write_folder(tmp_path / "model")
        corpus = corpus or chimes.write_corpus(tmp_path / "corpus")
        return audioml_cli("generate", "evaluate", str(model), str(corpus), *options)

    return run


def test_a_verdict_has_all_figures_with_their_anchors(evaluate):
    done = evaluate(*SHORT)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found["bits"]["genres"] == {"bells": 3.0, "gongs": 5.0}
    assert 3 < found["bits"]["model"] < 5
    assert found["bits"]["lpc"] < found["bits"]["markov"] < found["bits"]["uniform"] == 8
    distance = found["distance"]
    assert distance["noise"] > 3 * max(distance["songs"], distance["real"])
    assert found["sounding"]["songs"]["clipping"] == 0
    assert found["copying"]["songs"] < 0.9
    assert "by the model, bells" in done.err


def test_a_planted_copy_is_found(evaluate, chimes, tmp_path):
    model = chimes.write_folder(tmp_path / "copyist", planted=1, gain=0.5)
    done = evaluate(*SHORT, model=model)
    found = json.loads(done.out)["copying"]
    assert found["songs"] > 0.99
    assert found["nearest"]["id"] == "chime-1"
    assert found["nearest"]["start"] == pytest.approx(round(found["nearest"]["start"]), abs=1e-3)
    assert found["songs"] > found["real"] + 0.1
    assert "chime-1 at" in done.err


def test_a_verdict_goes_to_the_file_named_and_quiet_says_nothing(evaluate, tmp_path):
    done = evaluate(*SHORT, "-o", str(tmp_path / "verdict.json"))
    assert done.out == ""
    assert json.loads((tmp_path / "verdict.json").read_bytes())["model"]["name"] == "chimes"


def test_songs_are_compared_by_an_estimator_that_is_named(evaluate):
    found = json.loads(evaluate(*SHORT, "--embedding", "loudness").out)
    assert found["settings"]["embedding"] == "loudness"
    assert found["distance"]["windows"] > 50


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"rate": 8000}, "at 8000 Hz, but chimes makes sound at 4000 Hz; prepare one by"),
        ({"encoding": "int16"}, "keeps samples as int16, but chimes foretells mulaw"),
        ({"songs": 3}, "no songs of split 'test' (it has: train, validation)"),
        ({"seconds": 0.5}, "no song of split 'test' is longer than 4000 samples"),
    ],
)
def test_a_corpus_that_does_not_fit_is_refused(evaluate, chimes, tmp_path, changed, sentence):
    corpus = chimes.write_corpus(tmp_path / "other", **changed)
    done = evaluate(corpus=corpus)
    assert done.code != 0
    assert sentence in done.err
    assert "Traceback" not in done.err


def test_an_empty_corpus_is_refused(evaluate, tmp_path):
    with CorpusWriter(tmp_path / "empty", rate=4000, encoding="mulaw"):
        pass
    assert "empty is empty; prepare one by" in evaluate(corpus=tmp_path / "empty").err


def test_a_corpus_that_is_not_there_is_told(evaluate, tmp_path):
    done = evaluate(corpus=tmp_path / "absent")
    assert done.code == 3
    assert "there is no corpus in" in done.err


def test_a_model_that_makes_no_sound_is_refused(evaluate):
    done = evaluate(model="loudness")
    assert done.code == 2
    assert "answers about sound and makes none" in done.err


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--songs", "0"), "'songs' must be at least 1"),
        (("--seconds", "1"), "'seconds' must be at least 2 seconds"),
        (("--held", "nan"), "'held' must be at least 0 seconds"),
        (("--split", "train"), "not judged by what it was trained on"),
        (("--embedding", "absent"), "no model is called 'absent'"),
    ],
)
def test_options_that_make_no_sense_are_refused(evaluate, options, sentence):
    done = evaluate(*options)
    assert done.code in {2, 3}
    assert sentence in done.err


def test_the_songs_of_the_tests_are_not_alike():
    one, two = chime(1, 4.0), chime(2, 4.0)
    assert abs(np.corrcoef(one, two)[0, 1]) < 0.2
