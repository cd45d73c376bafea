"""The recipes as their schedulers run them: cron's line, systemd's units, the script of a workflow.

The test's folder and environment are in the place of those that a recipe names. `make recipes` imports the recipes of
Airflow, Dagster and Prefect.
"""

from __future__ import annotations

import fcntl
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from integration_tests.needed_program import BIN, needed
from lab.documents import ROOT, Block, blocks
from lab.postgres import Postgres
from lab.postgres_fixture import postgres
from mailjet_sandbox.sandbox import Sandbox
from mailjet_segment.sandbox_command import destination_config, source_config
from segment_events.kinds import TRACKS
from unit_tests.loads.warehouses import Warehouse

__all__ = ["postgres"]

CRON = {"HOME": "/", "LOGNAME": "mailjet", "SHELL": "/bin/sh", "PATH": "/usr/bin:/bin"}
"""All that a command of cron finds in its environment."""


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(messages=200, days=10) as made:
        yield made


def configurations(sandbox: Sandbox) -> dict[str, dict[str, Any]]:
    source = {**source_config(sandbox), "max_requests_per_second": 1000}
    return {"source.json": source, "destination.json": destination_config(sandbox)}


def block_of(recipe: str) -> Block:
    """The block of a recipe that has one only."""
    (block,) = [block for block in blocks() if block.file == f"docs/recipes/{recipe}.md"]
    return block


def here(text: str, folder: Path) -> str:
    return text.replace("/var/lib/mailjet-segment", str(folder)).replace("/opt/mailjet-segment/bin", str(BIN))


def run(*words: str | Path, **options: Any) -> tuple[int, str, str]:
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False, **options)
    return done.returncode, done.stdout, done.stderr


def assert_brought(sandbox: Sandbox, database: str) -> None:
    """What happened, and nothing else, is in the tables, and at Segment."""
    happened = {event.id for event in sandbox.truth(since=sandbox.start) if not event.beyond_rest}
    assert set(Warehouse(database).ids()[TRACKS]) == happened
    assert {event_id.rsplit("-", 1)[0] for event_id in sandbox.segment.message_ids} == happened


def test_crons_line_syncs_and_prints_nothing_for_cron_to_mail(sandbox: Sandbox, tmp_path: Path) -> None:
    for name, content in configurations(sandbox).items():
        (tmp_path / name).write_text(json.dumps(content), "utf-8")
    *_, entry = block_of("cron").text.splitlines()
    line = here(entry.split(maxsplit=6)[6], tmp_path)  # after five fields of time, and the user
    assert "%" not in line  # cron would end the line there
    assert run("/bin/sh", "-c", line, cwd="/", env=CRON) == (0, "", "")
    assert_brought(sandbox, f"duckdb:///{tmp_path}/mailjet.duckdb")


def test_crons_line_starts_no_second_run(tmp_path: Path) -> None:
    line = here(block_of("cron").text.splitlines()[-1].split(maxsplit=6)[6], tmp_path)
    with (tmp_path / "run.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert run("/bin/sh", "-c", line, cwd="/", env=CRON) == (1, "", "")


def test_systemd_takes_the_units_and_enables_the_timer(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "recipes" / "systemd.md").read_text("utf-8")
    shown = [block for block in blocks() if block.file == "docs/recipes/systemd.md"]
    places = [Path(f"{tmp_path}{name}") for name in re.findall(r"`(/etc/systemd/system/\S+)`", page)]
    *units, commands = shown
    places[0].parent.mkdir(parents=True)
    for place, unit in zip(places, units, strict=True):
        place.write_text(here(unit.text, tmp_path), "utf-8")
    checker = needed("systemd-analyze", "apt-get install systemd")
    assert run(checker, "verify", *places) == (0, "", "")
    (times,) = re.findall(r"^OnCalendar=(.+)$", units[1].text, re.MULTILINE)
    assert "*-*-* *:00:00" in run(checker, "calendar", times)[1]
    enable, look = [line.split() for line in commands.text.splitlines()]
    enable.remove("--now")  # it would need a systemd that runs
    assert run(enable[0], f"--root={tmp_path}", *enable[1:])[0] == 0
    assert (places[1].parent / "timers.target.wants" / places[1].name).is_symlink()
    assert run(*look)[0] == 0


def test_github_takes_the_workflow(tmp_path: Path) -> None:
    workflow = tmp_path / "mailjet.yaml"
    workflow.write_text(block_of("github-actions").text, "utf-8")
    check = (sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", workflow)
    assert run(*check)[0] == 0


def test_the_script_of_the_workflow_syncs(sandbox: Sandbox, postgres: Postgres, tmp_path: Path) -> None:
    *_, step = yaml.safe_load(block_of("github-actions").text)["jobs"]["sync"]["steps"]
    database = postgres.database()
    secrets = {
        "MAILJET_API_KEY": sandbox.api_key,
        "MAILJET_API_KEY_SECRET": sandbox.api_key_secret,
        "SEGMENT_WRITE_KEY": sandbox.write_key,
        "STORE_URL": database,
        "WAREHOUSE_URL": database,
    }
    environment = {"PATH": f"{BIN}:/usr/bin:/bin", "HOME": str(tmp_path), **filled_in(step["env"], secrets)}
    script = step["run"]
    for name, content in configurations(sandbox).items():
        keyless = json.dumps({field: value for field, value in content.items() if "key" not in field})
        (written,) = re.findall(rf"^echo '(.*)' > {name}$", script, re.MULTILINE)
        script = script.replace(written, keyless)
    assert run("bash", "-e", "-c", script, cwd=tmp_path, env=environment) == (0, "", "")
    assert_brought(sandbox, database)


def filled_in(variables: Mapping[str, str], secrets: Mapping[str, str]) -> dict[str, str]:
    """The variables of a step, with secrets in place of the expressions."""
    return {name: secrets[value.removeprefix("${{ secrets.").removesuffix(" }}")] for name, value in variables.items()}
