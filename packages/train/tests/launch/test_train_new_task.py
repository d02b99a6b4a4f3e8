from __future__ import annotations

import os
import subprocess
import sys
import zipfile

import pytest
from omegaconf import OmegaConf


def test_a_name_that_is_none_is_refused(train):
    for name in ("Loud", "a b", "../up", "1st", ""):
        assert "lower-case letters" in train("new-task", name, code=2).err


def test_nothing_is_written_over(train, tmp_path):
    train("new-task", "loud-noise")
    before = sorted(tmp_path.rglob("*"))
    assert "not written over" in train("new-task", "loud-noise", code=1).err
    assert "already" in train("new-task", "tiny", code=2).err
    assert sorted(tmp_path.rglob("*")) == before


def test_what_is_written_is_complete_and_its_settings_hold_together(train, tmp_path, monkeypatch):
    train("new-task", "loud-noise", "--into", "there")
    root = tmp_path / "there" / "audioml-loud-noise"
    for path in root.rglob("*"):
        text = path.name + (path.read_text() if path.is_file() else "")
        assert "$" not in text
        assert "__module__" not in text
    settings = OmegaConf.load(root / "src/audioml_loud_noise/conf/task/loud-noise.yaml")
    assert settings.name == "loud-noise"


@pytest.mark.slow
def test_its_test_passes(train, tmp_path):
    pytest.importorskip("onnx", reason="onnx is not installed")
    pytest.importorskip("audioml_onnx", reason="audioml-onnx is not installed")
    train("new-task", "loud-noise")
    root = tmp_path / "audioml-loud-noise"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(root)],
        env={**os.environ, "PYTHONPATH": str(root / "src")},
        cwd=root,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_an_installed_wheel_adds_its_task_and_its_groups(train, outside, tmp_path):
    pytest.importorskip("hatchling", reason="hatchling builds the wheel")
    train("new-task", "loud-noise")
    root = tmp_path / "audioml-loud-noise"
    pip = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check"]
    alone = ["--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "wheel", *alone, "-w", str(tmp_path / "w"), str(root)], check=True)
    (wheel,) = (tmp_path / "w").glob("*.whl")
    assert any("conf/task/loud-noise.yaml" in name for name in zipfile.ZipFile(wheel).namelist())
    place = tmp_path / "place"
    subprocess.run([*pip, "install", "--no-deps", "--target", str(place), str(wheel)], check=True)
    done = outside(
        *("+task=loud-noise", "experiment=quick", "export=false", "trainer.max_epochs=1"),
        PYTHONPATH=str(place),
        AUDIOML_PLUGINS="train,loud-noise",
    )
    assert done.returncode == 0, done.stderr
    assert "test/accuracy" in done.stdout
