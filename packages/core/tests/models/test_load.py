from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from audioml.core import Audio, load
from audioml.core.errors import (
    IntegrityError,
    ManifestError,
    MissingDependencyError,
    NotFoundError,
    PluginError,
    UsageError,
)
from audioml.core.models import golden
from audioml.core.models.manifest import Manifest
from audioml.core.store import Store


def loud(model) -> list[float]:
    samples = np.zeros(2000, np.float32)
    samples[1600] = 0.5
    return model.predict(Audio(samples, 1000))["loud"].intervals[:, 0].tolist()


def test_a_folder_loads_and_its_answers_name_it(tiny, tmp_path) -> None:
    model = load(tiny.write_folder(tmp_path / "m"))
    assert loud(model) == [1.5]
    source = model.predict(Audio(np.zeros(500), 1000))["level"].source
    assert (source.name, source.version) == ("tiny-loud", "1.0")
    assert source.weights == model.spec.weights != ""


def test_names_versions_and_tasks_lead_to_the_store(tiny, tmp_path) -> None:
    store = Store()
    for version in ("0.9", "0.10"):
        store.add(tiny.write_folder(tmp_path / version, version=version))
    assert load("tiny-loud").spec.version == "0.10"
    assert load("tiny-loud@0.9").spec.version == "0.9"
    with pytest.raises(NotFoundError, match="there is: peak, tiny-loud"):
        load("tiny-loud@2")
    assert load("peak").spec.name == "peak"


def test_a_variant_changes_the_stages(tiny, tmp_path) -> None:
    folder = tiny.write_folder(tmp_path)
    assert loud(load(folder, variant="deaf")) == []
    with pytest.raises(ManifestError, match="no variant 'crema'"):
        load(folder, variant="crema")
    with pytest.raises(UsageError, match="'peak' has no variant"):
        load("peak", variant="crema")


def test_a_file_that_changed_is_refused(tiny, tmp_path) -> None:
    folder = tiny.write_folder(tmp_path)
    load(folder)
    (folder / "gain.json").write_text('{"gain": 3.0}')
    with pytest.raises(IntegrityError, match="is not the file that model.json describes"):
        load(folder)
    (folder / "gain.json").unlink()
    with pytest.raises(IntegrityError, match="is missing"):
        load(folder)


def test_a_model_that_answers_otherwise_fails_its_self_test(tiny, tmp_path) -> None:
    folder = tiny.write_folder(tmp_path / "a")
    made = golden.make(load(folder))
    assert load(tiny.write_folder(tmp_path / "b", golden=made))
    shifted = {name: [v + 0.01 for v in values] for name, values in made.expected.items()}
    with pytest.raises(IntegrityError, match="output 'level' is off by 0.01"):
        load(tiny.write_folder(tmp_path / "c", golden=replace(made, expected=shifted)))


def test_checks_run_once_and_again_after_a_change(tiny, tmp_path, monkeypatch) -> None:
    folder = tiny.write_folder(tmp_path, golden=golden.Golden(0, {}, 1.0))
    calls = []
    monkeypatch.setattr(golden, "check", lambda *args: calls.append(args))
    load(folder)
    load(folder)
    assert len(calls) == 1
    (folder / "gain.json").touch()
    load(folder)
    assert len(calls) == 2


def test_a_runtime_that_is_missing_is_said_with_the_reason(tiny, tmp_path) -> None:
    folder = tiny.write_folder(tmp_path)
    text = (folder / "model.json").read_text().replace('"backend": "gain"', '"backend": "warp"')
    (folder / "model.json").write_text(text)
    with pytest.raises(MissingDependencyError, match="backend 'warp'"):
        load(folder)


def test_a_folder_without_a_manifest_is_no_model(tiny, tmp_path) -> None:
    with pytest.raises(NotFoundError, match="it has no model.json"):
        load(tmp_path)
    with pytest.raises(NotFoundError, match="no model is called 'nothing'"):
        load("nothing")


def test_a_decoder_that_returns_nonsense_is_named(tiny, tmp_path) -> None:
    model = load(tiny.write_folder(tmp_path))
    broken = replace(model, decoder=lambda outputs, *, starts, end: {"loud": 1})
    with pytest.raises(PluginError, match="decoder of 'tiny-loud' must return a Prediction"):
        broken.predict(Audio(np.zeros(500), 1000))


def test_the_model_of_a_read_only_store_still_loads(tiny, tmp_path, monkeypatch) -> None:
    folder = tiny.write_folder(tmp_path / "m")
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("AUDIOML_HOME", str(tmp_path / "file" / "below"))
    assert loud(load(folder)) == [1.5]


def test_the_manifest_of_a_folder_is_readable_by_itself(tiny, tmp_path) -> None:
    about = Manifest.read(tiny.write_folder(tmp_path))
    assert about.spec.rate == 1000
