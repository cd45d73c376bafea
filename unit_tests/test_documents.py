"""Whatever the documents show between fences is true: each block has its check.

Commands are parsed by the real parsers, configurations are read. What is run as well, and by which test, is a table.
"""

from __future__ import annotations

import ast
import configparser
import json
import re
import shlex
import subprocess
import tomllib
from argparse import ArgumentParser, _SubParsersAction
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

from destination_segment.config import parse_config as parse_destination
from lab.documents import ROOT, Block, Command, blocks, commands, documents
from mailjet_collector.config import load_schema as load_collector_schema
from mailjet_segment.cli import whole_parser
from program.configuration import require_valid
from source_mailjet_segment.config import parse_config as parse_source

LANGUAGES = {"sh", "json", "python", "yaml", "sql", "ini", "crontab", "text"}
"""A block without a language, or in another, would be looked at by nobody."""

VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
IMAGES = {"source-mailjet-segment", "destination-segment", "mailjet-collector"}
CONNECTORS = {"source-mailjet-segment", "destination-segment"}
SHELL = {".", "set", "tee", "eval", "export", "mkdir", "echo"}
"""Of the shell itself: they are run with the block that they stand in, or are about an environment."""

RUN = "integration_tests/test_documented_commands.py"
DEPLOY = "integration_tests/test_deploy.py"
RUN_BY: dict[tuple[str, ...], str] = {
    ("mailjet-segment", "sync"): f"{RUN}::test_each_line_of_sync_brings_what_happened",
    ("mailjet-segment", "report"): f"{RUN}::test_the_lines_of_report_write_a_page",
    ("mailjet-segment", "forget"): f"{RUN}::test_the_lines_that_forget_a_person_do",
    ("mailjet-segment", "webhooks"): f"{RUN}::test_the_lines_of_the_collector_register_its_addresses",
    ("mailjet-segment", "collect"): "integration_tests/test_collector_kills.py::",
    ("mailjet-segment", "load"): "unit_tests/loads/test_load_command.py::",
    ("mailjet-segment", "sandbox"): "integration_tests/test_sandbox_command.py::",
    ("mailjet-segment", "demo"): "integration_tests/test_live_demo.py::",
    ("mailjet-segment", "init"): "integration_tests/test_init.py::",
    ("mailjet-segment", "doctor"): f"{RUN}::test_the_lines_of_doctor_and_status_find_only_that_no_collector_ran",
    ("mailjet-segment", "status"): f"{RUN}::test_the_lines_of_doctor_and_status_find_only_that_no_collector_ran",
    ("mailjet-segment", "export"): f"{RUN}::test_the_lines_of_export_and_explore_write_their_files",
    ("mailjet-segment", "explore"): f"{RUN}::test_the_lines_of_export_and_explore_write_their_files",
    ("mailjet-segment", "reconcile"): f"{RUN}::test_the_line_of_reconcile_finds_what_was_synced_to_be_all",
    ("mailjet-segment", "completion"): (
        "integration_tests/test_completion.py::test_a_shell_completes_commands_options_values_and_files"
    ),
    ("docker", "run"): f"{RUN}::test_the_pages_blocks_for_docker_run_in_the_images",
    ("docker", "tag"): f"{RUN}::test_the_pages_blocks_for_docker_run_in_the_images",
    ("kubectl", "create"): f"{DEPLOY}::test_the_page_creates_the_secret_that_the_pods_mount",
    ("python", "unit_tests/releases/record.py"): f"{RUN}::test_the_line_that_records_a_release_does_so_by_its_images",
    ("systemctl", "enable"): "integration_tests/test_recipes.py::test_systemd_takes_the_units_and_enables_the_timer",
    ("journalctl",): "integration_tests/test_recipes.py::test_systemd_takes_the_units_and_enables_the_timer",
    ("duckdb",): f"{RUN}::test_the_lines_of_duckdb_and_the_statements_of_the_pages_run",
    ("jq",): f"{RUN}::test_the_pages_blocks_for_docker_run_as_they_are",
}
"""Which commands are run, and by which test; all others are parsed only."""

NOT_OURS = {
    "docker": "push needs a registry, compose a plugin; the image's name, its version and the file are looked at",
    "kind": "needs a cluster",
    "kubectl": f"apply and exec need a cluster; {DEPLOY} has kubectl build what is applied",
}
"""Programs of others of which some commands are run by no test.

`integration_tests/test_collector_container.py` runs what they are to execute in the collector's container.
"""


def parsed(command: Command) -> None:
    """Parses a command by whatever would parse it; raises or fails if it is wrong."""
    if command.program in SHELL:
        return
    if command.program in CONNECTORS:
        _parse_connector(command.program, command.words[1:])
        return
    PARSERS[command.program](command.words)


def _parse_ours(words: tuple[str, ...]) -> None:
    try:
        whole_parser().parse_args([word.replace("$", "") for word in words[1:]])
    except SystemExit as stop:
        pytest.fail(f"the parser of mailjet-segment refuses it ({stop.code})")


