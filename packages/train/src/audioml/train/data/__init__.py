"""Data of training: from a folder of recordings to a corpus, and from a corpus to batches."""

from __future__ import annotations

import importlib
from typing import Any

__all__ = [
    "ClassIndex",
    "CorpusData",
    "EvaluationLoader",
    "Found",
    "Item",
    "Labels",
    "MultiHot",
    "PianoRoll",
    "Prepared",
    "Problem",
    "RandomLoader",
    "RandomPlaces",
    "Report",
    "Settings",
    "Values",
    "Window",
    "WindowReader",
    "prepare",
    "read_labels",
]

_WHERE = {
    "ClassIndex": "targets",
    "CorpusData": "module",
    "EvaluationLoader": "loader",
    "Found": "items",
    "Item": "items",
    "Labels": "labels",
    "MultiHot": "targets",
    "PianoRoll": "targets",
    "Prepared": "prepared",
    "Problem": "items",
    "RandomLoader": "loader",
    "RandomPlaces": "windows",
    "Report": "report",
    "Settings": "settings",
    "Values": "targets",
    "Window": "windows",
    "WindowReader": "windows",
    "prepare": "preparing",
    "read_labels": "labels",
}


def __getattr__(name: str) -> Any:  # torch and lightning only where batches are made
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_WHERE[name]}", __name__), name)
