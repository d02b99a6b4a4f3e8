"""Long recordings: taken at once, answered later."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, g, request, url_for

from audioml.core.analysis import Analysis, Recording
from audioml.core.options import from_texts

from ..answers import answered, chosen
from ..jobs import JobState
from ..problems import Problem
from .uploads import options_text, uploads

if TYPE_CHECKING:
    from ..service import Service

__all__ = ["blueprint"]


def blueprint(service: Service) -> Blueprint:
    """Return the routes."""
    routes = Blueprint("jobs", __name__)

    def job_of(name: str) -> JobState:
        return service.jobs.get(name, asker=g.get("key_name"))

    @routes.post("/v1/jobs")
    def added() -> tuple[dict[str, Any], int, dict[str, str]]:
        model = request.args.get("model")
        if not model:
            raise Problem(400, "the job names no model: POST /v1/jobs?model=NAME")
        spec = service.catalog[model].estimator.spec
        request.max_content_length = service.settings.max_job_body
        asker = g.get("key_name")
        with service.admitted("uploads"):
            service.jobs.check_room()
            (found,) = uploads(1)
            options = from_texts(spec.options, options_text(), of=spec.name)
            job = service.jobs.add(
                model, found.file, options=options, filename=found.filename, asker=asker
            )
        return _about(job), 202, {"Location": url_for("jobs.one", job=job.id)}

    @routes.get("/v1/jobs/<job>")
    def one(job: str) -> dict[str, Any]:
        return _about(job_of(job))

    @routes.get("/v1/jobs/<job>/result")
    def result(job: str) -> Response:
        form = chosen(request.args.get("format"))
        found = job_of(job)
        if found.state == "failed":
            raise Problem(409, f"the job failed: {(found.problem or {}).get('detail', '')}")
        if found.state != "done":
            raise Problem(409, f"the job is {found.state}, not done", headers={"Retry-After": "1"})
        with ExitStack() as admission:  # it may be large, and stays until it is sent
            admission.enter_context(service.admitted("results"))
            prediction = service.jobs.result(found)
            analysis = Analysis(Recording(duration=found.duration), {found.model: prediction})
            response = answered(analysis, form)
            response.call_on_close(admission.pop_all().close)
        return response

    @routes.delete("/v1/jobs/<job>")
    def removed(job: str) -> tuple[str, int]:
        service.jobs.remove(job_of(job))
        return "", 204

    return routes


def _about(job: JobState) -> dict[str, Any]:
    links = {"self": url_for("jobs.one", job=job.id)}
    if job.state == "done":
        links["result"] = url_for("jobs.result", job=job.id)
    told = {
        "id": job.id,
        "model": job.model,
        "filename": job.filename,
        "state": job.state,
        "progress": job.progress,
        "created": _time(job.created),
        "expires": None if job.expires is None else _time(job.expires),
        "links": links,
    }
    return told | ({"problem": job.problem} if job.problem else {})


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
