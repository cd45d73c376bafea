"""Arithmetic on windows of time. A span is `[since, until)` in Unix seconds."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise

Span = tuple[int, int]
DAY_S = 86_400


def merge(spans: Iterable[Span]) -> list[Span]:
    """The same seconds as disjoint spans in order, none touching the next, none empty."""
    merged: list[Span] = []
    for since, until in sorted(span for span in spans if span[0] < span[1]):
        if merged and since <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], until))
        else:
            merged.append((since, until))
    return merged


def subtract(spans: Iterable[Span], holes: Iterable[Span]) -> list[Span]:
    """The seconds of `spans` that are in none of `holes`, merged."""
    remaining = merge(spans)
    for hole_since, hole_until in merge(holes):
        remaining = [
            piece
            for since, until in remaining
            for piece in ((since, min(until, hole_since)), (max(since, hole_until), until))
            if piece[0] < piece[1]
        ]
    return remaining


def contains(spans: Sequence[Span], second: int) -> bool:
    """Whether a second is in one of the spans, which are merged."""
    place = bisect_right(spans, (second, 1 << 62)) - 1
    return place >= 0 and second < spans[place][1]


def split(span: Span, parts: int) -> list[Span]:
    """The span in at most `parts` pieces of nearly the same length, none shorter than a second."""
    since, until = span
    parts = max(1, min(parts, until - since))
    edges = [since + (until - since) * part // parts for part in range(parts + 1)]
    return list(pairwise(edges))
