"""Where a run ran, and with which versions."""

from __future__ import annotations

import contextlib
import functools
import os
import platform
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

__all__ = ["libraries", "machine"]


def libraries() -> dict[str, str]:
    """Return the versions of the distributions that this process has imported, and of Python."""
    owners = _owners()
    modules = {name for name in tuple(sys.modules) if "." not in name}
    names = {owner for module in modules for owner in owners.get(module, ())}
    names |= {point.dist.name for point in metadata.entry_points(group="audioml") if point.dist}
    found = {name: _version(name) for name in sorted(names, key=str.lower)}
    return {"python": platform.python_version(), **found}


def machine() -> dict[str, Any]:
    """Return the host, the system, the processor, and the GPUs that torch found, if it was used.

    ``memory`` is in bytes, None where the system does not tell.
    """
    return {
        "host": platform.node(),
        "system": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory": _memory(),
        "gpus": _gpus(),
    }


@functools.cache  # reading what every distribution holds takes half a second
def _owners() -> Mapping[str, list[str]]:
    return metadata.packages_distributions()


@functools.cache
def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:  # it was uninstalled while the run ran
        return ""


def _processor() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _memory() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None


def _gpus() -> list[str]:
    torch: Any = sys.modules.get("torch")  # which a record alone does not import
    try:
        if torch is None or not torch.cuda.is_available():
            return []
        return [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    except (AttributeError, RuntimeError):
        return []
