"""Makes one line of what onnxruntime says when it fails."""

from __future__ import annotations

import re

__all__ = ["is_lacking", "reason"]

# "[ONNXRuntimeError] : 1 : FAIL : ", which file it was, then where in its sources it gave up
_CODE = re.compile(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ")
_FILE = re.compile(r"^(?:Load model from .*? failed:|Failed to load model with error: )")
_PLACE = re.compile(r"/onnxruntime_src/\S+:\d+ [^)]*\(.*?\)(?: const)?(?: \[with [^]]*\])? ")
# what a later onnxruntime, or one with other operations, would take
_LACKING = (
    "is not a registered function/op",
    "Unsupported model IR version",
    "is under development",
    "No Op registered for",
    "No opset import for domain",
    "Could not find an implementation for",
)
_LONGEST = 300  # characters


def reason(error: BaseException) -> str:
    """Return what an error says, on one line and without places in onnxruntime's sources."""
    line = " ".join(str(error).split())
    for known in (_CODE, _FILE, _PLACE):
        line = known.sub("", line)
    line = line or type(error).__name__
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1].rstrip()}…"


def is_lacking(error: BaseException) -> bool:
    """Return whether the model is whole, and this onnxruntime lacks what it needs."""
    return any(words in str(error) for words in _LACKING)
