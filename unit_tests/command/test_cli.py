"""The command line: exit codes, and a sentence instead of a stack trace."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from lab.report_account import make_report_account
from mailjet_segment.cli import main, whole_parser
from mailjet_segment.commands.command import Command
from mailjet_segment.commands.commands import COMMANDS


def test_a_mistake_is_one_sentence_and_exit_code_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sync", "--source-config", str(tmp_path / "none.json")]) == 1
    shown = capsys.readouterr()
    path = tmp_path / "none.json"
    assert shown.err == (
        f"mailjet-segment: The file of --source-config, {path}, cannot be read (No such file or directory): give its "
        "path.\n"
    )
    assert shown.out == ""


SYNC = ["sync", "--source-config", "source.json"]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["sync"],
        [*SYNC, "--destination-config", "destination.json", "--resend-from", "yesterday"],
        [*SYNC, "--destination-config", "destination.json", "--history", "all"],
        [*SYNC, "--history", "send"],
        [*SYNC, "--resend-from", "2026-01-31"],
        ["sandbox", "--messages", "0"],
        ["sandbox", "--days", "many"],
        ["sandbox", "--port", "65535"],
    ],
)
def test_arguments_that_cannot_be_are_explained(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_a_sandbox_of_too_many_emails_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sandbox", "--newsletter", "--messages", "10000001"]) == 1
    assert "at most 10,000,000 emails" in capsys.readouterr().err


@pytest.mark.parametrize("command", COMMANDS, ids=[command.name for command in COMMANDS])
def test_every_command_has_help_with_examples_first(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command.name, "--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert command.examples
    assert 0 <= shown.index(command.examples[0]) < shown.index(f"mailjet-segment {command.name} [-h]")


@pytest.mark.parametrize("example", [example for command in COMMANDS for example in command.examples])
def test_an_example_is_a_command_line_that_is_taken(example: str) -> None:
    program, *words = shlex.split(example.partition(" > ")[0])
    assert program == "mailjet-segment"
    assert whole_parser().parse_args(words).run


def test_the_help_lists_each_command_in_one_section(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    listed = [words[0] for words in lines if len(words) > 1 and words[0] in {command.name for command in COMMANDS}]
    assert sorted(listed) == sorted(command.name for command in COMMANDS)


def run_python(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_help_is_shown_also_where_rich_is_not_installed() -> None:
    absent = "import sys; sys.modules['rich_argparse'] = sys.modules['rich'] = None"
    shown = run_python(f"{absent}; from mailjet_segment.cli import main; main(['--help'])")
    assert "usage: mailjet-segment" in shown
    assert "move events:" in shown


def test_a_start_imports_nothing_that_takes_long() -> None:
    heavy = {"rich", "rich_argparse", "shtab", "requests", "duckdb", "dlt", "sqlalchemy", "numpy", "pyarrow", "orjson"}
    program = "import sys; from mailjet_segment.cli import whole_parser; whole_parser(); print(*sys.modules)"
    assert not heavy & set(run_python(program).split())


@pytest.mark.parametrize(
    "words",
    [
        "report --duckdb .",
        "status --duckdb .",
        "explore --duckdb tables.duckdb -o .",
    ],
)
def test_a_folder_in_place_of_a_file_is_one_sentence(
    words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(words.split()) == 1
    said = capsys.readouterr().err
    assert ". is a folder; give the path of a file in it" in said


@pytest.mark.parametrize("words", ["report", "explore", "export --format xlsx"])
def test_no_output_replaces_the_tables_that_it_is_made_of(
    words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    make_report_account(Path("mailjet.duckdb"), campaigns=1, messages=10)
    before = Path("mailjet.duckdb").read_bytes()
    assert main([*words.split(), "--duckdb", "mailjet.duckdb", "-o", str(tmp_path / "mailjet.duckdb")]) == 1
    assert "holds the tables themselves" in capsys.readouterr().err
    assert Path("mailjet.duckdb").read_bytes() == before
