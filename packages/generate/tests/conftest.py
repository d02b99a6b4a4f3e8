from __future__ import annotations

import sys
from pathlib import Path

for folder in ("acquire", "prepare"):  # for `acquire_server` and `prepare_songs`
    sys.path.insert(0, str(Path(__file__).parent / folder))
