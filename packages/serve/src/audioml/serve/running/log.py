"""gunicorn's log, in ours."""

from __future__ import annotations

import logging
import traceback
from typing import Any

from gunicorn.config import Config

__all__ = ["Log"]

_LOGGER = logging.getLogger("audioml.serve.running")


class Log:
    """What gunicorn takes for its logger.

    What it tells about itself is for ``debug``; that a process was killed is for the reader.
    """

    def __init__(self, cfg: Config) -> None:
        self.setup(cfg)

    def setup(self, cfg: Config) -> None:
        """Keep the configuration, which gunicorn asks for."""
        self.cfg = cfg

    def critical(self, message: str, *args: Any, **_: Any) -> None:
        """Log that a process hangs."""
        _LOGGER.error(message, *args)

    def error(self, message: str, *args: Any, exc_info: Any = None, **_: Any) -> None:
        """Log a fault."""
        if exc_info:
            self.exception(message, *args)
        else:
            _LOGGER.error(message, *args)

    def warning(self, message: str, *args: Any, **_: Any) -> None:
        """Log what may be one."""
        _LOGGER.warning(message, *args)

    def exception(self, message: str, *args: Any, **_: Any) -> None:
        """Log a bug."""
        _LOGGER.error("%s\n%s", message % args, traceback.format_exc().rstrip())

    def info(self, message: str, *args: Any, **_: Any) -> None:
        """Log what gunicorn does."""
        _LOGGER.debug(message, *args)

    def debug(self, message: str, *args: Any, **_: Any) -> None:
        """Log what gunicorn does, in detail: not even for ``debug``."""

    def log(self, level: int | str, message: str, *args: Any, **_: Any) -> None:
        """Log at a level."""
        _LOGGER.log(level if isinstance(level, int) else logging.DEBUG, message, *args)

    def access(self, *_: Any) -> None:
        """Do nothing: the application logs its requests."""

    def reopen_files(self) -> None:
        """Do nothing: there are none."""

    def close_on_exec(self) -> None:
        """Do nothing: there are no files."""
