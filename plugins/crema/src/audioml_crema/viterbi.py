"""The likeliest path through states that either stay or change to any other, all alike."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["viterbi_loop"]


def viterbi_loop(probabilities: NDArray[np.float32], *, stay: float) -> NDArray[np.intp]:
    """Return the likeliest state of every step.

    The best way into a state is from itself, or else from the one state that is best of all;
    so a step costs as much as there are states, not their square, and the path is the same.
    Of equally likely ways the one from the lower state is taken, as `numpy.argmax` would.

    Parameters
    ----------
    probabilities
        float32, shape (steps, states): of each state given the step's observation. All states
        are equally likely beforehand.
    stay
        Probability of staying in a state, 1 / states at least; the rest goes to the others in
        equal parts.

    Returns
    -------
    int, shape (steps,)
    """
    steps, states = probabilities.shape
    tiny = np.finfo(np.float32).tiny  # keeps logarithms finite, as in librosa
    logs = np.log(probabilities + tiny).astype(np.float64)
    log_stay = np.log(stay + tiny)
    log_leave = np.log((1 - stay) / max(states - 1, 1) + tiny)
    stayed = np.empty((steps, states), bool)
    came_from = np.zeros(steps, np.intp)
    score = logs[0]
    for step in range(1, steps):
        leaving = score + log_leave
        best = came_from[step] = leaving.argmax()
        entering = leaving[best]
        staying = score + log_stay
        np.greater(staying, entering, out=stayed[step])
        stayed[step, : best + 1] |= staying[: best + 1] == entering
        score = np.maximum(staying, entering) + logs[step]
    path = np.empty(steps, np.intp)
    path[-1] = score.argmax()
    for step in range(steps - 1, 0, -1):
        state = path[step]
        path[step - 1] = state if stayed[step, state] else came_from[step]
    return path
