import json
import os
import subprocess
import sys
import textwrap

import pytest
from train_sounds import write_wav

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="/proc tells the memory"),
]

PREPARE = """
    import json, resource, sys
    from audioml.train.data import prepare
    prepare(source_path=sys.argv[1], destination_path=sys.argv[2], label_ext=None, workers=1,
            shard_bytes=2**22)
    print(json.dumps(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))
"""
LOAD = """
    import json, pathlib, sys
    from audioml.train.data import Prepared, RandomPlaces, WindowReader
    prepared = Prepared.open(sys.argv[1])
    reader = WindowReader(prepared, length=64000)
    places = RandomPlaces(prepared, length=64000)
    for _ in range(len(places) // 8):
        reader[places.draw(8)]
    status = pathlib.Path("/proc/self/status").read_text()
    anonymous = next(line for line in status.splitlines() if line.startswith("RssAnon"))
    print(json.dumps([int(prepared.lengths.sum() * 2 / 2**20), int(anonymous.split()[1]) / 1024]))
"""


def run(code, *arguments):
    path = os.pathsep.join(p for p in sys.path if p)
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": path}, capture_output=True, check=True
    )
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def sets(tmp_path_factory):
    """A set, and one six times larger."""
    root = tmp_path_factory.mktemp("memory")
    for name, count in (("small", 8), ("large", 48)):
        for n in range(count):
            write_wav(root / name / f"{n}.wav", seconds=60, seed=n, rate=16000)
    return root


def test_memory_does_not_grow_with_the_set(sets):
    small, large = (run(PREPARE, sets / n, sets / f"{n}-corpus") for n in ("small", "large"))
    assert large < small + 16  # MiB; the larger set has 73 more
    few, many = (run(LOAD, sets / f"{n}-corpus") for n in ("small", "large"))
    assert many[0] > few[0] + 70
    assert many[1] < few[1] + 16
