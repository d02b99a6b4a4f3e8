"""The commands for the features beside a model: allow a pickle, write features, convert."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from audioml.core.cli.output import say
from audioml.core.errors import UsageError
from audioml.core.files import shown

__all__ = ["allow", "convert", "export_features"]

_FILE = click.Path(path_type=Path)


def _option(name: str, **said: Any) -> Callable[[Any], Any]:
    """Return an option that may be spelled with dashes or, as SONYC's own, with underscores."""
    spelled = dict.fromkeys((f"--{name}", f"--{name.replace('-', '_')}"))
    return click.option(*spelled, name.replace("-", "_"), show_default=True, **said)


@click.command()
@click.argument("files", nargs=-1, type=_FILE)
@click.option("--revoke", is_flag=True, help="Take the permission back.")
def allow(*, files: tuple[Path, ...], revoke: bool) -> None:
    """Allow pickles to be loaded, which runs the code that is in them.

    The permission holds for a file at its place with its present content. Allow what you made
    yourself, or what comes from someone whose programs you would run.
    """
    from ..pickled.allowed import pins

    if not files:
        raise UsageError("no file is named: audioml edge allow X.pkl")
    trust = pins()
    for file in files:
        if revoke:
            known = trust.revoke(file)
            click.echo(f"{shown(file)}: {'no longer allowed' if known else 'was not allowed'}")
        else:
            click.echo(f"{trust.allow(file)}  {shown(file)}")
    if not revoke:
        say("their code may now run as you, until the files change; take it back with --revoke")


@click.command("export-features")
@click.argument("out", type=_FILE)
@_option("duration", type=float, default=1.0, help="Seconds of a window.")
@_option("hop-size", type=float, default=0.1, help="Seconds from one window to the next.")
@_option("target-sr", type=int, default=8000, help="Hz.")
@_option("n-fft", type=int, default=1024, help="Samples of a transform.")
@_option("n-mels", type=int, default=64, help="Number of mel filters.")
@_option("mel-hop-len", type=int, default=160, help="Samples from one frame to the next.")
@_option("fmax", default="None", help="Hz where the filters end; None: half the rate.")
@click.option("--force", is_flag=True, help="Replace OUT if it is there.")
def export_features(*, out: Path, fmax: str, **params: Any) -> None:
    """Write the features of SONYC's nodes to OUT: a description (.toml) or a pickle (.pkl).

    It belongs beside a model file of the same name. The description suits every Python; the
    pickle stands alone (numpy, soxr) but suits only the minor version that wrote it.
    """
    from ..pickled.export import export_features as export

    click.echo(shown(export(out, fmax=_hz(fmax), **params)))
    if out.suffix == ".pkl":
        say(f"to use it here, run: audioml edge allow {shown(out)}")


def _hz(text: str) -> float | None:
    if text.lower() == "none":
        return None
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"'--fmax' must be a number of Hz or None, got {text!r}") from None


@click.command()
@click.argument("pickle", type=_FILE)
@click.option("--force", is_flag=True, help="Replace the description if it is there.")
def convert(*, pickle: Path, force: bool) -> None:
    """Write the description X.toml that does what X.pkl does, if there is one.

    Both are tried with noise, chirps and tones of several lengths. The pickle must have been
    allowed.
    """
    from ..pickled.convert import convert as converted

    found = converted(pickle, force=force)
    click.echo(shown(found.path))
    say(f"it differs from the pickle by {found.difference:.1e} dB at {found.features.rate} Hz")
    if found.resampled is not None:
        say(f"and by {found.resampled:.2g} dB for audio of 48 kHz, which each resamples its way")
