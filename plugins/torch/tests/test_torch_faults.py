"""Files that are damaged, that are no networks, or that would run code of their own."""

import os
import pickle
import sys
import zipfile

import pytest
import torch_models as models

from audioml.core.errors import (
    IntegrityError,
    MissingDependencyError,
    NotFoundError,
    UntrustedError,
    UsageError,
)

torch = models.torch


@pytest.fixture
def path(tmp_path):
    network = models.Dense(torch.ones(3, 2), torch.zeros(2))
    return models.program(tmp_path / "m.pt2", network, torch.zeros(4, 3))


class Harmful:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("name", ["m.pt", "m.pt2", "m.ckpt"])
def test_a_malicious_pickle_is_not_opened(tmp_path, load, zipped, name):
    harm = tmp_path / "harm"
    torch.save(
        {"state_dict": Harmful(harm)}, tmp_path / name, _use_new_zipfile_serialization=zipped
    )
    with pytest.raises(IntegrityError, match="pickle"):
        load(tmp_path / name)
    (tmp_path / name).write_bytes(pickle.dumps(Harmful(harm)))
    with pytest.raises(IntegrityError, match="pickle"):
        load(tmp_path / name)
    assert not harm.exists()


def test_harm_in_the_example_inputs_of_a_program(path, tmp_path, load):
    harm = tmp_path / "harm"
    torch.save(Harmful(harm), tmp_path / "bad")
    bad = (tmp_path / "bad").read_bytes()
    models.edited(path, lambda n, d: bad if n.startswith("data/sample_inputs/") else d)
    with pytest.raises(UntrustedError, match="sample_inputs/model.pt' holds more than tensors"):
        load(path)
    assert not harm.exists()


def test_harm_as_a_pickled_weight(path, tmp_path, load):
    harm = tmp_path / "harm"
    torch.save(Harmful(harm), tmp_path / "bad")
    bad = (tmp_path / "bad").read_bytes()

    def change(name, data):
        if name.endswith("weights_config.json"):
            return data.replace(b'"use_pickle": false', b'"use_pickle": true')
        return bad if name.startswith("data/weights/") else data

    models.edited(path, change)
    with pytest.raises(UntrustedError, match="pickled tensors"):
        load(path)
    assert not harm.exists()


def nodes(program):
    return program["graph_module"]["graph"]["nodes"]


@pytest.mark.parametrize(
    "target",
    [
        "torch.os.system",
        "torch.hub.load",
        "torch.ops.load_library",
        "torch.ops.aten.from_file.default",
        "torch.ops.mine.run.default",
        "_operator.methodcaller",
        "torch.ops.aten.add.__class__",
        "#extension",
        "os.system",
    ],
)
def test_a_graph_that_calls_what_is_no_arithmetic(path, load, target):
    models.described(path, lambda p: nodes(p)[0].update(target=target))
    with pytest.raises(UntrustedError, match="it calls '"):
        load(path)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "().__class__.__base__",
        "Symbol.__init__",
        "open('x')",
        "Lambda(x, x)",
        "exec",
        "Integer(1) if 1 else 2",
        7,
    ],
)
def test_a_length_that_is_more_than_arithmetic(path, load, text):
    found = []

    def change(value):
        if isinstance(value, dict):
            for key, each in value.items():
                if key == "expr_str":
                    value[key] = text
                    found.append(each)
                else:
                    change(each)
        elif isinstance(value, list):
            for each in value:
                change(each)

    models.described(path, change)
    assert found
    with pytest.raises(UntrustedError, match="it evaluates"):
        load(path)


def test_a_structure_that_imports_a_module(path, load):
    def change(program):
        entry = program["graph_module"]["module_call_graph"][0]["signature"]
        entry["out_spec"] = entry["out_spec"].replace("null", '{"__enum__": true}', 1)

    models.described(path, change)
    with pytest.raises(UntrustedError, match="imports a module"):
        load(path)


