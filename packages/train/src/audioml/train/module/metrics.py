"""Metrics that take batches in as they come and keep no outputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torchmetrics import Metric

__all__ = ["Streaming", "flattened"]


class _WeightedMean(Metric):
    """The mean of figures with weights; what is no number makes it none.

    torchmetrics' own `MeanMetric` waits for the device to look for NaNs, and forgets the weights
    when told not to (1.9).
    """

    full_state_update = False
    total: Tensor
    weight: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.add_state("total", torch.zeros((), dtype=torch.float32), dist_reduce_fx="sum")
        self.add_state("weight", torch.zeros((), dtype=torch.float32), dist_reduce_fx="sum")

    def update(self, value: Tensor, weight: float) -> None:
        self.total += value.float() * weight
        self.weight += weight

    def compute(self) -> Tensor:
        return self.total / self.weight


class Streaming(nn.Module):
    """The loss and the metrics of one stage.

    Parameters
    ----------
    metrics
        Each is copied, so that stages do not mix; ``update`` is called with what a step returns.
    """

    def __init__(self, metrics: Mapping[str, Metric]) -> None:
        super().__init__()
        self.loss = _WeightedMean()
        self.metrics = nn.ModuleDict({name: metric.clone() for name, metric in metrics.items()})

    def update(self, loss: Tensor, outputs: Mapping[str, Any], *, size: int) -> None:
        """Take in a batch of ``size`` items."""
        self.loss.update(loss.detach(), size)
        for metric in self.metrics.values():
            metric.update(**outputs)  # type: ignore[operator]

    def compute(self) -> dict[str, Tensor]:
        """Return the figures of all batches since `reset`; a metric that is many has many names."""
        found = {"loss": self.loss.compute()}
        for name, metric in self.metrics.items():
            found |= flattened(metric.compute(), name)  # type: ignore[operator]
        return found

    def reset(self) -> None:
        """Forget all batches."""
        for each in self._each().values():
            each.reset()

    def states(self) -> dict[str, dict[str, Any]]:
        """Return what all processes have gathered, for a checkpoint in the middle of an epoch.

        All processes must call it.
        """
        found = {}
        for name, metric in self._each().items():
            with metric.sync_context():
                values = {key: _copied(getattr(metric, key)) for key in metric._defaults}  # noqa: SLF001
            found[name] = {"updates": metric.update_count, "values": values}
        return found

    def restore(self, states: Mapping[str, Any], /, *, rank: int = 0) -> None:
        """Go on from what `states` returned, as far as the metrics are still the same.

        It was gathered by all processes, so only that of ``rank`` 0 takes it.
        """
        for name, metric in self._each().items():
            state = states.get(name)
            defaults = metric._defaults  # noqa: SLF001 - torchmetrics has no other way to its states
            if state is None or set(state["values"]) != set(defaults):
                continue
            for key, value in state["values"].items() if rank == 0 else ():
                setattr(metric, key, _moved(value, metric.device, as_list=defaults[key] == []))
            metric._update_count = int(state["updates"])  # noqa: SLF001 - not among its states
            metric._computed = None  # noqa: SLF001

    def _each(self) -> dict[str, Metric]:
        return {"loss": self.loss, **dict(self._named())}

    def _named(self) -> Iterator[tuple[str, Metric]]:
        for name, metric in self.metrics.items():
            for part, each in metric.named_modules():
                if isinstance(each, Metric):
                    yield f"metrics.{name}.{part}".rstrip("."), each


def _copied(value: Any) -> Any:
    return [each.clone() for each in value] if isinstance(value, list) else value.clone()


def _moved(value: Any, device: torch.device, *, as_list: bool) -> Any:
    if isinstance(value, list):
        return [each.to(device) for each in value]
    return [value.to(device)] if as_list else value.to(device)


def flattened(value: Any, name: str) -> dict[str, Tensor]:
    """Return nested figures under one name each: ``{"a": {"b": 1}}`` becomes ``name/a/b``.

    A vector of one figure a class becomes ``name/0``, ``name/1`` and so on.
    """
    if isinstance(value, Mapping):
        found: dict[str, Tensor] = {}
        for key, each in value.items():
            found |= flattened(each, f"{name}/{key}")
        return found
    tensor = torch.as_tensor(value)
    if tensor.ndim == 0:
        return {name: tensor}
    return {f"{name}/{at}": each for at, each in enumerate(tensor.flatten())}
