"""Writes the settings of ``audioml serve`` into its reference, from the settings themselves.

``python docs/generate_serve.py`` writes; with ``--check`` it fails where the page is not what it
would write.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

from audioml.serve.settings import ENVIRONMENT, Settings

PAGE = Path(__file__).parent / "reference" / "serve.md"
BEGIN, END = "<!-- made by docs/generate_serve.py -->\n", "<!-- until here -->\n"
GROUPS = {
    "models": "Models and the address",
    "precision": "How models run",
    "workers": "Processes, requests and time",
    "max_body": "Limits of a request",
    "jobs": "Jobs",
    "keys": "Who may ask, and the log",
}
"""The first setting of each group, and what the group is called."""
_BYTES = {"max_body", "max_job_body"}


def lines() -> Iterator[str]:
    """Yield the tables, a line at a time."""
    for each in fields(Settings):
        if each.name in GROUPS:
            yield f"\n### {GROUPS[each.name]}\n"
            yield "| setting | environment | default | what it is |"
            yield "|---|---|---|---|"
        variable = f"`{ENVIRONMENT}_{each.name.upper()}`"
        yield f"| {_name(each)} | {variable} | {_default(each)} | {_text(each)} |"
    yield ""


def _name(each: Field[Any]) -> str:
    return f"`--{each.name.replace('_', '-')}`" if each.metadata else "`MODEL...`"


def _default(each: Field[Any]) -> str:
    if each.name in _BYTES:
        return f"`{each.default}`, {each.default >> 20} MiB"
    if isinstance(each.default, float):
        return f"`{each.default:g}`"
    return f"`{each.default}`" if each.default not in ("", ()) else ""


def _text(each: Field[Any]) -> str:
    if not each.metadata:
        return "Names of the store, model folders or model files; none: all that are ready."
    text = str(each.metadata["help"])
    choices = ", ".join(f"`{choice}`" for choice in each.metadata["choices"])
    return f"{text} {choices}." if choices else text


def page(text: str) -> str:
    """Return the page with the tables in their place."""
    head, _, rest = text.partition(BEGIN)
    return "".join([head, BEGIN, "\n".join(lines()), "\n", END, rest.partition(END)[2]])


def main() -> None:
    """Write the page, or check it."""
    text = PAGE.read_text(encoding="utf-8")
    made = page(text)
    if "--check" not in sys.argv:
        PAGE.write_text(made, encoding="utf-8")
    elif made != text:
        sys.exit("docs/reference/serve.md is out of date: python docs/generate_serve.py")


if __name__ == "__main__":
    main()
