"""``audioml plugins``: what is installed, what it offers, and what is broken."""

from __future__ import annotations

from typing import Annotated

import typer

from ..plugins import KINDS, BrokenPlugin, Plugin, registry
from .output import table

__all__ = ["app"]

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    help="Show the plugins and what they offer.",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def plugins(context: typer.Context) -> None:
    """Show the plugins and what they offer."""
    if context.invoked_subcommand is None:
        list_()


@app.command("list")
def list_(
    kind: Annotated[str | None, typer.Option(help=f"One of: {', '.join(KINDS)}.")] = None,
) -> None:
    """List plugins and their components; broken ones with the reason."""
    found = registry()
    for plugin in found.plugins:
        components = [c for c in plugin.components if kind in (None, c.kind)]
        if not components:
            continue
        typer.echo(_heading(plugin))
        rows = [["  " + c.kind, c.name, c.summary + _missing(c.missing)] for c in components]
        typer.echo(table(["  kind", "name", "what it is"], rows) + "\n")
    for broken in found.broken:
        typer.echo(f"{_heading(broken)}: BROKEN\n  {broken.reason}\n")


@app.command()
def why(name: Annotated[str, typer.Argument(help="The plugin's name.")]) -> None:
    """Show where a broken plugin fails."""
    from ..errors import NotFoundError

    for broken in registry().broken:
        if broken.name == name:
            typer.echo(broken.details, nl=False)
            return
    raise NotFoundError(f"no broken plugin is called {name!r}; `audioml plugins` lists them")


def _heading(plugin: Plugin | BrokenPlugin) -> str:
    return f"{plugin.name} ({plugin.distribution} {plugin.version})"


def _missing(names: tuple[str, ...]) -> str:
    return f"  [needs: pip install {' '.join(names)}]" if names else ""
