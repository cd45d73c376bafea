"""The connector's Python interface, and one POST against a real server."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import pytest
from airbyte_cdk.models import (
    AirbyteMessage,
    AirbyteMessageSerializer,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteCatalogSerializer,
    Status,
)
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from destination_segment import VERSION
from destination_segment.destination import DestinationSegment
from mailjet_sandbox.faults import Action, Fault, FaultMiddleware, body, delay, html_page, status, trickle
from mailjet_sandbox.segment_ledger import SegmentLedger
from mailjet_sandbox.segment_server import segment_app
from mailjet_sandbox.serving import serving
from segment_api.endpoint import Endpoint
from segment_api.outcome import Accepted, Hopeless, Outcome, TryLater

KEY = "key-0123456789"
LOGGER = logging.getLogger("airbyte")


@contextmanager
def segment(*faults: Fault) -> Iterator[tuple[SegmentLedger, str]]:
    ledger = SegmentLedger()
    with serving([FaultMiddleware(segment_app(ledger, write_keys=[KEY]), faults, "/v1")]) as (origin,):
        yield ledger, origin


def config(origin: str) -> dict[str, object]:
    return {"write_key": KEY, "region": {"location": "other", "api_url": origin}}


def message(text: str) -> AirbyteMessage:
    return AirbyteMessageSerializer.load(orjson.loads(text))


def catalog() -> ConfiguredAirbyteCatalog:
    stream = {"name": "a", "json_schema": {}, "supported_sync_modes": ["full_refresh"]}
    entry = {"stream": stream, "sync_mode": "full_refresh", "destination_sync_mode": "append"}
    return ConfiguredAirbyteCatalogSerializer.load({"streams": [entry]})


ROW = message(
    '{"type":"RECORD","record":{"stream":"a","emitted_at":1,"data":{"id":"m-1","event_text":"E","user_id":"u",'
    '"timestamp":"2026-01-31T23:59:59Z"}}}'
)
NOT_A_ROW = message('{"type":"RECORD","record":{"stream":"a","emitted_at":1,"data":{"id":1}}}')
STATE = message(
    '{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"a"},"stream_state":{"x":1}}}}'
)


def test_write_sends_messages_and_returns_states() -> None:
    with segment() as (ledger, origin):
        (echo,) = DestinationSegment().write(config(origin), catalog(), [ROW, STATE])
    assert ledger.accepted == 1
    assert echo.state is not None
    assert echo.state.destinationStats is not None
    assert echo.state.destinationStats.recordCount == 1.0


def test_write_gives_the_states_before_it_fails() -> None:
    with segment() as (_, origin):
        echoed = DestinationSegment().write(config(origin), catalog(), iter([ROW, STATE, NOT_A_ROW, STATE]))
        assert next(iter(echoed)).state is not None
        with pytest.raises(AirbyteTracedException, match="set records to mapped"):
            list(echoed)


def test_check_posts_an_empty_batch_and_proves_no_key() -> None:
    with segment() as (ledger, origin):
        result = DestinationSegment().check(LOGGER, config(origin))
    assert result.status is Status.SUCCEEDED
    assert "not proven" in str(result.message)
    assert (ledger.requests, ledger.accepted) == (1, 0)


def test_check_takes_a_400_in_json_for_segment_and_one_in_html_not() -> None:
    for answer, reached in (({"message": "no calls"}, Status.SUCCEEDED), ("<html>", Status.FAILED)):
        with segment(Fault("batch", status(400, answer), times=None)) as (_, origin):
            assert DestinationSegment().check(LOGGER, config(origin)).status is reached


def test_check_refuses_a_configuration_in_one_sentence() -> None:
    result = DestinationSegment().check(LOGGER, {})
    assert (result.status, result.message) == (
        Status.FAILED,
        "Field 'write_key' of the configuration is missing: set it.",
    )


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (None, Accepted()),
        (delay(0.5), TryLater("no answer in time")),
        (status(503), TryLater("HTTP 503")),
        (html_page(200), Hopeless),
    ],
)
def test_one_post_is_one_outcome(fault: object, expected: Outcome | type[Outcome]) -> None:
    faults = [Fault("batch", fault)] if fault else []  # type: ignore[arg-type]
    with segment(*faults) as (_, origin):
        outcome = Endpoint(origin, KEY, timeout_s=(1, 0.2)).post(b'{"batch":[]}')
    assert outcome == expected or type(outcome) is expected


@pytest.mark.parametrize(
    "fault", [trickle(parts=16, pause_s=0.1), body(lambda _: b"x" * 1_000_001)], ids=["slow", "large"]
)
def test_an_answer_that_does_not_come_to_an_end_is_not_waited_for(fault: Action) -> None:
    with segment(Fault("batch", fault)) as (_, origin):
        endpoint = Endpoint(origin, KEY, timeout_s=(1, 10), whole_answer_timeout_s=0.2)
        assert endpoint.post(b'{"batch":[]}') == TryLater("no answer in time")


def test_a_redirect_is_not_followed_with_the_write_key() -> None:
    with segment() as (elsewhere, other):
        location = {"location": f"{other}/v1/batch"}
        with segment(Fault("batch", status(307, headers=location))) as (_, origin):
            outcome = Endpoint(origin, KEY).post(b'{"batch":[]}')
    assert isinstance(outcome, Hopeless)
    assert elsewhere.requests == 0


def test_a_proxy_of_the_environment_never_sees_what_is_meant_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with segment() as (_, origin):
        assert Endpoint(origin, KEY).post(b'{"batch":[]}') == Accepted()


def test_events_carry_the_version_of_the_distribution() -> None:
    project = (Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8")
    assert re.search(r'^version = "(.+)"$', project, re.MULTILINE)[1] == VERSION  # type: ignore[index]
