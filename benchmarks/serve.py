"""``audioml serve`` against IBM MAX, LitServe, and the same model without any server.

``python benchmarks/serve.py --max FOLDER`` runs everything; name parts to run only those: ``mono``,
``stereo``, ``short``, ``start``, ``overload``. FOLDER is MAX-Audio-Embedding-Generator's source
with its weights in ``assets``; ``--model`` is the same weights in audioml's store, in float32 and
int8. Environments of the others are built where they are not there yet (see `originals`). All
sides of a table stand ready and are asked in turns, so that a noisy neighbour meets all of them;
those that use the processor while nobody asks are stopped meanwhile. A ratio is the median of the
ratios of single turns. Linux only.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import statistics
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from load import Outcome, closed, opened
from procs import megabytes
from servers import Local, Running, Server, audioml, ibm_max, litserve, local, running

from audioml.core import Audio
from audioml.core.audio import write
from audioml.core.testing import music

PARTS = ("mono", "stereo", "short", "start", "overload")
FLOAT, INT8 = "audioml float32", "audioml int8"
ONE_BY_ONE, LIT = "audioml int8, no batching", "LitServe int8"
_EXAMPLE = 0.975  # seconds of sound that the first row needs; each further one 0.96 more


@dataclass(frozen=True)
class Told:
    """What the command line says."""

    model: str
    max: Path | None
    litserve: bool
    preset: str
    rounds: int
    seconds: float


@dataclass(frozen=True)
class Turn:
    """What one side did in one turn; times in milliseconds but for ``cpu``, seconds a request."""

    rate: float
    cpu: float
    p50: float = float("nan")
    p99: float = float("nan")
    errors: Mapping[int, int] = field(default_factory=dict)


Turns = dict[str, list[Turn]]


def clip(folder: Path, *, seconds: float, rate: int, channels: int) -> Path:
    """Return a recording in 16 bits, made in ``folder``."""
    path = folder / f"music-{seconds:g}s-{rate}-{channels}.wav"
    if not path.exists():
        samples = music(bar=2.0, rate=rate)[0].samples[:, : round(seconds * rate)]
        other = np.roll(samples, 17, axis=1)  # a second channel that is not the first
        both = np.concatenate([samples, other])[:channels]
        write(path, Audio(both, rate), subtype="PCM_16")
    return path


def sides(told: Told) -> dict[str, Server]:
    """Return every server by name; those that cannot be had are left out."""
    ours = partial(audioml, model=told.model, preset=told.preset)
    found = {
        FLOAT: ours(FLOAT, "--precision", "float32"),
        INT8: ours(INT8, "--precision", "int8"),
        ONE_BY_ONE: ours(ONE_BY_ONE, "--precision", "int8", "--batch", "1"),
    }
    if told.max is not None:
        found["MAX"] = ibm_max(told.max)
    if told.litserve:
        found[LIT] = litserve(LIT, model=told.model, precision="int8")
    return found


@contextlib.contextmanager
def all_running(servers: Mapping[str, Server], path: Path) -> Iterator[dict[str, Running]]:
    """Give servers that have answered once."""
    with contextlib.ExitStack() as stack:
        found = {}
        for name, server in servers.items():
            found[name] = stack.enter_context(running(server, path))
            found[name].signal(signal.SIGSTOP)
        yield found


def turn(side: Running | Local, path: Path, *, clients: int, told: Told) -> Turn:
    """Let one side work for some seconds."""
    if isinstance(side, Local):
        done = side.run(told.seconds)
        return Turn(done["count"] / done["seconds"], done["cpu"] / done["count"])
    cpu: list[float] = []
    load = side.load(path)
    begun = lambda: cpu.append(side.cpu())  # noqa: E731
    with side.awake():
        outcome = closed(load, clients=clients, seconds=told.seconds, begun=begun)
        used = side.cpu() - cpu[0]
    if outcome.body:
        check(side.server.name, outcome, path)
    return Turn(
        outcome.rate,
        used / max(1, len(outcome.answers)),
        outcome.milliseconds(50),
        outcome.milliseconds(99),
        {status: count for status, count in outcome.statuses.items() if status != 200},
    )


def check(name: str, outcome: Outcome, path: Path) -> None:
    """Refuse figures of a server that answers something else than the rows of the clip."""
    seconds = float(path.name.split("-")[1].removesuffix("s"))
    wanted = 1 + int((seconds - _EXAMPLE) / 0.96)
    found = json.loads(outcome.body or b"{}")
    if "estimators" in found:
        (found,) = found["estimators"].values()
        found = {"embedding": found["embedding"]["values"]}
    rows = [len(row) for row in found.get("embedding", [])]
    if rows != [128] * wanted:
        raise RuntimeError(f"{name} answers rows of {rows} to {path.name}, expected {wanted}")


def contest(who: Mapping[str, Running | Local], path: Path, *, clients: int, told: Told) -> Turns:
    """Return the turns of every side: A, B and so on."""
    turns: Turns = {name: [] for name in who}
    for _ in range(told.rounds):
        for name, side in who.items():
            turns[name].append(turn(side, path, clients=clients, told=told))
    return turns


def table(title: str, turns: Turns) -> None:
    """Print what every side did: the median of its turns."""
    print(f"\n| {title} | requests/s (of all turns) | p50 ms | p99 ms | CPU ms each | errors |")
    print("|---|---|---|---|---|---|")
    for name, each in turns.items():
        rates = [one.rate for one in each]
        spread = f"{statistics.median(rates):.1f} ({min(rates):.1f} to {max(rates):.1f})"
        p50, p99, cpu = (
            statistics.median(getattr(one, what) for one in each) for what in ("p50", "p99", "cpu")
        )
        errors: dict[int, int] = {}
        for one in each:
            errors |= {s: errors.get(s, 0) + n for s, n in one.errors.items()}
        times = " | ".join("" if np.isnan(ms) else f"{ms:.0f}" for ms in (p50, p99))
        print(f"| {name} | {spread} | {times} | {cpu * 1000:.1f} | {errors or ''} |", flush=True)


def ratio(turns: Turns, one: str, other: str, *, least: float = 0.0) -> None:
    """Print by how much more one side does than another, and what was wanted, if anything.

    The ratio by CPU is of what requests cost, and the one to believe on a busy machine.
    """
    if one not in turns or other not in turns:
        return
    found = [a.rate / b.rate for a, b in zip(turns[one], turns[other], strict=True) if b.rate]
    if not found:
        return
    middle = statistics.median(found)
    cpu = statistics.median(
        b.cpu / a.cpu for a, b in zip(turns[one], turns[other], strict=True) if a.cpu
    )
    verdict = "holds" if middle >= least else "FALLS SHORT"
    wanted = f", wanted {least:g}: {verdict}" if least else ""
    print(f"- {one} / {other}: {middle:.2f}{wanted} (by CPU {cpu:.2f})", flush=True)


def mono(folder: Path, told: Told) -> None:
    """10 s at 16 kHz, the model's own rate."""
    path = clip(folder, seconds=10, rate=16000, channels=1)
    servers = sides(told)
    del servers[ONE_BY_ONE]
    with contextlib.ExitStack() as stack:
        who: dict[str, Running | Local] = dict(stack.enter_context(all_running(servers, path)))
        for clients in (1, 8, 32):
            if clients == 8:  # from here on
                who |= {name: stack.enter_context(each) for name, each in serverless(path, told)}
            turns = contest(who, path, clients=clients, told=told)
            table(f"10 s, 16 kHz mono, {clients} client{'s' * (clients > 1)}", turns)
            wanted = clients > 1
            ratio(turns, FLOAT, "MAX", least=1.4 * wanted)
            ratio(turns, INT8, "MAX", least=4.5 * wanted)
            for ours, precision in ((FLOAT, "float32"), (INT8, "int8")):
                ratio(turns, ours, f"pipeline {precision}, no server", least=0.95)
                ratio(turns, ours, f"bare model {precision}")
            ratio(turns, INT8, LIT, least=0.95)


