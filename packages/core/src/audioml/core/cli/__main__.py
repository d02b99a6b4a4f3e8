"""``python -m audioml.core.cli`` is ``audioml``."""

from .main import main

main()
