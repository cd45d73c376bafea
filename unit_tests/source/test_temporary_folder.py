"""A machine without room, or without a place, for temporary files is named in the error."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from airbyte_cdk.models import FailureType

from source_mailjet_segment.errors import MachineError
from source_mailjet_segment.store import Store
from source_mailjet_segment.temporary_folder import require_temporary_folder


def test_no_folder_for_temporary_files_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: [str(tmp_path / "none")])
    with pytest.raises(MachineError, match="set TMPDIR to one"):
        require_temporary_folder()


def test_a_store_that_cannot_grow_says_so_and_says_it_again() -> None:
    store = Store()
    store._db.execute("PRAGMA max_page_count = 20")
    ids = [f"id-{number}" for number in range(20_000)]
    sentence = r"cannot be written to \(database or disk is full\): make room"
    with pytest.raises(MachineError, match=sentence) as raised:
        store.claim(1, ids)
    assert raised.value.failure_type is FailureType.system_error
    with pytest.raises(MachineError, match=sentence):
        store.user_ids(ids)
    store.close()
