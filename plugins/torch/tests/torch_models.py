"""Small networks, as the files that are loaded."""

from __future__ import annotations

import json
import warnings
import zipfile

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")


class Dense(torch.nn.Module):
    """``x @ kernel + bias``, and its sum where asked for."""

    def __init__(self, kernel, bias, *, heads=False):
        super().__init__()
        self.kernel, self.bias = torch.nn.Parameter(kernel), torch.nn.Parameter(bias)
        self.heads = heads

    def forward(self, x):
        y = x @ self.kernel + self.bias
        return {"y": y, "sum": y.sum(-1, keepdim=True)} if self.heads else y


class Pair(torch.nn.Module):
    def forward(self, a, b):
        return a + b, a * b


def program(path, network, *example, batch=True, extra=None):
    dims = [{0: torch.export.Dim("rows")} if batch else None for _ in example]
    made = torch.export.export(network.eval(), example, dynamic_shapes=tuple(dims))
    torch.export.save(made, path, extra_files=extra)
    return path


def script(path, network, *example, extra=None):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = torch.jit.trace(network.eval(), example, strict=False)
        torch.jit.save(made, path, _extra_files=extra)
    return path


def edited(path, change):
    """Rewrite the records of an archive: ``change(name, data)`` returns the new bytes."""
    with zipfile.ZipFile(path) as archive:
        records = [(info, archive.read(info)) for info in archive.infolist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for info, data in records:
            archive.writestr(info.filename, change(info.filename.partition("/")[2], data))
    return path


def described(path, change):
    """Rewrite the graph of a program, given as objects."""

    def rewrite(name, data):
        if not name.startswith("models/"):
            return data
        found = json.loads(data)
        change(found)
        return json.dumps(found).encode()

    return edited(path, rewrite)
