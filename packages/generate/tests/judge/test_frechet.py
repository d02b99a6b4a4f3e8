"""The distance of two clouds, against what can be reckoned by hand."""

import numpy as np
import pytest

from audioml.core.errors import ValidationError
from audioml.generate.judge.frechet import frechet


def test_a_cloud_is_not_apart_from_itself():
    cloud = np.random.default_rng(0).normal(size=(200, 5))
    assert frechet(cloud, cloud) == pytest.approx(0, abs=1e-9)


def test_shifted_clouds_are_apart_by_the_square_of_the_shift():
    cloud = np.random.default_rng(0).normal(size=(50, 3))
    assert frechet(cloud, cloud + np.array([3.0, 0.0, 4.0])) == pytest.approx(25)


def test_stretched_clouds_are_apart_by_the_squares_of_what_deviations_differ_by():
    cloud = np.random.default_rng(0).normal(size=(500, 2))
    root = np.sqrt(np.linalg.eigvalsh(np.cov(cloud, rowvar=False)))
    assert frechet(cloud, 3 * cloud) == pytest.approx(
        ((3 * root - root) ** 2).sum() + (2 * cloud.mean(0) @ (2 * cloud.mean(0)))
    )


def test_it_equals_the_root_of_a_general_matrix_and_is_symmetric():
    linalg = pytest.importorskip("scipy.linalg")
    rng = np.random.default_rng(1)
    one, other = rng.normal(size=(80, 6)) @ rng.normal(size=(6, 6)), rng.normal(size=(60, 6))
    a, b = np.cov(one, rowvar=False), np.cov(other, rowvar=False)
    shared = np.real(linalg.sqrtm(a @ b))
    apart = one.mean(0) - other.mean(0)
    wanted = apart @ apart + np.trace(a + b - 2 * shared)
    assert frechet(one, other) == pytest.approx(wanted)
    assert frechet(other, one) == pytest.approx(wanted)


def test_what_has_no_distance_is_refused():
    with pytest.raises(ValidationError, match="two vectors of each side at least, got 1 and 3"):
        frechet(np.zeros((1, 2)), np.zeros((3, 2)))
    with pytest.raises(ValidationError, match="of one size"):
        frechet(np.zeros((3, 2)), np.zeros((3, 4)))
