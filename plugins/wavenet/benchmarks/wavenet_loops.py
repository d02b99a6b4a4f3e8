"""Loops that others make songs with, over networks of `audioml_wavenet`; see ``wavenet.py``.

``python wavenet_loops.py keras MODEL`` runs CS205-Waveforms' loop in an environment with Keras 2:
each line of standard input is a number of samples to make, the answer their rate; an empty line
asks for the song so far.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import subprocess
import sys
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

if TYPE_CHECKING:
    from audioml_wavenet.architecture import Architecture
    from audioml_wavenet.weights import Weights

__all__ = ["KerasLoop", "cached_loop", "pytorch_wavenet", "window_loop"]

_WINDOW = 1024  # samples that CS205's networks are given at once


def _taps(weights: Weights) -> tuple[Any, ...]:
    """Return the convolutions as torch has them: out, in, taps."""
    import torch

    torch.set_num_threads(1)
    a = weights.architecture
    both = np.stack([weights["past"], weights["now"]], axis=-1).transpose(0, 2, 3, 1, 4)
    filters, gates = (torch.tensor(np.ascontiguousarray(both[:, i])) for i in (0, 1))
    biases = torch.tensor(weights["bias"])
    out = torch.tensor(weights["out"]).transpose(1, 2)[..., None]
    parts = (out[:, : a.residual].contiguous(), out[:, a.residual :].contiguous())
    head = [
        (torch.tensor(weights[f"head.{i}"].T[..., None].copy()), torch.tensor(weights[name]))
        for i, name in enumerate(f"head.{i}.bias" for i in range(len(a.head) + 1))
    ]
    return filters, gates, biases, parts, torch.tensor(weights["out.bias"]), head


def cached_loop(weights: Weights) -> Callable[[int], None]:
    """Return a loop with queues and the operators of pytorch-wavenet's ``generate_fast``.

    For each sample and layer: two columns out of a queue, two dilated convolutions with their
    activations, two 1x1 convolutions; then softmax, and ``numpy.random.choice``. Kinder than that
    one, it keeps no gradients.
    """
    import torch
    from torch.nn import functional

    a, conv = weights.architecture, functional.conv1d
    filters, gates, biases, (residual, skips), out_bias, head = _taps(weights)
    embedding = torch.tensor(weights["embedding"]).T[..., None].contiguous()
    queues = [torch.zeros(a.residual, d + 1) for d in a.dilations]
    state = {"time": 0, "last": 128}

    @torch.no_grad()
    def run(count: int) -> None:
        for _ in range(count):
            heard = torch.zeros(1, a.inputs, 1)
            heard[0, state["last"], 0] = 1.0
            x = conv(heard, embedding)
            skip = torch.zeros(1, a.skip, 1)
            for layer, dilation in enumerate(a.dilations):
                queue, at = queues[layer], state["time"] % (dilation + 1)
                queue[:, at] = x[0, :, 0]
                past = queue[:, (at + 1) % (dilation + 1)]
                pair = torch.stack([past, queue[:, at]], 1)[None]
                filter_ = torch.tanh(conv(pair, filters[layer], biases[layer, 0]))
                units = filter_ * torch.sigmoid(conv(pair, gates[layer], biases[layer, 1]))
                skip = skip + conv(units, skips[layer], out_bias[layer, a.residual :])
                out = conv(units, residual[layer], out_bias[layer, : a.residual])
                x = out + x if a.adds else out
            for place, (kernel, bias) in enumerate(head):
                skip = functional.relu(skip) if place or a.rectifies else skip
                skip = conv(skip, kernel, bias)
            chances = functional.softmax(skip[0, :, 0].double(), dim=0).numpy()
            state["last"] = int(np.random.choice(256, p=chances))  # noqa: NPY002 (as there)
            state["time"] += 1

    return run


def window_loop(weights: Weights) -> Callable[[int], None]:
    """Return CS205-Waveforms' loop in torch: the network over a whole window for each sample."""
    import torch
    from torch.nn import functional

    a, conv = weights.architecture, functional.conv1d
    filters, gates, biases, (residual, skips), out_bias, head = _taps(weights)
    embedding = torch.tensor(weights["embedding"])
    song = [128] * _WINDOW

    @torch.no_grad()
    def run(count: int) -> None:
        for _ in range(count):
            x = embedding[song[-_WINDOW:]].T[None]
            skip = torch.zeros(1, a.skip, _WINDOW)
            for layer, dilation in enumerate(a.dilations):
                padded = functional.pad(x, (dilation, 0))
                both = [
                    conv(padded, kernels[layer], biases[layer, i], dilation=dilation)
                    for i, kernels in enumerate((filters, gates))
                ]
                units = torch.tanh(both[0]) * torch.sigmoid(both[1])
                skip = skip + conv(units, skips[layer], out_bias[layer, a.residual :])
                out = conv(units, residual[layer], out_bias[layer, : a.residual])
                x = out + x if a.adds else out
            for place, (kernel, bias) in enumerate(head):
                skip = functional.relu(skip) if place or a.rectifies else skip
                skip = conv(skip, kernel, bias)
            chances = functional.softmax(skip[0, :, -1].double(), dim=0).numpy()
            song.append(int(np.random.choice(256, p=chances)))  # noqa: NPY002 (as there)

    return run


