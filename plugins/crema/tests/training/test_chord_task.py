"""``audioml train task=chords``, from nothing to a model folder that every command runs."""

import importlib.util
import json

import numpy as np
import pytest

pytest.importorskip("audioml.train", reason="audioml-train is not installed")
pytest.importorskip("mir_eval", reason="mir_eval is not installed")

from audioml.core import load
from audioml.core.audio import read
from audioml.core.models.manifest import Manifest
from audioml.core.testing import checks_for

TINY = (
    *("task.filters=6", "task.units=5", "data.rendered.recordings=4", "data.rendered.seconds=2.5"),
    *("data.window=1", "data.steps=2", "data.batch_size=2", "trainer.max_epochs=2"),
)


def run_of(where):
    (folder,) = (where / "logs" / "chords" / "runs").iterdir()
    return folder


@pytest.fixture
def train(audioml_cli, audioml_home, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *settings: audioml_cli("train", "task=chords", "experiment=quick", *settings)


@pytest.mark.slow
def test_it_ends_in_a_model_that_every_command_runs(train, audioml_cli, tmp_path):
    done = train(*TINY)
    assert done.code == 0, done.err
    for name in ("root", "majmin", "majmin_inv", "mirex", "tetrads"):
        assert f"test/chords/{name} " in done.out
    run = run_of(tmp_path)
    if importlib.util.find_spec("matplotlib"):
        assert (run / "plots" / "chords" / "test" / "0003.png").stat().st_size > 10_000
    _check_manifest(run)
    model = load(run / "model")
    for check in checks_for(model):
        check()
    _check_that_it_answers_as_tested(model, run, tmp_path)
    song = next(tmp_path.glob("data/*-audio/test/*.wav"))
    out = tmp_path / "out"
    told = audioml_cli(
        *("analyze", str(song), "--estimators", str(run / "model"), "-o", str(out)),
        *("-f", "jams,html,lab"),
    )
    assert told.code == 0, told.err
    assert {path.suffix for path in out.iterdir()} == {".jams", ".html", ".lab"}


def _check_manifest(run):
    manifest = Manifest.read(run / "model")
    metrics = json.loads((run / "manifest.json").read_bytes())["metrics"]
    assert manifest.metrics == {
        name.removeprefix("test/chords/"): value
        for name, value in metrics.items()
        if name.startswith("test/chords/")
    }
    assert manifest.runtimes[0].parity < 1e-4
    assert 0.5 < manifest.decoder.params["stay"] < 1
    assert "4 progressions of 2.5 s" in (run / "model" / "MODEL_CARD.md").read_text("utf-8")


def _check_that_it_answers_as_tested(model, run, where):
    """The figures of the test are those of the folder, on the same sound."""
    from audioml_crema.training.scoring import recall

    told = json.loads((run / "artifacts" / "test.json").read_bytes())["recordings"]
    assert list(told) == ["test/0003"]
    (song,) = where.glob("data/*-audio/test/*.wav")
    (known,) = json.loads(song.with_suffix(".jams").read_bytes())["annotations"]
    spans = [(row["time"], row["time"] + row["duration"]) for row in known["data"]]
    reference = {"segments": np.array(spans), "labels": [row["value"] for row in known["data"]]}
    found = recall(reference, model.predict(read(song))["chord"])
    assert found == pytest.approx(told["test/0003"], abs=1e-6)


@pytest.mark.slow
def test_a_run_that_is_gone_on_with_reaches_the_same(
    audioml_cli, audioml_home, tmp_path, monkeypatch
):
    """With the settings of the full experiment, but for what takes time."""
    monkeypatch.chdir(tmp_path)
    settings = [each for each in TINY if not each.startswith("data.rendered")]
    settings += ["data.rendered={recordings: 4, seconds: 2.5}", "export=false", "test=false"]
    settings += ["task=chords", "experiment=full", "trainer.accelerator=cpu", "threads=1"]
    assert audioml_cli("train", *settings, "hydra.run.dir=whole").code == 0
    assert audioml_cli("train", *settings, "hydra.run.dir=part", "trainer.max_epochs=1").code == 0
    done = audioml_cli("train", "ckpt_path=part", "trainer.max_epochs=2")
    assert done.code == 0, done.err
    whole, part = (
        json.loads((tmp_path / name / "manifest.json").read_bytes())["metrics"]
        for name in ("whole", "part")
    )
    assert whole["val/loss"] > 0
    assert part == pytest.approx(whole, rel=1e-6)


@pytest.mark.slow
def test_augmentation_of_sound_is_refused(train):
    done = train(*TINY, "augmentation=waveform")
    assert done.code == 2
    assert "so the group 'augmentation' does not apply" in done.err
