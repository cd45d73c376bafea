"""One event is of one person: the one rule that says who, for every way that events come."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segment_events.person import Person, person

TEXTS = st.none() | st.text()


@pytest.mark.parametrize(
    "user_id, address, contact_id, expected",
    [
        ("u-1", "one@example.com", "7", Person("u-1", None)),
        (None, "one@example.com", "7", Person(None, "one@example.com")),
        ("", "one@example.com", "7", Person(None, "one@example.com")),
        (None, None, "7", Person(None, "mailjet-contact-7")),
        (None, "", "7", Person(None, "mailjet-contact-7")),
        (None, None, None, Person(None, "mailjet-message-42")),
    ],
)
def test_who_somebody_is(user_id: str | None, address: str | None, contact_id: str | None, expected: Person) -> None:
    assert person(user_id, address, contact_id, "42") == expected


@given(TEXTS, TEXTS, TEXTS, st.text(min_size=1))
def test_exactly_one_of_the_two_is_set(
    user_id: str | None, address: str | None, contact_id: str | None, email_id: str
) -> None:
    who = person(user_id, address, contact_id, email_id)
    assert bool(who.user_id) != bool(who.anonymous_id)
