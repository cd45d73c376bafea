"""The images as Airbyte runs them: files mounted in /config, records through stdin, an unprivileged user.

The containers share the host's network, because the sandbox listens on 127.0.0.1 only.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from mailjet_sandbox.happened import Happened
from mailjet_sandbox.sandbox import Sandbox
from segment_events.kinds import BLOCKED, KINDS, TRACKS

pytestmark = [pytest.mark.image_tests, pytest.mark.xdist_group("images")]

SOURCE, DESTINATION = "source-mailjet-segment", "destination-segment"
ROOT = Path(__file__).parent.parent
CONNECTOR = "/opt/connector"
Message = Mapping[str, Any]

SPILLS_TO_DISK = """
import os, pathlib
from mailjet_reading.lookups.scratch_store import Store
store = Store()
store.user_ids.remember({f"{number:0200}": "u" for number in range(200_000)})
assert len(store.user_ids.recall(["0" * 200])) == 1
print(*(os.readlink(one) for one in pathlib.Path("/proc/self/fd").iterdir() if one.is_symlink()))
"""
"""Gives a sync's store more than it keeps in memory, and prints the files that this process has open."""


@pytest.fixture
def config_folder(tmp_path: Path) -> Path:
    """A folder to be mounted as /config, which the image's user may read."""
    folder = tmp_path / "config"
    folder.mkdir()
    return folder


def docker(*arguments: str | Path, given: str = "") -> str:
    """What a docker command prints; fails the test with its errors where it does not exit with 0."""
    done = subprocess.run(["docker", *arguments], input=given, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


@cache
def host_network(image: str) -> tuple[str, ...]:
    """The option that gives a container this machine's network; none where the engine refuses it, doing so itself."""
    option = "--network=host"
    tried = subprocess.run(["docker", "run", "--rm", option, "--entrypoint", "true", image], capture_output=True)
    return (option,) if tried.returncode == 0 else ()


@cache
def hardened() -> tuple[str, ...]:
    """All that an engine can take from a container; podman would mount temporary folders over a read-only root."""
    options = ("--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges")
    return (*options, "--read-only-tmpfs=false") if "podman" in docker("--version") else options


def _connector(
    image: str,
    command: str,
    folder: Path,
    files: Mapping[str, Any],
    options: Sequence[str] | None = None,
    records: Sequence[Message] = (),
) -> list[Message]:
    """The messages of one connector command, hardened without `options`; `files` are mounted, given as
    `--<name> /config/<name>.json`.
    """
    named: list[str] = []
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content), "utf-8")
        named += [f"--{name}", f"/config/{name}.json"]
    given = "".join(f"{json.dumps(record)}\n" for record in records)
    every = ("--rm", "-i", *host_network(image), "--volume", f"{folder}:/config:ro")
    options = hardened() if options is None else options
    printed = docker("run", *every, *options, image, command, *named, given=given)
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
            if stream["name"] != BLOCKED.stream
        ]
    }


@pytest.mark.parametrize("name", [SOURCE, DESTINATION])
def test_the_image_says_what_airbyte_asks_of_it(images: Mapping[str, str], name: str) -> None:
    config = json.loads(docker("image", "inspect", images[name]))[0]["Config"]
    environment = dict(variable.split("=", 1) for variable in config["Env"])
    assert [environment["AIRBYTE_ENTRYPOINT"]] == config["Entrypoint"]
    assert environment["AIRBYTE_ENTRYPOINT"].startswith("/")
    assert environment["PYTHONUNBUFFERED"] == "1"
    assert config["Labels"]["io.airbyte.name"] == name
    assert f"{name}:{config['Labels']['io.airbyte.version']}" == images[name]


@pytest.mark.parametrize("name", [SOURCE, DESTINATION])
def test_the_image_runs_as_its_unprivileged_user(images: Mapping[str, str], name: str) -> None:
    config = json.loads(docker("image", "inspect", images[name]))[0]["Config"]
    assert config["User"] == "1000:1000"  # numbers, by which Kubernetes' runAsNonRoot tells
    assert docker("run", "--rm", "--entrypoint", "id", images[name], "-u") == "1000\n"


