"""The matrix as Markdown, with what a reader should take from it."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path

from lab.proof.counting import Ended, Outcome
from lab.proof.matrix import Cell, Matrix
from lab.proof.pyairbyte_column import installed_version
from lab.proof.row import COLUMNS, Column, Place, Row
from lab.proof.stage import ACCOUNT

OURS: tuple[Column, ...] = ("source", "destination", "both")
_TITLES: Mapping[Place, str] = {
    "Mailjet": "Faults at Mailjet",
    "Segment": "Faults at Segment",
    "machine": "Faults at the machine",
}
DOES_NOT_APPLY = "\N{EN DASH}"
_LONGEST = 400
_LOCAL = (
    (re.compile(r"http://127\.0\.0\.1:\d+"), "http://127.0.0.1:PORT"),
    (re.compile(r"127\.0\.0\.1', port=\d+"), "127.0.0.1', port=PORT"),
    (re.compile(r"0x[0-9a-f]{6,}"), "0x..."),
    (re.compile(r"(?<![\w:/.])/(?:[\w.-]+/)+[\w.-]*\w"), "FILE"),
    (re.compile(r"\bfor \d+ s\b"), "for N s"),
    (re.compile(r"\b\d+ (batches|states|events)\b"), r"N \1"),
)
"""What differs from run to run and from machine to machine."""

_HEAD, _FOOT = (Path(__file__).with_name(name).read_text("utf-8") for name in ("head.md", "foot.md"))


class Sentences:
    """Sentences by number, each once."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, sentence: str) -> str:
        """A reference to a sentence, as a suffix; nothing for none."""
        text = without_local(sentence)
        return f" [{self._numbers.setdefault(text, len(self._numbers) + 1)}]" if text else ""

    def lines(self) -> list[str]:
        """The numbered list."""
        return [f"{number}. {sentence}" for sentence, number in self._numbers.items()]


def to_markdown(rows: Sequence[Row], matrix: Matrix, peers: Mapping[str, str]) -> str:
    """The whole document. `peers`: their packages with versions."""
    sentences = Sentences()
    named = "".join(f", {name} {number}" for name, number in peers.items() if name != "airbyte-cdk")
    head = _HEAD.format(
        date=datetime.now(timezone.utc).date(),
        version=version("mailjet-segment"),
        runtime=f"{platform.python_implementation()} {platform.python_version()}",
        cdk=version("airbyte-cdk"),
        pyairbyte=installed_version(),
        peers=named,
        summary=_summary(rows, matrix),
    )
    parts = [head]
    for place, title in _TITLES.items():
        of_place = [row for row in rows if row.place == place]
        if of_place:
            parts.append(f"## {title}\n\n{_table(of_place, matrix, sentences)}\n")
    agreed = [f"- *{row.name}*: {row.agreed}." for row in rows if row.agreed]
    if agreed:
        parts.append("What is lost there is lost as it was configured, or documented:\n\n" + "\n".join(agreed) + "\n")
    parts.append("## Sentences\n\n" + "\n".join(sentences.lines()) + "\n")
    return "\n".join([*parts, _FOOT.format(**ACCOUNT)])


def _table(rows: Iterable[Row], matrix: Matrix, sentences: Sentences) -> str:
    lines = [" | ".join(["| fault", *COLUMNS.values()]) + " |", "|---" * (len(COLUMNS) + 1) + "|"]
    for row in rows:
        cells = [to_cell(matrix[row.key].get(column, "not run"), sentences) for column in COLUMNS]
        lines.append(f"| {row.name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def to_cell(cell: Cell, sentences: Sentences) -> str:
    """One cell of the table."""
    if cell is None:
        return DOES_NOT_APPLY
    if isinstance(cell, str):
        return cell
    ended = _exit(cell.ended) + sentences.number(cell.ended.sentence)
    if cell.silent:
        ended += f", **{cell.silent} missing behind it**"
    resumed = (
        ""
        if cell.resumed.exit_code == 0
        else f"**resumed: {_exit(cell.resumed)}**" + sentences.number(cell.resumed.sentence)
    )
    counts = f"{_bold('lost', cell.lost)}, doubled {cell.doubled} → {_bold('', cell.after_dedup)}"
    return "; ".join(filter(None, [ended, resumed, counts, cell.note]))


def _exit(ended: Ended) -> str:
    if ended.exit_code is None:
        return "**did not end**"
    return f"exit {ended.exit_code}" if ended.exit_code >= 0 else f"signal {-ended.exit_code}"


def _bold(word: str, number: int) -> str:
    text = f"{word} {number}".strip()
    return f"**{text}**" if number else text


def without_local(sentence: str) -> str:
    """A sentence on one line, without what is only true of this run: ports, files, seconds."""
    text = " ".join(sentence.split()).replace("|", "\\|")
    for pattern, shown in _LOCAL:
        text = pattern.sub(shown, text)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ..."


def _summary(rows: Sequence[Row], matrix: Matrix) -> str:
    lines = []
    for title, columns in (
        ("This project", OURS),
        ("Airbyte's Mailjet source", ("mailjet_peer",)),
        ("segment-analytics-python", ("segment_peer",)),
    ):
        cells = [
            (row, cell)
            for row in rows
            for column, cell in matrix[row.key].items()
            if column in columns and isinstance(cell, Outcome)
        ]
        if cells:
            lines.append(_sum_up(title, cells))
    return "\n".join(lines)


def _sum_up(title: str, cells: Sequence[tuple[Row, Outcome]]) -> str:
    plain = [cell for row, cell in cells if not row.agreed]
    return (
        f"- {title}: {len(cells)} cells. "
        f"{sum(cell.ended.exit_code == 0 for _, cell in cells)} runs went on to their end, "
        f"{sum(cell.ended.exit_code not in (0, None) for _, cell in cells)} ended with an error, "
        f"{sum(cell.ended.exit_code is None for _, cell in cells)} did not end. "
        f"Success was claimed with events missing in {sum(bool(cell.silent) for cell in plain)} cells; "
        f"something was missing in the end in {sum(bool(cell.lost) for cell in plain)}, "
        f"doubled after deduplication in {sum(bool(cell.after_dedup) for cell in plain)}"
        f"{_apart(len(cells) - len(plain))}."
    )


def _apart(agreed: int) -> str:
    return f" (the {agreed} cells where a loss is configured or documented are named below)" if agreed else ""
