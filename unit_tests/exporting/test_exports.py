"""Files hold what the tables hold, and no text in them is a formula."""

from __future__ import annotations

import csv
import re
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import duckdb
import pytest

from mailjet_segment.analytics.answers import open_answers
from mailjet_segment.analytics.period import ALL, Period
from mailjet_segment.analytics.place import Place
from mailjet_segment.exporting.command import run_export
from mailjet_segment.exporting.folder import write_files
from mailjet_segment.exporting.formulas import STARTS
from mailjet_segment.exporting.selection import Table, select_tables
from mailjet_segment.exporting.workbook import MOST_CHARACTERS, Cuts, write_workbook
from program.failure import Failure
from unit_tests.exporting.conftest import SUBJECTS

Content = dict[str, list[tuple[Any, ...]]]
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_DAY_0 = datetime(1899, 12, 30)


def tables_of(place: Place, with_sources: bool = True) -> dict[str, tuple[Table, list[tuple[Any, ...]]]]:
    """The tables as they should arrive, instants in UTC, the rows in any order."""
    with open_answers(place) as connection:
        return {
            table.name: (table, connection.execute(f"SELECT {_naive(table)} FROM {table.quoted}").fetchall())
            for table in select_tables(connection, with_sources)
        }


def in_order(rows: Iterable[Sequence[Any]]) -> list[list[Any]]:
    """The models make their rows in any order."""
    return sorted(map(list, rows), key=repr)


def _naive(table: Table) -> str:
    return ", ".join(
        f"CAST({column.quoted} AS TIMESTAMP)" if column.is_instant else column.quoted for column in table.columns
    )


def test_parquet_has_the_tables_as_they_are(hostile_place: Place, tmp_path: Path) -> None:
    run_export(hostile_place, ALL, "parquet", tmp_path / "new" / "folder", with_sources=True, quiet=True)
    wanted = tables_of(hostile_place)
    assert {"mailjet__messages", "mailjet__campaigns", "email_delivered", "tracks"} <= set(wanted)
    assert {file.name for file in (tmp_path / "new" / "folder").iterdir()} == {f"{name}.parquet" for name in wanted}
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for name, (table, rows) in wanted.items():
            file = tmp_path / "new" / "folder" / f"{name}.parquet"
            assert in_order(connection.execute(f"SELECT {_naive(table)} FROM '{file}'").fetchall()) == in_order(rows)


def test_csv_has_the_same_with_an_apostrophe_before_what_looks_like_a_formula(
    hostile_place: Place, tmp_path: Path
) -> None:
    run_export(hostile_place, ALL, "csv", tmp_path, with_sources=True, quiet=True)
    for name, (table, rows) in tables_of(hostile_place).items():
        with (tmp_path / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            head, *lines = csv.reader(file)
        assert head == [column.name for column in table.columns]
        undone = [[_undone(cell) for cell in line] for line in lines]
        assert in_order(undone) == in_order([[_shown(value) for value in row] for row in rows])
        assert not [cell for line in lines for cell in line if cell.startswith(STARTS)]


def _undone(cell: str) -> str:
    return cell.removeprefix("'")


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%S}{f'.{value:%f}' if value.microsecond else ''}Z"
    return str(value)


def test_a_number_below_0_stays_one(hostile_place: Place, tmp_path: Path) -> None:
    with open_answers(hostile_place) as connection:
        connection.execute("CREATE TABLE numbers AS SELECT -5 AS number, -0.5::DOUBLE AS rate")
        (table,) = [table for table in select_tables(connection, False) if table.name == "numbers"]
        assert [*write_files(connection, [table], tmp_path, "csv")] == [(tmp_path / "numbers.csv", 1)]
    assert (tmp_path / "numbers.csv").read_text() == "number,rate\n-5,-0.5\n"


