"""The models compiled by dbt's own adapters for warehouses that nobody here can reach, and parsed in their dialects."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from sqlglot.errors import ErrorLevel

from lab.compile_models import PACKAGE, run_dbt
from lab.metric_files import ROOT

pytestmark = pytest.mark.long_series

PROGRAMS = ROOT / ".venv-warehouses" / "bin"
PROFILES: Mapping[str, Mapping[str, Any]] = {
    "bigquery": {"method": "oauth-secrets", "project": "p", "dataset": "d", "token": "t"},
    "redshift": {"host": "127.0.0.1", "port": 1, "user": "u", "password": "p", "dbname": "d", "schema": "s"},
    "snowflake": {"account": "a", "user": "u", "password": "p", "database": "d", "schema": "s", "warehouse": "w"},
}
ALL_COLUMNS_THERE = """
{% macro mailjet_columns_there(relation) %}
    {%- set types = {'text': 'text', 'boolean': 'boolean', 'integer': 'bigint', 'instant': 'timestamptz'} -%}
    {%- set there = {'id': {'name': 'id', 'dtype': 'text'}, 'event': {'name': 'event', 'dtype': 'text'}} -%}
    {%- do there.update({'revenue': {'name': 'revenue', 'dtype': 'double'}}) -%}
    {%- for name, column, type in mailjet_event_columns() -%}
        {%- do there.update({column: {'name': column, 'dtype': types[type]}}) -%}
    {%- endfor -%}
    {{ return(there) }}
{% endmacro %}

{% macro is_incremental() %}
    {{ return(false) }}
{% endmacro %}
"""
"""Instead of a question to the warehouse."""


@pytest.mark.parametrize("dialect", PROFILES)
def test_the_models_compiled_for_a_warehouse_are_sql_of_its_dialect(dialect: str, tmp_path: Path) -> None:
    if not (PROGRAMS / "dbt").exists():
        why = "The warehouses' adapters have no environment: make .venv-warehouses/installed makes it"
        if os.environ.get("CI") == "true":
            pytest.fail(why, pytrace=False)
        pytest.skip(why)
    package = tmp_path / "package"
    shutil.copytree(PACKAGE, package)
    (package / "macros" / "columns_there.sql").write_text(ALL_COLUMNS_THERE, "utf-8")
    output = {"type": dialect, "threads": 1, **PROFILES[dialect]}
    (tmp_path / "profiles.yml").write_text(json.dumps({"mailjet": {"target": "o", "outputs": {"o": output}}}), "utf-8")
    words = ["--no-populate-cache", "--warn-error", "compile", "--no-introspect"]
    variables = {"mailjet_staging_materialized": "ephemeral", "mailjet_conversions": "conversions"}
    run_dbt(words, tmp_path, variables, package, PROGRAMS)
    compiled = sorted((tmp_path / "target" / "compiled" / "mailjet" / "models").glob("*.sql"))
    assert {path.stem for path in compiled} == {path.stem for path in (PACKAGE / "models").glob("*.sql")}
    for path in compiled:
        (statement,) = sqlglot.parse(path.read_text("utf-8"), read=dialect, error_level=ErrorLevel.RAISE)
        assert isinstance(statement, (sqlglot.exp.Select, sqlglot.exp.Union)), path.name
        assert not list(statement.find_all(sqlglot.exp.Command)), path.name
