from __future__ import annotations

import types
from dataclasses import replace
from pathlib import Path

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
from audioml.core.files import sha256
from audioml.core.models import golden
from audioml.core.models.manifest import Manifest
from audioml.core.models.published import Origin, Published
from audioml.core.plugins import Component, hookimpl
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


def test_an_option_changes_a_call_and_not_the_model(tiny, tmp_path) -> None:
    model = load(tiny.write_folder(tmp_path))
    assert model.spec.options["above"].default == 0.25
    deafer = model.configured(above=1)
    assert (loud(deafer), loud(model)) == ([], [1.5])
    assert deafer.session is model.session
    with pytest.raises(UsageError, match=r"option 'above' must be at most 1, got 2"):
        model.configured(above=2)
    with pytest.raises(UsageError, match=r"tiny-loud has no option 'loud' \(it has: above\)"):
        model.configured(loud=True)
    with pytest.raises(UsageError, match="peak has no option 'above'"):
        load("peak").configured(above=1)


def test_a_precision_chooses_the_runtime_and_is_told(tiny, tmp_path) -> None:
    folder = tiny.write_folder(tmp_path)
    half = load(folder, precision="int8")
    assert np.allclose(half.outputs(Audio(np.ones(500), 1000))["level"], 1.0)
    assert (half.spec.precision, load(folder).spec.precision) == ("int8", "float32")
    assert half.spec.weights == sha256(folder / "half.json")
    with pytest.raises(UsageError, match=r"no runtime in 'bf16' \(it has: float32, int8\)"):
        load(folder, precision="bf16")
    with pytest.raises(UsageError, match="'peak' has no precision 'int8'"):
        load("peak", precision="int8")


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
    with pytest.raises(NotFoundError, match="does not exist"):
        load(tmp_path / "nowhere")
    with pytest.raises(NotFoundError, match="no model is called 'nothing'"):
        load("nothing")
    for name, package in (("beat", "librosa"), ("notes", "transcription")):
        with pytest.raises(NotFoundError, match=f"run: pip install audioml-{package}$"):
            load(name)


def test_a_folder_here_does_not_shadow_a_name(tiny, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("peak", "mine"):
        tiny.write_folder(tmp_path / name)
    assert load("peak").spec.name == "peak"
    assert load("./peak").spec.name == "tiny-loud"
    assert load("mine").spec.name == "tiny-loud"


class TestPublished:
    """A plugin that publishes a model, in two versions one after the other."""

    @pytest.fixture
    def publish(self, tiny, tmp_path, audioml_plugins):
        def publish(version):
            source = tmp_path / "weights.bin"
            source.write_bytes(b"w")
            tiny.PUBLISHED = Published(
                name="tiny-loud",
                version=version,
                license="MIT",
                description="tiny",
                origins=(Origin(source.as_uri(), f"sha256:{sha256(source)}"),),
                write=lambda _, folder: tiny.write_folder(folder, version=version),
                task="loud",
            )
            model = Component("model", "tiny-loud", "tiny:PUBLISHED", "tiny", task="loud")
            offer = hookimpl(lambda: [model])
            audioml_plugins(tiny=tiny, more=types.SimpleNamespace(components=offer))

        return publish

    def test_it_is_fetched_on_first_use_by_any_of_its_names(self, publish) -> None:
        publish("1.0")
        assert load("loud").spec.version == "1.0"
        assert load("tiny-loud@1.0").spec.version == "1.0"
        with pytest.raises(NotFoundError, match="no model is called 'tiny-loud@3'"):
            load("tiny-loud@3")

    def test_a_newer_one_is_fetched_when_the_plugin_has_it(self, publish, monkeypatch) -> None:
        publish("1.0")
        load("loud")
        publish("2.0")
        assert load("loud").spec.version == "2.0"
        assert load("tiny-loud@1.0").spec.version == "1.0"

    def test_what_was_imported_goes_before_a_download(self, publish, tiny, tmp_path) -> None:
        Store().add(tiny.write_folder(tmp_path / "own", version="mine"))
        publish("1.0")
        assert load("loud").spec.version == "mine"
        assert load("tiny-loud@1.0").spec.version == "1.0"
        assert load("loud").spec.version == "1.0"  # which is there now

    def test_a_folder_that_lost_its_manifest_is_made_anew(self, publish) -> None:
        publish("1.0")
        load("loud")
        (Store().find("tiny-loud") / "model.json").unlink()
        assert len(list(Store().broken())) == 1
        assert load("loud").spec.version == "1.0"

    def test_again_keeps_the_old_one_until_the_new_one_is_whole(self, publish, tiny) -> None:
        publish("1.0")
        load("loud")
        Path(tiny.PUBLISHED.origins[0].url.removeprefix("file://")).write_bytes(b"changed")
        with pytest.raises(IntegrityError):
            Store().pull(tiny.PUBLISHED, again=True)
        assert load("loud").spec.version == "1.0"


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
