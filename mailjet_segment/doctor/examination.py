"""The findings of an examination so far: ailments, sound parts, and the number of requests."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from mailjet_segment.doctor.ailments import AILMENTS, Level

DOCS = "docs/doctor.md"


@dataclass(frozen=True)
class Finding:
    """`ailment`: its name in the table; `sentence`: the fault here; `level`: the table's, unless it is worse."""

    ailment: str
    sentence: str
    level: Level

    @property
    def remedy(self) -> str:
        return AILMENTS[self.ailment].remedy

    @property
    def place(self) -> str:
        """Where the documentation says more."""
        return f"{DOCS}#{self.ailment}"


@dataclass
class Examination:
    """`fine`: one line for each part that is in order. `requests`: to whom, how many."""

    findings: list[Finding] = field(default_factory=list)
    fine: list[str] = field(default_factory=list)
    requests: Counter[str] = field(default_factory=Counter)

    def find(self, ailment: str, sentence: str, level: Level | None = None) -> None:
        """Notes an ailment."""
        self.findings.append(Finding(ailment, sentence, level or AILMENTS[ailment].level))

    def has(self, ailment: str) -> bool:
        return any(finding.ailment == ailment for finding in self.findings)

    def of_level(self, level: Level) -> list[Finding]:
        return [finding for finding in self.findings if finding.level == level]
