from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from audioml.core.audio import read
from audioml.core.errors import OutputError, UsageError
from audioml.core.values import Annotation, Audio, Prediction
from audioml.train.runs import Artifacts, read_manifest

NOTES = Annotation("note_midi", np.array([[0.0, 1.0], [1.0, 2.0]]), [60, 64])


@pytest.fixture
def made(tmp_path):
    return Artifacts(tmp_path / "logs" / "chords" / "runs" / "run-0" / "artifacts")


def test_each_kind_is_written_and_listed_with_its_media_type(made, recorded, tmp_path):
    pytest.importorskip("matplotlib")
    made.figure("plots/loss", lambda axes: axes.plot([1, 2]))
    made.audio("reconstruction", Audio(np.zeros((1, 160), np.float32), 16000))
    made.midi("notes", NOTES)
    made.text("summary", "fine")
    made.json("confusion", {"matrix": np.int64(3), "nan": float("nan")})
    recorded()
    manifest = read_manifest(tmp_path / "logs/chords/runs/run-0")
    assert {a.path: (a.kind, a.media) for a in manifest.artifacts} == {
        "artifacts/confusion.json": ("data", "application/json"),
        "artifacts/notes.mid": ("midi", "audio/midi"),
        "artifacts/plots/loss.png": ("plot", "image/png"),
        "artifacts/reconstruction.wav": ("audio", "audio/wav"),
        "artifacts/summary.txt": ("text", "text/plain"),
    }
    sizes = {a.path: a.bytes for a in manifest.artifacts}
    assert sizes["artifacts/summary.txt"] == 4
    assert json.loads((made.folder / "confusion.json").read_text()) == {"matrix": 3, "nan": None}


def test_what_a_task_writes_into_known_folders_is_an_artifact(recorded, tmp_path):
    run = tmp_path / "logs" / "chords" / "runs" / "run-0"
    for name in ("plots/f1.png", "audio/first.wav", "midi/first.mid", "artifacts/a.txt", "x.png"):
        (run / name).parent.mkdir(parents=True, exist_ok=True)
        (run / name).write_bytes(b"1")
    recorded()
    assert {a.path: a.kind for a in read_manifest(run).artifacts} == {
        "artifacts/a.txt": "text",
        "audio/first.wav": "audio",
        "midi/first.mid": "midi",
        "plots/f1.png": "plot",
    }


def test_a_figure_of_ones_own_is_written(made):
    figures = pytest.importorskip("matplotlib.figure")
    figure = figures.Figure()
    figure.subplots().plot([1, 2])
    path = made.figure("curve.svg", figure)
    assert b"<svg" in path.read_bytes()
    assert made.figure("step.100", figure).read_bytes()[:4] == b"\x89PNG"


def test_sound_reads_back(made):
    samples = np.sin(np.arange(1600, dtype=np.float32) / 10)[None] / 2
    path = made.audio("tone.flac", Audio(samples, 16000))
    assert np.allclose(read(path).samples, samples, atol=1e-4)


def test_notes_are_midi_however_they_come(made):
    mido = pytest.importorskip("mido")
    paths = [made.midi("a", NOTES), made.midi("b", Prediction({"notes": NOTES}))]
    paths.append(made.midi("c", paths[0].read_bytes()))
    for path in paths:
        played = [m.note for t in mido.MidiFile(path).tracks for m in t if m.type == "note_on"]
        assert played == [60, 64]


@pytest.mark.parametrize("name", ["../out", "/etc/out", "a/../../out", "", "a\\b"])
def test_a_name_that_leads_out_is_refused(made, name):
    with pytest.raises(UsageError, match="must stay in its folder"):
        made.text(name, "x")


def test_what_fails_leaves_nothing(made):
    with pytest.raises(OutputError):
        made.midi("empty", Annotation("beat", np.zeros((0, 2)), []))
    assert list(made) == []


def test_a_file_that_is_gone_is_left_out_with_a_warning(recorded, tmp_path, caplog):
    recorded(artifacts=[tmp_path / "gone.png"])
    assert read_manifest(tmp_path / "logs/chords/runs/run-0").artifacts == ()
    assert "gone.png" in caplog.text


def test_runs_are_recorded_without_matplotlib_torch_or_sqlalchemy_imported():
    code = (
        "import sys, audioml.train.runs, audioml.train.runs.cli, audioml.train.notify\n"
        "heavy = {'matplotlib', 'torch', 'sqlalchemy', 'hydra', 'lightning', 'soundfile'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
