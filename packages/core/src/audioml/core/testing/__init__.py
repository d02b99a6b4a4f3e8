"""What tests of plugins are made of: the rules of the contract, and sounds to try them on.

pytest fixtures come with the distribution, see `audioml.core.pytest_plugin`; strategies for
Hypothesis are in `audioml.core.testing.strategies`.
"""

from .checks import (
    BackendExample,
    Check,
    DecoderExample,
    Rules,
    checks_for,
    parametrize_with_checks,
)
from .sounds import music, noise, silence, sine

__all__ = [
    "BackendExample",
    "Check",
    "DecoderExample",
    "Rules",
    "checks_for",
    "music",
    "noise",
    "parametrize_with_checks",
    "silence",
    "sine",
]
