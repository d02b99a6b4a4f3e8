"""Trains the harmonic network: ``python -m audioml_transcription.training DATA RUN``.

A run that was ended goes on from its last checkpoint when the command is given again.
"""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

import torch
from torch import nn

from ..networks.harmonic import HarmonicNet
from ..synth.dataset import opened
from .evaluate import evaluated
from .fit import Settings, fit
from .loss import Loss
from .segments import Segments

__all__ = ["main"]

log = logging.getLogger("audioml_transcription.training")


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="audioml_transcription.training", description=__doc__)
    parser.add_argument(
        "data", type=Path, nargs="+", help="data sets, and at last the run's folder"
    )
    parser.add_argument("--steps", type=int, default=20000)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--velocity", type=float, default=0.1, help="their weight in the loss")
    parser.add_argument("--evaluate-every", type=int, default=1000)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--compiled", action="store_true", help="slow to begin, quicker then")
    parser.add_argument("--valid", type=Path, action="append", help="data sets to validate on")
    parser.add_argument("--valid-count", type=int, default=12)
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    *sets, run = given.data
    rows = [row for folder in sets for row in opened(folder, split="train")]
    held = [row for folder in given.valid or sets for row in opened(folder, split="valid")]
    held = held[:: max(1, len(held) // given.valid_count)]
    log.info("%d recordings, %d to validate on", len(rows), len(held))
    torch.manual_seed(0)

    def evaluate(network: nn.Module) -> dict[str, float]:
        scores = evaluated(network, held)
        log.info("%s", {n: round(v, 3) for n, v in scores.items() if n.endswith(("onset", "set"))})
        return scores

    settings = Settings(
        steps=given.steps,
        batch=given.batch,
        rate=given.rate,
        evaluate_every=given.evaluate_every,
        compiled=given.compiled,
        device=given.device,
        loss=Loss(velocity=given.velocity),
    )
    fit(HarmonicNet(), Segments(rows), run, settings, evaluate=evaluate if held else None)


if __name__ == "__main__":
    main()
