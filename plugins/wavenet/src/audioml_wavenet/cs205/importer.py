"""Makes a model folder of a network of CS205-Waveforms: its graph and its weights."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from audioml.core.errors import UsageError
from audioml.core.files import sha256

from ..folder import About, write_folder
from .card import card
from .network import read_network

__all__ = ["IMPORTER", "CS205Importer"]

_SOURCE = "https://github.com/HaydenSansum/CS205-Waveforms"
_OPTIONS = ("license", "rate", "sum", "version")
_WEIGHTS = (".h5", ".hdf5")


class CS205Importer:
    """Reads the ``.json`` and the ``.h5`` that belong together, without TensorFlow.

    Its settings: ``rate=`` of the songs that it was trained on, 8000 Hz by default; ``sum=all``
    gives every layer a part in the sum, ``sum=graph`` those that the graph says;
    ``version=`` and ``license=`` of the weights.
    """

    def recognises(self, paths: Sequence[Path], /) -> bool:
        """Return whether these are a graph of gated convolutions, and weights."""
        graphs = [path for path in paths if path.suffix.lower() == ".json"]
        weights = [path for path in paths if path.suffix.lower() in _WEIGHTS]
        if len(paths) != 2 or len(graphs) != 1 or len(weights) != 1:
            return False
        try:
            layers = json.loads(graphs[0].read_bytes())["config"]["layers"]
            kinds = {layer["class_name"] for layer in layers}
        except (OSError, ValueError, KeyError, TypeError):
            return False
        return {"Conv1D", "Multiply"} <= kinds

    def write(
        self,
        paths: Sequence[Path],
        folder: Path,
        /,
        *,
        name: str | None = None,
        options: Mapping[str, str],
    ) -> None:
        """Fill the empty ``folder``.

        Raises
        ------
        UsageError
            If an option is unknown or makes no sense, or the files are not a graph and weights.
        IntegrityError
            If a file is damaged, or they are not one network of CS205-Waveforms.
        """
        if not self.recognises(paths):
            raise UsageError("CS205-Waveforms keeps a network in two files: name the .json and .h5")
        rate, every = _settings(options)
        graph, weights = sorted(paths, key=lambda path: path.suffix.lower() in _WEIGHTS)
        network = read_network(graph, weights, every=every)
        hashes = [sha256(path) for path in (graph, weights)]
        state = hashlib.sha256("".join([*hashes, "all" * every]).encode())
        about = About(
            name=name or _name(graph),
            version=options.get("version", state.hexdigest()[:12]),
            license=options.get("license", "NOASSERTION"),
            rate=rate,
            description="a network of CS205-Waveforms, which learned to name the sample it hears",
            source=_SOURCE,
            compat="cs205",
        )
        write_folder(network, folder, about, card=card(about, network.architecture))


def _settings(options: Mapping[str, str]) -> tuple[int, bool]:
    """Return the rate, and whether every layer has a part in the sum."""
    if unknown := sorted(set(options) - set(_OPTIONS)):
        raise UsageError(
            f"the importer of CS205-Waveforms has no setting {unknown[0]!r} "
            f"(it has: {', '.join(_OPTIONS)})"
        )
    text = options.get("rate", "8000")
    if not text.isdecimal() or not 100 <= int(text) <= 192000:
        raise UsageError(f"'rate' is in Hz, from 100 to 192000, got {text!r}")
    if options.get("sum", "graph") not in {"all", "graph"}:
        raise UsageError(f"'sum' is graph or all, got {options['sum']!r}")
    return int(text), options.get("sum") == "all"


def _name(path: Path) -> str:
    return "cs205-" + (re.sub(r"[^a-z0-9]+", "-", path.stem.lower()).strip("-") or "model")


IMPORTER = CS205Importer()
