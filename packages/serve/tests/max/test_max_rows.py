"""How rows are spelled."""

from __future__ import annotations

import json

import numpy as np
import pytest

from audioml.serve.max.rows import spell


@pytest.mark.parametrize("count", [0, 1, 3])
def test_bytes_are_spelled_as_json_spells_floats(count):
    rows = np.arange(count * 128).reshape(count, 128).astype(np.uint8)
    assert spell(rows) == json.dumps(rows.astype(float).tolist()).encode()


def test_every_byte_has_its_number():
    assert json.loads(spell(np.arange(256, dtype=np.uint8)[np.newaxis])) == [list(range(256))]


def test_rows_that_do_not_lie_one_after_the_other_in_memory_are_spelled_alike():
    rows = np.arange(512).reshape(4, 128).astype(np.uint8)[::2, ::-1]
    assert spell(rows) == spell(rows.copy())


def test_other_numbers_are_floats_too():
    assert spell(np.array([[1, 2]], np.int16)) == b"[[1.0, 2.0]]"
    assert spell(np.array([[0.5]], np.float32)) == b"[[0.5]]"
