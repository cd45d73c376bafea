"""Mailjet's API by one client: what it says of hosts, clocks and refusals, against real servers."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mailjet_rest.client import Mailjet, Patience
from mailjet_rest.clock import warn_of_clock
from mailjet_rest.errors import MailjetError
from mailjet_sandbox.faults import Fault, asked_as, status
from mailjet_sandbox.sandbox import Sandbox

HASTY = Patience(unavailable_s=0.1, first_wait_s=0.01)


def client(origin: str) -> Mailjet:
    return Mailjet(origin, "key", "secret", 10_000, HASTY)


def test_a_host_that_is_not_known_is_named_and_not_what_was_asked_of_it() -> None:
    with pytest.raises(MailjetError) as raised:
        client("https://api.mailjet.invalid").rows("messagestate", {}, dict)
    sentence = str(raised.value)
    assert "host 'api.mailjet.invalid'" in sentence
    assert "check 'api_url'" in sentence
    assert "messagestate" not in sentence


@pytest.mark.parametrize(
    "ahead, warned_of",
    [(timedelta(hours=-2), "2 h behind that"), (timedelta(days=3), "3 d ahead of that"), (timedelta(minutes=59), None)],
)
def test_clocks_that_differ_by_more_than_an_hour_are_warned_of(ahead: timedelta, warned_of: str | None) -> None:
    warning = warn_of_clock("https://api.mailjet.com", ahead.total_seconds())
    assert (warning is None) == (warned_of is None)
    assert warned_of is None or warned_of in str(warning)


def test_a_stand_in_on_this_machine_may_have_a_time_of_its_own(log_lines: list[str]) -> None:
    with Sandbox(messages=10) as sandbox:
        api = Mailjet(sandbox.mailjet_url, sandbox.api_key, sandbox.api_key_secret, 10_000, HASTY)
        api.count("message", {})
        assert api.date == int(sandbox.now.timestamp())
    assert not log_lines


def test_a_wait_until_a_date_lasts_as_long_by_whatever_clock() -> None:
    """The server's clock is a year behind this machine's."""
    slept: list[float] = []
    wait = status(429, headers={"date": "Sun, 01 Jun 2025 00:00:00 GMT"}, retry_after="Sun, 01 Jun 2025 00:00:07 GMT")
    with Sandbox(messages=10, faults=[Fault("message", wait)]) as sandbox:
        api = Mailjet(
            sandbox.mailjet_url, sandbox.api_key, sandbox.api_key_secret, 10_000, sleep=slept.append, jitter=lambda: 0.0
        )
        api.rows("message", {}, dict)
    assert 6.9 < sum(slept) < 7.1


def test_what_mailjet_refuses_is_told_in_its_own_words() -> None:
    with Sandbox(messages=10, faults=[Fault("message", asked_as(FromTS="soon"))]) as sandbox:
        api = Mailjet(sandbox.mailjet_url, sandbox.api_key, sandbox.api_key_secret, 10_000, HASTY)
        with pytest.raises(MailjetError) as raised:
            api.rows("message", {"FromTS": 0, "Limit": 1}, dict)
    assert "with the parameters FromTS, Limit (400)" in str(raised.value)
    assert 'saying "Invalid value for FromTS: a timestamp is expected"' in str(raised.value)
