"""What a device is called, and which of onnxruntime's providers runs on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from audioml.core.errors import MissingDependencyError, UsageError

__all__ = ["DEVICES", "Device", "chosen"]


@dataclass(frozen=True, slots=True)
class Device:
    """A provider, its options, and what installs it.

    ``numbered`` devices may be chosen by number, as in ``cuda:1``.
    """

    provider: str
    numbered: bool = False
    options: Mapping[str, str] = field(default_factory=dict)
    pip: str = ""


# what a provider's arena asks for is kept, so it asks for no more than it needs
_EXACT = {"arena_extend_strategy": "kSameAsRequested"}

DEVICES: Mapping[str, Device] = {
    "cpu": Device("CPUExecutionProvider"),
    "coreml": Device("CoreMLExecutionProvider"),
    "cuda": Device("CUDAExecutionProvider", True, _EXACT, "onnxruntime-gpu"),
    "directml": Device("DmlExecutionProvider", True, pip="onnxruntime-directml"),
    "migraphx": Device("MIGraphXExecutionProvider", True),
    "openvino": Device("OpenVINOExecutionProvider", pip="onnxruntime-openvino"),
    "tensorrt": Device("TensorrtExecutionProvider", True, pip="onnxruntime-gpu"),
    "xnnpack": Device("XnnpackExecutionProvider"),
}


def chosen(device: str, *, available: Sequence[str], version: str) -> tuple[str, dict[str, Any]]:
    """Return the provider that a device means, and its options.

    Raises
    ------
    UsageError
        If no device is called that.
    MissingDependencyError
        If the onnxruntime that is installed was built without it.
    """
    name, colon, number = device.partition(":")
    known = DEVICES.get(name)
    if known is None or (colon and not (known.numbered and number.isdecimal())):
        names = ", ".join(f"{n}[:N]" if d.numbered else n for n, d in DEVICES.items())
        raise UsageError(f"onnxruntime runs on no device {device!r}; choose one of {names}")
    if known.provider not in available:
        advice = f"; run: pip uninstall onnxruntime; pip install {known.pip}" if known.pip else ""
        raise MissingDependencyError(
            f"device {device!r} needs the {known.provider}, which onnxruntime {version} has not "
            f"here: it has {', '.join(available)}{advice}"
        )
    numbered = {"device_id": str(int(number or 0))} if known.numbered else {}
    return known.provider, {**known.options, **numbered}