@pytest.mark.parametrize("name", ["m/data/aotinductor/model/a.so", "m/data/constants/custom_obj_0"])
def test_what_is_compiled_or_pickled_beside_the_graph(path, load, name):
    with zipfile.ZipFile(path, "a", zipfile.ZIP_STORED) as archive:
        archive.writestr(name, b"x")
    with pytest.raises(UntrustedError, match="compiled library|pickled object"):
        load(path)


def test_lengths_that_are_calculated_are_taken(tmp_path, load):
    class Halves(torch.nn.Module):
        def forward(self, x):
            half = x.shape[1] // 2
            return x[:, :half].reshape(x.shape[0], -1) * (half + 1)

    dims = ({0: torch.export.Dim("rows"), 1: 2 * torch.export.Dim("half", min=2, max=500)},)
    made = torch.export.export(Halves(), (torch.ones(3, 8),), dynamic_shapes=dims)
    torch.export.save(made, tmp_path / "m.pt2")
    (y,) = load(tmp_path / "m.pt2").run({"x": torch.ones(5, 12).numpy()}).values()
    assert y.shape == (5, 6)
    assert (y == 7).all()


def test_script_that_writes_files(tmp_path, load):
    class Writes(torch.nn.Module):
        def forward(self, x):
            torch.save(x, "harm")
            return x

    try:
        made = torch.jit.script(Writes())
    except RuntimeError:
        pytest.skip("this torch compiles no torch.save")
    made.save(tmp_path / "m.pt")
    with pytest.raises(UntrustedError, match="its code calls"):
        load(tmp_path / "m.pt")


def test_script_that_maps_files(tmp_path, load):
    class Reads(torch.nn.Module):
        def forward(self, x):
            return x + torch.from_file("/etc/passwd", False, 3)

    models.torch.jit.script(Reads()).save(tmp_path / "m.pt")
    with pytest.raises(UntrustedError, match="its code calls 'torch.from_file'"):
        load(tmp_path / "m.pt")


@pytest.mark.parametrize("kept", [0, 1, 100, 0.5, 0.9])
def test_a_file_that_ends_too_early(path, load, kept):
    data = path.read_bytes()
    path.write_bytes(data[: int(kept * len(data)) if kept < 1 else kept])
    with pytest.raises(IntegrityError):
        load(path)


def test_a_record_that_is_damaged(path, load):
    models.edited(path, lambda n, d: b"{" if n.startswith("models/") else d)
    with pytest.raises(IntegrityError, match="is no JSON"):
        load(path)
    models.edited(path, lambda n, d: b"{}" if n.startswith("models/") else d)
    with pytest.raises(IntegrityError, match="is refused by torch"):
        load(path)


def test_a_file_that_is_not_there(tmp_path, load):
    with pytest.raises(NotFoundError, match="cannot read"):
        load(tmp_path / "none.pt2")


@pytest.mark.parametrize("threads", [0, -1, 1.5, "2", True])
def test_a_number_of_threads_that_makes_no_sense(path, load, threads):
    with pytest.raises(UsageError, match="'threads' must be a whole number above 0, got"):
        load(path, threads=threads)


@pytest.mark.parametrize("device", ["", "gpu", "CPU", "cuda:", "cuda:x", "cpu:0", "meta"])
def test_a_device_that_nobody_knows(path, load, device):
    with pytest.raises(UsageError, match="choose one of cpu"):
        load(path, device=device)


@pytest.mark.parametrize("device", ["cuda:99", "mps"])
def test_a_device_that_is_not_here_is_never_the_cpu(path, load, device):
    if device == "mps" and torch.backends.mps.is_available():
        pytest.skip("this machine has mps")
    with pytest.raises(MissingDependencyError, match="is not here: torch"):
        load(path, device=device)


def test_torch_that_is_not_installed(path, load, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingDependencyError, match="not installed; run: pip install torch"):
        load(path)
