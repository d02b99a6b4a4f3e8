"""The gated recurrent unit of `audioml_crema.gru`, to be trained."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import Function

__all__ = ["BidirectionalGRU"]

_SLOPE, _MIDDLE = 0.2, 0.5  # of Keras' hard sigmoid


class BidirectionalGRU(nn.Module):
    """Both directions of one layer; axis 0 of every weight is the direction.

    The reset gate comes before the product, the gates are piecewise linear, and there is one bias,
    as in Keras 2; `torch.nn.GRU` has another form. The columns are update gate, reset gate and
    candidate.

    Parameters
    ----------
    inputs, units
        Numbers entering, and leaving in each direction.
    """

    def __init__(self, inputs: int, units: int) -> None:
        super().__init__()
        self.kernel = nn.Parameter(torch.empty(2, inputs, 3 * units))
        self.recurrent = nn.Parameter(torch.empty(2, units, 3 * units))
        self.bias = nn.Parameter(torch.zeros(2, 3 * units))
        for way in range(2):  # as Keras begins
            nn.init.xavier_uniform_(self.kernel.data[way])
            nn.init.orthogonal_(self.recurrent.data[way])

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the states of both directions, side by side.

        Parameters
        ----------
        inputs
            float32, shape (batch, t, inputs).

        Returns
        -------
        float32, shape (batch, t, 2 units)
        """
        batch, steps, _ = inputs.shape
        both = torch.stack([inputs, inputs.flip(1)]).transpose(1, 2).flatten(1, 2)
        projected = torch.baddbmm(self.bias[:, None], both, self.kernel)
        projected = projected.view(2, steps, batch, -1)
        with torch.autocast(inputs.device.type, enabled=False):  # what goes round stays float32
            states = _Recurrence.apply(  # type: ignore[no-untyped-call]
                projected.to(self.recurrent.dtype), self.recurrent
            )
        return torch.cat([states[0], states[1].flip(0)], dim=-1).transpose(0, 1)


class _Recurrence(Function):
    """All steps, with their derivatives written out.

    Most of a step's time is that of starting its operations. So few are left in the loops, and the
    derivative of the weights is one product after them: two thirds of the time of what autograd
    makes of the same (86 steps of 16 patches, 48 to 128 units, one core).
    """

    @staticmethod
    def forward(ctx: Any, projected: Tensor, recurrent: Tensor) -> Tensor:
        """Return the states, shape (2, t, batch, units), for shape (2, t, batch, 3 units)."""
        _, steps, batch, columns = projected.shape
        units = columns // 3
        gate_weights, weights = _parts(recurrent)
        states = projected.new_zeros(steps + 1, 2, batch, units)
        gates = projected.new_empty(steps, 2, batch, 2 * units)
        kept, candidates = states.new_empty(states[1:].shape), states.new_empty(states[1:].shape)
        for step in range(steps):
            state, gate = states[step], gates[step]
            torch.baddbmm(projected[:, step, :, : 2 * units], state, gate_weights, out=gate)
            gate.mul_(_SLOPE).add_(_MIDDLE).clamp_(0, 1)
            torch.mul(gate[..., units:], state, out=kept[step])
            entering = projected[:, step, :, 2 * units :]
            torch.baddbmm(entering, kept[step], weights, out=candidates[step]).tanh_()
            torch.lerp(candidates[step], state, gate[..., :units], out=states[step + 1])
        ctx.save_for_backward(recurrent, states, gates, kept, candidates)
        return states[1:].transpose(0, 1)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor]:
        """Return the derivatives of what entered and of the recurrent weights."""
        recurrent, states, gates, kept, candidates = ctx.saved_tensors
        steps, _, batch, units = candidates.shape
        gate_weights, weights = (part.mT.contiguous() for part in _parts(recurrent))
        before, update, reset = states[:-1], gates[..., :units], gates[..., units:]
        slopes = ((gates > 0) & (gates < 1)) * _SLOPE
        to_candidate = (1 - update) * (1 - candidates.square())
        to_update = (before - candidates) * slopes[..., :units]
        to_reset = before * slopes[..., units:]
        found = gradient.new_empty(steps, 2, batch, 3 * units)
        later = torch.zeros_like(states[0])
        for step in reversed(range(steps)):
            later = later + gradient[:, step]
            here = found[step]
            candidate = torch.mul(later, to_candidate[step])
            through = torch.bmm(candidate, weights)
            torch.mul(later, to_update[step], out=here[..., :units])
            torch.mul(through, to_reset[step], out=here[..., units : 2 * units])
            here[..., 2 * units :] = candidate
            kept_on = torch.addcmul(later * update[step], through, reset[step])
            later = torch.baddbmm(kept_on, here[..., : 2 * units], gate_weights)
        of_gates = _flat(before).mT @ _flat(found[..., : 2 * units])
        of_candidate = _flat(kept).mT @ _flat(found[..., 2 * units :])
        return found.transpose(0, 1), torch.cat([of_gates, of_candidate], dim=-1)


def _parts(recurrent: Tensor) -> tuple[Tensor, Tensor]:
    """Return the weights of the gates and of the candidate."""
    units = recurrent.shape[1]
    return recurrent[..., : 2 * units].contiguous(), recurrent[..., 2 * units :].contiguous()


def _flat(steps: Tensor) -> Tensor:
    return steps.transpose(0, 1).flatten(1, 2)
