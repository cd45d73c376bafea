"""Both connectors as commands, started in the ways in which people start them wrongly: a sentence, and soon."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from mailjet_sandbox.sandbox import Sandbox
from segment_events.instants import format_instant
from unit_tests.series import cases

BIN = Path(sys.executable).parent
SOURCE = {"api_key": "0123456789abcdef", "api_key_secret": "fedcba9876543210", "start_date": "2026-01-01T00:00:00Z"}
DESTINATION = {"write_key": "0123456789abcdef"}
PROPERTY = {"from": "contact_property", "property": "clé \U0001f511"}


class Connector(NamedTuple):
    """A connector's command and package, what it does with streams, and a configuration that it takes."""

    command: str
    package: str
    verb: str
    config: dict[str, Any]


CONNECTORS = [
    Connector("source-mailjet-segment", "source_mailjet_segment", "read", SOURCE),
    Connector("destination-segment", "destination_segment", "write", DESTINATION),
]
both = pytest.mark.parametrize("connector", CONNECTORS, ids=[each.command for each in CONNECTORS])


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(messages=60, days=5) as sandbox:
        yield sandbox


def write_file(folder: Path, name: str, content: Any) -> str:
    path = folder / f"{name}.json"
    path.write_text(json.dumps(content), "utf-8")
    return str(path)


def run(
    command: Sequence[str], environment: dict[str, str] | None = None, **how: Any
) -> subprocess.CompletedProcess[Any]:
    return subprocess.run(command, capture_output=True, timeout=120, env=environment, **how)


def sentences(output: bytes) -> list[str]:
    """What the messages say that a command ended with; everything that is printed must be a message in UTF-8."""
    messages = [json.loads(line) for line in output.decode("utf-8").splitlines()]
    errors = [one["trace"]["error"]["message"] for one in messages if "error" in one.get("trace", {})]
    return errors + [one["connectionStatus"]["message"] for one in messages if one["type"] == "CONNECTION_STATUS"]


@both
@pytest.mark.parametrize(
    ("verb", "fault"),
    [("check", "an empty key"), ("sync", "an empty key"), ("check", "a misspelt field"), ("sync", "no file")],
)
def test_a_mistake_in_the_configuration_is_told_before_the_cdk_is_imported(
    connector: Connector, fault: str, verb: str, tmp_path: Path
) -> None:
    key = next(iter(connector.config))
    given = {**connector.config, **({key: ""} if fault == "an empty key" else {f"{key}s": "x"})}
    path = write_file(tmp_path, "config", given) if fault != "no file" else str(tmp_path / "none.json")
    program = (
        f"import sys\nfrom {connector.package}.start import main\n"
        "try:\n    main()\nfinally:\n    sys.stderr.write(str('airbyte_cdk' in sys.modules))"
    )
    command = "check" if verb == "check" else connector.verb
    catalog = write_file(tmp_path, "catalog", {"streams": []})
    done = run([sys.executable, "-c", program, command, f"--config={path}", "--catalog", catalog])
    (sentence,) = sentences(done.stdout)
    words = {
        "an empty key": "must not be empty",
        "a misspelt field": "is not known: call it",
        "no file": "give its path",
    }
    assert words[fault] in sentence
    assert done.stderr == b"False"
    assert done.returncode == (0 if verb == "check" and fault != "no file" else 1)


@both
def test_the_configuration_of_the_other_connector_is_named_as_such(connector: Connector, tmp_path: Path) -> None:
    other = next(each for each in CONNECTORS if each is not connector)
    done = run([str(BIN / connector.command), "check", "--config", write_file(tmp_path, "config", other.config)])
    (sentence,) = sentences(done.stdout)
    assert sentence.startswith("This is the configuration of ")


@both
def test_a_key_of_one_letter_is_masked_in_no_sentence(connector: Connector, sandbox: Sandbox, tmp_path: Path) -> None:
    given = {
        "source-mailjet-segment": {**SOURCE, "api_key": "a", "api_key_secret": "e", "api_url": sandbox.mailjet_url},
        "destination-segment": {
            "write_key": "e",
            "region": {"location": "other", "api_url": f"{sandbox.segment_url}"},
        },
    }[connector.command]
    done = run([str(BIN / connector.command), "check", "--config", write_file(tmp_path, "config", given)])
    (sentence,) = sentences(done.stdout)
    assert "****" not in sentence
    assert "e" in sentence


