"""Collectors, their leader and PostgreSQL are killed under load: a few moments here, many in `make proof`."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.postgres import Postgres
from lab.postgres_fixture import postgres as postgres
from lab.proof.collector_kills import STORES, Store, prove


@pytest.mark.parametrize("store", STORES)
def test_every_event_that_was_answered_is_at_segment_and_with_a_reader_once(
    store: Store, tmp_path: Path, postgres: Postgres
) -> None:
    assert prove(store, 1 if store == "postgresql" else 2, tmp_path, seed=1).endswith("once.")
