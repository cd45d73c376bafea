"""What happens to each message of a computed account: a function of its number, for thousands of messages at once.

A message has up to 13 events, each in a slot of its own. An event is packed into one integer, its *key*, so that the
keys of a message in order of size are its events in order of time: seconds, rank of the status, slot.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mailjet_sandbox.lives import DAY, HOUR, LINKS, MINUTE, Event
from mailjet_sandbox.lots import Bits, Flags, Integers, Lots, bits, threshold
from mailjet_sandbox.message_states import BOUNCES, MESSAGE_STATES, REFUSALS
from mailjet_sandbox.rates import Rates
from mailjet_sandbox.user_agents import BOTS, FORGOTTEN_AGENT, NO_AGENT, PEOPLE_USE

RANKS = (
    "unknown",
    "queued",
    "deferred",
    "sent",
    "blocked",
    "softbounced",
    "hardbounced",
    "clicked",
    "opened",
    "spam",
    "unsub",
)
"""The statuses in the order in which events of one second happen: as in a held account, alphabetical after `sent`."""
_RANK = {word: rank for rank, word in enumerate(RANKS)}

QUEUED, DEFERRED, OUTCOME, OPEN, CLICK, UNSUB, SPAM, SLOTS = 0, 1, 2, 3, 8, 11, 12, 13
"""Slots: how long it waited, how that ended, up to 5 opens and 3 clicks, unsubscribe, complaint."""
MOST_OPENS, MOST_CLICKS = CLICK - OPEN, UNSUB - CLICK

NEVER = 1 << 62
"""The key of what never happens."""
BEFORE = _RANK["sent"]
"""What has a rank below it is pending."""

_FATE, _LATE, _OPENS, _CLICKS = 16, 17, 18, 19
"""Salts of lots; the lot of an event has its slot as salt."""
_AGAIN = 0.3
"""Who opened opens again, and again, by this chance; so for clicks."""
_LATER = (5 * MINUTE, 40 * MINUTE, 5 * HOUR, DAY, 3 * DAY)
_TAIL = 0.04
"""The share of reactions that come a week and more after the message; most others come in the first two days."""


def _wait_s(quantile: float) -> int:
    """Seconds until somebody reacts."""
    soon = 1 - _TAIL
    if quantile < soon:
        return 30 + round(-8 * HOUR * math.log(1 - quantile / soon))
    return round(7 * DAY + (quantile - soon) / _TAIL * 33 * DAY)


_WAITS = np.array([_wait_s((place + 0.5) / (1 << 14)) for place in range(1 << 14)], np.int64)
_BOUNCES, _REFUSALS = (np.array([state.id for state in states]) for states in (BOUNCES, REFUSALS))
_PERMANENT = np.array([state in MESSAGE_STATES and MESSAGE_STATES[state].permanent for state in range(32)])
_PEOPLE = np.array([*PEOPLE_USE * 40, NO_AGENT, NO_AGENT, FORGOTTEN_AGENT])
_BOTS = np.array(BOTS)
_URLS = [LINKS[int((place / 256) ** 2 * len(LINKS))] for place in range(256)]


@dataclass(frozen=True)
class Lives:
    """The lives of some messages: `keys` has a row for each and a column for each slot; `states`: of a bounce, else 0.

    `blocked`: whether Mailjet blocks the recipient from then on.
    """

    keys: Integers
    states: Integers
    blocked: Integers

    def latest(self, until: int) -> Integers:
        """The key of each one's latest event, of those below a key; 0 where it has none yet."""
        latest: Integers = np.where(self.keys < until, self.keys, 0).max(axis=1)
        return latest


def key_of(second: int) -> int:
    """The first key of a second."""
    return second << 8


def rank_of(keys: Integers) -> Integers:
    """The ranks of events."""
    return keys >> 4 & 15


def slot_of(keys: Integers) -> Integers:
    """The slots of events."""
    return keys & 15


