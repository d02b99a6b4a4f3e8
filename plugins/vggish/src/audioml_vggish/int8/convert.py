"""Adds the integer network to a folder, if it is true enough to the original."""

from __future__ import annotations

import json
from pathlib import Path

from ..checkpoints.reading import Arrays
from ..graph import build
from ..network import Whitening, layers
from .arithmetic import Integers
from .calibration import Calibration
from .parity import Parity, compared
from .ranges import observed
from .runtime import outputs

__all__ = ["FILE", "REPORT", "add_integers"]

FILE = "vggish.int8.onnx"
REPORT = "parity.json"


def add_integers(
    folder: Path, exact: Path, network: Arrays, whitening: Whitening | None, on: Calibration
) -> Parity:
    """Write the network in integers and how far it is from ``exact``; return that.

    Where the limits are not kept the report stays and the network is deleted.
    """
    heard = observed(layers(network), on.fitted)
    graph = build(layers(network), whitening, arithmetic=Integers(heard))
    graph.write(folder / FILE)
    del graph
    parity = compared(outputs(exact, on.tried), outputs(folder / FILE, on.tried), sounds=on.about)
    text = json.dumps(parity.figures, indent=2) + "\n"
    (folder / REPORT).write_text(text, encoding="utf-8")
    if not parity.holds:
        (folder / FILE).unlink()
    return parity
