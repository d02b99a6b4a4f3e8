"""Says on stderr which hooks are called and what is loaded, and how long each takes.

``AUDIOML_TRACE=1`` turns it on.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator

__all__ = ["traced"]


@contextlib.contextmanager
def traced(what: str) -> Iterator[None]:
    """Tell what is done in the block, once it is done."""
    if os.environ.get("AUDIOML_TRACE", "") in ("", "0"):
        yield
        return
    began = time.perf_counter()
    outcome = ""
    try:
        yield
    except BaseException as error:
        outcome = f": {type(error).__name__}"
        raise
    finally:
        took = 1000 * (time.perf_counter() - began)
        if sys.stderr is not None:
            sys.stderr.write(f"audioml: trace: {took:8.1f} ms  {what}{outcome}\n")
