"""The task regression: its data, what it refuses, what it measures."""

from __future__ import annotations

import csv

import numpy as np
import pytest
import soundfile
import torch
from hydra import compose, initialize_config_module
from omegaconf import OmegaConf

from audioml.core.errors import UsageError, ValidationError
from audioml.train.tasks.regression import building
from audioml.train.tasks.regression.sounds import COLUMNS, MADE_UP
from audioml.train.tasks.regression.thinned import Thinned

RATE = 8000
TINY = (
    "task.rate=8000",
    "task.window=0.25",
    "task.hop=0.25",
    "task.features.n_fft=256",
    "task.features.n_mels=16",
    "task.network.width=8",
    "task.network.depth=3",
    "data.batch_size=4",
    "export=false",  # what writes models need not be installed
)
SPLITS = ["train"] * 4 + ["val"] * 2 + ["test"] * 2


@pytest.fixture(autouse=True)
def one_process(monkeypatch):
    """A few short files are prepared sooner by one process than by several that must begin."""
    monkeypatch.setattr("os.cpu_count", lambda: 1)


@pytest.fixture
def configured(tmp_path):
    """A function that returns the configuration of a run, of tiny windows."""

    def compose_with(*settings):
        path = "hydra.searchpath=[pkg://audioml.train.tasks.regression.conf]"
        where = (f"paths.root={tmp_path}", f"paths.output={tmp_path}")
        with initialize_config_module("audioml.train.conf", version_base="1.3"):
            cfg = compose("train", overrides=[path, "task=regression", *TINY, *where, *settings])
        return OmegaConf.create(OmegaConf.to_container(cfg, resolve=True))

    return compose_with


@pytest.fixture
def numbered(tmp_path, configured):
    """A function that writes recordings with numbers, and returns the configuration."""

    def write(rows, *settings, columns=("loud",), splits=SPLITS):
        source = tmp_path / "in"
        source.mkdir()
        lines = [["file", "split", *columns]]
        for at, (row, split) in enumerate(zip(rows, splits, strict=True)):
            noise = np.random.default_rng(at).normal(0, 0.1, RATE // 2)
            soundfile.write(source / f"{at}.wav", noise, RATE, subtype="PCM_16")
            lines.append([f"{at}.wav", split, *row])
        with (tmp_path / "labels.csv").open("w", newline="") as file:
            csv.writer(file).writerows(lines)
        return configured(
            f"data.source_path={source}",
            f"data.metadata={tmp_path / 'labels.csv'}",
            f"data.label_column=[{','.join(columns)}]",
            *settings,
        )

    return write


def test_numbers_come_from_a_table(numbered):
    cfg = numbered([(at, 2.5 * at) for at in range(8)], columns=("loud", "bright"))
    batch = next(iter(building.data(cfg).val_dataloader()))
    assert batch["labels"].tolist() == [[4.0, 10.0], [4.0, 10.0], [5.0, 12.5], [5.0, 12.5]]
    module = building.module(cfg)
    assert module.names == ("loud", "bright")
    assert module.facts["mean"] == [1.5, 3.75]
    assert module.facts["scale"] == pytest.approx(
        np.std([[0, 0], [1, 2.5], [2, 5], [3, 7.5]], 0).tolist()
    )


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        (["task.outputs=[volume]"], ("volume",)),
        ([], ("loud",)),
        (["data.label_column=null", "data.metadata={labels}"], None),
    ],
)
def test_numbers_have_names(numbered, tmp_path, settings, names):
    made = [text.format(labels=tmp_path / "labels.csv") for text in settings]
    rows = [(at,) for at in range(8)]
    if names is None:  # the table's own column is found, but nobody says what it is called
        cfg = numbered(rows, *made, columns=("value",))
        names = ("value",)
    else:
        cfg = numbered(rows, *made)
    assert building.module(cfg).names == names


