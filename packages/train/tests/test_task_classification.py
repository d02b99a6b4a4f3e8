"""The task classification: its data, what it refuses, what it measures."""

from __future__ import annotations

import csv

import numpy as np
import pytest
import soundfile
import torch
from hydra import compose, initialize_config_module
from omegaconf import OmegaConf
from torchmetrics.functional.classification import multilabel_f1_score

from audioml.core.errors import MissingDependencyError, NotFoundError, UsageError, ValidationError
from audioml.train.data import prepare
from audioml.train.tasks.classification import building
from audioml.train.tasks.classification.sounds import CLASSES, made_up
from audioml.train.tasks.classification.thresholds import GRID, f1_of, tuned
from audioml.train.tasks.classification.weighting import class_weights

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


@pytest.fixture(autouse=True)
def one_process(monkeypatch):
    """A few short files are prepared sooner by one process than by several that must begin."""
    monkeypatch.setattr("os.cpu_count", lambda: 1)


@pytest.fixture
def configured(tmp_path):
    """A function that returns the configuration of a run, of tiny windows."""

    def compose_with(*settings):
        path = "hydra.searchpath=[pkg://audioml.train.tasks.classification.conf]"
        where = (f"paths.root={tmp_path}", f"paths.output={tmp_path}")
        with initialize_config_module("audioml.train.conf", version_base="1.3"):
            given = [path, "task=classification", *TINY, *where, *settings]
            cfg = compose("train", overrides=given)
        return OmegaConf.create(OmegaConf.to_container(cfg, resolve=True))

    return compose_with


@pytest.fixture
def recordings(tmp_path):
    """A function that writes recordings, by their paths."""

    def write(*names):
        for at, name in enumerate(names):
            path = tmp_path / "in" / f"{name}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            noise = np.random.default_rng(at).normal(0, 0.1, RATE // 2)
            soundfile.write(path, noise, RATE, subtype="PCM_16")
        return tmp_path / "in"

    return write


def three_each(*classes):
    return [
        f"{split}/{name}/{at}"
        for name in classes
        for at, split in enumerate(("train", "train", "val", "test"))
    ]


def table(path, rows):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def test_a_folder_of_classes_is_prepared_on_first_use(configured, recordings, tmp_path):
    source = recordings(*three_each("cat", "dog"))
    cfg = configured(f"data.source_path={source}")
    data = building.data(cfg)
    assert data.path == tmp_path / "data" / "in"
    assert data.classes == ("cat", "dog")
    batch = next(iter(data.train_dataloader()))
    assert batch["audio"].shape == (4, 2000)
    assert batch["labels"].dtype == torch.int64
    manifest = data.path / "manifest.parquet"
    before = manifest.stat().st_mtime_ns
    module = building.module(configured(f"data.source_path={source}", "data.again=true"))
    assert manifest.stat().st_mtime_ns == before  # once a run is enough
    building.data(configured(f"data.source_path={source}", "data.again=true"))
    assert manifest.stat().st_mtime_ns != before
    assert module.facts["recordings"]["train"] == {"cat": 2, "dog": 2}
    assert building.data(configured(f"data.path={data.path}")).classes == ("cat", "dog")


def test_a_table_may_give_several_classes(configured, recordings, tmp_path):
    names = [f"{at:02d}" for at in range(12)]
    source = recordings(*names)
    labels = ["a|b", "a", "b", ""] * 3
    splits = ["train"] * 6 + ["validation"] * 3 + ["test"] * 3
    rows = [["file", "tags", "split"], *zip(names, labels, splits, strict=True)]
    about = table(tmp_path / "labels.csv", rows)
    settings = (f"data.source_path={source}", f"data.metadata={about}", "data.label_column=tags")
    data = building.data(configured("task.kind=multi", *settings))
    batch = next(iter(data.val_dataloader()))
    assert batch["labels"].dtype == torch.float32
    assert batch["labels"].tolist() == [[0, 1], [0, 1], [0, 0], [0, 0]]
    with pytest.raises(ValidationError, match=r"several classes \(a, b\).*task.kind=multi"):
        building.data(configured(*settings))


def test_nothing_to_learn_from_is_said(configured):
    with pytest.raises(UsageError, match="data.path=CORPUS.*data.source_path=FOLDER.*experiment"):
        building.data(configured())
    with pytest.raises(UsageError, match="one of them is the data"):
        building.data(configured("data.path=a", "data.source_path=b"))
    with pytest.raises(UsageError, match="'task.kind' must be 'single' or 'multi', got 'both'"):
        building.data(configured("data.path=a", "task.kind=both"))


