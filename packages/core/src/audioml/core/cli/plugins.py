"""``audioml plugins``: what is installed, what it offers, what is broken, and how to add to it."""

from __future__ import annotations

from pathlib import Path

import click

from ..files import shown
from ..plugins import KINDS, BrokenPlugin, Plugin, registry
from ..plugins.scaffold import SKELETONS, write_plugin
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
        click.echo(f"{_heading(plugin)}, imported in {1000 * plugin.seconds:.1f} ms")
        if plugin.notice:
            click.echo(f"  -> {plugin.notice}")
        rows = [["  " + c.kind, c.name, c.summary + _missing(c.missing)] for c in components]
        click.echo(table(["  kind", "name", "what it is"], rows) + "\n")
    for broken in found.broken:
        click.echo(f"{_heading(broken)}: BROKEN\n  {broken.reason}")
        click.echo(f"  -> audioml plugins why {broken.name}\n")


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


@app.command()
@click.argument("name")
def check(name: str) -> int:
    """Check a plugin: its imports, names and licence, and its rules.

    What can be made without a model is tried by the rules that its kind keeps. NAME is the name of
    its entry point, as `audioml plugins` shows it.
    """
    from .checking import findings

    failed = 0
    for finding in findings(name):
        mark = {True: "ok", False: "!!", None: "--"}[finding.good]
        click.echo(f"{mark} {finding.what.ljust(28)}  {finding.state}")
        failed += finding.good is False
    verdict = f"{failed} thing(s) to mend" if failed else "keeps the contract"
    click.echo(f"{name}: {verdict}")
    return 1 if failed else 0


@app.command()
@click.argument("name")
@click.option(
    "--kind", type=click.Choice(sorted(SKELETONS)), required=True, help="What it shall offer."
)
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    default=".",
    show_default=True,
    help="Where the plugin's folder is made.",
)
def new(*, name: str, kind: str, into: Path) -> None:
    """Write a plugin that offers NAME: code, documentation, and tests that pass.

    What it does is a small example, to be replaced by what yours will do.
    """
    folder, usage = write_plugin(name, kind, into)
    click.echo(
        f"{shown(folder)} is written; next:\n"
        f"  pip install -e {shown(folder)} pytest\n"
        f"  pytest {shown(folder)}\n"
        f"  audioml plugins check {name}\n"
        f"  {usage}"
    )


def _heading(plugin: Plugin | BrokenPlugin) -> str:
    return f"{plugin.name} ({plugin.distribution} {plugin.version})"


def _missing(names: tuple[str, ...]) -> str:
    return f"  [needs: pip install {' '.join(names)}]" if names else ""
