"""The connectors are found where they were installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailjet_segment.connectors import DESTINATION, SOURCE, find_connectors
from program.failure import Failure


def test_each_is_taken_from_the_first_folder_that_has_it(tmp_path: Path) -> None:
    python, user = tmp_path / "python", tmp_path / "user"
    for folder, names in ((python, [SOURCE]), (user, [SOURCE, DESTINATION])):
        folder.mkdir()
        for name in names:
            (folder / name).touch()
    found = find_connectors([python, user])
    assert (found.source, found.destination) == (python / SOURCE, user / DESTINATION)


def test_one_that_is_nowhere_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(Failure, match=f"{SOURCE} is not installed in"):
        find_connectors([tmp_path])


def test_without_folders_those_of_this_installation_are_found() -> None:
    assert find_connectors().source.name == SOURCE
