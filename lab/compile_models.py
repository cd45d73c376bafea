"""`make models`: the dbt package as plain SQL for the command, which has no dbt.

dbt compiles the models against empty tables in DuckDB. What is written is a SELECT for each model, which reads
`source.<stream>` and the models before it by bare name; the staging models are inside it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from graphlib import TopologicalSorter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lab.metric_files import ROOT, write_metric_files
from segment_events.kinds import ALL_KINDS, ColumnType, columns_of

PACKAGE = ROOT / "analytics"
COMPILED = ROOT / "mailjet_segment" / "analytics" / "compiled"
DBT = ROOT / ".venv-dbt" / "bin"

_TYPES: Mapping[ColumnType, str] = {
    "text": "varchar",
    "boolean": "boolean",
    "integer": "bigint",
    "instant": "timestamp with time zone",
}
_PROFILE = """\
mailjet:
  target: compiled
  outputs:
    compiled:
      type: duckdb
      path: {path}
      schema: models
"""
_VARIABLES = {
    "mailjet_schema": "source",
    "mailjet_staging_materialized": "ephemeral",
    "mailjet_conversions": "conversions",
}
CONVERSIONS = "id varchar, user_id varchar, timestamp timestamp with time zone, event varchar, revenue double precision"
"""The columns of `source.conversions`, which the command fills from the user's table."""
_MAKE_TABLES = "import sys, duckdb; duckdb.connect(sys.argv[1]).execute(sys.stdin.read())"
_NAMES = (
    (re.compile(r'"compiled"\."source"\."(\w+)"'), r"source.\1"),
    (re.compile(r'"compiled"\."models"\."(\w+)"'), r"\1"),
    (re.compile(r"__dbt__cte__"), ""),
    (re.compile(r"[ \t]+$", re.MULTILINE), ""),
    (re.compile(r"\n{3,}"), "\n\n"),
)
"""dbt writes names in full."""


def compile_models(output: Path) -> None:
    """Writes a file for each model into `output`, numbered in the order in which they are to run."""
    with TemporaryDirectory() as folder:
        texts = _compile(Path(folder))
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir()
    for number, (name, text) in enumerate(texts.items(), 1):
        (output / f"{number}_{name}.sql").write_text(text, encoding="utf-8")


def run_dbt(
    words: list[str], folder: Path, variables: Mapping[str, Any], project: Path = PACKAGE, programs: Path = DBT
) -> str:
    """What `dbt` prints; the profile is in `folder`, where it also puts what it makes. Raises `RuntimeError`."""
    places = ["--project-dir", str(project), "--profiles-dir", str(folder), "--profile", "mailjet"]
    made = ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]
    command = [str(programs / "dbt"), *words, *places, *made, "--vars", json.dumps(variables)]
    quiet = {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DO_NOT_TRACK": "1", "DBT_USE_COLORS": "false"}
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **quiet})
    if done.returncode:
        raise RuntimeError(f"dbt {words[0]} failed:\n{done.stdout[-6000:]}{done.stderr[-2000:]}")
    return done.stdout


def _compile(folder: Path) -> Mapping[str, str]:
    database = folder / "compiled.duckdb"
    subprocess.run([str(DBT / "python"), "-c", _MAKE_TABLES, str(database)], input=_tables(), text=True, check=True)
    (folder / "profiles.yml").write_text(_PROFILE.format(path=database), encoding="utf-8")
    run_dbt(["compile"], folder, _VARIABLES)
    manifest = json.loads((folder / "target" / "manifest.json").read_text("utf-8"))
    models = {
        key: node
        for key, node in manifest["nodes"].items()
        if node["resource_type"] == "model" and node["config"]["materialized"] != "ephemeral"
    }
    order = TopologicalSorter({key: sorted(manifest["parent_map"][key]) for key in sorted(manifest["nodes"])})
    compiled = folder / "target" / "compiled" / "mailjet" / "models"
    return {
        models[key]["name"]: _plain((compiled / models[key]["path"]).read_text("utf-8"))
        for key in order.static_order()
        if key in models
    }


def _tables() -> str:
    statements = ["CREATE SCHEMA source"]
    for kind in ALL_KINDS:
        columns = ", ".join(f'"{name}" {_TYPES[type_]}' for name, type_ in columns_of(kind.stream).items())
        statements.append(f"CREATE TABLE source.{kind.stream} ({columns})")
    statements.append(f"CREATE TABLE source.conversions ({CONVERSIONS})")
    return ";\n".join(statements)


def _plain(text: str) -> str:
    for pattern, plain in _NAMES:
        text = pattern.sub(plain, text)
    return text.strip() + "\n"


if __name__ == "__main__":
    write_metric_files()
    if not (DBT / "dbt").exists():
        sys.exit("dbt has no environment: make models makes it.")
    compile_models(COMPILED)
