"""``audioml plugins``: what is installed, what it offers, and what is broken."""

from __future__ import annotations

import click

from ..plugins import KINDS, BrokenPlugin, Plugin, registry
from .output import table

__all__ = ["app"]


@click.group(invoke_without_command=True)
@click.pass_context
def app(context: click.Context) -> None:
    """Show the plugins and what they offer."""
    if context.invoked_subcommand is None:
        context.invoke(list_)


@app.command("list")
@click.option("--kind", type=click.Choice(sorted(KINDS)), help="Only components of this kind.")
def list_(kind: str | None = None) -> None:
    """List plugins and their components; broken ones with the reason."""
    found = registry()
    for plugin in found.plugins:
        components = [c for c in plugin.components if kind in (None, c.kind)]
        if not components:
            continue
        click.echo(_heading(plugin))
        rows = [["  " + c.kind, c.name, c.summary + _missing(c.missing)] for c in components]
        click.echo(table(["  kind", "name", "what it is"], rows) + "\n")
    for broken in found.broken:
        click.echo(f"{_heading(broken)}: BROKEN\n  {broken.reason}\n")


@app.command()
@click.argument("name")
def why(name: str) -> None:
    """Show where a broken plugin fails."""
    from ..errors import NotFoundError

    for broken in registry().broken:
        if broken.name == name:
            click.echo(broken.details, nl=False)
            return
    raise NotFoundError(f"no broken plugin is called {name!r}; `audioml plugins` lists them")


def _heading(plugin: Plugin | BrokenPlugin) -> str:
    return f"{plugin.name} ({plugin.distribution} {plugin.version})"


def _missing(names: tuple[str, ...]) -> str:
    return f"  [needs: pip install {' '.join(names)}]" if names else ""
