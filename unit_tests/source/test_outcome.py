"""What an HTTP answer means, for every status and every way in which a 200 can be wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from mailjet_rest.errors import MailjetError
from mailjet_rest.outcome import Again, Answer, Missing, Outcome, Refused, judge
from mailjet_rest.rows import Message, parse_message
from program.failure import ConfigurationError

ORIGIN = "https://api.mailjet.com"
ROW = {"ID": 1, "ArrivedAt": "2018-01-01T00:00:00Z"}
ERROR = json.dumps({"ErrorInfo": "", "ErrorMessage": "a@b.example said no", "StatusCode": 400}).encode()


def _judge(
    status: int,
    body: bytes,
    path: str = "message",
    headers: dict[str, str] | None = None,
    params: Mapping[str, object] = {},
) -> Outcome[Message]:
    return judge(status, headers or {}, body, path, ORIGIN, 0.0, parse_message, params)


def test_rows_and_count_come_from_the_envelope() -> None:
    answer = _judge(200, json.dumps({"Count": 1, "Data": [ROW], "Total": 1}).encode())
    assert isinstance(answer, Answer)
    assert (answer.count, [row.email_id for row in answer.rows]) == (1, ["1"])


@pytest.mark.parametrize(
    "body, reason",
    [
        (b"", "an empty body"),
        (b'{"Count":1,"Data":[{"ID":1', "no JSON"),
        (b"<html>busy</html>", "no JSON"),
        (b"[]", "without a list of rows"),
        (b'{"Count":0}', "without a list of rows"),
        (b'{"Count":0,"Data":null}', "without a list of rows"),
        (b'{"Count":0,"Data":{"ID":1}}', "without a list of rows"),
        (b'{"Count":0,"Data":[1]}', "without a list of rows"),
        (b"[" * 100_000, "no JSON"),
        (b'{"Count":Infinity,"Data":[]}', "no JSON"),
        (b'{"Count":0,"Data":[{"Score":1e99999999999999999999}]}', "no JSON"),
        (b'{"Count":"x","Data":[]}', "'Count' that is no number"),
        (b'{"Count":-1,"Data":[]}', "'Count' that is no number"),
        (b'{"Count":1e999999999,"Data":[]}', "'Count' that is no number"),
        (b'{"Count":1000,"Data":[{"ID":1}]}', "1 rows whose 'Count' is 1000"),
        (b'{"Count":"7","Data":[]}', "0 rows whose 'Count' is 7"),
        (b'{"Data":[{"ID":"a","ArrivedAt":"2018-01-01T00:00:00Z"}]}', "'ID' is no number"),
        (b'{"Data":[{"ID":1,"Status":"sent"}]}', "a row without 'ArrivedAt' (its 'ID' is 1)"),
        (b'{"Data":[{"ID":1},{"ID":"77","Status":"sent"}]}', "(its 'ID' is 77)"),
    ],
)
def test_a_wrong_answer_with_status_200_is_never_taken_for_few_rows(body: bytes, reason: str) -> None:
    outcome = _judge(200, body)
    assert isinstance(outcome, Again)
    assert outcome.malformed
    assert reason in outcome.reason


@pytest.mark.parametrize("data", [b"null", b"[]", b'"rows"', b'[{"ID":"x"}]'])
def test_a_count_needs_no_rows(data: bytes) -> None:
    answer = _judge(200, b'{"Count":"12","Data":' + data + b"}", params={"countOnly": 1})
    assert isinstance(answer, Answer)
    assert (answer.count, answer.rows) == (12, [])


@pytest.mark.parametrize("body", [b'{"Data":[]}', b'{"Count":null}', b"[]", b"7"])
def test_an_answer_without_a_count_is_never_taken_for_a_count_of_none(body: bytes) -> None:
    outcome = _judge(200, body, params={"countOnly": 1})
    assert isinstance(outcome, Again)
    assert outcome.malformed


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_what_passes_is_tried_again(status: int) -> None:
    outcome = _judge(status, b"<html></html>", headers={"Retry-After": "7"})
    assert isinstance(outcome, Again)
    assert outcome.throttled == (status == 429)
    assert not outcome.malformed


def test_an_object_that_is_gone_is_missing_and_a_listing_that_is_gone_is_an_error() -> None:
    assert isinstance(_judge(404, ERROR, "contact/7"), Missing)
    assert isinstance(_judge(404, ERROR, "contact"), Refused)
    assert isinstance(_judge(404, b"<html>not here</html>", "contact/7"), Refused)
    assert isinstance(_judge(404, b"[" * 100_000, "contact/7"), Refused)


@pytest.mark.parametrize(
    "status, body, kind, sentence",
    [
        (401, ERROR, ConfigurationError, "refused the keys"),
        (403, ERROR, ConfigurationError, "does not let this API key read 'message'"),
        (302, b"", ConfigurationError, "is not Mailjet's API"),
        (404, b"<html></html>", ConfigurationError, "is not Mailjet's API"),
        (400, ERROR, MailjetError, r"refused a request for 'message' \(400\)"),
    ],
)
def test_what_stays_wrong_is_said_once_with_what_to_do(
    status: int, body: bytes, kind: type[Exception], sentence: str
) -> None:
    outcome = _judge(status, body)
    assert isinstance(outcome, Refused)
    assert outcome.scope == {401: "all", 403: "resource"}.get(status, "request")
    with pytest.raises(kind, match=sentence):
        raise outcome.error


def test_an_unexpected_refusal_says_what_mailjet_said_and_which_parameters_it_was_given() -> None:
    said = (
        "Cannot sort on\nfield a.person@b.example (key 5a4d0b0cb0e5a0b0a4d0sandboxkey00, mail%40b.example, "
        "Basic YTpi): " + "x " * 500
    )
    body = json.dumps({"ErrorMessage": said, "StatusCode": 400}).encode()
    outcome = _judge(400, body, params={"Sort": "a.person@b.example", "Limit": 1000})
    assert isinstance(outcome, Refused)
    sentence = str(outcome.error)
    assert "for 'message' with the parameters Limit, Sort (400)" in sentence
    assert 'saying "Cannot sort on field ... (key ..., ...' in sentence
    assert len(sentence) < 400
    assert not [part for part in ("person", "b.example", "5a4d0b0c", "\n") if part in sentence]
    assert "Basic" not in sentence


def test_a_refusal_that_says_nothing_has_no_empty_quotes() -> None:
    outcome = _judge(400, b"{}")
    assert isinstance(outcome, Refused)
    assert str(outcome.error).startswith("Mailjet refused a request for 'message' (400): ")
