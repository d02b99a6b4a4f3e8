from __future__ import annotations

import hashlib

import pytest
from click.testing import CliRunner

from audioml.core.errors import AudiomlError, NotFoundError, UsageError
from audioml.edge.cli.features import allow, convert, export_features
from audioml.edge.pickled import PickledExtractor


def run(command, *arguments: object):
    result = CliRunner().invoke(command, list(map(str, arguments)))
    if isinstance(result.exception, AudiomlError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result


def test_allow_prints_what_was_allowed_and_what_that_means(tmp_path):
    path = tmp_path / "x.pkl"
    run(export_features, path)
    result = run(allow, path)
    assert result.stdout == f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path}\n"
    assert "may now run as you" in result.stderr
    PickledExtractor(path)
    assert "no longer allowed" in run(allow, "--revoke", path).stdout
    assert "was not allowed" in run(allow, "--revoke", path).stdout


def test_allow_wants_a_file(tmp_path):
    with pytest.raises(UsageError, match="no file is named"):
        run(allow)
    with pytest.raises(NotFoundError):
        run(allow, tmp_path / "none.pkl")


@pytest.mark.parametrize("spelled", ["--hop-size", "--hop_size"])
def test_options_are_spelled_either_way(tmp_path, spelled):
    path = tmp_path / "x.toml"
    result = run(export_features, path, f"{spelled}=0.5", "--fmax=None", "--duration=1")
    assert result.stdout == f"{path}\n"
    assert "hop = 0.5" in path.read_text()


def test_fmax_is_hz_or_none(tmp_path):
    run(export_features, tmp_path / "x.toml", "--fmax", "3000")
    assert "fmax = 3000.0" in (tmp_path / "x.toml").read_text()
    with pytest.raises(UsageError, match="number of Hz or None, got 'high'"):
        run(export_features, tmp_path / "y.toml", "--fmax", "high")


def test_convert_says_how_near_it_comes(tmp_path):
    path = tmp_path / "x.pkl"
    run(export_features, path)
    run(allow, path)
    result = run(convert, path)
    assert result.stdout == f"{tmp_path / 'x.toml'}\n"
    assert "dB at 8000 Hz" in result.stderr
    assert "48 kHz" in result.stderr
