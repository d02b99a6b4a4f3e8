from __future__ import annotations

import pytest

from audioml.core.errors import ManifestError, UsageError
from audioml.core.models.manifest import Manifest, Part, Runtime
from audioml.core.options import Option, checked, from_texts

OPTIONS = {
    "hop": Option("both", 0.96, minimum=0.01, maximum=10.0, step=0.01),
    "top": Option("decoder", 5, minimum=1),
    "pool": Option("decoder", "none", choices=("none", "mean")),
    "loud": Option("decoder", default=False),
}


def test_texts_become_the_type_of_the_default() -> None:
    given = {"hop": "0.5", "top": "3", "pool": "mean", "loud": "yes"}
    assert from_texts(OPTIONS, given, of="m") == {
        "hop": 0.5,
        "top": 3,
        "pool": "mean",
        "loud": True,
    }
    assert checked(OPTIONS, {"hop": 1}, of="m") == {"hop": 1.0}
    assert [o.type for o in OPTIONS.values()] == ["number", "integer", "string", "boolean"]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("hop", "often", "takes a number, got 'often'"),
        ("hop", "1" + "0" * 400, "takes a number"),
        ("hop", "nan", "takes a number, got nan"),
        ("hop", "0", "at least 0.01 and at most 10, got 0.0"),
        ("hop", "0.123", "is a multiple of 0.01, got 0.123"),
        ("top", "1.5", "takes a integer, got '1.5'"),
        ("pool", "max", "is one of none, mean, got 'max'"),
        ("loud", "perhaps", "takes a boolean"),
        ("size", "1", "m has no option 'size' (it has: hop, top, pool, loud)"),
    ],
)
def test_what_does_not_fit_is_told(name, text, said) -> None:
    with pytest.raises(UsageError) as caught:
        from_texts(OPTIONS, {name: text}, of="m")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "wrong", [{"default": None}, {"default": 9, "maximum": 3}, {"default": "a", "minimum": 0}]
)
def test_an_option_that_contradicts_itself_is_refused(wrong) -> None:
    with pytest.raises(ManifestError):
        Option("decoder", **wrong)


def test_options_survive_the_manifest() -> None:
    about = Manifest(
        name="m",
        version="1",
        task="tiny",
        license="MIT",
        extractor=Part("pcm"),
        decoder=Part("windows"),
        runtimes=(Runtime("onnx", "m.onnx"),),
        options=OPTIONS,
    )
    assert Manifest.from_json(about.to_json()).options == OPTIONS
