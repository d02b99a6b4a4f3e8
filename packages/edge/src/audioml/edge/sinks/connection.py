"""Whether a broker is there, as the network thread of an MQTT client learns it."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from paho.mqtt.client import Client
    from paho.mqtt.reasoncodes import ReasonCode

__all__ = ["Connection", "dropped"]


class Connection:
    """The state of a client's connection.

    ``up`` is set while it stands; ``why`` says why it does not.
    """

    def __init__(self) -> None:
        self.up = threading.Event()
        self.why = "it does not answer"
        self._tried = threading.Event()

    def follow(self, client: Client, greet: Callable[[], object]) -> None:
        """Follow a client; ``greet`` is called whenever it has connected."""

        def connected(
            _client: Client, _data: object, _flags: Any, reason: ReasonCode, *_: Any
        ) -> None:
            if reason.is_failure:
                self.why = f"it refuses us: {reason}"
            else:
                greet()
                self.up.set()
            self._tried.set()

        client.on_connect = connected
        client.on_connect_fail = self._unreached
        client.on_disconnect = self._lost

    def wait(self, seconds: float) -> bool:
        """Return whether the connection stands; the first attempt, and no other, is waited for."""
        self._tried.wait(seconds)
        self._tried.set()
        return self.up.is_set()

    def _unreached(self, *_: object) -> None:
        error = sys.exception()  # paho calls from where it caught it
        self.why = getattr(error, "strerror", None) or str(error or "it cannot be reached")
        self._tried.set()

    def _lost(self, *_: object) -> None:
        if self.up.is_set():
            self.up.clear()
            self.why = "the connection was lost"
        elif not self._tried.is_set():
            self.why = "it closes the connection; does it speak MQTT, and with TLS or without?"
            self._tried.set()


def dropped(client: Client) -> None:
    """Disconnect a client for good, with little waiting."""
    with contextlib.suppress(OSError):
        client.disconnect()
    # joins a thread that may be looking up a name
    end = threading.Thread(target=client.loop_stop, daemon=True)
    end.start()
    end.join(2)
