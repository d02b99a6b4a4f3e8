"""What a command costs when it starts cold: CPU seconds, wall seconds and peak memory.

``python benchmarks/measure.py -n 5 "audioml analyze song.mp3" "python -m crema.analyze song.mp3"``
runs the commands in turn (A, B, A, B, ...), so that a load from elsewhere meets both alike.
CPU is the robust number on a shared machine; best and median are both told. POSIX only.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass
from pathlib import Path

__all__ = ["Cost", "best", "interleaved", "main", "median", "run_cold", "table"]

_RSS_UNIT = 1 if sys.platform == "darwin" else 1024  # getrusage(2): bytes there, KiB elsewhere


@dataclass(frozen=True)
class Cost:
    """One run: `cpu` (user + system) and `wall` in seconds, `rss` at its peak in MB (1e6 bytes)."""

    cpu: float
    wall: float
    rss: float


def run_cold(command: Sequence[str], *, env: Mapping[str, str] | None = None) -> Cost:
    """The cost of one fresh process and of the children it waited for.

    `rss` is that of the largest single process among them, not their sum. A fresh launcher
    stands in between because Linux hands the peak of the forking process on to its child: a
    benchmark that holds arrays would report its own size. The launcher's own is the floor, ~15 MB.
    """
    launcher = [sys.executable, "-I", "-S", str(Path(__file__).resolve()), "--once", *command]
    done = subprocess.run(launcher, env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        msg = f"{shlex.join(command)!r} failed, so it has no cost: {done.stderr.strip()[-2000:]}"
        raise RuntimeError(msg)
    return Cost(**json.loads(done.stdout))


def _once(command: Sequence[str]) -> int:
    """Run `command` here, print its cost as JSON; its own exit status and errors where it fails."""
    with tempfile.TemporaryFile("w+", errors="replace") as errors:
        start = time.perf_counter()
        try:
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)
        except OSError as error:
            print(error, file=sys.stderr)
            return 1
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            errors.seek(0)
            print(f"status {process.returncode}: {errors.read()}", file=sys.stderr)
            return 1
    cost = Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * _RSS_UNIT / 1e6)
    print(json.dumps(asdict(cost)))
    return 0


def interleaved(
    commands: Mapping[str, Sequence[str]], *, repeats: int, env: Mapping[str, str] | None = None
) -> dict[str, list[Cost]]:
    """`repeats` cold runs of every command, taken in turn."""
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for _ in range(repeats):
        for name, command in commands.items():
            costs[name].append(run_cold(command, env=env))
    return costs


def best(costs: Iterable[Cost]) -> Cost:
    """The smallest of each figure, which need not come from one and the same run."""
    return _each(min, costs)


def median(costs: Iterable[Cost]) -> Cost:
    """The median of each figure."""
    return _each(statistics.median, costs)


def _each(summary: Callable[[Sequence[float]], float], costs: Iterable[Cost]) -> Cost:
    """`summary` of all CPU seconds, of all wall seconds, of all peaks."""
    return Cost(*map(summary, zip(*map(astuple, costs), strict=True)))


def table(costs: Mapping[str, Sequence[Cost]]) -> str:
    """A Markdown table, one line a command, each figure as ``best / median``."""
    lines = ["| command | CPU s | wall s | peak RSS MB |", "|---|---|---|---|"]
    for name, runs in costs.items():
        low, mid = best(runs), median(runs)
        seconds = f"{low.cpu:.2f} / {mid.cpu:.2f} | {low.wall:.2f} / {mid.wall:.2f}"
        lines.append(f"| `{name}` | {seconds} | {low.rss:.0f} / {mid.rss:.0f} |")
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> int:
    """Measure the commands given, print the table; 1 with the command's own words if one fails."""
    words = sys.argv[1:] if argv is None else argv
    if words[:1] == ["--once"]:
        return _once(words[1:])
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("commands", nargs="+", metavar="COMMAND", help="one quoted command each")
    parser.add_argument("-n", "--repeats", type=int, default=3, help="runs of each (default 3)")
    options = parser.parse_args(words)
    commands = {command: shlex.split(command) for command in options.commands}
    try:
        print(table(interleaved(commands, repeats=options.repeats)))
    except RuntimeError as error:
        print(f"measure: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
