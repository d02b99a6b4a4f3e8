"""The root command. Commands are components of plugins; one is imported only when it is called."""

from __future__ import annotations

import difflib
import errno
import os
import sys
from collections.abc import Sequence

import click

from .. import __version__
from ..errors import AudiomlError, PluginError
from ..plugins import Component, registry
from . import output

__all__ = ["main", "root", "run"]

INTERRUPTED = 130


def main() -> None:
    """Run the command line of this process and exit with its code."""
    code = run(sys.argv[1:])
    written = output.flush()
    sys.exit(code if written else code or 1)


def run(arguments: Sequence[str]) -> int:
    """Run a command line and return its exit code.

    0 is success, 1 an expected failure, 2 wrong usage, 3 a missing plugin, dependency or model,
    130 an interrupt. Anything unexpected propagates, because it is a bug.
    """
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")  # before numpy: on small matrices 7 to 40 times less
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # onnxruntime tells its maker, otherwise
    try:
        result = root.main(args=list(arguments), prog_name="audioml", standalone_mode=False)
    except AudiomlError as error:
        output.say(str(error))
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (KeyboardInterrupt, click.Abort) as error:
        if isinstance(error.__cause__, EOFError):
            raise error.__cause__ from None  # a bug, which click takes for an interrupt
        output.say("interrupted")
        return INTERRUPTED
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        output.silence()
        output.say(f"cannot write: {error.strerror}")
        return 1
    return result if isinstance(result, int) else 0


class _Root(click.Group):
    """A group whose commands come from plugins; the list is made of their one-line summaries."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(component.name for component in registry().components("command"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            _refuse_broken(cmd_name)
            return None
        component = registry().find("command", cmd_name)
        return _loaded(component)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            close = difflib.get_close_matches(args[0], self.list_commands(ctx), 1)
            if not close:
                raise
            raise click.UsageError(f"{error.message} Did you mean {close[0]!r}?", ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        commands = sorted((c.name, c.summary) for c in registry().components("command"))
        with formatter.section("Commands"):
            formatter.write_dl(commands)


def _refuse_broken(command: str) -> None:
    """Say that a plugin is broken where its command is called; most bear its name."""
    for broken in registry().broken:
        if broken.name == command:
            raise PluginError(
                f"plugin {broken.name!r} is broken: {broken.reason}; "
                f"see: audioml plugins why {broken.name}"
            )


def _loaded(component: Component) -> click.Command:
    command = component.load()
    if not isinstance(command, click.Command):
        raise PluginError(
            f"command {component.name!r} must be a click.Command, got {type(command).__name__}"
        )
    return command


@click.group(
    cls=_Root,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="audioml", message="%(prog)s %(version)s")
@click.option("-v", "--verbose", is_flag=True, help="Say what is done and why.")
@click.option("-q", "--quiet", is_flag=True, help="Say only what failed.")
@click.option("--offline", is_flag=True, help="Never touch the network.")
def root(*, verbose: bool, quiet: bool, offline: bool) -> None:
    """Audio machine learning by plugins: `audioml plugins` shows what is installed."""
    output.configure_logging(verbose=verbose, quiet=quiet)
    if offline:
        os.environ["AUDIOML_OFFLINE"] = "1"
