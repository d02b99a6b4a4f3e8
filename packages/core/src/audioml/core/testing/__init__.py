"""What tests of plugins are made of: the rules of the contract, and sounds to try them on.

pytest fixtures come with the distribution, see `audioml.core.pytest_plugin`.
"""

from .checks import Check, checks_for, parametrize_with_checks
from .sounds import music, noise, silence, sine

__all__ = [
    "Check",
    "checks_for",
    "music",
    "noise",
    "parametrize_with_checks",
    "silence",
    "sine",
]
