"""Writes SONYC's features, with other numbers where wanted, as a description or as a pickle."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

from audioml.core.errors import MissingDependencyError, OutputError, UsageError
from audioml.core.features import LogMel
from audioml.core.files import shown, write_bytes

from ..sonyc import sonyc_v1
from .describe import described
from .versions import trailer

__all__ = ["check_free", "export_features", "log_mel", "pickled"]

_SOURCE = Path(__file__).with_name("standalone.py")


def export_features(
    path: Path,
    *,
    duration: float = 1.0,
    hop_size: float = 0.1,
    target_sr: int = 8000,
    n_fft: int = 1024,
    n_mels: int = 64,
    mel_hop_len: int = 160,
    fmax: float | None = None,
    force: bool = False,
) -> Path:
    """Write the features beside a model: what ``X.toml`` describes, or what ``X.pkl`` does.

    Parameters
    ----------
    path
        Ends with ``.toml`` or ``.pkl``. The pickle needs numpy and soxr, and this minor version of
        Python; the description suits every Python.
    duration, hop_size
        Length of a window and from one to the next, in seconds.
    target_sr
        Hz.
    n_fft, mel_hop_len
        Length of the transform and from one frame to the next, in samples.
    n_mels, fmax
        Number of mel filters, and where they end in Hz: at half the rate by default.
    force
        Whether a file that is there is replaced.

    Raises
    ------
    UsageError
        If the file is neither, or the numbers make no features.
    OutputError
        If the file is there already.
    """
    params: dict[str, Any] = {
        "duration": duration,
        "hop_size": hop_size,
        "target_sr": target_sr,
        "n_fft": n_fft,
        "n_mels": n_mels,
        "mel_hop_len": mel_hop_len,
        "fmax": fmax,
    }
    if path.suffix not in (".toml", ".pkl"):
        raise UsageError(f"features are written to a .toml or a .pkl, got {shown(path)}")
    features = log_mel(**params)  # says what is wrong with the numbers
    check_free(path, force=force)
    data = described(features).encode() if path.suffix == ".toml" else pickled(**params)
    write_bytes(path, data)
    return path


def log_mel(
    *,
    duration: float,
    hop_size: float,
    target_sr: int,
    n_fft: int,
    n_mels: int,
    mel_hop_len: int,
    fmax: float | None,
) -> LogMel:
    """Return the features of SONYC's parameters.

    Raises
    ------
    UsageError
        If they make none.
    """
    try:
        return sonyc_v1(
            rate=target_sr,
            window=duration,
            hop=hop_size,
            n_fft=n_fft,
            n_mels=n_mels,
            hop_length=mel_hop_len,
            fmax=fmax,
        )
    except ValueError as error:
        raise UsageError(str(error)) from error


def check_free(path: Path, *, force: bool) -> None:
    """Refuse to replace a file unless that is wanted.

    Raises
    ------
    OutputError
        If the file is there.
    """
    if path.exists() and not force:
        raise OutputError(f"{shown(path)} is there already; replace it with --force")


def pickled(**params: Any) -> bytes:
    """Return a pickle of ``get_features(y, sr, hop_size=None)`` that needs nothing of audioml.

    Raises
    ------
    MissingDependencyError
        If dill is not installed.
    """
    try:
        import dill
    except ImportError:
        raise MissingDependencyError(
            "pickles need dill; run: pip install 'audioml-edge[pickle]'"
        ) from None
    function = functools.partial(_by_value(), **params)
    return bytes(dill.dumps(function, recurse=True)) + trailer()


def _by_value() -> Callable[..., Any]:
    """Return ``get_features`` as if it stood in a script: dill then takes the code along."""
    script = types.ModuleType("__main__")
    code = compile(_SOURCE.read_bytes(), "get_features.py", "exec", dont_inherit=True)
    exec(code, script.__dict__)  # noqa: S102 - our own file, once more under another name
    for made in vars(script).values():
        if isinstance(made, types.FunctionType):
            made.__annotations__ = {}
            made.__doc__ = None
    function: Callable[..., Any] = script.get_features
    return function
