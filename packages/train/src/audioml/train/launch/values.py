"""What the settings that every run has may be: a slip in a value is told before anything starts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from omegaconf import OmegaConf

from audioml.core.errors import UsageError

__all__ = ["check_values"]


@dataclass(frozen=True, slots=True)
class _Number:
    """A whole number, or any; from ``least`` to ``most``."""

    least: float
    most: float = math.inf
    whole: bool = True
    null: bool = False

    def takes(self, value: Any) -> bool:
        kinds = int if self.whole else int | float
        is_number = isinstance(value, kinds) and not isinstance(value, bool)
        return (value is None and self.null) or (is_number and self.least <= value <= self.most)

    def __str__(self) -> str:
        kind = "a whole number" if self.whole else "a number"
        above = f"of at least {self.least:g}"
        span = above if self.most == math.inf else f"from {self.least:g} to {self.most:g}"
        return f"{kind} {span}{' or null' if self.null else ''}"


@dataclass(frozen=True, slots=True)
class _Choice:
    """One of some words, or true or false."""

    values: tuple[Any, ...]

    def takes(self, value: Any) -> bool:
        return any(value == each and type(value) is type(each) for each in self.values)

    def __str__(self) -> str:
        return " or ".join(str(value).lower() for value in self.values)


_YES_OR_NO = _Choice((True, False))
_COUNT, _SHARE = _Number(1), _Number(0, whole=False)
_KNOWN: Mapping[str, _Number | _Choice] = {
    "seed": _Number(0, 2**32 - 1),
    "threads": _Number(1, null=True),
    "train": _YES_OR_NO,
    "test": _YES_OR_NO,
    "export": _YES_OR_NO,
    "matmul_precision": _Choice(("highest", "high", "medium")),
    "optimized_mode": _Choice(("min", "max")),
    "data.batch_size": _COUNT,
    "data.workers": _Number(0),
    "model.ema": _Number(0, 1, whole=False, null=True),
    "model.optimizer.lr": _SHARE,
    "model.optimizer.weight_decay": _SHARE,
    "trainer.max_epochs": _Number(-1, null=True),
    "trainer.min_epochs": _Number(0, null=True),
    "trainer.max_steps": _Number(-1),
    "trainer.accumulate_grad_batches": _COUNT,
    "trainer.gradient_clip_val": _Number(0, whole=False, null=True),
    "trainer.log_every_n_steps": _COUNT,
    "trainer.check_val_every_n_epoch": _Number(1, null=True),
    "trainer.val_check_interval": _Number(1e-3, whole=False),
    "trainer.limit_train_batches": _SHARE,
    "trainer.limit_val_batches": _SHARE,
    "trainer.limit_test_batches": _SHARE,
    "callbacks.last.every": _Number(1, null=True),
    "callbacks.last.minutes": _Number(0, whole=False, null=True),
}


def check_values(config: Any) -> None:
    """Refuse a value that a setting cannot have.

    Raises
    ------
    UsageError
        With the setting, what it takes, and what came.
    """
    absent = object()
    for name, wanted in _KNOWN.items():
        value = OmegaConf.select(config, name, default=absent)
        if value is not absent and not wanted.takes(value):
            raise UsageError(f"{name} must be {wanted}, got {value!r}")