class Chances:
    """The lives of an account, at its rates; the mean of opens is that of messages that were delivered and tracked."""

    def __init__(self, lots: Lots, rates: Rates) -> None:
        self._lots, self._rates = lots, rates
        self._opens = _thresholds(rates.opened, MOST_OPENS)
        self._clicks = _thresholds(rates.clicked / (self._opens[0] / (1 << 32)) if rates.opened else 0, MOST_CLICKS)
        self._bots = threshold(rates.by_bots, 16)

    def live(self, numbers: Integers, arrived: Integers, tracked: Integers) -> Lives:
        """What ever happens to the messages; `arrived` in seconds from the account's start on."""
        keys = np.full((len(numbers), SLOTS), NEVER, np.int64)
        states, blocked = np.zeros(len(numbers), np.int64), np.zeros(len(numbers), np.int64)
        fate = self._lots.draw(_FATE, numbers)
        share, choice = bits(fate, 32, 32), bits(fate, 0, 32)
        bounced, refused, late = (
            threshold(chance, 32)
            for chance in np.cumsum([self._rates.bounced, self._rates.preblocked, self._rates.late]).tolist()
        )
        keys[:, OUTCOME] = _keys(arrived, _RANK["sent"], OUTCOME)

        of = np.flatnonzero(share < bounced)
        at, because = arrived[of] + 2 + (choice[of] >> 8) % 898, _BOUNCES[choice[of] % len(_BOUNCES)]
        _bounce(keys, states, blocked, of, at, because)
        of = np.flatnonzero((share >= bounced) & (share < refused))
        states[of] = _REFUSALS[choice[of] % len(_REFUSALS)]
        blocked[of] = _PERMANENT[states[of]]
        keys[of, OUTCOME] = _keys(arrived[of], _RANK["blocked"], OUTCOME)
        of = np.flatnonzero((share >= refused) & (share < late))
        self._delay(keys, states, blocked, of, numbers, arrived)

        self._engage(keys, numbers, tracked)
        return Lives(keys, states, blocked)

    def _delay(
        self, keys: Integers, states: Integers, blocked: Integers, of: Integers, numbers: Integers, arrived: Integers
    ) -> None:
        """Seven tenths of what is late is delivered in the end."""
        lots, since = self._lots.draw(_LATE, numbers[of]), arrived[of]
        base = np.array(_LATER)[bits(lots, 0, 16) % len(_LATER)]
        after = base * 4 // 5 + base * 2 // 5 * bits(lots, 16, 10) // 1024
        queued, deferred, fate = bits(lots, 26, 10) < 300, after > HOUR, bits(lots, 36, 16) % 10
        keys[of[queued], QUEUED] = _keys(since[queued] + 20, _RANK["queued"], QUEUED)
        keys[of[deferred], DEFERRED] = _keys(since[deferred] + 30 * MINUTE, _RANK["deferred"], DEFERRED)
        keys[of, OUTCOME] = _keys(since + after, _RANK["sent"], OUTCOME)
        lost = np.flatnonzero(fate < 3)
        _bounce(keys, states, blocked, of[lost], (since + after)[lost], np.where(fate[lost] < 2, 12, 1))

    def _engage(self, keys: Integers, numbers: Integers, tracked: Integers) -> None:
        delivered = np.flatnonzero(rank_of(keys[:, OUTCOME]) == _RANK["sent"])
        seen = delivered[tracked[delivered] != 0]
        opens = _how_many(self._lots.draw(_OPENS, numbers[seen]), self._opens)
        opened = seen[opens > 0]
        clicks = _how_many(self._lots.draw(_CLICKS, numbers[opened]), self._clicks)
        times = keys[:, OUTCOME] >> 8
        for place in range(MOST_OPENS):
            of = seen[opens > place]
            lots = self._lots.draw(OPEN + place, numbers[of])
            at = times[of] + np.where(self._by_bots(lots), 1 + bits(lots, 16, 16) % 9, _waits(lots))
            keys[of, OPEN + place] = _keys(at, _RANK["opened"], OPEN + place)
        for place in range(MOST_CLICKS):
            of = opened[clicks > place]
            lots = self._lots.draw(CLICK + place, numbers[of])
            after_open = keys[of, OPEN + bits(lots, 16, 16) % opens[opens > 0][clicks > place]] >> 8
            by_bots = self._by_bots(lots)
            at = np.where(by_bots, times[of] + 1 + bits(lots, 32, 16) % 9, after_open + 1 + bits(lots, 32, 16) % 89)
            keys[of, CLICK + place] = _keys(at, _RANK["clicked"], CLICK + place)
        for slot, word, rate in (
            (UNSUB, "unsub", self._rates.unsubscribed),
            (SPAM, "spam", self._rates.spam),
        ):
            lots = self._lots.draw(slot, numbers[delivered])
            happens = bits(lots, 0, 32) < threshold(rate, 32)
            of = delivered[happens]
            keys[of, slot] = _keys(times[of] + _waits(lots[happens]), _RANK[word], slot)

    def _by_bots(self, lots: Bits) -> Flags:
        return bits(lots, 0, 16) < self._bots

    def events(self, lives: Lives, numbers: Integers, start: int) -> list[list[Event]]:
        """The events of each message in order, in Unix seconds."""
        keys = np.sort(lives.keys, axis=1)
        there = keys < NEVER
        of = np.repeat(np.arange(len(numbers)), there.sum(axis=1))
        made = self.make_events(keys[there], numbers[of], lives.states[of], lives.blocked[of], start)
        ends = np.cumsum(there.sum(axis=1)).tolist()
        return [made[since:until] for since, until in zip([0, *ends], ends, strict=False)]

    def make_events(
        self, keys: Integers, numbers: Integers, states: Integers, blocked: Integers, start: int
    ) -> list[Event]:
        """The event of each key; the other columns are those of the message that it belongs to."""
        slots = slot_of(keys)
        lots = self._lots.draw(slots, numbers)
        by_bots = self._by_bots(lots) & (slots < UNSUB)
        agents = np.where(by_bots, _BOTS[bits(lots, 52, 1)], _PEOPLE[bits(lots, 53, 11) % len(_PEOPLE)])
        is_click, is_outcome = (slots >= CLICK) & (slots < UNSUB), slots == OUTCOME
        urls = np.where(is_click, bits(lots, 44, 8), -1)
        return list(
            map(
                Event,
                ((keys >> 8) + start).tolist(),
                [RANKS[rank] for rank in rank_of(keys).tolist()],
                np.where(slots >= OPEN, agents, NO_AGENT).tolist(),
                ["" if url < 0 else _URLS[url] for url in urls.tolist()],
                np.where(is_outcome, states, 0).tolist(),
                (is_outcome & (blocked != 0)).tolist(),
            )
        )


def _keys(at: Integers, rank: Integers | int, slot: int) -> Integers:
    return at << 8 | rank << 4 | slot


def _bounce(keys: Integers, states: Integers, blocked: Integers, of: Integers, at: Integers, because: Integers) -> None:
    hard = _PERMANENT[because]
    states[of], blocked[of] = because, hard & (because % 2 == 1)
    keys[of, OUTCOME] = _keys(at, np.where(hard, _RANK["hardbounced"], _RANK["softbounced"]), OUTCOME)


def _waits(lots: Bits) -> Integers:
    waits: Integers = _WAITS[bits(lots, 32, 14)] + bits(lots, 46, 6)
    return waits


def _thresholds(mean: float, most: int) -> Sequence[int]:
    """For each count of at least one, the threshold of 32 bits below which a lot means at least so many."""
    likely = mean * (1 - _AGAIN) / (1 - _AGAIN**most)
    return [threshold(min(1.0, likely) * _AGAIN**place, 32) for place in range(most)]


def _how_many(lots: Bits, thresholds: Sequence[int]) -> Integers:
    share = bits(lots, 0, 32)
    count: Integers = np.sum([share < limit for limit in thresholds], axis=0)
    return count
