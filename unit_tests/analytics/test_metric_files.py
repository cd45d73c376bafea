"""Each metric is defined once: what is written from the definitions is what they say now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.compile_models import COMPILED, PACKAGE
from lab.metric_files import DEFINITIONS, ROOT, read_definitions, to_files
from mailjet_segment.analytics.metrics import Metric, metrics

Change = Callable[[dict[str, Any]], None]


def test_the_written_files_are_what_the_definitions_say() -> None:
    written = to_files(read_definitions())
    assert len(written) == 4
    assert [path for path, text in written.items() if path.read_text("utf-8") != text] == []


@pytest.mark.parametrize("field", [field.name for field in fields(Metric) if field.name != "sources"])
def test_a_change_of_any_part_of_a_definition_shows_in_a_written_file(field: str, tmp_path: Path) -> None:
    rows = yaml.safe_load(DEFINITIONS.read_text("utf-8"))
    row = next(row for row in rows if row.get(field) and row["kind"] == ("duration" if field in DURATION else "rate"))
    row[field] = OTHER.get(field, f"{row[field]}x")
    changed = tmp_path / "metrics.yml"
    changed.write_text(yaml.safe_dump(rows), "utf-8")
    if field == "kind":
        with pytest.raises(ValueError, match="not these parts"):
            read_definitions(changed)
    else:
        assert to_files(read_definitions(changed)) != to_files(read_definitions())


DURATION = ("value", "quantile")
OTHER: dict[str, Any] = {"kind": "count", "quantile": 0.75, "short": "other", "bucketing": "event"}


def _lose_denominator(row: dict[str, Any]) -> None:
    del row["denominator"]


def _add_quantile(row: dict[str, Any]) -> None:
    row["quantile"] = 0.5


def _lengthen_short(row: dict[str, Any]) -> None:
    row["short"] = "elevenchars"


def _forget_audience(row: dict[str, Any]) -> None:
    row["numerator"] = "was_delivered and opened_{audience}"


@pytest.mark.parametrize("change", [_lose_denominator, _add_quantile, _lengthen_short, _forget_audience])
def test_a_definition_with_a_part_too_few_or_too_many_is_refused(change: Change, tmp_path: Path) -> None:
    rows = yaml.safe_load(DEFINITIONS.read_text("utf-8"))
    change(next(row for row in rows if row["name"] == "delivery_rate"))
    wrong = tmp_path / "metrics.yml"
    wrong.write_text(yaml.safe_dump(rows), "utf-8")
    with pytest.raises(ValueError, match="delivery_rate: "):
        read_definitions(wrong)


def test_the_command_has_the_definitions_in_their_order() -> None:
    assert list(metrics().values()) == read_definitions()
    assert metrics()["open_rate"].columns == ("open_rate_people", "open_rate_with_privacy", "open_rate_all")
    assert metrics()["median_time_to_open"].columns == ("median_seconds_to_open",)


def test_each_column_of_each_model_and_each_table_has_a_description() -> None:
    files = [*(PACKAGE / "models").glob("*.yml"), *(PACKAGE / "models").glob("*/*.yml")]
    texts = [yaml.safe_load(path.read_text("utf-8")) for path in files]
    described = [one for text in texts for key in ("models", "exposures") for one in text.get(key, ())]
    described += [table for text in texts for source in text.get("sources", ()) for table in source["tables"]]
    named = {one["name"] for one in described}
    assert {path.stem for path in (PACKAGE / "models").rglob("*.sql")} <= named
    columns = [column for one in described for column in one.get("columns", ())]
    assert len(columns) > 100
    assert not [one["name"] for one in (*described, *columns) if not one.get("description")]


def test_there_is_compiled_sql_of_each_model() -> None:
    models = {path.stem for path in (PACKAGE / "models").glob("mailjet__*.sql")}
    assert {path.stem.partition("_")[2] for path in COMPILED.glob("*.sql")} == models


def test_the_package_needs_no_other_and_names_the_dbt_that_it_runs_with() -> None:
    project = yaml.safe_load((PACKAGE / "dbt_project.yml").read_text("utf-8"))
    assert project["require-dbt-version"] == [">=1.8.0", "<3.0.0"]
    assert not [name for name in ("packages.yml", "dependencies.yml") if (PACKAGE / name).exists()]
    assert project["model-paths"] == ["models"]
    assert not [path for path in (PACKAGE / "models").rglob("*.yml") if "unit_tests:" in path.read_text("utf-8")]
    assert f'version = "{project["version"]}"' in (ROOT / "pyproject.toml").read_text("utf-8")