def _parse_connector(connector: str, words: tuple[str, ...]) -> None:
    """The words of Airbyte's protocol: a command, and the files that it takes."""
    takes = {"spec": [], "check": ["--config"], "discover": ["--config"]}
    takes["read" if connector.startswith("source") else "write"] = ["--config", "--catalog"]
    assert words[0] in takes
    given = dict(zip(words[1::2], words[2::2], strict=True))
    assert set(takes[words[0]]) <= set(given) <= {*takes[words[0]], "--state"}


def _parse_docker(words: tuple[str, ...]) -> None:
    if words[1] == "compose":
        assert (ROOT / words[words.index("-f") + 1]).is_file()
        inner = words[words.index("exec") + 2 :] if "exec" in words else ()
        return _parse_ours(inner) if inner else None
    named = [word for word in words if word.partition(":")[0].rpartition("/")[2] in IMAGES]
    assert named
    assert all(word.partition(":")[2] == VERSION for word in named), "an image of another version"
    if words[1] == "run":
        image = words.index(named[0])
        _parse_connector(named[0].partition(":")[0], words[image + 1 :])
    return None


def _parse_make(words: tuple[str, ...]) -> None:
    """A target; `test_make_knows_every_target_that_is_shown` asks make itself."""
    assert len(words) == 2


def _parse_pip(words: tuple[str, ...]) -> None:
    assert words[1] == "install"
    required = Requirement(words[2])
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    assert (required.name, required.url) == ("mailjet-segment", "file:///path/to/this/folder")
    assert required.extras <= extras.keys()


def _parse_python(words: tuple[str, ...]) -> None:
    if words[1] == "-m":
        assert words[2] == "venv" or find_spec(words[2])
    else:
        assert (ROOT / words[1]).is_file()


def _parse_kind(words: tuple[str, ...]) -> None:
    assert {word for word in words if ":" in word} == {f"{name}:{VERSION}" for name in CONNECTORS}


def _parse_kubectl(words: tuple[str, ...]) -> None:
    if "-k" in words:
        assert (ROOT / words[words.index("-k") + 1]).is_dir()
    if "--" in words:
        _parse_ours(words[words.index("--") + 1 :])


def _parse_systemd(words: tuple[str, ...]) -> None:
    assert any(word.startswith("mailjet-segment.") for word in words)


def _look_only(words: tuple[str, ...]) -> None:
    assert (words[0],) in RUN_BY


PARSERS: dict[str, Callable[[tuple[str, ...]], None]] = {
    "mailjet-segment": _parse_ours,
    "docker": _parse_docker,
    "make": _parse_make,
    "pip": _parse_pip,
    "python": _parse_python,
    "python3.13": _parse_python,
    "kind": _parse_kind,
    "kubectl": _parse_kubectl,
    "systemctl": _parse_systemd,
    "journalctl": _parse_systemd,
    "duckdb": _look_only,
    "jq": _look_only,
    "flock": lambda words: _parse_ours(words[3:]),
}

SHOWN = [command for block in blocks("sh") for command in commands(block)]


def in_recipes() -> list[Command]:
    """The commands of the recipes that are no scripts of a shell: in a crontab, a unit, a workflow, a program."""
    found = [
        Command(block, tuple(shlex.split(line)))
        for block in blocks("crontab", "ini", "yaml", "python")
        if block.file.startswith("docs/recipes/")
        for line in re.findall(
            r"(?<!\w)(?:/opt/mailjet-segment/bin/)?mailjet-segment sync [^\n]*?(?=\"?,?\n)", block.text
        )
    ]
    return [*found, *(command for command in SHOWN if command.block.file.startswith("docs/recipes/"))]


def way(command: Command) -> str:
    """How a command is checked, for the name of its test."""
    if (command.program, *command.words[1:2]) in RUN_BY or (command.program,) in RUN_BY:
        return "run"
    return "not ours" if command.program in NOT_OURS else "parsed"


@pytest.mark.parametrize("command", [*SHOWN, *in_recipes()], ids=lambda command: f"{way(command)} - {command}")
def test_a_command_is_one_that_its_program_takes(command: Command) -> None:
    assert command.program in SHELL | CONNECTORS | PARSERS.keys(), "nothing here checks it: see PARSERS"
    parsed(command)


def test_make_knows_every_target_that_is_shown() -> None:
    targets = {command.words[1] for command in SHOWN if command.program == "make"}
    done = subprocess.run(["make", "--dry-run", *sorted(targets)], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, len(targets) > 1) == (0, True), done.stderr


@pytest.mark.parametrize("words", RUN_BY, ids=" ".join)
def test_the_test_that_runs_a_command_is_there(words: tuple[str, ...]) -> None:
    file, _, name = RUN_BY[words].partition("::")
    assert f"def {name}" in (ROOT / file).read_text("utf-8")


def test_every_recipe_syncs() -> None:
    pages = {f"docs/recipes/{page.name}" for page in (ROOT / "docs" / "recipes").glob("*.md")} - {
        "docs/recipes/index.md"
    }
    assert pages == {command.block.file for command in in_recipes() if command.words[1] == "sync"}


