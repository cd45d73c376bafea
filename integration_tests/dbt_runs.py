"""Runs of dbt over tables that grow: a script for `.venv-dbt`, where dbt is. The tests call it as a process.

    python dbt_runs.py PROJECT FOLDER STEPS

FOLDER has the profile. STEPS is JSON, a list of steps. A step names a DuckDB file, Parquet files whose rows are added
to the tables of their names in the schema `source` there, and the words of a command of dbt.
"""

import json
import os
import sys
from pathlib import Path

import duckdb
from dbt.adapters.duckdb.connections import DuckDBConnectionManager  # type: ignore[import-not-found,unused-ignore]
from dbt.cli.main import dbtRunner  # type: ignore[import-not-found,unused-ignore]


def main(project: str, folder: str, steps: str) -> None:
    """Takes the steps in one process, for dbt takes seconds to start."""
    for database, added, words in json.loads(steps):
        with duckdb.connect(database) as connection:
            connection.execute("CREATE SCHEMA IF NOT EXISTS source")
            for file in map(Path, added):
                rows = f"SELECT * FROM read_parquet('{file}')"
                connection.execute(f"CREATE TABLE IF NOT EXISTS source.{file.stem} AS {rows} LIMIT 0")
                connection.execute(f"INSERT INTO source.{file.stem} {rows}")
        os.environ["DATABASE"] = database
        places = ["--project-dir", project, "--profiles-dir", folder, "--profile", "mailjet"]
        done = dbtRunner().invoke([*words, *places, "--target-path", f"{folder}/target", "--log-path", folder])
        DuckDBConnectionManager.close_all_connections()
        if not done.success:
            sys.exit(f"dbt failed: {done.exception or ''}")


if __name__ == "__main__":
    main(*sys.argv[1:])
