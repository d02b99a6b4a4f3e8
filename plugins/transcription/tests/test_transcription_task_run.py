"""A run of the task, from nothing to a model that every command runs."""

import importlib.util
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from transcription_tiny import CRNN, SMALL, figures, only_run, plugins, state

from audioml.core import load
from audioml.core.audio import write
from audioml.core.cli.main import run as command_line
from audioml.core.errors import UsageError
from audioml.core.models.manifest import Manifest
from audioml.core.plugins import Registry, using
from audioml.core.testing import checks_for
from audioml.core.values import Audio
from audioml_transcription import midi
from audioml_transcription.task.task import Transcription

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def only_what_is_needed(tmp_path_factory):
    before = os.environ.get("AUDIOML_HOME")
    os.environ["AUDIOML_HOME"] = str(tmp_path_factory.mktemp("home"))
    with using(Registry(plugins())):
        yield
    os.environ.pop("AUDIOML_HOME")
    if before is not None:
        os.environ["AUDIOML_HOME"] = before


def train(folder, *arguments, code=0):
    before = Path.cwd()
    os.chdir(folder)
    try:
        assert command_line(["train", *arguments]) == code
    finally:
        os.chdir(before)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("harmonic")
    train(folder, *SMALL)
    return folder


@pytest.fixture(scope="module")
def folder(root):
    return only_run(root)


def test_a_run_says_what_it_has_reached(folder):
    found = state(folder)
    assert found["status"] == "done"
    names = {name for name in found["metrics"] if name.startswith(("val/", "test/"))}
    assert {f"{s}/{n}" for s in ("val", "test") for n in ("onset", "offset", "velocity")} < names
    assert {"val/frame", "val/pedal", "val/loss", "test/onset_precision"} < names
    assert found["metric"] == found["metrics"]["val/onset"]
    known = json.loads((folder / "manifest.json").read_bytes())
    kinds = {each["kind"] for each in known["artifacts"]}
    assert {"audio", "midi"} <= kinds
    if importlib.util.find_spec("matplotlib"):
        paths = {each["path"] for each in known["artifacts"]}
        assert {f"artifacts/plots/{name}.png" for name in ("roll", "onsets", "loss")} <= paths


def test_what_was_played_is_kept_as_midi(root, folder):
    from audioml_transcription.synth.dataset import opened

    notes, _ = midi.read(folder / "artifacts" / "played.mid")
    row = opened(root / "data" / "piano-quick" / "test")[0]
    np.testing.assert_allclose(notes.onset, row.notes.onset, atol=1e-3)
    assert (notes.pitch == row.notes.pitch).all()


def test_the_model_keeps_every_rule_of_an_estimator(folder):
    model = load(folder / "model")
    for check in checks_for(model):
        check()


def test_the_model_has_the_figures_and_the_thresholds_of_the_test(folder):
    manifest = Manifest.read(folder / "model")
    metrics = state(folder)["metrics"]
    assert manifest.metrics["test/onset"] == pytest.approx(metrics["test/onset"], abs=1e-4)
    assert manifest.runtimes[0].parity < 1e-4
    card = (folder / "model" / "MODEL_CARD.md").read_text()
    assert "Not measured on real recordings" in card
    assert "seed 7000" not in card
    assert "trained for" in card


def test_its_checkpoint_alone_gives_the_same_model(folder, root, tmp_path, monkeypatch):
    monkeypatch.chdir(root)
    Transcription().export(folder / "checkpoints" / "best.ckpt", tmp_path / "model")
    one, two = Manifest.read(tmp_path / "model"), Manifest.read(folder / "model")
    assert one.decoder == two.decoder  # the thresholds were chosen on the same recordings
    assert one.files["notes.onnx"] == two.files["notes.onnx"]
    assert set(one.metrics) == {n.replace("test/", "val/") for n in two.metrics} - {"val/loss"}


def test_without_the_data_the_thresholds_are_those_of_the_settings(
    folder, tmp_path, monkeypatch, caplog
):
    monkeypatch.chdir(tmp_path)
    Transcription().export(folder / "checkpoints" / "best.ckpt", tmp_path / "model")
    assert Manifest.read(tmp_path / "model").decoder.params["onset"] == 0.2


def test_a_run_is_tested_and_exported_later(root, tmp_path):
    (tmp_path / "data").symlink_to(root / "data")
    weights = tmp_path / "first.ckpt"
    shutil.copy(only_run(root) / "checkpoints" / "best.ckpt", weights)
    nothing = ("test=false", "export=false", "data.test.made-up=null")
    given = [each for each in SMALL if not each.startswith("data.test.")]
    train(tmp_path, *given, *nothing, f"task.weights={weights}")
    weights.unlink()  # not needed any more
    done = only_run(tmp_path)
    assert not (done / "model").exists()
    curve = figures(done, "step/loss")
    train(
        tmp_path,
        "train=false",
        "test=true",
        "export=true",
        "+data.test.mine.path=data/piano-quick/test",
        "task.model.name=piano-notes",
        "task.model.version=0.2.0",
        f"ckpt_path={done}/checkpoints/best.ckpt",
    )
    manifest = Manifest.read(done / "model")
    assert (manifest.name, manifest.version) == ("piano-notes", "0.2.0")
    assert manifest.metrics["test/onset"] == pytest.approx(
        state(done)["metrics"]["test/onset"], abs=1e-4
    )
    assert "- test: `mine`" in (done / "model" / "MODEL_CARD.md").read_text()
    assert figures(done, "step/loss") == curve


