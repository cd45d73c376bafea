"""A row of the matrix: a fault, what it happens to, and how it ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from mailjet_sandbox.switches import Switches

if TYPE_CHECKING:
    from lab.proof.stage import Stage

Place = Literal["Mailjet", "Segment", "machine"]
Column = Literal["source", "destination", "both", "mailjet_peer", "segment_peer"]

COLUMNS: Mapping[Column, str] = {
    "source": "source",
    "destination": "destination",
    "both": "source into destination, PyAirbyte",
    "mailjet_peer": "Airbyte's Mailjet source",
    "segment_peer": "segment-analytics-python",
}
OF_PLACE: Mapping[Place, frozenset[Column]] = {
    "Mailjet": frozenset({"source", "both", "mailjet_peer"}),
    "Segment": frozenset({"destination", "both", "segment_peer"}),
    "machine": frozenset(COLUMNS),
}


def end_faults(stage: Stage) -> None:
    """The ordinary end: no more faults, nothing withheld."""
    stage.sandbox.set_faults()
    stage.sandbox.set_segment_faults()
    stage.sandbox.switches = Switches()


@dataclass(frozen=True)
class Row:
    """`begin` lets the fault happen to a stage before the first run, `end` ends it before the run that resumes.

    `account`: how the sandbox differs from the usual one. `source`, `destination`: fields of the configuration while
    the fault lasts. `resume`: fields of the source's when it resumes. `within`: what is around the first run.
    `hangs_up_after`: lines after which the reader of a connector closes its pipe. `cut_input`: the destination's input
    ends in the middle of a line.
    """

    name: str
    place: Place
    begin: Callable[[Stage], object] = lambda stage: None
    end: Callable[[Stage], object] = end_faults
    account: Mapping[str, Any] = field(default_factory=dict)
    source: Mapping[str, Any] = field(default_factory=dict)
    destination: Mapping[str, Any] = field(default_factory=dict)
    resume: Mapping[str, Any] = field(default_factory=dict)
    within: Callable[[Stage], AbstractContextManager[object]] = lambda stage: nullcontext()
    hangs_up_after: int | None = None
    cut_input: bool = False
    columns: frozenset[Column] | None = None
    """Where it applies; None: everywhere that the place has to do with."""
    ends_earlier: timedelta = timedelta(0)
    """How long before the account's now the run under the fault ends, by what is documented."""
    told_by: str = ""
    """Words of the warning by which a run that ends well says what is missing behind it; it is silent without."""
    agreed: str = ""
    """Why a loss here is what was configured or documented, if it is."""

    @property
    def key(self) -> str:
        """What tells the row from all others."""
        return f"{self.place}: {self.name}"

    @property
    def leaves_work(self) -> bool:
        """Whether a run that ended well leaves something to the next one."""
        return self.end is not end_faults or bool(self.ends_earlier)

    def applies_to(self, column: Column) -> bool:
        """Whether the fault can happen to what a column runs."""
        return column in (OF_PLACE[self.place] if self.columns is None else self.columns)
