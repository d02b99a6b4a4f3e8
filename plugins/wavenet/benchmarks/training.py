"""What training costs: networks against windows on one core, and one process against two.

``python plugins/wavenet/benchmarks/training.py windows`` prints how many samples a second of
processor time foretells and learns from, by network and by the samples of a window that are
foretold. ``processes`` prints how many samples a second one process, and two that agree on every
step (gloo on loopback), learn from, each on a thread of its own, by turns: these are wall times,
for a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import distributed
from torch.multiprocessing.spawn import spawn
from torch.nn import Module, functional
from torch.nn.parallel import DistributedDataParallel

from audioml_wavenet.architecture import PRESETS, Architecture
from audioml_wavenet.networks.wavenet import WaveNet


class Learning:
    """A network that learns from noise, a window a step."""

    def __init__(self, architecture: Architecture, span: int, *, several: bool = False) -> None:
        network = WaveNet(architecture)
        self._network: Module = DistributedDataParallel(network) if several else network
        self._optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3)
        self._tokens = torch.randint(0, 256, (1, architecture.receptive_field + span))
        self._targets = self._tokens[0, architecture.receptive_field :]

    def step(self) -> None:
        """Take one step."""
        logits = self._network(self._tokens[:, :-1], filled=True)
        loss = functional.cross_entropy(logits[0], self._targets)
        self._optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimizer.step()


def windows(spans: Sequence[int], steps: int) -> None:
    """Print samples that are learnt from in a second of processor time."""
    print(f"| network | field | {' | '.join(f'{s:,}' for s in spans)} |")
    print(f"|---|---|{'---|' * len(spans)}")
    for name, architecture in PRESETS.items():
        cells = []
        for span in spans:
            learning = Learning(architecture, span)
            learning.step()
            begun = time.process_time()
            for _ in range(steps):
                learning.step()
            cells.append(f"{steps * span / (time.process_time() - begun):,.0f}")
        print(f"| {name} | {architecture.receptive_field:,} | {' | '.join(cells)} |", flush=True)


def _worker(rank: int, world: int, folder: Path, work: tuple[str, int, int]) -> None:
    name, span, steps = work
    torch.set_num_threads(1)
    meeting = (folder / "meeting").as_uri()
    distributed.init_process_group("gloo", meeting, world_size=world, rank=rank)
    learning = Learning(PRESETS[name], span, several=world > 1)
    learning.step()
    distributed.barrier()
    begun = time.perf_counter()
    for _ in range(steps):
        learning.step()
    distributed.barrier()
    if rank == 0:
        pace = world * steps * span / (time.perf_counter() - begun)
        (folder / "pace").write_text(repr(pace), encoding="utf-8")
    distributed.destroy_process_group()


def processes(span: int, steps: int, rounds: int) -> None:
    """Print samples a second that one process and two learn from."""
    print(f"load {os.getloadavg()[0]:.1f}\n")
    print("| network | one process | two | ratio |\n|---|---|---|---|")
    for name in PRESETS:
        found: dict[int, list[float]] = {1: [], 2: []}
        for _ in range(rounds):
            for world, paces in found.items():
                with TemporaryDirectory() as made:
                    folder = Path(made)
                    spawn(_worker, (world, folder, (name, span, steps)), nprocs=world)  # type: ignore[no-untyped-call]
                    paces.append(float((folder / "pace").read_text(encoding="utf-8")))
        one, two = (statistics.median(paces) for paces in found.values())
        print(f"| {name} | {one:,.0f} | {two:,.0f} | {two / one:.2f} |", flush=True)


def main() -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    below = parser.add_subparsers(dest="what", required=True)
    each = below.add_parser("windows")
    each.add_argument("--spans", type=int, nargs="+", default=[1024, 4096, 16384])
    each.add_argument("--steps", type=int, default=3)
    each = below.add_parser("processes")
    each.add_argument("--span", type=int, default=16384)
    each.add_argument("--steps", type=int, default=6)
    each.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    torch.set_num_threads(1)
    if given.what == "windows":
        windows(given.spans, given.steps)
    else:
        processes(given.span, given.steps, given.rounds)


if __name__ == "__main__":
    main()
