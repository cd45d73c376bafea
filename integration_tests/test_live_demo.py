"""`mailjet-segment demo --live`: it ends by itself, and what arrived is what happened."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "mailjet_segment", "demo", "--live"]


def test_the_live_demo_shows_that_what_happened_arrived_and_leaves_its_store(tmp_path: Path) -> None:
    done = subprocess.run(COMMAND, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "0 are missing, 0 are made up." in done.stdout
    assert "unsub    ours   alive" in done.stdout
    store = sqlite3.connect(tmp_path / "demo" / "mailjet-live-demo.db")
    (count,) = store.execute("SELECT count(*) FROM mailjet_sandbox_tracks").fetchone()
    store.close()
    assert f"{count:,} events arrived" in done.stdout


@pytest.mark.long_series
def test_ctrl_c_ends_the_live_demo_and_its_collector(tmp_path: Path) -> None:
    process = subprocess.Popen(COMMAND, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout
    for line in process.stdout:
        if "A day of mail" in line:
            break
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert error.startswith("mailjet-segment: Stopped. What had come is in ")
    assert not list((tmp_path / "demo").glob("*-wal"))
