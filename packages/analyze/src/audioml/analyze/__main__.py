"""``python -m audioml.analyze song.mp3`` is ``audioml analyze song.mp3``."""

import sys

from audioml.core.cli.main import main

sys.argv[1:1] = ["analyze"]
main()
