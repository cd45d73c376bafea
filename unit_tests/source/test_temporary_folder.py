"""A machine without room for temporary files is named in the error."""

from __future__ import annotations

import pytest

from mailjet_reading.lookups.scratch_store import Store
from program.failure import MachineError


def test_a_store_that_cannot_grow_says_so_and_says_it_again() -> None:
    store = Store()
    store._db.execute("PRAGMA max_page_count = 20")
    ids = [f"id-{number}" for number in range(20_000)]
    sentence = r"cannot be written to \(database or disk is full\): make room"
    with pytest.raises(MachineError, match=sentence) as raised:
        store.claim(1, ids)
    assert raised.value.kind == "system_error"
    with pytest.raises(MachineError, match=sentence):
        store.user_ids.recall(ids)
    store.close()
