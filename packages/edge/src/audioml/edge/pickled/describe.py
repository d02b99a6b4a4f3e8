"""A description of features as it stands beside a model file: ``X.toml``."""

from __future__ import annotations

import json
from dataclasses import fields

from audioml.core.errors import PluginError
from audioml.core.features import LogMel

from ..sonyc import sonyc_v1

__all__ = ["described"]

_HEAD = "# The features that the model file of this name takes; see `audioml edge export-features`."
_TAIL = """
# For a model whose outputs are classes: their names, in its order.
# [decoder]
# params.labels = ["engine", "music", "dog"]
"""
_MEANT = {"win_length": "n_fft", "fmax": "half the rate", "top_db": "no limit", "norm": "none"}


def described(features: LogMel, *, note: str = "") -> str:
    """Return the TOML of features: every parameter, or the name of those that SONYC has.

    Parameters
    ----------
    note
        Where they come from, one line.

    Raises
    ------
    PluginError
        If a parameter is None that is not so by default: TOML has no None.
    """
    known = features == sonyc_v1()
    lines = [_HEAD, *([f"# {note}"] if note else []), "", "[extractor]"]
    if known:
        lines += ['name = "sonyc-v1"', "# which is logmel with these parameters:"]
        lines += [f"# {line.removeprefix('# ')}" for line in _params(features)]
    else:
        lines += ['name = "logmel"', "", "[extractor.params]", *_params(features)]
    return "\n".join(lines) + "\n" + _TAIL


def _params(features: LogMel) -> list[str]:
    lines = []
    for each in fields(features):
        value = getattr(features, each.name)
        if value is None and each.default is not None:
            raise PluginError(
                f"these features have no {each.name!r}, which a description cannot say; "
                "keep the pickle"
            )
        if value is None:
            lines.append(f"# {each.name}: {_MEANT[each.name]}")
        else:
            lines.append(f"{each.name} = {_toml(value)}")
    return lines


def _toml(value: object) -> str:
    if isinstance(value, float):
        text = repr(value)
        return text if any(c in text for c in ".en") else f"{text}.0"
    return json.dumps(value)
