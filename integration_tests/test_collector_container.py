"""The collector's image as a machine runs it: hardened, a read-only root, a volume for its store, ended by SIGTERM."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from integration_tests.test_containers import docker, hardened, host_network
from lab.documents import blocks, commands
from lab.proof import collector_kills
from lab.proof.collector_kills import ACCOUNT, PASSWORD, ask
from mailjet_collector.callback_urls import EVENT_TYPES
from mailjet_sandbox.sandbox import Sandbox
from unit_tests.mailjet_collector.running import OPEN

pytestmark = [pytest.mark.image_tests, pytest.mark.xdist_group("images")]


def configuration(sandbox: Sandbox) -> dict[str, Any]:
    """As in the proof, but with a key by reference and a store in the volume."""
    config = collector_kills.configuration(sandbox, "sqlite:////data/events.db")
    config["accounts"][0]["api_key_secret"] = {"env": "MAILJET_SECRET"}
    return {**config, "public_url": "https://events.example.com"}


def until(holds: Callable[[], object], within_s: float = 60) -> None:
    end = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < end, "it does not come to hold"
        time.sleep(0.1)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(messages=10) as served:
        yield served


@pytest.fixture
def container(images: Mapping[str, str], sandbox: Sandbox, tmp_path: Path) -> Iterator[str]:
    image = images["mailjet-collector"]
    config, data = tmp_path / "collector.json", tmp_path / "data"
    config.write_text(json.dumps(configuration(sandbox)), "utf-8")
    data.mkdir(mode=0o777)
    data.chmod(0o777)
    places = ("/etc/collector.json", "/etc/collector/collector.json")  # with Docker Compose, on Kubernetes
    volumes = [word for place in places for word in ("--volume", f"{config}:{place}:ro")]
    volumes += ["--volume", f"{data}:/data"]
    options = [*host_network(image), *hardened(), "--env", f"MAILJET_SECRET={sandbox.api_key_secret}", *volumes]
    words = ["--config", places[0], "--port", "18765", "--admin-port", "18766"]
    name = docker("run", "--detach", *options, image, *words).strip()
    yield name
    subprocess.run(["docker", "rm", "--force", name], capture_output=True, check=False)


def test_a_post_reaches_segment_and_sigterm_ends_the_container_with_0(container: str, sandbox: Sandbox) -> None:
    until(lambda: ask(18766, "GET", "/readyz", "")[0] == 200)
    posted = ask(18765, "POST", f"/mailjet/{ACCOUNT}", f"{ACCOUNT}:{PASSWORD}", json.dumps(OPEN).encode())
    assert posted[0] == 200
    until(lambda: sandbox.segment.accepted)
    (event_id,) = sandbox.segment.message_ids
    assert event_id.startswith(f"mailjet-opened-{OPEN['MessageID']}-{OPEN['time']}-")
    docker("stop", "--time", "30", container)
    assert docker("inspect", "--format", "{{.State.ExitCode}}", container).strip() == "0"
    said = subprocess.run(["docker", "logs", container], capture_output=True, text=True, check=True)
    assert "Ended." in said.stderr
    assert sandbox.api_key_secret not in said.stderr + said.stdout


def test_what_the_pages_execute_in_the_container_registers_its_addresses(container: str, sandbox: Sandbox) -> None:
    until(lambda: ask(18766, "GET", "/readyz", "")[0] == 200)
    shown = [command.words for block in blocks("sh") for command in commands(block) if "exec" in command.words]
    assert {words[0] for words in shown} == {"docker", "kubectl"}
    for words in shown:
        said = docker("exec", container, *words[words.index("mailjet-segment") :])
        assert said.count("ours   alive") == len(sandbox.callback_urls.all()) == len(EVENT_TYPES)
