"""The commands, from the outside."""

from __future__ import annotations

import io
import json
import os
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from edge_tiny import age, write_model, write_wav


@pytest.fixture
def edge(tiny_station, audioml_cli):
    return lambda *arguments: audioml_cli("edge", *map(str, arguments))


def test_a_folder_is_analysed_once(edge, folder, tmp_path, tiny_model) -> None:
    age(write_wav(folder / "a.wav", level=0.2), write_wav(folder / "b c.wav", level=0.8))
    done = edge("watch", folder, "-m", tiny_model, "--once", "--to", "npz", "--to", "stdout")
    assert done.code == 0, done.err
    records = [json.loads(line) for line in done.out.splitlines()]
    assert [r["kind"] for r in records].count("file") == 2
    peaks = {r["name"]: r["peaks"]["peak"] for r in records if r["kind"] == "file"}
    assert peaks == pytest.approx({"a.wav": 0.2, "b c.wav": 0.8}, abs=0.01)
    windows = [r for r in records if r["kind"] == "window" and r["name"] == "a.wav"]
    assert [(w["t_start"], w["t_end"]) for w in windows] == [(0, 0.5), (0.25, 0.75), (0.5, 1.0)]
    with np.load(tmp_path / "street-results" / "b c.npz") as arrays:
        assert arrays["times"].tolist() == [0.0, 0.25, 0.5]
        assert arrays["labels"].tolist() == ["level", "peak"]
    again = edge("watch", folder, "-m", tiny_model, "--once", "--to", "npz", "--to", "stdout")
    assert (again.code, again.out) == (0, "")


def test_a_bad_file_makes_the_exit_code_one(edge, folder, tiny_model) -> None:
    (folder / "bad.wav").write_text("no")
    age(folder / "bad.wav")
    done = edge("watch", folder, "-m", tiny_model, "--once", "--to", "jsonl")
    assert done.code == 1
    assert "bad.wav is given up" in done.err
    status = edge("status", folder)
    assert "1 given up" in status.out
    assert "failed    bad.wav (given up)" in status.out
    assert edge("retry", folder).err.strip() == "audioml: 1 to be tried again"
    assert "1 waiting" in edge("status", folder).out
    assert edge("forget", folder, "--file", "bad.wav").code == 0
    assert edge("forget", folder, "--file", "bad.wav").code == 3
    assert json.loads(edge("status", folder, "--json").out)["counts"] == {}


def test_a_configuration_says_it_all(edge, folder, tmp_path, tiny_model) -> None:
    age(write_wav(folder / "a.wav"))
    config = folder / "edge.toml"
    config.write_text(
        f'[model]\nmodel = "{tiny_model}"\n[files]\nafter = "archive"\narchive = "../old"\n'
        '[records]\nrecords = "files"\nthreshold = 0.4\n[[sink]]\nkind = "csv"\n'
    )
    done = edge("watch", "-c", config, "--once")
    assert done.code == 0, done.err
    assert (tmp_path / "old" / "a.wav").exists()
    assert not (folder / "a.wav").exists()
    head, row = (tmp_path / "street-results" / "results.csv").read_text().splitlines()
    assert head.startswith("id,kind,name")
    assert "a.wav" in row
    assert edge("status", "-c", config).code == 0


def test_audio_can_be_deleted_once_it_is_analysed(edge, folder, tiny_model) -> None:
    age(write_wav(folder / "a.wav"))
    assert edge("watch", folder, "-m", tiny_model, "--once", "--after", "delete").code == 0
    assert not list(folder.iterdir())


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["watch"], 2, "name the folder to watch, or a configuration file"),
        (["watch", "none", "-m", "MODEL"], 2, "none does not exist; make it"),
        (["watch", "MODEL", "-m", "MODEL"], 2, "is a file; name the folder to watch"),
        (["watch", "FOLDER"], 2, "name the model: --model"),
        (["watch", "FOLDER", "-m", "none.tiny"], 3, "none.tiny does not exist"),
        (["watch", "FOLDER", "-m", "MODEL", "--to", "nowhere"], 3, "no installed plugin offers"),
        (["watch", "FOLDER", "-m", "MODEL", "--after", "archive"], 2, "needs `archive`"),
        (
            ["watch", "FOLDER", "-m", "MODEL", "--after", "archive", "--archive", "FOLDER/x"],
            2,
            "lies in the folder that is watched",
        ),
        (["status", "FOLDER"], 3, "there is no journal in"),
        (["status"], 2, "name the folder that is watched"),
        (["run", "song.wav", "-m", "MODEL"], 2, "only '-', standard input"),
        (["listen", "unix:", "-m", "MODEL"], 2, "say where: unix:PATH"),
        (["listen", "carrier-pigeon:x", "-m", "MODEL"], 3, "offers the source 'carrier-pigeon'"),
        (["listen", "unix:x", "--public", "-m", "MODEL"], 2, "takes no --public"),
        (["listen", "unix:x", "-m", "MODEL", "--to", "npz"], 2, "npz writes a file for each"),
    ],
)
def test_a_mistake_is_one_sentence(edge, folder, tiny_model, arguments, code, told) -> None:
    places = {"FOLDER": str(folder), "MODEL": str(tiny_model)}
    given = [places.get(a, a.replace("FOLDER", str(folder))) for a in arguments]
    done = edge(*given)
    assert done.code == code
    assert told in done.err
    assert len(done.err.strip().splitlines()) == 1


