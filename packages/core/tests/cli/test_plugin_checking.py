"""`audioml plugins check`: a verdict on one plugin, as it is installed."""

from __future__ import annotations

import re

import pytest

from audioml.core.plugins import Registry, using

OFFER = "@hookimpl\ndef components():\n    yield Component({})\n"
ESTIMATOR = OFFER.format("'estimator', 'loud', 'audioml_mine.target:{}', 'loudness'")
TARGET = """
from audioml.core import Annotation, Estimator, ModelSpec, Prediction
from audioml.core.pipeline import check_audio


class Right(Estimator):
    spec = ModelSpec("loud", "1", "loud", "MIT", rate=8000)

    def predict(self, audio, /):
        check_audio(audio, self.spec)
        whole = Annotation("tag_open", [[audio.start, audio.end]], ["loud"])
        return Prediction({"loud": whole}).stamped(self.spec.stamp)


class Late(Right):
    def predict(self, audio, /):
        whole = Annotation("tag_open", [[0, audio.duration]], ["loud"])
        return Prediction({"loud": whole}).stamped(self.spec.stamp)


class Bug(Right):
    def __init__(self):
        raise ZeroDivisionError("by zero")


class Needy(Right):
    def __init__(self, folder):
        self.folder = folder
"""


@pytest.fixture
def verdict(audioml_cli, monkeypatch):
    """A function that checks the plugin `mine` and returns the code and what was said."""

    def check(name="mine"):
        monkeypatch.setenv("AUDIOML_PLUGINS", "mine,other")
        with using(Registry()):
            done = audioml_cli("plugins", "check", name)
        return done.code, done.out + done.err

    return check


def test_a_plugin_that_is_right_keeps_the_contract(install, verdict):
    install("mine", "audioml_contract = 1\n" + ESTIMATOR.format("Right"), target=TARGET)
    code, said = verdict()
    assert code == 0, said
    assert "ok licence                       MIT" in said
    assert "ok imports of plugin.py          nothing heavy" in said
    assert re.search(r"ok estimator loud +keeps \d\d rules", said)
    assert said.endswith("mine: keeps the contract\n")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import no_such_module\n", "!! import"),
        ("import numpy\n" + ESTIMATOR.format("Right"), "imports numpy"),
        (
            ESTIMATOR.format("Missing"),
            "is_what_its_kind_says: PluginError: estimator 'loud' cannot",
        ),
        (ESTIMATOR.format("Late"), "follows_the_clock: "),
        (ESTIMATOR.format("Bug"), "cannot be made: ZeroDivisionError: by zero"),
    ],
)
def test_what_is_wrong_is_told(install, verdict, source, said):
    install("mine", source, target=TARGET)
    code, out = verdict()
    assert code == 1, out
    assert said in out
    assert "thing(s) to mend" in out


def test_a_name_that_two_plugins_use_is_told(install, verdict):
    for name in ("mine", "other"):
        install(name, ESTIMATOR.replace("mine", name).format("Right"), target=TARGET)
    code, out = verdict()
    assert code == 1
    assert "'loud' is offered by" in out


def test_a_licence_that_is_missing_is_told(install, verdict):
    install("mine", ESTIMATOR.format("Right"), target=TARGET, licence="")
    code, out = verdict()
    assert code == 1
    assert "!! licence                       none: put an SPDX name into pyproject.toml" in out


def test_what_needs_a_model_is_not_tried(install, verdict):
    install("mine", ESTIMATOR.format("Needy"), target=TARGET)
    code, out = verdict()
    assert code == 0, out
    assert "loads; its rules want one that is made with folder" in out


def test_a_plugin_that_is_not_there(verdict):
    code, out = verdict("nobody")
    assert code == 3
    assert "no plugin is called 'nobody' (there is: " in out
