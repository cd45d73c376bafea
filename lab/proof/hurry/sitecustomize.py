"""Hurries the peers, whose waits cannot be configured. Python imports it before all else.

They sleep a fiftieth of what they mean to, and wait a fifth as long for an answer.
"""

import socket
import time

_sleep, _settimeout = time.sleep, socket.socket.settimeout


def _set_shorter_timeout(self: socket.socket, value: "float | None") -> None:
    _settimeout(self, value and value / 5)


time.sleep = lambda seconds: _sleep(float(seconds) / 50)
setattr(socket.socket, "settimeout", _set_shorter_timeout)  # noqa: B010
