from __future__ import annotations

import pickle
import sys
import types
from pathlib import Path

import pytest

from audioml.core.errors import PluginError
from audioml.edge.pickled.reading import Code, codes, read
from audioml.edge.pickled.versions import THIS, check_python, foreign, recorded, runs_here, trailer

from .conftest import of_source

DATA = Path(__file__).parent / "data"  # the same features, pickled by dill 0.4.1 of each Python
PICKLES = sorted(DATA.glob("python*.pkl"))


@pytest.mark.parametrize("path", PICKLES, ids=lambda path: path.stem)
def test_only_the_pickle_of_this_python_is_taken(path):
    data = path.read_bytes()
    if path.stem == f"python{THIS.replace('.', '')}":
        check_python(data, "x.pkl")
        return
    with pytest.raises(PluginError, match=rf"x\.pkl holds bytecode of .* this Python {THIS};"):
        check_python(data, "x.pkl")


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the guesses are those of Python 3.11")
@pytest.mark.parametrize(
    ("stem", "maker"),
    [("python310", "Python 3.10 or older"), ("python312", "Python 3.12")],
)
def test_the_other_python_is_named_as_far_as_it_shows(stem, maker):
    assert foreign((DATA / f"{stem}.pkl").read_bytes()) == maker


def test_what_a_pickle_says_of_itself_is_believed_first():
    (other,) = [path for path in PICKLES if path.stem == "python310"]
    data = other.read_bytes()
    assert foreign(data + trailer()) is None
    assert foreign(data + b"\n# audioml: python 3.10\n") == "Python 3.10"
    assert recorded(read(data + trailer())) == THIS
    assert recorded(read(data + b"something else")) is None


def test_a_pickle_of_names_alone_suits_every_python():
    assert foreign(pickle.dumps(Path.cwd)) is None


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_bytecode_is_found_in_every_protocol(protocol):
    import dill

    script = types.ModuleType("__main__")
    exec("def f(y, sr):\n    return [y for _ in range(3)], (lambda: sr)", script.__dict__)
    data = dill.dumps(script.f, recurse=True, protocol=protocol)
    assert len(codes(read(data))) >= 2
    assert foreign(data) is None


def test_every_function_of_the_standard_library_is_of_this_python():
    def walk(code: types.CodeType) -> None:
        arguments = 18 if sys.version_info >= (3, 11) else 16
        assert runs_here(Code(code.co_code, len(code.co_consts), arguments)), code
        for constant in code.co_consts:
            if isinstance(constant, types.CodeType):
                walk(constant)

    for module in (types, pickle, __import__("ast"), __import__("asyncio.base_events")):
        path = Path(module.__file__)
        walk(compile(path.read_bytes(), str(path), "exec"))


@pytest.mark.parametrize("data", [b"", b"no pickle", b"\x80\x04N", b"\x80\x04.", b"\x80\x04R."])
def test_what_is_no_pickle_is_refused(data):
    with pytest.raises(PluginError, match=r"^x\.pkl: the file is not a"):
        check_python(data, "x.pkl")


def test_a_truncated_pickle_is_refused():
    data = of_source("def get_features(y, sr, hop_size=None):\n    return y[:, None]")
    with pytest.raises(PluginError):
        foreign(data[: len(data) // 2])
