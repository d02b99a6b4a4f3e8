"""A model file with its description beside it."""

from __future__ import annotations

import numpy as np
import pytest

from audioml.core import Audio, load
from audioml.core.errors import IntegrityError, ManifestError, NotFoundError
from audioml.core.files import sha256
from audioml.core.plugins import Component, hookimpl
from audioml.core.stages import TensorSpec

DESCRIPTION = '[extractor]\nname = "pcm"\nparams = {rate = 1000, window = 0.5, hop = 0.25}\n'


class Scaling:
    """A session that multiplies the mean of a row by what the model file says."""

    concurrent = True
    inputs = {"x": TensorSpec((None, None), "float32")}
    outputs = {"y": TensorSpec((None, 2), "float32")}

    def __init__(self, factor: float) -> None:
        self._factor = factor

    def run(self, feeds, /):
        (rows,) = feeds.values()
        mean = np.abs(rows).mean(axis=1) * self._factor
        return {"y": np.stack([mean, -mean], axis=1).astype(np.float32)}


class Backend:
    def load(self, path, /, *, device="cpu", threads=None):
        return Scaling(float(path.read_text()))


class plugin:
    @staticmethod
    @hookimpl
    def components():
        yield Component("backend", "scale", f"{__name__}:Backend", "multiplies")


@pytest.fixture
def write(audioml_plugins, audioml_home, tmp_path, monkeypatch):
    import sys

    from audioml.core import plugin as core

    monkeypatch.setitem(sys.modules, __name__, sys.modules[Backend.__module__])
    audioml_plugins(core=core, scale=plugin)

    def write(text: str = DESCRIPTION, *, name: str = "Loud One.scale", factor: str = "2"):
        path = tmp_path / name
        path.write_text(factor)
        if text:
            path.with_suffix(".toml").write_text(text)
        return path

    return write


def ones(seconds: float = 1.0) -> Audio:
    return Audio(np.ones(int(seconds * 1000), np.float32), 1000)


def test_what_is_left_out_follows_from_the_file(write) -> None:
    model = load(write())
    assert model.spec.name == "loud-one"
    assert model.spec.weights == sha256(write())
    assert model.spec.streaming
    assert model.spec.batching == "rows"
    prediction = model.predict(ones())
    frames = prediction["embedding"]
    assert frames.values.tolist() == [[2.0, -2.0]] * 3
    assert (frames.hop, frames.start) == (0.25, 0.0)


def test_labels_make_scores_of_it(write) -> None:
    text = DESCRIPTION + '[decoder]\nparams = {labels = ["a", "b"], activation = "sigmoid"}\n'
    frames = load(write(text)).predict(ones())["scores"]
    assert frames.labels == ("a", "b")
    np.testing.assert_allclose(frames.values[0], 1 / (1 + np.exp([-2.0, 2.0])), rtol=1e-6)


def test_softmax_shares_sum_to_one_for_any_logits(write) -> None:
    text = DESCRIPTION + '[decoder]\nparams = {labels = ["a", "b"], activation = "softmax"}\n'
    values = load(write(text, factor="1e6")).predict(ones())["scores"].values
    assert np.isfinite(values).all()
    np.testing.assert_allclose(values.sum(axis=1), 1.0)


def test_a_self_test_is_kept(write) -> None:
    text = DESCRIPTION + "[golden]\nseed = 0\ntolerance = 1e-3\nexpected.y = [1.0, 2.0]\n"
    with pytest.raises(IntegrityError, match="self-test of loud-one fails"):
        load(write(text))


def test_a_hash_is_kept(write) -> None:
    digest = sha256(write())
    text = DESCRIPTION + f'[files."Loud One.scale"]\nsha256 = "{digest}"\n'
    load(write(text))
    with pytest.raises(IntegrityError, match="is not the file that was described"):
        load(write(text, factor="3"))


def test_a_description_that_changes_is_read_anew(write) -> None:
    assert "embedding" in load(write()).predict(ones())
    text = DESCRIPTION + '[decoder]\nparams.names = {y = "loudness"}\n'
    assert list(load(write(text)).predict(ones())) == ["loudness"]


@pytest.mark.parametrize(
    ("text", "error", "told"),
    [
        ("", NotFoundError, "nothing tells the features"),
        ("x = ", ManifestError, "cannot be read"),
        ("task = 'x'", ManifestError, "names no features"),
        ("extractor = 'pcm'", ManifestError, "names no features"),
        ('[extractor]\nname = "none"', NotFoundError, "offers the extractor 'none'"),
        ('[extractor]\nname = "pcm"\nparams = {size = 1}', ManifestError, "takes other params"),
        (DESCRIPTION + "surprise = 1\n[x]\n", ManifestError, "unknown field"),
        ("labels = ['a']\n" + DESCRIPTION, ManifestError, "unknown field 'labels'"),
    ],
)
def test_a_description_with_a_mistake_is_told(write, text, error, told) -> None:
    with pytest.raises(error, match=told):
        load(write(text))


def test_a_file_that_nothing_runs_is_told(write, tmp_path) -> None:
    write()
    path = tmp_path / "model.tflite"
    path.write_text("1")
    with pytest.raises(NotFoundError, match="no installed backend runs .tflite.*audioml-tflite"):
        load(path)


def test_a_chain_feeds_each_model_with_what_the_last_one_gave(write, tmp_path) -> None:
    write("", name="one.scale", factor="2")
    write("", name="two.scale", factor="10")
    chain = write(name="both.chain", factor="")
    chain.write_text(
        '[[step]]\nname = "first"\nfile = "one.scale"\n'
        '[[step]]\nname = "then"\nfile = "two.scale"\n'
    )
    prediction = load(chain).predict(ones())
    assert prediction["first"].values[0].tolist() == [2.0, -2.0]
    assert prediction["then"].values[0].tolist() == [20.0, -20.0]
    before = load(chain).spec.weights
    write("", name="two.scale", factor="20")
    assert load(chain).spec.weights != before


@pytest.mark.parametrize(
    ("text", "error", "told"),
    [
        ("", ManifestError, r"expected one \[\[step\]\]"),
        ("step = 1", ManifestError, r"expected one \[\[step\]\]"),
        ('[[step]]\nfile = "one.scale"', ManifestError, "a step has 'name' and 'file'"),
        ('[[step]]\nname = "a"\nfile = "none.scale"', NotFoundError, "none.scale does not exist"),
        ('[[step]]\nname = "a"\nfile = "../x.scale"', ManifestError, "inside the folder"),
        ('[[step]]\nname = "a"\nfile = "/x.scale"', ManifestError, "inside the folder"),
        (
            '[[step]]\nname = "a"\nfile = "one.scale"\n[[step]]\nname = "a"\nfile = "one.scale"',
            ManifestError,
            "two steps bear one name",
        ),
    ],
)
def test_a_chain_with_a_mistake_is_told(write, text, error, told) -> None:
    write("", name="one.scale")
    chain = write(name="both.chain")
    chain.write_text(text)
    with pytest.raises(error, match=told):
        load(chain)
