"""Numbers as people read them."""

from __future__ import annotations

from collections.abc import Mapping

from audioml.core.cli.output import table
from audioml.core.files import shown

__all__ = ["duration", "metrics_table", "number", "size"]


def metrics_table(metrics: Mapping[str, float | None]) -> str:
    """Return metrics as two aligned columns."""
    return table(["metric", "value"], [[shown(n), number(v)] for n, v in metrics.items()])


def number(value: float | None) -> str:
    """Return a metric in six digits at most."""
    return "not finite" if value is None else f"{value:.6g}"


def duration(seconds: float | None) -> str:
    """Return a length of time as ``42 s``, ``3:07`` or ``1:02:03``."""
    if seconds is None:
        return "-"
    if seconds < 60:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def size(count: float) -> str:
    """Return a number of bytes as ``12 kB``."""
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} GB"
