from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

import numpy as np
import soundfile

from audioml.core.formats.sv import SV
from audioml.core.values import Annotation, Prediction


def tree(analysis):
    return ET.fromstring(SV.encode(analysis))


def points(root, model):
    return [dict(p.attrib) for p in root.find(f"./data/dataset[@id='{model}']")]


def test_every_layer_shows_a_model_whose_data_set_follows_it(song):
    root = tree(song)
    children = list(root.find("data"))
    for model, data in zip(children[::2], children[1::2], strict=True):
        assert (model.tag, data.tag) == ("model", "dataset")
        assert model.get("dataset") == data.get("id")
        assert model.get("dimensions") == data.get("dimensions")
    layers = root.findall("./display/layer")
    assert [(layer.get("type"), layer.get("model")) for layer in layers] == [
        ("regions", "0"),
        ("timeinstants", "1"),
        ("regions", "2"),
        ("timeinstants", "3"),
        ("notes", "4"),
        ("regions", "5"),
    ]


def test_regions_notes_and_instants_count_in_samples(song):
    root = tree(song)
    region = {"frame": "66150", "value": "1", "duration": "33075", "label": "A#:min7/b3"}
    assert points(root, 0)[1] == region
    assert points(root, 1)[1] == {"frame": "26460", "label": "2"}
    note = {
        "frame": "22050",
        "value": "60.0",
        "duration": "22050",
        "level": "0.5039",
        "label": "C4",
    }
    assert points(root, 4)[0] == note


def test_levels_are_velocities_whatever_their_scale(piano):
    levels = [p["level"] for p in points(tree(piano), 0)]
    assert levels == ["0.5039", "0.7874", "0.007874"]
    notes = replace(piano["notes"]["notes"], attributes={"velocity": np.array([0.5, 1.0, 0.25])})
    soft = replace(piano, predictions={"notes": Prediction({"notes": notes})})
    assert [p["level"] for p in points(tree(soft), 0)] == ["0.5039", "1", "0.252"]


def test_the_pedal_is_a_layer_of_regions(piano):
    root = tree(piano)
    assert [x.get("type") for x in root.findall("./display/layer")] == ["notes", "regions"]
    press = {"frame": "11025", "value": "0", "duration": "66150", "label": "pedal"}
    assert points(root, 1)[0] == press


def test_the_rate_is_that_of_the_recording(song, tmp_path):
    path = tmp_path / "song.wav"
    soundfile.write(path, np.zeros(800), 8000)
    root = tree(replace(song, recording=replace(song.recording, path=path)))
    assert root.find("./data/model").get("sampleRate") == "8000"
    assert points(root, 0)[1]["frame"] == "12000"


def test_hostile_labels_stay_text(song):
    hostile = '"/><script>\x00\ud800 &'
    annotation = Annotation("tag_open", np.array([[0.0, 1.0]]), [hostile])
    root = tree(replace(song, predictions={"<e>": Prediction({'"a"': annotation})}))
    assert points(root, 0)[0]["label"] == '"/><script> &'
