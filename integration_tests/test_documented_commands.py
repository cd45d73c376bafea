"""The commands that the documents show do what the documents say, against the sandbox.

`unit_tests/test_documents.py` parses all of them, and says which are run, and by which test.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path

import duckdb
import pytest

from event_store.store import Store
from event_store.values import Item, Post
from integration_tests.command_account import TABLES
from integration_tests.test_containers import host_network
from lab.documents import ROOT, Command, blocks, commands
from mailjet_sandbox.sandbox import Sandbox
from mailjet_segment.cli import main
from mailjet_segment.sandbox_command import collector_config, destination_config, source_config
from program.credential import key_digest
from segment_events.kinds import DELIVERED
from unit_tests.test_documents import in_recipes

BIN = Path(sys.executable).parent

DOCKER = f"""#!{sys.executable}
# `docker run` of an image of this project: its connector, with the folder that -v mounts in the place of its mount.
import os, sys
words = sys.argv[1:]
assert words.pop(0) == "run", words
mounted = {{}}
while words[0].startswith("-"):
    option = words.pop(0)
    if option in ("-v", "--cap-drop", "--security-opt"):
        value = words.pop(0)
        if option == "-v":
            here, there, _ = value.split(":")
            mounted[there] = here
image = words.pop(0).partition(":")[0]
for there, here in mounted.items():
    words = [here + word[len(there):] if word.startswith(there + "/") else word for word in words]
