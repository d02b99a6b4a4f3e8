"""From a run to a model folder: ``python -m audioml_transcription.training.publish RUN FOLDER``.

Thresholds are chosen on ``--valid``; figures are measured on ``--test`` and go into the card.
"""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

import numpy as np

from ..card import card
from ..decoding import Thresholds
from ..export import manifest, write_folder
from ..networks.harmonic import HarmonicNet
from ..synth.dataset import Row, opened
from . import checkpoint
from .evaluate import heads
from .fit import LAST
from .tuning import by_family, tuned

__all__ = ["measured", "publish"]

log = logging.getLogger("audioml_transcription.training")


def measured(
    network: HarmonicNet, rows: list[Row], thresholds: Thresholds | None = None
) -> tuple[Thresholds, dict[str, dict[str, float]]]:
    """Return thresholds, chosen on these recordings if there are none, and scores by family."""
    answers = [heads(network, row.samples.astype(np.float32) / np.float32(32768)) for row in rows]
    chosen = thresholds or tuned(answers, rows)
    return chosen, by_family(answers, rows, chosen)


def publish(
    run: Path, folder: Path, *, valid: list[Row], test: list[Row], version: str, data: str
) -> dict[str, dict[str, float]]:
    """Write the model folder of a run's averaged network, and return the figures in its card."""
    state = checkpoint.load(run / LAST)
    network = HarmonicNet().eval()
    network.load_state_dict(state["average"])
    thresholds, _ = measured(network, valid)
    log.info("%s", thresholds)
    scores = measured(network, test, thresholds)[1]
    name = "piano-notes"
    described = manifest(
        name=name,
        version=version,
        thresholds=thresholds,
        metrics={f"{f}/{n}": round(v, 4) for f, s in scores.items() for n, v in s.items()},
    )
    text = card(
        name=name,
        version=version,
        parameters=sum(each.numel() for each in network.parameters()),
        data=data or f"It was trained for {state['step']} steps.",
        scores=scores,
    )
    write_folder(network, folder, described, card=text)
    return scores


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="audioml_transcription.training.publish")
    parser.add_argument("run", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--valid", type=Path, action="append", required=True)
    parser.add_argument("--test", type=Path, action="append", required=True)
    parser.add_argument("--version", default="0.1.0")
    parser.add_argument("--data", default="", help="a sentence for the card")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    sets = [
        [row for folder in folders for row in opened(folder, split="valid")]
        for folders in (given.valid, given.test)
    ]
    scores = publish(
        given.run,
        given.folder,
        valid=sets[0],
        test=sets[1],
        version=given.version,
        data=given.data,
    )
    for family, found in scores.items():
        log.info("%s: %s", family, {name: round(value, 3) for name, value in found.items()})


if __name__ == "__main__":
    main()
