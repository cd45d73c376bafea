"""The matrix as Markdown, with what a reader should take from it."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from importlib.metadata import version

from proof.counting import Ended, Outcome
from proof.matrix import Cell, Matrix
from proof.row import COLUMNS, Column, Place, Row

OURS: tuple[Column, ...] = ("source", "destination", "both")
_TITLES: Mapping[Place, str] = {
    "Mailjet": "Faults at Mailjet",
    "Segment": "Faults at Segment",
    "machine": "Faults at the machine",
}
_LONGEST = 400
_LOCAL = (
    (re.compile(r"http://127\.0\.0\.1:\d+"), "http://127.0.0.1:PORT"),
    (re.compile(r"127\.0\.0\.1', port=\d+"), "127.0.0.1', port=PORT"),
    (re.compile(r"0x[0-9a-f]{6,}"), "0x..."),
    (re.compile(r"(?<![\w:/.])/(?:[\w.-]+/)+[\w.-]+"), "FILE"),
    (re.compile(r"\bfor \d+ s\b"), "for N s"),
)
"""What differs from run to run and from machine to machine."""

_HEAD = """\
# When something fails

Written by `make proof` on {date}, in {minutes:.0f} minutes: mailjet-segment {version}, {runtime}, airbyte-cdk {cdk}, \
PyAirbyte {pyairbyte}{peers}. Every cell is a run of its own against servers on this machine that know what truly
happened (`mailjet_sandbox`); the code is in `proof/`.

A cell says how the run under the fault ended, and what was lost and what came twice **over that run and the one that
resumed it** when the fault had ended, from the last state as Airbyte would:

