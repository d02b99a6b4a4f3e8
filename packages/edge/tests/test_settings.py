from __future__ import annotations

import re
import tomllib
from dataclasses import fields

import pytest

from audioml.core.errors import UsageError
from audioml.edge.settings import SECTIONS, Settings, read, template


@pytest.fixture
def config(tmp_path):
    def write(text: str):
        path = tmp_path / "edge.toml"
        path.write_text(text)
        return path

    return write


def test_a_configuration_is_read(config, tmp_path) -> None:
    settings = read(
        config(
            '[model]\nmodel = "m.tflite"\n[files]\nfolder = "street"\nsettle = 3\n'
            '[records.thresholds]\ndog = 0.5\n[[sink]]\nkind = "mqtt"\nto = "mqtt://h"\nqos = 1\n'
        )
    )
    assert settings.model.model == "m.tflite"
    assert settings.files.settle == 3
    assert settings.folder == tmp_path / "street"
    assert settings.output == tmp_path / "street-results"
    assert settings.records.thresholds == {"dog": 0.5}
    assert settings.sinks[0].options == {"qos": 1}


def test_without_a_folder_it_is_that_of_the_configuration(config, tmp_path) -> None:
    assert read(config("")).folder == tmp_path
    with pytest.raises(UsageError, match="name the folder to watch"):
        _ = Settings().folder


def test_every_setting_of_the_template_is_accepted(config) -> None:
    settings = read(config(re.sub(r"^#(?! )", "", template(), flags=re.MULTILINE)))
    assert settings.records == Settings().records
    assert settings.files == Settings().files
    assert [sink.kind for sink in settings.sinks] == ["npz", "jsonl", "mqtt"]
    assert not set(tomllib.loads(template())) - set(SECTIONS)


def test_no_two_sections_share_a_name() -> None:
    names = [field.name for section in SECTIONS.values() for field in fields(section)]
    assert len(names) == len(set(names))


def test_what_is_given_goes_over_what_is_read(config) -> None:
    settings = read(config("[files]\nsettle = 3.0\n")).over({"settle": 5.0, "model": "x"})
    assert (settings.files.settle, settings.model.model) == (5.0, "x")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("files = 3", "'files' is not one of its tables"),
        ("[nothing]\na = 1", "'nothing' is not one of its tables"),
        ("[files]\nsetle = 1", "has no setting 'setle'; it has: folder"),
        ('[files]\nsettle = "long"', "settle must be a number, got 'long'"),
        ("[files]\nrecursive = 1", "recursive must be true or false, got 1"),
        ("[model]\nthreads = true", "threads must be a whole number, got True"),
        ('[files]\norder = "random"', "order is one of oldest, newest; got 'random'"),
        ("[files]\npattern = [1]", "pattern must be a list of text"),
        ('sink = "jsonl"', "sinks are written as"),
        ('[[sink]]\nto = "x"', "has a 'kind'"),
        ("[files", "cannot be read"),
    ],
)
def test_a_mistake_is_told_with_its_place(config, text, told) -> None:
    with pytest.raises(UsageError, match=told) as caught:
        read(config(text))
    assert "edge.toml" in str(caught.value)


def test_marks_of_the_disk_that_make_no_sense_are_refused(config) -> None:
    with pytest.raises(UsageError, match="'low' must not be above 'high', got 0.9 and 0.5"):
        read(config("[disk]\nhigh = 0.5\n"))
    with pytest.raises(UsageError, match="set both"):
        Settings().over({"low": 0.99})


def test_a_configuration_that_is_missing_is_told(tmp_path) -> None:
    with pytest.raises(UsageError, match=r"none.toml cannot be read"):
        read(tmp_path / "none.toml")
