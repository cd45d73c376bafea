"""The findings of an examination, for people and as JSON."""

from __future__ import annotations

from typing import Any

from rich.text import Text

from mailjet_segment.doctor.examination import Examination, Finding
from mailjet_segment.progress import Progress

_STYLES = {"fine": "green", "look": "yellow", "mend": "bold red"}


def print_findings(found: Examination, progress: Progress) -> None:
    """The sound parts, then those to look at, and last those that must be mended."""
    for line in found.fine:
        _print_line("fine", f"{line}.", progress)
    for finding in [*found.of_level("look"), *found.of_level("mend")]:
        _print_line(finding.level, f"{finding.ailment}: {finding.sentence}", progress)
        progress.say(f"      {finding.remedy} ({finding.place})")


def to_json(found: Examination) -> dict[str, Any]:
    """The findings in the order in which they were made, the sound parts, and the number of requests."""
    return {
        "findings": [_finding_json(finding) for finding in found.findings],
        "fine": found.fine,
        "requests": dict(found.requests),
    }


def _print_line(word: str, sentence: str, progress: Progress) -> None:
    line = Text(f"{word}  ", style=_STYLES[word])
    progress.console.print(line.append(sentence, style="default"), soft_wrap=True)


def _finding_json(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.ailment,
        "level": finding.level,
        "sentence": finding.sentence,
        "remedy": finding.remedy,
        "docs": finding.place,
    }
