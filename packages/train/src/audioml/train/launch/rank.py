"""One of several processes that train together: ``python -m audioml.train.launch.rank FOLDER``.

``torchrun`` and ``srun`` may start it as well; ``FOLDER`` is that of a run whose configuration is
kept there.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path

from audioml.core.errors import AudiomlError
from audioml.core.files import write_bytes

from .ranks import error_path, reached_path

__all__ = ["main"]


def main() -> None:
    """Train as one of the processes that the environment tells of."""
    folder = Path(sys.argv[1])
    if "--watch" in sys.argv[2:]:
        threading.Thread(target=_end_with_parent, daemon=True).start()
    rank = int(os.environ.get("RANK", os.environ.get("LOCAL_RANK", "0")))
    try:
        _run(folder, rank)
    except AudiomlError as error:
        told = {"sentence": str(error), "exit_code": error.exit_code}
        write_bytes(error_path(folder, rank), json.dumps(told).encode())
        sys.stderr.flush()
        os._exit(error.exit_code)  # the others may wait for this one, and it for them


def _end_with_parent() -> None:
    """End when the one that started this process is gone, however it went."""
    while os.read(0, 1):  # not by sys.stdin, whose lock the end of the interpreter wants
        pass
    os._exit(1)


def _run(folder: Path, rank: int) -> None:
    from omegaconf import OmegaConf

    from .devices import share_threads
    from .fitting import fit
    from .running import RESOLVED

    config = OmegaConf.load(folder / RESOLVED)
    share_threads(int(os.environ.get("OMP_NUM_THREADS", "1")), 1)
    reached = fit(config, folder)
    if rank == 0:
        write_bytes(reached_path(folder), json.dumps(reached).encode())


if __name__ == "__main__":
    main()