def test_check_finds_what_is_wrong(edge, folder, tiny_model) -> None:
    good = edge("check", folder, "-m", tiny_model)
    assert good.code == 0, good.out
    assert "times real time" in good.out
    bad = edge("check", folder / "none", "-m", folder / "none.tiny", "--to", "mqtt://")
    assert bad.code == 1
    assert bad.out.count("!!") == 3


def test_init_writes_what_watch_reads_and_does_not_overwrite(edge, tmp_path) -> None:
    config = tmp_path / "edge.toml"
    assert edge("init", config).code == 0
    assert edge("init", config).code == 1
    assert edge("init", config, "--force").code == 0
    assert "name the model" in edge("watch", "-c", config).err


def test_a_unit_is_written_for_a_configuration(edge, folder) -> None:
    config = folder / "my edge.toml"
    config.write_text('[files]\nafter = "delete"\n')
    unit = edge("unit", "-c", config, "--user", "pi").out
    assert f'edge watch -c "{config}"' in unit
    assert "Type=notify" in unit
    assert "User=pi" in unit
    (writable,) = (line for line in unit.splitlines() if line.startswith("ReadWritePaths="))
    assert {f"{folder}-results", str(folder)} <= set(writable.partition("=")[2].split())
    assert (folder.parent / f"{folder.name}-results").is_dir()


def test_a_pipe_is_analysed(edge, folder, tiny_model, monkeypatch) -> None:
    reading, writing = os.pipe()
    os.write(writing, write_wav(folder / "a.wav", seconds=2).read_bytes())
    os.close(writing)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.FileIO(reading)))
    done = edge("run", "-", "-m", tiny_model)
    assert done.code == 0, done.err
    windows = [json.loads(line) for line in done.out.splitlines()]
    assert [w["t_start"] for w in windows] == [i * 0.25 for i in range(7)]


def test_embeddings_are_in_the_records_of_streams_of_models_without_labels(
    edge, folder, tmp_path, tiny_station
) -> None:
    model = write_model(tmp_path / "m")
    text = model.with_suffix(".toml").read_text()
    model.with_suffix(".toml").write_text(text.partition("[decoder]")[0])
    age(write_wav(folder / "a.wav"))
    done = edge("watch", folder, "-m", model, "--once", "--to", "stdout", "--values")
    assert [len(json.loads(line).get("embedding", ())) for line in done.out.splitlines()] == [
        *(0, 2, 2, 2),
    ]


def test_a_pickle_beside_the_model_runs_once_it_is_allowed(
    edge, folder, tmp_path, tiny_model, monkeypatch
) -> None:
    pytest.importorskip("dill", reason="dill is not installed")
    tiny_model.with_suffix(".toml").unlink()
    monkeypatch.chdir(tmp_path)
    assert edge("export-features", "model/level.pkl", "--hop_size", "0.5").code == 0
    age(write_wav(folder / "a.wav", seconds=2))
    refused = edge("watch", "street", "-m", "model/level.tiny", "--once")
    assert refused.code == 1
    allow = f"audioml edge allow {tmp_path}/model/level.pkl"
    assert f"is not allowed; if you trust it, run: {allow}" in refused.err
    assert edge("allow", "model/level.pkl").code == 0
    done = edge("watch", "street", "-m", "model/level.tiny", "--once", "--to", "npz")
    assert done.code == 0, done.err
    with np.load(tmp_path / "street-results" / "a.npz") as arrays:
        assert len(arrays["embedding"]) == 3
        assert arrays["times"].tolist() == [0.0, 0.5, 1.0]
    (tmp_path / "model" / "level.pkl").write_bytes(b"changed")
    assert (
        "has changed since it was allowed" in edge("check", "street", "-m", "model/level.tiny").out
    )


def test_a_parent_process_is_answered_on_stdout_and_hears_nothing_else(
    edge, folder, tiny_model, monkeypatch
) -> None:
    samples = write_wav(folder / "a.wav", seconds=1).read_bytes()[44:]
    form = {"rate": 8000, "width": 2, "channels": 1}
    events = [
        json.dumps({"type": "audio-start", "data": form}).encode() + b"\n",
        json.dumps({"type": "audio-chunk", "data": form, "payload_length": len(samples)}).encode(),
        b"\n" + samples,
        b'{"type": "audio-stop"}\n',
    ]
    reading, writing = os.pipe()
    os.write(writing, b"".join(events))
    os.close(writing)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.FileIO(reading)))
    done = edge("run", "-", "-m", tiny_model)
    assert done.code == 0, done.err
    assert done.out.count('"type": "result"') + done.out.count('"type":"result"') == 3
    assert '"done"' in done.out.splitlines()[-1]
    assert not [line for line in done.out.splitlines() if line.startswith('{"kind"')]


def test_a_self_test_can_be_written_for_a_model(edge, folder, tiny_model) -> None:
    text = edge("check", "--golden", "-m", tiny_model).out
    description = tiny_model.with_suffix(".toml")
    description.write_text(description.read_text() + text)
    assert edge("check", folder, "-m", tiny_model).code == 0
    tiny_model.write_text("1.01")
    assert "self-test of level fails" in edge("check", folder, "-m", tiny_model).out