def serverless(
    path: Path, told: Told
) -> Iterator[tuple[str, contextlib.AbstractContextManager[Local]]]:
    """Yield what works without a server."""
    for precision in ("float32", "int8"):
        for what, name in (("pipeline", "pipeline {}, no server"), ("bare", "bare model {}")):
            title = name.format(precision)
            yield title, local(title, what=what, model=told.model, precision=precision, clip=path)


def stereo(folder: Path, told: Told) -> None:
    """10 s at 44.1 kHz, two channels: as music comes."""
    path = clip(folder, seconds=10, rate=44100, channels=2)
    chosen = {name: s for name, s in sides(told).items() if name in {FLOAT, INT8, "MAX"}}
    with all_running(chosen, path) as who:
        for clients in (8, 32):
            turns = contest(who, path, clients=clients, told=told)
            table(f"10 s, 44.1 kHz stereo, {clients} clients", turns)
            ratio(turns, INT8, "MAX", least=5.0)
            ratio(turns, FLOAT, "MAX")


def short(folder: Path, told: Told) -> None:
    """1 s: one row each, so that batching is all."""
    path = clip(folder, seconds=1, rate=16000, channels=1)
    chosen = {name: s for name, s in sides(told).items() if name in {INT8, ONE_BY_ONE, LIT}}
    with all_running(chosen, path) as who:
        turns = contest(who, path, clients=32, told=told)
        table("1 s, 16 kHz mono, 32 clients", turns)
        ratio(turns, INT8, ONE_BY_ONE, least=1.5)
        ratio(turns, INT8, LIT, least=1.1)


