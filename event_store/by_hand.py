"""Statements that run for every batch, written by hand: SQLAlchemy takes longer to write a small one than to run it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, CursorResult


def run_by_hand(connection: Connection, statement: str, *values: Any) -> CursorResult[Any]:
    """Runs a statement on either database. `?` stands for a value and for nothing else."""
    return connection.exec_driver_sql(_spelt(connection.dialect.name, statement), values)


@lru_cache(maxsize=64)
def _spelt(dialect: str, statement: str) -> str:
    return statement if dialect == "sqlite" else statement.replace("?", "%s")
