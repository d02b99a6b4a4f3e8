"""``audioml edge check``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .options import settings_from, with_settings

__all__ = ["check"]


@click.command()
@click.argument("folder", required=False)
@with_settings("model", "files", "disk")
def check(folder: str | None, config: Path | None, to: tuple[str, ...], **given: Any) -> int:
    """Find out whether everything is ready: the model, its features, the folders, the clock."""
    from ..readiness import findings

    found = list(findings(settings_from(config, to, {"folder": folder, **given})))
    width = max(len(each.what) for each in found)
    for each in found:
        click.echo(f"{'ok' if each.well else '!!'} {each.what.ljust(width)}  {each.state}")
    return 0 if all(each.well for each in found) else 1
