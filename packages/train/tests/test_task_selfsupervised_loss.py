"""VICReg's three terms against their formulas, and what they prevent."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from audioml.core.errors import ValidationError  # noqa: E402
from audioml.train.tasks.selfsupervised.loss import Regularised  # noqa: E402


def by_terms(one, other, weights):
    """Bardes et al. 2022, eqs. 1 to 6, number by number."""
    _, size = one.shape

    def variance(views):
        spread = np.sqrt(views.var(axis=0, ddof=1) + 1e-4)
        return sum(max(0.0, 1 - each) for each in spread) / size

    def covariance(views):
        found = np.cov(views.T)
        return sum(found[i, j] ** 2 for i in range(size) for j in range(size) if i != j) / size

    # ours is the mean over the numbers as well, as the authors' code has it
    invariance = ((one - other) ** 2).sum(1).mean() / size
    terms = (
        invariance,
        variance(one) + variance(other),
        covariance(one) + covariance(other),
    )
    return sum(weight * term for weight, term in zip(weights, terms, strict=True))


@pytest.mark.parametrize("weights", [(25, 25, 1), (1, 0, 0), (0, 1, 0), (0, 0, 1)])
def test_it_is_the_sum_of_the_three_terms(weights) -> None:
    random = np.random.default_rng(0)
    one = 0.7 * random.normal(size=(10, 6))
    other = one + 0.1 * random.normal(size=(10, 6))
    names = ("invariance", "variance", "covariance")
    loss = Regularised(**dict(zip(names, weights, strict=True)))
    found = float(loss(torch.tensor(one), torch.tensor(other)))
    assert found == pytest.approx(by_terms(one, other, weights), rel=1e-4)


def test_views_that_are_all_the_same_are_worse_than_none() -> None:
    loss = Regularised()
    random = torch.randn(256, 8, generator=torch.Generator().manual_seed(0))
    assert float(loss(torch.zeros(256, 8), torch.zeros(256, 8))) == pytest.approx(49.5)
    assert float(loss(random, random)) < 3


def test_gradients_are_finite_where_all_is_the_same() -> None:
    views = torch.zeros(8, 4, requires_grad=True)
    Regularised()(views, views * 1.0).backward()
    assert views.grad is not None
    assert views.grad.isfinite().all()


def test_a_pair_alone_says_nothing_of_variance() -> None:
    assert float(Regularised()(torch.ones(1, 4), torch.zeros(1, 4))) == 0
    assert float(Regularised()(torch.ones(0, 4), torch.zeros(0, 4))) == 0


def test_a_weight_below_zero_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"'task.loss.variance' must be at least 0"):
        Regularised(variance=-1.0)
