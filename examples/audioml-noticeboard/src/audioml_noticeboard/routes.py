"""Shows the board to clients of `audioml serve`, at ``/x/noticeboard/``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Blueprint, jsonify, render_template_string

from .board import read

if TYPE_CHECKING:
    from audioml.serve.service import Service

__all__ = ["routes"]

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Noticeboard</title>
<h1>Heard last</h1>
<table>{% for label, notice in notices %}
<tr><th>{{ label }}<td>{{ notice.time }}<td>{{ notice.name }}<td>{{ "%.2f"|format(notice.score) }}
{% else %}<tr><td>Nothing yet.{% endfor %}
</table>
"""


def routes(service: Service) -> Blueprint:
    """Return the addresses; the file is the one that ``AUDIOML_NOTICEBOARD`` names."""
    blueprint = Blueprint("noticeboard", __name__)
    path = Path(os.environ.get("AUDIOML_NOTICEBOARD", "noticeboard.json"))

    @blueprint.get("/board.json")
    def board() -> Any:
        """Return label to notice."""
        return jsonify(read(path))

    @blueprint.get("/")
    def page() -> str:
        """Return the board as a page, what was heard last first."""
        notices = sorted(read(path).items(), key=lambda each: each[1]["time"], reverse=True)
        return render_template_string(_PAGE, notices=notices)

    return blueprint
