from __future__ import annotations

import zipfile
from dataclasses import replace

import numpy as np
import pytest

from audioml.core.errors import UsageError
from audioml.core.values import Frames, Prediction
from audioml.edge.sinks import zipped
from audioml.edge.sinks.npz import Npz, arrays
from audioml.edge.sinks.zipped import write_npz


@pytest.fixture
def written(tmp_path, result):
    path = tmp_path / "a.part"
    Npz(folder=tmp_path).write(result, path)
    with np.load(path, allow_pickle=False) as found:
        return dict(found)


def test_the_embedding_is_as_the_original_has_it(written, result) -> None:
    first = result.prediction["l3"].values
    assert written["embedding"].dtype == np.float32
    np.testing.assert_array_equal(written["embedding"], first.astype(np.float32)[:, None, :])
    assert written["scores"].shape == (5, 1, 2)
    np.testing.assert_array_equal(written["scores"][:, 0], result.prediction["scores"].values)


def test_what_belongs_to_it_is_there(written, result) -> None:
    np.testing.assert_array_equal(written["times"], result.starts)
    assert written["times"].dtype == np.float64
    texts = {n: a.tolist() for n, a in written.items() if a.dtype.kind == "U"}
    assert texts == {
        "labels": ["dog", "möwe"],
        "model": ["l3", "1"],
        "model_sha256": "ab" * 32,
        "status": "truncated",
        "flags": ["silent", "short"],
        "name": "sub/ä.wav",
    }
    numbers = {name: written[name].item() for name in ("hop", "rate", "duration")}
    assert numbers == {"hop": 0.1, "rate": 48000, "duration": 1.5}


def test_the_same_result_gives_the_same_bytes_of_a_sound_archive(tmp_path, result) -> None:
    for name in ("a", "b"):
        Npz(folder=tmp_path).write(result, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    with zipfile.ZipFile(tmp_path / "a") as archive:
        assert archive.testzip() is None
        assert archive.namelist()[0] == "embedding.npy"
        assert {m.date_time[0] for m in archive.infolist()} == {1980}


def test_heads_of_any_name_and_form(result) -> None:
    heads = {
        "a": Frames(np.zeros(3), 1.0),
        "embedding": Frames(np.zeros((3, 2)), 1.0),
        "times": Frames(np.zeros((3, 2, 4)), 1.0),
    }
    found = arrays(replace(result, prediction=Prediction(heads)))
    shapes = {n: a.shape for n, a in found.items() if n in {"embedding", "embedding_", "times_"}}
    assert shapes == {"embedding": (3, 1, 1), "embedding_": (3, 1, 2), "times_": (3, 1, 2, 4)}
    assert found["labels"].shape == (0,)
    assert arrays(replace(result, prediction=Prediction()))["embedding"].shape == (0, 1, 0)


def test_any_array_is_read_as_numpy_wrote_it(tmp_path, monkeypatch) -> None:
    given = {
        "fortran": np.asfortranarray(np.arange(12).reshape(3, 4)),
        "strided": np.arange(20.0)[::3],
        "big endian": np.arange(3, dtype=">f4"),
        "ä/empty": np.zeros((0, 1, 7), np.float32),
        "zero": np.array(1.5),
        "bool": np.array([True, False]),
        "text": np.array(["", "\udce9", "x" * 300]),
        "long": np.zeros((1,) * 30),
    }
    for limit in (zipped._LARGE, 0):  # above, numpy writes the file
        monkeypatch.setattr(zipped, "_LARGE", limit)
        write_npz(tmp_path / "x", given)
        with np.load(tmp_path / "x", allow_pickle=False) as found:
            assert list(found) == list(given)
            for name, array in given.items():
                assert found[name].dtype == array.dtype
                np.testing.assert_array_equal(found[name], array, strict=True)


def test_a_full_disk_is_an_oserror(result, tmp_path) -> None:
    with pytest.raises(OSError):
        Npz(folder=tmp_path).write(result, tmp_path / "no" / "where")


def test_a_place_of_its_own_is_refused(tmp_path) -> None:
    with pytest.raises(UsageError, match="use --output, not npz:out"):
        Npz("out", folder=tmp_path)
