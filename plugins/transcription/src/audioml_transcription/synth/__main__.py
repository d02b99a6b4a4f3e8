"""Makes a data set: ``python -m audioml_transcription.synth FOLDER --recordings 600``."""

from __future__ import annotations

import argparse
import logging
import os
from pathlib import Path

from . import corpus
from .dataset import make
from .recordings import BUILT_IN, Recipe

__all__ = ["main"]

log = logging.getLogger("audioml_transcription.synth")


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="audioml_transcription.synth", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--recordings", type=int, default=600)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--families", default=f"{BUILT_IN}=1", help="such as numpy=2,fluidr3=1")
    parser.add_argument("--scores", type=Path, help="music21's, gathered there if it is not")
    parser.add_argument("--borrowed", type=float, default=0.4, help="share of those scores")
    parser.add_argument("--valid", type=float, default=0.05)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--allow-reserved", action="store_true", help="for tests only")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # of the processes that are started
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if given.scores and not given.scores.exists():
        corpus.write(given.scores, corpus.gathered(seed=given.seed, reserved=given.allow_reserved))
    recipe = Recipe(
        seed=given.seed,
        seconds=given.seconds,
        families={n: float(w) for n, w in (p.split("=") for p in given.families.split(","))},
        scores=given.scores,
        borrowed=given.borrowed,
        allow_reserved=given.allow_reserved,
    )
    made = make(
        given.folder,
        recipe,
        recordings=given.recordings,
        valid=given.valid,
        processes=given.processes,
    )
    for part in made:
        log.info("%s", part)


if __name__ == "__main__":
    main()
