from __future__ import annotations

import importlib.resources
import json

import pytest
import tiny

from audioml.core.errors import ManifestError
from audioml.core.models.manifest import FileEntry, Golden, Manifest, Part, Runtime


def manifest(**fields) -> Manifest:
    good = {
        "name": "tiny",
        "version": "1.0",
        "task": "loud",
        "license": "MIT",
        "rate": 8000,
        "extractor": Part("pcm", {"window": 1.0}),
        "decoder": Part("loud", {"labels": ["a"]}),
        "runtimes": (Runtime("gain", "gain.json"),),
        "files": {"gain.json": FileEntry("0" * 64, 3)},
        "golden": Golden(1, {"level": [0.5]}, 1e-3),
        "variants": {"deaf": {"decoder": {"labels": ["b"]}}},
    }
    return Manifest(**{**good, **fields})


def test_a_manifest_survives_its_file() -> None:
    assert Manifest.from_json(manifest().to_json()) == manifest()


def test_a_builder_stands_instead_of_stages() -> None:
    built = manifest(extractor=None, decoder=None, runtimes=(), builder=Part("own"))
    assert Manifest.from_json(built.to_json()) == built


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "Not A Name"}, "'name' must be"),
        ({"name": None}, "'name' must be text"),
        ({"license": ""}, "licence"),
        ({"schema": 99}, "newer than this audioml reads"),
        ({"schema": None}, "'schema' must be 1"),
        ({"colour": "red"}, "unknown field 'colour'"),
        ({"audio": {"rate": -1}}, "'audio.rate'"),
        ({"audio": {"rate": 8000, "speed": 1}}, "unknown field 'speed'"),
        ({"decoder": None}, "'decoder' must be an object"),
        ({"runtimes": [{"backend": "x"}]}, "'runtimes' is incomplete"),
        ({"files": {"../evil": {"sha256": "0" * 64, "bytes": 1}}}, "inside the model folder"),
        ({"files": {"/etc/passwd": {"sha256": "0" * 64, "bytes": 1}}}, "inside the model folder"),
        ({"files": {"gain.json": {"sha256": "xyz", "bytes": 1}}}, "64 hexadecimal"),
        ({"kind": "toaster"}, "'kind' must be"),
        ({"streaming": "yes"}, "'streaming' must be true or false"),
        ({"schema": 0}, "'schema' must be 1"),
        ({"golden": {"seed": "x", "expected": {}, "tolerance": 1}}, "'golden.seed'"),
        ({"golden": {"seed": 1, "expected": {"a": ["b"]}, "tolerance": 1}}, "must be a number"),
        ({"extractor": {"name": ["x"]}}, "'extractor.name' must be text"),
        ({"extractor": {"name": "x", "params": 3}}, "'extractor.params' must be an object"),
        ({"variants": {"x": 1}}, "'variants.x' must be an object"),
        ({"metrics": {"a": "b"}}, "'metrics.a' must be a number"),
        ({"files": {"f": {"sha256": "0" * 64, "bytes": "many"}}}, "whole number"),
    ],
)
def test_a_wrong_field_is_named(change, said) -> None:
    data = {**json.loads(manifest().to_json()), **change}
    with pytest.raises(ManifestError, match=said):
        Manifest.from_json(json.dumps(data))


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "\udcff".encode("utf-8", "surrogatepass")])
def test_what_is_not_a_manifest_is_refused(text) -> None:
    with pytest.raises(ManifestError):
        Manifest.from_json(text)


def test_a_variant_is_put_over_the_parameters() -> None:
    assert manifest().part("decoder", "deaf").params == {"labels": ["b"]}
    with pytest.raises(ManifestError, match=r"no variant 'x' \(it has: deaf\)"):
        manifest().part("decoder", "x")


def test_the_published_schema_agrees_with_the_parser(tmp_path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    text = (
        importlib.resources.files("audioml.core.models").joinpath("model.schema.json").read_text()
    )
    validator = jsonschema.Draft202012Validator(json.loads(text))
    validator.check_schema(json.loads(text))
    good = json.loads(manifest().to_json())
    validator.validate(good)
    validator.validate(json.loads((tiny.write_folder(tmp_path) / "model.json").read_text()))
    for change in (
        {"name": "No"},
        {"colour": 1},
        {"audio": {"rate": 0}},
        {"builder": {"name": "x"}},
        {"schema": 0},
        {"golden": {"seed": "x", "expected": {}, "tolerance": 1}},
        {"extractor": {"name": "x", "params": 3}},
        {"variants": {"x": 1}},
        {"metrics": {"a": "b"}},
        {"files": {"f": {"sha256": "0" * 64, "bytes": "many"}}},
    ):
        bad = {**good, **change}
        assert not validator.is_valid(bad), change
        with pytest.raises(ManifestError):
            Manifest.from_json(json.dumps(bad))
