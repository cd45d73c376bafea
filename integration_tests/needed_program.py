"""Programs of others that tests run: if one is missing, its tests are skipped, or fail where CI is set."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import NoReturn

import pytest

BIN = Path(sys.executable).parent


def needed(program: str, how: str) -> Path:
    """The place of a program; `how`: the command that installs it."""
    found = shutil.which(program, path=os.pathsep.join([str(BIN), os.environ["PATH"]]))
    return Path(found) if found else leave_out(f"{program} is not installed: {how}")


def leave_out(why: str) -> NoReturn:
    """Skips the test, or fails it where CI is set."""
    if os.environ.get("CI"):
        pytest.fail(why, pytrace=False)
    pytest.skip(why)
