import pytest

from audioml.core.errors import MissingDependencyError, UsageError
from audioml_onnx.devices import DEVICES, chosen

ALL = [device.provider for device in DEVICES.values()]


def choose(device, available=ALL):
    return chosen(device, available=available, version="1.2.3")


def test_the_cpu_is_told_nothing():
    assert choose("cpu") == ("CPUExecutionProvider", {})


@pytest.mark.parametrize(("device", "number"), [("cuda", "0"), ("cuda:0", "0"), ("cuda:3", "3")])
def test_one_of_several_devices(device, number):
    provider, options = choose(device)
    assert (provider, options["device_id"]) == ("CUDAExecutionProvider", number)


@pytest.mark.parametrize("device", ["", "gpu", "CPU", "cuda:", "cuda:x", "cuda:-1", "cpu:0", ":"])
def test_a_device_that_nobody_knows(device):
    with pytest.raises(UsageError, match=r"choose one of cpu, coreml, cuda\[:N\], directml"):
        choose(device)


@pytest.mark.parametrize("device", [name for name in DEVICES if name != "cpu"])
def test_a_device_that_is_not_here_is_never_the_cpu(device):
    with pytest.raises(MissingDependencyError, match=r"onnxruntime 1\.2\.3 has not here: it has C"):
        choose(device, ["CPUExecutionProvider"])


def test_what_installs_a_device_is_told():
    with pytest.raises(MissingDependencyError, match="run: .*; pip install onnxruntime-gpu"):
        choose("cuda:1", ["CPUExecutionProvider"])
