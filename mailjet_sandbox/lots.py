"""Chance without a sequence: the lot of an item is computed from (seed, salt, number), for thousands at once.

Integers only, so that the same seed gives the same account on every machine. The mixing is that of SplitMix64 (Steele,
Lea, Flood: "Fast Splittable Pseudorandom Number Generators", 2014).
"""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
"""Numbers of messages, seconds, places in tables."""
Bits = npt.NDArray[np.uint64]
"""Lots: 64 random bits each."""

Flags = npt.NDArray[np.bool_]

SALTS = 64
"""How many kinds of lots there are."""

_STEP, _FIRST, _SECOND = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_30, _27, _31 = np.uint64(30), np.uint64(27), np.uint64(31)


class Lots:
    """All lots of a seed."""

    def __init__(self, seed: int) -> None:
        digests = [hashlib.sha256(f"{seed} {salt}".encode()).digest()[:8] for salt in range(SALTS)]
        self._keys = np.array([int.from_bytes(digest, "little") for digest in digests], np.uint64)

    def draw(self, salts: int | Integers, numbers: Integers) -> Bits:
        """The lot of each number; `salts` is one for all, or one for each."""
        lots = numbers.astype(np.uint64) * _STEP + self._keys[salts]
        lots ^= lots >> _30
        lots *= _FIRST
        lots ^= lots >> _27
        lots *= _SECOND
        lots ^= lots >> _31
        return lots


def bits(lots: Bits, first: int, count: int) -> Integers:
    """`count` bits of each lot from bit `first` on, below 2**count; `count` is 63 at most."""
    return ((lots >> np.uint64(first)) & np.uint64((1 << count) - 1)).astype(np.int64)


def threshold(share: float, count: int) -> int:
    """Below it lies that share of the numbers of `count` bits."""
    return round(share * (1 << count))