def test_the_image_runs_as_the_owner_of_a_configuration_that_nobody_else_may_read(
    images: Mapping[str, str], config_folder: Path, source_config: Mapping[str, Any]
) -> None:
    config = config_folder / "config.json"
    config.write_text(json.dumps(source_config), "utf-8")
    config.chmod(0o600)
    owner = 1234 if os.geteuid() == 0 else os.geteuid()
    os.chown(config, owner, -1)
    options = (
        *host_network(images[SOURCE]),
        *hardened(),
        "--user",
        f"{owner}",
        "--volume",
        f"{config_folder}:/data:ro",
    )
    said = docker("run", "--rm", *options, images[SOURCE], "check", "--config", "/data/config.json")
    (status,) = _only([json.loads(line) for line in said.splitlines()], "CONNECTION_STATUS")
    assert status["connectionStatus"]["status"] == "SUCCEEDED"


@pytest.mark.parametrize("name", [SOURCE, DESTINATION])
def test_the_image_has_no_build_tools(images: Mapping[str, str], name: str) -> None:
    tools = f"cc gcc g++ c++ clang ld make cargo rustc git {CONNECTOR}/bin/pip"
    look = f"for tool in {tools}; do command -v $tool; done; true"
    assert docker("run", "--rm", "--entrypoint", "sh", images[name], "-c", look) == ""


@cache
def _files(image: str) -> frozenset[str]:
    """The paths of everything in an image; volumes and what the engine mounts apart."""
    return frozenset(docker("run", "--rm", "--user", "0", "--entrypoint", "find", image, "/", "-xdev").splitlines())


