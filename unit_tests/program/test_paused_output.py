"""What is written to a pipe that is full, while the process is stopped and goes on (`docker pause`)."""

from __future__ import annotations

import fcntl
import os
import signal
import struct
import subprocess
import sys
import termios
import time

import pytest

PIPE_BYTES = 65_536
"""What a pipe takes until somebody reads (Linux, pipe(7))."""
PREPARED = "from program.process import prepare_streams; prepare_streams(); "
PROGRAMS = {
    "records": "from source_mailjet_segment.run import write_past_buffer; write_past_buffer(b'x' * 999_999 + b'\\n')",
    "state": "print('x' * 999_999)",
}


@pytest.mark.parametrize("what", PROGRAMS)
def test_a_pause_while_it_is_written_loses_none_of_it(what: str) -> None:
    command = [sys.executable, "-u", "-c", PREPARED + PROGRAMS[what]]  # unbuffered, as the image runs it
    output, given = os.pipe()  # not PIPE: whoever watches for leaks would read it, and it would not be full
    with open(output, "rb") as output_file, subprocess.Popen(command, stdout=given) as writer:
        os.close(given)
        _wait_until_full(output)
        os.kill(writer.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, writer.pid, os.WSTOPPED)
        os.kill(writer.pid, signal.SIGCONT)
        assert len(output_file.read()) == 1_000_000
    assert writer.returncode == 0


def _wait_until_full(descriptor: int) -> None:
    deadline_s = time.monotonic() + 30
    while struct.unpack("i", fcntl.ioctl(descriptor, termios.FIONREAD, bytes(4)))[0] < PIPE_BYTES:
        assert time.monotonic() < deadline_s, "the pipe was not filled"
        time.sleep(0.01)
