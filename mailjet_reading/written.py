"""Instants and lists in a STATE message. `pendulum` reads exactly this form and no other."""

from __future__ import annotations

from typing import Any

import pendulum


def second_text(second: int) -> str:
    """Unix seconds as `2026-01-31T23:59:59Z`."""
    return str(pendulum.from_timestamp(second).strftime("%Y-%m-%dT%H:%M:%SZ"))


def parse_second(text: str) -> int:
    """The second that `second_text` wrote; raises `ValueError` or `TypeError` for anything else."""
    return int(pendulum.from_format(text, "YYYY-MM-DDTHH:mm:ss[Z]", tz="UTC").timestamp())


def parse_list(written: object) -> list[Any]:
    """A list; raises `TypeError` for anything else."""
    if not isinstance(written, list):
        raise TypeError("no list")
    return written
