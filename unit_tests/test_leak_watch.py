"""That a leak planted anywhere in what a connector says fails the test in which it is said."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent

PLANTED = r'''
import base64, json, logging, os, subprocess, sys
from pathlib import Path
import pytest
from mailjet_sandbox.sandbox import API_KEY, API_KEY_SECRET
from mailjet_sandbox.segment_server import DEMO_WRITE_KEY

BASIC = base64.b64encode(f"{API_KEY}:{API_KEY_SECRET}".encode()).decode()
RECORD = '{"type":"RECORD","record":{"stream":"a","data":{"context_traits_email":"%s"}}}'


def connector(tmp_path, *arguments, name="source-mailjet-segment", **options):
    """Stands in for a connector: prints what it is told to."""
    script = tmp_path / name
    script.write_text("import sys; [print(text, file=sys.stdout if n else sys.stderr) "
                      "for text in sys.argv[1:] if not text.startswith('-') for n in (0, 1)]")
    return subprocess.run([sys.executable, str(script), *arguments], capture_output=True, text=True, **options)


def text_of(tmp_path, text, name="source-mailjet-segment", **options):
    """The same, with the text from the standard input, so that it is on no command line."""
    script = tmp_path / name
    script.write_text("import sys; sys.stdout.write(sys.stdin.read())")
    command = [sys.executable, str(script), *options.pop("arguments", ())]
    return subprocess.run(command, input=text, stdout=options.pop("stdout", subprocess.PIPE), text=True, **options)


@pytest.mark.parametrize("text", [
    '{"type":"LOG","log":{"level":"INFO","message":"with %s"}}' % API_KEY,
    '{"type":"LOG","log":{"level":"INFO","message":"with %s"}}' % API_KEY_SECRET,
    '{"type":"TRACE","trace":{"error":{"message":"of %s"}}}' % DEMO_WRITE_KEY,
    '{"type":"TRACE","trace":{"error":{"stack_trace":"somebody@example.com"}}}',
    '{"type":"STATE","state":{"stream":{"stream_state":{"last":"anna.berg+9@mail.example.com"}}}}',
    '{"type":"CONTROL","control":{"url":"https://api.mailjet.com/?Email=a.b%40example.org"}}',
    "Authorization: Basic " + base64.b64encode(b"another:pair-of-keys").decode(),
    BASIC, f"https://{API_KEY}:x@127.0.0.1", RECORD % API_KEY, "Traceback: somebody@example.com (no line end",
], ids=range(11))
def test_leak_printed(tmp_path, text):
    assert text_of(tmp_path, text).returncode == 0


def test_leak_printed_to_a_file(tmp_path):
    with (tmp_path / "output").open("w") as file:
        text_of(tmp_path, API_KEY, stdout=file)


def test_leak_of_a_key_that_only_the_configuration_file_holds(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"write_key": "only-in-this-file"}))
    text_of(tmp_path, "with only-in-this-file", arguments=["--config", str(tmp_path / "config.json")])


def test_leak_of_a_password_that_an_account_of_a_collector_has(tmp_path):
    account = {"name": "shop", "webhook_password": ["only-in-this-account"]}
    (tmp_path / "config.json").write_text(json.dumps({"accounts": [account]}))
    text_of(tmp_path, "with only-in-this-account", arguments=["--config", str(tmp_path / "config.json")])


def test_leak_on_the_command_line(tmp_path):
    connector(tmp_path, f"--key={API_KEY}")


def test_leak_into_the_environment(tmp_path):
    connector(tmp_path, env={**os.environ, "MAILJET_KEY": API_KEY_SECRET})


@pytest.mark.parametrize("name", ["airbyte", "airbyte.source-mailjet-segment", "urllib3.connectionpool"])
def test_leak_logged(name):
    logging.getLogger(name).warning("of %s", "somebody@example.com")


def test_leak_logged_with_an_error():
    try:
        raise ValueError(API_KEY)
    except ValueError:
        logging.getLogger("airbyte").error("failed", exc_info=True)


def test_leak_in_a_message_of_this_process(leak_watch):
    leak_watch.hear('{"type":"TRACE","trace":{"error":{"message":"of somebody@example.com"}}}')


def test_clean_record_with_an_address(tmp_path):
    assert text_of(tmp_path, RECORD % "somebody@example.com").stdout == RECORD % "somebody@example.com"


def test_clean_output_of_the_sandbox_and_of_others(tmp_path):
    assert API_KEY in text_of(tmp_path, API_KEY, name="mailjet-segment", arguments=["sandbox"]).stdout
    assert API_KEY in text_of(tmp_path, API_KEY, name="some-other-program").stdout


def test_clean_output_is_whole_and_in_order(tmp_path):
    text = "".join(f"line {number}\n" for number in range(200_000))
    assert text_of(tmp_path, text).stdout == text
'''


def test_a_planted_leak_fails_its_test_and_nothing_else_does(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "conftest.py").write_text((ROOT / "conftest.py").read_text("utf-8"), "utf-8")
    (tmp_path / "test_planted.py").write_text(PLANTED, "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-rEfp", "-p", "no:cacheprovider", "--tb=no", str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
    ended = {word: set(re.findall(rf"^{word} \S+::(\S+)", done.stdout, re.M)) for word in ("PASSED", "ERROR", "FAILED")}
    assert ended["FAILED"] == set(), done.stdout
    leaked = {name for name in ended["PASSED"] if name.startswith("test_leak")}
    assert leaked == ended["ERROR"]
    assert len(leaked) == 12 + 4 + 3 + 2
    assert len(ended["PASSED"] - leaked) == 3
