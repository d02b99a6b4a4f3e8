from __future__ import annotations

import sys
from pathlib import Path

for name in ("acquire", "song"):  # for `acquire_server` and `song_ramps`
    sys.path.insert(0, str(Path(__file__).parent / name))
