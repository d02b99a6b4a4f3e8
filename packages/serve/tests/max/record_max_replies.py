"""Records the replies of the original server, as ``max_replies.json`` beside this file.

    python record_max_replies.py http://127.0.0.1:5000 http://127.0.0.1:5001

The first is IBM's MAX-Audio-Embedding-Generator as its ``app.py`` starts it, the second the same
with ``CORS_ENABLE=true``. Both need a ``vggish_model.ckpt`` and a ``vggish_pca_params.npz`` in
their ``assets``; any weights of the right shapes will do, since the rows are kept with the replies.
A reply that many cases have is written down once. The case of a rate of 1 Hz is not among them: the
original works on it for minutes.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from max_cases import CASES, CORS
from max_wire import Reply, send

_HEADERS = ("Content-Type", "Allow", "Vary")


def told(reply: Reply) -> dict:
    """Return what of a reply is the API's and not the server's or the day's."""
    kept = {
        name: value
        for name, value in reply.headers.items()
        if name in _HEADERS or name.startswith("Access-Control-")
    }
    if "Allow" in kept:  # a set, in an order that changes with every start
        kept["Allow"] = ", ".join(sorted(kept["Allow"].split(", ")))
    return {"status": reply.status, "headers": kept, "body": reply.body.decode()}


def main(plain: str, cors: str) -> None:
    """Send every case and write down what came."""
    replies: list[dict] = []
    cases: dict[str, dict[str, int]] = {}
    for group, url, sent in (
        ("plain", plain, {**CASES, **CORS}),
        ("cors", cors, CORS),
    ):
        cases[group] = {}
        for name, case in sent.items():
            reply = told(send(url, case))
            if case.path == "/" and reply["status"] == 200:
                reply["body"] = ""  # Swagger UI's page, of which ours need not be a copy
            if reply not in replies:
                replies.append(reply)
            cases[group][name] = replies.index(reply)
    text = json.dumps({"replies": replies, **cases}, indent=1) + "\n"
    Path(__file__).with_name("max_replies.json").write_text(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
