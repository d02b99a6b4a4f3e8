import numpy as np
import pytest
import vggish_tiny

from audioml.core.errors import IntegrityError
from audioml_vggish.graph import build
from audioml_vggish.int8.runtime import session
from audioml_vggish.network import layers, whitening

EXAMPLES = np.random.default_rng(1).standard_normal((3, 96, 64)).astype(np.float32)


def run(graph, examples=EXAMPLES):
    found = session(graph.model().SerializeToString())
    names = [output.name for output in found.get_outputs()]
    return dict(zip(names, found.run(names, {"examples": examples}), strict=True))


def test_the_network_is_that_of_the_paper():
    network = vggish_tiny.arrays()
    found = run(build(layers(network), None))
    assert list(found) == ["embedding"]
    assert found["embedding"].dtype == np.float32
    wanted = vggish_tiny.embedding(network, EXAMPLES)
    assert wanted.any()
    np.testing.assert_allclose(found["embedding"], wanted, atol=1e-5)


def test_whitening_is_in_double_precision():
    network, pca = vggish_tiny.arrays(), vggish_tiny.pca()
    found = run(build(layers(network), whitening(pca, size=vggish_tiny.SIZE)))
    assert found["whitened"].dtype == np.float64
    wanted = (found["embedding"] - pca["pca_means"].T) @ pca["pca_eigen_vectors"].T
    np.testing.assert_allclose(found["whitened"], wanted, atol=1e-5)
    assert not np.array_equal(found["whitened"], found["whitened"].astype(np.float32))


def test_any_number_of_examples_at_once():
    graph = build(layers(vggish_tiny.arrays()), None)
    assert run(graph, EXAMPLES[:0])["embedding"].shape == (0, vggish_tiny.SIZE)
    one = run(graph, EXAMPLES[1:2])["embedding"]
    np.testing.assert_allclose(one, run(graph)["embedding"][1:2], atol=1e-6)


def test_sizes_are_those_of_the_arrays():
    shapes = {**vggish_tiny.SHAPES, "fc1/fc1_2": (6, 20), "fc2": (20, 128)}
    network = vggish_tiny.arrays(shapes)
    found = run(build(layers(network), None))["embedding"]
    np.testing.assert_allclose(found, vggish_tiny.embedding(network, EXAMPLES), atol=1e-5)


@pytest.mark.parametrize(
    ("name", "array", "said"),
    [
        ("vggish/conv2/biases", None, "1 of its 18 arrays are missing, such as 'vggish/conv2/bi"),
        ("vggish/conv2/weights", np.zeros((3, 3, 5, 3)), r"must have shape \(3, 3, 2, 3\) after"),
        ("vggish/conv2/biases", np.zeros((3, 1)), "with as many biases, got"),
        ("vggish/fc1/fc1_1/weights", np.zeros((95, 6)), r"\(96, 6\) after the layer before it"),
        ("vggish/fc2/biases", np.full(8, np.nan), "'vggish/fc2' holds what is no number"),
    ],
)
def test_arrays_that_are_not_vggish(name, array, said):
    network = {**vggish_tiny.arrays(), name: array}
    if array is None:
        del network[name]
    with pytest.raises(IntegrityError, match=said):
        list(layers(network))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"pca_means": None}, "lack 'pca_means'"),
        ({"pca_means": np.zeros(7)}, r"must have shape \(8, 8\) and \(8,\), got"),
        ({"pca_eigen_vectors": np.zeros((8, 7))}, "must have shape"),
        ({"pca_means": np.full(8, np.inf)}, "hold what is no number"),
    ],
)
def test_parameters_that_are_no_whitening(change, said):
    parameters = {n: a for n, a in {**vggish_tiny.pca(), **change}.items() if a is not None}
    with pytest.raises(IntegrityError, match=said):
        whitening(parameters, size=8)
