"""The root command. Commands are components of plugins; one is imported only when it is called."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence

import typer

from .. import __version__
from ..errors import AudiomlError
from ..plugins import Component, registry
from . import output

__all__ = ["main", "run"]

INTERRUPTED = 130


def main() -> None:
    """Run the command line of this process and exit with its code."""
    code = run(sys.argv[1:])
    output.flush()
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run a command line and return its exit code.

    0 is success, 1 an expected failure, 2 wrong usage, 3 a missing plugin, dependency or model,
    130 an interrupt. Anything unexpected propagates, because it is a bug.
    """
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")  # before numpy: on small matrices 7 to 40 times less
    try:
        result = _root()(args=list(arguments), prog_name="audioml", standalone_mode=False)
    except AudiomlError as error:
        output.problem(str(error))
        return error.exit_code
    except typer.Exit as error:
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        output.problem("interrupted")
        return INTERRUPTED
    except Exception as error:
        if hasattr(error, "show") and hasattr(error, "exit_code"):  # a usage error of typer's
            error.show()
            return int(error.exit_code)
        raise
    if result == INTERRUPTED:  # typer turns an interrupt into this code
        output.problem("interrupted")
    return result if isinstance(result, int) else 0


def _root() -> typer.Typer:
    app = typer.Typer(
        name="audioml",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        help="Audio machine learning: analyse, watch, serve, train and generate.",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_options)
    for component in sorted(registry().components("command"), key=lambda c: c.name):
        app.command(
            component.name,
            help=component.summary,
            add_help_option=False,
            context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
        )(_passing_to(component))
    return app


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"audioml {__version__}")
        raise typer.Exit


def _options(
    *,
    version: bool = typer.Option(
        False, "--version", is_eager=True, callback=_say_version, help="Show the version and exit."
    ),
    verbose: bool = typer.Option(False, "--verbose", "-v", help="Say what is done and why."),
    quiet: bool = typer.Option(False, "--quiet", "-q", help="Say only what failed."),
    offline: bool = typer.Option(False, "--offline", help="Never touch the network."),
) -> None:
    output.configure_logging(verbose=verbose, quiet=quiet)
    if offline:
        os.environ["AUDIOML_OFFLINE"] = "1"


def _passing_to(component: Component) -> Callable[[typer.Context], int]:
    def command(context: typer.Context) -> int:
        app: typer.Typer = component.load()
        result = app(
            args=list(context.args),
            prog_name=f"audioml {component.name}",
            standalone_mode=False,
        )
        return result if isinstance(result, int) else 0

    return command
