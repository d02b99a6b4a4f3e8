import csv
import importlib
import json

import pytest
from train_sounds import RATE, midi, write_wav

from audioml.core.errors import NotFoundError, PluginError, UsageError, ValidationError
from audioml.train.data import Found, Item, Prepared, Problem, Settings, prepare
from audioml.train.data.sources import parse

MAESTRO = [
    ("Frédéric Chopin", "Ballade No. 1", "train", 2004, "2004/a"),
    ("Frédéric Chopin", "Ballade No. 1", "train", 2006, "2006/b"),
    ("Franz Liszt", "Étude", "validation", 2004, "2004/c"),
    ("J. S. Bach", "Fugue, in C", "test", 2009, "2009/d"),
]


def records():
    return [
        {
            "canonical_composer": composer,
            "canonical_title": title,
            "split": split,
            "year": year,
            "midi_filename": f"{path}.midi",
            "audio_filename": f"{path}.wav",
            "duration": 1.0,
        }
        for composer, title, split, year, path in MAESTRO
    ]


def as_csv(rows, path):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


def as_list(rows, path):
    path.write_text(json.dumps(rows), "utf-8")


def as_columns(rows, path):
    columns = {name: {str(i): row[name] for i, row in enumerate(rows)} for name in rows[0]}
    path.write_text(json.dumps(columns), "utf-8")


@pytest.fixture
def maestro(tmp_path):
    root = tmp_path / "maestro"
    for seed, (*_, path) in enumerate(MAESTRO):
        write_wav(root / f"{path}.wav", seed=seed)
        (root / f"{path}.midi").write_bytes(midi([(0.1, 0.5, 60, 80)]))
    return root


def settings(root, **given):
    return Settings(source_path=root, **given)


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("maestro-v1.0.0.csv", as_csv),
        ("maestro-v1.0.0.json", as_list),
        ("maestro-v2.0.0.csv", as_csv),
        ("maestro-v2.0.0.json", as_list),
        ("maestro-v3.0.0.csv", as_csv),
        ("maestro-v3.0.0.json", as_columns),
    ],
)
@pytest.mark.parametrize("named", [True, False])
def test_every_maestro_is_read(maestro, name, write, named):
    write(records(), maestro / name)
    found = parse(settings(maestro, metadata=maestro / name if named else None))
    assert found.problems == ()
    first, *_, last = found.items
    assert (first.name, first.piece) == ("2004/a", "Frédéric Chopin: Ballade No. 1")
    assert (last.artist, last.split, last.facts["year"]) == ("J. S. Bach", "test", "2009")
    assert last.label == maestro / "2009/d.midi"


def test_maestro_becomes_a_corpus_in_its_splits(maestro, tmp_path):
    as_csv(records(), maestro / "maestro-v3.0.0.csv")
    (maestro / "2004/c.wav").unlink()
    report = prepare(source_path=maestro, destination_path=tmp_path / "c", workers=1)
    assert [(p.kind, p.file) for p in report.problems] == [("missing file", "2004/c.wav")]
    assert {f.name: f.split for f in report.files} == {
        "2004/a": "train",
        "2006/b": "train",
        "2009/d": "test",
    }
    row = Prepared.open(tmp_path / "c").corpus.row("2009/d")
    assert (row["fact_composer"], row["group"]) == ("J. S. Bach", "J. S. Bach: Fugue, in C")


def test_maestro_can_be_split_anew_by_composer(maestro, tmp_path):
    as_csv(records(), maestro / "maestro-v3.0.0.csv")
    report = prepare(
        source_path=maestro,
        destination_path=tmp_path / "c",
        split="50/25/25",
        group="artist",
        workers=1,
    )
    splits = {f.name: f.split for f in report.files}
    assert splits["2004/a"] == splits["2006/b"]


@pytest.mark.parametrize("text", ["{}x", "[1, 2]", '[{"split": "train"}]', '{"a": 1}'])
def test_metadata_that_are_not_maestros_are_refused(maestro, text):
    (maestro / "m.json").write_text(text)
    with pytest.raises((ValidationError, NotFoundError)):
        prepare(settings(maestro, metadata=maestro / "m.json", parser="maestro"))


def test_a_folder_is_a_class(tmp_path):
    for path in ("dog/1", "dog/more/2", "cat/1"):
        write_wav(tmp_path / f"in/{path}.wav", seed=len(path))
    found = parse(settings(tmp_path / "in", parser="folders"))
    assert {i.name: i.labels.classes for i in found.items} == {
        "cat/1": ("cat",),
        "dog/1": ("dog",),
        "dog/more/2": ("dog",),
    }
    write_wav(tmp_path / "in/stray.wav")
    with pytest.raises(ValidationError, match=r"stray.wav lies in no folder that could be its cla"):
        parse(settings(tmp_path / "in", parser="folders"))


def test_folders_of_splits_hold_folders_of_classes(tmp_path):
    write_wav(tmp_path / "in/train/dog/1.wav")
    write_wav(tmp_path / "in/test/cat/1.wav")
    found = parse(settings(tmp_path / "in", parser="folders")).items
    assert [(i.split, i.labels.classes) for i in found] == [
        ("test", ("cat",)),
        ("train", ("dog",)),
    ]


def table(tmp_path, text, **given):
    for name in ("a", "b", "c"):
        write_wav(tmp_path / f"in/sounds/{name}.wav", seed=ord(name))
    (tmp_path / "t.csv").write_text(text)
    return parse(settings(tmp_path / "in", metadata=tmp_path / "t.csv", **given))


