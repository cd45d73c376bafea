"""What the last `reconcile` found: a small JSON file beside the tables, for the end of a report."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mailjet_segment.analytics.place import Place
from mailjet_segment.whole_file import whole_file


@dataclass(frozen=True)
class Reconciled:
    """`sentence` is for people: "Agrees with Mailjet's counters to 0.02 %; each difference is explained."

    `at`: when; `since`, `until`: what was compared. `events`: Mailjet's count of them; `unexplained`: of these.
    """

    at: datetime
    since: datetime
    until: datetime
    sentence: str
    agrees: bool
    events: int
    unexplained: int


def write_reconciled(place: Place, found: Reconciled) -> None:
    """Keeps it for `read_reconciled`; raises `Failure`."""
    text = json.dumps({**vars(found), **{name: getattr(found, name).isoformat() for name in ("at", "since", "until")}})
    with whole_file(_path(place), advice="let this user write it, for a report shows what was found") as new:
        new.write_text(text + "\n", encoding="utf-8")


def read_reconciled(place: Place) -> Reconciled | None:
    """The latest of this place; None if there is none that can be read."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        fields = json.loads(_path(place).read_text("utf-8"))
        instants = {name: datetime.fromisoformat(fields[name]) for name in ("at", "since", "until")}
        return Reconciled(**{**fields, **instants})
    return None


def _path(place: Place) -> Path:
    """`mailjet.reconciled.json` beside `mailjet.duckdb`; of a server, a file in the present folder."""
    if place.file:
        return place.file.with_suffix(".reconciled.json")
    digest = hashlib.sha256(place.name.encode()).hexdigest()[:8]
    return Path(f"mailjet-{digest}.reconciled.json")