def test_a_corpus_of_another_rate(configured, recordings, tmp_path):
    source = recordings(*three_each("cat", "dog"))
    prepare(
        source_path=source,
        destination_path=tmp_path / "corpus",
        parser="folders",
        label_ext=None,
        sample_rate=4000,
        workers=1,
    )
    with pytest.raises(UsageError, match="at 4000 Hz, but task.rate is 8000; give task.rate=4000"):
        building.data(configured(f"data.path={tmp_path / 'corpus'}"))


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (three_each("cat"), "all recordings in .* are of one class, 'cat'"),
        ([*three_each("cat", "dog"), "train/owl/1"], "class 'owl' has one recording only"),
        (
            [*three_each("cat", "dog"), "val/owl/1", "test/owl/2"],
            "class 'owl' has no recordings to train on",
        ),
        (
            ["train/cat/1", "train/dog/1", "val/cat/2", "val/dog/2"],
            "of the 4 recordings in .* 0 are for test",
        ),
        (
            ["train/cat/1", "train/dog/1", "test/dog/2"],
            "3 recordings in .* 0 are for validation",
        ),
    ],
)
def test_recordings_that_cannot_be_learnt(configured, recordings, names, told):
    source = recordings(*names)
    with pytest.raises(ValidationError, match=told):
        building.data(configured(f"data.source_path={source}", "data.split=given"))


def test_a_class_that_is_not_measured_is_warned_of(configured, recordings, caplog):
    source = recordings(*three_each("cat", "dog"), "train/owl/1", "val/owl/2")
    building.data(configured(f"data.source_path={source}"))
    assert "class 'owl' has no recordings for test" in caplog.text


def test_an_empty_folder(configured, tmp_path):
    (tmp_path / "in").mkdir()
    with pytest.raises(NotFoundError, match="it holds no audio at all"):
        building.data(configured(f"data.source_path={tmp_path / 'in'}"))


def test_a_table_that_names_files_that_are_not_there(configured, recordings, tmp_path, caplog):
    names = three_each("cat", "dog")
    source = recordings(*names)
    rows = [[name, name.split("/")[1], name.split("/")[0]] for name in names]
    about = table(
        tmp_path / "labels.csv", [["file", "class", "split"], *rows, ["x.wav", "cat", "val"]]
    )
    settings = (f"data.source_path={source}", f"data.metadata={about}")
    building.data(configured(*settings))
    assert "missing file" in caplog.text
    assert "x.wav: the table names it" in caplog.text
    only = table(tmp_path / "only.csv", [["file", "class"], ["x.wav", "cat"]])
    with pytest.raises(ValidationError, match="no recording can be used.*x.wav"):
        building.data(configured(f"data.source_path={source}", f"data.metadata={only}"))


def test_numbers_are_for_another_task(configured, recordings, tmp_path):
    names = [f"{at:02d}" for at in range(9)]
    source = recordings(*names)
    rows = [
        [n, f"{at}.5", s]
        for at, (n, s) in enumerate(zip(names, ["train", "val", "test"] * 3, strict=True))
    ]
    about = table(tmp_path / "labels.csv", [["file", "value", "split"], *rows])
    with pytest.raises(ValidationError, match="they have numbers: task=regression"):
        building.data(configured(f"data.source_path={source}", f"data.metadata={about}"))


def test_made_up_sounds_are_those_of_their_seed(tmp_path):
    told = {"rate": RATE, "count": 2, "seconds": 0.5, "seed": 1}
    for name, more in (("a", {}), ("b", {}), ("c", {"seed": 2})):
        made_up(several=False).write(tmp_path / name, told | more)
    one = soundfile.read(tmp_path / "a/chirp/0002.wav")[0]
    assert len(one) == RATE // 2
    assert 0.005 < np.sqrt(np.mean(one**2)) < 0.2
    assert np.array_equal(one, soundfile.read(tmp_path / "b/chirp/0002.wav")[0])
    assert not np.array_equal(one, soundfile.read(tmp_path / "c/chirp/0002.wav")[0])
    lines = (tmp_path / "a/labels.csv").read_text().splitlines()
    assert lines[0] == "file,split,classes"
    assert len(lines) == 1 + 2 * len(CLASSES)
    made_up(several=True).write(tmp_path / "m", told)
    sizes = {
        len(line.split(",")[2].split(";"))
        for line in (tmp_path / "m/labels.csv").read_text().splitlines()[1:]
    }
    assert max(sizes) > 1


