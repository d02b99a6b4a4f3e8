"""The whole of the API, asked by schemathesis, which knows nothing but its description."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.slow
def test_nothing_that_is_described_ends_in_an_error_of_the_server(live, tmp_path) -> None:
    pytest.importorskip("schemathesis")
    server = live()
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "serve_hooks", "PYTHONPATH": str(HERE)}
    # most recordings that it makes are none: being refused is what they deserve
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{server.url}/openapi.json"]
    command += ["--max-examples", "15", "--exclude-checks", "positive_data_acceptance"]
    command += ["--seed", "1", "--no-color"]
    done = subprocess.run(
        command,
        check=False,
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stdout[-5000:]
    assert server.get("/healthz").status == 200
