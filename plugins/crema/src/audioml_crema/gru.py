"""A bidirectional gated recurrent unit of Keras 2, in numpy.

It is the first form of the unit (Cho et al. 2014): the reset gate comes before the product, the
gates are piecewise linear, and there is one bias. Neither cuDNN nor torch have that form.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["BidirectionalGRU"]

Array = NDArray[np.float32]
_STEPS = 512  # projected at once, so that an hour needs no more memory than a minute


@dataclass(frozen=True, slots=True)
class BidirectionalGRU:
    """Both directions of one layer; axis 0 of every weight is the direction.

    Parameters
    ----------
    gate_kernel, gate_bias
        float32, shapes (2, inputs, 2 units) and (2, 2 units): of the update and reset gates,
        times 0.2 and the bias plus 0.5, so that a gate is its input clipped to [0, 1].
    gate_recurrent
        float32, shape (2, units, 2 units), times 0.2 too.
    kernel, bias, recurrent
        float32, shapes (2, inputs, units), (2, units) and (2, units, units): of the candidate.
    """

    gate_kernel: Array
    gate_bias: Array
    gate_recurrent: Array
    kernel: Array
    bias: Array
    recurrent: Array

    @classmethod
    def folded(
        cls, kernel: Array, bias: Array, recurrent: Array, *, scale: Array, shift: Array
    ) -> BidirectionalGRU:
        """Return the layer for weights as Keras keeps them and a batch norm before it.

        Parameters
        ----------
        kernel, bias, recurrent
            float32, shapes (2, inputs, 3 units), (2, 3 units) and (2, units, 3 units): update
            gate, reset gate, candidate.
        scale, shift
            float32, shape (inputs,): what the batch norm does to the layer's input.
        """
        bias = bias + shift @ kernel
        kernel = kernel * scale[:, np.newaxis]
        gates = 2 * recurrent.shape[1]
        slope = np.float32(0.2)
        return cls(
            np.ascontiguousarray(kernel[..., :gates] * slope),
            bias[:, :gates] * slope + np.float32(0.5),
            np.ascontiguousarray(recurrent[..., :gates] * slope),
            np.ascontiguousarray(kernel[..., gates:]),
            np.ascontiguousarray(bias[:, gates:]),
            np.ascontiguousarray(recurrent[..., gates:]),
        )

    def __call__(self, inputs: Array) -> Array:
        """Return the states of both directions, side by side.

        Parameters
        ----------
        inputs
            float32, shape (t, inputs).

        Returns
        -------
        float32, shape (t, 2 units)
        """
        steps, units = len(inputs), self.recurrent.shape[1]
        states = np.empty((steps, 2, 1, units), np.float32)  # the second from the end backwards
        state = np.zeros((2, 1, units), np.float32)
        for start in range(0, steps, _STEPS):
            stop = min(start + _STEPS, steps)
            parts = inputs[start:stop], inputs[steps - stop : steps - start]
            gates = _projected(parts, self.gate_kernel, self.gate_bias)
            candidates = _projected(parts, self.kernel, self.bias)
            state = self._run(gates, candidates, state, states[start:stop])
        return np.concatenate([states[:, 0, 0], states[::-1, 1, 0]], axis=1)

    def _run(self, gates: Array, candidates: Array, state: Array, states: Array) -> Array:
        """Write the states of consecutive steps and return the last of them."""
        units = state.shape[-1]
        gate = np.empty((2, 1, 2 * units), np.float32)
        update, reset = gate[..., :units], gate[..., units:]
        candidate, kept = np.empty_like(state), np.empty_like(state)
        zeros, ones = np.zeros_like(gate), np.ones_like(gate)  # faster than scalars
        for gate_input, candidate_input, following in zip(gates, candidates, states, strict=True):
            np.matmul(state, self.gate_recurrent, out=gate)
            np.add(gate, gate_input, out=gate)
            np.maximum(gate, zeros, out=gate)
            np.minimum(gate, ones, out=gate)
            np.multiply(reset, state, out=kept)
            np.matmul(kept, self.recurrent, out=candidate)
            np.add(candidate, candidate_input, out=candidate)
            np.tanh(candidate, out=candidate)
            np.subtract(state, candidate, out=following)
            np.multiply(following, update, out=following)
            np.add(following, candidate, out=following)
            state = following
        return state


def _projected(parts: tuple[Array, Array], kernel: Array, bias: Array) -> Array:
    """Return what the inputs contribute, in the order of the steps; shape (t, 2, 1, units)."""
    out = np.empty((len(parts[0]), 2, 1, kernel.shape[-1]), np.float32)
    out[:, 0, 0] = parts[0] @ kernel[0]
    out[:, 1, 0] = (parts[1] @ kernel[1])[::-1]
    out[:, :, 0] += bias
    return out