@pytest.mark.parametrize("language", ["crontab", "ini", "yaml", "python"])
def test_a_recipe_has_at_most_30_lines(language: str) -> None:
    recipes = [block for block in blocks(language) if block.file.startswith("docs/recipes/")]
    assert recipes
    assert not [block.file for block in recipes if block.text.count("\n") > 30]


@cache
def options_of(parser: ArgumentParser) -> dict[tuple[str, ...], set[str]]:
    """The options of each command and of those below it, by their names."""
    found: dict[tuple[str, ...], set[str]] = {(): set(parser._option_string_actions)}
    for action in parser._actions:
        if isinstance(action, _SubParsersAction):
            for name, inner in action.choices.items():
                found |= {(name, *below): options for below, options in options_of(inner).items()}
    return found


def in_prose() -> list[tuple[str, str]]:
    """Each mention of the command between backticks outside fences, with its file."""
    found = []
    for path in documents():
        text = re.sub(r"^\s*```.*?^\s*```", "", path.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
        mentions = re.findall(r"`mailjet-segment ([^`]+)`", text)
        found += [(str(path.relative_to(ROOT)), " ".join(mention.split())) for mention in mentions]
    return found


@pytest.mark.parametrize("file, mention", sorted(set(in_prose())))
def test_a_command_in_a_sentence_exists_with_its_options(file: str, mention: str) -> None:
    known = options_of(whole_parser())
    words = mention.split()
    names = [word for word in words if not word.startswith("--")]
    path = max((path for path in known if path == tuple(names[: len(path)])), key=len)
    assert path or words[0].startswith("--"), f"there is no command {words[0]}"
    below = set().union(*(options for name, options in known.items() if name[: len(path)] == path))
    assert {word.partition("=")[0] for word in words if word.startswith("--")} <= below


def test_every_block_is_in_a_language_that_is_checked() -> None:
    assert not [block for block in blocks() if block.language not in LANGUAGES]


@pytest.mark.parametrize("block", blocks("json"), ids=lambda block: f"{block.file}:{block.line}")
def test_a_configuration_is_one_that_its_program_takes(block: Block) -> None:
    config = json.loads(block.text)
    if "accounts" in config:
        require_valid(load_collector_schema(), _without_places(config))
    else:
        (parse_destination if "write_key" in config else parse_source)(config)


def _without_places(value: Any) -> Any:
    """A collector's configuration with a text for each `{"env": ...}` and `{"file": ...}`."""
    if isinstance(value, dict):
        return "x" * 16 if value.keys() & {"env", "file"} else {key: _without_places(of) for key, of in value.items()}
    return [_without_places(entry) for entry in value] if isinstance(value, list) else value


PROGRAMS = {
    "docs/airbyte.md": "integration_tests/test_pyairbyte.py",
    "docs/without-airbyte.md": "unit_tests/command/test_python.py",
    "docs/recipes/airflow.md": "Makefile",
    "docs/recipes/dagster.md": "Makefile",
    "docs/recipes/prefect.md": "Makefile",
}
"""Which test, or target of make, runs the programs of a page."""


@pytest.mark.parametrize("block", blocks("python"), ids=lambda block: f"{block.file}:{block.line}")
def test_a_program_is_run_somewhere(block: Block) -> None:
    ast.parse(block.text)
    page = Path(block.file)
    mentions = (ROOT / PROGRAMS[block.file]).read_text("utf-8")
    assert page.name in mentions or page.stem in mentions


@pytest.mark.parametrize("block", blocks("yaml", "ini", "crontab"), ids=lambda block: f"{block.file}:{block.line}")
def test_a_file_for_another_program_can_be_read(block: Block) -> None:
    if block.language == "yaml":
        assert isinstance(yaml.safe_load(block.text), dict)
    elif block.language == "ini":
        configparser.ConfigParser(strict=True, interpolation=None).read_string(block.text)
    else:
        *_, entry = block.text.splitlines()
        assert re.fullmatch(r"(?:[\d*/,-]+ ){5}\w+ \S.*", entry)


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_what_stands_inside_a_list_is_indented_for_the_site_too(path: Path) -> None:
    """A code host takes two or three spaces. The site wants four, else the list ends there and begins again at 1."""
    text = re.sub(r"^( *)```.*?^ *```", r"\1```", path.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    assert not re.findall(r"^(?: {4})* {1,3}(?:```|[-*|] |\d+[.] ).*", text, re.MULTILINE)


LINK = re.compile(r"\]\(([^)\s]+)\)")


def anchors_of(path: Path) -> set[str]:
    """The anchors of a page's headings, as code hosts and the site make them."""
    text = re.sub(r"^```.*?^```", "", path.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower().replace("`", "")).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_to_a_file_and_a_heading(path: Path) -> None:
    for link in LINK.findall(path.read_text("utf-8")):
        target, _, anchor = link.partition("#")
        if "://" in link or link.startswith("mailto:"):
            continue
        found = (path.parent / target).resolve() if target else path
        assert found.exists(), link
        assert not anchor or anchor in anchors_of(found), link


def test_the_readme_is_short_enough_to_be_read() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 200
