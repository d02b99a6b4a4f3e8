"""The contrastive loss against its formulas, term by term."""

from __future__ import annotations

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from audioml.core.errors import ValidationError  # noqa: E402
from audioml.train.tasks.embedding.loss import contrastive  # noqa: E402


def by_terms(vectors, near, temperature):
    """Khosla et al. 2020, eq. 2, as it stands there: a sum over anchors, a mean over positives."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    powers = np.exp(unit @ unit.T / temperature)
    losses = []
    for i in range(len(unit)):
        others = [a for a in range(len(unit)) if a != i]
        positives = [p for p in others if near[i, p]]
        if positives:
            below = sum(powers[i, a] for a in others)
            losses.append(-sum(math.log(powers[i, p] / below) for p in positives) / len(positives))
    return sum(losses) / len(losses)


def loss_of(vectors, near, temperature=0.2):
    return contrastive(torch.tensor(vectors), torch.tensor(near), temperature=temperature)


def test_with_several_that_are_near_it_is_the_supervised_loss() -> None:
    random = np.random.default_rng(1)
    vectors = random.normal(size=(9, 5))
    classes = np.array([0, 0, 0, 1, 1, 2, 2, 2, 3])  # the last is near to none
    near = classes[:, None] == classes
    expected = by_terms(vectors, near, 0.2)
    assert float(loss_of(vectors, near)) == pytest.approx(expected, rel=1e-5)


def test_with_one_that_is_near_it_is_the_cross_entropy_of_finding_it() -> None:
    random = np.random.default_rng(2)
    vectors = random.normal(size=(8, 4)).astype(np.float32)
    pairs = np.arange(8) % 4
    unit = torch.nn.functional.normalize(torch.tensor(vectors), dim=1)
    logits = (unit @ unit.T / 0.2).fill_diagonal_(-torch.inf)
    expected = torch.nn.functional.cross_entropy(logits, (torch.arange(8) + 4) % 8)
    assert float(loss_of(vectors, pairs[:, None] == pairs)) == pytest.approx(float(expected))


def test_the_length_of_vectors_does_not_matter() -> None:
    vectors = np.random.default_rng(3).normal(size=(6, 4))
    near = np.arange(6)[:, None] % 3 == np.arange(6) % 3
    longer = vectors * np.arange(1, 7)[:, None]
    assert float(loss_of(vectors, near)) == pytest.approx(float(loss_of(longer, near)))


def test_where_nothing_is_near_there_is_nothing_to_learn() -> None:
    vectors = torch.randn(4, 3, requires_grad=True)
    loss = contrastive(vectors, torch.eye(4, dtype=torch.bool), temperature=0.1)
    loss.backward()
    assert loss == 0
    assert vectors.grad is not None
    assert torch.equal(vectors.grad, torch.zeros(4, 3))


def test_gradients_are_finite_at_low_temperatures_and_half_precision() -> None:
    vectors = torch.randn(16, 8, dtype=torch.float16, requires_grad=True)
    near = torch.arange(16)[:, None] % 8 == torch.arange(16) % 8
    contrastive(vectors, near, temperature=0.01).backward()
    assert vectors.grad is not None
    assert vectors.grad.isfinite().all()


def test_a_temperature_must_be_above_zero() -> None:
    with pytest.raises(ValidationError, match="'temperature' must be above 0, got 0"):
        contrastive(torch.randn(4, 3), torch.eye(4, dtype=torch.bool), temperature=0)
