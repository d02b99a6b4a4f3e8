import subprocess
import sys

import numpy as np
import pytest
from train_sounds import RATE, write_wav

from audioml.core.errors import UsageError, ValidationError
from audioml.train.data import EvaluationLoader
from audioml.train.data import prepare as prepare_

torch = pytest.importorskip("torch")
pytest.importorskip("lightning")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Eight recordings of two classes, of which six are trained on."""
    root = tmp_path_factory.mktemp("data")
    for n in range(8):
        split = "train" if n < 6 else "val" if n == 6 else "test"
        write_wav(root / f"in/{split}/{'cat' if n % 2 else 'dog'}/{n}.wav", seed=n, seconds=2.5)
    prepare_(
        source_path=root / "in",
        destination_path=root / "corpus",
        parser="folders",
        label_ext=None,
        sample_rate=RATE,
        workers=1,
    )
    return root / "corpus"


def data(corpus, **given):
    from audioml.train.data import CorpusData

    return CorpusData(corpus, **{"window": 1.0, "batch_size": 4, "targets": "class", **given})


def same(first, second):
    return all(torch.equal(first[name], second[name]) for name in first)


def all_same(first, second):
    return all(same(a, b) for a, b in zip(first, second, strict=True))


def test_batches_are_what_a_module_takes(corpus):
    module = data(corpus)
    assert (module.rate, module.classes) == (RATE, ("cat", "dog"))
    loader = module.train_dataloader()
    batches = list(loader)
    assert len(batches) == len(loader) == 3
    for batch in batches:
        assert batch["audio"].shape == (4, RATE)
        assert batch["audio"].dtype == torch.float32
        assert batch["labels"].dtype == torch.int64


def test_each_pass_is_another_and_each_seed_too(corpus):
    loader = data(corpus).train_dataloader()
    first, second = list(loader), list(loader)
    assert not same(first[0], second[0])
    again = data(corpus).train_dataloader()
    assert all_same([*again, *again], [*first, *second])
    assert not same(next(iter(data(corpus, seed=1).train_dataloader())), first[0])


def test_validation_is_the_same_each_time_and_whole(corpus):
    loader = data(corpus, hop=0.5).val_dataloader()
    first, second = list(loader), list(loader)
    assert all_same(first, second)
    starts = torch.cat([batch["start"] for batch in first]).tolist()
    assert starts == [0, 0.5, 1, 1.5]


@pytest.mark.parametrize("workers", [0, 2])
def test_training_goes_on_with_the_batch_that_would_have_come(corpus, workers):
    whole = data(corpus, workers=workers).train_dataloader()
    batches = [*whole, *whole]
    part = data(corpus, workers=workers)
    loader = part.train_dataloader()
    for _, _batch in zip(range(2), loader, strict=False):  # workers have read on by now
        pass
    state = part.state_dict()
    resumed = data(corpus, workers=workers)
    resumed.load_state_dict(state)
    follow = list(resumed.train_dataloader())
    assert all_same(follow, batches[2:5])


def test_workers_read_what_this_process_reads(corpus):
    alone = list(data(corpus).train_dataloader())
    loader = data(corpus, workers=2).train_dataloader()
    assert all_same(loader, alone)
    assert len(list(loader)) == 3  # once more, with the same workers


def test_a_pass_that_is_left_early_loses_nothing(corpus):
    loader = data(corpus, workers=1).train_dataloader()
    next(iter(loader))
    second = next(iter(loader))
    expected = list(data(corpus).train_dataloader())[1]
    assert same(second, expected)


def test_the_state_of_other_data_is_refused(corpus):
    state = data(corpus).train_dataloader().state_dict()
    with pytest.raises(ValidationError, match="have length=8000, but here it is 4000; resume with"):
        data(corpus, window=0.5).train_dataloader().load_state_dict(state)


def test_without_targets_there_are_no_labels(corpus):
    batch = next(iter(data(corpus, targets=None).train_dataloader()))
    assert batch["labels"] is None


def test_several_targets_come_by_name(corpus):
    def targets(window):
        return {"size": np.float32(window.seconds), "hot": np.zeros(3, np.float32)}

    labels = next(iter(data(corpus, targets=targets).train_dataloader()))["labels"]
    assert {name: tuple(t.shape) for name, t in labels.items()} == {"size": (4,), "hot": (4, 3)}


def test_each_group_is_validated_on_in_one_fold(corpus):
    def rows(fold, split):
        return data(corpus, folds=3, fold=fold)._reader(split).prepared.names

    held = [set(rows(fold, "validation")) for fold in range(3)]
    assert sorted(map(len, held)) == [2, 2, 3]
    everything = set().union(*held)
    assert len(everything) == 7
    for fold in range(3):
        assert set(rows(fold, "train")) == everything - held[fold]
        assert rows(fold, "test") == data(corpus)._reader("test").prepared.names
    with pytest.raises(UsageError, match="'folds' must be from 2 to the 7 groups, got 8"):
        data(corpus, folds=8).train_dataloader()
    with pytest.raises(UsageError, match="'fold' must be from 0 to 2, got 3"):
        data(corpus, folds=3, fold=3)


def test_fewer_windows_than_processes_are_refused(corpus):
    reader = data(corpus)._reader("test")
    assert len(EvaluationLoader(reader, batch_size=4, rank=2, world=3)) == 1
    with pytest.raises(ValidationError, match="fewer windows to evaluate on than the 4 processes"):
        EvaluationLoader(reader, batch_size=4, rank=3, world=4)


def test_a_split_that_is_empty_is_no_loader_but_training_needs_some(corpus):
    module = data(corpus, where={"split": "test"})
    assert module.val_dataloader() == []
    with pytest.raises(ValidationError, match="has no recordings to train on; see its report.json"):
        module.train_dataloader()
    with pytest.raises(UsageError, match="'window' and 'batch_size' must be above 0"):
        data(corpus, window=0)


def test_lightning_trains_validates_and_resumes_with_it(corpus, tmp_path):
    from lightning.pytorch import LightningModule, Trainer

    class Listener(LightningModule):
        def __init__(self, stop_at=None):
            super().__init__()
            self.layer = torch.nn.Linear(1, 2)
            self.heard, self.stop_at = [], stop_at

        def training_step(self, batch, index):
            self.heard.append((batch["row"].tolist(), batch["start"].tolist()))
            logits = self.layer(batch["audio"].abs().mean(1, keepdim=True))
            return torch.nn.functional.cross_entropy(logits, batch["labels"])

        def on_train_batch_end(self, *args):
            if len(self.heard) == self.stop_at:
                self.trainer.save_checkpoint(tmp_path / "middle.ckpt")

        def validation_step(self, batch, index):
            assert batch["audio"].shape[1] == RATE

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), 0.01)

    def train(module, **given):
        quiet = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False}
        trainer = Trainer(
            max_epochs=2,
            accelerator="cpu",
            enable_checkpointing=False,
            default_root_dir=tmp_path,
            **quiet,
        )
        trainer.fit(module, datamodule=data(corpus), **given)
        return module.heard

    whole = train(Listener(stop_at=2))
    assert len(whole) == 6
    assert train(Listener(), ckpt_path=tmp_path / "middle.ckpt") == whole[2:]


def test_preparing_needs_neither_torch_nor_lightning():
    code = (
        "import sys, audioml.train.data.cli, audioml.train.data.preparing\n"
        "import audioml.train.data.windows\n"
        "assert not {'torch', 'lightning', 'hydra'} & set(sys.modules)"
    )
    path = {"PYTHONPATH": ":".join(p for p in sys.path if p)}
    import os

    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, **path})