def read_workbook(path: Path) -> tuple[Content, set[str]]:
    """The rows of each sheet, heads too, and the texts of the cells that have the quote prefix."""
    content: Content = {}
    quoted: set[str] = set()
    with zipfile.ZipFile(path) as packed:
        styles = ElementTree.fromstring(packed.read("xl/styles.xml"))
        formats = styles.findall(f"{_MAIN}cellXfs/{_MAIN}xf")
        names = [
            sheet.get("name") or ""
            for sheet in ElementTree.fromstring(packed.read("xl/workbook.xml")).iter(f"{_MAIN}sheet")
        ]
        for number, name in enumerate(names, 1):
            sheet = ElementTree.fromstring(packed.read(f"xl/worksheets/sheet{number}.xml"))
            assert not [*sheet.iter(f"{_MAIN}f")], "a formula"
            content[name] = []
            for row in sheet.iter(f"{_MAIN}row"):
                cells = {cell.get("r", ""): _cell(cell) for cell in row.iter(f"{_MAIN}c")}
                content[name].append(tuple(sorted(cells.items(), key=lambda item: (len(item[0]), item[0]))))
                for cell in row.iter(f"{_MAIN}c"):
                    if formats[int(cell.get("s", 0))].get("quotePrefix"):
                        quoted.add(str(_cell(cell)))
    return content, quoted


def _cell(cell: ElementTree.Element) -> Any:
    if cell.get("t") == "inlineStr":
        text = "".join(part.text or "" for part in cell.iter(f"{_MAIN}t"))
        return re.sub(r"_x([0-9A-F]{4})_", lambda match: chr(int(match[1], 16)), text)
    value = cell.findtext(f"{_MAIN}v")
    assert value is not None
    return value == "1" if cell.get("t") == "b" else float(value)


def _rounded(value: Any) -> Any:
    """A workbook writes 16 digits of a number, and knows no whole ones."""
    return round(float(value), 9) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def _in_cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return (value - _DAY_0) / timedelta(days=1)
    return value[:MOST_CHARACTERS] if isinstance(value, str) else value


def test_a_workbook_has_a_sheet_for_each_table_and_texts_are_texts(
    hostile_place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_export(hostile_place, ALL, "xlsx", tmp_path / "mailjet.xlsx", quiet=True)
    content, quoted = read_workbook(tmp_path / "mailjet.xlsx")
    wanted = tables_of(hostile_place, with_sources=False)
    assert set(content) == set(wanted)
    for name, (table, rows) in wanted.items():
        head, *lines = content[name]
        assert [value for _, value in head] == [column.name for column in table.columns]
        found = in_order([[_rounded(value) for _, value in line if value != ""] for line in lines])
        wanted_cells = [[_rounded(_in_cell(value)) for value in row if value not in (None, "")] for row in rows]
        assert found == in_order(wanted_cells)
    assert {subject for subject in SUBJECTS if subject.startswith(STARTS)} <= quoted
    assert "plain" not in quoted
    assert "texts were cut to 32,767 characters" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mailjet.xlsx"]


def test_a_table_of_more_rows_than_a_sheet_has_goes_on_in_another(hostile_place: Place, tmp_path: Path) -> None:
    with open_answers(hostile_place) as connection:
        tables = [table for table in select_tables(connection, False) if table.name == "mailjet__messages"]
        path = tmp_path / "m.xlsx"
        written = [*write_workbook(connection, tables, path, tmp_path, Cuts(), most_rows=8)]
    rows, full = len(SUBJECTS), 7
    sheets = [min(full, rows - begin) for begin in range(0, rows, full)]
    assert [count for _, count in written] == sheets
    assert [name for name, _ in written][:2] == ["mailjet__messages", "mailjet__messages 2"]
    content, _ = read_workbook(path)
    assert [len(lines) - 1 for lines in content.values()] == sheets
    assert len({lines[0] for lines in content.values()}) == 1


def test_a_period_is_exported_alone(hostile_place: Place, tmp_path: Path) -> None:
    period = Period(until=datetime(2026, 1, 31, 12, tzinfo=timezone.utc))
    run_export(hostile_place, period, "csv", tmp_path, quiet=True)
    assert len((tmp_path / "mailjet__messages.csv").read_text().splitlines()) == 1


@pytest.mark.parametrize(
    "words, sentence",
    [
        (("csv", "file"), "is a file: give a folder as -o"),
        (("parquet", "file", "below"), "cannot be made"),
        (("xlsx",), "is a folder; give the path of a file in it as -o"),
        (("xlsx", "none", "m.xlsx"), "cannot be written, for its folder is not there"),
    ],
)
def test_a_path_that_cannot_be_written_is_a_sentence(
    hostile_place: Place, tmp_path: Path, words: Sequence[Any], sentence: str
) -> None:
    (tmp_path / "file").touch()
    file_format, *parts = words
    with pytest.raises(Failure, match=sentence):
        run_export(hostile_place, ALL, file_format, tmp_path.joinpath(*parts), quiet=True)