def test_the_loss_is_of_standardised_numbers_and_the_figures_are_not(numbered):
    cfg = numbered([(1000.0 + 100 * at,) for at in range(8)], "task.loss=mse")
    module = building.module(cfg).eval()
    batch = {
        "audio": torch.randn(4, 2000),
        "labels": torch.tensor([[1000.0], [1100], [1200], [1300]]),
    }
    with torch.no_grad():
        standard = module.network(module.features(batch["audio"]))[:, 0]
    loss, outputs = module.step(batch, "val")
    wanted = (batch["labels"][:, 0] - 1150.0) / np.std([0, 100, 200, 300])
    assert loss.item() == pytest.approx(((standard - wanted) ** 2).mean().item(), rel=1e-5)
    assert outputs["target"].tolist() == [1000.0, 1100.0, 1200.0, 1300.0]
    assert outputs["preds"].tolist() == pytest.approx(
        (standard * module.scale + module.mean).tolist()
    )


def test_figures_have_the_names_of_the_numbers(numbered):
    module = building.module(numbered([(at, -at) for at in range(8)], columns=("up", "down")))
    gathered = module._gathered("test")
    preds, target = torch.tensor([[0.0, 0.0], [2.0, 2.0]]), torch.tensor([[1.0, 0.0], [2.0, 4.0]])
    gathered.update(torch.tensor(0.0), {"preds": preds, "target": target}, size=2)
    figures = {name: float(value) for name, value in gathered.compute().items()}
    assert figures["mae/up"] == pytest.approx(0.5)
    assert figures["mae/down"] == pytest.approx(1.0)
    assert figures["rmse/down"] == pytest.approx(2**0.5)
    assert figures["r2/up"] == pytest.approx(1 - 1 / 0.5)


@pytest.mark.parametrize(
    ("rows", "settings", "told"),
    [
        ([(1,)] * 8, [], "'loud' is 1 for all recordings that are trained on"),
        ([(at or "nan",) for at in range(8)], [], "the numbers of 0 must be finite"),
        ([("a",)] * 8, [], "expected a number in column 'loud', got 'a'"),
        ([("a",)] * 8, ["data.label_kind=class"], "have no numbers; they have classes: task=cl"),
        ([(at,) for at in range(8)], ["task.outputs=[a,b]"], "'task.outputs' must name 1 numbers"),
        ([(at,) for at in range(8)], ["task.loss=l3"], "must be one of huber, mse, mae, got 'l3'"),
        ([(at,) for at in range(8)], ["data.split=98/1/1"], "are for validation"),
    ],
)
def test_numbers_that_cannot_be_learnt(numbered, rows, settings, told):
    cfg = numbered(rows, *settings)
    with pytest.raises((ValidationError, UsageError), match=told):
        building.module(cfg)


def test_a_folder_without_a_table(configured, tmp_path):
    with pytest.raises(UsageError, match=r"data.metadata=TABLE.csv .* data.label_column"):
        building.data(configured(f"data.source_path={tmp_path}"))


def test_made_up_tones_are_what_their_table_says(tmp_path):
    told = {"rate": RATE, "count": 6, "seconds": 1.0, "seed": 4}
    MADE_UP.write(tmp_path / "a", told)
    rows = list(csv.DictReader((tmp_path / "a/labels.csv").open()))
    assert set(rows[0]) == {"file", "split", *COLUMNS}
    right = 0
    for row in rows:
        samples, _ = soundfile.read(tmp_path / "a" / row["file"])
        hz = 440 * 2 ** ((float(row["pitch"]) - 69) / 12)
        power = np.abs(np.fft.rfft(samples * np.hanning(RATE))) ** 2
        strongest = int(np.argmax(power))  # 1 Hz a bin
        right += any(abs(strongest - n * hz) < 15 for n in range(1, 6))
    assert right == len(rows)


@pytest.mark.parametrize("sizes", [[5], [3, 1, 9, 2], [40, 7, 64], [1] * 90])
def test_points_are_thinned_evenly(sizes):
    thinned, first = Thinned(16), 0
    for size in sizes:
        thinned.add(torch.arange(first, first + size).float()[:, None])
        first += size
    kept = thinned.rows()[:, 0]
    steps = kept.diff()
    assert min(first, 8) <= len(kept) <= 16
    assert kept[0] == 0
    assert (steps == steps[0]).all()
    assert len(Thinned(3).rows()) == 0
