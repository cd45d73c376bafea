"""The command line: exit codes, and a sentence instead of a stack trace."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailjet_segment.cli import main


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


@pytest.mark.parametrize("command", ["demo", "sync", "sandbox", "load"])
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert "--help" in capsys.readouterr().out
