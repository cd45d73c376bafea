"""Processes that are measured: exit code, output, records, time limit, memory of their own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lab.benchmarks.processes import FailedRunError, run, succeeded

RECORDS = """
import time
print('{"type":"LOG"}')
time.sleep(0.2)
print('{"type":"RECORD","record":{}}')
time.sleep(0.2)
print('{"type":"RECORD","record":{}}')
time.sleep(0.2)
print('{"type":"STATE"}')
"""


def test_a_run_tells_when_the_first_and_the_last_record_came(tmp_path: Path) -> None:
    done = succeeded(run([sys.executable, "-c", RECORDS], tmp_path, name="records"))
    assert done.first_record_s is not None
    assert done.last_record_s is not None
    assert 0.2 <= done.first_record_s <= done.last_record_s <= done.took_s
    assert done.took_s >= 0.6
    assert done.records == done.stdout.read_text("utf-8").count("RECORD") == 2


def test_records_are_counted_whole_and_may_be_thrown_away(tmp_path: Path) -> None:
    code = """
import sys
record = '{"type":"RECORD","record":{"stream":"%s","data":{"text":"' + 'x' * 999 + '"}}}'
for number in range(1_000):
    print(record % "email_opened", record % "tracks", sep=chr(10))
    if number % 10 == 0:
        print('{"type":"STATE","state":{"number":%d}}' % number)
sys.stdout.write((record % "tracks")[:-5])
"""
    command = [sys.executable, "-c", code]
    kept, counted = (run(command, tmp_path, name=f"keep-{keep}", keep_records=keep) for keep in (True, False))
    assert (kept.records, kept.tracks) == (counted.records, counted.tracks) == (2_000, 1_000)
    left = counted.stdout.read_text("utf-8").splitlines()
    assert left[:-1] == [line for line in kept.stdout.read_text("utf-8").splitlines() if "STATE" in line]
    assert len(left) == 101


def test_a_failure_is_reported_with_what_the_process_said(tmp_path: Path) -> None:
    done = run([sys.executable, "-c", "import sys; sys.exit('no such thing')"], tmp_path, name="failing")
    assert (done.exit_code, done.timed_out, done.first_record_s) == (1, False, None)
    with pytest.raises(FailedRunError, match=r"failing ended with exit code 1.\nno such thing"):
        succeeded(done)


def test_a_process_is_stopped_at_its_time_limit_and_what_it_said_is_kept(tmp_path: Path) -> None:
    done = run(["/bin/sh", "-c", "echo begun; exec sleep 600"], tmp_path, name="endless", limit_s=2)
    assert (done.exit_code, done.timed_out, done.stdout.read_text("utf-8")) == (-9, True, "begun\n")
    assert done.took_s < 60


def test_a_process_is_stopped_some_time_after_its_first_record(tmp_path: Path) -> None:
    endless = """echo before; while :; do echo '{"type":"RECORD"}'; sleep 0.05; done"""
    done = run(["/bin/sh", "-c", endless], tmp_path, name="endless", reading_limit_s=0.5)
    assert (done.exit_code, done.timed_out, done.records > 1) == (-9, True, True)
    assert 0.5 < done.reading_s < 60


def test_input_comes_from_the_file(tmp_path: Path) -> None:
    given = tmp_path / "given"
    given.write_text("three little words", "utf-8")
    command = [sys.executable, "-c", "import sys; print(len(sys.stdin.read().split()))"]
    assert run(command, tmp_path, name="words", stdin=given).stdout.read_text("utf-8") == "3\n"


def test_memory_is_the_process_own_and_not_its_parents(tmp_path: Path) -> None:
    ours = bytearray(300_000_000)
    small = "import time; time.sleep(1)"
    large = "held = bytearray(100_000_000); import time; time.sleep(1)"
    peaks = [run([sys.executable, "-c", code], tmp_path, name="memory").peak_bytes for code in (small, large)]
    assert 1_000_000 < peaks[0] < 90_000_000 < 100_000_000 < peaks[1] < len(ours)


def test_memory_and_processor_time_are_with_those_of_the_processes_that_it_started(tmp_path: Path) -> None:
    large = "held = bytearray(100_000_000); import time; time.sleep(1); sum(range(10_000_000))"
    starts = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {large!r}])"
    grandparent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {starts!r}])"
    alone = run([sys.executable, "-c", large], tmp_path, name="alone")
    done = run([sys.executable, "-c", grandparent], tmp_path, name="starts")
    assert alone.peak_bytes + 5_000_000 < done.peak_bytes < 2 * alone.peak_bytes
    assert done.cpu_s > 0.1


def test_a_process_that_was_not_yet_replaced_does_not_count_its_parents_memory_twice(tmp_path: Path) -> None:
    forks = "import subprocess, sys; held = bytearray(100_000_000); [subprocess.run(['/bin/true']) for _ in range(300)]"
    assert run([sys.executable, "-c", forks], tmp_path, name="forks").peak_bytes < 190_000_000