def pytorch_wavenet(checkout: Path, architecture: Architecture) -> Callable[[int], object]:
    """Return ``generate_fast`` of vincentherrmann/pytorch-wavenet, for a network of these sizes.

    One line of it is changed, for a torch that broadcasts: a queue takes in ``input[:, 0]``.
    """
    import torch

    torch.set_num_threads(1)
    stub: Any = types.ModuleType("audio_data")
    stub.np, stub.mu_law_expansion = np, lambda data, _: data
    sys.modules["audio_data"] = stub
    sys.path.insert(0, str(checkout))
    model_module: Any = importlib.import_module("wavenet_model")
    queue: Any = importlib.import_module("wavenet_modules").DilatedQueue

    def enqueue(self: Any, column: Any) -> None:
        self.data[:, self.in_pos] = column[:, 0]
        self.in_pos = (self.in_pos + 1) % self.max_length

    queue.enqueue = enqueue
    model = model_module.WaveNetModel(
        layers=10,
        blocks=architecture.layers // 10,
        dilation_channels=architecture.gate,
        residual_channels=architecture.residual,
        skip_channels=architecture.skip,
        end_channels=architecture.head[0],
        bias=True,
    )

    def run(count: int) -> object:
        with contextlib.redirect_stdout(io.StringIO()):
            return model.generate_fast(count)

    return run


class KerasLoop:
    """CS205-Waveforms' loop in a process of its own, with Keras 2.15."""

    def __init__(self, model: Path) -> None:
        import originals

        command = [str(originals.build("crema-B")), __file__, "keras", str(model)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.rates: list[float] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)

    def go_on(self, count: int) -> None:
        """Make some samples, and remember their rate."""
        self.rates.append(self._asked(f"{min(count, 6)}")["rate"])

    def song(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the window that it began with, and what it made."""
        answer = self._asked("")
        return np.array(answer["heard"]), np.array(answer["made"])

    def _asked(self, line: str) -> Any:
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(line + "\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())


def _keras(name: str) -> None:
    """Serve the loop: ``predict`` on the last window, and a draw from the last answer."""
    import keras  # type: ignore[import-not-found]

    model = keras.models.model_from_json(Path(f"{name}.json").read_text())
    model.load_weights(f"{name}.h5")
    heard = (128 + 100 * np.sin(np.arange(_WINDOW) / 9)).astype(int)
    draw = np.random.Generator(np.random.PCG64(0))
    song = list(heard)
    for line in sys.stdin:
        start = time.process_time()
        for _ in range(int(line or 0) if line.strip() else 0):
            window = np.array(song[-_WINDOW:], np.float32).reshape(1, _WINDOW, 1)
            reached = np.cumsum(model.predict(window, verbose=0)[0, -1], dtype=np.float64)
            song.append(int(np.searchsorted(reached, draw.random() * reached[-1], side="right")))
        answer: dict[str, object]
        if line.strip():
            answer = {"rate": int(line) / (time.process_time() - start)}
        else:
            made = [int(each) for each in song[_WINDOW:]]
            answer = {"heard": [int(each) for each in heard], "made": made}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    _keras(sys.argv[2])
