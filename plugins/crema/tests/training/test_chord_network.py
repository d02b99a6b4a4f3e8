import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")

from audioml.core.errors import IntegrityError, NotFoundError  # noqa: E402
from audioml_crema.network import Network  # noqa: E402
from audioml_crema.session import CremaSession  # noqa: E402
from audioml_crema.training.gru import BidirectionalGRU, _Recurrence  # noqa: E402
from audioml_crema.training.network import (  # noqa: E402
    ChordNetwork,
    Probabilities,
    arrays,
    fill,
)


def shaken(**widths):
    """Return a network whose every number, running means too, is another than at the start."""
    torch.manual_seed(0)
    network = ChordNetwork(**widths)
    for tensor in network.state_dict().values():
        if tensor.is_floating_point():
            tensor.add_(0.1 * torch.rand_like(tensor))
    return network.eval()


def features(frames, rows=1):
    random = np.random.default_rng(1)
    return -80 * random.random((rows, frames, 216, 2)).astype(np.float32)


def answers(network, given):
    with torch.no_grad():
        found = Probabilities(network)(torch.from_numpy(given))
    return {name: head.numpy() for name, head in found.items()}


@pytest.mark.parametrize("widths", [{}, {"filters": 5, "units": 7}])
@pytest.mark.parametrize("frames", [1, 4, 90])
def test_what_is_trained_answers_as_what_is_exported(widths, frames):
    network, given = shaken(**widths), features(frames, rows=2)
    session = CremaSession(Network.from_weights(arrays(network)))
    theirs, ours = session.run({"cqt_mag": given}), answers(network, given)
    assert set(ours) == set(theirs)
    for name, head in theirs.items():
        np.testing.assert_allclose(ours[name], head, atol=1e-4)


@pytest.mark.weights
def test_with_the_published_weights_it_is_the_published_model(chord_folder, recording):
    with np.load(chord_folder / "weights.npz", allow_pickle=False) as file:
        published = {name: file[name] for name in file.files}
    network = ChordNetwork().eval()
    fill(network, published)
    ours = answers(network, recording.features[np.newaxis])
    for name, head in ours.items():
        np.testing.assert_allclose(head[0], recording.heads[name], atol=1e-4)
    again = arrays(network)
    assert set(again) == set(published)
    for name, array in published.items():
        np.testing.assert_array_equal(again[name], array)


def test_other_weights_are_refused():
    good = arrays(ChordNetwork(filters=5, units=7))
    with pytest.raises(IntegrityError, match=r"'conv2.kernel' .* must have shape \(216, 6\)"):
        fill(ChordNetwork(filters=6, units=7), good)
    del good["tag.bias"]
    with pytest.raises(IntegrityError, match=r"'tag.bias' .* must have shape \(170,\), got noth"):
        fill(ChordNetwork(filters=5, units=7), good)


@pytest.mark.weights
def test_one_may_begin_with_the_published_weights(weights, chord_folder):
    from audioml_crema.training.start import begin_with

    network = ChordNetwork()
    begin_with(network, "crema-chord")
    with np.load(chord_folder / "weights.npz", allow_pickle=False) as published:
        np.testing.assert_array_equal(arrays(network)["tag.bias"], published["tag.bias"])


def test_weights_to_begin_with_come_from_a_folder(tmp_path, audioml_home):
    from audioml_crema.training.start import begin_with

    wanted = shaken(filters=3, units=4)
    np.savez(tmp_path / "weights.npz", **arrays(wanted))
    network = ChordNetwork(filters=3, units=4).eval()
    begin_with(network, str(tmp_path))
    given = features(6)
    for name, head in answers(network, given).items():
        np.testing.assert_array_equal(head, answers(wanted, given)[name])
    with pytest.raises(NotFoundError, match="'task.start' must be a model folder or a model in"):
        begin_with(network, "nothing")
    (tmp_path / "weights.npz").write_bytes(b"no zip")
    with pytest.raises(IntegrityError, match="has no weights of a chord network"):
        begin_with(network, str(tmp_path))


def test_the_derivatives_are_right():
    torch.manual_seed(0)
    entering = torch.randn(2, 5, 3, 12, dtype=torch.double, requires_grad=True)
    recurrent = torch.randn(2, 4, 12, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(_Recurrence.apply, (entering, recurrent))


def test_a_layer_sees_both_ways():
    torch.manual_seed(0)
    layer = BidirectionalGRU(3, 4)
    given = torch.randn(1, 9, 3, requires_grad=True)
    forward, backward = layer(given)[0, 4].split(4)
    (before,) = torch.autograd.grad(forward.sum(), given, retain_graph=True)
    (after,) = torch.autograd.grad(backward.sum(), given)
    assert not before[0, 5:].any()
    assert before[0, :5].abs().sum(-1).all()
    assert not after[0, :4].any()
    assert after[0, 4:].abs().sum(-1).all()


def test_half_the_precision_is_enough():
    torch.manual_seed(0)
    network, given = ChordNetwork(filters=8, units=6), torch.from_numpy(features(12, rows=2))
    found = []
    for enabled in (False, True):
        network.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
            score = network(given)["tag"].float().square().mean()
        score.backward()
        found.append(network.gru1.recurrent.grad.clone())
    assert found[1].isfinite().all()
    assert (found[1] - found[0]).norm() < 0.1 * found[0].norm()


def test_recordings_of_a_batch_do_not_mix():
    network, given = shaken(filters=5, units=7), features(8, rows=3)
    together = answers(network, given)
    for row in range(3):
        for name, head in answers(network, given[row : row + 1]).items():
            np.testing.assert_allclose(head[0], together[name][row], atol=1e-5)


@pytest.mark.parametrize("units", [48, 128])
def test_there_are_as_many_numbers_as_in_the_original(units):
    count = sum(array.size for array in arrays(ChordNetwork(units=units)).values())
    assert (count == 528139) == (units == 128)
