"""Real shells complete `mailjet-segment`, set up as `docs/start.md` says: each is typed at, as a person does."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from integration_tests.needed_program import BIN, leave_out, needed
from integration_tests.terminal import on_a_terminal
from lab.documents import blocks

BASH_COMPLETION = Path("/usr/share/bash-completion/bash_completion")

PROMPT = "ready> "
STARTS = {
    "bash": (".bashrc", f"PS1='{PROMPT}'; . {BASH_COMPLETION}"),
    "zsh": (".zshrc", f"PS1='{PROMPT}'"),
    "tcsh": (".tcshrc", f"set prompt='{PROMPT}'"),
}
"""What a shell reads first, and what is in it before: bash's is that of new users of Debian."""

EMPTY_LINE = "\x15"
"""Ctrl-U: each of the shells throws the line away that was begun."""

COMPLETED = {
    "rep": "report",
    "webhooks reg": "webhooks register",
    "doctor --dest": "doctor --destination-config",
    "webhooks register --take": "webhooks register --take-over",
    "export --format x": "export --format xlsx",
    "sync --source-config acc": "sync --source-config account.json",
}
"""What is typed before the tabulator, and what is there after it."""


@pytest.fixture(params=STARTS)
def shell(request: pytest.FixtureRequest) -> Path:
    """Each of the shells."""
    if request.param == "bash" and not BASH_COMPLETION.exists():
        leave_out("bash-completion is not installed: apt-get install bash-completion")
    return needed(request.param, f"apt-get install {request.param}")


def test_a_shell_completes_commands_options_values_and_files(shell: Path, tmp_path: Path) -> None:
    environment = {"PATH": f"{BIN}:{os.environ['PATH']}", "HOME": str(tmp_path), "ZDOTDIR": str(tmp_path)}
    environment["XDG_DATA_HOME"] = f"{tmp_path}/.local/share"
    file, text = STARTS[shell.name]
    (tmp_path / file).write_text(f"{text}\n", "utf-8")
    (tmp_path / "account.json").touch()
    (block,) = [block for block in blocks("sh") if f"mailjet-segment completion {shell.name}" in block.text]
    subprocess.run([shell, "-ec", block.text], cwd=tmp_path, env={**os.environ, **environment}, check=True)
    with on_a_terminal(shell, ["-i"], tmp_path, environment) as terminal:
        terminal.wait_for(PROMPT)
        for begun, completed in COMPLETED.items():
            terminal.type(f"mailjet-segment {begun}\t")
            terminal.wait_for(f"mailjet-segment {completed}")
            terminal.type(EMPTY_LINE)