def source_config(sandbox: Sandbox) -> dict[str, Any]:
    """A configuration of which `check` has to say that a property whose name is not ASCII does not exist."""
    keys = {"api_key": sandbox.api_key, "api_key_secret": sandbox.api_key_secret, "api_url": sandbox.mailjet_url}
    return {**keys, "start_date": format_instant(sandbox.start), "max_requests_per_second": 1_000, "user_id": PROPERTY}


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    config = write_file(tmp_path_factory.mktemp("catalog"), "config", SOURCE)
    done = run([str(BIN / "source-mailjet-segment"), "discover", "--config", config])
    (message,) = (one for one in map(json.loads, done.stdout.splitlines()) if one["type"] == "CATALOG")
    modes = {"sync_mode": "incremental", "destination_sync_mode": "append"}
    return {"streams": [{"stream": stream, **modes} for stream in message["catalog"]["streams"]]}


ENVIRONMENTS = {
    "an output that is not UTF-8": {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
    "an environment that is empty": {"PYTHONUTF8": "0", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"},
    "no home folder": {**os.environ, "HOME": "/nonexistent"},
}


@pytest.mark.parametrize(
    "environment",
    cases(ENVIRONMENTS.values(), always=[ENVIRONMENTS["an environment that is empty"]]),
    ids=list(ENVIRONMENTS),
)
def test_a_sync_needs_no_more_of_its_environment_than_a_network(
    environment: dict[str, str], sandbox: Sandbox, catalog: dict[str, Any], tmp_path: Path
) -> None:
    config, streams = write_file(tmp_path, "source", source_config(sandbox)), write_file(tmp_path, "catalog", catalog)
    checked = run([str(BIN / "source-mailjet-segment"), "check", "--config", config], environment)
    assert PROPERTY["property"] in sentences(checked.stdout)[0]
    read = run([str(BIN / "source-mailjet-segment"), "read", "--config", config, "--catalog", streams], environment)
    assert (read.returncode, sentences(read.stdout)) == (0, [])
    region = {"location": "other", "api_url": sandbox.segment_url}
    given = write_file(tmp_path, "destination", {"write_key": sandbox.write_key, "region": region})
    named = {"type": "STATE", "state": {"type": "LEGACY", "data": {"name": "Zoë \U0001f4e7"}}}
    fed = read.stdout + json.dumps(named, ensure_ascii=False).encode() + b"\n"
    command = [str(BIN / "destination-segment"), "write", "--config", given, "--catalog", streams]
    written = run(command, environment, input=fed)
    assert (written.returncode, sentences(written.stdout)) == (0, [])
    echoed = [json.loads(line) for line in written.stdout.decode("utf-8").splitlines()]
    assert [one["state"]["data"] for one in echoed if "data" in one.get("state", {})] == [named["state"]["data"]]  # type: ignore[index]


def test_a_source_whose_input_is_closed_reads_as_ever(
    sandbox: Sandbox, catalog: dict[str, Any], tmp_path: Path
) -> None:
    config, streams = write_file(tmp_path, "source", source_config(sandbox)), write_file(tmp_path, "catalog", catalog)
    script = f"exec {BIN / 'source-mailjet-segment'} read --config {config} --catalog {streams} <&-"
    done = run(["sh", "-c", script])
    assert (done.returncode, sentences(done.stdout)) == (0, [])


def test_a_destination_whose_input_is_closed_says_what_it_wants(tmp_path: Path) -> None:
    config, catalog = write_file(tmp_path, "config", DESTINATION), write_file(tmp_path, "catalog", {"streams": []})
    done = run(["sh", "-c", f"exec {BIN / 'destination-segment'} write --config {config} --catalog {catalog} <&-"])
    (sentence,) = sentences(done.stdout)
    assert sentence.startswith("The input is closed: give write the messages of a source")
    assert done.returncode == 1


@both
def test_a_command_whose_output_is_closed_says_so_to_whoever_still_listens(connector: Connector) -> None:
    done = run(["sh", "-c", f"exec {BIN / connector.command} spec >&-"])
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr == b"The output is closed, so that nobody would get a message: open it.\n"
    assert run(["sh", "-c", f"exec {BIN / connector.command} spec >&- 2>&-"]).returncode == 1
