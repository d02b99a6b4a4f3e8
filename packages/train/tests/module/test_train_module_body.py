"""The body of the loop under Lightning itself, without any configuration."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from lightning.pytorch import Callback, Trainer
from lightning.pytorch.loggers import Logger
from torch import nn
from torchmetrics import MeanAbsoluteError

from audioml.train.module import (
    AudioModule,
    ResumableLoader,
    SafeCheckpointIO,
    SameBatches,
    read,
    warm_cosine,
    weights,
)


class Lines(torch.utils.data.Dataset):
    def __len__(self):
        return 21  # the last batch is smaller

    def __getitem__(self, index):
        audio = torch.linspace(-1, 1, 4) * (index + 1) / 10
        return {"audio": audio, "labels": audio.sum(-1, keepdim=True) + index}


class Kept(Logger):
    name, version = "kept", ""

    def __init__(self):
        super().__init__()
        self.steps, self.rows = [], []

    def log_hyperparams(self, *args, **kwargs):
        pass

    def log_metrics(self, metrics, step=None):
        self.rows.append(metrics)
        if "step/loss" in metrics:
            self.steps.append(step)


def module(**how):
    torch.manual_seed(1)
    how = {"metrics": {"mae": MeanAbsoluteError()}, **how}
    return AudioModule(
        nn.Linear(4, 1),
        loss=nn.functional.mse_loss,
        optimizer=partial(torch.optim.SGD, lr=0.01),
        **how,
    )


def trainer(tmp_path, **how):
    how = {"max_epochs": 2, "logger": False, "log_every_n_steps": 1, **how}
    return Trainer(
        accelerator="cpu",
        default_root_dir=tmp_path,
        enable_progress_bar=False,
        enable_model_summary=False,
        enable_checkpointing=False,
        plugins=[SafeCheckpointIO()],
        **how,
    )


def loader(size=4):
    return ResumableLoader(Lines(), batch_size=size)


def test_figures_are_those_of_the_whole_split(tmp_path):
    made = module(ema=0.5)
    each = trainer(tmp_path)
    each.fit(made, loader(), loader())
    whole = next(iter(loader(21)))
    with torch.no_grad():
        answer = made.average(whole["audio"])
    expected = {
        "val/loss": nn.functional.mse_loss(answer, whole["labels"]),
        "val/mae": (answer - whole["labels"]).abs().mean(),
    }
    for name, value in expected.items():  # no batch is counted twice, and the small one as small
        assert each.callback_metrics[name] == pytest.approx(float(value), rel=1e-5)


def test_the_averaged_network_is_validated_and_exported(tmp_path):
    made = module(ema=0.9)
    each = trainer(tmp_path)
    each.fit(made, loader(), loader())
    each.save_checkpoint(tmp_path / "x.ckpt")
    apart = (made.network.weight - made.average.weight).abs().max()
    assert apart > 1e-3
    torch.testing.assert_close(weights(tmp_path / "x.ckpt")["weight"], made.average.weight)
    own = weights(tmp_path / "x.ckpt", average=False)
    torch.testing.assert_close(own["weight"], made.network.weight)


def test_without_an_average_the_network_itself(tmp_path):
    made = module()
    assert made.evaluated is made.network
    each = trainer(tmp_path)
    each.fit(made, loader(), loader())
    each.save_checkpoint(tmp_path / "x.ckpt")
    torch.testing.assert_close(weights(tmp_path / "x.ckpt")["weight"], made.network.weight)


def test_gathered_gradients_move_the_average_once_a_step(tmp_path, monkeypatch):
    from audioml.train.module import averaging

    seen = []
    monkeypatch.setattr(averaging, "average_into", lambda *_, step, decay: seen.append(step))
    trainer(tmp_path, accumulate_grad_batches=2).fit(module(ema=0.9), loader())
    assert seen == [0, 1, 2, 3, 4, 5]


def test_batches_to_be_learnt_by_heart_are_the_same_in_each_epoch(tmp_path):
    seen = []

    class Looking(Callback):
        def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
            seen.append(batch["audio"].sum().item())

    for callbacks in ([Looking()], [Looking(), SameBatches()]):
        seen.clear()
        shuffled = ResumableLoader(Lines(), batch_size=4, shuffle=True)
        how = {"max_epochs": 3, "overfit_batches": 2, "callbacks": callbacks}
        trainer(tmp_path, **how).fit(module(), shuffled)
        assert len(seen) == 6
        assert (seen[:2] == seen[2:4] == seen[4:]) is (len(callbacks) == 2)


def test_the_loss_is_waited_for_only_when_it_is_logged(tmp_path, monkeypatch):
    asked = []
    honest = torch.Tensor.item
    monkeypatch.setattr(
        torch.Tensor, "item", lambda self: (asked.append(self.requires_grad), honest(self))[1]
    )
    kept = Kept()
    trainer(tmp_path, logger=kept, log_every_n_steps=4).fit(module(), loader())
    assert kept.steps == [3, 7, 11]
    assert sum(asked) == 3  # of losses, which have a gradient


def test_the_schedule_ends_with_the_run(tmp_path):
    made = module(schedule=partial(warm_cosine, warm_up=0, floor=0.0))
    each = trainer(tmp_path)
    each.fit(made, loader())
    assert each.optimizers[0].param_groups[0]["lr"] == pytest.approx(0.0, abs=1e-9)


def test_augmentation_changes_audio_and_labels_of_training_alone(tmp_path):
    class Loud(nn.Module):
        seen = 0

        def forward(self, audio, labels):
            self.seen += 1
            return audio * 0, labels * 0

    made = module(augmentation=Loud())
    before = made.network.bias.detach().clone()
    each = trainer(tmp_path, max_epochs=1)
    each.fit(made, loader(), loader())
    assert made.augmentation.seen == 6
    bias = before.clone()
    for _ in range(6):  # of zeros only the bias learns
        bias -= 0.01 * 2 * bias
    torch.testing.assert_close(made.network.bias.detach(), bias)
    assert each.callback_metrics["val/loss"] > 1


def test_bfloat16_and_clipping(tmp_path):
    made = module()
    each = trainer(tmp_path, precision="bf16-mixed", gradient_clip_val=1e-9, max_epochs=1)
    before = made.network.weight.detach().clone()
    each.fit(made, loader())
    torch.testing.assert_close(made.network.weight.detach(), before, atol=1e-8, rtol=0)


def test_a_checkpoint_is_read_without_running_code(tmp_path):
    each = trainer(tmp_path)
    each.fit(module(ema=0.9), loader(), loader())
    each.save_checkpoint(tmp_path / "x.ckpt")
    assert read(tmp_path / "x.ckpt")["epoch"] == 2
