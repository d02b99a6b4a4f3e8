"""The model that comes with this build, where there is one."""

import numpy as np
import pytest

from audioml.core.errors import NotFoundError
from audioml.core.models.load import check
from audioml.core.models.manifest import Manifest
from audioml.core.plugins import Registry
from audioml.core.testing.checks import checks_for
from audioml.core.values import Audio
from audioml_transcription import plugin, shipped
from audioml_transcription.notes import Notes
from audioml_transcription.synth.perform import perform
from audioml_transcription.synth.piano import Piano, Timbre
from audioml_transcription.synth.scores import made_up


@pytest.fixture(scope="module")
def folder():
    try:
        return shipped.folder()
    except NotFoundError:
        pytest.skip("this build has no model")


def test_a_build_offers_the_model_that_it_has(tmp_path, monkeypatch):
    monkeypatch.setattr(plugin, "__file__", str(tmp_path / "plugin.py"))
    assert "estimator" not in {c.kind for c in plugin.components()}
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.json").write_text("{}")
    (found,) = (c for c in Registry({"x": plugin}).components() if c.kind == "estimator")
    assert (found.name, found.task) == ("piano-notes", "notes")


def test_it_is_small_and_its_self_test_passes(folder):
    manifest = Manifest.read(folder)
    check(folder, manifest)
    assert sum(entry.bytes for entry in manifest.files.values()) < 2e6
    assert manifest.metrics


def test_every_rule_of_an_estimator_holds(folder):
    for rule in checks_for(shipped.piano_notes()):
        rule()


def test_it_hears_what_the_built_in_piano_plays(folder):
    pytest.importorskip("mir_eval")
    from audioml_transcription.scoring import note_scores

    rng = np.random.default_rng(12345)
    played = perform(made_up(rng), rng, seconds=20)
    sound = Piano(Timbre.drawn(rng), rng).render(played, seconds=20)
    found = shipped.piano_notes().predict(Audio(sound, 16000))["notes"]
    spans = found.intervals
    notes = Notes(spans[:, 0], spans[:, 1], found.values, found.attributes["velocity"])
    assert note_scores(played.heard, notes)["onset"] > 0.8