def start(folder: Path, told: Told) -> None:
    """From the start of the process to the first answer with 200, and memory under load."""
    one = clip(folder, seconds=1, rate=16000, channels=1)
    ten = clip(folder, seconds=10, rate=16000, channels=1)
    print("\n| alone | first 200, s (of all) | MB idle | MB after 8 clients | MB at most |")
    print("|---|---|---|---|---|")
    for name, server in sides(told).items():
        if name == ONE_BY_ONE:
            continue
        firsts = []
        for _ in range(max(3, told.rounds)):
            with running(server, one) as side:
                firsts.append(side.first)
        with running(server, one) as side:
            idle = megabytes(side.pid)
            seen: list[float] = []
            look = lambda: seen.append(megabytes(side.pid))  # noqa: B023, E731
            closed(side.load(ten), clients=8, seconds=told.seconds, each_second=look)
            after = megabytes(side.pid)
        spread = f"{statistics.median(firsts):.2f} ({min(firsts):.2f} to {max(firsts):.2f})"
        print(f"| {name} | {spread} | {idle:.0f} | {after:.0f} | {max(seen):.0f} |", flush=True)
    print("\nwanted of int8: 1 s at most, 400 MB at most")


def overload(folder: Path, told: Told) -> None:
    """Four times as much as it can do, for a minute."""
    path = clip(folder, seconds=10, rate=16000, channels=1)
    with running(sides(told)[INT8], path) as side:
        load = side.load(path)
        seen: list[float] = []
        look = lambda: seen.append(megabytes(side.pid))  # noqa: E731
        before = closed(load, clients=32, seconds=10.0)
        outcome = opened(load, rate=4 * before.rate, seconds=60.0, each_second=look)
        after = closed(load, clients=32, seconds=10.0)
    capacity = (before.rate + after.rate) / 2
    print(f"\n| overload: {4 * before.rate:.0f} requests/s for 60 s | |\n|---|---|")
    rows = {
        "capacity, 32 clients, before and after": f"{before.rate:.1f} and {after.rate:.1f}/s",
        "answered with 200": f"{outcome.rate:.1f}/s, {outcome.rate / capacity:.0%} of capacity",
        "statuses": str(dict(outcome.statuses)),
        "never sent": str(outcome.unsent),
        "200: p50, p99 ms": _both(outcome, 200),
        "503: p50, p99 ms": _both(outcome, 503),
        "MB at 5 s, at most, at 60 s": f"{seen[5]:.0f}, {max(seen):.0f}, {seen[59]:.0f}",
    }
    for what, said in rows.items():
        print(f"| {what} | {said} |", flush=True)


def _both(outcome: Outcome, status: int) -> str:
    return f"{outcome.milliseconds(50, status):.0f}, {outcome.milliseconds(99, status):.0f}"


def main(argv: Sequence[str] | None = None) -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=" ".join(PARTS))
    parser.add_argument("--max", type=Path, metavar="FOLDER", help="IBM MAX's source and assets")
    parser.add_argument("--model", default="vggish", help="in audioml's store, or a folder")
    parser.add_argument("--preset", default="max", help="API that is asked; '' is audioml's own")
    parser.add_argument("--no-litserve", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=6.0, help="of one turn")
    given = parser.parse_args(argv)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was started is ended, too
    told = Told(
        given.model, given.max, not given.no_litserve, given.preset, given.rounds, given.seconds
    )
    run = {"mono": mono, "stereo": stereo, "short": short, "start": start, "overload": overload}
    with tempfile.TemporaryDirectory(prefix="audioml-bench-") as name:
        for part in given.parts or PARTS:
            load = ", ".join(f"{x:.1f}" for x in os.getloadavg())
            print(f"\n## {part}: {os.cpu_count()} cores, load before {load}", flush=True)
            run[part](Path(name), told)


if __name__ == "__main__":
    main()