def _base() -> str:
    """What `make images` builds on: another image where the environment names one."""
    (declared,) = re.findall(r"^ARG BASE_IMAGE=(.+)$", (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    return os.environ.get("CONNECTOR_BASE_IMAGE") or declared


def _added(image: str) -> frozenset[str]:
    """What the image has and its base has not."""
    return _files(image) - _files(_base())


@pytest.mark.parametrize("name", [SOURCE, DESTINATION])
def test_the_image_adds_the_connector_to_its_base_and_no_history_cache_or_leftover(
    images: Mapping[str, str], name: str
) -> None:
    added = _added(images[name])
    assert not sorted(path for path in added if not f"{path}/".startswith(f"{CONNECTOR}/"))
    scripts = {path.rpartition("/")[2] for path in added if path.startswith(f"{CONNECTOR}/bin/")}
    assert {one for one in scripts if not one.startswith("python")} == {SOURCE, DESTINATION}
    packages = {match[1] for path in added if (match := re.search(r"/site-packages/(\w+)$", path))}
    assert not packages & {"pip", "setuptools", "mailjet_sandbox", "mailjet_segment"}
    assert not sorted(path for path in added if path.endswith(("/INSTALLER", "/REQUESTED", "/direct_url.json")))


def test_every_module_is_compiled_because_a_read_only_root_keeps_no_byte_code(images: Mapping[str, str]) -> None:
    added = _added(images[SOURCE])
    modules = {path for path in added if path.endswith(".py")}
    compiled = {
        re.sub(r"__pycache__/(.+)\.cpython-\d+\.pyc$", r"\1.py", path) for path in added if path.endswith(".pyc")
    }
    assert len(modules) > 1_000
    assert modules == compiled


def _locked() -> dict[str, str]:
    """Name and version of what the lock has for this platform."""
    lines = (ROOT / "locks" / "requirements.txt").read_text("utf-8").splitlines()
    pins = [Requirement(line.removesuffix(" \\")) for line in lines if re.match(r"\w", line)]
    return {
        canonicalize_name(pin.name): str(pin.specifier).removeprefix("==")
        for pin in pins
        if pin.marker is None or pin.marker.evaluate()
    }


def test_the_image_holds_what_the_lock_names_and_the_bill_of_materials_says_so(images: Mapping[str, str]) -> None:
    version = images[SOURCE].partition(":")[2]
    done = subprocess.run(
        ["make", "sbom", f"VENV={sys.prefix}", "-o", f"{sys.prefix}/dev-installed", "-o", "images"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    bill = json.loads((ROOT / "build" / "sbom.cdx.json").read_text("utf-8"))
    assert (bill["bomFormat"], bill["metadata"]["component"]["name"]) == ("CycloneDX", "mailjet-segment")
    assert bill["metadata"]["component"]["version"] == version
    listed = {canonicalize_name(one["name"]): one["version"] for one in bill["components"]}
    assert listed == _locked()
    assert all(
        one["purl"] == f"pkg:pypi/{canonicalize_name(one['name'])}@{one['version']}" for one in bill["components"]
    )
    assert all(one.get("licenses") for one in bill["components"])


@pytest.mark.parametrize("name", [SOURCE, DESTINATION])
def test_spec_runs_from_any_folder(images: Mapping[str, str], name: str, tmp_path: Path) -> None:
    options = (*hardened(), "--workdir", "/")
    spec = _only(_connector(images[name], "spec", tmp_path, {}, options), "SPEC")
    assert [message["spec"]["connectionSpecification"]["type"] for message in spec] == ["object"]


@pytest.mark.parametrize("is_hardened", [True, False], ids=["read-only root", "writable root"])
def test_a_sync_that_outgrows_its_memory_writes_to_the_temporary_folder_alone(
    images: Mapping[str, str], is_hardened: bool
) -> None:
    options = hardened() if is_hardened else ()
    opened = docker(
        "run", "--rm", *options, "--entrypoint", f"{CONNECTOR}/bin/python", images[SOURCE], "-c", SPILLS_TO_DISK
    )
    assert re.findall(r"(\S+/)\S+ \(deleted\)", opened) == ["/tmp/"]


def test_without_a_temporary_folder_a_sentence_says_what_to_do(images: Mapping[str, str], tmp_path: Path) -> None:
    options = (*hardened(), "--volume", f"{tmp_path}:/tmp:ro")
    done = subprocess.run(["docker", "run", "--rm", *options, images[SOURCE], "spec"], capture_output=True, text=True)
    (trace,) = _only([json.loads(line) for line in done.stdout.splitlines()], "TRACE")
    assert done.returncode == 1
    assert trace["trace"]["error"]["message"].startswith(
        "No temporary folder can be written: give the container one at /tmp"
    )
    assert "Traceback" not in done.stdout + done.stderr


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
    read = _connector(images[SOURCE], "read", config_folder, files)
    records = [message["record"] for message in _only(read, "RECORD")]
    assert {record["stream"] for record in records} == {kind.stream for kind in KINDS} | {TRACKS}
    ids = [record["data"]["id"] for record in records if record["stream"] != TRACKS]
    assert sorted(ids) == sorted(record["data"]["id"] for record in records if record["stream"] == TRACKS)
    assert sorted(ids) == sorted({one.id for one in _readable(shared_sandbox)})

    before = shared_sandbox.segment.accepted
    files = {"config": destination_config, "catalog": _configured(catalog)}
    written = _connector(images[DESTINATION], "write", config_folder, files, records=read)
    assert shared_sandbox.segment.accepted - before == len(ids)
    assert not shared_sandbox.segment.dropped
    assert [_state(message) for message in _only(written, "STATE")] == [_state(each) for each in _only(read, "STATE")]


def test_a_container_reads_on_from_the_state_of_the_last(
    images: Mapping[str, str], config_folder: Path, source_config: Mapping[str, Any]
) -> None:
    (catalog,) = _only(_connector(images[SOURCE], "discover", config_folder, {"config": source_config}), "CATALOG")
    files = {"config": source_config, "catalog": _configured(catalog)}
    first = _only(_connector(images[SOURCE], "read", config_folder, files, options=()), "STATE")
    last = {message["state"]["stream"]["stream_descriptor"]["name"]: message["state"] for message in first}
    again = _connector(images[SOURCE], "read", config_folder, {**files, "state": list(last.values())}, options=())
    assert not _only(again, "RECORD")


def _readable(sandbox: Sandbox) -> list[Happened]:
    """What REST tells of, up to the 5 seconds that a sync leaves for the next."""
    return [one for one in sandbox.truth(until=sandbox.now - timedelta(seconds=5)) if not one.beyond_rest]


def _state(message: Message) -> Message:
    """A STATE's content, without the counts that each connector adds."""
    return {key: value for key, value in message["state"].items() if not key.endswith("Stats")}
