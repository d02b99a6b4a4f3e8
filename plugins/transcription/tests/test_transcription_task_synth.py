"""``audioml train synth``."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from transcription_tiny import plugins

from audioml.core.errors import UsageError
from audioml_transcription.synth import corpus
from audioml_transcription.synth.dataset import opened
from audioml_transcription.synth.scores import made_up
from audioml_transcription.task.sets import rows_of

SMALL = ("--recordings", "2", "--seconds", "4")


@pytest.fixture
def synth(audioml_cli, audioml_plugins):
    audioml_plugins(**plugins())

    def run(*arguments, code=0):
        done = audioml_cli("train", "synth", *map(str, arguments))
        assert done.code == code, done.err
        return done

    return run


def test_a_data_set_is_made(synth, tmp_path):
    done = synth(tmp_path / "d", *SMALL, "--seed", 5, "--valid", 1)
    rows = opened(tmp_path / "d", split="valid")
    assert len(rows) == 2
    assert f"{sum(len(row.notes) for row in rows)} notes" in done.err
    assert done.out == ""
    assert json.loads((tmp_path / "d" / "recipe.json").read_bytes())["seed"] == 5


def test_it_is_made_once(synth, tmp_path):
    synth(tmp_path / "d", *SMALL)
    part = tmp_path / "d" / "part-00000"
    before = part.stat().st_mtime_ns
    synth(tmp_path / "d", *SMALL)
    assert part.stat().st_mtime_ns == before
    synth(tmp_path / "d", "--recordings", 2, "--seconds", 4)


def test_another_recipe_is_not_mixed_in(synth, tmp_path):
    synth(tmp_path / "d", *SMALL)
    done = synth(tmp_path / "d", *SMALL, "--seed", 1, code=2)
    assert "was made with seed=0, now it is 1" in done.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--families", "numpy=x"), "such as numpy=2,fluidr3=1"),
        (("--families", "numpy=0"), "must have weights above 0"),
        (("--families", "timgm=1"), "is kept for tests"),
        (("--families", "steinway"), "no soundfont 'steinway' is installed"),
        (("--recordings", "0"), "'recordings' must be at least 1"),
        (("--valid", "2"), "'valid' must be from 0 to 1"),
        (("--processes", "0"), "'processes' must be at least 1"),
    ],
)
def test_what_makes_no_sense_is_refused(synth, tmp_path, arguments, told):
    done = synth(tmp_path / "d", *SMALL, *arguments, code=3 if "steinway" in arguments else 2)
    assert told in done.err
    assert not (tmp_path / "d").exists()


def test_scores_that_are_kept_for_tests_are_refused(synth, tmp_path):
    score = dataclasses.replace(made_up(np.random.default_rng(0)), source="beethoven/opus18no1/1")
    corpus.write(tmp_path / "s.json", [score])
    given = (tmp_path / "d", *SMALL, "--scores", tmp_path / "s.json", "--borrowed", 1)
    assert "beethoven/opus18no1/1, which is kept for tests" in synth(*given, code=2).err
    synth(*given, "--allow-reserved", "--valid", 1)
    (row, _) = opened(tmp_path / "d")
    assert row.source == "beethoven/opus18no1/1"
    assert len(rows_of(tmp_path / "d", "test")) == 2
    with pytest.raises(UsageError, match="is for tests only"):
        rows_of(tmp_path / "d", "valid")


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_after_an_interrupt_it_goes_on(synth, tmp_path):
    command = [sys.executable, "-m", "audioml.core.cli", "train", "synth", "d"]
    command += ["--recordings", "30", "--seconds", "20"]
    with subprocess.Popen(
        command, cwd=tmp_path, stderr=subprocess.PIPE, start_new_session=True, text=True
    ) as process:
        until = time.monotonic() + 120
        while not list((tmp_path / "d").glob("part-*")) and time.monotonic() < until:
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in said
    parts = sorted(path.name for path in (tmp_path / "d").iterdir() if path.is_dir())
    assert parts
    assert parts[-1] != "part-00002"
    assert len(opened(tmp_path / "d")) == 10 * len(parts)
    synth(tmp_path / "d", "--recordings", 30, "--seconds", 20)
    assert len(opened(tmp_path / "d")) == 30
