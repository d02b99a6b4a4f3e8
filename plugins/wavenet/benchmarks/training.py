"""What a step of training costs: networks against windows, on one core.

``python plugins/wavenet/benchmarks/training.py`` prints how many samples a second of processor time
foretells and learns from, by network and by the samples of a window that are foretold.
"""

from __future__ import annotations

import argparse
import time

import torch
from torch.nn import functional

from audioml_wavenet.architecture import PRESETS, Architecture
from audioml_wavenet.networks.wavenet import WaveNet


def samples_a_second(architecture: Architecture, span: int, *, steps: int) -> float:
    """Return samples that are learnt from in a second of processor time."""
    network = WaveNet(architecture)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3)
    tokens = torch.randint(0, 256, (1, architecture.receptive_field + span))
    targets = tokens[0, architecture.receptive_field :]
    begun = 0.0
    for step in range(steps + 1):
        begun = time.process_time() if step == 1 else begun
        logits = network(tokens[:, :-1], filled=True)
        loss = functional.cross_entropy(logits[0], targets)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return steps * span / (time.process_time() - begun)


def main() -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spans", type=int, nargs="+", default=[1024, 4096, 16384])
    parser.add_argument("--steps", type=int, default=3)
    given = parser.parse_args()
    torch.set_num_threads(1)
    print(f"| network | field | {' | '.join(f'{s:,}' for s in given.spans)} |")
    print(f"|---|---|{'---|' * len(given.spans)}")
    for name, architecture in PRESETS.items():
        found = [samples_a_second(architecture, span, steps=given.steps) for span in given.spans]
        cells = " | ".join(f"{each:,.0f}" for each in found)
        print(f"| {name} | {architecture.receptive_field:,} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
