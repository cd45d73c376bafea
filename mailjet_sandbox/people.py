"""The account's contacts: their addresses, and the property that may hold their user id in every form it can take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any, NamedTuple

from mailjet_sandbox.rates import Rates

FIRST = ("Anna", "Bruno", "Chloé", "Dmitri", "Elif", "Fatou", "Goran", "Hana", "Ines", "Jun", "Kofi", "Léa", "Milos")
LAST = (
    "Berg",
    "Costa",
    "Dubois",
    "Eriksen",
    "Fontaine",
    "Garcia",
    "Horvat",
    "Ito",
    "Jansen",
    "Kaya",
    "Lopez",
    "Moreau",
)
DOMAINS = ("example.com", "example.org", "example.net", "mail.example.com")
FIRST_ID, ID_STEP = 2_750_000_001, 3

_HARD_NUMBERS = (42, 43.0, 1e21, 9_007_199_254_740_993, 0, 44.5, -7)
_HARD_TEXTS = ("  u-with-spaces ", "", "   ", None, "00042", "usér-Ωmega", "a/b c?d=e")
HARD_VALUES: tuple[Any, ...] = (*_HARD_NUMBERS, *_HARD_TEXTS)
"""Values of the property that are no plain text: numbers of all sizes, stray spaces, nothing at all."""
FIRST_PLAIN = 4 + len(HARD_VALUES)
"""The number of the first contact that is no hard case."""
ERASED, UNLISTED = (1, 2), 3
"""Those of the hard cases."""


class Person(NamedTuple):
    """What an address is made of."""

    first: str
    last: str
    domain: str


@dataclass(frozen=True)
class Contact:
    """A recipient. `properties` are the extra data under the names that the account stores them by.

    An `erased` one is gone from every listing and gives 404; an `unlisted` one is missing from campaigns' listings.
    """

    id: int
    email: str
    name: str
    created_at: int
    properties: Mapping[str, Any]
    erased: bool = False
    unlisted: bool = False


def make_contacts(rng: Random, count: int, start: int, property_name: str | None, rates: Rates) -> list[Contact]:
    """`count` contacts older than `start` (Unix seconds); the first ones are the hard cases, once each.

    `property_name` is the property as the account spells it, None where it defines none.
    """
    return [_contact(rng, number, start, property_name, rates) for number in range(count)]


def _contact(rng: Random, number: int, start: int, property_name: str | None, rates: Rates) -> Contact:
    person = Person(rng.choice(FIRST), rng.choice(LAST), rng.choice(DOMAINS))
    shows_first_name = rng.random() < 0.8
    has_user_id, erased, unlisted = (rng.random() < r for r in (rates.with_user_id, rates.erased, rates.unlisted))
    return make_contact(
        number,
        person,
        start - 86_400 - rng.randrange(300 * 86_400),
        make_properties(number, property_name, person.first if shows_first_name else None, has_user_id),
        number in ERASED or (erased and number >= FIRST_PLAIN),
        number == UNLISTED or unlisted,
    )


def make_properties(number: int, property_name: str | None, first: str | None, has_user_id: bool) -> dict[str, Any]:
    """The extra data of contact `number`: the first ones have the hard values, once each."""
    properties: dict[str, Any] = {"firstname": first} if first else {}
    hard = number - 4
    if property_name and 0 <= hard < len(HARD_VALUES):
        properties[property_name] = HARD_VALUES[hard]
    elif property_name and has_user_id:
        properties[property_name] = f"u-{number:06d}"
    elif not has_user_id and number % 2:
        properties = {}
    return properties


def make_contact(
    number: int, person: Person, created_at: int, properties: Mapping[str, Any], erased: bool, unlisted: bool
) -> Contact:
    """Contact `number`, whose address holds the number."""
    first, last, domain = person
    local = f"{first}.{last}".lower().replace("é", "e") + (f"+{number}" if number % 9 == 0 else str(number))
    name = f"{first} {last}" if number % 5 else ""
    return Contact(contact_id(number), f"{local}@{domain}", name, created_at, properties, erased, unlisted)


def contact_id(number: int) -> int:
    """The ID of contact `number`."""
    return FIRST_ID + number * ID_STEP


def contact_number(identity: int) -> int:
    """The number of the contact with an ID; -1 for an ID that no contact can have."""
    number, remainder = divmod(identity - FIRST_ID, ID_STEP)
    return -1 if remainder else number


def stored_spelling(property_name: str) -> str:
    """A case of its own for a property's name: `userId` is stored as `UserId`."""
    return property_name[:1].swapcase() + property_name[1:]


def normal_user_id(value: Any) -> str | None:
    """A property's value as a user id: trimmed text, a number without exponent or trailing `.0`; None for nothing."""
    if value is None:
        return None
    if isinstance(value, (int, float)):
        digits = format(Decimal(repr(value)), "f")
        return digits.rstrip("0").rstrip(".") if "." in digits else digits
    return str(value).strip() or None
