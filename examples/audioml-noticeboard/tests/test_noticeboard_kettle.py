"""From training to the board: what was learnt hears a kettle, and the board tells."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from audioml.core import Audio, load
from audioml.core.audio import write
from audioml.core.plugins import Registry, using
from audioml.core.pytest_plugin import CliResult
from audioml.core.testing import Check, checks_for, parametrize_with_checks
from audioml_noticeboard.board import read
from audioml_noticeboard.kettle.task import Kettle

RATE = 8000


@parametrize_with_checks([Kettle()])
def test_every_rule_is_kept(check: Check) -> None:
    check()


@pytest.fixture
def only_these_plugins(audioml_home: Path) -> Iterator[None]:
    """Put this plugin and what it needs in the place of the installed ones."""
    names = {
        **{name: f"audioml.{name}.plugin" for name in ("core", "edge", "train")},
        **{name: f"audioml_{name}.plugin" for name in ("onnx", "noticeboard")},
    }
    with using(Registry({name: importlib.import_module(path) for name, path in names.items()})):
        yield


def kitchen(*, whistles: bool) -> Audio:
    noise = np.random.default_rng(7).normal(0, 0.05, 2 * RATE)
    tone = 0.15 * np.sin(2 * np.pi * 2718 * np.arange(2 * RATE) / RATE)
    return Audio(np.float32([noise + whistles * tone]), RATE)


@pytest.mark.usefixtures("only_these_plugins")
def test_what_is_learnt_hears_a_kettle_and_the_board_tells(
    audioml_cli: Callable[..., CliResult], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = audioml_cli("train", "task=kettle", "experiment=quick", "hydra.run.dir=kettle")
    assert done.code == 0, done.err
    metrics = json.loads(Path("kettle/manifest.json").read_bytes())["metrics"]
    assert metrics["test/accuracy"] > 0.95
    for check in [*checks_for(load(Path("kettle/model"))), *checks_for(Path("kettle/model"))]:
        check()

    write("recordings/still.wav", kitchen(whistles=False))
    told = ("edge", "watch", "recordings", "--model", "kettle/model", "--to", "noticeboard:b.json")
    done = audioml_cli(*told, "--once")
    assert done.code == 0, done.err
    assert set(read(Path("recordings-results/b.json"))) == {"kitchen"}

    write("recordings/boiling.wav", kitchen(whistles=True))
    assert audioml_cli(*told, "--once").code == 0
    board = read(Path("recordings-results/b.json"))
    assert board["kettle"]["name"] == "boiling.wav"
    assert board["kitchen"]["name"] == "still.wav"
