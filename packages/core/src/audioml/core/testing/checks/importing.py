"""Finds out what some code imports, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys

__all__ = ["imported_by"]

_REPORT = "\nimport json as _j, sys as _s\n_s.stderr.write('\\n' + _j.dumps(sorted(_s.modules)))"


def imported_by(code: str) -> set[str]:
    """Return the top-level names of the modules that are there once ``code`` has run.

    Raises
    ------
    AssertionError
        If it cannot be run.
    """
    done = subprocess.run(
        [sys.executable, "-c", code + _REPORT],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    lines = done.stderr.strip().splitlines() or ["it ended without a word"]
    assert done.returncode == 0, f"cannot be imported: {lines[-1]}"
    return {name.partition(".")[0] for name in json.loads(lines[-1])}
