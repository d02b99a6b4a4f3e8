"""The numbers of the original, where VGGish with the weights of the reference data is served."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from max_cases import CASES, FLOAT, wav
from max_fakes import running
from max_wire import Case, Part, send
from test_max_replies import original

pytestmark = pytest.mark.parity
CLIPS = ("car-horn", "dog", "piano")


@pytest.fixture(scope="module")
def url():
    folder = os.environ.get("AUDIOML_TEST_VGGISH")
    if not folder:
        pytest.skip("set AUDIOML_TEST_VGGISH to a model folder with the reference data's weights")
    from audioml.serve.service import build
    from audioml.serve.settings import Settings

    service = build(Settings(models=(folder,), preset="max", precision="float32"))
    with running(service.app) as address:
        yield address
    service.close()


@pytest.fixture(params=CLIPS)
def clip(request, reference_data):
    """The path of a recording at 44.1 kHz, and what the original made of it."""
    path = Path(reference_data, "vggish", request.param)
    return path.with_suffix(".wav"), np.load(path.with_suffix(".npz"))


def rows(url, case):
    reply = send(url, case)
    assert reply.status == 200
    return np.array(json.loads(reply.body)["embedding"])


@pytest.mark.parametrize("name", ["one row", "two rows", "stereo", "cut short", "claims 4 GB"])
def test_at_16_khz_every_number_is_the_same(url, name):
    theirs = json.loads(original(name)["body"])["embedding"]
    assert np.array_equal(rows(url, CASES[name]), theirs)


def test_after_the_resampler_every_number_is_the_same(url, clip):
    _, made = clip
    samples = made["resampled16k"].astype("<f4").tobytes()
    ours = rows(url, Case("", parts=(Part(wav(samples, bits=32, kind=FLOAT)),)))
    assert np.array_equal(ours, made["postprocessed"])


def test_with_another_resampler_the_rows_point_the_same_way(url, clip):
    path, made = clip
    theirs = made["postprocessed"].astype(float)
    ours = rows(url, Case("", parts=(Part(path.read_bytes()),)))
    lengths = np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1)
    assert ((ours * theirs).sum(axis=1) / lengths).min() >= 0.99998
    assert np.abs(ours - theirs).max() <= 2
