"""``audioml edge check``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .options import settings_from, with_settings

__all__ = ["check"]


@click.command()
@click.argument("folder", required=False)
@click.option("--golden", is_flag=True, help="Print a self-test for the model's description.")
@with_settings("model", "files", "disk")
def check(
    folder: str | None, config: Path | None, to: tuple[str, ...], *, golden: bool, **given: Any
) -> int:
    """Find out whether everything is ready: the model, its features, the folders, the clock.

    With --golden, print what the model answers here for a test sound, as TOML for the file that
    describes it: wherever the model is loaded then, it must answer the same.
    """
    settings = settings_from(config, to, {"folder": folder, **given})
    if golden:
        from ..parts import estimator, self_test

        click.echo(self_test(estimator(settings)), nl=False)
        return 0
    from ..readiness import findings

    found = list(findings(settings))
    width = max(len(each.what) for each in found)
    for each in found:
        click.echo(f"{'ok' if each.well else '!!'} {each.what.ljust(width)}  {each.state}")
    return 0 if all(each.well for each in found) else 1