@pytest.mark.parametrize(
    ("text", "given", "classes", "values"),
    [
        ("file,label\na.wav,dog\nsounds/b.wav,cat\nc,dog\n", {}, ["dog", "cat", "dog"], None),
        ("file,label\na.wav,1\nb.wav,2\nc.wav,1\n", {}, ["1", "2", "1"], None),
        ("file;tags\na.wav;x|y\nb.wav;y\nc.wav;\n", {}, ["x y", "y", ""], None),
        (
            "file,x,y\na.wav,1,0\nb.wav,1,1\nc.wav,0,0\n",
            {"label_column": ("x", "y")},
            ["x", "x y", ""],
            None,
        ),
        ("file,value\na.wav,0.5\nb.wav,1\nc.wav,-2e1\n", {}, None, [(0.5,), (1.0,), (-20.0,)]),
        (
            "file,arousal,valence\na.wav,1,2\nb.wav,3,4\nc.wav,5,6\n",
            {"label_column": ("arousal", "valence")},
            None,
            [(1, 2), (3, 4), (5, 6)],
        ),
        (
            "file,label\na.wav,1\nb.wav,2\nc.wav,3\n",
            {"label_kind": "number"},
            None,
            [(1,), (2,), (3,)],
        ),
    ],
)
def test_a_table_gives_classes_several_classes_or_numbers(tmp_path, text, given, classes, values):
    found = table(tmp_path, text, **given)
    assert found.problems == ()
    if classes is not None:
        assert [" ".join(i.labels.classes) for i in found.items] == classes
    if values is not None:
        assert [i.labels.values for i in found.items] == values


def test_a_table_tells_splits_artists_and_more(tmp_path):
    found = table(
        tmp_path, "file,label,split,artist,year\na.wav,x,dev,me,1999\nb.wav,y,train,,2000\n"
    )
    first, second = found.items
    assert (first.split, first.artist, first.facts) == ("validation", "me", {"year": "1999"})
    assert second.artist is None
    assert found.problems == (
        Problem("audio without labels", "sounds/c.wav", "the table does not name it"),
    )


def test_what_a_table_names_in_vain_is_listed(tmp_path):
    found = table(tmp_path, "file,label\na.wav,x\nb.wav,x\nc.wav,y\nd.wav,y\n")
    assert found.problems == (Problem("missing file", "d.wav", "the table names it"),)


@pytest.mark.parametrize(
    ("text", "given", "sentence"),
    [
        ("label\nx\n", {}, "needs a column of files, such as 'file'; it has label"),
        ("file,label\na.wav,x\n", {"label_column": ("genre",)}, "no column genre; it has file, l"),
        ("file,label\na.wav\n", {}, "row 2 of .* must have 2 cells"),
        ("file,label,split\na.wav,x,later\n", {}, "a split must be one of"),
    ],
)
def test_tables_that_make_no_sense_are_refused(tmp_path, text, given, sentence):
    with pytest.raises((UsageError, ValidationError), match=sentence):
        table(tmp_path, text, **given)


def mine(settings):
    """Find recordings as a user's own parser does."""
    items = [
        Item(name=p.stem, audio=p, piece="all", facts={"size": p.stat().st_size})
        for p in sorted(settings.source_path.glob("*.wav"))
    ]
    return Found(tuple(items), (Problem("missing file", "z.wav", "it is gone"),))


def test_any_function_can_be_the_parser(tmp_path, monkeypatch):
    write_wav(tmp_path / "in/a.wav")
    (tmp_path / "my_parser.py").write_text(
        "from audioml.train.data import Item\n"
        "def read(settings):\n"
        "    return [Item(name='one', audio=settings.source_path / 'a.wav', split='test')]\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    usual = {"source_path": tmp_path / "in", "workers": 1, "sample_rate": RATE}
    named = prepare(destination_path=tmp_path / "1", parser="my_parser:read", **usual)
    assert [(f.name, f.split) for f in named.files] == [("one", "test")]
    called = prepare(destination_path=tmp_path / "2", parser=mine, **usual)
    assert called.problems == (Problem("missing file", "z.wav", "it is gone"),)
    assert Prepared.open(tmp_path / "2").corpus.row(0)["group"] == "all"


def test_a_plugin_may_bring_a_parser(tmp_path, audioml_plugins, monkeypatch):
    write_wav(tmp_path / "in/a.wav")
    (tmp_path / "their_parser.py").write_text(
        "from audioml.core.plugins import Component, hookimpl\n"
        "from audioml.train.data import Item\n"
        "def read(settings):\n"
        "    return [Item(name='one', audio=settings.source_path / 'a.wav')]\n"
        "@hookimpl\n"
        "def components():\n"
        "    yield Component('parser', 'theirs', 'their_parser:read', 'a set of theirs')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    audioml_plugins(theirs=importlib.import_module("their_parser"))
    found = parse(settings(tmp_path / "in", parser="theirs"))
    assert [item.name for item in found.items] == ["one"]
    with pytest.raises(NotFoundError, match="folders, maestro, pairs, table, theirs, and any"):
        parse(settings(tmp_path / "in", parser="their"))


@pytest.mark.parametrize(
    ("parser", "error", "sentence"),
    [
        ("guess", NotFoundError, "there is no parser 'guess'; there is folders, maestro, pairs"),
        ("absent:read", UsageError, "parser 'absent:read' cannot be imported"),
        ("json:__name__", UsageError, "must be a function, got str"),
        (lambda _settings: ["x"], PluginError, "must give Item objects, got str"),
    ],
)
def test_a_parser_that_is_none_is_refused(tmp_path, parser, error, sentence):
    with pytest.raises(error, match=sentence):
        parse(settings(tmp_path, parser=parser))


def test_names_are_given_once(tmp_path):
    twice = [Item(name="x", audio=tmp_path / n) for n in "ab"]
    with pytest.raises(PluginError, match="gives two items the name 'x'"):
        parse(settings(tmp_path, parser=lambda _settings: twice))
