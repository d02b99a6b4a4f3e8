from __future__ import annotations

import torch
from torchmetrics import CatMetric, MeanAbsoluteError, MetricCollection

from audioml.train.module import Streaming, flattened


def pairs(batches, seed=0):
    generator = torch.Generator().manual_seed(seed)
    for _ in range(batches):
        preds, target = torch.randn(2, 5, generator=generator)
        yield (preds - target).square().mean(), {"preds": preds, "target": target}


def metrics():
    return {"mae": MeanAbsoluteError(), "many": MetricCollection({"again": MeanAbsoluteError()})}


def test_figures_taken_up_again_are_those_of_all_batches(tmp_path):
    whole, first, second = (Streaming(metrics()) for _ in range(3))
    batches = list(pairs(6))
    for loss, outputs in batches:
        whole.update(loss, outputs, size=5)
    for loss, outputs in batches[:4]:
        first.update(loss, outputs, size=5)
    torch.save(first.states(), tmp_path / "states")
    second.restore(torch.load(tmp_path / "states", weights_only=True))
    for loss, outputs in batches[4:]:
        second.update(loss, outputs, size=5)
    assert second.compute().keys() == {"loss", "mae", "many/again"}
    for name, value in whole.compute().items():
        torch.testing.assert_close(second.compute()[name], value)


def test_a_state_of_other_metrics_is_left_alone():
    gathered = Streaming(metrics())
    gathered.restore({"metrics.mae": {"updates": 3, "values": {"strange": torch.zeros(1)}}})
    assert gathered.metrics["mae"].update_count == 0


def test_lists_are_taken_up_too():
    class Seen(CatMetric):
        def update(self, preds, target):
            super().update(preds)

    first, second = Streaming({"seen": Seen()}), Streaming({"seen": Seen()})
    for loss, outputs in pairs(3):
        first.update(loss, outputs, size=5)
    second.restore(first.states())
    torch.testing.assert_close(second.compute()["seen/0"], first.compute()["seen/0"])
    assert second.metrics["seen"].update_count == 3


def test_nested_figures_have_one_name_each():
    found = flattened({"a": {"b": 1}, "c": torch.tensor([2.0, 3.0])}, "val")
    assert {name: float(value) for name, value in found.items()} == {
        "val/a/b": 1.0,
        "val/c/0": 2.0,
        "val/c/1": 3.0,
    }