- `exit 0` or `exit 1`, or the signal; a number in brackets is [the sentence](#sentences) that the user sees;
- *lost*: events that happened and never arrived;
- *doubled*: events that came more than once, before → after deduplication by `id` (or `messageId`);
- **missing behind exit 0**: the run claimed success with events missing. For this project that is a defect, and so is
  anything lost, or doubled after deduplication.
- A run that ended well is resumed for the source alone, whose next sync must bring nothing twice; the others have nothing
  left to do.
- `–`: the fault cannot happen there.

## What to take from it

{summary}

What you have to do, by what you see:

| where | after | what it means for you |
|---|---|---|
| rate limits, 5xx, resets, slow answers that pass | nothing | they are tried again for up to 5 minutes at Mailjet and 15 at Segment; at worst a sync takes longer |
| the same, for longer | exit 1, `start the sync again later` | let the next scheduled sync run: it goes on from the last state |
| answers that are wrong in themselves | exit 1 after four tries | the same; if it stays, a proxy answers in Mailjet's place, or report the sentence |
| 401, 403, a redirect | exit 1, with the field or the permission | mend what the sentence names; the next sync goes on |
| one event that Segment refuses | exit 1 with its id | mend it at its source, or set `on_rejected` to `skip` |
| a kill, a full disk, no memory, a closed pipe | another exit code, or a sentence | make room or start it again; what comes twice has the same id, which Segment and *Append + Deduped* drop |
| events that Mailjet lists later than `lookback_minutes` | nothing, and they are missing | set `lookback_minutes` higher (up to 1440) before it matters; a full refresh brings what is missing, with the same ids |

"""

_FOOT = """\
## How it was done

- An account of {messages} emails in {days} days, larger where a fault needs pages or memory. The source reads all seven
  streams; both of an event's rows, its own and that of `tracks`, must arrive.
- "Twice" is twice for each of six resources, or for two batches; "it stays so" begins with the third request, or the
  second batch, and lasts until the run has ended.
- Long times are scaled down, nothing else is changed: the source tries for 5 s instead of 5 minutes and waits 3 s for an
  answer instead of 60 to 120, the destination tries for 6 s instead of 15 minutes and waits 4 s instead of 30. "For 20
  minutes" is longer than the destination tries.
- The destination alone is fed with what the source read of the same account, in up to 20 pieces with a STATE after each.
- PyAirbyte runs both connectors as executables, streaming, and keeps the states in a DuckDB file.
- Airbyte's source reads rows of `message` by its own manifest, which has no incremental mode: what failed is read again
  from the beginning, and lost and doubled count message ids. Its waits between tries are shortened 50 times.
- Segment's client is given the same events with their ids by a program that calls `track` for each, and then shuts the
  client down. It keeps no state either, so a program that ended well is not run again.
- No space: a tmpfs of 64 KiB as temporary folder, and the source's cache in memory cut from 32 MiB to 64 KiB so that it
  spills. Read-only root: every mount of a mount namespace remounted read-only (`unshare`), with and without a tmpfs as
  temporary folder. Memory: a cgroup of 256 MiB for each connector, on an account of 5,000 emails. These are what
  `docker run --read-only --tmpfs --memory` sets.
"""


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


def to_markdown(rows: Sequence[Row], matrix: Matrix, peers: Mapping[str, str], took_s: float) -> str:
    """The whole document. `peers`: their packages with versions; `took_s`: how long the matrix took."""
    from proof.stage import ACCOUNT

    sentences = Sentences()
    named = "".join(f", {name} {number}" for name, number in peers.items() if name != "airbyte-cdk")
    head = _HEAD.format(
        date=datetime.now(timezone.utc).date(),
        minutes=max(1, took_s / 60),
        version=version("mailjet-segment"),
        runtime=f"{platform.python_implementation()} {platform.python_version()}",
        cdk=version("airbyte-cdk"),
        pyairbyte=version("airbyte"),
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
        parts.append("What is lost there is lost as it was configured:\n\n" + "\n".join(agreed) + "\n")
    parts.append("## Sentences\n\n" + "\n".join(sentences.lines()) + "\n")
    return "\n".join([*parts, _FOOT.format(**ACCOUNT)])


def _table(rows: Iterable[Row], matrix: Matrix, sentences: Sentences) -> str:
    lines = [" | ".join(["| fault", *COLUMNS.values()]) + " |", "|---" * (len(COLUMNS) + 1) + "|"]
    for row in rows:
        cells = [to_cell(matrix[row.name].get(column), sentences) for column in COLUMNS]
        lines.append(f"| {row.name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def to_cell(cell: Cell, sentences: Sentences) -> str:
    """One cell of the table."""
    if cell is None:
        return "–"
    if isinstance(cell, str):
        return cell
    ended = _exit(cell.ended) + sentences.number(cell.ended.sentence)
    if cell.silent:
        ended += f", **{cell.silent} missing behind it**"
    resumed = "" if cell.resumed.exit_code == 0 else f"**resumed: {_exit(cell.resumed)}**" + sentences.number(
        cell.resumed.sentence
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
            for column, cell in matrix[row.name].items()
            if column in columns and isinstance(cell, Outcome)
        ]
        if cells:
            lines.append(_sum_up(title, cells))
    return "\n".join(lines)


def _sum_up(title: str, cells: Sequence[tuple[Row, Outcome]]) -> str:
    plain = [cell for row, cell in cells if not row.agreed]
    return (
        f"- {title}: {len(cells)} cells. {sum(cell.ended.exit_code == 0 for _, cell in cells)} runs went on to their end, "
        f"{sum(cell.ended.exit_code not in (0, None) for _, cell in cells)} ended with an error, "
        f"{sum(cell.ended.exit_code is None for _, cell in cells)} did not end. "
        f"Success was claimed with events missing in {sum(bool(cell.silent) for cell in plain)} cells; "
        f"something was lost for good in {sum(bool(cell.lost) for cell in plain)}, "
        f"doubled after deduplication in {sum(bool(cell.after_dedup) for cell in plain)}"
        f"{_apart(len(cells) - len(plain))}."
    )


def _apart(agreed: int) -> str:
    return f" (the {agreed} cells where a loss is configured are named below)" if agreed else ""
