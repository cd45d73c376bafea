"""Whoever reads a file has the old one or all of the new one; whatever happens, nothing is left beside it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from mailjet_segment.whole_file import whole_file
from program.failure import Failure
from unit_tests.room import little_room

HOLD = (
    "import sys; from pathlib import Path; from mailjet_segment.whole_file import whole_file\n"
    "with whole_file(Path(sys.argv[1])) as new: new.write_text('half'); print(flush=True); input()"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file that is there already, alone in its folder."""
    (tmp_path / "page.html").write_text("old")
    return tmp_path / "page.html"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def is_as_it_was(file: Path) -> bool:
    return file.read_text() == "old" and [*file.parent.iterdir()] == [file]


def test_the_old_file_is_there_until_the_new_one_is_whole(file: Path) -> None:
    with whole_file(file) as new:
        new.write_text("new")
        assert file.read_text() == "old"
        assert mode(new.parent) == 0o700
    assert file.read_text() == "new"
    assert [*file.parent.iterdir()] == [file]


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, Failure("no")])
def test_an_error_leaves_the_old_file_and_nothing_beside_it(file: Path, error: BaseException) -> None:
    with suppress(KeyboardInterrupt, ValueError, Failure), whole_file(file) as new:
        new.write_text("half")
        raise error
    assert is_as_it_was(file)


def test_a_file_that_cannot_be_written_is_a_sentence(file: Path) -> None:
    with (
        pytest.raises(Failure, match=r"page.html cannot be written: File too large; give another file as -o\.$"),
        little_room(),
        whole_file(file) as new,
    ):
        new.write_text("half")
    assert is_as_it_was(file)


@pytest.mark.parametrize("name", ["page.html", "none/page.html"])
def test_a_place_where_no_file_can_be_is_a_sentence_with_the_advice(file: Path, name: str) -> None:
    path = file / name
    sentence = rf"^{path} cannot be written: .+; go away\.$"
    with pytest.raises(Failure, match=sentence), whole_file(path, advice="go away"):
        pass
    assert is_as_it_was(file)


def test_a_new_file_has_the_mode_that_the_umask_leaves_and_an_old_one_keeps_its_own(file: Path) -> None:
    file.chmod(0o604)
    before = os.umask(0o027)
    try:
        for path in (file, file.with_name("new.html")):
            with whole_file(path) as new:
                new.write_text("new")
    finally:
        os.umask(before)
    assert [mode(file), mode(file.with_name("new.html"))] == [0o604, 0o640]


def test_a_private_file_is_for_its_owner_alone_whatever_was_there(file: Path) -> None:
    file.chmod(0o666)
    for path in (file, file.with_name("new.html")):
        with whole_file(path, is_private=True) as new:
            new.write_text("new")
        assert mode(path) == 0o600


@pytest.mark.servers
def test_what_a_killed_process_left_goes_away_with_the_next(file: Path) -> None:
    killed, living = (
        subprocess.Popen([sys.executable, "-c", HOLD, file], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(2)
    )
    for process in (killed, living):
        assert process.stdout
        process.stdout.readline()
    killed.kill()
    killed.communicate()
    assert len([*file.parent.iterdir()]) == 3
    with whole_file(file.with_name("other.html")) as new:
        new.write_text("other")
    assert len([path for path in file.parent.iterdir() if path.is_dir()]) == 1
    living.communicate(b"\n", timeout=60)
    found = {path.name: path.read_text() for path in file.parent.iterdir()}
    assert found == {"page.html": "half", "other.html": "other"}