def test_a_song_is_analysed_with_it(folder, tmp_path, monkeypatch):
    analyze = pytest.importorskip("audioml.analyze.plugin")
    song = tmp_path / "song.wav"
    noise = 0.1 * np.random.default_rng(0).standard_normal((1, 44100)).astype(np.float32)
    write(song, Audio(noise, 44100))
    monkeypatch.chdir(tmp_path)
    with using(Registry({**plugins(), "analyze": analyze})):
        ran = command_line(
            ["analyze", "song.wav", "--estimators", str(folder / "model"), "-f", "json", "-o", "."]
        )
    assert ran == 0
    assert json.loads((tmp_path / "song.json").read_bytes())


def test_recordings_of_ones_own_are_trained_on(tmp_path):
    from transcription_tiny import tone

    from audioml.train.data import prepare
    from audioml_transcription.notes import Notes

    notes = np.array([[0.3, 0.9, 60, 80], [1.0, 2.0, 64, 40]])
    for split in ("train", "validation", "test"):
        path = tmp_path / "mine" / split / "piece.wav"
        path.parent.mkdir(parents=True)
        write(path, Audio(tone(notes, 3.0), 16000))
        midi.write(path.with_suffix(".mid"), Notes.of(notes))
    given = {"label_ext": ".mid", "split": "given", "group": "file", "align": "off", "workers": 1}
    prepare(source_path=tmp_path / "mine", destination_path=tmp_path / "corpus", **given)
    settings = [each for each in SMALL if not each.startswith("data.") or "made-up" not in each]
    settings[1] = "trainer=cpu"
    train(tmp_path, *settings, "data=prepared", "data.path=corpus", "trainer.max_epochs=1")
    done = only_run(tmp_path)
    assert state(done)["status"] == "done"
    card = (done / "model" / "MODEL_CARD.md").read_text()
    assert "Not measured on real recordings" not in card
    assert "- train: `prepared`" in card


class Stopped(Exception):
    """As a kill would, in the middle of a step."""


def test_a_run_that_was_stopped_goes_on_to_the_same_losses(root, folder, tmp_path, monkeypatch):
    from audioml_transcription.task.module import Transcriber

    (tmp_path / "data").symlink_to(root / "data")
    learn = Transcriber.training_step

    def stopping(self, batch, batch_idx):
        if self.trainer.global_step == 4:  # the second step of the second epoch
            raise Stopped
        return learn(self, batch, batch_idx)

    monkeypatch.setattr(Transcriber, "training_step", stopping)
    with pytest.raises(Stopped):
        train(tmp_path, *SMALL)
    monkeypatch.setattr(Transcriber, "training_step", learn)
    begun = only_run(tmp_path)
    assert state(begun)["status"] == "failed"
    train(tmp_path, f"ckpt_path={begun}")
    curve = ("step/loss", "train/loss", "val/loss", "val/onset", "lr-AdamW")
    assert figures(begun, *curve) == figures(folder, *curve)
    assert len(figures(begun, "step/loss")) == 6


def test_a_checkpoint_of_another_task_is_no_model_of_notes(tmp_path):
    path = tmp_path / "other.ckpt"
    torch.save({"audioml": {"schema": 1, "task": "chords", "config": {}}, "state_dict": {}}, path)
    with pytest.raises(UsageError, match="of the task 'chords', not of 'transcription'"):
        Transcription().export(path, tmp_path / "model")
    torch.save({"state_dict": {}}, path)
    with pytest.raises(UsageError, match="not of a run of `audioml train`"):
        Transcription().export(path, tmp_path / "model")
    assert not (tmp_path / "model").exists()


@pytest.fixture(scope="module")
def crnn(tmp_path_factory):
    folder = tmp_path_factory.mktemp("crnn")
    train(folder, *CRNN, "trainer.max_epochs=1", "test=false")
    return only_run(folder)


def test_the_crnn_ends_in_a_model_too(crnn):
    model = load(crnn / "model")
    for check in checks_for(model):
        check()
    manifest = Manifest.read(crnn / "model")
    assert manifest.extractor.name == "logmel"
    assert manifest.decoder.params["fps"] == 100
    assert manifest.decoder.params["hop"] == 500


def test_the_crnn_answers_in_its_model_as_it_did_in_validation(crnn):
    from audioml.train.module import weights
    from audioml_transcription.decoder import joined
    from audioml_transcription.networks.crnn import CRNN as Network
    from audioml_transcription.networks.crnn import Widths
    from audioml_transcription.task.answering import heads_of, logits_of
    from audioml_transcription.task.families import family_of

    network = Network(Widths((2, 3, 3, 4), 5, 3)).eval()
    network.load_state_dict(weights(crnn / "checkpoints" / "best.ckpt"))
    family = family_of({"network": {"name": "crnn"}})
    samples = np.random.default_rng(0).normal(0, 0.1, 23 * 16000).astype(np.float32)
    heads = heads_of(logits_of(network, family, samples), family)
    outputs = load(crnn / "model").outputs(Audio(samples, 16000))
    assert len(outputs["onset"]) == 4  # windows of 10 s, one every 5 s
    for at, name in enumerate(("onset", "offset", "frame", "velocity")):
        whole = joined(outputs[name], hop=500)[: 23 * 100 + 1]
        np.testing.assert_allclose(heads.notes[at], whole, atol=1e-4)
    assert heads.notes.shape == (4, 2301, 88)
