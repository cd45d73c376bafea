"""Connections that another thread may cut."""

from __future__ import annotations

import socket

import pytest
import requests

from program.http_session import Interruptible, open_session

pytestmark = pytest.mark.servers  # it listens on a port


def test_a_connection_that_is_made_after_the_interrupt_is_cut_too() -> None:
    """A thread that was connecting would else wait for an answer until its time is over."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        origin = f"http://127.0.0.1:{silent.getsockname()[1]}"
        connections = Interruptible(1)
        with open_session(origin, "user", "password", "test") as session:
            session.mount("http://", connections)
            connections.interrupt()
            with pytest.raises(requests.exceptions.ConnectionError):
                session.get(origin, timeout=3)
