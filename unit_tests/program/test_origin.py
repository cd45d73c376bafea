"""Origins that a key may be sent to, and those that it may not."""

from __future__ import annotations

import pytest

from program.failure import FieldError
from program.origin import parse_origin, require_origin


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://events.example.com", "https://events.example.com"),
        ("HTTPS://events.example.com:8443/", "https://events.example.com:8443"),
        ("http://localhost:1", "http://localhost:1"),
        ("http://127.9.9.9", "http://127.9.9.9"),
        ("http://[::1]:80", "http://[::1]:80"),
    ],
)
def test_origins_that_may_have_it(text: str, origin: str) -> None:
    assert parse_origin(text) == origin


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (
            "https://x.example/v3",
            "must be https://host or https://host:port, in plain letters, without user, path or query",
        ),
        ("https://x.example:0", "has a host or port that cannot exist"),
        ("https://x.example:65536", "has a host or port that cannot exist"),
        (
            "http://10.0.0.1",
            "must begin with https://; plain http is for localhost, 127.0.0.0/8, ::1 and host.docker.internal",
        ),
    ],
)
def test_what_is_no_such_origin_is_a_sentence_about_the_field(text: str, what: str) -> None:
    with pytest.raises(FieldError) as raised:
        require_origin("region.api_url", text)
    assert str(raised.value) == f"Field 'region.api_url' of the configuration {what}."
