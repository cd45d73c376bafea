"""The images as Airbyte runs them: files mounted in /config, records through stdin, an unprivileged user.

The containers share the host's network, because the sandbox listens on 127.0.0.1 only.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from mailjet_sandbox.happened import Happened
from mailjet_sandbox.sandbox import Sandbox
from segment_events.kinds import KINDS, TRACKS

pytestmark = pytest.mark.image_tests

SOURCE, DESTINATION = "source-mailjet-segment", "destination-segment"
READ_ONLY = ("--read-only", "--tmpfs", "/tmp")
Message = Mapping[str, Any]


@pytest.fixture
def config_folder(tmp_path: Path) -> Path:
    """A folder to be mounted as /config, which the image's user may read."""
    folder = tmp_path / "config"
    folder.mkdir()
    return folder


def _docker(*arguments: str | Path, given: str = "") -> str:
    """What a docker command prints; fails the test with its errors where it does not exit with 0."""
    done = subprocess.run(["docker", *arguments], input=given, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


@cache
def _host_network(image: str) -> tuple[str, ...]:
    """The option that gives a container this machine's network; none where the engine refuses it, doing so itself."""
    option = "--network=host"
    tried = subprocess.run(["docker", "run", "--rm", option, "--entrypoint", "true", image], capture_output=True)
    return (option,) if tried.returncode == 0 else ()


def _connector(
    image: str,
    command: str,
    folder: Path,
    files: Mapping[str, Any],
    options: Sequence[str] = (),
    records: Sequence[Message] = (),
) -> list[Message]:
    """The messages of one connector command; `files` are mounted, given as `--<name> /config/<name>.json`."""
    named: list[str] = []
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content), "utf-8")
        named += [f"--{name}", f"/config/{name}.json"]
    given = "".join(f"{json.dumps(record)}\n" for record in records)
    every = ("--rm", "-i", *_host_network(image), "--volume", f"{folder}:/config:ro")
    printed = _docker("run", *every, *options, image, command, *named, given=given)
    return [json.loads(line) for line in printed.splitlines()]


def _only(messages: Sequence[Message], kind: str) -> list[Message]:
    return [message for message in messages if message["type"] == kind]


def _configured(catalog: Message, destination_mode: str = "append") -> dict[str, Any]:
    return {
        "streams": [
            {
                "stream": stream,
                "sync_mode": "incremental",
                "destination_sync_mode": destination_mode,
                "cursor_field": ["timestamp"],
                "primary_key": [["id"]],
                "generation_id": 0,
                "minimum_generation_id": 0,
                "sync_id": 1,
            }
            for stream in catalog["catalog"]["streams"]
        ]
    }


@pytest.mark.parametrize("name", [SOURCE, DESTINATION])
def test_the_image_says_what_airbyte_asks_of_it(images: Mapping[str, str], name: str) -> None:
    config = json.loads(_docker("image", "inspect", images[name]))[0]["Config"]
    environment = dict(variable.split("=", 1) for variable in config["Env"])
    assert [environment["AIRBYTE_ENTRYPOINT"]] == config["Entrypoint"]
    assert environment["AIRBYTE_ENTRYPOINT"].startswith("/")
    assert environment["PYTHONUNBUFFERED"] == "1"
    assert config["Labels"]["io.airbyte.name"] == name
    assert f"{name}:{config['Labels']['io.airbyte.version']}" == images[name]


@pytest.mark.parametrize("name", [SOURCE, DESTINATION])
def test_the_image_runs_as_its_unprivileged_user(images: Mapping[str, str], name: str) -> None:
    assert _docker("run", "--rm", "--entrypoint", "id", images[name], "-u") == "1000\n"


@pytest.mark.parametrize("name", [SOURCE, DESTINATION])
def test_the_image_has_no_build_tools(images: Mapping[str, str], name: str) -> None:
    look = "for tool in cc gcc g++ make cargo /opt/connector/bin/pip; do command -v $tool; done; true"
    assert _docker("run", "--rm", "--entrypoint", "sh", images[name], "-c", look) == ""


@pytest.mark.parametrize("name", [SOURCE, DESTINATION])
def test_spec_runs_on_a_read_only_root_from_any_folder(images: Mapping[str, str], name: str, tmp_path: Path) -> None:
    options = (*READ_ONLY, "--workdir", "/")
    spec = _only(_connector(images[name], "spec", tmp_path, {}, options), "SPEC")
    assert [message["spec"]["connectionSpecification"]["type"] for message in spec] == ["object"]


@pytest.mark.parametrize("name", [SOURCE, DESTINATION])
def test_check_succeeds(
    images: Mapping[str, str],
    name: str,
    config_folder: Path,
    source_config: Mapping[str, Any],
    destination_config: Mapping[str, Any],
) -> None:
    config = {SOURCE: source_config, DESTINATION: destination_config}[name]
    status = _only(_connector(images[name], "check", config_folder, {"config": config}), "CONNECTION_STATUS")
    assert [message["connectionStatus"]["status"] for message in status] == ["SUCCEEDED"]


def test_what_one_container_reads_another_writes(
    images: Mapping[str, str],
    config_folder: Path,
    shared_sandbox: Sandbox,
    source_config: Mapping[str, Any],
    destination_config: Mapping[str, Any],
) -> None:
    found = _connector(images[SOURCE], "discover", config_folder, {"config": source_config})
    (catalog,) = _only(found, "CATALOG")
    files = {"config": source_config, "catalog": _configured(catalog)}
    read = _connector(images[SOURCE], "read", config_folder, files, READ_ONLY)
    records = [message["record"] for message in _only(read, "RECORD")]
    assert {record["stream"] for record in records} == {kind.stream for kind in KINDS} | {TRACKS}
    ids = [record["data"]["id"] for record in records if record["stream"] != TRACKS]
    assert sorted(ids) == sorted(record["data"]["id"] for record in records if record["stream"] == TRACKS)
    assert sorted(ids) == sorted({one.id for one in _readable(shared_sandbox)})

    before = shared_sandbox.segment.accepted
    files = {"config": destination_config, "catalog": _configured(catalog)}
    written = _connector(images[DESTINATION], "write", config_folder, files, READ_ONLY, records=read)
    assert shared_sandbox.segment.accepted - before == len(ids)
    assert not shared_sandbox.segment.dropped
    assert [_state(message) for message in _only(written, "STATE")] == [_state(each) for each in _only(read, "STATE")]


def test_a_container_reads_on_from_the_state_of_the_last(
    images: Mapping[str, str], config_folder: Path, source_config: Mapping[str, Any]
) -> None:
    (catalog,) = _only(_connector(images[SOURCE], "discover", config_folder, {"config": source_config}), "CATALOG")
    files = {"config": source_config, "catalog": _configured(catalog)}
    first = _only(_connector(images[SOURCE], "read", config_folder, files), "STATE")
    last = {message["state"]["stream"]["stream_descriptor"]["name"]: message["state"] for message in first}
    again = _connector(images[SOURCE], "read", config_folder, {**files, "state": list(last.values())})
    assert not _only(again, "RECORD")


def _readable(sandbox: Sandbox) -> list[Happened]:
    """What REST tells of, up to the 5 seconds that a sync leaves for the next."""
    return [one for one in sandbox.truth(until=sandbox.now - timedelta(seconds=5)) if not one.beyond_rest]


def _state(message: Message) -> Message:
    """A STATE's content, without the counts that each connector adds."""
    return {key: value for key, value in message["state"].items() if not key.endswith("Stats")}
