import pytest
from click.testing import CliRunner
from train_sounds import RATE, write_song, write_wav

from audioml.core.errors import NotFoundError, UsageError
from audioml.train.data import Prepared
from audioml.train.data.cli import prepare


def call(*arguments):
    result = CliRunner().invoke(prepare, [str(a) for a in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result


@pytest.fixture
def source(tmp_path):
    write_song(tmp_path / "in", "song", seconds=6, ending=".midi")
    return tmp_path / "in"


@pytest.mark.parametrize("form", ["overrides", "options", "group"])
def test_settings_are_overrides_or_options(source, tmp_path, form):
    corpus = tmp_path / "corpus"
    given = {"source_path": source, "destination_path": corpus, "sample_rate": RATE, "workers": 1}
    given |= {"split": "[0, 0, 1]"}
    forms = {
        "overrides": [f"{k}={v}" for k, v in given.items()],
        "options": [p for k, v in given.items() for p in (f"--{k.replace('_', '-')}", v)],
        "group": [f"data.{k}={v}" for k, v in given.items()],
    }
    result = call(*forms[form])
    assert "test: 1 recordings of 1 groups" in result.stderr
    prepared = Prepared.open(corpus)
    assert (prepared.rate, prepared.corpus.column("split")) == (RATE, ["test"])
    assert len(prepared.labels(0).notes) > 5


def test_a_known_set_and_a_file_of_settings_can_be_named(tmp_path):
    write_wav(tmp_path / "in/dog/1.wav")
    usual = [f"source_path={tmp_path / 'in'}", "workers=1"]
    call("data=folders", *usual, f"destination_path={tmp_path / 'a'}")
    assert Prepared.open(tmp_path / "a").classes == ("dog",)
    (tmp_path / "mine.yaml").write_text(
        "_target_: preprocess\nparser: folders\nlabel_ext: null\nsample_rate: 4000\n"
    )
    call(f"data={tmp_path / 'mine.yaml'}", *usual, f"destination_path={tmp_path / 'b'}")
    assert Prepared.open(tmp_path / "b").rate == 4000


def test_the_known_sets_are_listed_and_all_sound(source):
    from audioml.train.data.cli import _of_set
    from audioml.train.data.settings import Settings

    names = call("data=list").stdout.split()
    assert {"maestro", "maps", "guitarset", "folders", "table", "unlabelled"} <= set(names)
    for name in names:
        Settings.of({"source_path": source, **_of_set(name)})


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        (["source_path"], UsageError, "expected KEY=VALUE, got 'source_path'"),
        (["source_paht=x"], UsageError, "did you mean 'source_path'"),
        ([], UsageError, "source_path=FOLDER"),
        (["data=maestr", "source_path=x"], NotFoundError, "there is no data set maestr; there is"),
        (["source_path=x", "split=[1"], UsageError, "the value of 'split' cannot be read"),
        (["source_path=x", "engine=sparc"], NotFoundError, "engine 'sparc'"),
        (["source_path=x", "master=spark://host:7077"], UsageError, "name it, such as engine="),
        (["source_path=x", "engine=local", "--master", "spark://host:7077"], UsageError, "'local'"),
    ],
)
def test_slips_are_told_in_one_sentence(arguments, error, sentence):
    with pytest.raises(error, match=sentence):
        call(*arguments)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["spark", "ray"])
def test_an_engine_by_name_makes_the_same_corpus(source, tmp_path, engine):
    pytest.importorskip("pyspark" if engine == "spark" else "ray", reason=f"no {engine} here")
    write_song(source, "another", seconds=5, ending=".midi")
    usual = [f"source_path={source}", "workers=2", f"sample_rate={RATE}"]
    call(*usual, f"destination_path={tmp_path / 'here'}", "engine=local")
    call(*usual, f"destination_path={tmp_path / 'there'}", "--engine", engine)
    for name in ("manifest.parquet", "shard-00000.npy", "labels/notes.npy"):
        assert (tmp_path / "there" / name).read_bytes() == (tmp_path / "here" / name).read_bytes()
