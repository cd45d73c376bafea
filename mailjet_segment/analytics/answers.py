"""A database that answers: the tables of events of any place, and the models made of them, always in DuckDB.

All is copied into a DuckDB file of this run's own, in a private folder that goes away with it. So the place is held for
a moment only, one dialect of SQL serves all commands, and what does not fit into memory is on disk.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.resources.abc import Traversable
from pathlib import Path

import duckdb

from mailjet_segment.analytics.compiled import Model, compiled_models, read_models
from mailjet_segment.analytics.period import ALL, Period
from mailjet_segment.analytics.place import Place
from mailjet_segment.analytics.sources import copy_sources, has_conversions
from mailjet_segment.failure import disk_failure
from mailjet_segment.scratch import scratch_in
from mailjet_segment.warehouse import Waiting
from program.failure import Failure

EVENTS, MESSAGES = "mailjet__events", "mailjet__messages"
"""The models that a period cuts: all others are made of what remains of them."""

DOWN_FUNNEL = "mailjet__down_funnel"
"""The model of conversions. It, and those whose names begin so, are made only where there are conversions.

It is made before anything is cut: the last touch of all wins, also if a report is not about its message. Else the
reports of two months would both be credited with one conversion.
"""

_INTERRUPTED = "Query interrupted"
"""What DuckDB makes of Ctrl-C while it works; the tests say when that has changed."""


@contextmanager
def open_answers(
    place: Place,
    period: Period = ALL,
    *,
    campaign: str | None = None,
    memory: str | None = None,
    models: Traversable | None = None,
    say: Callable[[str], None] | None = None,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the tables `source.<stream>` and a table for each model, for the messages sent in `period`.

    `campaign`: the id or the name of a campaign, for its messages alone. `memory`: what DuckDB may take, as it writes
    sizes; then it works in one thread, for each has buffers of its own.

    The schema `main` has the models' tables and no others.

    `models`: a folder of models (default: the program's own). `say` hears that somebody else has the file open. Raises
    `Failure` with one sentence: no such place, no tables in it, in use for longer than a minute, a wrong password.
    """
    with open_sources(place, memory=memory, say=say) as connection:
        _make_models(connection, read_models(models or compiled_models()), period, campaign)
        yield connection


@contextmanager
def open_sources(
    place: Place, *, memory: str | None = None, say: Callable[[str], None] | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The same without the models."""
    with scratch_in(None) as scratch, _own_database(scratch) as connection:
        try:
            if memory:
                connection.execute(
                    f"SET memory_limit = '{memory}'; SET threads = 1; SET preserve_insertion_order = false"
                )
            copy_sources(connection, place, Waiting(say or _say_on_stderr, _pause))
            yield connection
        except duckdb.Error as error:
            raise disk_failure(error) or Failure(
                f"The tables of {place.name} could not be worked with: {str(error).splitlines()[0].rstrip('.')}."
            ) from error
        except RuntimeError as error:
            if str(error) == _INTERRUPTED:
                raise KeyboardInterrupt from None
            raise


@contextmanager
def _own_database(scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty DuckDB file. It asks nothing of the network, and its clock is UTC."""
    settings: dict[str, str | bool | int | float | list[str]] = {
        "temp_directory": str(scratch / "spilled"),
        "autoinstall_known_extensions": False,
    }
    with duckdb.connect(str(scratch / "answers.duckdb"), config=settings) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


def _make_models(
    connection: duckdb.DuckDBPyConnection, models: Sequence[Model], period: Period, campaign: str | None
) -> None:
    """Makes the tables in their order; but those of all messages first, which are cut before the others read them."""
    with_conversions = has_conversions(connection)
    wanted = [model for model in models if with_conversions or not model.name.startswith(DOWN_FUNNEL)]
    whole = [model for model in wanted if model.name in {EVENTS, MESSAGES, DOWN_FUNNEL}]
    _make(connection, whole)
    _cut(connection, period, campaign)
    if any(model.name == DOWN_FUNNEL for model in whole):
        _cut_conversions(connection, period)
    _make(connection, [model for model in wanted if model not in whole])


def _make(connection: duckdb.DuckDBPyConnection, models: Iterable[Model]) -> None:
    for model in models:
        connection.execute(f'CREATE TABLE "{model.name}" AS {model.query}')


def _cut(connection: duckdb.DuckDBPyConnection, period: Period, campaign: str | None) -> None:
    """Deletes the messages that were not sent in the period, or not in the campaign, and their events."""
    for condition, bound in (("sent_at < ?", period.since), ("sent_at >= ?", period.until)):
        if bound:
            connection.execute(f"DELETE FROM {MESSAGES} WHERE sent_at IS NULL OR {condition}", [bound])
    if campaign is not None:
        is_other = "coalesce(campaign_id, '') <> $1 AND coalesce(campaign_name, '') <> $1"
        connection.execute(f"DELETE FROM {MESSAGES} WHERE {is_other}", [campaign])
    if period.since or period.until or campaign is not None:
        connection.execute(f"DELETE FROM {EVENTS} WHERE email_id NOT IN (SELECT email_id FROM {MESSAGES})")


def _cut_conversions(connection: duckdb.DuckDBPyConnection, period: Period) -> None:
    """Deletes the conversions of messages that were cut, and those of no message outside of the period."""
    of_none, is_cut = "email_id IS NULL", f"email_id IS NOT NULL AND email_id NOT IN (SELECT email_id FROM {MESSAGES})"
    connection.execute(f"DELETE FROM {DOWN_FUNNEL} WHERE {is_cut}")
    for condition, bound in (("converted_at < ?", period.since), ("converted_at >= ?", period.until)):
        if bound:
            connection.execute(
                f"DELETE FROM {DOWN_FUNNEL} WHERE {of_none} AND (converted_at IS NULL OR {condition})", [bound]
            )


def _say_on_stderr(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def _pause(seconds: float) -> bool:
    time.sleep(seconds)
    return False
