"""Both connectors under PyAirbyte, a runtime that nobody here wrote: what it loads and delivers is what happened."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mailjet_sandbox.faults import Fault, status
from mailjet_sandbox.happened import STREAMS, Happened
from mailjet_sandbox.sandbox import Sandbox
from mailjet_segment.sandbox_command import source_config
from segment_events.instants import format_instant

if TYPE_CHECKING:
    import airbyte

pytestmark = pytest.mark.pyairbyte
INSTALLED = Path(sys.executable).parent


@pytest.fixture(scope="module")
def ab(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """PyAirbyte, offline: without that it looks even local executables up in Airbyte's registry."""
    os.environ.update(DO_NOT_TRACK="1", AIRBYTE_OFFLINE_MODE="1", NO_LIVE_PROGRESS="1")
    os.environ.setdefault("AIRBYTE_LOGGING_ROOT", str(tmp_path_factory.mktemp("pyairbyte")))
    import airbyte

    return airbyte


@contextmanager
def account() -> Iterator[Sandbox]:
    """An account of its own for a test that moves its clock."""
    with Sandbox(messages=600, days=20, days_ahead=2) as sandbox:
        yield sandbox


def source_of(ab: Any, sandbox: Sandbox, **fields: Any) -> airbyte.Source:
    config = {
        "api_key": sandbox.api_key,
        "api_key_secret": sandbox.api_key_secret,
        "api_url": sandbox.mailjet_url,
        "start_date": format_instant(sandbox.start),
        "max_requests_per_second": 1000,
        **fields,
    }
    installed, streams = INSTALLED / "source-mailjet-segment", [*STREAMS.values(), "tracks"]
    return ab.get_source("source-mailjet-segment", config=config, local_executable=installed, streams=streams)


def destination_of(ab: Any, sandbox: Sandbox) -> airbyte.Destination:
    config = {"write_key": sandbox.write_key, "region": {"location": "other", "api_url": sandbox.segment_url}}
    return ab.get_destination("destination-segment", config=config, local_executable=INSTALLED / "destination-segment")


def happened_in(sandbox: Sandbox) -> dict[str, Happened]:
    """What REST can tell of what happened, by event id."""
    return {one.id: one for one in sandbox.truth(since=sandbox.start) if not one.beyond_rest}


def ids_at_segment(sandbox: Sandbox) -> list[str]:
    """The ids of the accepted events, without the digest of the write key at their end."""
    return [event_id.rsplit("-", 1)[0] for event_id in sandbox.segment.message_ids]


def ids_in(cache: Any) -> Mapping[str, set[str]]:
    """Event ids by table."""
    return {
        stream: {row["id"] for row in cache.run_sql_query(f"SELECT id FROM main.{stream}")}
        for stream in [*STREAMS.values(), "tracks"]
    }


def by_table(happened: Mapping[str, Happened]) -> Mapping[str, set[str]]:
    tables = {stream: {one.id for one in happened.values() if one.stream == stream} for stream in STREAMS.values()}
    return {**tables, "tracks": set(happened)}


def test_both_connectors_pass_their_check(ab: Any, shared_sandbox: Sandbox) -> None:
    source_of(ab, shared_sandbox).check()
    destination_of(ab, shared_sandbox).check()


def test_a_check_that_fails_says_why(ab: Any, shared_sandbox: Sandbox) -> None:
    with pytest.raises(ab.exceptions.AirbyteConnectorCheckFailedError, match="401"):
        source_of(ab, shared_sandbox, api_key_secret="000-no-such-secret-000").check()


def test_reads_are_incremental_and_the_tables_hold_what_happened(ab: Any, tmp_path: Path) -> None:
    from airbyte.caches import DuckDBCache

    with account() as sandbox, DuckDBCache(db_path=tmp_path / "m.duckdb", cache_dir=tmp_path) as cache:
        # A rate limit on the way is told as statuses of the streams, which PyAirbyte has to take.
        sandbox.set_faults(Fault("clickstatistics", status(429, retry_after="0"), times=2))
        first = source_of(ab, sandbox).read(cache)
        assert sum(one.path.endswith("/clickstatistics") for one in sandbox.requests) > 2
        assert first.processed_records == 2 * len(happened_in(sandbox))
        assert ids_in(cache) == by_table(happened_in(sandbox))

        assert source_of(ab, sandbox).read(cache).processed_records == 0

        known = set(happened_in(sandbox))
        sandbox.now += timedelta(days=2)
        third = source_of(ab, sandbox).read(cache)
        assert third.processed_records == 2 * len(set(happened_in(sandbox)) - known)
        assert set(happened_in(sandbox)) <= ids_in(cache)["tracks"] <= set(happened_in(sandbox)) | known


def test_source_into_destination_delivers_each_event_once_as_it_happened(ab: Any, tmp_path: Path) -> None:
    from airbyte.caches import DuckDBCache
    from airbyte.strategies import WriteStrategy

    with account() as sandbox, DuckDBCache(db_path=tmp_path / "state.duckdb", cache_dir=tmp_path) as states:

        def transfer() -> None:
            destination_of(ab, sandbox).write(
                source_of(ab, sandbox), cache=False, state_cache=states, write_strategy=WriteStrategy.APPEND
            )

        transfer()
        happened = happened_in(sandbox)
        known = set(happened)
        assert set(ids_at_segment(sandbox)) == known
        calls = {call["messageId"].rsplit("-", 1)[0]: call for call in sandbox.segment.calls}
        assert not [one for one in happened.values() if not says(calls[one.id], one)]
        sandbox.now += timedelta(days=2)
        transfer()
        assert set(happened_in(sandbox)) <= set(ids_at_segment(sandbox)) <= set(happened_in(sandbox)) | known
        assert (sandbox.segment.duplicates, sandbox.segment.dropped) == (0, {})


def says(call: Mapping[str, Any], event: Happened) -> bool:
    """Whether a call has the person, the time and the mail of what happened; a late delivery has its message's time."""
    late = event.kind == "delivered" and event.arrived_at != event.at
    properties = call["properties"]
    return (
        call.get("userId") == event.user_id
        and (
            event.user_id is not None or call["anonymousId"] == (event.address or f"mailjet-contact-{event.contact_id}")
        )
        and call["context"].get("traits", {}).get("email") == event.address
        and call["timestamp"] == format_instant(event.arrived_at if late else event.at)
        and properties["email_id"] == event.email_id
        and properties.get("email_subject") == event.subject
        and properties.get("campaign_name") == event.campaign_name
        and properties.get("link_url") == event.link_url
        and properties.get("is_bot") == event.is_bot
        and properties.get("bounce_type") == event.bounce_type
        and properties.get("list_name") == (event.list_name if event.kind == "unsubscribed" else None)
    )


def test_the_lines_of_the_page_read_an_account(tmp_path: Path) -> None:
    page = (Path(__file__).parent.parent / "docs" / "airbyte.md").read_text("utf-8")
    (program,) = re.findall(r"```python\n(import os, json.*?)```", page, re.DOTALL)
    with Sandbox(messages=100, days=5) as sandbox:
        (tmp_path / "source.json").write_text(json.dumps(source_config(sandbox)))
        environment = {**os.environ, "PATH": f"{INSTALLED}:{os.environ['PATH']}", "NO_LIVE_PROGRESS": "1"}
        words = [sys.executable, "-c", program]
        done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        happened = {event.id for event in sandbox.truth(since=sandbox.start) if not event.beyond_rest}
    assert done.stdout.split()[-1] == str(len(happened))
