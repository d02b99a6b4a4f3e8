"""Where a run takes place: are the devices here, and how many processes are there to be."""

from __future__ import annotations

import os
from typing import Any

from audioml.core.errors import NotFoundError, UsageError

__all__ = ["check", "processes", "share_threads"]


def check(trainer: Any) -> None:
    """Refuse a device that is not here.

    Raises
    ------
    NotFoundError
        If a GPU is asked for, and torch sees none, or fewer.
    """
    import torch

    wanted = str(trainer.get("accelerator", "auto"))
    if wanted == "mps" and not torch.backends.mps.is_available():
        raise NotFoundError(
            "trainer=mps asks for the GPU of an Apple chip, and torch sees none here; "
            "trainer=cpu trains without"
        )
    if wanted not in {"gpu", "cuda"}:
        return
    here = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if wanted == "gpu" and not here and torch.backends.mps.is_available():
        return
    asked = _count(trainer.get("devices", 1), here)
    if not here:
        built = "" if torch.version.cuda or torch.version.hip else " (this torch is made for none)"
        raise NotFoundError(
            f"a GPU is asked for, and torch sees none here{built}; trainer=cpu trains without"
        )
    if asked > here:
        raise NotFoundError(f"{asked} GPUs are asked for, and torch sees {here} here")


def processes(trainer: Any) -> int:
    """Return how many processes train together on this machine."""
    import torch

    if trainer.get("fast_dev_run") and str(trainer.get("strategy", "auto")) == "auto":
        return 1
    wanted = str(trainer.get("accelerator", "auto"))
    on_cpu = wanted == "cpu" or (wanted == "auto" and not torch.cuda.is_available())
    return _count(trainer.get("devices", 1), 1 if on_cpu else torch.cuda.device_count())


def _count(devices: Any, here: int) -> int:
    if str(devices) in {"auto", "-1"}:
        return max(here, 1)
    if isinstance(devices, int):
        return devices
    parts = str(devices).strip("[]").split(",")
    if not all(part.strip().isdecimal() for part in parts):
        raise UsageError(f"trainer.devices must be a number, a list or 'auto', got {devices!r}")
    return int(parts[0]) if isinstance(devices, str) and not parts[1:] else len(parts)


def share_threads(asked: int | None, world: int) -> int:
    """Give torch its threads, and return how many each of ``world`` processes gets."""
    import torch

    threads = asked or max(len(_cores()) // world, 1)
    torch.set_num_threads(threads)
    return threads


def _cores() -> range:
    try:
        return range(len(os.sched_getaffinity(0)))
    except AttributeError:  # not on every system
        return range(os.cpu_count() or 1)
