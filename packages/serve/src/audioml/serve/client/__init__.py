"""The client of ``audioml serve``: typed, and light enough for any program."""

from .client import Client
from .errors import BusyError, DeniedError, LateError
from .job import Job
from .liveness import Ping
from .model import Model, Option

__all__ = ["BusyError", "Client", "DeniedError", "Job", "LateError", "Model", "Option", "Ping"]