def test_weights_of_classes(configured, recordings):
    names = [*three_each("cat", "dog"), "train/dog/8", "train/dog/9"]
    prepared = building.data(configured(f"data.source_path={recordings(*names)}")).prepared
    classes = ("cat", "dog")

    def weights(given, **how):
        return class_weights(given, classes, prepared, **{"several": False, **how})

    assert weights(None) is None
    assert weights("balanced").tolist() == pytest.approx([6 / 4, 6 / 8])
    assert weights("balanced", several=True).tolist() == pytest.approx([2.0, 0.5])
    assert weights({"dog": 3}).tolist() == [1.0, 3.0]
    for wrong, told in (
        ({"owl": 1}, "names owl"),
        ("even", "balanced or"),
        ({"cat": 0}, "above 0"),
    ):
        with pytest.raises(UsageError, match=told):
            weights(wrong)


def test_thresholds_are_those_of_the_greatest_f1():
    from torchmetrics.functional.classification import multilabel_precision_recall_curve

    generator = torch.Generator().manual_seed(0)
    target = (torch.rand(400, 3, generator=generator) < torch.tensor([0.5, 0.1, 0.0])).long()
    logits = torch.randn(400, 3, generator=generator) + 2.0 * target - torch.tensor([0.0, 2.0, 0.0])
    curve = multilabel_precision_recall_curve(logits.sigmoid(), target, 3, thresholds=GRID)
    offsets, mean = tuned(*curve)

    def f1(at):
        return multilabel_f1_score((logits >= at).float(), target, 3, average=None)

    tried = torch.stack([f1(torch.logit(each).expand(3)) for each in GRID])
    assert f1(offsets)[:2].tolist() == pytest.approx(tried.amax(0)[:2].tolist())
    assert offsets[2] == 0
    assert mean.item() == pytest.approx(tried.amax(0)[:2].sum().item() / 3)
    assert offsets[1] != 0


def test_the_middle_of_thresholds_that_do_equally_well_is_taken():
    precision, recall = torch.ones(1, len(GRID) + 1), torch.ones(1, len(GRID) + 1)
    assert tuned(precision, recall, GRID)[0].tolist() == pytest.approx([0.0], abs=1e-4)


def test_f1_of_counts():
    counted = torch.tensor([[[5, 1], [2, 8]], [[9, 0], [0, 0]]])
    assert f1_of(counted).tolist() == pytest.approx([16 / 19, 0.0])


@pytest.fixture
def module(configured, recordings):
    """A function that returns the module of two classes."""

    folder = recordings(*three_each("cat", "dog"))

    def build(*settings):
        return building.module(configured(f"data.source_path={folder}", *settings))

    return build


def test_mixed_labels_are_learnt_as_shares(module):
    one = module("task.label_smoothing=0.1", "task.class_weights={cat: 2}")
    one.eval()
    audio = torch.randn(4, 2000)
    hard = torch.tensor([0, 1, 1, 0])
    soft = torch.nn.functional.one_hot(hard, 2).float()
    loss, outputs = one.step({"audio": audio, "labels": soft}, "train")
    assert loss.item() > 0
    assert outputs["target"].tolist() == hard.tolist()
    assert outputs["preds"].sum(-1).tolist() == pytest.approx([1.0] * 4)
    assert one.loss.weight.tolist() == [2.0, 1.0]
    assert one.loss.label_smoothing == 0.1


def test_mixup_and_masks_need_no_number_of_classes(module):
    one = module("augmentation=mixup")
    assert [type(part).__name__ for part in one.augmentation] == ["Gain", "Mixup"]
    assert [type(part).__name__ for part in one.masks] == ["TimeMask", "FrequencyMask"]
    one.train()
    labels = torch.nn.functional.one_hot(torch.tensor([0, 1, 1, 0]), 2).float()
    audio, mixed = one.augmentation(torch.randn(4, 2000), labels)
    assert mixed.sum(-1).tolist() == pytest.approx([1.0] * 4)
    one.step({"audio": audio, "labels": mixed}, "train")[0].backward()


def test_forms_that_cannot_be_written_are_refused_before_training(module, monkeypatch):
    with pytest.raises(UsageError, match="'task.forms' must be some of onnx, tflite, .* 'coreml'"):
        module("task.forms=[onnx,coreml]", "export=true")
    monkeypatch.setattr("audioml.train.tasks.exporting.find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match="int8 needs onnx, .*ai-edge-quantizer; run:"):
        module("task.int8=true", "export=true")
    module("task.int8=true")
