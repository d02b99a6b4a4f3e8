"""The model that comes with this distribution."""

import numpy as np
import pytest

from audioml.core import load
from audioml.core.models.manifest import Manifest
from audioml.core.testing.checks import checks_for
from audioml.core.values import Audio
from audioml_transcription import plugin
from audioml_transcription.notes import Notes
from audioml_transcription.shipped import FOLDER, PIANO_NOTES
from audioml_transcription.synth.perform import perform
from audioml_transcription.synth.piano import Piano, Timbre
from audioml_transcription.synth.scores import made_up


def test_what_is_told_of_it_is_what_it_says():
    manifest = Manifest.read(FOLDER)
    for name in ("name", "version", "license", "description", "task", "answers"):
        assert getattr(PIANO_NOTES, name) == getattr(manifest, name)
    component = next(c for c in plugin.components() if c.kind == "model")
    told = (manifest.name, manifest.task, manifest.description)
    assert (component.name, component.task, component.summary) == told
    assert all(entry.bytes < 2e6 for entry in manifest.files.values())
    unseen = [v for name, v in manifest.metrics.items() if name.endswith("timgm/onset")]
    assert min(unseen) > 0.9  # whoever puts another there


def test_every_rule_of_an_estimator_holds(audioml_home):
    for rule in checks_for(load("notes")):
        rule()


def test_it_is_listed_and_answers_without_a_network(audioml_cli, audioml_home, monkeypatch):
    monkeypatch.setenv("AUDIOML_OFFLINE", "1")
    assert "can be pulled" in audioml_cli("models", "list").out
    assert audioml_cli("models", "verify", "piano-notes").code != 0  # it is not in the store yet
    load("notes")
    assert audioml_cli("models", "verify", "piano-notes").code == 0


def test_it_hears_what_the_built_in_piano_plays(audioml_home):
    pytest.importorskip("mir_eval")
    from audioml_transcription.scoring import note_scores

    rng = np.random.default_rng(12345)
    played = perform(made_up(rng), rng, seconds=20)
    sound = Piano(Timbre.drawn(rng), rng).render(played, seconds=20)
    found = load("notes").predict(Audio(sound, 16000))["notes"]
    spans = found.intervals
    notes = Notes(spans[:, 0], spans[:, 1], found.values, found.attributes["velocity"])
    assert note_scores(played.heard, notes)["onset"] > 0.8