os.execv({str(BIN)!r} + "/" + image, [image, *words])
"""


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(messages=200, days=10) as made:
        yield made


@pytest.fixture
def folder(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the documents speak of: with the configurations, and the commands run in it."""
    write_configurations(sandbox, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write_configurations(sandbox: Sandbox, folder: Path) -> None:
    configurations = {
        "source.json": {**source_config(sandbox), "max_requests_per_second": 1000},
        "destination.json": destination_config(sandbox),
        "collector.json": collector_config(sandbox),
    }
    (folder / "try").mkdir()
    for name, configuration in configurations.items():
        for place in (folder, folder / "try"):
            (place / name).write_text(json.dumps(configuration), "utf-8")


def shown(program: str, *begin: str) -> list[Command]:
    """Each distinct command of the documents that begins so, those of the recipes too."""
    found = [command for block in blocks("sh") for command in commands(block)] + in_recipes()
    wanted = [
        command for command in found if (command.program, *command.words[1 : 1 + len(begin)]) == (program, *begin)
    ]
    assert wanted
    return list({command.words[1:]: command for command in wanted}.values())


def happened(sandbox: Sandbox) -> set[str]:
    return {event.id for event in sandbox.truth(since=sandbox.start) if not event.beyond_rest}


def in_tables(database: Path) -> set[str]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return {
            event_id for table in TABLES for (event_id,) in connection.execute(f"SELECT id FROM {table}").fetchall()
        }


def test_each_line_of_sync_brings_what_happened(sandbox: Sandbox, folder: Path) -> None:
    variables = {"$STORE": "in-recipe.db", "$WAREHOUSE": "duckdb:///in-recipe.duckdb"}
    for command in shown("mailjet-segment", "sync"):
        words = [variables.get(word, word) for word in command.words[1:]]
        # A second store sends its history too only if it is told to.
        assert main(words if "in-recipe.db" not in words else [*words, "--history", "skip"]) == 0, str(command)
    for database in ("mailjet.duckdb", "in-recipe.duckdb"):
        assert in_tables(folder / database) == happened(sandbox)
    assert {event_id.rsplit("-", 1)[0] for event_id in sandbox.segment.message_ids} == happened(sandbox)


def test_the_lines_of_report_write_a_page(folder: Path) -> None:
    assert main(["sync", "--source-config", "source.json", "--quiet"]) == 0
    (folder / "mailjet.report.html").unlink()
    for command in shown("mailjet-segment", "report"):
        assert main(list(command.words[1:])) == 0, str(command)
    for page in ("mailjet.report.html", "october.html"):
        assert "<h1>" in (folder / page).read_text("utf-8")


def test_the_lines_of_export_and_explore_write_their_files(folder: Path) -> None:
    assert main(["sync", "--source-config", "source.json", "--quiet"]) == 0
    for command in shown("mailjet-segment", "export") + shown("mailjet-segment", "explore"):
        assert main(list(command.words[1:])) == 0, str(command)
    written = {path.suffix for path in folder.glob("exported/*")}
    assert written == {".csv", ".parquet"}
    assert (folder / "mailjet.xlsx").stat().st_size
    assert (folder / "mailjet-explore.html").stat().st_size


def test_the_line_of_reconcile_finds_what_was_synced_to_be_all(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sync", "--source-config", "source.json", "--quiet"]) == 0
    (command,) = shown("mailjet-segment", "reconcile")
    capsys.readouterr()
    assert main(list(command.words[1:])) == 0
    assert "at Mailjet" in capsys.readouterr().out


def test_the_lines_of_doctor_and_status_find_only_that_no_collector_ran(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Sandbox(messages=200, days=10, now="real") as sandbox:  # doctor compares the clocks
        write_configurations(sandbox, tmp_path)
        monkeypatch.chdir(tmp_path)
        both = ["--source-config", "source.json", "--destination-config", "destination.json"]
        assert main(["sync", *both, "--quiet"]) == 0
        assert main(["webhooks", "register", "--config", "collector.json"]) == 0
        capsys.readouterr()
        codes = {
            command.words[1:3]: main(list(command.words[1:]))
            for command in shown("mailjet-segment", "doctor") + shown("mailjet-segment", "status")
        }
    assert codes == {("doctor", "--source-config"): 0, ("doctor", "--config"): 1, ("status",): 0}
    assert re.findall(r"^mend  (\S+):", capsys.readouterr().out, re.MULTILINE) == ["sync-old"]


def test_the_lines_of_duckdb_and_the_statements_of_the_pages_run(folder: Path) -> None:
    assert main(["sync", "--source-config", "source.json", "--quiet"]) == 0
    for command in shown("duckdb"):
        assert command.words[1] == "-readonly"
        with duckdb.connect(command.words[2], read_only=True) as connection:
            assert connection.execute(command.words[3]).fetchall()
    with duckdb.connect() as connection:
        connection.execute("ATTACH 'mailjet.duckdb' AS synced (READ_ONLY)")
        connection.execute("CREATE SCHEMA mailjet; CREATE SCHEMA segment_mailjet")
        for schema in ("main", "mailjet", "segment_mailjet"):
            for table in TABLES:
                connection.execute(f"CREATE TABLE {schema}.{table} AS FROM synced.{table}")
        for block in blocks("sql"):
            connection.execute(block.text)


def test_the_lines_of_the_collector_register_its_addresses(
    sandbox: Sandbox, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = []
    for command in shown("mailjet-segment", "webhooks"):
        words = [word for word in command.words[1:] if not word.startswith("/etc/")]
        seen.append((words[1], main(list(command.words[1:]))))
        capsys.readouterr()
    assert seen == [("register", 0), ("status", 1 - bool(sandbox)), ("register", 0)]


def test_the_lines_that_forget_a_person_do(sandbox: Sandbox, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In the store of `sync`, and in that of a collector, here a store with a single event."""
    assert main(["sync", "--source-config", "source.json", "--duckdb", "mailjet.duckdb", "--quiet"]) == 0
    with duckdb.connect("mailjet.duckdb", read_only=True) as connection:
        addresses = "SELECT context_traits_email, count(*) FROM tracks GROUP BY 1 ORDER BY 2 DESC"
        address, before = next(row for row in connection.execute(addresses).fetchall() if row[0])
    collected(sandbox, address)
    capsys.readouterr()
    for command in shown("mailjet-segment", "forget"):
        assert main([word if "@" not in word else address for word in command.words[1:]]) == 0
        deleted = before if "--store" in command.words else 1
        assert f"\nDeleted: {deleted} events" in capsys.readouterr().out
    Path("mailjet.duckdb").unlink()
    assert main(["sync", "--source-config", "source.json", "--duckdb", "mailjet.duckdb", "--quiet"]) == 0
    with duckdb.connect("mailjet.duckdb", read_only=True) as connection:
        assert not connection.execute("FROM tracks WHERE context_traits_email = ?", [address]).fetchall()


def collected(sandbox: Sandbox, address: str) -> None:
    """Makes the store of `collector.json`, with an event of this address."""
    config, now = collector_config(sandbox), datetime.now(timezone.utc)
    (account,) = config["accounts"]
    with closing(Store(config["store"])) as store:
        store.open_account(account["name"], key_digest(account["api_key"]), now)
        store.receive([Post(account["name"], now, [Item(DELIVERED, "1", 1, b"{}", address=address)])])


@pytest.mark.long_series
def test_the_pages_blocks_for_docker_run_as_they_are(sandbox: Sandbox, folder: Path) -> None:
    """The connectors stand in for their images."""
    assert_docker_blocks_run(sandbox, folder, DOCKER)


@pytest.mark.image_tests
@pytest.mark.xdist_group("images")
def test_the_pages_blocks_for_docker_run_in_the_images(
    sandbox: Sandbox, folder: Path, images: Mapping[str, str]
) -> None:
    """The sandbox listens on 127.0.0.1 only, so the containers get this machine's network."""
    docker = shutil.which("docker")
    for command in shown("docker", "tag"):
        for words in (command.words[1:], ("image", "inspect", command.words[-1]), ("rmi", command.words[-1])):
            subprocess.run([str(docker), *words], stdout=subprocess.DEVNULL, check=True)
    folder.chmod(0o755)  # the user of the images reads it
    network = shlex.join(host_network(images["source-mailjet-segment"]))
    program = f'#!/bin/sh\nverb=$1\nshift\nexec {docker} "$verb" {network} "$@"\n'
    assert_docker_blocks_run(sandbox, folder, program)


def assert_docker_blocks_run(sandbox: Sandbox, folder: Path, program: str) -> None:
    """All blocks that run images bring what happened to Segment, and leave the states; `program` is called `docker`."""
    programs = folder / "programs"
    programs.mkdir()
    (programs / "docker").write_text(program, "utf-8")
    (programs / "docker").chmod(0o755)
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}
    verbs = {
        block: {command.words[1] for command in commands(block) if command.program == "docker"}
        for block in blocks("sh")
    }
    shown_blocks = [block for block in verbs if verbs[block] == {"run"}]
    assert {block.file for block in shown_blocks} == {"README.md", "docs/docker.md", "docs/images.md"}
    for block in shown_blocks:
        done = subprocess.run(["bash", "-ec", block.text], env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f"{block.file}:{block.line}\n{done.stdout[-2000:]}{done.stderr}"
    states = json.loads((folder / "state.json").read_text("utf-8"))
    assert {state["stream"]["stream_descriptor"]["name"] for state in states} >= set(TABLES)
    assert {event_id.rsplit("-", 1)[0] for event_id in sandbox.segment.message_ids} >= happened(sandbox)


@pytest.mark.image_tests
@pytest.mark.xdist_group("images")
def test_the_line_that_records_a_release_does_so_by_its_images(images: Mapping[str, str], tmp_path: Path) -> None:
    (command,) = shown("python", "unit_tests/releases/record.py")
    script = tmp_path / "record.py"  # it writes beside itself
    shutil.copyfile(ROOT / command.words[1], script)
    has_network = host_network(images["source-mailjet-segment"])
    words = [word if has_network else word.replace("--network host ", "") for word in command.words[2:]]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, script, *words], env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    version = images["source-mailjet-segment"].partition(":")[2]
    kept = {file.name for file in (ROOT / "unit_tests" / "releases" / version).glob("*.json")}
    assert {file.name for file in (tmp_path / version).iterdir()} == kept
