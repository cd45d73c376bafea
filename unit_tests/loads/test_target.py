"""What users write after `--to`, and what is shown of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailjet_segment.loads.target import duckdb_target, parse_target
from program.failure import Failure


def test_a_password_is_neither_shown_nor_part_of_the_identity() -> None:
    first, second = (
        parse_target(f"{scheme}://me:{password}@db:5433/shop?sslmode=require&sslpassword={password}")
        for scheme, password in (("postgresql", "old-secret"), ("postgres", "new%2Fsecret"))
    )
    assert first.name == second.name == "postgresql://me@db:5433/shop?sslmode=require"
    assert first.consumer == second.consumer
    assert "secret" not in repr((first, second))


@pytest.mark.parametrize(
    "url, name",
    [
        ("postgresql://db/shop", "postgresql://db/shop"),
        ("postgresql:///shop?host=/run/pg", "postgresql:///shop?host=%2Frun%2Fpg"),
        ("postgresql://me@/shop?host=/run/pg", "postgresql://me@/shop?host=%2Frun%2Fpg"),
        ("bigquery", "bigquery"),
    ],
)
def test_a_target_is_called_by_its_address(url: str, name: str) -> None:
    assert parse_target(url).name == name


def test_a_duckdb_file_is_the_same_from_every_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert parse_target("duckdb:///m.duckdb") == parse_target(f"duckdb:///{tmp_path}/m.duckdb")
    assert parse_target("duckdb:///m.duckdb") == duckdb_target(Path("m.duckdb"))
    assert parse_target("duckdb:///m.duckdb") != parse_target("duckdb:///n.duckdb")


@pytest.mark.parametrize("text", ["", "duckdb:///", "duckdb://m", "mysql://me:secret@db/x", "Big Query", "../x"])
def test_another_address_is_refused_and_not_quoted(text: str) -> None:
    with pytest.raises(Failure, match="--to must be") as failure:
        parse_target(text)
    assert "secret" not in failure.value.sentence
