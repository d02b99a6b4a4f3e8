"""Moments as people write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from audioml.core.errors import UsageError

__all__ = ["moment"]

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def moment(text: str, *, now: datetime | None = None) -> datetime:
    """Return a date, a time in ISO 8601 (local without a zone), or an age such as ``7d``.

    Raises
    ------
    UsageError
        If it is none of these.
    """
    age = re.fullmatch(r"(\d{1,6})\s*([mhdw])", text.strip())
    try:
        if age:
            return (now or datetime.now(UTC)) - timedelta(**{_UNITS[age[2]]: int(age[1])})
        return datetime.fromisoformat(text.strip()).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"a date as 2025-01-31, a time as 2025-01-31T18:00, or an age as 12h or 7d was "
            f"expected, got {text!r}"
        ) from error
