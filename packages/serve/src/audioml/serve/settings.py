"""Every setting, once: what it is called on the command line and in the environment."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from audioml.core.errors import UsageError

__all__ = ["ENVIRONMENT", "Settings"]

ENVIRONMENT = "AUDIOML_SERVE"
"""Prefix of the environment variables: ``AUDIOML_SERVE_PORT`` is ``--port``."""


def _setting(
    default: Any, text: str, *choices: str, least: float = -math.inf, most: float = math.inf
) -> Any:
    about = {"help": text, "choices": choices, "least": least, "most": most}
    return field(default=default, metadata=about)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How the server runs. Sizes are in bytes, times in seconds, rates of sound in Hz."""

    models: tuple[str, ...] = ()
    preset: str = _setting("", "Answer as another server does: max (IBM MAX, port 5000).", "max")
    host: str = _setting("127.0.0.1", "Address to listen at; 0.0.0.0 is every one of IPv4.")
    port: int = _setting(8000, "Port to listen at; 0 takes a free one.", least=0, most=65535)

    precision: str = _setting("", "Run models in this precision, such as int8, where they have it.")
    device: str = _setting("cpu", "Where models run: cpu, cuda, cuda:1.")
    model_threads: int = _setting(0, "Threads of a model's runtime; 0: every core.", least=0)
    batch: int = _setting(32, "Windows of all requests that one run of a model takes.", least=1)
    queue: int = _setting(1024, "Windows that may wait for a model.", least=1)

    workers: int = _setting(1, "Processes; each has a copy of every model.", least=1)
    threads: int = _setting(96, "Requests that a process works at.", least=1)
    pending: int = _setting(64, "Predictions that may be under way; of more, 503.", least=1)
    deadline: float = _setting(60.0, "Seconds in which a request is answered, or 504.", least=0.1)
    hang: float = _setting(120.0, "Seconds in one run from which a model counts as hung.", least=1)
    job_hang: float = _setting(1800.0, "Seconds from which a job counts as hung.", least=1)
    grace: float = _setting(30.0, "Seconds to answer what is under way when ended.", least=0)
    server: str = _setting("", "What speaks HTTP [default: gunicorn where it runs].",
                           "gunicorn", "waitress")  # fmt: skip
    connections: int = _setting(2048, "Connections that are held at a time.", least=1)
    header_timeout: float = _setting(10.0, "Seconds in which a header comes.", least=0.1)
    body_timeout: float = _setting(15.0, "Seconds without a byte of a body.", least=0.1)
    body_rate: int = _setting(1000, "Bytes a second that a body comes with at least.", least=0)

    max_body: int = _setting(64 << 20, "Bytes of a request.", least=1)
    max_parts: int = _setting(32, "Files in one request.", least=1)
    max_seconds: float = _setting(600.0, "Seconds of sound in a request, all files.", least=0.1)
    max_channels: int = _setting(32, "Channels of a recording.", least=1)
    min_rate: int = _setting(4000, "Lowest sample rate in Hz.", least=1)
    max_rate: int = _setting(384_000, "Highest sample rate in Hz.", least=1)
    max_generated: float = _setting(300.0, "Seconds of sound that are made at a time.", least=0.1)

    jobs: int = _setting(1, "Jobs that run at the same time; 0: no jobs.", least=0)
    max_jobs: int = _setting(32, "Jobs that may wait.", least=1)
    max_job_body: int = _setting(1 << 30, "Bytes of a job's recording.", least=1)
    max_job_seconds: float = _setting(6 * 3600.0, "Seconds of sound in a job.", least=0.1)
    job_ttl: float = _setting(3600.0, "Seconds that a finished job is kept.", least=1)
    job_space: int = _setting(8 << 30, "Bytes that jobs take on the disk.", least=1)
    job_folder: str = _setting("", "Folder for jobs [default: one of its own, removed at the end].")

    keys: str = _setting("", "File of API keys, see `audioml serve key`; without it, all may ask.")
    rate_limit: str = _setting("", "Requests of one client to one process, such as 100/minute.")
    cors: str = _setting("", "Origins of other pages that may ask, comma-separated; or *.")
    forwarded_allow: str = _setting("", "Proxies whose X-Forwarded-For is believed.")
    log_format: str = _setting("text", "How requests are logged.", "text", "json")

    def __post_init__(self) -> None:
        for each in fields(self):
            if each.metadata:
                _check(each.name, getattr(self, each.name), each.metadata)
        if self.min_rate > self.max_rate:
            raise UsageError(
                f"'min_rate' must not be above 'max_rate', got {self.min_rate} and {self.max_rate}"
            )


def _check(name: str, value: Any, about: Mapping[str, Any]) -> None:
    if about["choices"] and value and value not in about["choices"]:
        known = ", ".join(about["choices"])
        raise UsageError(f"'{name}' is one of {known}, got {value!r}")
    if isinstance(value, float) and not math.isfinite(value):
        raise UsageError(f"'{name}' must be a finite number, got {value!r}")
    if isinstance(value, int | float) and not about["least"] <= value <= about["most"]:
        limits = f"at least {about['least']:g}"
        if about["most"] < math.inf:
            limits += f" and at most {about['most']:g}"
        raise UsageError(f"'{name}' must be {limits}, got {value!r}")
