"""One sandbox for all tests that only read it, and short ways to ask it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from mailjet_sandbox.sandbox import DEFAULT_NOW, Sandbox
from mailjet_sandbox.switches import Switches


@pytest.fixture(scope="session")
def shared() -> Iterator[Sandbox]:
    with Sandbox(messages=1_200) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(shared: Sandbox) -> Iterator[Sandbox]:
    """A sandbox whose clock, switches and faults a test may change: they are put back."""
    yield shared
    shared.now, shared.switches = DEFAULT_NOW, Switches()
    shared.set_faults()


@pytest.fixture
def get_from() -> Callable[..., requests.Response]:
    """`get_from(sandbox, "message", MessageStatus=7)`."""

    def ask(sandbox: Sandbox, path: str, **query: object) -> requests.Response:
        asked = {name: str(value) for name, value in query.items()}
        key = (sandbox.api_key, sandbox.api_key_secret)
        return requests.get(f"{sandbox.mailjet_url}/v3/REST/{path}", params=asked, auth=key, timeout=5)

    return ask


@pytest.fixture
def get(sandbox: Sandbox, get_from: Callable[..., requests.Response]) -> Callable[..., requests.Response]:
    """`get("message", MessageStatus=7)` is the whole response."""
    return lambda path, **query: get_from(sandbox, path, **query)


@pytest.fixture
def rows(get: Callable[..., requests.Response]) -> Callable[..., list[dict[str, Any]]]:
    """`rows("message", Offset=1_000)`: up to a thousand of them."""

    def read(path: str, **query: object) -> list[dict[str, Any]]:
        answer = get(path, **{"Limit": 1_000, **query})
        assert answer.status_code == 200, answer.text
        return list(answer.json()["Data"])

    return read


@pytest.fixture
def count(get: Callable[..., requests.Response]) -> Callable[..., int]:
    """`count("message", MessageStatus=7)`: as `countOnly` says."""
    return lambda path, **query: int(get(path, countOnly=1, **query).json()["Count"])
