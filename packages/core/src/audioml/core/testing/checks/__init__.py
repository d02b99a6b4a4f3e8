"""The rules of the contract: one function each, its docstring the rule; one module for each kind.

``@parametrize_with_checks([...])`` makes a test of every rule for every component, as scikit-learn
does for its estimators.
"""

from .examples import BackendExample, DecoderExample
from .kit import Check, Rules, checks_for, parametrize_with_checks

__all__ = [
    "BackendExample",
    "Check",
    "DecoderExample",
    "Rules",
    "checks_for",
    "parametrize_with_checks",
]
