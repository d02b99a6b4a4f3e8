"""The whole network against the original's answers, with the random weights that it was given.

They are made again from their seed (see the README), so that nothing has to be fetched. The path
from a checkpoint of full size is the same as of the tiny ones in `fixtures`.
"""

import numpy as np
import pytest
import vggish_tiny

from audioml.core.values import Audio
from audioml_vggish.decoder import eight_bits
from audioml_vggish.features import VGGishLogMel
from audioml_vggish.graph import build
from audioml_vggish.int8.runtime import outputs
from audioml_vggish.network import layers, whitening

pytestmark = [pytest.mark.parity, pytest.mark.slow]
_SEED = 20261121
_NEAR = 2e-3  # of a step: as far as single precision can move a number of the original's


@pytest.fixture(scope="module")
def network(reference_data, tmp_path_factory):
    """The network in ONNX, and its whitening."""
    path = tmp_path_factory.mktemp("vggish") / "vggish.onnx"
    file = reference_data / "vggish" / "vggish_random_pca_params.npz"
    with np.load(file, allow_pickle=False) as arrays:
        whitened = whitening(dict(arrays), size=128)
    build(layers(vggish_tiny.arrays(vggish_tiny.FULL, seed=_SEED)), whitened).write(path)
    yield path, whitened
    path.unlink()


def test_embeddings_are_those_of_the_original(network, recording):
    path, whitened = network
    examples = VGGishLogMel()(Audio(recording["resampled16k"], 16000)).tensors["examples"]
    found = outputs(path, examples)
    np.testing.assert_allclose(found["embedding"], recording["embedding"], rtol=0, atol=5e-5)
    theirs = (recording["embedding"] - whitened.means) @ whitened.vectors.T
    np.testing.assert_allclose(found["whitened"], theirs, rtol=0, atol=5e-5)


def test_eight_bits_are_those_of_the_original(network, recording):
    path, whitened = network
    examples = VGGishLogMel()(Audio(recording["resampled16k"], 16000)).tensors["examples"]
    ours = eight_bits(outputs(path, examples)["whitened"])
    theirs = recording["postprocessed"]
    # where fractions are cut off, a number on the edge may fall to either side: one in 3200 here
    exact = (recording["embedding"] - whitened.means) @ whitened.vectors.T
    steps = (exact + 2) * 63.75
    on_the_edge = (np.abs(steps - np.rint(steps)) < _NEAR) & (np.abs(exact) < 2.001)
    np.testing.assert_array_equal(ours[~on_the_edge], theirs[~on_the_edge])
    assert np.abs(ours.astype(int) - theirs).max() <= 1
    assert on_the_edge.mean() < 0.01
